/** The description of a run in a notes.json beside its run.json, which is never rewritten. */
import { join } from 'node:path';
import { readJsonFile } from '../files/json-file.ts';
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
  const read = readJsonFile({ path, levels: 2, code: 'NOTES', where: path, what: 'description of a run', missing: '' });
  if ('problem' in read) {
    if (read.problem.code === 'NOTES_MISSING') return {};
    throw new RunError('NOTES_DAMAGED', path, read.problem.got);
  }
  const notes = notesOf(read.value);
  if (notes === null) throw new RunError('NOTES_DAMAGED', path, 'it has a field that is unknown, or of another kind');
  return notes;
}

/** Two changes of one description come one after the other. */
const writing = new Map<string, Promise<unknown>>();

/**
 * Changes the description of the record that a folder belongs to; it is kept in the record’s first folder and replaced as a
 * whole. Resolves to the new description.
 * @param patch fields to set, null to remove; any value from outside
 * @param changedUtc wall time of the change, ISO 8601 in UTC
 * @throws ConfigError with every problem of the patch, and RunError RUN_NOT_FOUND or NOTES_DAMAGED: nothing is written then
 */
export async function writeNotes(folder: string, patch: unknown, changedUtc: string): Promise<RunNotes> {
  const problems = notesProblems(patch);
  if (problems.length > 0) throw new ConfigError(problems);
  const { folder: first } = await openRun(folder);
  const before = writing.get(first) ?? Promise.resolve();
  const mine = before
    .catch(() => {})
    .then(async () => {
      const notes = withPatch(await readNotes(first), patch as NotesPatch, changedUtc);
      await replaceFileSoon(join(first, FILE), `${JSON.stringify(notes, null, 2)}\n`, 0o644);
      return notes;
    });
  writing.set(first, mine);
  try {
    return await mine;
  } finally {
    if (writing.get(first) === mine) writing.delete(first);
  }
}
