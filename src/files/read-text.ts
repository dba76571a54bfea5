/** Reads a file that a person or an earlier run wrote: never a device, a pipe or something without an end. */
import { closeSync, readFileSync } from 'node:fs';
import { type Links, MOST_BYTES, openPlainSync } from './plain-file.ts';

/**
 * The text of a plain file of at most {@link MOST_BYTES}.
 *
 * @param links refused where the name was found in a folder, and nobody has named the path
 * @throws a file error; code EISDIR for a folder, EFTYPE for a pipe, socket or device, EFBIG for more than that, ELOOP for a link
 * that is refused
 */
export function readText(path: string, links: Links = 'followed'): string {
  const file = openPlainSync(path, links, MOST_BYTES);
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
