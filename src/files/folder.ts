/** Makes folders. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and its parents; one that is there is left alone. Throws a file error. `mkdirSync` with `recursive` never
 * returns (Node.js 20) where a parent is there and answers "no such file" to a new entry, as /proc does.
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(dirname(folder))) {
      if (existsSync(folder) && statSync(folder).isDirectory()) return;
      throw error;
    }
    makeFolder(dirname(folder));
    makeFolder(folder);
  }
}
