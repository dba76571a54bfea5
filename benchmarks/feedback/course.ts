/**
 * One bench under the feedback, with what a controller sees and no more: a sight of the film that is a cycle late, noisy, of an
 * unknown scale and on an offset that walks, and a thermal model that is some per cent off.
 */
import { longestPulseS, pulseForSwing } from '../../src/control/swing.ts';
import { startFilm, stepFilm } from '../../src/film/adapt.ts';
import type { Bounds } from '../../src/film/patterns.ts';
import type { Now, Sight } from '../../src/film/state.ts';
import { type Poles, TwoPole } from '../../src/model/thermal.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import { COMPILED } from '../../src/params/limits.ts';
import { MODE_FIELDS } from '../../src/params/modes.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import type { FilmKinetics } from '../../src/twin/film.ts';
import { Prng } from '../../src/twin/prng.ts';
import { millis } from '../../src/units.ts';
import { HELD_BELOW } from '../heat/oracle.ts';
import { Plant } from './plant.ts';

const DEFAULTS = defaultSettings();
const GATE = { dutyMax: DEFAULTS['gate.dutyMax'], longestOnUs: millis(DEFAULTS['gate.longestOnMs']) };
/** The gate-keeper keeps this much of the duty for itself, as control does. */
const DUTY_KEPT = 0.012;

export const BOUNDS: Bounds = {
  shareMax: Math.min(COMPILED.pulseShare, DEFAULTS['gate.dutyMax'] - DUTY_KEPT),
  longestOnS: Math.min(MODE_FIELDS.onS.max, DEFAULTS['gate.longestOnMs'] / 1000),
  periodLeastS: 1.5,
  periodMostS: 12,
};

/** Standard error of a sight in full light, and the walk of its offset in an hour. */
const SIGHT_ERROR = 3e-4;
const WALK_PER_H = 2e-4;
/** The scale of a sight lies between 1/2 and 2, because the brightness of the segregated phase is unknown. */
const SCALE = 2;
/** Relative errors of the fast and of the slow pole, and the error of the film’s temperature without heat, K. */
const FAST_ERROR = 0.025;
const SLOW_ERROR = 0.075;
const LEVEL_ERROR_K = 0.3;
/** With less light than this the film is not seen. */
const DARK = 0.005;

export interface Course {
  /** Never above the limit; never from the end of the search on. */
  readonly held: boolean;
  readonly heldAfter: boolean;
  /** When it was above the limit first, s; null = never. */
  readonly aboveAtS: number | null;
  /** Largest segregated fraction in any light. */
  readonly largest: number;
  /** Share of lit time above the limit. */
  readonly exposed: number;
  /** Light until a pattern was declared, s of full light; null = never. */
  readonly searchS: number | null;
  /** Mean light from then on, 1 = full. */
  readonly lit: number;
  readonly adaptations: number;
  readonly duty: number;
  readonly words: readonly string[];
}

export interface Conditions {
  readonly bench: BenchFile;
  readonly forS: number;
  readonly seed: number;
  readonly kinetics?: Partial<FilmKinetics>;
  /** What changes while it runs. */
  readonly change?: (plant: Plant) => void;
  /** Seconds from and to which nothing is seen. */
  readonly blind?: readonly [number, number];
  /** The hot end of the cycle is seen, too: the larger of both ends counts. */
  readonly hot?: boolean;
  /** The first pattern stays, whatever the film does. */
  readonly frozen?: boolean;
}

/** The sight of the controller. */
class Eye {
  private readonly chance: Prng;
  private readonly scale: number;
  private offset = 0;
  private late: Sight = { segregated: null, error: SIGHT_ERROR };

  constructor(
    seed: number,
    private readonly blind: readonly [number, number],
  ) {
    this.chance = new Prng(seed, 901);
    this.scale = SCALE ** (2 * this.chance.uniform() - 1);
  }

  /** Takes what a cycle showed; gives what the cycle before did. */
  take({ light, timeS }: Plant, segregated: number, cycleS: number): Sight {
    this.offset += WALK_PER_H * Math.sqrt(cycleS / 3600) * this.chance.normal();
    const error = SIGHT_ERROR / Math.sqrt(Math.max(DARK, light));
    const seen = this.scale * segregated + this.offset + error * this.chance.normal();
    const dark = light < DARK || (timeS >= this.blind[0] && timeS < this.blind[1]);
    const before = this.late;
    this.late = { segregated: dark ? null : seen, error };
    return before;
  }
}

