/** The rows of an export: columns with their units and kinds, and their cells batch by batch. */
import type { CsvRow } from '../../files/csv-rows.ts';
import { TELEMETRY, type TelemetryName, WORD_COLUMNS } from '../../params/telemetry.ts';
import { type RecordedRun, rowsOf } from '../record.ts';

export interface ExportColumn {
  readonly name: string;
  readonly unit: string;
  readonly label: string;
  readonly isWord: boolean;
  /** Whether this program knows what the column holds. */
  readonly isKnown: boolean;
}

/** Columns of a record; one that this program does not know holds words, which every cell is. */
export const columnsOf = ({ columns }: RecordedRun): ExportColumn[] =>
  columns.map((name) => {
    if (!Object.hasOwn(TELEMETRY, name)) return { name, unit: '', label: '', isWord: true, isKnown: false };
    const known = name as TelemetryName;
    const { unit, label } = TELEMETRY[known];
    return { name, unit, label, isWord: WORD_COLUMNS.includes(known), isKnown: true };
  });

/** What is counted while rows are read. */
export interface Tally {
  /** Rows of the record that were cut off or damaged. */
  damaged: number;
}

/** The rows of one run, or of all of a record (`run` null), whole ones only; the others are counted. */
export async function* batchesOf(
  record: RecordedRun,
  run: number | null,
  tally: Tally,
): AsyncGenerator<readonly CsvRow[]> {
  const number = record.columns.indexOf('run');
  for await (const rows of rowsOf(record)) {
    for (const row of rows) if (row === null) tally.damaged += 1;
    const chosen = rows.filter((row) => row !== null && (run === null || Number(row[number] ?? Number.NaN) === run));
    if (chosen.length > 0) yield chosen as CsvRow[];
  }
}

/** The same rows in blocks of `size`, the last one shorter: packages write whole blocks fastest. */
export async function* blocksOf(
  record: RecordedRun,
  run: number | null,
  size: number,
  tally: Tally,
): AsyncGenerator<readonly CsvRow[]> {
  let block: CsvRow[] = [];
  for await (const rows of batchesOf(record, run, tally)) {
    for (const row of rows) {
      block.push(row);
      if (block.length < size) continue;
      yield block;
      block = [];
    }
  }
  if (block.length > 0) yield block;
}

/** A number of a cell; NaN where it is empty or no number. */
export const numberOf = (cell: string | null | undefined): number => (cell == null ? Number.NaN : Number(cell));
