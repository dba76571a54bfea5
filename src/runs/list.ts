/** The recorded runs of a folder: what each says of itself, and what people say of it. */
import { basename, join } from 'node:path';
import { fileCause } from '../files/errno.ts';
import { newestFolders } from '../files/runs.ts';
import type { RunJson } from '../params/run-json.ts';
import type { RunNotes } from '../params/run-notes.ts';
import { type RunStudy, studyAll } from './figures.ts';
import { readNotes } from './notes.ts';
import { RunError } from './problem.ts';
import { openRun, type RecordedRun } from './record.ts';

export interface ListedRecord {
  /** Name of the first folder of the record. */
  readonly folder: string;
  /** Null where it cannot be read; `problem` says why. */
  readonly record: RecordedRun | null;
  readonly facts: RunJson | null;
  readonly notes: RunNotes;
  readonly problem: string | null;
}

/**
 * The newest records, at most `limit` folders of them, newest first; folders of one record are one entry. Reads no rows, so it
 * is quick. Rejects with a file error when the folder cannot be read.
 */
export async function listRecords(runsDir: string, limit: number): Promise<readonly ListedRecord[]> {
  const listed = new Map<string, ListedRecord>();
  for (const folder of await newestFolders(runsDir, limit)) {
    const one = await listedRecord(join(runsDir, folder), folder);
    if (!listed.has(one.folder)) listed.set(one.folder, one);
  }
  return [...listed.values()];
}

/** One folder that cannot be read must not hide the others. */
function problemOf(error: unknown): string {
  if (error instanceof RunError) return `${error.code}: ${error.why}`;
  if (error instanceof Error && 'syscall' in error) return fileCause(error);
  throw error;
}

async function listedRecord(path: string, folder: string): Promise<ListedRecord> {
  try {
    const record = await openRun(path);
    const about = { folder: basename(record.folder), record, facts: record.facts };
    try {
      return { ...about, notes: await readNotes(record.folder), problem: null };
    } catch (error) {
      return { ...about, notes: {}, problem: problemOf(error) };
    }
  } catch (error) {
    return { folder, record: null, facts: null, notes: {}, problem: problemOf(error) };
  }
}

/** A line of the list: one run of a record. */
export interface ListedRun extends ListedRecord {
  /** As it is named on the command line: FOLDER, or FOLDER:N where the record has several. */
  readonly name: string;
  readonly study: RunStudy | null;
}

/** The runs of a listed record with their figures; reads its rows once. Rejects with a file error. */
export async function listedRuns(one: ListedRecord): Promise<readonly ListedRun[]> {
  if (one.record === null) return [{ ...one, name: one.folder, study: null }];
  const studies = await studyAll(one.record);
  const isOne = studies.length <= 1;
  return studies.map((study) => ({
    ...one,
    name: isOne ? one.folder : `${one.folder}:${study.figures.run}`,
    study,
  }));
}

/** What people said later counts more than what the record said at its start. */
export const described = (
  name: 'sample' | 'operator' | 'note',
  facts: RunJson | null,
  notes: RunNotes,
): string | null => notes[name] ?? facts?.[name] ?? null;
