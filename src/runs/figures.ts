/** Figures of merit of one recorded run. Every one that is not known is null with the reason. */
import type { RunFigureName } from '../params/run-figures.ts';
import type { TelemetryName } from '../params/telemetry.ts';
import { VERDICT_NAMES, type Verdict } from '../params/verdict.ts';
import type { Cycle, PlBasis } from './cycles.ts';
import { type Figure, type Lifetimes, lifetimesOf } from './lifetime.ts';
import { type Estimate, type Happening, Mean, Observed, type Span } from './observed.ts';
import { RunError } from './problem.ts';
import { openRun, type RecordedRun } from './record.ts';
import { type RowView, walk } from './walk.ts';

/** A figure by its name; null with the reason. */
export type Figures = Readonly<Record<RunFigureName, Figure>>;

export interface RunFigures {
  /** Number of the run in its record; null where the record knows no runs. */
  readonly run: number | null;
  /** When it began by the computer’s clock, ISO 8601; null in virtual time. */
  readonly startedUtc: string | null;
  readonly values: Figures;
  /** Time in each verdict, s, and its share of what was recorded, 0..1. */
  readonly verdicts: Readonly<Record<Verdict, { readonly s: number; readonly share: number }>>;
  readonly lastVerdict: Verdict | null;
  readonly firstAlarm: Happening | null;
  /** The pattern that was in force longest, t/T in s, and all with their time in s. */
  readonly pattern: string | null;
  readonly patterns: Readonly<Record<string, number>>;
  readonly modes: Readonly<Record<string, number>>;
  /** What stands for the mixed emission, and what T95 and T80 go by. */
  readonly basis: PlBasis;
  readonly reference: Lifetimes['reference'];
  /** By the observer, or by the thermocouple where the bench was not commissioned. */
  readonly temperature: 'film_c' | 'tc_c';
  /** ESTIMATES of the segregated share by the light, with their standard errors: the largest one and the last one. */
  readonly segregatedEstimate: { readonly largest: Estimate; readonly last: Estimate } | null;
  /** The simulated bench’s own truth, which no sensor sees; null on hardware. */
  readonly SIMULATED_truth: { readonly largestSegregated: number; readonly highestFilmC: number } | null;
  /** Rows and events that were cut off or damaged. */
  readonly damaged: number;
}

/** The figures, and what the figures of a report are drawn from. */
export interface RunStudy {
  readonly figures: RunFigures;
  readonly cycles: readonly Cycle[];
  readonly verdicts: readonly Span<Verdict>[];
  readonly marks: readonly Happening[];
}

/** A record of a week with a run every ten minutes. */
const MOST_RUNS = 1000;

const none = (why: string): Figure => ({ value: null, why });
const known = (value: number, why: string): Figure => (Number.isFinite(value) ? { value } : none(why));

/** Studies one run of a record; `run` null = a record without runs. Rejects with a file error. */
export async function studyRun(record: RecordedRun, run: number | null): Promise<RunStudy> {
  const seen = new Observed(record.facts);
  const { damaged } = await walk(record, run, seen);
  return studyOf(record, run, seen, damaged);
}

/** Studies all runs of a record in one pass; one study without a number where none was armed. Rejects with a file error. */
export async function studyAll(record: RecordedRun): Promise<readonly RunStudy[]> {
  const runs = new Map<number | null, Observed>();
  const of = (run: number | null): Observed | null => {
    const seen = runs.get(run) ?? (runs.size < MOST_RUNS ? new Observed(record.facts) : null);
    if (seen) runs.set(run, seen);
    return seen;
  };
  const { damaged } = await walk(record, null, {
    row: (row) => {
      const run = row.number('run');
      of(run > 0 ? run : null)?.row(row);
    },
    event: (event) => of(event.run)?.event(event),
  });
  const numbered = [...runs].filter(([run]) => run !== null);
  const chosen = numbered.length > 0 ? numbered : [...runs];
  return chosen.map(([run, seen]) => studyOf(record, run, seen, damaged));
}

function studyOf(record: RecordedRun, run: number | null, seen: Observed, damaged: number): RunStudy {
  const hasEvents = record.parts.every(({ eventColumns }) => eventColumns !== null);
  const { cycles } = seen.cycles;
  const lifetimes = lifetimesOf(cycles);
  const { largest, last, truth } = seen;
  const figures: RunFigures = {
    run,
    startedUtc: seen.startedUtc ?? record.facts.time.wall,
    values: valuesOf(seen, cycles, lifetimes, { hasEvents, columns: record.columns }),
    verdicts: verdictsOf(seen),
    lastVerdict: seen.verdicts.at(-1)?.what ?? null,
    firstAlarm: seen.firstAlarm,
    pattern: longest(seen.patterns),
    patterns: Object.fromEntries(seen.patterns),
    modes: Object.fromEntries(seen.modes),
    basis: seen.cycles.basis,
    reference: lifetimes.reference,
    temperature: seen.filmByModel ? 'film_c' : 'tc_c',
    segregatedEstimate: largest && last && { largest, last },
    SIMULATED_truth: truth && { largestSegregated: truth.segregated, highestFilmC: truth.maxC },
    damaged,
  };
  return { figures, cycles, verdicts: seen.verdicts, marks: seen.marks };
}

