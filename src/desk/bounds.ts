/** Bounded work: how large, wide and deep arguments may be, found out before anything else looks at them. */

/** Fields and list entries in all, levels, and characters of a key or text. */
const MOST_FIELDS = 128;
const MOST_LEVELS = 6;
const MOST_KEY = 64;
const MOST_TEXT = 4096;

/** What is too large about a value; null when nothing is. Looks at no more than the bounds allow. */
export function sizeProblem(value: unknown): string | null {
  let left = MOST_FIELDS;
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one === 'string' && one.length > MOST_TEXT) return `A text is longer than ${MOST_TEXT} characters.`;
      if (typeof one !== 'object' || one === null) continue;
      if (depth >= MOST_LEVELS) return `The message is nested deeper than ${MOST_LEVELS} levels.`;
      for (const key in one) {
        left -= 1;
        if (left < 0) return `The message has more than ${MOST_FIELDS} fields.`;
        if (key.length > MOST_KEY) return `A field has a name of more than ${MOST_KEY} characters.`;
        next.push((one as Record<string, unknown>)[key]);
      }
    }
    level = next;
  }
  return null;
}
