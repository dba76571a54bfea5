/**
 * Films that change while they are lit: how long they are above the limit under the feedback, under the pattern that it began
 * with, and under fixed pulses, on the same benches.
 */
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Settings } from '../../src/params/settings.ts';
import { benches, type Population } from '../heat/bench.ts';
import { type Line, quantile } from '../heat/line.ts';
import { HELD_BELOW } from '../heat/oracle.ts';
import { disturbed, isArmed, known, worldOf } from './world.ts';

const BEGINS_S = 600;
const SPAN_S = 3600;

type Changes = NonNullable<BenchFile['changes']>;
const CASES = {
  nothing: () => [],
  'rate-x2': () => [
    { what: 'film.clock', atS: BEGINS_S, overS: 960, to: 2 },
    { what: 'film.growth', atS: BEGINS_S, overS: 960, to: 2 },
  ],
  'supply-8': (b) => [{ what: 'supply.scale', atS: BEGINS_S, overS: 10, to: 0.92 * (b.supply?.scale ?? 1) }],
  'laser+30': () => [{ what: 'optics.excitation', atS: BEGINS_S, overS: 5, to: 1.3 }],
  'room+2': (b) => [{ what: 'room.celsius', atS: BEGINS_S, overS: 900, to: (b.room?.celsius ?? 23) + 2 }],
  'room+5': (b) => [{ what: 'room.celsius', atS: BEGINS_S, overS: 900, to: (b.room?.celsius ?? 23) + 5 }],
} as const satisfies Record<string, (bench: BenchFile) => Changes>;
type CaseName = keyof typeof CASES;
const CASE_NAMES = Object.keys(CASES) as CaseName[];

const CONTROLS = ['adapt', 'start', 'fixed'] as const;
type Control = (typeof CONTROLS)[number];

export interface DriftTask {
  readonly bench: BenchFile;
  readonly name: CaseName;
}

/** Share of the lit time above the limit, and mean light, of each control. */
export type DriftResult = Readonly<Record<Control, { readonly above: number; readonly lit: number }>> | null;

export const driftTasks = (from: Population, n: number): DriftTask[] =>
  benches(from.folder === null ? { ...from, plants: 'paper' } : from, n).flatMap((bench) =>
    CASE_NAMES.map((name): DriftTask => ({ bench, name })),
  );

export async function drift({ bench, name }: DriftTask): Promise<DriftResult> {
  const settings = await known(bench);
  if (!settings) return null;
  const changed = disturbed({ ...bench, changes: CASES[name](bench) }, SPAN_S);
  const adapt = watched(settings, changed, 'adapt');
  if (!adapt) return null;
  const start = watched({ ...settings, ...adapt.first }, changed, 'tell');
  const fixed = watched({ ...settings, 'control.mode': 'pulse' }, changed, 'tell');
  return start && fixed && { adapt, start, fixed };
}

/** The settings that the feedback began with. */
type First = Partial<
  Pick<Settings, 'control.mode' | 'swing.targetK' | 'swing.periodMs' | 'pulse.onMs' | 'pulse.periodMs'>
>;

function watched(
  settings: Settings,
  bench: BenchFile,
  policy: 'adapt' | 'tell',
): { above: number; lit: number; first: First } | null {
  const world = worldOf(settings, bench, policy);
  if (!world) return null;
  let [aboveS, shoneS, lightS] = [0, 0, 0];
  let first: First = {};
  for (let s = 0; s < SPAN_S && isArmed(world); s += world.tickS) {
    world.tick();
    const { light, settings: now } = world.snapshot();
    // The feedback has said what it begins with in its first tick.
    if (s < 1) first = firstOf(now);
    lightS += world.tickS * world.simulation.bench.twin.light;
    if (light <= 0) continue;
    shoneS += world.tickS;
    if (world.segregated() > HELD_BELOW) aboveS += world.tickS;
  }
  return { above: aboveS / Math.max(1, shoneS), lit: lightS / SPAN_S, first };
}

const firstOf = (s: Settings): First => ({
  'control.mode': s['control.mode'],
  'swing.targetK': s['swing.targetK'],
  'swing.periodMs': s['swing.periodMs'],
  'pulse.onMs': s['pulse.onMs'],
  'pulse.periodMs': s['pulse.periodMs'],
});

export function driftLines(tasks: readonly DriftTask[], results: readonly DriftResult[]): Line[] {
  return CASE_NAMES.flatMap((name) => {
    const list = results.filter((one, i): one is NonNullable<DriftResult> => one !== null && tasks[i]?.name === name);
    const mean = (label: string, values: readonly number[], unit: string, reference: number | null): Line => {
      const value = values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
      const sigma = Math.sqrt(values.reduce((sum, v) => sum + (v - value) ** 2, 0) / Math.max(1, values.length - 1));
      const half = (1.96 * sigma) / Math.sqrt(Math.max(1, values.length));
      return { name: label, value, unit, low: value - half, high: value + half, n: values.length, reference };
    };
    const above = (control: Control): number[] => list.map((one) => 100 * one[control].above);
    const less = (than: Control): number[] => list.map((one) => 100 * (one.adapt.above - one[than].above));
    return [
      mean(
        name === 'nothing' ? 'drift-harm' : `drift-share-above:${name}`,
        above('adapt'),
        '%',
        name === 'nothing' ? 0.1 : 2,
      ),
      { ...mean(`drift-share-above-p50:${name}`, above('adapt'), '%', null), value: quantile(above('adapt'), 0.5) },
      mean(`drift-minus-start:${name}`, less('start'), 'points', 0),
      mean(`drift-minus-fixed:${name}`, less('fixed'), 'points', 0),
      mean(
        `drift-lit-share:${name}`,
        list.map((one) => one.adapt.lit),
        '1',
        null,
      ),
    ];
  });
}
