/** Removes old run folders: those beyond their age, and the oldest beyond the room for all. The running one stays. */
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface RetentionOptions {
  readonly runsDir: string;
  /** Never removed. */
  readonly running: string;
  /** Folders that begin before this go, written as their names begin: 2026-11-20T08-00-00. */
  readonly before: string;
  readonly maxBytes: number;
}

export interface Retired {
  readonly removed: readonly string[];
  readonly bytesLeft: number;
}

/** Run folders are named by their start; nothing else in the folder is touched. */
const RUN = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-/;

/** Resolves with what was removed. Rejects with a file error; a folder that cannot be removed stays, and is tried again. */
export async function retireRuns(options: RetentionOptions): Promise<Retired> {
  const { runsDir, running, before, maxBytes } = options;
  const names = (await readdir(runsDir)).filter((name) => RUN.test(name) && name !== basename(running)).sort();
  const sizes = new Map<string, number>();
  for (const name of [...names, basename(running)]) sizes.set(name, await bytesOf(join(runsDir, name)));
  let total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const removed: string[] = [];
  for (const name of names) {
    if (name >= before && total <= maxBytes) continue;
    await rm(join(runsDir, name), { recursive: true, force: true });
    removed.push(name);
    total -= sizes.get(name) ?? 0;
  }
  return { removed, bytesLeft: total };
}

async function bytesOf(folder: string): Promise<number> {
  let bytes = 0;
  const names = await readdir(folder).catch(() => []);
  for (const name of names) bytes += (await stat(join(folder, name)).catch(() => null))?.size ?? 0;
  return bytes;
}
