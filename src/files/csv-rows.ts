/** From the lines of the CSV dialect (csv.ts) to its rows. Damage in one line costs no row of another one. */

/** As many cells as columns; an empty cell is null. */
export type CsvRow = readonly (string | null)[];

/** No text of a record has so many lines; a quote that nobody closed must not swallow the rows after it. */
const MOST_LINES = 16;

/** Where a text begins, behind the mark that some programs put before UTF-8. */
export const markAt = (text: string): number => (text.startsWith('\uFEFF') ? 1 : 0);

/** Other programs end a line with a carriage return, too. */
export const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

const CELL = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

/** The cells of a line; null where its quotes do not close. */
export function cellsOf(line: string): string[] | null {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const found = CELL.exec(line);
    if (!found) return null;
    const [, inQuotes, bare = '', end] = found;
    cells.push(inQuotes === undefined ? bare : inQuotes.replaceAll('""', '"'));
    if (end === '') return cells;
  }
}

/** Takes lines and gives rows. */
export class RowMaker {
  /** Lines that may be one row: a cell in quotes is open at the end of the first. */
  private open: string[] = [];

  /** @param count cells of a row */
  constructor(private readonly count: number) {}

  /** The rows that a line completes; null for one that is damaged. */
  push(line: string): (CsvRow | null)[] {
    this.open.push(line);
    const row = this.rowOf(this.open.join('\n'));
    if (row) {
      this.open = [];
      return [row];
    }
    const isWaiting = hasOpenQuote(this.open[0] ?? '') && this.open.length < MOST_LINES;
    return isWaiting ? [] : this.giveUp();
  }

  /** What is left when there are no more lines. */
  end(): (CsvRow | null)[] {
    const rows: (CsvRow | null)[] = [];
    while (this.open.length > 0) rows.push(...this.giveUp());
    return rows;
  }

  /** The first line is no row; the others may be. */
  private giveUp(): (CsvRow | null)[] {
    const [, ...others] = this.open;
    this.open = [];
    return [null, ...others.flatMap((line) => this.push(line))];
  }

  private rowOf(text: string): CsvRow | null {
    const cells = cellsOf(withoutReturn(text));
    return cells?.length === this.count ? cells.map((cell) => (cell === '' ? null : cell)) : null;
  }
}

/** Whether an odd number of quotes is in a line. */
function hasOpenQuote(line: string): boolean {
  let open = false;
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) open = !open;
  return open;
}
