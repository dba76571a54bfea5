/**
 * A file that h5wasm writes, and an error wherever it could not: by itself the package prints what went wrong, and goes on.
 */
import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';
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
/** More than the last block of a file can still hold. */
const PROBE_BYTES = 65_536;

const failed = (code: string, message: string, path: string): NodeJS.ErrnoException =>
  Object.assign(new Error(message), { code, syscall: 'write', path });

/**
 * A file error by what the package says of it. It puts its words together in the folder for temporary files, so that it has none
 * where that is full as well; then the system is asked by writing a little more. EIO where nobody names a cause.
 */
function fileError(error: unknown, path: string): NodeJS.ErrnoException {
  const [, words = ''] = SYSTEM_WORDS.exec(String(error)) ?? [];
  const known = [...getSystemErrorMap().values()].find(([, text]) => text.toLowerCase() === words.toLowerCase());
  if (known) return failed(known[0], words, path);
  try {
    appendFileSync(path, Buffer.alloc(PROBE_BYTES));
  } catch (cause) {
    const { code = 'EIO', message } = cause as NodeJS.ErrnoException;
    return failed(code, message, path);
  }
  return failed('EIO', words || 'HDF5 could not write the file', path);
}

/** The package throws bare errors; those of a disk, of this program and of the language have a name or a code. */
const isOfPackage = (error: unknown): boolean =>
  error instanceof Error && error.constructor === Error && !('code' in error);

/** Errors of the package are thrown while `work` goes on, and none is printed. */
async function throwing<T>({ ready }: Package, path: string, work: () => Promise<T>): Promise<T> {
  const library = await ready;
  library.activate_throwing_error_handler();
  try {
    return await work();
  } catch (error) {
    throw isOfPackage(error) ? fileError(error, path) : error;
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
      for (const cell of done.last)
        if (!isThere(again, cell)) throw failed('EIO', `${cell.path} is not as it was written`, path);
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
