/** Replaces a small file atomically: after a power cut it is either the old one or the new one. */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './folder.ts';

/** What lies there from a power cut is written over; through a link another file would be. */
const ANEW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;

/** Where the new file is made, beside the old one. Each call has a name of its own: other processes may replace the file, too. */
const nextTo = (path: string): string => `${path}.${randomBytes(6).toString('hex')}.next`;

/** Where only one process ever replaces the file, one call at a time: many power cuts leave one file behind, not many. */
export const aloneNextTo = (path: string): string => `${path}.next`;

/**
 * Replaces `path` as a whole; returns when it would survive a power cut. Makes the folder. Throws a file error.
 * @param next where the new file is made
 */
export function replaceFile(path: string, text: string, mode: number, next = nextTo(path)): void {
  const folder = dirname(path);
  makeFolder(folder);
  try {
    const file = openSync(next, ANEW, mode);
    try {
      // All of it: a write to a disk that is nearly full may be a short one.
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, path);
  } catch (error) {
    remove(next);
    throw error;
  }
  syncFolder(folder);
}

/** The same without blocking: a sync of a bad SD card may take seconds. Of several calls for a path the last one counts. */
export async function replaceFileSoon(path: string, text: string, mode: number, next = nextTo(path)): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  try {
    const file = await open(next, ANEW, mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true }).catch(() => {});
    throw error;
  }
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** As well as it can be: what stood in the way of the file is what is told. */
function remove(next: string): void {
  try {
    rmSync(next, { force: true });
  } catch {
    // A folder has its name, or the disk is gone.
  }
}

/** Without this the rename itself may be lost in a power cut. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
