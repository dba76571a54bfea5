/**
 * A recorded run as its folder tells it: the facts of run.json, the rows and the events, over all folders of one record. It
 * is read as a stream, also while it is still written, and says what is missing instead of guessing it.
 */
import { basename, dirname, join } from 'node:path';
import type { CsvRow } from '../files/csv-rows.ts';
import { csvFileHead, csvFileRows } from '../files/csv-stream.ts';
import { readPlain } from '../files/plain-file.ts';
import { FILES } from '../files/run-folder.ts';
import { parseJson } from '../params/json.ts';
import { type RunJson, runJsonOf } from '../params/run-json.ts';
import type { TelemetryName } from '../params/telemetry.ts';
import { RunError } from './problem.ts';

/** One folder of a record. */
export interface RunPart {
  readonly folder: string;
  readonly facts: RunJson;
  readonly columns: readonly string[];
  /** Columns of events.csv; null where there is no such file. */
  readonly eventColumns: readonly string[] | null;
}

export interface RecordedEvent {
  /** Monotonic time, s, and time since the recipe started, s (null before). */
  readonly monoS: number;
  readonly timeS: number | null;
  readonly run: number | null;
  readonly kind: string;
  readonly code: string;
  readonly text: string;
  /** Of an edge: when the gate really switched, s of monotonic time; null for anything else. */
  readonly achievedS: number | null;
}

export interface RecordedRun {
  /** The first folder of the record. */
  readonly folder: string;
  readonly facts: RunJson;
  /** How the last folder ended; null = it goes on, or the program was killed. */
  readonly end: RunJson['end'];
  /** All folders of the record, oldest first. */
  readonly parts: readonly RunPart[];
  /** Columns of the rows; those of a later folder are brought into this order. */
  readonly columns: readonly string[];
  /** What is not there, in sentences; empty when nothing is missing. */
  readonly missing: readonly string[];
}

/** Far more folders than a record has, one a night. */
const MOST_PARTS = 4000;

/** Columns that hardly a figure does without. */
const NEEDED = ['time_s', 'state', 'light', 'verdict'] as const satisfies TelemetryName[];

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** The head of a CSV file, or null where there is none. */
async function headOf(path: string): Promise<readonly string[] | null> {
  try {
    return (await csvFileHead(path)).columns;
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw error;
  }
}

