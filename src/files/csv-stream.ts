/**
 * Reads a file of the CSV dialect (csv.ts) piece by piece: a day of rows is hundreds of megabytes, and a small board has no
 * memory for them. A file may grow meanwhile; what was there when the reading came to its end counts.
 */
import { openCsv } from './csv.ts';
import { type CsvRow, markAt, RowMaker, withoutReturn } from './csv-rows.ts';
import { openPlain } from './plain-file.ts';

/** No line of a record comes near this; a file without line feeds must not fill the memory. */
const MOST_LINE_CHARS = 65_536;
const PIECE_BYTES = 65_536;

/** What stands before the rows of a file. */
export interface CsvFileHead {
  readonly about: Readonly<Record<string, string>>;
  /** Empty where the file has no whole line of column names. */
  readonly columns: readonly string[];
}

/** Takes text in pieces of any size and gives whole lines. */
export class LineSplitter {
  private rest = '';
  private isStart = true;

  /** The lines that `text` completes, without their line feeds. */
  push(text: string): string[] {
    const lines = (this.rest + (this.isStart ? text.slice(markAt(text)) : text)).split('\n');
    this.isStart &&= text === '';
    this.rest = lines.pop() ?? '';
    if (this.rest.length <= MOST_LINE_CHARS) return lines;
    lines.push(this.rest);
    this.rest = '';
    return lines;
  }

  /** Whether a line without its end was left. */
  get isCut(): boolean {
    return this.rest !== '';
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
      head += `${withoutReturn(line)}\n`;
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
  const maker = new RowMaker(columns.length);
  let isHead = true;
  for await (const text of piecesOf(path)) {
    const rows: (CsvRow | null)[] = [];
    for (const line of splitter.push(text)) {
      if (!isHead) rows.push(...maker.push(line));
      else isHead = line.startsWith('#');
    }
    yield rows;
  }
  const left = [...maker.end(), ...(splitter.isCut ? [null] : [])];
  if (left.length > 0) yield left;
}
