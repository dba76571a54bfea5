/** JSON from outside: its value, or the place where it stops being JSON in plain words, and its shape. */

const SPACE = /[ \t\r\n]*/y;
const TOKEN =
  /[{}[\],:]|"(?:[^"\\\n\r\t]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;
const WORD = /[\w.+-]+|./sy;

/** Neither a list nor null. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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

/** JSON of a file that a person wrote: as {@link parseJson}, and every key once, and at most `levels` deep. */
export function parseFile(text: string, levels: number): { readonly value: unknown } | { readonly error: string } {
  const parsed = parseJson(text);
  if ('error' in parsed) return parsed;
  if (isDeeperThan(parsed.value, levels)) return { error: `lists and objects more than ${levels} deep in each other` };
  const repeated = repeatedKey(text.replace(/^\ufeff/, ''));
  return repeated === null ? parsed : { error: repeated };
}

/** The first key that an object has twice, with its place: JSON would silently take the last. `text` is valid JSON. */
function repeatedKey(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  let before = '';
  let beforeAt = 0;
  for (let at = lengthAt(SPACE, text, 0); at < text.length; at += lengthAt(SPACE, text, at)) {
    const token = text.slice(at, at + lengthAt(TOKEN, text, at));
    if (token === '') return null;
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key = JSON.parse(before) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return `${place(text, beforeAt)}: the key ${before} is there twice`;
      keys?.add(key);
    }
    before = token;
    beforeAt = at;
    at += token.length;
  }
  return null;
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

function place(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}
