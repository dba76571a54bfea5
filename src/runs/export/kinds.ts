/** The form of each column in a file where all cells of a column have the same one: told from all of them. */
import type { RecordedRun } from '../record.ts';
import { batchesOf, columnsOf, type ExportColumn } from './table.ts';

/** More different words than this are no words of a table. */
export const MOST_CODES = 1000;
/** A double keeps so many digits of any number. */
const DIGITS = 15;

/** What a column holds. Of texts: the bytes of the longest one in UTF-8. */
export type ColumnKind =
  | { readonly kind: 'numbers' }
  | { readonly kind: 'codes' }
  | { readonly kind: 'texts'; readonly bytes: number };

export interface KindedColumn extends ExportColumn {
  readonly is: ColumnKind;
}

/** A cell that a double gives back as it is written, but for zeros at its end. */
const isNumber = (cell: string): boolean =>
  /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(cell) &&
  Number.isFinite(Number(cell)) &&
  cell.replace(/[eE].*$|\D/g, '').replace(/^0+/, '').length <= DIGITS;

class Cells {
  private readonly words = new Set<string>();
  private areNumbers = true;
  private bytes = 0;

  take(cell: string): void {
    if (this.words.size <= MOST_CODES) {
      if (this.words.has(cell)) return;
      this.words.add(cell);
    }
    this.areNumbers &&= isNumber(cell);
    this.bytes = Math.max(this.bytes, Buffer.byteLength(cell));
  }

  /** @param isKnown a column that this program knows to hold words keeps them, whatever they look like */
  kind(isKnown: boolean): ColumnKind {
    if (!isKnown && this.areNumbers && this.words.size > 0) return { kind: 'numbers' };
    return this.words.size > MOST_CODES ? { kind: 'texts', bytes: this.bytes } : { kind: 'codes' };
  }
}

/** The columns of a record, or of one run of it, with their kinds. Reads all rows once. Rejects with a file error. */
export async function kindsOf(record: RecordedRun, run: number | null): Promise<readonly KindedColumn[]> {
  const columns = columnsOf(record);
  const words = columns.flatMap(({ isWord }, place) => (isWord ? [{ place, cells: new Cells() }] : []));
  for await (const rows of batchesOf(record, run, { damaged: 0 }))
    for (const row of rows)
      for (const { place, cells } of words) {
        const cell = row[place];
        if (cell != null) cells.take(cell);
      }
  return columns.map((column, place) => {
    const found = words.find((one) => one.place === place);
    return { ...column, is: found ? found.cells.kind(column.isKnown) : { kind: 'numbers' } };
  });
}
