/**
 * Whether the swing that was asked for is held: through a weaker supply, a warmer or colder room, a thermocouple that has
 * lost part of its contact, and a plant that answers by 30 % more or less.
 */

import { pulseForSwing } from '../../src/control/swing.ts';
import { patternRise } from '../../src/model/thermal.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import { commissionedPoles } from '../../src/params/heater.ts';
import type { Settings } from '../../src/params/settings.ts';
import type { Converter } from './bench.ts';
import { commissionedSettings } from './known.ts';
import { type Line, share, spread } from './line.ts';
import { rigOf, watchFilm } from './watch.ts';

export const TARGET_K = 2.1;
const PERIOD_S = 4;
/** Each state of the bench lasts so long; its first cycles are printed apart. */
const STAGE_S = 160;
const FIRST = 6;

export const CONTROLS = ['swing', 'open-loop', 'thermostat'] as const;
export type Control = (typeof CONTROLS)[number];

export interface SwingTask {
  readonly bench: BenchFile;
  readonly converter: Converter;
  readonly reference: boolean;
  readonly control: Control;
  /** Which way the room and the plant go. */
  readonly up: boolean;
}

export interface SwingResult {
  readonly refused: boolean;
  readonly trip: string | null;
  /** Relative errors of the swing, %: settled cycles, and the first ones of each stage. */
  readonly settled: readonly number[];
  readonly first: readonly number[];
  /** Cycles in which the controller said that the swing is out of reach. */
  readonly outOfReach: number;
}

/** The stages: supply power −12 %, back; the room by 4 K; the contact less by 0.2; the plant by 30 %. */
function disturbed(bench: BenchFile, up: boolean, roomC: number, from: number): BenchFile {
  const scale = bench.supply?.scale ?? 1;
  const at = (stage: number): number => from + stage * STAGE_S;
  const way = up ? 1 : -1;
  return {
    ...bench,
    changes: [
      { what: 'supply.scale', atS: at(1), overS: 0, to: Math.max(LEAST_SUPPLY, scale * Math.sqrt(0.88)) },
      { what: 'supply.scale', atS: at(2), overS: 0, to: scale },
      { what: 'room.celsius', atS: at(2), overS: 0, to: roomC + 4 * way },
      { what: 'thermocouple.contact', atS: at(3), overS: 0, to: (bench.thermocouple?.contact ?? 0.97) - 0.2 },
      { what: 'substrate.gain', atS: at(4), overS: 0, to: 1 + 0.3 * way },
    ],
  };
}
/** Below 0.9 of the declared voltage the run ends rightly (I4). */
const LEAST_SUPPLY = 0.905;
const STAGES = 5;
/** The bench is on so long before the recipe starts, s; a stage may begin a little early. */
const BEFORE_S = 6;

const stepOf = (settings: Settings, control: Control, roomC: number) => {
  const forS = STAGES * STAGE_S;
  if (control === 'swing') return { mode: 'swing', swingK: TARGET_K, periodS: PERIOD_S, forS } as const;
  const poles = commissionedPoles(settings);
  const onS = Math.round(1000 * pulseForSwing(poles, TARGET_K, PERIOD_S, 0.55 * PERIOD_S)) / 1000;
  if (control === 'open-loop') return { mode: 'pulse', onS, periodS: PERIOD_S, forS } as const;
  const setpointC = Math.round(10 * (roomC + patternRise(poles, onS, PERIOD_S).meanK)) / 10;
  return { mode: 'bangbang', setpointC, forS } as const;
};

export async function holdSwing({ bench, converter, reference, control, up }: SwingTask): Promise<SwingResult> {
  const known = await commissionedSettings(bench, converter, reference);
  const none = { settled: [], first: [], outOfReach: 0 };
  if (!known) return { refused: true, trip: null, ...none };
  const roomC = bench.room?.celsius ?? known['sim.ambientC'];
  const settings = { ...known, 'bangbang.hysteresisK': TARGET_K };
  const rig = rigOf(settings, disturbed(bench, up, roomC, BEFORE_S), stepOf(settings, control, roomC));
  const settled: number[] = [];
  const first: number[] = [];
  let outOfReach = 0;
  let [lowC, highC] = [Number.NaN, Number.NEGATIVE_INFINITY];
  let wasHot = false;
  let [stage, cycle] = [0, 0];
  watchFilm(rig, (filmC, atS) => {
    const hot = rig.bench.heaterA > 0.02;
    if (hot && !wasHot) {
      if (Math.floor(atS / STAGE_S) !== stage) [stage, cycle] = [Math.floor(atS / STAGE_S), 0];
      else if (!Number.isNaN(lowC)) {
        cycle += 1;
        const errorPercent = 100 * Math.abs((highC - lowC) / TARGET_K - 1);
        if (rig.feed.latest.saturation) outOfReach += 1;
        else (cycle <= FIRST ? first : settled).push(errorPercent);
      }
      [lowC, highC] = [filmC, filmC];
    }
    wasHot = hot;
    highC = Math.max(highC, filmC);
  });
  if (!rig.arm()) return { refused: true, trip: null, ...none };
  rig.run(STAGES * STAGE_S);
  const [trip] = rig.trips();
  return { refused: false, trip: trip ? `${trip.code} ${trip.name} at ${trip.atS}` : null, settled, first, outOfReach };
}

/** The figures of one control over all its benches. */
export function swingLines(results: readonly SwingResult[], reference: boolean, control: Control): Line[] {
  const mark = `${reference ? '' : '-noref'}${control === 'swing' ? '' : `:${control}`}`;
  const pooled = (of: 'settled' | 'first'): number[] => results.flatMap((one) => one[of]);
  const bounds = control !== 'swing' ? [null, null] : reference ? [3, 6] : [5, 10];
  const settled = pooled('settled');
  const first = pooled('first');
  const tripped = results.filter(({ trip }) => trip !== null).length;
  const reached = settled.length + first.length;
  const outOfReach = results.reduce((sum, one) => sum + one.outOfReach, 0);
  return [
    spread(`swing-error-p50${mark}`, settled, 0.5, '%', bounds[0] ?? null),
    spread(`swing-error-p95${mark}`, settled, 0.95, '%', bounds[1] ?? null),
    spread(`swing-error-first-p50${mark}`, first, 0.5, '%', null),
    spread(`swing-error-first-p95${mark}`, first, 0.95, '%', null),
    share(`swing-trips${mark}`, tripped, results.length, control === 'swing' ? 0 : null),
    share(`swing-out-of-reach${mark}`, outOfReach, outOfReach + reached, null),
  ];
}
