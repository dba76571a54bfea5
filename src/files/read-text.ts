/** Reads a file that a person or an earlier run wrote: never a device, a pipe or something without an end. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** No file of settings, recipes or records of the state folder comes near this, bytes. */
export const MOST_BYTES = 1_000_000;

/** A file that cannot be what was asked for. `code` is that of a file error. */
class NotAFile extends Error {
  constructor(
    readonly code: 'EISDIR' | 'EFTYPE' | 'EFBIG',
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The text of a plain file of at most {@link MOST_BYTES}.
 *
 * @throws a file error; code EISDIR for a folder, EFTYPE for a pipe, socket or device, EFBIG for more than that
 */
export function readText(path: string): string {
  // Opening a pipe to read it waits for a writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const is = fstatSync(file);
    if (is.isDirectory()) throw new NotAFile('EISDIR', path, `${path} is a folder`);
    if (!is.isFile()) throw new NotAFile('EFTYPE', path, `${path} is no plain file`);
    if (is.size > MOST_BYTES) throw new NotAFile('EFBIG', path, `${path} is larger than ${MOST_BYTES} bytes`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
