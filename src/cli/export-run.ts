/** `remixd export RUN`: one recorded run, or all of a record, as a file that other programs read. */
import { closeSync, rmSync } from 'node:fs';
import { openNew } from '../files/taken.ts';
import { ConfigError } from '../params/problem.ts';
import { writeHdf5 } from '../runs/export/hdf5.ts';
import { writeParquet } from '../runs/export/parquet.ts';
import { publishedOf } from '../runs/export/published.ts';
import type { Tally } from '../runs/export/table.ts';
import { textOf } from '../runs/export/text.ts';
import { type NamedRun, namedRecord, studyAll, studyRun } from '../runs/figures.ts';
import { described } from '../runs/list.ts';
import { readNotes } from '../runs/notes.ts';
import { countOf } from '../runs/words.ts';
import { sinkTo } from './sink.ts';

export const RUN_FORMATS = ['csv', 'origin', 'parquet', 'hdf5', 'json'] as const;
export type RunFormat = (typeof RUN_FORMATS)[number];

export interface RunExport {
  /** FOLDER, or FOLDER:N for one run of its record. */
  readonly run: string;
  readonly format: RunFormat;
  /** A file that must not be there; null = standard output, for texts only. */
  readonly out: string | null;
}

/**
 * Writes a run. Returns the exit code: 1 when it has no rows.
 * @throws RunError, ConfigError, Taken for a file that is there, or a file error; a file that was begun is taken back
 */
export async function exportRun({ run, format, out }: RunExport): Promise<number> {
  const named = await namedRecord(run);
  if (format === 'json') return asJson(named, out);
  const tally: Tally = { damaged: 0 };
  const rows =
    format === 'csv' || format === 'origin'
      ? await asText(named, format, out, tally)
      : await asFile(named, format, out, tally);
  if (rows === null) return 0;
  process.stderr.write(`${rows} rows${out === null ? '' : ` in ${out}`}\n`);
  if (tally.damaged > 0)
    process.stderr.write(`${countOf(tally.damaged, 'row is', 'rows are')} damaged and left out.\n`);
  for (const what of named.record.missing) process.stderr.write(`${what}\n`);
  return rows > 0 ? 0 : 1;
}

/** How many rows were written; null when the reader has closed the pipe. */
async function asText(
  named: NamedRun,
  format: 'csv' | 'origin',
  out: string | null,
  tally: Tally,
): Promise<number | null> {
  const sink = sinkTo(out);
  try {
    let total = 0;
    for await (const { text, rows } of textOf(named, format, tally)) {
      if (!(await sink.write(text))) return null;
      total += rows;
    }
    sink.close();
    return total;
  } catch (error) {
    sink.drop();
    throw error;
  }
}

async function asFile(named: NamedRun, format: 'parquet' | 'hdf5', out: string | null, tally: Tally): Promise<number> {
  if (out === null) {
    const remedy = 'Add --out FILE.';
    throw new ConfigError([{ code: 'USAGE', path: '--out', got: 'nothing', allowed: `a file for ${format}`, remedy }]);
  }
  const about = await aboutOf(named);
  // Made here, so that no package writes over a file.
  closeSync(openNew(out));
  try {
    return format === 'parquet'
      ? await writeParquet(named, out, about.facts, tally)
      : await writeHdf5(named, out, about, tally);
  } catch (error) {
    rmSync(out, { force: true });
    throw error;
  }
}

async function aboutOf({ record, run, name }: NamedRun) {
  const { facts, missing } = record;
  const notes = await readNotes(record.folder);
  return {
    title: `${facts.simulated === false ? '' : 'SIMULATED '}${facts.recipe.title ?? facts.recipe.name ?? name}`,
    startTime: facts.time.wall,
    sample: described('sample', facts, notes),
    operator: described('operator', facts, notes),
    facts: {
      source: facts.simulated === null ? 'not known' : facts.simulated ? 'SIMULATED' : 'hardware',
      run: run === null ? 'all' : String(run),
      run_json: JSON.stringify(facts),
      notes_json: JSON.stringify(notes),
      missing: missing.join(' ') || 'nothing',
    },
  };
}

async function asJson(named: NamedRun, out: string | null): Promise<number> {
  const { record, run } = named;
  const notes = await readNotes(record.folder);
  const studies = run === null ? await studyAll(record) : [await studyRun(record, run)];
  const figures = studies.map((study) => study.figures);
  const sink = sinkTo(out);
  try {
    await sink.write(`${JSON.stringify(publishedOf(named, notes, figures), null, 1)}\n`);
    sink.close();
    return 0;
  } catch (error) {
    sink.drop();
    throw error;
  }
}
