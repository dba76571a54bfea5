/** What cannot be seen is never called mixed. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Settings } from '../../src/params/settings.ts';
import { benches, type Population } from '../heat/bench.ts';
import { type Line, share } from '../heat/line.ts';
import { HELD_BELOW } from '../heat/oracle.ts';
import { isArmed, unknown, type World, worldOf } from './world.ts';

interface Case {
  readonly bench?: (bench: BenchFile) => BenchFile;
  readonly settings?: Partial<Settings>;
  /** When it happens, s after arming; before that nothing is judged. */
  readonly atS: number;
  readonly happen?: (world: World) => void;
}
const optics =
  (more: BenchFile['optics']) =>
  (bench: BenchFile): BenchFile => ({
    ...bench,
    optics: { ...bench.optics, ...more },
  });

export const CASES = {
  saturated: { atS: 0, bench: optics({ redGain: 3, greenGain: 3 }) },
  'saturates-later': {
    atS: 120,
    happen: ({ simulation }) => {
      simulation.bench.twin.photodiodesSaturated = true;
    },
  },
  'converter-missing': { atS: 0, happen: ({ simulation }) => simulation.bench.unplug('photodiodes') },
  'converter-unplugged': { atS: 120, happen: ({ simulation }) => simulation.bench.unplug('photodiodes') },
  'green-unplugged': { atS: 0, bench: optics({ greenGain: 0 }) },
  'wrong-filter': { atS: 0, bench: optics({ leak: 0.5 }) },
  'bright-lamp': {
    atS: 120,
    happen: ({ simulation }) => {
      simulation.bench.twin.roomLightV = 1.5;
    },
  },
  'no-light': {
    atS: 120,
    // A step of the excitation that the bench has of its own would bring the light back.
    bench: (bench) => ({ ...bench, changes: [] }),
    happen: ({ simulation }) => {
      simulation.bench.twin.excitationScale = 0;
    },
  },
  'segregated-at-the-start': {
    atS: 0,
    happen: ({ simulation }) => {
      simulation.bench.twin.film.segregated = 0.7;
    },
  },
  'partly-segregated-at-the-start': {
    atS: 0,
    happen: ({ simulation }) => {
      simulation.bench.twin.film.segregated = 0.08;
    },
  },
  /** An LED’s peak that walks and that heat does not bring back; it is judged once it has left the red filter in part. */
  'peak-that-walks': {
    atS: 60,
    bench: (bench) => ({ ...bench, sample: 'wash-methyl-acetate', film: { remixPerS: 0, clockResetPerS: 0 } }),
  },
} as const satisfies Record<string, Case>;
export type CaseName = keyof typeof CASES;
const CASE_NAMES = Object.keys(CASES) as CaseName[];

const WATCH_S = 300;
/** A cycle or two may pass before a fault shows. */
const GRACE_S = 15;

export interface BlindTask {
  readonly bench: BenchFile;
  readonly name: CaseName;
}
export interface BlindResult {
  readonly calledMixed: boolean;
  readonly usable: boolean;
}

export const blindTasks = (from: Population, n: number): BlindTask[] =>
  benches(from.folder === null ? { ...from, plants: 'paper' } : from, n).flatMap((bench) =>
    CASE_NAMES.map((name): BlindTask => ({ bench, name })),
  );

/** A film that has recovered to less than this is mixed, and may be called so. */
export async function blind({ bench, name }: BlindTask): Promise<BlindResult> {
  const it: Case = CASES[name];
  const world = worldOf({ ...unknown(bench), ...it.settings }, it.bench?.(bench) ?? bench, 'tell');
  if (!world) return { calledMixed: false, usable: false };
  const fromStart = name.includes('start') || name === 'peak-that-walks';
  for (let s = 0; s < it.atS; s += world.tickS) world.tick();
  it.happen?.(world);
  let mixedS = 0;
  for (let s = 0; s < WATCH_S && isArmed(world); s += world.tickS) {
    world.tick();
    const isSeen = fromStart && world.segregated() < HELD_BELOW;
    if (s >= GRACE_S && !isSeen && world.snapshot().sight.verdict === 'MIXED') mixedS += world.tickS;
  }
  return { calledMixed: mixedS > 0, usable: true };
}

export function blindLines(tasks: readonly BlindTask[], results: readonly BlindResult[]): Line[] {
  const line = (label: string, list: readonly BlindResult[]): Line =>
    share(label, list.filter(({ calledMixed }) => calledMixed).length, list.length, 0);
  const usable = (name: CaseName): BlindResult[] => results.filter((one, i) => tasks[i]?.name === name && one.usable);
  return [
    line(
      'blind-called-mixed',
      results.filter((one) => one.usable),
    ),
    ...CASE_NAMES.map((name) => line(`blind-called-mixed:${name}`, usable(name))),
  ];
}
