/** How soon a film that begins to un-mix is called so: growth imposed on a held film, and abrupt loss by the film’s own kinetics. */
import { CauseFinder } from '../../src/control/light/cause.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import { ONE_BAND_ALARM } from '../../src/params/cause.ts';
import { verdictRow } from '../../src/params/verdict.ts';
import { benches, type Population } from '../heat/bench.ts';
import { type Line, share, spread } from '../heat/line.ts';
import { HELD_BELOW } from '../heat/oracle.ts';
import { bounds, type Looked } from './bound.ts';
import { swap } from './swap.ts';
import { disturbed, isArmed, unknown, type World, worldOf } from './world.ts';

/** Share of the film, by the seconds since the onset. */
export const SHAPES = {
  'ten-minutes': (s: number) => 0.1 * Math.min(1, s / 600),
  'ninety-seconds': (s: number) => 0.5 * Math.min(1, s / 90),
  creep: (s: number) => 0.2 * (1 - Math.exp(-s / 1800)),
  'two-steps': (s: number) => (s < 300 ? Math.min(0.01, s / 6000) : 0.01 + Math.min(0.2, (s - 300) / 300)),
  /** No imposed growth: the room gets warm, and the film’s own kinetics do the rest. */
  abrupt: null,
} as const;
export type Shape = keyof typeof SHAPES;

export const COOL = { spread: 0.1, room: [20, 22], plants: 'paper' } as const;
export const QUIET_S = 300;
export const WATCH_S = 1500;
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
  /** From 2 % to the warning of the mixed band alone, s; null = none. */
  readonly oneBandS: number | null;
  /** From 2 % to the earliest call that the noise allows, s. */
  readonly bounds: { readonly one: number; readonly two: number };
}

export const onsetTasks = (from: Population, n: number): OnsetTask[] =>
  benches(from.folder === null ? { ...from, ...COOL } : from, n).flatMap((bench) =>
    (Object.keys(SHAPES) as Shape[]).map((shape): OnsetTask => ({ bench, shape })),
  );

const NEVER = Number.POSITIVE_INFINITY;
const UNUSABLE: OnsetResult = {
  delayS: null,
  atAlarm: Number.NaN,
  usable: false,
  periodS: 5,
  oneBandS: null,
  bounds: { one: NEVER, two: NEVER },
};

/** Notes what the light path has of the cold film, with the truth beside it, until the second function is called. */
function looking({ segregated }: World, sinceS: () => number): [Looked[], () => void] {
  const looks: Looked[] = [];
  const stop = swap(
    CauseFinder.prototype,
    'take',
    (take) =>
      function (this: CauseFinder, look, now): void {
        take.call(this, look, now);
        const { cycle, blind } = look;
        if (blind !== null || !cycle || cycle.spanS === 0) return;
        const { green, red, reference } = cycle.cold;
        looks.push({ atS: sinceS(), red: Math.log(red / reference), rho: green / red, segregated: segregated() });
      },
  );
  return [looks, stop];
}

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
  let sinceS = -QUIET_S;
  const [looks, stop] = looking(world, () => sinceS);
  try {
    const seen = watch(world, grow, (s) => {
      sinceS = s;
    });
    if (!seen) return UNUSABLE;
    const { one, two } = bounds(looks, world.simulation.bench.twin.sample);
    const after = (s: number | null): number | null => (s === null ? null : s - seen.crossedS);
    return {
      delayS: after(seen.alarmS),
      atAlarm: seen.atAlarm,
      usable: true,
      periodS: 4,
      oneBandS: after(seen.oneBandS),
      bounds: { one: one - seen.crossedS, two: two - seen.crossedS },
    };
  } finally {
    stop();
  }
}

interface Seen {
  readonly crossedS: number;
  readonly alarmS: number | null;
  readonly atAlarm: number;
  readonly oneBandS: number | null;
}

/** Seconds since the onset of what happened; null where nothing happened that should be seen, or something did before it. */
function watch(world: World, grow: ((s: number) => number) | null, at: (s: number) => void): Seen | null {
  const alarms = (): boolean => verdictRow(world.snapshot().sight.verdict).alarming;
  const warns = (): boolean => world.snapshot().sight.cause.oneBand >= ONE_BAND_ALARM;
  for (let s = 0; s < QUIET_S - 10; s += world.tickS) {
    at(s - QUIET_S);
    world.tick();
  }
  if (alarms() || world.segregated() > 0.001 || !isArmed(world)) return null;
  const { film } = world.simulation.bench.twin;
  let [crossedS, alarmS, atAlarm] = [null as number | null, null as number | null, Number.NaN];
  // A warning that is there before the onset is none of it.
  let oneBandS: number | null = null;
  let isFalse = warns();
  for (let s = 0; s < WATCH_S && isArmed(world); s += world.tickS) {
    if (crossedS !== null && alarmS !== null && oneBandS !== null) break;
    if (grow) film.segregated = Math.max(film.lost, grow(s));
    at(s);
    world.tick();
    if (crossedS === null && world.segregated() >= HELD_BELOW) crossedS = s;
    if (alarmS === null && alarms()) {
      alarmS = s;
      atAlarm = world.segregated();
    }
    isFalse &&= warns();
    if (oneBandS === null && !isFalse && warns()) oneBandS = s;
  }
  return crossedS === null ? null : { crossedS, alarmS, atAlarm, oneBandS };
}

export function onsetLines(tasks: readonly OnsetTask[], results: readonly OnsetResult[]): Line[] {
  const usable = results.filter((one) => one.usable);
  return [
    ...(Object.keys(SHAPES) as Shape[]).flatMap((shape) => {
      const list = results.filter((one, i) => tasks[i]?.shape === shape && one.usable);
      return [...twoBandLines(shape, list), ...oneBandLines(`:${shape}`, list), ...boundLines(shape, list)];
    }),
    ...oneBandLines('', usable),
  ];
}

function twoBandLines(shape: Shape, list: readonly OnsetResult[]): Line[] {
  const delays = list.map(({ delayS }) => delayS ?? NEVER);
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
}

/** Where more films are missed than a percentile leaves out, its value is null. */
function oneBandLines(name: string, list: readonly OnsetResult[]): Line[] {
  const delays = list.map(({ oneBandS }) => oneBandS ?? NEVER);
  return [
    spread(`onset-delay-one-band-p50${name}`, delays, 0.5, 's', 5),
    spread(`onset-delay-one-band-p95${name}`, delays, 0.95, 's', 20),
    share(`onset-missed-one-band${name}`, delays.filter((s) => s === NEVER).length, list.length, null),
  ];
}

function boundLines(shape: Shape, list: readonly OnsetResult[]): Line[] {
  const line = (bands: string, of: keyof OnsetResult['bounds']): Line => {
    const seconds = list.map((one) => one.bounds[of]);
    return spread(`onset-bound-${bands}-p50:${shape}`, seconds, 0.5, 's', null);
  };
  return [line('one-band', 'one'), line('two-bands', 'two')];
}
