/**
 * The one CSV dialect of run folders and exports: UTF-8, lines that end in a line feed, first lines `#key: value`, then one
 * line with the names of the columns, then the rows. An absent value is an empty cell. A cell is quoted when it holds a
 * comma, a quote, a line break or `#`, or begins or ends with a blank; a quote in it is doubled. So every reader that can
 * skip lines by `#` reads it: `pd.read_csv(path, comment='#')`.
 */
import { type CsvRow, cellsOf, markAt, RowMaker, withoutReturn } from './csv-rows.ts';

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

/** What stands before the rows, and the rows one by one; null for one that is cut off or has another number of cells. */
export interface OpenCsv extends Omit<CsvTable, 'rows' | 'damaged'> {
  rows(): Generator<CsvRow | null>;
}

/** Reads the beginning of a text of this dialect. */
export function openCsv(text: string): OpenCsv {
  const about: Record<string, string> = {};
  let at = markAt(text);
  while (text[at] === '#') {
    const end = lineEnd(text, at);
    const [, key, value] = /^#([^:]*): ?(.*)$/.exec(withoutReturn(text.slice(at, end))) ?? [];
    if (key !== undefined) about[key] = value ?? '';
    at = end + 1;
  }
  const lines = linesFrom(text, at);
  const names: string | null = lines.next().value ?? null;
  const columns = names === null ? [] : (cellsOf(withoutReturn(names)) ?? []);
  return {
    about,
    columns,
    *rows() {
      const maker = new RowMaker(columns.length);
      // Of a last line without its end nobody knows whether its last cell is whole.
      for (const line of lines) yield* line === null ? [...maker.end(), null] : maker.push(line);
      yield* maker.end();
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

/** The lines of a text; null for a last one without its end. */
function* linesFrom(text: string, from: number): Generator<string | null> {
  for (let at = from; at < text.length; ) {
    const end = text.indexOf('\n', at);
    if (end < 0) {
      yield null;
      return;
    }
    yield text.slice(at, end);
    at = end + 1;
  }
}
