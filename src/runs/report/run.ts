/** One run of a report: everything that its figures, tables and sentences are made from. */

import type { RunNotes } from '../../params/run-notes.ts';
import type { TelemetryName } from '../../params/telemetry.ts';
import { type NamedRun, type RunStudy, studyRun } from '../figures.ts';
import { described } from '../list.ts';
import { readNotes } from '../notes.ts';
import type { RecordedRun } from '../record.ts';
import { type RunSeries, seriesOf } from '../series.ts';

const COLUMNS = [
  ...(['tc_c', 'ir_c', 'film_c', 'setpoint_c', 'pulse_on_s', 'pulse_period_s', 'sim_true_film_c'] as const),
] satisfies TelemetryName[];

export interface ReportRun {
  /** As it was named. */
  readonly name: string;
  /** In a key: a letter, and the sample where it is known. */
  readonly label: string;
  readonly record: RecordedRun;
  readonly notes: RunNotes;
  readonly study: RunStudy;
  readonly series: RunSeries<(typeof COLUMNS)[number]>;
}

/** More runs do not fit one picture. */
export const MOST_RUNS = 6;

/** Reads a run for a report; `n` is its place in it. Rejects with a RunError or a file error. */
export async function reportRun({ record, run, name }: NamedRun, n: number): Promise<ReportRun> {
  const notes = await readNotes(record.folder);
  const sample = described('sample', record.facts, notes);
  const pattern = record.facts.recipe.title ?? record.facts.recipe.name;
  return {
    name,
    label: [String.fromCharCode(65 + n), sample ?? pattern ?? name].join(': '),
    record,
    notes,
    study: await studyRun(record, run),
    series: await seriesOf(record, run, COLUMNS),
  };
}
