/**
 * A file that h5wasm writes, and an error wherever it could not: by itself the package prints what went wrong, and goes on.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import type { File as H5File } from 'h5wasm/node';

type Package = typeof import('h5wasm/node');

/** What the last row of a column must say when the file is read back. */
export interface LastCell {
  readonly path: string;
  readonly rows: number;
  readonly last: number | string;
}

/** The system’s words in what the package says of a failed write: `… error message = 'No space left on device', …`. */
const SYSTEM_WORDS = /error message = '([^']+)'/;

/** A file error by what the package says of it; EIO where it names no other cause. */
function fileError(error: unknown, path: string): NodeJS.ErrnoException {
  const [, words = ''] = SYSTEM_WORDS.exec(String(error)) ?? [];
  const known = [...getSystemErrorMap().values()].find(([, text]) => text.toLowerCase() === words.toLowerCase());
  const message = words || 'what was written is not what is read back';
  return Object.assign(new Error(message), { code: known?.[0] ?? 'EIO', syscall: 'write', path });
}

/** Errors of the package are thrown while `work` goes on, and none is printed. */
async function throwing<T>({ ready }: Package, path: string, work: () => Promise<T>): Promise<T> {
  const library = await ready;
  library.activate_throwing_error_handler();
  try {
    return await work();
  } catch (error) {
    throw String(error).includes('HDF5-DIAG') ? fileError(error, path) : error;
  } finally {
    library.deactivate_throwing_error_handler();
  }
}

/**
 * Lets `fill` write a new file at `path`, then reads the last row back.
 * @param fill resolves to the number of rows, and what the last one of each column must say
 * @returns the number of rows; rejects with a file error, or whatever `fill` rejects with
 */
export async function written(
  h5wasm: Package,
  path: string,
  fill: (file: H5File) => Promise<{ readonly total: number; readonly last: readonly LastCell[] }>,
): Promise<number> {
  return throwing(h5wasm, path, async () => {
    const file = new h5wasm.File(path, 'w');
    let done: Awaited<ReturnType<typeof fill>>;
    try {
      done = await fill(file);
    } catch (error) {
      closeBroken(file);
      throw error;
    }
    file.close();
    sync(path);
    const again = new h5wasm.File(path, 'r');
    try {
      for (const cell of done.last) if (!isThere(again, cell)) throw fileError('', path);
    } finally {
      again.close();
    }
    return done.total;
  });
}

/** What cannot be written cannot be closed either; the first error is the one that counts. */
function closeBroken(file: H5File): void {
  try {
    file.close();
  } catch {}
}

/** A disk may say only now that it could not keep what it had taken. */
function sync(path: string): void {
  const handle = openSync(path, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function isThere(file: H5File, { path, rows, last }: LastCell): boolean {
  const set = file.get(path);
  if (set?.shape?.[0] !== rows) return false;
  const [value] = Array.from(set.slice([[rows - 1, rows]]));
  return typeof value === 'string' ? value.trimEnd() === String(last).trimEnd() : Object.is(value, last);
}
