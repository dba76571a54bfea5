/**
 * `remixd export`: what was recorded, into a file, without a broker and without a bench: from the history of the state
 * folder (or another history file, also a damaged one), or from a run folder.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvHead, csvLine, type OpenCsv, openCsv } from '../files/csv.ts';
import type { CsvRow } from '../files/csv-rows.ts';
import { FILES } from '../files/run-folder.ts';
import { ConfigError } from '../params/problem.ts';
import { WORD_COLUMNS } from '../params/telemetry.ts';
import { RecordTable } from '../store/export.ts';
import { HistoryChanged, type HistoryFile, openHistoryFile } from '../store/file.ts';
import { dated, type StoredRecord } from '../store/record.ts';
import { type Sink, sinkTo } from './sink.ts';

/** A bound: a number of the record (in a run folder: seconds of mono_s), or a date, ms since 1970. */
export type Bound = { readonly number: number } | { readonly wallMs: number };

export interface LocalExport {
  /** The history file; not used with a run folder. */
  readonly history: string;
  /** A run folder, or null for the history. */
  readonly folder: string | null;
  readonly from: Bound | null;
  readonly to: Bound | null;
  /** Number of a run, or null for all that was recorded. */
  readonly run: number | null;
  readonly format: 'jsonl' | 'csv';
  /** CSV: the events instead of the samples. */
  readonly events: boolean;
  /** A file that must not be there; null = standard output. */
  readonly out: string | null;
}

const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Reads a bound: a number, or a date in ISO 8601 (UTC, if no zone is given). Null for anything else. */
export function boundOf(text: string): Bound | null {
  if (/^\d+(\.\d+)?$/.test(text)) return { number: Number(text) };
  const [, clock, , , zone] = DATE.exec(text) ?? [null, '', '', '', ''];
  const wallMs = DATE.test(text) ? Date.parse(clock && !zone ? `${text}Z` : text) : Number.NaN;
  return Number.isNaN(wallMs) ? null : { wallMs };
}

/**
 * Writes what is asked for. Returns the exit code: 1 when there was nothing.
 * @throws ConfigError for a source that cannot be used, Taken for a file that is there, or a file error
 */
export async function exportLocal(options: LocalExport): Promise<number> {
  if (options.events && options.format === 'jsonl')
    throw usage('--events', 'together with --format jsonl', '--events with --format csv', 'Add --format csv.');
  const source = options.folder === null ? fromHistory(options) : fromFolder(options, options.folder);
  const sink = sinkTo(options.out);
  try {
    const n = await written(source.lines(), sink);
    sink.close();
    if (n === null) return 0;
    process.stderr.write(`${n} records${options.out ? ` in ${options.out}` : ''}${source.left()}\n`);
    return n > 0 ? 0 : 1;
  } catch (error) {
    sink.drop();
    if (error instanceof HistoryChanged) throw changed(options.history);
    throw error;
  } finally {
    source.close();
  }
}

interface Source {
  /** The text piece by piece, and whether a piece is a record. */
  lines(): Generator<readonly [text: string, isRecord: boolean]>;
  /** What is missing, in words with a comma in front; empty when nothing is. */
  left(): string;
  close(): void;
}

const PIECE_CHARS = 65_536;

/** How many records were written; null when the reader has closed the pipe. */
async function written(lines: ReturnType<Source['lines']>, { write }: Sink): Promise<number | null> {
  let n = 0;
  let piece = '';
  for (const [text, isRecord] of lines) {
    piece += text;
    if (isRecord) n += 1;
    if (piece.length < PIECE_CHARS) continue;
    if (!(await write(piece))) return null;
    piece = '';
  }
  return (await write(piece)) ? n : null;
}

const usage = (path: string, got: string, allowed: string, remedy: string): ConfigError =>
  new ConfigError([{ code: 'USAGE', path, got, allowed, remedy }]);

const changed = (path: string): ConfigError =>
  usage(
    path,
    'changed while it was read',
    'a history that does not change',
    'Try again, or stop the controller first.',
  );

/** Whether a value lies between the bounds of its kind; a value that is not known lies in none. */
function isWithin(
  { from, to }: Pick<LocalExport, 'from' | 'to'>,
  number: number,
  wallMs: () => number | null,
): boolean {
  const compare = (bound: Bound): number => {
    if ('number' in bound) return number - bound.number;
    return (wallMs() ?? Number.NaN) - bound.wallMs;
  };
  return (from === null || compare(from) >= 0) && (to === null || compare(to) <= 0);
}

// --- the history

