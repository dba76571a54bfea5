/** JSON from outside: its value, or the place where it stops being JSON in plain words, and its shape. */

const SPACE = /[ \t\r\n]*/y;
const TOKEN =
  /[{}[\],:]|"(?:[^"\\\n\r\t]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;
const WORD = /[\w.+-]+|./sy;

/** Neither a list nor null. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at `path` in parsed JSON; undefined where there is none. */
export const valueAt = (json: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], json);

/** Whether lists and objects lie in each other more than `levels` deep. */
export const isDeeperThan = (value: unknown, levels: number): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
};

/** Parses `text`; a byte order mark at its start is ignored. */
export function parseJson(text: string): { readonly value: unknown } | { readonly error: string } {
  const bare = text.replace(/^\ufeff/, '');
  try {
    return { value: JSON.parse(bare) };
  } catch (error) {
    return { error: misfit(bare) ?? (error instanceof Error ? error.message : String(error)) };
  }
}

/** A place in a text; lines and columns begin with 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where the value at a path stands, by its key; for what is missing, where the object or list that should have it begins. */
export type PlaceOf = (path: readonly PropertyKey[]) => Place;

export interface ParsedFile {
  readonly value: unknown;
  readonly placeOf: PlaceOf;
}

/** JSON of a file that a person wrote: as {@link parseJson}, and every key once, and at most `levels` deep. */
export function parseFile(text: string, levels: number): ParsedFile | { readonly error: string } {
  const parsed = parseJson(text);
  if ('error' in parsed) return parsed;
  const bare = text.replace(/^\ufeff/, '');
  const starts = startsIn(bare, levels);
  if (typeof starts === 'string') return { error: starts };
  const placeOf: PlaceOf = (path) => {
    for (let n = path.length; n > 0; n -= 1) {
      const start = starts.get(named(path.slice(0, n)));
      if (start) return start;
    }
    return placeIn(bare, lengthAt(SPACE, bare, 0));
  };
  return { value: parsed.value, placeOf };
}

const named = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String));

/**
 * Where each key and each element of a list begins, by its path; or what is wrong: a key that an object has twice, of which
 * JSON would silently take the last, or too many levels. `text` is valid JSON.
 */
function startsIn(text: string, levels: number): ReadonlyMap<string, Place> | string {
  const starts = new Map<string, Place>();
  /** The key or index in each open object or list. */
  const path: (string | number)[] = [];
  let before = '';
  let beforePlace: Place = { line: 1, column: 1 };
  let line = 1;
  let lineAt = 0;
  for (let at = 0; ; ) {
    const space = lengthAt(SPACE, text, at);
    for (let n = at; n < at + space; n += 1) {
      if (text[n] !== '\n') continue;
      line += 1;
      lineAt = n + 1;
    }
    at += space;
    if (at >= text.length) return starts;
    const here: Place = { line, column: at - lineAt + 1 };
    const token = text.slice(at, at + lengthAt(TOKEN, text, at));
    const last = path.length - 1;
    const inner = path[last];
    if (token === ']' || token === '}') path.pop();
    else if (token === ',') {
      if (typeof inner === 'number') path[last] = inner + 1;
    } else if (token === ':') {
      path[last] = JSON.parse(before) as string;
      if (starts.has(named(path))) return `${words(beforePlace)}: the key ${before} is there twice`;
      starts.set(named(path), beforePlace);
    } else if (typeof inner === 'number') starts.set(named(path), here);
    if (token === '{') path.push('');
    if (token === '[') path.push(0);
    if (path.length > levels) return `${words(here)}: lists and objects more than ${levels} deep in each other`;
    before = token;
    beforePlace = here;
    at += token.length;
  }
}

/** The first token that does not fit, with its line and column; null when none is found. */
function misfit(text: string): string | null {
  const open: string[] = [];
  let next: 'value' | 'key' | 'colon' | 'comma' = 'value';
  let mayClose = false;
  for (let at = lengthAt(SPACE, text, 0); ; at += lengthAt(SPACE, text, at)) {
    if (at >= text.length)
      return open.length + (next === 'comma' ? 0 : 1) > 0 ? `${place(text, at)}: the text ends too early` : null;
    const token = text.slice(at, at + lengthAt(TOKEN, text, at));
    if (mayClose && token === (open.at(-1) === '{' ? '}' : ']')) {
      open.pop();
      next = 'comma';
    } else if (!(open.length === 0 && next === 'comma') && fits(token, next)) {
      if (token === '{' || token === '[') open.push(token);
      if (token === '{' || token === '[' || token === ',') next = open.at(-1) === '{' ? 'key' : 'value';
      else if (next === 'key') next = 'colon';
      else next = next === 'colon' ? 'value' : 'comma';
    } else return `${place(text, at)}: unexpected ${text.slice(at, at + lengthAt(WORD, text, at))}`;
    mayClose = open.length > 0 && (next === 'comma' || token === '{' || token === '[');
    at += token.length;
  }
}

function fits(token: string, next: 'value' | 'key' | 'colon' | 'comma'): boolean {
  if (next === 'colon') return token === ':';
  if (next === 'comma') return token === ',';
  if (next === 'key') return token.startsWith('"');
  return /^[^}\],:]/.test(token);
}

function lengthAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function placeIn(text: string, at: number): Place {
  const lines = text.slice(0, at).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

const words = ({ line, column }: Place): string => `line ${line}, column ${column}`;
const place = (text: string, at: number): string => words(placeIn(text, at));
