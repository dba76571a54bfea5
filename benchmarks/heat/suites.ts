/** The suites of the heat benchmark: which tasks there are, what one does, and which lines their results make. */

import { BENCH_FORMAT, type BenchFile } from '../../src/params/bench-file.ts';
import { commissionSimulated } from '../../src/rig/commissioned.ts';
import { suite } from '../suite.ts';
import { benches, CONVERTERS, type Converter, strangerTo } from './bench.ts';
import { COST_MODES, type CostMode, type CostResult, costLines, costOfTicks } from './cost.ts';
import { type HoldResult, type HoldTask, holdFilm, holdLines, holdTasks } from './hold.ts';
import { identLines, type Judged, judge, type Variant } from './ident.ts';
import { type Line, worse } from './line.ts';
import { learnSlow, SLOW_RUNS, type SlowResult, type SlowRun, slowLines } from './slow.ts';
import { LAWS, type StepResult, type StepTask, stepLines, takeStep } from './step.ts';
import { CONTROLS, holdSwing, type SwingResult, type SwingTask, swingLines } from './swing.ts';

const CHIPS = { max31855: '31855', max31856: '31856' } as const satisfies Record<Converter, string>;

/** The lines of both converters, and the worse of the two under the plain name. */
function bothConverters(of: (converter: Converter) => Line[]): Line[] {
  const [one, other] = CONVERTERS.map(of) as [Line[], Line[]];
  return one.flatMap((line, i) => {
    const twin = other[i];
    if (!twin) return [line];
    const beside = [line, twin].map((each, k) => ({
      ...each,
      name: `${each.name}-${CHIPS[CONVERTERS[k] ?? 'max31856']}`,
    }));
    return [{ ...worse(line, twin), name: line.name }, ...beside];
  });
}

interface IdentTask {
  readonly bench: BenchFile;
  readonly converter: Converter;
  readonly variant: Variant;
}

/** An ordinary run after the quick commissioning. */
interface SlowTask {
  readonly bench: BenchFile;
  readonly converter: Converter;
  readonly run: SlowRun;
}

/** The thorough variant takes ten times as long; fewer benches tell as much of it. */
const THOROUGH_SHARE = 5;
/** An ordinary run takes twice as long as that. */
const MOST_SLOW = 60;

const isSlow = (task: IdentTask | SlowTask | undefined): task is SlowTask => task !== undefined && 'run' in task;

const ident = suite<IdentTask | SlowTask, Judged | SlowResult | null>({
  tasks: (from, n) => {
    const list = benches(from, n ?? 500);
    return CONVERTERS.flatMap((converter): (IdentTask | SlowTask)[] => [
      ...list.map((bench): IdentTask => ({ bench, converter, variant: 'quick' })),
      ...list
        .filter((_, i) => i % THOROUGH_SHARE === 0)
        .map((bench): IdentTask => ({ bench, converter, variant: 'thorough' })),
      ...list.slice(0, MOST_SLOW).flatMap((bench) => SLOW_RUNS.map((run): SlowTask => ({ bench, converter, run }))),
    ]);
  },
  run: async (task) => {
    const { bench, converter } = task;
    if (isSlow(task)) return learnSlow(bench, converter, task.run);
    const thorough = task.variant === 'thorough';
    return judge(bench, await commissionSimulated(strangerTo(bench, converter), bench, { thorough }));
  },
  lines: (tasks, results) => [
    ...(['quick', 'thorough'] as const).flatMap((variant) =>
      bothConverters((converter) => {
        const chosen = results.filter((_, i) => {
          const task = tasks[i];
          return task?.converter === converter && !isSlow(task) && task.variant === variant;
        });
        return identLines(chosen as Judged[], variant);
      }),
    ),
    ...SLOW_RUNS.flatMap((run) =>
      bothConverters((converter) => {
        const chosen = results.filter((_, i) => {
          const task = tasks[i];
          return task?.converter === converter && isSlow(task) && task.run === run;
        });
        return slowLines(chosen as (SlowResult | null)[], run);
      }),
    ),
  ],
});

const swing = suite<SwingTask, SwingResult>({
  tasks: (from, n) =>
    benches(from, n ?? 60).flatMap((bench, i) =>
      CONVERTERS.flatMap((converter) => [
        ...[true, false].map(
          (reference): SwingTask => ({ bench, converter, reference, control: 'swing', up: i % 2 === 0 }),
        ),
        ...CONTROLS.slice(1).map(
          (control): SwingTask => ({ bench, converter, reference: false, control, up: i % 2 === 0 }),
        ),
      ]),
    ),
  run: holdSwing,
  lines: (tasks, results) =>
    CONTROLS.flatMap((control) =>
      [true, false].flatMap((reference) =>
        bothConverters((converter) => {
          const chosen = results.filter((_, i) => {
            const task = tasks[i];
            return task?.control === control && task.reference === reference && task.converter === converter;
          });
          return chosen.length === 0 ? [] : swingLines(chosen, reference, control);
        }),
      ),
    ),
});

/** The step on the delivered bench, beside those of the population. */
const NOMINAL: BenchFile = { format: BENCH_FORMAT };
const NOMINAL_STEP_C = 35;

const step = suite<StepTask, StepResult>({
  tasks: (from, n) =>
    CONVERTERS.flatMap((converter) =>
      LAWS.flatMap((law) =>
        (law === 'model' ? [true, false] : [true]).flatMap((reference) => [
          ...benches(from, n ?? 80).map((bench): StepTask => ({ bench, converter, reference, law, setpointC: null })),
          { bench: NOMINAL, converter, reference, law, setpointC: NOMINAL_STEP_C },
        ]),
      ),
    ),
  run: takeStep,
  lines: (tasks, results) =>
    LAWS.flatMap((law) =>
      [true, false].flatMap((reference) =>
        [false, true].flatMap((nominal) =>
          bothConverters((converter) => {
            const chosen = results.filter((_, i) => {
              const task = tasks[i];
              const alike = task?.law === law && task.reference === reference && task.converter === converter;
              return alike && (task.setpointC !== null) === nominal;
            });
            return chosen.length === 0 ? [] : stepLines(chosen, law, reference, nominal ? '-nominal' : '');
          }),
        ),
      ),
    ),
});

const hold = suite<HoldTask, HoldResult>({
  tasks: (from, n) => holdTasks(from, n ?? 120),
  run: holdFilm,
  lines: holdLines,
});

/** One task, so that both modes are measured one after the other: CPU time is counted for the whole process. */
const cost = suite<BenchFile, Partial<Record<CostMode, CostResult>>>({
  tasks: (from) => benches({ ...from, plants: 'paper' }, 1).slice(0, 1),
  run: async (bench) => {
    const results: Partial<Record<CostMode, CostResult>> = {};
    for (const mode of COST_MODES) results[mode] = await costOfTicks(bench, mode);
    return results;
  },
  lines: (_tasks, [results]) =>
    COST_MODES.flatMap((mode) => {
      const of = results?.[mode];
      return of ? costLines(mode, of) : [];
    }),
});

export const SUITES = { ident, step, swing, hold, cost } as const;
