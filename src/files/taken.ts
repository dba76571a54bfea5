/** Files and folders that appear once: a record that is there is never written over. */
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from './folder.ts';

/** A path that somebody named holds something already. Callers may treat it as a file error. */
export class Taken extends Error {
  override name = 'Taken';
  readonly code = 'TAKEN';
  readonly syscall = 'create';

  constructor(readonly path: string) {
    super(`${path} exists already and is not written over`);
  }
}

const isTaken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST';

/**
 * Makes a folder that was not there: `path`, or `path-2`, `path-3`, … when that is taken, as after two starts within the
 * same second of a clock that was set back. Makes its parents. Returns the path; throws a file error.
 */
export async function newFolder(path: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const tried = n === 1 ? path : `${path}-${n}`;
    try {
      await mkdir(tried);
      return tried;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') makeFolder(dirname(tried));
      else if (code !== 'EEXIST') throw error;
      // The parent is there now: the same name again.
      if (code === 'ENOENT') n -= 1;
    }
  }
}

/** Writes a file that was not there. @throws Taken when there is one, or a file error */
export function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    throw isTaken(error) ? new Taken(path) : error;
  }
}

/** Opens a file that was not there, for writing. Returns its descriptor. @throws Taken when there is one, or a file error */
export function openNew(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    throw isTaken(error) ? new Taken(path) : error;
  }
}

/**
 * Makes a folder that a person named, and looks whether files can be made in it: the folder may be there, none of the files
 * may. @throws Taken with the first one that is there (nothing was made then but the folder), or a file error
 */
export function roomFor(folder: string, names: readonly string[]): void {
  makeFolder(folder);
  for (const name of names) if (existsSync(join(folder, name))) throw new Taken(join(folder, name));
}
