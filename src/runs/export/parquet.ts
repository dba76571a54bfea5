/** Rows as Parquet: a nullable double or a string a column; units and the facts of the run are in the file’s metadata. */
import type { NamedRun } from '../figures.ts';
import { optional } from './optional.ts';
import { blocksOf, columnsOf, numberOf, type Tally } from './table.ts';

/** Rows of a row group: what is in memory at once. */
const GROUP_ROWS = 8192;

/**
 * Writes all rows into the file at `path`, which is written over. Resolves to their number.
 * @param about what the metadata says of the run, each value as text
 * @throws RunError EXPORT_UNAVAILABLE; rejects with a file error
 */
export async function writeParquet(
  { record, run }: NamedRun,
  path: string,
  about: Readonly<Record<string, string>>,
  tally: Tally,
): Promise<number> {
  const { fileWriter, ParquetWriter } = await optional('hyparquet-writer', () => import('hyparquet-writer'));
  const columns = columnsOf(record);
  const schema = columns.map(({ name, isWord }) =>
    isWord
      ? ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const)
      : ({ name, type: 'DOUBLE', repetition_type: 'OPTIONAL' } as const),
  );
  const told = {
    ...about,
    units: JSON.stringify(Object.fromEntries(columns.map(({ name, unit }) => [name, unit]))),
    labels: JSON.stringify(Object.fromEntries(columns.map(({ name, label }) => [name, label]))),
  };
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema: [{ name: 'root', num_children: columns.length }, ...schema],
    kvMetadata: Object.entries(told).map(([key, value]) => ({ key, value })),
    createdBy: 'remixd',
  });
  let total = 0;
  for await (const rows of blocksOf(record, run, GROUP_ROWS, tally)) {
    const columnData = columns.map(({ name, isWord }, i) => ({
      name,
      data: rows.map((row) => (isWord ? (row[i] ?? null) : known(row[i]))),
    }));
    await writer.write({ columnData, rowGroupSize: GROUP_ROWS });
    total += rows.length;
  }
  await writer.finish();
  return total;
}

function known(cell: string | null | undefined): number | null {
  const value = numberOf(cell);
  return Number.isFinite(value) ? value : null;
}