function fromHistory(options: LocalExport): Source {
  const { history, format } = options;
  if (!existsSync(history))
    throw usage(history, 'no such file', 'a history', 'Set runtime.stateDir, or name the file with --history.');
  const file = opened(history);
  const kind = options.events ? 'event' : 'sample';
  return {
    *lines() {
      if (format === 'jsonl') {
        for (const { record, date, from } of chosen(file, options)) {
          const { stream, boot, seq, monoUs, wallMs, clock, body } = record;
          const told = { stream, seq, boot, kind: record.kind, mono_us: monoUs, wall_ms: wallMs, clock };
          yield [`${JSON.stringify({ ...told, time_utc: date, time_from: from, body })}\n`, true];
        }
        return;
      }
      const keys = new Set<string>();
      for (const { record } of chosen(file, options))
        if (record.kind === kind) for (const key of Object.keys(record.body)) keys.add(key);
      const table = new RecordTable(keys);
      yield [table.head({ stream: file.stream }), false];
      for (const { record, date, from } of chosen(file, options))
        if (record.kind === kind) yield [table.line(record, date, from), true];
    },
    left: () => {
      if (file.missing === null) return ', and an unknown number that cannot be read: the head of the file is damaged';
      return file.missing === 0 ? '' : `, and ${file.missing} of the file that cannot be read`;
    },
    close: () => file.close(),
  };
}

function opened(path: string): HistoryFile {
  try {
    return openHistoryFile(path);
  } catch (error) {
    throw error instanceof HistoryChanged ? changed(path) : error;
  }
}

/** The records within the bounds, with their best known date. A record that names no run belongs to the one before it. */
function* chosen(file: HistoryFile, options: LocalExport) {
  let boot: string | null = null;
  let run: number | null = null;
  for (const record of file.all()) {
    if (record.boot !== boot) run = null;
    boot = record.boot;
    run = runOf(record) ?? run;
    const { wallMs, from } = dated(record, file.syncs);
    if (options.run !== null && options.run !== run) continue;
    if (!isWithin(options, record.seq, () => wallMs)) continue;
    yield { record, from, date: wallMs === null ? null : new Date(wallMs).toISOString() };
  }
}

const runOf = ({ body }: StoredRecord): number | null => (typeof body['run'] === 'number' ? body['run'] : null);

// --- a run folder

/** Columns that hold words; every other one holds numbers. */
const WORDS: ReadonlySet<string> = new Set([...WORD_COLUMNS, 'kind', 'code', 'text']);

function fromFolder(options: LocalExport, folder: string): Source {
  const read = (name: string): OpenCsv => {
    const path = join(folder, name);
    if (existsSync(path)) return openCsv(readFileSync(path, 'utf8'));
    throw usage(folder, `no ${name} in it`, 'a run folder', 'Name a folder with run.json, data.csv and events.csv.');
  };
  const [data, events] = [read(FILES.data), read(FILES.events)];
  let damaged = 0;
  /** The rows of a file within the bounds, each with its monotonic time in s. */
  function* rowsOf({ columns, rows }: OpenCsv): Generator<{ row: CsvRow; monoS: number }> {
    const [mono, wall, run] = ['mono_s', 'wall_utc', 'run'].map((name) => columns.indexOf(name));
    for (const row of rows()) {
      if (row === null) damaged += 1;
      else {
        const monoS = Number(row[mono ?? -1]);
        const date = row[wall ?? -1] ?? null;
        if (options.run !== null && Number(row[run ?? -1] ?? Number.NaN) !== options.run) continue;
        if (isWithin(options, monoS, () => (date === null ? null : Date.parse(date)))) yield { row, monoS };
      }
    }
  }
  const told = (kind: string, { columns }: OpenCsv, row: CsvRow): string => {
    const cells = columns.map((name, i): [string, unknown] => {
      const cell = row[i] ?? null;
      return [name, cell === null || WORDS.has(name) ? cell : Number(cell)];
    });
    return `${JSON.stringify({ record: kind, ...Object.fromEntries(cells) })}\n`;
  };
  return {
    *lines() {
      if (options.format === 'csv') {
        const table = options.events ? events : data;
        const { units, ...about } = table.about;
        yield [csvHead(about, table.columns, units === undefined ? [] : units.split(',')), false];
        for (const { row } of rowsOf(table)) yield [csvLine(row), true];
        return;
      }
      const rows = rowsOf(data);
      let next = rows.next();
      for (const event of rowsOf(events)) {
        for (; !next.done && next.value.monoS <= event.monoS; next = rows.next())
          yield [told('row', data, next.value.row), true];
        yield [told('event', events, event.row), true];
      }
      for (; !next.done; next = rows.next()) yield [told('row', data, next.value.row), true];
    },
    left: () => (damaged === 0 ? '' : `, and ${damaged} cut off or with another number of cells`),
    close: () => {},
  };
}
