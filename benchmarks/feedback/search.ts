/**
 * Whether `remixd find-pattern` finds a pattern that holds, how much light that takes, and how gentle the pattern is beside the
 * gentlest of the grid that holds for the hour. The pattern is played fixed in the hour after the search; nothing adapts.
 */
import { SEARCH, searchSettings, searchSimulated } from '../../src/cli/find-run.ts';
import { dutyOf, PATTERN_GRID, type PulsePattern } from '../../src/film/grid.ts';
import type { Predicted } from '../../src/film/map.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Settings } from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import type { Simulation } from '../../src/rig/simulation.ts';
import { Prng } from '../../src/twin/prng.ts';
import { type Group, groupedBenches, type Population } from '../heat/bench.ts';
import { type Line, share, spread } from '../heat/line.ts';
import { HELD_BELOW, holds } from '../heat/oracle.ts';
import { disturbed, known, unknown } from './world.ts';

const HOUR_S = 3600;
/** The film is mixed in the dark once more, and the pattern settles, before its hour begins, s. */
const DARK_S = 30;
/** A search with all its darkness takes less, s. */
const SEARCH_MOST_S = 2 * 3600;
/** Cells of each map that are compared with the truth. */
const COMPARED = 8;
const STREAM = 907;

export interface SearchTask {
  readonly bench: BenchFile;
  readonly group: Group;
}

export interface SearchResult {
  /** The bench could be commissioned and armed, and the search came to its end. */
  readonly done: boolean;
  readonly lightS: number;
  readonly tookS: number;
  readonly found: boolean;
  readonly held: boolean;
  /** Highest share while a trial was lit. */
  readonly worst: number;
  /** Duty of the pattern over that of the gentlest of the grid that holds; null where there are not both. */
  readonly dutyRatio: number | null;
  /** Whether any pattern of the grid holds. */
  readonly possible: boolean;
  /** Probability of a cell, and whether it holds. */
  readonly cells: readonly (readonly [number, boolean])[];
}

export const searchTasks = (from: Population, n: number): SearchTask[] => groupedBenches(from, n);

export async function searchPattern({ bench }: SearchTask): Promise<SearchResult> {
  const truth = unknown(bench);
  const best = [...PATTERN_GRID]
    .sort((a, b) => dutyOf(a) - dutyOf(b))
    .find((pattern) => holds(truth, bench, pattern, HOUR_S));
  const nothing = { lightS: 0, tookS: 0, found: false, held: false, worst: 0, dutyRatio: null, cells: [] };
  const settings = await known(bench);
  if (!settings) return { ...nothing, done: false, possible: best !== undefined };
  const world = disturbed(bench, SEARCH_MOST_S + HOUR_S);
  const simulation = assembleSimulation({ settings: searchSettings(settings), bench: world, recipe: SEARCH });
  if (!simulation.arm()) return { ...nothing, done: false, possible: best !== undefined };
  let worst = 0;
  const { found, tookS, trouble } = searchSimulated(simulation, settings, { light: 1, seed: bench.seed ?? 1 }, () => {
    const { segregated } = simulation.truth();
    if (simulation.bench.twin.light > 0) worst = Math.max(worst, segregated);
  });
  const pattern = found?.pattern ?? null;
  return {
    done: trouble === null,
    lightS: found?.lightS ?? 0,
    tookS,
    found: pattern !== null,
    held: pattern !== null && heldFor(simulation, settings, pattern),
    worst,
    dutyRatio: pattern && best ? pattern.duty / dutyOf(best) : null,
    possible: best !== undefined,
    cells: compared(found?.map ?? [], truth, bench),
  };
}

