/** Replaces a small file atomically: after a power cut it is either the old one or the new one. */
import { closeSync, constants, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './folder.ts';

/** What lies there from a power cut is written over; through a link another file would be. */
const ANEW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;

/** Replaces `path` as a whole; returns when it would survive a power cut. Makes the folder. Throws a file error. */
export function replaceFile(path: string, text: string, mode: number): void {
  const folder = dirname(path);
  makeFolder(folder);
  const next = `${path}.next`;
  const file = openSync(next, ANEW, mode);
  try {
    // All of it: a write to a disk that is nearly full may be a short one.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
  syncFolder(folder);
}

/** The same without blocking: a sync of a bad SD card may take seconds. One call at a time for each path. */
export async function replaceFileSoon(path: string, text: string, mode: number): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const next = `${path}.next`;
  const file = await open(next, ANEW, mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
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
