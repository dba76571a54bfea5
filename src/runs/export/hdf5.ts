/**
 * Rows as HDF5 in the shape of NeXus: NXroot, NXentry with title, start_time, sample and user, and NXdata whose default plot is
 * the film’s temperature over time. A column of words is a column of codes with their meanings, as CF has them; −1 is an empty
 * cell. A column of ever new words is one of texts.
 */
import type { Dataset, Group } from 'h5wasm/node';
import type { CsvRow } from '../../files/csv-rows.ts';
import type { NamedRun } from '../figures.ts';
import { RunError } from '../problem.ts';
import { type LastCell, written } from './hdf5-file.ts';
import { type ColumnKind, type KindedColumn, kindsOf } from './kinds.ts';
import { optional } from './optional.ts';
import { blocksOf, numberOf, type Tally } from './table.ts';

/** Rows of a chunk, which is compressed as a whole: what is written at once. */
const CHUNK = 8192;
const LEVEL = 4;
const EMPTY = -1;
/** ISO 8601 with milliseconds in UTC. */
const WALL_CHARS = 24;
/** A chunk of longer texts does not fit a small board, bytes. */
const MOST_TEXT_BYTES = 4096;

/** A column that grows. */
interface Growing {
  append(rows: readonly CsvRow[]): void;
  /** What the last row must say. */
  close(): LastCell;
}

type Block = Float64Array | Int16Array | string[];

/** What is said of the run beside its rows. */
export interface Hdf5About {
  readonly title: string;
  readonly startTime: string | null;
  readonly sample: string | null;
  readonly operator: string | null;
  /** Kept as texts in an NXcollection. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Codes of words in the order in which they come. */
class Codes {
  readonly words = new Map<string, number>();

  of(cell: string | null | undefined): number {
    if (cell == null) return EMPTY;
    const code = this.words.get(cell) ?? this.words.size;
    this.words.set(cell, code);
    return code;
  }

  tell(set: Dataset): void {
    const { words } = this;
    if (words.size === 0) return;
    set.create_attribute('flag_values', Int16Array.from(words.values()));
    set.create_attribute('flag_words', [...words.keys()]);
    // CF separates meanings by blanks.
    set.create_attribute('flag_meanings', [...words.keys()].map((word) => word.replace(/\s+/g, '_')).join(' '));
  }
}

const dtypeOf = (is: ColumnKind): string =>
  is.kind === 'texts' ? `S${Math.max(1, is.bytes)}` : is.kind === 'codes' ? '<h' : '<d';

function growing(group: Group, { name, unit, label, is }: KindedColumn, place: number): Growing {
  let n = 0;
  let set: Dataset | null = null;
  let last: number | string = Number.NaN;
  const codes = new Codes();
  const blockOf = (rows: readonly CsvRow[]): Block => {
    if (is.kind === 'texts') return rows.map((row) => row[place] ?? '');
    if (is.kind === 'codes') return Int16Array.from(rows, (row) => codes.of(row[place]));
    return Float64Array.from(rows, (row) => numberOf(row[place]));
  };
  return {
    append(rows) {
      const block = blockOf(rows);
      if (set) {
        set.resize([n + rows.length]);
        set.write_slice([[n, n + rows.length]], block);
      } else {
        const form = { maxshape: [null], chunks: [CHUNK], dtype: dtypeOf(is), compression: LEVEL };
        set = group.create_dataset({ name, data: block, shape: [rows.length], ...form });
        set.create_attribute('units', unit);
        set.create_attribute('long_name', label);
      }
      n += rows.length;
      last = block[block.length - 1] ?? last;
    },
    close() {
      if (set && is.kind === 'codes') codes.tell(set);
      return { path: `/entry/data/${name}`, rows: n, last };
    },
  };
}

const classed = (group: Group, name: string, nxClass: string): Group => {
  const made = group.create_group(name);
  made.create_attribute('NX_class', nxClass);
  return made;
};

/** The time of day is of texts in any case, as long as it has always been. */
function formOf(column: KindedColumn): KindedColumn {
  const { is, name } = column;
  if (name === 'wall_utc')
    return { ...column, is: { kind: 'texts', bytes: Math.max(WALL_CHARS, is.kind === 'texts' ? is.bytes : 0) } };
  if (is.kind !== 'texts' || is.bytes <= MOST_TEXT_BYTES) return column;
  throw new RunError(
    'EXPORT_IMPOSSIBLE',
    name,
    `a cell of this column has ${is.bytes} bytes, more than ${MOST_TEXT_BYTES}`,
  );
}

/**
 * Writes all rows into the file at `path`, which is written over. Resolves to their number. Reads the rows twice: a column has
 * one form for all of them.
 * @throws RunError EXPORT_UNAVAILABLE, or EXPORT_IMPOSSIBLE with a cell that is too long; rejects with a file error
 */
export async function writeHdf5(
  { record, run }: NamedRun,
  path: string,
  about: Hdf5About,
  tally: Tally,
): Promise<number> {
  const h5wasm = await optional('h5wasm', () => import('h5wasm/node'));
  const columns = (await kindsOf(record, run)).map(formOf);
  return written(h5wasm, path, async (file) => {
    file.create_attribute('NX_class', 'NXroot');
    file.create_attribute('default', 'entry');
    const data = entryOf(file, about);
    const sets = columns.map((column, i) => growing(data, column, i));
    let total = 0;
    for await (const rows of blocksOf(record, run, CHUNK, tally)) {
      for (const set of sets) set.append(rows);
      total += rows.length;
    }
    plotted(data, columns);
    return { total, last: total === 0 ? [] : sets.map((set) => set.close()) };
  });
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
function plotted(data: Group, columns: readonly KindedColumn[]): void {
  const has = (name: string): boolean => columns.some((column) => column.name === name);
  const axis = has('time_s') ? 'time_s' : 'mono_s';
  data.create_attribute('signal', has('film_c') ? 'film_c' : 'tc_c');
  data.create_attribute('axes', [axis]);
  data.create_attribute(`${axis}_indices`, 0);
}
