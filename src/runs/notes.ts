/** The description of a run in a notes.json beside its run.json, which is never rewritten. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readJsonFileSoon } from '../files/json-file.ts';
import { giveBackLockFile, takeLockFile } from '../files/pid-lock.ts';
import { replaceFileSoon } from '../files/replace-file.ts';
import { ConfigError } from '../params/problem.ts';
import { type NotesPatch, notesOf, notesProblems, type RunNotes, withPatch } from '../params/run-notes.ts';
import { RunError } from './problem.ts';
import { openRun } from './record.ts';

const FILE = 'notes.json';

/**
 * The description in a folder; empty where there is none.
 * @throws RunError NOTES_DAMAGED
 */
export async function readNotes(folder: string): Promise<RunNotes> {
  const path = join(folder, FILE);
  const what = 'description of a run';
  const read = await readJsonFileSoon({ path, levels: 2, code: 'NOTES', where: path, what, missing: '' });
  if ('problem' in read) {
    if (read.problem.code === 'NOTES_MISSING') return {};
    throw new RunError('NOTES_DAMAGED', path, read.problem.got);
  }
  const notes = notesOf(read.value);
  if (notes === null) throw new RunError('NOTES_DAMAGED', path, 'it has a field that is unknown, or of another kind');
  return notes;
}

/** For so long the change of another process is waited for, ms: a sync of a bad SD card may take seconds. */
const PATIENCE_MS = 10_000;
const AGAIN_MS = 20;
/** What a file system without links answers, as that of a USB stick. */
const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Does `work` while no other process changes the description. The lock of a process that is gone is taken over; where the file
 * system cannot hold a lock, only the changes of this process wait for each other.
 * @throws RunError NOTES_BUSY
 */
async function alone<T>(folder: string, patienceMs: number, work: () => Promise<T>): Promise<T> {
  const path = join(folder, `${FILE}.lock`);
  const token = randomUUID();
  const take = (): ReturnType<typeof takeLockFile> => {
    try {
      return takeLockFile(path, token);
    } catch (error) {
      if (NO_LINKS.includes((error as NodeJS.ErrnoException).code ?? '')) return null;
      throw error;
    }
  };
  const endMs = performance.now() + patienceMs;
  for (let owner = take(); owner !== null; owner = take()) {
    const who = owner === 'unknown' ? 'other processes are' : `process ${owner.pid} is`;
    if (performance.now() > endMs) throw new RunError('NOTES_BUSY', path, `${who} changing this description`);
    await wait(AGAIN_MS);
  }
  try {
    return await work();
  } finally {
    giveBackLockFile(path, token);
  }
}

/** Two changes of one description within this process come one after the other. */
const writing = new Map<string, Promise<unknown>>();

/**
 * Changes the description of the record that a folder belongs to; it is kept in the record’s first folder and replaced as a
 * whole. Resolves to the new description.
 * @param patch fields to set, null to remove; any value from outside
 * @param patienceMs how long another process is waited for, ms
 * @param changedUtc wall time of the change, ISO 8601 in UTC
 * @throws ConfigError with every problem of the patch, and RunError RUN_NOT_FOUND, NOTES_DAMAGED or NOTES_BUSY: nothing is
 *   written then
 */
export async function writeNotes(
  folder: string,
  patch: unknown,
  changedUtc: string,
  patienceMs = PATIENCE_MS,
): Promise<RunNotes> {
  const problems = notesProblems(patch);
  if (problems.length > 0) throw new ConfigError(problems);
  const { folder: first } = await openRun(folder);
  const before = writing.get(first) ?? Promise.resolve();
  const mine = before
    .catch(() => {})
    .then(() =>
      alone(first, patienceMs, async () => {
        const notes = withPatch(await readNotes(first), patch as NotesPatch, changedUtc);
        await replaceFileSoon(join(first, FILE), `${JSON.stringify(notes, null, 2)}\n`, 0o644);
        return notes;
      }),
    );
  writing.set(first, mine);
  try {
    return await mine;
  } finally {
    if (writing.get(first) === mine) writing.delete(first);
  }
}
