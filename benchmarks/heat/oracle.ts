/**
 * What could be held at all: a pulse pattern on a drawn bench without a controller, and the best of a grid of patterns. The
 * current goes through the same supply, heater and substrate as under the controller, in steps that end at every edge.
 */
import { longestPulseS, pulseForSwing } from '../../src/control/swing.ts';
import { PATTERN_GRID, type PulsePattern } from '../../src/film/grid.ts';
import { simBench } from '../../src/hal/registry.ts';
import type { HeaterPin, SimBench } from '../../src/hal/sim/bench.ts';
import { type Poles, patternRise } from '../../src/model/thermal.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Settings } from '../../src/params/settings.ts';
import { differing } from '../../src/twin/delivered.ts';
import { PAPER_SUBSTRATE } from '../../src/twin/substrate.ts';
import { after, type Instant, instant, millis, minus, ratio, type Span, seconds } from '../../src/units.ts';

/** A film is held while no more of it than this is segregated. */
export const HELD_BELOW = 0.02;

/** What holds most benches of a population lies about here. */
const LIKELY = { swingK: 2.2, periodS: 3.5 } as const;

const PAPER_POLES: Poles = PAPER_SUBSTRATE;

/** How far a pattern is from the likely one, in logarithms of swing and period. */
const unlikely = ({ onS, periodS }: PulsePattern): number =>
  Math.hypot(
    Math.log(patternRise(PAPER_POLES, onS, periodS).swingK / LIKELY.swingK),
    Math.log(periodS / LIKELY.periodS),
  );

/** All patterns, those that hold most benches first: the search ends with the first that holds. */
export const GRID: readonly PulsePattern[] = [...PATTERN_GRID].sort((a, b) => unlikely(a) - unlikely(b));

/** Drives the heater pin by a pattern; the first pulse begins at once. */
class Player implements HeaterPin {
  high = false;
  private next: Instant = instant(0);
  private readonly onUs: Span;
  private readonly restUs: Span;

  constructor(
    { onS, periodS }: PulsePattern,
    private readonly now: () => Instant,
  ) {
    this.onUs = millis(Math.round(1000 * onS));
    this.restUs = minus(seconds(periodS), this.onUs);
  }

  nextUs(): Instant {
    return this.next;
  }

  advance(): void {
    if (this.now() < this.next) return;
    this.high = !this.high;
    this.next = after(this.next, this.high ? this.onUs : this.restUs);
  }
}

/** Time advances in the ticks of the controller, so that the twin takes the same steps. */
const TICK_US = millis(50);

/** A bench in full light whose heater plays a pattern, with ENABLE closed: for `forS`, or until `goesOn` says false. */
export function play(
  settings: Settings,
  bench: BenchFile,
  pattern: PulsePattern,
  forS: number,
  goesOn: (bench: SimBench) => boolean,
): void {
  const played: SimBench = simBench(settings, bench, { pin: new Player(pattern, () => played.now) });
  played.enableWelded = true;
  played.light.set(ratio(1));
  const until = after(played.now, seconds(forS));
  while (played.now < until && goesOn(played)) played.advanceTo(after(played.now, TICK_US));
}

/** Whether a pattern holds the film for `forS` seconds of full light. */
export function holds(settings: Settings, bench: BenchFile, pattern: PulsePattern, forS: number): boolean {
  let held = true;
  play(settings, bench, pattern, forS, ({ twin }) => {
    held = twin.film.segregated <= HELD_BELOW;
    return held;
  });
  return held;
}

/** Whether any pattern of the grid holds the film. */
export const oracleHolds = (settings: Settings, bench: BenchFile, forS: number): boolean =>
  GRID.some((pattern) => holds(settings, bench, pattern, forS));

/** The poles that the bench really has with its supply, by which a perfect controller would choose the width. */
export function truePoles(settings: Settings, bench: BenchFile): Poles {
  const plant = differing(PAPER_SUBSTRATE, bench.substrate);
  const { twin, supplyV } = simBench(settings, bench);
  const watts = twin.substrate.currentA(supplyV) ** 2 * twin.substrate.resistanceOhm();
  const share = (watts / plant.ratedW) * twin.substrate.gain;
  const { fastTauS, slowTauS } = plant;
  return { fastK: plant.fastK * share, slowK: plant.slowK * share, fastTauS, slowTauS };
}

/** Swings of the film, K, and periods, s, among which one pair is looked for that holds most benches. */
export const SWINGS_K = [1.4, 1.6, 1.8, 2.1, 2.5, 3] as const;
export const SWING_PERIODS_S = [2.5, 3, 3.5, 4, 5, 6] as const;
export const SWING_GRID = SWINGS_K.flatMap((swingK) => SWING_PERIODS_S.map((periodS) => ({ swingK, periodS })));

/** For each pair of the swing grid whether it holds, with the width that gives exactly that swing on this bench. */
export function swingsThatHold(settings: Settings, bench: BenchFile, forS: number): boolean[] {
  const poles = truePoles(settings, bench);
  return SWING_GRID.map(({ swingK, periodS }) => {
    const onS = pulseForSwing(
      poles,
      swingK,
      periodS,
      longestPulseS(periodS, { dutyMax: settings['gate.dutyMax'], longestOnUs: millis(settings['gate.longestOnMs']) }),
    );
    return holds(settings, bench, { onS, periodS }, forS);
  });
}
