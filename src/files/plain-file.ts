/**
 * Opens plain files alone, in folders that more than this program can reach. A pipe in the place of a file holds a thread of the
 * pool that the record is written with until somebody writes into it; a link shows a file of another place.
 */
import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Whether a symbolic link in the place of the file is followed: where a person has named the path, not where a program lists a folder. */
export type Links = 'followed' | 'refused';

/** No file of settings, recipes, or facts of a run comes near this, bytes. */
export const MOST_BYTES = 1_000_000;

/** A file that cannot be what was asked for. `code` and `syscall` are those of a file error. */
class NotAFile extends Error {
  readonly syscall = 'open';

  constructor(
    readonly code: 'EISDIR' | 'EFTYPE' | 'EFBIG',
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

/** Opening a pipe to read it waits for a writer; O_NONBLOCK does not. */
const flagsOf = (links: Links): number =>
  constants.O_RDONLY | constants.O_NONBLOCK | (links === 'refused' ? constants.O_NOFOLLOW : 0);

function requirePlain(is: Stats, path: string, most: number): void {
  if (is.isDirectory()) throw new NotAFile('EISDIR', path, `${path} is a folder`);
  if (!is.isFile()) throw new NotAFile('EFTYPE', path, `${path} is no plain file`);
  if (is.size > most) throw new NotAFile('EFBIG', path, `${path} is larger than ${most} bytes`);
}

/**
 * Opens a plain file of any size to read it; the caller closes it. No link is followed.
 * @returns the file, and its size in bytes when it was opened
 * @throws a file error; code EISDIR for a folder, EFTYPE for a pipe, socket or device, ELOOP for a symbolic link
 */
export async function openPlain(
  path: string,
  most = Number.POSITIVE_INFINITY,
): Promise<{ readonly file: FileHandle; readonly bytes: number }> {
  const file = await open(path, flagsOf('refused'));
  try {
    const is = await file.stat();
    requirePlain(is, path, most);
    return { file, bytes: is.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The same at once, of at most `most` bytes; returns the descriptor. @throws as `openPlain`, and code EFBIG for more than that */
export function openPlainSync(path: string, links: Links, most: number): number {
  const file = openSync(path, flagsOf(links));
  try {
    requirePlain(fstatSync(file), path, most);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** The text of a plain file of at most `MOST_BYTES`. No link is followed. @throws as `openPlain`, and code EFBIG for more than that */
export async function readPlain(path: string): Promise<string> {
  const { file } = await openPlain(path, MOST_BYTES);
  try {
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