/** The poles as a controller believes them to be. */
function believed(seed: number): (plant: Plant) => Pick<Now, 'poles' | 'levelC'> {
  const chance = new Prng(seed, 902);
  const off = (share: number): number => 1 + share * chance.normal();
  const [fastK, slowK, fastTauS, slowTauS] = [off(FAST_ERROR), off(SLOW_ERROR), off(FAST_ERROR), off(SLOW_ERROR)];
  const levelErrorK = LEVEL_ERROR_K * chance.normal();
  return (plant) => {
    const true_ = plant.poles();
    const poles: Poles = {
      fastK: true_.fastK * fastK,
      slowK: true_.slowK * slowK,
      fastTauS: true_.fastTauS * fastTauS,
      slowTauS: true_.slowTauS * slowTauS,
    };
    return { poles, levelC: plant.substrate.roomC + levelErrorK };
  };
}

/** What is counted of a course. */
class Tally {
  aboveAtS: number | null = null;
  largest = 0;
  heldAfter = true;
  searchS: number | null = null;
  adaptations = 0;
  heatS = 0;
  private litBefore = 0;
  private timeBefore = 0;

  found(plant: Plant): void {
    if (this.searchS !== null) return;
    this.searchS = this.litBefore = plant.litS;
    this.timeBefore = plant.timeS;
  }

  cycle(plant: Plant, onS: number): void {
    this.heatS += onS;
    if (plant.light === 0) return;
    this.largest = Math.max(this.largest, plant.peak);
    if (plant.peak <= HELD_BELOW) return;
    this.aboveAtS ??= plant.timeS;
    if (this.searchS !== null) this.heldAfter = false;
  }

  course(plant: Plant, words: readonly string[]): Course {
    const { aboveAtS, largest, heldAfter, searchS, adaptations, heatS } = this;
    const lit = (plant.litS - this.litBefore) / (plant.timeS - this.timeBefore);
    const exposed = plant.exposedS / Math.max(1, plant.lampS);
    const duty = heatS / plant.timeS;
    return { held: aboveAtS === null, heldAfter, aboveAtS, largest, exposed, searchS, lit, adaptations, duty, words };
  }
}

export function drive({
  bench,
  forS,
  seed,
  kinetics,
  change,
  blind = [0, 0],
  hot = false,
  frozen = false,
}: Conditions): Course {
  const plant = new Plant(bench, HELD_BELOW, kinetics);
  const eye = new Eye(seed, blind);
  const belief = believed(seed);
  const model = new TwoPole(belief(plant).poles);
  const nowOf = (): Now => ({ atS: plant.timeS, ...belief(plant), slowK: model.slowK, bounds: BOUNDS });
  const tally = new Tally();
  const words: string[] = [];
  let { state, proposal } = startFilm(nowOf());
  let order = proposal;
  while (plant.timeS < forS && order) {
    change?.(plant);
    const periodS = order.periodMs / 1000;
    const longestS = Math.min(longestPulseS(periodS, GATE), order.longestOnMs / 1000);
    const onS = pulseForSwing(belief(plant).poles, order.swingK, periodS, longestS);
    plant.light = order.light;
    plant.peak = 0;
    plant.step(onS, true);
    const hotEnd = hot ? plant.film.segregated : 0;
    plant.step(periodS - onS, false);
    model.step(periodS, onS / periodS);
    tally.cycle(plant, onS);
    const sight = eye.take(plant, Math.max(hotEnd, plant.film.segregated), periodS);
    if (frozen) continue;
    ({ state, proposal } = stepFilm(state, sight, nowOf()));
    if (state.phase === 'adapt') tally.found(plant);
    if (!proposal) continue;
    order = proposal;
    if (tally.searchS !== null && !proposal.rescue) tally.adaptations += 1;
    words.push(
      `${plant.timeS.toFixed(0)} s, truth ${plant.film.segregated.toExponential(1)}, largest ${plant.peak.toExponential(1)}: ` +
        `${order.swingK} K every ${order.periodMs} ms, light ${order.light}: ${order.why}`,
    );
  }
  return tally.course(plant, words);
}
