/** Rows as text: CSV with one line of names, and CSV with the three rows that Origin takes for names, units and comments. */
import { csvLine } from '../../files/csv.ts';
import type { NamedRun } from '../figures.ts';
import { batchesOf, columnsOf, type Tally } from './table.ts';

export type TextFormat = 'csv' | 'origin';

/** The lines, batch by batch, and how many rows each batch has. */
export async function* textOf(
  { record, run }: NamedRun,
  format: TextFormat,
  tally: Tally,
): AsyncGenerator<{ readonly text: string; readonly rows: number }> {
  const columns = columnsOf(record);
  const names = csvLine(columns.map(({ name }) => name));
  const units = csvLine(columns.map(({ unit }) => unit));
  const comments = csvLine(columns.map(({ label }) => label));
  yield { text: format === 'csv' ? names : names + units + comments, rows: 0 };
  for await (const rows of batchesOf(record, run, tally)) yield { text: rows.map(csvLine).join(''), rows: rows.length };
}
