/** Text for PostgreSQL: without NUL and half surrogate pairs, and as a line of COPY. */

const REPLACEMENT = '\ufffd';

/**
 * JSON text of a value for jsonb, which refuses NUL and half a surrogate pair; both become U+FFFD. JSON.stringify writes
 * both as escapes, so only escapes need be looked at.
 */
export const jsonbText = (value: unknown): string =>
  JSON.stringify(value).replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (found) =>
    found.length === 6 ? REPLACEMENT : found,
  );

/** At most `most` characters of a text for a person, with U+FFFD for characters that cannot be printed or stored. */
export const printable = (text: string, most: number): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  text.slice(0, most).replace(/[\u0000-\u001f\u007f]|\p{Surrogate}/gu, REPLACEMENT);

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** One line of COPY in its text format. */
export const copyLine = (fields: readonly (string | number | null)[]): string =>
  `${fields
    .map((field) => (field === null ? '\\N' : String(field).replace(/[\\\t\n\r]/g, (c) => ESCAPES[c] ?? c)))
    .join('\t')}\n`;