/** Whether the pattern, fixed, holds the film for the hour that follows. */
function heldFor(simulation: Simulation, settings: Settings, { onS, periodS }: PulsePattern): boolean {
  const played: Settings = {
    ...searchSettings(settings),
    'pulse.onMs': Math.round(1000 * onS),
    'pulse.periodMs': Math.round(1000 * periodS),
  };
  let revision = simulation.feed.latest.revision;
  const put = (light: number): void => {
    revision += 1;
    simulation.controls.retune({ ...played, 'light.level': light }, revision);
  };
  put(0);
  simulation.run(DARK_S);
  put(1);
  const ticks = (HOUR_S * 1000) / settings['loop.tickMs'];
  for (let i = 0; i < ticks; i += 1) {
    simulation.tick();
    if (simulation.truth().segregated > HELD_BELOW || simulation.feed.latest.kernel.name !== 'armed') return false;
  }
  return true;
}

/** Some cells by chance, each with the truth of an hour. */
function compared(map: readonly Predicted[], truth: Settings, bench: BenchFile): (readonly [number, boolean])[] {
  const chance = new Prng(bench.seed ?? 1, STREAM);
  return Array.from({ length: map.length > 0 ? COMPARED : 0 }, () => {
    const cell = map[Math.floor(chance.uniform() * map.length)]!;
    return [cell.holds, holds(truth, bench, cell, HOUR_S)] as const;
  });
}

export function searchLines(tasks: readonly SearchTask[], results: readonly SearchResult[]): Line[] {
  const groups = [...new Set(tasks.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const list = results.filter((_, i) => tasks[i]?.group === group);
    const could = list.filter(({ possible }) => possible);
    // Cells of one bench are no independent cases: each bench counts once.
    const ofCells = (score: (p: number, held: boolean) => number): number[] =>
      list.flatMap(({ cells }) =>
        cells.length === 0 ? [] : [cells.reduce((sum, [p, held]) => sum + score(p, held), 0) / cells.length],
      );
    const ratios = list.flatMap(({ held, dutyRatio }) => (held && dutyRatio !== null ? [dutyRatio] : []));
    const light = list.filter(({ done }) => done).map(({ lightS }) => lightS);
    const took = list.filter(({ done }) => done).map(({ tookS }) => tookS);
    const part = (
      name: string,
      of: readonly SearchResult[],
      hit: (r: SearchResult) => boolean,
      wanted: number | null,
    ) => share(`${name}${group}`, of.filter(hit).length, of.length, wanted);
    return [
      spread(`search-light-p50${group}`, light, 0.5, 's', 180),
      spread(`search-light-p95${group}`, light, 0.95, 's', 300),
      spread(`search-time-p50${group}`, took, 0.5, 's', null),
      part('search-held', list, ({ held }) => held, null),
      part('search-held-of-possible', could, ({ held }) => held, 98),
      part('search-possible', list, ({ possible }) => possible, null),
      part(
        'search-wrong',
        list.filter(({ found }) => found),
        ({ held }) => !held,
        2,
      ),
      spread(`search-duty-ratio${group}`, ratios, 0.5, '1', 1.3),
      mean(
        `search-predicted${group}`,
        ofCells((p, held) => (p >= 0.5 === held ? 100 : 0)),
        '%',
        90,
      ),
      mean(
        `search-brier${group}`,
        ofCells((p, held) => (p - (held ? 1 : 0)) ** 2),
        '1',
        null,
      ),
      spread(
        `search-worst-p95${group}`,
        list.map(({ worst }) => 100 * worst),
        0.95,
        '%',
        null,
      ),
      part('search-failed', list, ({ done }) => !done, 0),
    ];
  });
}

/** A mean with its 95 % interval by the normal approximation. */
function mean(name: string, values: readonly number[], unit: string, reference: number | null): Line {
  const n = values.length;
  const value = values.reduce((sum, one) => sum + one, 0) / Math.max(1, n);
  const variance = values.reduce((sum, one) => sum + (one - value) ** 2, 0) / Math.max(1, n - 1);
  const half = 1.96 * Math.sqrt(variance / Math.max(1, n));
  const digits = (x: number): number => Number(x.toPrecision(4));
  return {
    name,
    value: digits(value),
    unit,
    low: digits(value - half),
    high: digits(value + half),
    n,
    reference,
  };
}
