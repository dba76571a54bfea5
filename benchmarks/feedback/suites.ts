/** The suites of the feedback benchmark. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { benches } from '../heat/bench.ts';
import { suite } from '../suite.ts';
import { type BlindResult, type BlindTask, blind, blindLines, blindTasks } from './blind.ts';
import { type CauseResult, type CauseTask, causeLines, causeOf, causeTasks } from './causes.ts';
import { type FilmCost, filmCost, filmCostLines } from './cost.ts';
import { type DriftResult, type DriftTask, drift, driftLines, driftTasks } from './drift.ts';
import { type GuardResult, type GuardTask, guardLines, guardRun, guardTasks } from './guards.ts';
import { type HoldResult, type HoldTask, holdFilm, holdLines, holdTasks } from './hold.ts';
import { type NominalResult, nominalHours, nominalLines, nominalTasks } from './nominal.ts';
import { type OnsetResult, type OnsetTask, onset, onsetLines, onsetTasks } from './onsets.ts';
import { type SearchResult, type SearchTask, searchLines, searchPattern, searchTasks } from './search.ts';
import { type TimedResult, type TimedTask, timed, timedLines, timedTasks } from './timed.ts';

export const SUITES = {
  hold: suite<HoldTask, HoldResult>({ tasks: (from, n) => holdTasks(from, n ?? 200), run: holdFilm, lines: holdLines }),
  nominal: suite<BenchFile, NominalResult>({
    tasks: nominalTasks,
    run: (bench) => nominalHours(bench),
    lines: (_tasks, results) => nominalLines(results),
  }),
  onsets: suite<OnsetTask, OnsetResult>({
    tasks: (from, n) => onsetTasks(from, n ?? 100),
    run: onset,
    lines: onsetLines,
  }),
  blind: suite<BlindTask, BlindResult>({
    tasks: (from, n) => blindTasks(from, n ?? 20),
    run: blind,
    lines: blindLines,
  }),
  causes: suite<CauseTask, CauseResult>({
    tasks: (from, n) => causeTasks(from, n ?? 100),
    run: causeOf,
    lines: causeLines,
  }),
  drift: suite<DriftTask, DriftResult>({
    tasks: (from, n) => driftTasks(from, n ?? 60),
    run: drift,
    lines: driftLines,
  }),
  /** One task: CPU time is counted for the whole process. */
  cost: suite<BenchFile, FilmCost>({
    tasks: (from) => benches({ ...from, plants: 'paper' }, 1).slice(0, 1),
    run: filmCost,
    lines: (_tasks, results) => results.flatMap(filmCostLines),
  }),
  guards: suite<GuardTask, GuardResult>({
    tasks: (from, n) => guardTasks(from, n ?? 20),
    run: guardRun,
    lines: guardLines,
  }),
  search: suite<SearchTask, SearchResult>({
    tasks: (from, n) => searchTasks(from, n ?? 40),
    run: searchPattern,
    lines: searchLines,
  }),
  timed: suite<TimedTask, TimedResult>({
    tasks: (from, n) => timedTasks(from, n ?? 100),
    run: timed,
    lines: timedLines,
  }),
} as const;