/** What a record holds. */
interface Held {
  readonly hasEvents: boolean;
  readonly columns: readonly string[];
}

const noColumn = (name: TelemetryName): string => `data.csv has no column ${name}`;

const verdictsOf = ({ verdictS, recordedS }: Observed): RunFigures['verdicts'] =>
  Object.fromEntries(
    VERDICT_NAMES.map((name) => {
      const s = verdictS.get(name) ?? 0;
      return [name, { s, share: recordedS > 0 ? s / recordedS : 0 }];
    }),
  ) as Record<Verdict, { s: number; share: number }>;

function valuesOf(seen: Observed, cycles: readonly Cycle[], life: Lifetimes, { hasEvents, columns }: Held): Figures {
  const { fromS, onA, onV } = seen;
  const durationS = fromS === null ? Number.NaN : seen.toS - fromS;
  const swing = new Mean();
  for (const { swingK } of cycles) swing.take(swingK);
  const gone = (['time_s', 'state'] as const).find((name) => !columns.includes(name));
  const notRun = gone ? noColumn(gone) : 'the recipe never started';
  const noLight = columns.includes('light') ? null : noColumn('light');
  const noEdges = 'events.csv is missing';
  const heatedS = seen.heat.totalS;
  const noCurrent = hasEvents ? 'no row fell into a pulse' : noEdges;
  const charge = heatedS === 0 ? 0 : heatedS * onA.value;
  return {
    durationS: known(durationS, notRun),
    recordedS: fromS === null ? none(notRun) : { value: seen.recordedS },
    litS: fromS === null || noLight ? none(noLight ?? notRun) : { value: seen.litS },
    firstAlarmS: seen.firstAlarm ? { value: seen.firstAlarm.atS } : none(hasEvents ? 'no alarm' : noEdges),
    meanFilmC: known(seen.filmC.value, 'no temperature was recorded'),
    swingK: known(swing.value, 'no cycle with a swing was recorded'),
    swingCycles: { value: swing.n },
    dutyAchieved: hasEvents
      ? known(heatedS / seen.recordedS, fromS === null ? notRun : 'no time between two rows')
      : none(noEdges),
    thermalCycles: seen.thermalCycles === null ? none('not recorded') : { value: seen.thermalCycles },
    pulses: hasEvents ? { value: seen.pulses } : none(noEdges),
    trips: hasEvents ? { value: seen.trips } : none(noEdges),
    chargeC: hasEvents ? known(charge, noCurrent) : none(noEdges),
    energyJ: hasEvents ? known(charge === 0 ? 0 : charge * onV.value, noCurrent) : none(noEdges),
    initialPl: life.initial,
    t95S: life.t95,
    t80S: life.t80,
    burnInEndS: life.burnInEnd,
    ts95S: life.ts95,
    ts80S: life.ts80,
  };
}

function longest(times: ReadonlyMap<string, number>): string | null {
  let best: string | null = null;
  for (const [name, s] of times) if (best === null || s > (times.get(best) ?? 0)) best = name;
  return best;
}

/** The numbers of the runs that a record holds; empty where none was armed. Rejects with a file error. */
export async function runsIn(record: RecordedRun): Promise<readonly number[]> {
  const numbers = new Set<number>();
  await walk(record, null, {
    row: (row: RowView) => {
      const number = row.number('run');
      if (number > 0 && numbers.size < MOST_RUNS) numbers.add(number);
    },
  });
  return [...numbers];
}

/** A run as somebody named it. */
export interface NamedRun {
  readonly record: RecordedRun;
  readonly run: number | null;
  /** As it was named. */
  readonly name: string;
}

/** FOLDER:N is run N of a record, FOLDER all of it. */
function partsOf(name: string): { readonly folder: string; readonly number: string | undefined } {
  const found = /^(.+):(\d+)$/.exec(name);
  return { folder: found?.[1] ?? name, number: found?.[2] };
}

/**
 * Opens FOLDER, which is all runs of a record (`run` null), or FOLDER:N.
 * @throws RunError RUN_NOT_FOUND or RUN_DAMAGED; or a file error
 */
export async function namedRecord(name: string): Promise<NamedRun> {
  const { folder, number } = partsOf(name);
  return number === undefined ? { record: await openRun(folder), run: null, name } : namedRun(name);
}

/**
 * Opens FOLDER or FOLDER:N. Without a number the record must have one run, or none.
 * @throws RunError RUN_NOT_FOUND, RUN_DAMAGED or RUN_AMBIGUOUS; or a file error
 */
export async function namedRun(name: string): Promise<NamedRun> {
  const { folder, number } = partsOf(name);
  const record = await openRun(folder);
  const runs = await runsIn(record);
  if (number !== undefined) {
    const run = Number(number);
    if (runs.includes(run)) return { record, run, name };
    throw new RunError(
      'RUN_NOT_FOUND',
      name,
      `the record has ${runs.length === 0 ? 'no run' : `the runs ${runs.join(', ')}`}`,
    );
  }
  if (runs.length > 1) throw new RunError('RUN_AMBIGUOUS', name, `the record has the runs ${runs.join(', ')}`);
  return { record, run: runs[0] ?? null, name };
}