async function factsOf(folder: string): Promise<{ facts: RunJson; why: string | null }> {
  try {
    const parsed = parseJson(await readPlain(join(folder, FILES.run)));
    if ('value' in parsed) return { facts: runJsonOf(parsed.value), why: null };
    return { facts: runJsonOf(null), why: `run.json of ${basename(folder)} is not JSON (${parsed.error})` };
  } catch (error) {
    if (!isMissing(error) && (error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    return { facts: runJsonOf(null), why: `run.json of ${basename(folder)} is missing` };
  }
}

/** What data.csv lacks; `columns` is null where it is missing. */
function rowsGone(folder: string, columns: readonly string[] | null): string[] {
  if (columns === null) return [`data.csv of ${folder} is missing.`];
  if (columns.length === 0) return [`data.csv of ${folder} has no line of column names.`];
  return NEEDED.filter((name) => !columns.includes(name)).map((name) => `data.csv of ${folder} has no column ${name}.`);
}

async function partOf(folder: string): Promise<{ part: RunPart; why: string[] } | null> {
  const columns = await headOf(join(folder, FILES.data));
  const { facts, why } = await factsOf(folder);
  if (columns === null && why !== null) return null;
  if (columns !== null && columns.length > 0 && !columns.includes('mono_s'))
    throw new RunError('RUN_DAMAGED', folder, 'data.csv has no column mono_s');
  const eventColumns = await headOf(join(folder, FILES.events));
  const gone = [
    ...(why === null ? [] : [`${why}: settings, sample and versions are not known.`]),
    ...rowsGone(basename(folder), columns),
    ...(eventColumns === null
      ? [`events.csv of ${basename(folder)} is missing: edges, trips and alarms are not known.`]
      : []),
  ];
  return { part: { folder, facts, columns: columns ?? [], eventColumns }, why: gone };
}

/** Another folder of the same record lies beside this one, wherever both were moved to. */
const beside = (folder: string, other: string): string => join(dirname(folder), basename(other));

/**
 * Opens the record that a folder belongs to, with all its other folders that lie beside it.
 * @throws RunError RUN_NOT_FOUND for a folder without a record, RUN_DAMAGED for one whose rows cannot be read; or a file error
 */
export async function openRun(folder: string): Promise<RecordedRun> {
  const named = await partOf(folder);
  if (!named) throw new RunError('RUN_NOT_FOUND', folder, 'there is no record in it');
  const parts = [named.part];
  const missing = [...named.why];
  const follow = async (
    next: (part: RunPart) => unknown,
    add: (part: RunPart) => void,
    from: RunPart,
  ): Promise<void> => {
    for (let at = from; parts.length < MOST_PARTS; ) {
      const other = next(at);
      if (typeof other !== 'string') return;
      const found = await partOf(beside(at.folder, other));
      if (!found || found.part.facts.id !== at.facts.id || parts.some((one) => one.folder === found.part.folder)) {
        missing.push(`The folder ${basename(other)} of the same record is missing.`);
        return;
      }
      missing.push(...found.why);
      add(found.part);
      at = found.part;
    }
  };
  await follow(
    ({ facts }) => facts.continues,
    (part) => parts.unshift(part),
    named.part,
  );
  await follow(
    ({ facts }) => facts.end?.['goesOnIn'],
    (part) => parts.push(part),
    named.part,
  );
  const [first, last] = [parts[0] ?? named.part, parts.at(-1) ?? named.part];
  const columns = parts.find((part) => part.columns.length > 0)?.columns ?? [];
  if (columns.length === 0) throw new RunError('RUN_DAMAGED', folder, missing.join(' ').replace(/\.$/, ''));
  const end = last.facts.end;
  if (end === null) missing.push('How the record ended is not recorded: it still goes on, or the program was killed.');
  return { folder: first.folder, facts: first.facts, end, parts, columns, missing };
}

/** Rows of a record in batches, each with as many cells as `run.columns`; null for a row that is cut off or damaged. */
export async function* rowsOf(run: RecordedRun): AsyncGenerator<readonly (CsvRow | null)[]> {
  for (const { folder, columns } of run.parts) {
    if (columns.length === 0) continue;
    const isSame = columns.length === run.columns.length && columns.every((name, i) => name === run.columns[i]);
    const places = run.columns.map((name) => columns.indexOf(name));
    for await (const rows of csvFileRows(join(folder, FILES.data), columns)) {
      yield isSame ? rows : rows.map((row) => row && places.map((at) => row[at] ?? null));
    }
  }
}

/** Events of a record in batches; null for one that is cut off or damaged. */
export async function* eventsOf(run: RecordedRun): AsyncGenerator<readonly (RecordedEvent | null)[]> {
  for (const { folder, eventColumns } of run.parts) {
    if (eventColumns === null) continue;
    const at = (name: string): number => eventColumns.indexOf(name);
    const [mono, time, run_, kind, code, text, achieved] = (
      ['mono_s', 'time_s', 'run', 'kind', 'code', 'text', 'achieved_us'] as const
    ).map(at) as [number, number, number, number, number, number, number];
    const number = (cell: string | null | undefined): number | null => (cell == null ? null : Number(cell));
    for await (const rows of csvFileRows(join(folder, FILES.events), eventColumns)) {
      yield rows.map((row) => {
        const monoS = number(row?.[mono]);
        if (!row || monoS === null) return null;
        const achievedUs = number(row[achieved]);
        return {
          monoS,
          timeS: number(row[time]),
          run: number(row[run_]),
          kind: row[kind] ?? '',
          code: row[code] ?? '',
          text: row[text] ?? '',
          achievedS: achievedUs === null ? null : achievedUs / 1e6,
        };
      });
    }
  }
}
