/** Reads a JSON file that a person wrote, whatever it describes. */
import { type ParsedFile, parseFile } from '../params/json.ts';
import type { Problem } from '../params/problem.ts';
import { fileTrouble } from './errno.ts';
import { readText } from './read-text.ts';

export interface JsonFile {
  readonly path: string;
  /** So deep lists and objects may lie in each other. */
  readonly levels: number;
  /** How its problems are called: RECIPE for RECIPE_MISSING, RECIPE_UNREADABLE and RECIPE_SYNTAX, and where they are. */
  readonly code: string;
  readonly where: string;
  /** What it should be, and what to do where it is missing. */
  readonly what: string;
  readonly missing: string;
}

/** Its value and the places in it, or why there is none. */
export function readJsonFile({
  path,
  levels,
  code,
  where,
  what,
  missing,
}: JsonFile): ParsedFile | { problem: Problem } {
  const failed = (kind: string, got: string, allowed: string, remedy: string): { problem: Problem } => ({
    problem: { code: `${code}_${kind}`, path: where, got, allowed, remedy },
  });
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return failed('MISSING', 'no such file', `a ${what}`, missing);
    const { cause, remedy } = fileTrouble(error as NodeJS.ErrnoException);
    const other = ['EFBIG', 'EISDIR', 'EFTYPE'].includes((error as NodeJS.ErrnoException).code ?? '');
    return failed(
      'UNREADABLE',
      cause,
      `a readable ${what}`,
      other ? remedy : 'Check the path and the file’s permissions.',
    );
  }
  const json = parseFile(text, levels);
  return 'error' in json ? failed('SYNTAX', json.error, 'JSON', 'Correct the JSON at this place.') : json;
}
