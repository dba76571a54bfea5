/**
 * Reads a file of the CSV dialect (csv.ts) piece by piece: a day of rows is hundreds of megabytes, and a small board has no
 * memory for them. A file may grow meanwhile; what was there when the reading came to its end counts.
 */
import { type CsvRow, openCsv } from './csv.ts';
import { openPlain } from './plain-file.ts';

/** No line of a record comes near this; an open quote that was damaged must not swallow the rest of the file. */
const MOST_LINE_CHARS = 65_536;
const PIECE_BYTES = 65_536;

/** What stands before the rows of a file. */
export interface CsvFileHead {
  readonly about: Readonly<Record<string, string>>;
  /** Empty where the file has no whole line of column names. */
  readonly columns: readonly string[];
}

/** Takes text in pieces of any size and gives whole lines; a line break inside quotes ends no line. */
export class LineSplitter {
  private rest = '';

  /** The lines that `text` completes, without their ends. */
  push(text: string): string[] {
    const all = this.rest + text;
    const lines: string[] = [];
    let from = 0;
    for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', end + 1)) {
      // A cell that is open at a line break goes on in the next line, unless nothing of a record could be so long.
      if (isOpen(all, from, end) && end - from < MOST_LINE_CHARS) continue;
      lines.push(all.slice(from, end));
      from = end + 1;
    }
    this.rest = all.slice(from);
    if (this.rest.length <= MOST_LINE_CHARS) return lines;
    const [first = '', ...others] = this.rest.split('\n');
    this.rest = others.pop() ?? '';
    return [...lines, first, ...others];
  }

  /** Whether a line without its end was left. */
  get isCut(): boolean {
    return this.rest !== '';
  }
}

/** Whether an odd number of quotes lies between two places. */
function isOpen(text: string, from: number, to: number): boolean {
  let open = false;
  for (let at = text.indexOf('"', from); at >= 0 && at < to; at = text.indexOf('"', at + 1)) open = !open;
  return open;
}

/** The cells of a line; null where they are not as many as `count`. */
function cellsOf(line: string, count: number): CsvRow | null {
  const cells = line.includes('"') ? quotedCells(line) : line.split(',');
  if (cells?.length !== count) return null;
  return cells.map((cell) => (cell === '' ? null : cell));
}

const CELL = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

function quotedCells(line: string): string[] | null {
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

/** The text of a file; closes it also where the reader stops before its end. */
async function* piecesOf(path: string): AsyncGenerator<string> {
  const { file } = await openPlain(path);
  for await (const text of file.createReadStream({ encoding: 'utf8', highWaterMark: PIECE_BYTES }))
    yield text as string;
}

/** Reads as far as the column names. Rejects with a file error. */
export async function csvFileHead(path: string): Promise<CsvFileHead> {
  const splitter = new LineSplitter();
  let head = '';
  for await (const text of piecesOf(path)) {
    for (const line of splitter.push(text)) {
      head += `${line}\n`;
      if (line.startsWith('#')) continue;
      const { about, columns } = openCsv(head);
      return { about, columns };
    }
  }
  return { about: openCsv(head).about, columns: [] };
}

/**
 * The rows of a file in batches; null stands for one that is cut off or has another number of cells than there are columns.
 * Rejects with a file error.
 */
export async function* csvFileRows(
  path: string,
  columns: readonly string[],
): AsyncGenerator<readonly (CsvRow | null)[]> {
  const splitter = new LineSplitter();
  let isHead = true;
  for await (const text of piecesOf(path)) {
    const rows: (CsvRow | null)[] = [];
    for (const line of splitter.push(text)) {
      if (!isHead) rows.push(cellsOf(line, columns.length));
      else isHead = line.startsWith('#');
    }
    yield rows;
  }
  if (splitter.isCut) yield [null];
}
