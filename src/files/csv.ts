/**
 * The one CSV dialect of run folders and exports: UTF-8, lines that end in a line feed, first lines `#key: value`, then one
 * line with the names of the columns, then the rows. An absent value is an empty cell. A cell is quoted when it holds a
 * comma, a quote, a line break or `#`, or begins or ends with a blank; a quote in it is doubled. So every reader that can
 * skip lines by `#` reads it: `pd.read_csv(path, comment='#')`.
 */

/** What a header line says; null is left out. */
export type About = Readonly<Record<string, string | number | null>>;

/** A cell of a text. `#` is quoted, because readers cut an unquoted cell there. */
export const quoted = (text: string): string =>
  /[",\r\n#]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** A cell of anything; null and numbers that are not finite are empty. */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  return quoted(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

export const csvLine = (cells: readonly unknown[]): string => `${cells.map(csvCell).join(',')}\n`;

/** The lines before the rows. A line break in a value would end its line, so it becomes a blank. `units`: one a column. */
export function csvHead(about: About, columns: readonly string[], units: readonly string[] = []): string {
  const told = Object.entries(about).filter(([, value]) => value !== null);
  const lines = told.map(([key, value]) => `#${key}: ${String(value).replace(/[\r\n\u2028\u2029]+/g, ' ')}\n`);
  const unitLine = units.length === 0 ? '' : `#units: ${csvLine(units)}`;
  return `${lines.join('')}${unitLine}${csvLine(columns)}`;
}

/** A file of this dialect as it was read. */
export interface CsvTable {
  readonly about: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  /** As many cells as columns; an empty cell is null. */
  readonly rows: readonly CsvRow[];
  /** Rows that were left out: cut off, or with another number of cells. */
  readonly damaged: number;
}

export type CsvRow = readonly (string | null)[];

/** What stands before the rows, and the rows one by one; null for one that is cut off or has another number of cells. */
export interface OpenCsv extends Omit<CsvTable, 'rows' | 'damaged'> {
  rows(): Generator<CsvRow | null>;
}

/** Reads the beginning of a text of this dialect. */
export function openCsv(text: string): OpenCsv {
  const about: Record<string, string> = {};
  let at = 0;
  while (text[at] === '#') {
    const end = lineEnd(text, at);
    const [, key, value] = /^#([^:]*): ?(.*)$/.exec(text.slice(at, end)) ?? [];
    if (key !== undefined) about[key] = value ?? '';
    at = end + 1;
  }
  const lines = linesFrom(text, at);
  const columns: readonly string[] = lines.next().value ?? [];
  return {
    about,
    columns,
    *rows() {
      for (const cells of lines) {
        // Of a last line without its end nobody knows whether its last cell is whole.
        const isWhole = cells !== null && cells.length === columns.length;
        yield isWhole ? cells.map((cell) => (cell === '' ? null : cell)) : null;
      }
    },
  };
}

/** Reads a whole text. A row that is not whole is counted and left out: a run may have ended in the middle of one. */
export function readCsv(text: string): CsvTable {
  const { about, columns, rows } = openCsv(text);
  const all = [...rows()];
  const whole = all.filter((row) => row !== null);
  return { about, columns, rows: whole, damaged: all.length - whole.length };
}

const lineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
};

/** The cells of each line; a quoted cell may span lines. Null for a last line without its end. */
function* linesFrom(text: string, from: number): Generator<string[] | null> {
  let cells: string[] = [];
  for (let at = from; at < text.length; ) {
    const isQuoted = text[at] === '"';
    let end = isQuoted ? quoteEnd(text, at) : at;
    while (end < text.length && text[end] !== ',' && text[end] !== '\n') end += 1;
    if (end >= text.length) break;
    const raw = text.slice(at, end);
    cells.push(isQuoted ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (text[end] === '\n') {
      yield cells;
      cells = [];
    }
    at = end + 1;
  }
  if (text.length > from && !text.endsWith('\n')) yield null;
  else if (cells.length > 0) yield null;
}

/** Behind the quote that closes the cell that opens at `from`. */
function quoteEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] !== '"') continue;
    if (text[at + 1] === '"') at += 1;
    else return at + 1;
  }
  return text.length;
}
