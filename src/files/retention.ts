/** Removes old run folders: those above the age limit, and the oldest above the size limit. The current one stays. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Settings } from '../params/settings.ts';
import type { RunFolder } from './run-folder.ts';

export interface RetentionOptions {
  readonly runsDir: string;
  /** Never removed. */
  readonly running: string;
  /** Folders that began and were last written before this go, written as their names begin: 2026-11-20T08-00-00. */
  readonly before: string;
  readonly maxBytes: number;
}

export interface Retired {
  readonly removed: readonly string[];
  /** Could not be removed, at least not as a whole; tried again the next time. */
  readonly failed: readonly string[];
  readonly bytesLeft: number;
  /** Would be too old, but the clock jumped by more than a year after them, so their age is not known. */
  readonly doubtful: readonly string[];
}

/** Run folders are named by their start; nothing else in the folder is touched. */
const RUN = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-/;

/** Wall time as the names of run folders begin, in UTC. */
export const stampOf = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 19).replaceAll(':', '-');

/**
 * Resolves with what was removed; rejects when `runsDir` cannot be read. The name alone does not tell the age: a run that
 * began before the clock was set has an old name, so what was written last counts, too. A folder that cannot be removed
 * takes no other one with it for want of room.
 */
export async function retireRuns(options: RetentionOptions): Promise<Retired> {
  const { runsDir, before, maxBytes } = options;
  const running = basename(options.running);
  const entries = await readdir(runsDir, { withFileTypes: true });
  const folders: Folder[] = [];
  for (const entry of entries) {
    // A link is no directory, wherever it leads to.
    if (RUN.test(entry.name) && entry.isDirectory()) folders.push(await measure(runsDir, entry.name));
  }
  const certainMs = afterLastJump(folders.map(({ newestMs }) => newestMs).filter((ms) => ms > 0));
  const looksOld = ({ name, newestMs }: Folder): boolean => name < before && stampOf(newestMs) < before;
  const isTooOld = (folder: Folder): boolean => looksOld(folder) && folder.newestMs >= certainMs;
  const others = folders.filter(({ name }) => name !== running).sort((a, b) => a.newestMs - b.newestMs);
  const [tooOld, rest] = [others.filter(isTooOld), others.filter((folder) => !isTooOld(folder))];
  const removed: string[] = [];
  const failed: string[] = [];
  let bytesLeft = folders.reduce((sum, { bytes }) => sum + bytes, 0);
  let stuck = 0;
  for (const folder of [...tooOld, ...rest]) {
    const { name, bytes } = folder;
    if (!tooOld.includes(folder) && bytesLeft - stuck <= maxBytes) break;
    try {
      await rm(join(runsDir, name), { recursive: true, force: true });
      removed.push(name);
      bytesLeft -= bytes;
    } catch {
      failed.push(name);
      stuck += bytes;
    }
  }
  const isDoubtful = (folder: Folder): boolean =>
    looksOld(folder) && !isTooOld(folder) && !removed.includes(folder.name);
  return { removed, failed, bytesLeft, doubtful: others.filter(isDoubtful).map(({ name }) => name) };
}

/** A longer time without any record is no pause but a clock that jumped, or a bench that rested: nobody can tell. */
const JUMP_MS = 366 * 86_400_000;

/** The first of these times from which on no two follow each other by more than a year. */
function afterLastJump(timesMs: readonly number[]): number {
  const sorted = [...timesMs].sort((a, b) => b - a);
  const jump = sorted.findIndex((time, i) => time - (sorted[i + 1] ?? time) > JUMP_MS);
  return (jump < 0 ? sorted.at(-1) : sorted[jump]) ?? 0;
}

interface Folder {
  readonly name: string;
  readonly bytes: number;
  /** When the last of its files was written, ms since 1970; 0 without files. */
  readonly newestMs: number;
}

async function measure(runsDir: string, name: string): Promise<Folder> {
  let [bytes, newestMs] = [0, 0];
  const files = await readdir(join(runsDir, name)).catch(() => []);
  for (const file of files) {
    const stats = await lstat(join(runsDir, name, file)).catch(() => null);
    bytes += stats?.size ?? 0;
    newestMs = Math.max(newestMs, stats?.mtimeMs ?? 0);
  }
  return { name, bytes, newestMs };
}

/** What the nightly turn-over came to, in words; `failed` is null when nothing failed. */
export interface TurnOver {
  readonly done: string;
  readonly failed: string | null;
}

/** The running record goes on in a folder of today, then what is too old or too much goes. */
export async function turnOver(
  settings: Settings,
  journal: Pick<RunFolder, 'folder' | 'label' | 'goOn'>,
  wallMs: number,
): Promise<TurnOver> {
  const stamp = stampOf(wallMs);
  const runsDir = settings['runtime.runsDir'];
  const name = basename(journal.folder);
  if (name.slice(0, 10) < stamp.slice(0, 10)) {
    await journal.goOn(join(runsDir, `${stamp}-${journal.label}`), new Date(wallMs).toISOString());
  }
  const before = stampOf(wallMs - settings['runs.maxAgeD'] * 86_400_000);
  const { removed, failed, doubtful } = await retireRuns({
    runsDir,
    running: journal.folder,
    before,
    maxBytes: settings['runs.maxMb'] * 1e6,
  });
  const done =
    removed.length === 0 ? 'no run folder is too old' : `${removed.length} run folders: ${removed.join(', ')}`;
  return {
    done: done.slice(0, 500),
    failed:
      [
        failed.length > 0 ? `cannot be removed: ${failed.join(', ')}` : '',
        doubtful.length > 0 ? `kept, for the clock jumped by more than a year after them: ${doubtful.join(', ')}` : '',
      ]
        .filter((words) => words !== '')
        .join('; ')
        .slice(0, 500) || null,
  };
}
