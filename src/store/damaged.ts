/** The files of a damaged history: how they are moved out of the way, and what is said of them. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Salvaged } from './salvage.ts';

export interface AsideOptions {
  readonly folder: string;
  /** The bound of a history. */
  readonly maxBytes: number;
  /** Bytes that are free on the disk of the folder; asked from the system, if left out. */
  readonly freeBytes?: () => number;
}

/** So many damaged files stay where the disk is nearly full; all of them where it is not. */
const KEPT_ASIDE = 2;
/** A disk with room for this many histories is not nearly full. */
const ROOMY = 4;

/**
 * Moves the database and its log out of the way. On a disk that is nearly full only the newest few of them stay. Returns the
 * name; null when there was nothing to move. Throws a file error.
 */
export function putAside({ folder, maxBytes, freeBytes = () => freeOn(folder) }: AsideOptions): string | null {
  const path = join(folder, 'history.db');
  const taken = readdirSync(folder)
    .map((name) => /^history\.db\.damaged-(\d+)(?:-wal)?$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number);
  const number = Math.max(0, ...taken) + 1;
  const name = `history.db.damaged-${number}`;
  let moved = false;
  for (const end of ['', '-wal']) {
    if (!existsSync(`${path}${end}`)) continue;
    renameSync(`${path}${end}`, join(folder, `${name}${end}`));
    moved = true;
  }
  const isRoomy = freeBytes() > ROOMY * maxBytes;
  for (const old of isRoomy ? [] : taken.filter((other) => other <= number - KEPT_ASIDE)) {
    for (const end of ['', '-wal']) rmSync(join(folder, `history.db.damaged-${old}${end}`), { force: true });
  }
  syncFolder(folder);
  return moved ? name : null;
}

/** What came of a salvage: its result, why it failed, or null when nothing could be read. */
export function salvagedWords(salvaged: Salvaged | string | null): string {
  if (salvaged === null) return 'No record in it could be read; a new one was started.';
  if (typeof salvaged === 'string') return `It could not be read (${salvaged}); a new one was started.`;
  const { kept, missing } = salvaged;
  return `${kept} records were read and go on in a new one; ${missing} are missing.`;
}

/** 0 where the system does not say. */
function freeOn(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

/** What an attempt to make a database has left. */
export function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-journal']) rmSync(`${path}${end}`, { force: true });
  removeFolder(`${path}.lock`);
}

/** Makes sure that what happened in a folder would survive a power cut. Throws a file error. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Removes an empty folder, if there is one. Throws a file error. */
export function removeFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
