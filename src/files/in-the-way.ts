/** What keeps a folder, made when it is needed, from ever being made. */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The file that stands where `folder` or one of its parents should be; null when there is none. Creates nothing. */
export function fileInTheWay(folder: string): string | null {
  let at = resolve(folder);
  while (!existsSync(at)) at = dirname(at);
  return statSync(at).isDirectory() ? null : at;
}
