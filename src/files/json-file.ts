/** Reads a JSON file that a person wrote, whatever it describes. */
import { type ParsedFile, parseFile } from '../params/json.ts';
import type { Problem } from '../params/problem.ts';
import { fileTrouble } from './errno.ts';
import { type Links, readPlain } from './plain-file.ts';
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
  /** Refused where nobody has named the path. */
  readonly links?: Links;
}

type Read = ParsedFile | { readonly problem: Problem };

/** Its value and the places in it, or why there is none. */
export function readJsonFile(file: JsonFile): Read {
  let text: string;
  try {
    text = readText(file.path, file.links);
  } catch (error) {
    return unreadable(file, error);
  }
  return parsed(file, text);
}

/** The same without blocking. No link is followed. */
export async function readJsonFileSoon(file: JsonFile): Promise<Read> {
  let text: string;
  try {
    text = await readPlain(file.path);
  } catch (error) {
    return unreadable(file, error);
  }
  return parsed(file, text);
}

const failed = (
  { code, where }: JsonFile,
  kind: string,
  problem: Omit<Problem, 'code' | 'path'>,
): { problem: Problem } => ({ problem: { code: `${code}_${kind}`, path: where, ...problem } });

function unreadable(file: JsonFile, error: unknown): Read {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return failed(file, 'MISSING', { got: 'no such file', allowed: `a ${file.what}`, remedy: file.missing });
  const { cause, remedy } = fileTrouble(error as NodeJS.ErrnoException);
  const isOther = ['EFBIG', 'EISDIR', 'EFTYPE', 'ELOOP'].includes(code);
  return failed(file, 'UNREADABLE', {
    got: cause,
    allowed: `a readable ${file.what}`,
    remedy: isOther ? remedy : 'Check the path and the file’s permissions.',
  });
}

function parsed(file: JsonFile, text: string): Read {
  const json = parseFile(text, file.levels);
  if (!('error' in json)) return json;
  return failed(file, 'SYNTAX', { got: json.error, allowed: 'JSON', remedy: 'Correct the JSON at this place.' });
}
