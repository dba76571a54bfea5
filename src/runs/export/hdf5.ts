/**
 * Rows as HDF5 in the shape of NeXus: NXroot, NXentry with title, start_time, sample and user, and NXdata whose default plot is
 * the film’s temperature over time. A column of words is a column of codes with their meanings, as CF has them; −1 is an empty
 * cell.
 */
import type { Dataset, Group } from 'h5wasm/node';
import type { CsvRow } from '../../files/csv.ts';
import type { NamedRun } from '../figures.ts';
import { optional } from './optional.ts';
import { blocksOf, columnsOf, type ExportColumn, numberOf } from './table.ts';

/** Rows of a chunk, which is compressed as a whole: what is written at once. */
const CHUNK = 8192;
const LEVEL = 4;
/** More different words than this are no words of a table. */
const MOST_WORDS = 30_000;
const EMPTY = -1;
/** ISO 8601 with milliseconds in UTC. */
const WALL_CHARS = 24;

/** A column that grows. */
interface Growing {
  append(rows: readonly CsvRow[]): void;
  close(): void;
}

/** What is said of the run beside its rows. */
export interface Hdf5About {
  readonly title: string;
  readonly startTime: string | null;
  readonly sample: string | null;
  readonly operator: string | null;
  /** Kept as texts in an NXcollection. */
  readonly facts: Readonly<Record<string, string>>;
}

function growing(group: Group, { name, unit, label, isWord }: ExportColumn, place: number): Growing {
  let n = 0;
  let set: Dataset | null = null;
  const codes = new Map<string, number>();
  const isTime = name === 'wall_utc';
  const codeOf = (cell: string | null | undefined): number => {
    if (cell == null) return EMPTY;
    const code = codes.get(cell) ?? codes.size;
    if (code < MOST_WORDS) codes.set(cell, code);
    return code < MOST_WORDS ? code : EMPTY;
  };
  const blockOf = (rows: readonly CsvRow[]): Float64Array | Int16Array | string[] => {
    if (isTime) return rows.map((row) => row[place] ?? '');
    return isWord
      ? Int16Array.from(rows, (row) => codeOf(row[place]))
      : Float64Array.from(rows, (row) => numberOf(row[place]));
  };
  const dtype = isTime ? `S${WALL_CHARS}` : isWord ? '<h' : '<d';
  return {
    append(rows) {
      const block = blockOf(rows);
      const shape = [rows.length];
      if (set) {
        set.resize([n + rows.length]);
        set.write_slice([[n, n + rows.length]], block);
      } else {
        set = group.create_dataset({
          name,
          data: block,
          shape,
          maxshape: [null],
          chunks: [CHUNK],
          dtype,
          compression: LEVEL,
        });
        set.create_attribute('units', unit);
        set.create_attribute('long_name', label);
      }
      n += rows.length;
    },
    close() {
      if (!set || !isWord || isTime || codes.size === 0) return;
      set.create_attribute('flag_values', Int16Array.from(codes.values()));
      set.create_attribute('flag_words', [...codes.keys()]);
      // CF separates meanings by blanks.
      set.create_attribute('flag_meanings', [...codes.keys()].map((word) => word.replace(/\s+/g, '_')).join(' '));
    },
  };
}

const classed = (group: Group, name: string, nxClass: string): Group => {
  const made = group.create_group(name);
  made.create_attribute('NX_class', nxClass);
  return made;
};

/**
 * Writes all rows into the file at `path`, which is written over. Resolves to their number.
 * @throws RunError EXPORT_UNAVAILABLE; rejects with a file error
 */
export async function writeHdf5({ record, run }: NamedRun, path: string, about: Hdf5About): Promise<number> {
  const h5wasm = await optional('h5wasm', () => import('h5wasm/node'));
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'w');
  try {
    file.create_attribute('NX_class', 'NXroot');
    file.create_attribute('default', 'entry');
    const data = entryOf(file, about);
    const columns = columnsOf(record);
    const sets = columns.map((column, i) => growing(data, column, i));
    let total = 0;
    for await (const rows of blocksOf(record, run, CHUNK)) {
      for (const set of sets) set.append(rows);
      total += rows.length;
    }
    for (const set of sets) set.close();
    plotted(data, columns);
    return total;
  } finally {
    file.close();
  }
}

function entryOf(file: Group, { title, startTime, sample, operator, facts }: Hdf5About): Group {
  const entry = classed(file, 'entry', 'NXentry');
  entry.create_attribute('default', 'data');
  entry.create_dataset({ name: 'title', data: title });
  if (startTime !== null) entry.create_dataset({ name: 'start_time', data: startTime });
  if (sample !== null) classed(entry, 'sample', 'NXsample').create_dataset({ name: 'name', data: sample });
  if (operator !== null) classed(entry, 'user', 'NXuser').create_dataset({ name: 'name', data: operator });
  const kept = classed(entry, 'run', 'NXcollection');
  for (const [name, text] of Object.entries(facts)) kept.create_dataset({ name, data: text });
  return classed(entry, 'data', 'NXdata');
}

/** The default plot: the film over the time of the recipe; the monotonic time where there is no such column. */
function plotted(data: Group, columns: readonly ExportColumn[]): void {
  const has = (name: string): boolean => columns.some((column) => column.name === name);
  const axis = has('time_s') ? 'time_s' : 'mono_s';
  data.create_attribute('signal', has('film_c') ? 'film_c' : 'tc_c');
  data.create_attribute('axes', [axis]);
  data.create_attribute(`${axis}_indices`, 0);
}
