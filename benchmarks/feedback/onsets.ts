/** How soon a film that begins to un-mix is called so: growth imposed on a held film, and abrupt loss by the film’s own kinetics. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { verdictRow } from '../../src/params/verdict.ts';
import { benches, type Population } from '../heat/bench.ts';
import { type Line, share, spread } from '../heat/line.ts';
import { HELD_BELOW } from '../heat/oracle.ts';
import { disturbed, isArmed, unknown, worldOf } from './world.ts';

/** Share of the film, by the seconds since the onset. */
const SHAPES = {
  'ten-minutes': (s: number) => 0.1 * Math.min(1, s / 600),
  'ninety-seconds': (s: number) => 0.5 * Math.min(1, s / 90),
  creep: (s: number) => 0.2 * (1 - Math.exp(-s / 1800)),
  'two-steps': (s: number) => (s < 300 ? Math.min(0.01, s / 6000) : 0.01 + Math.min(0.2, (s - 300) / 300)),
  /** No imposed growth: the room gets warm, and the film’s own kinetics do the rest. */
  abrupt: null,
} as const;
export type Shape = keyof typeof SHAPES;

const COOL = { spread: 0.1, room: [20, 22], plants: 'paper' } as const;
const QUIET_S = 300;
const WATCH_S = 1500;
/** So much warmer the room gets. */
const WARMER_K = 5;

export interface OnsetTask {
  readonly bench: BenchFile;
  readonly shape: Shape;
}
export interface OnsetResult {
  /** From 2 % to the alarm, s; negative = before; null = no alarm. */
  readonly delayS: number | null;
  /** True share at the alarm. */
  readonly atAlarm: number;
  readonly usable: boolean;
  readonly periodS: number;
}

export const onsetTasks = (from: Population, n: number): OnsetTask[] =>
  benches(from.folder === null ? { ...from, ...COOL } : from, n).flatMap((bench) =>
    (Object.keys(SHAPES) as Shape[]).map((shape): OnsetTask => ({ bench, shape })),
  );

const UNUSABLE: OnsetResult = { delayS: null, atAlarm: Number.NaN, usable: false, periodS: 5 };

export async function onset({ bench, shape }: OnsetTask): Promise<OnsetResult> {
  const grow = SHAPES[shape];
  const warmC = (bench.room?.celsius ?? 22) + WARMER_K;
  const changes = grow ? [] : [{ what: 'room.celsius' as const, atS: QUIET_S, overS: 60, to: warmC }];
  const world = worldOf(
    { ...unknown(bench), 'pulse.periodMs': 4000 },
    disturbed({ ...bench, changes }, QUIET_S + WATCH_S),
    'tell',
  );
  if (!world) return UNUSABLE;
  const alarms = (): boolean => verdictRow(world.snapshot().sight.verdict).alarming;
  for (let s = 0; s < QUIET_S - 10; s += world.tickS) world.tick();
  if (alarms() || world.segregated() > 0.001 || !isArmed(world)) return UNUSABLE;
  const { film } = world.simulation.bench.twin;
  let [crossedS, alarmS, atAlarm] = [null as number | null, null as number | null, Number.NaN];
  for (let s = 0; s < WATCH_S && isArmed(world) && (crossedS === null || alarmS === null); s += world.tickS) {
    if (grow) film.segregated = Math.max(film.lost, grow(s));
    world.tick();
    if (crossedS === null && world.segregated() >= HELD_BELOW) crossedS = s;
    if (alarmS === null && alarms()) {
      alarmS = s;
      atAlarm = world.segregated();
    }
  }
  // Nothing happened that should be seen.
  if (crossedS === null) return UNUSABLE;
  return { delayS: alarmS === null ? null : alarmS - crossedS, atAlarm, usable: true, periodS: 4 };
}

export function onsetLines(tasks: readonly OnsetTask[], results: readonly OnsetResult[]): Line[] {
  return (Object.keys(SHAPES) as Shape[]).flatMap((shape) => {
    const list = results.filter((one, i) => tasks[i]?.shape === shape && one.usable);
    const delays = list.map(({ delayS }) => delayS ?? Number.POSITIVE_INFINITY);
    const before = delays.filter((s) => s <= 0).length;
    const inCycle = list.filter(({ delayS, periodS }) => delayS !== null && delayS <= periodS + 0.5).length;
    return [
      shape === 'abrupt'
        ? share('abrupt-within-a-cycle', inCycle, list.length, 100)
        : share(`onset-before-2pc-two-bands:${shape}`, before, list.length, 95),
      spread(`onset-delay-p50:${shape}`, delays, 0.5, 's', null),
      spread(`onset-delay-p95:${shape}`, delays, 0.95, 's', null),
      spread(
        `segregated-at-alarm-p95:${shape}`,
        list.map(({ atAlarm }) => 100 * atAlarm),
        0.95,
        '%',
        null,
      ),
    ];
  });
}
