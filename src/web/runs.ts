/** Recorded runs over HTTP: what they are, their figures of merit, columns for a picture, files, and what people say of them. */
import { createReadStream, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FILES } from '../files/run-folder.ts';
import { valueAt } from '../params/json.ts';
import type { ListedRun, RunColumns, StudiedRecord, StudiedRun } from '../params/page-records.ts';
import { ConfigError } from '../params/problem.ts';
import { RUN_FIGURE_NAMES, runFigureRow } from '../params/run-figures.ts';
import { RUN_NAME } from '../params/web.ts';
import { namedRun, type RunStudy, runsIn, studyAll } from '../runs/figures.ts';
import { described, type ListedRecord, listRecords } from '../runs/list.ts';
import { readNotes, writeNotes } from '../runs/notes.ts';
import { RunError } from '../runs/problem.ts';
import { openRun, type RecordedRun } from '../runs/record.ts';
import { drawings } from '../runs/report/drawings.ts';
import { reportPage } from '../runs/report/page.ts';
import { MOST_RUNS, reportRun } from '../runs/report/run.ts';
import { type RunSeries, seriesOf } from '../runs/series.ts';
import { inWords } from '../runs/words.ts';
import { begin, Refused, sendText } from './answer.ts';
import type { Asked, Handler } from './server.ts';

/** Folders in the list. */
const MOST_LISTED = 200;
/** Columns of the overlay of several runs. */
const COLUMNS = ['film_c', 'tc_c', 'pl_red_v', 'pl_reference_v', 'pl_green_v', 'segregated'] as const;
/** Runs that wait to be read; each may take seconds. */
const MOST_WAITING = 8;
/** What is kept is read again after so long: a record may go on in another folder. ms */
const FRESH_MS = 60_000;
/** Studies that are kept: reading a day of rows again takes seconds. */
const MOST_KEPT = 24;
const TYPES: Readonly<Record<string, string>> = {
  [FILES.run]: 'application/json; charset=utf-8',
  [FILES.data]: 'text/csv; charset=utf-8',
  [FILES.events]: 'text/csv; charset=utf-8',
  'notes.json': 'application/json; charset=utf-8',
};

export function runHandlers(runsDir: string): Readonly<Record<string, Handler>> {
  const shelf = new Shelf(runsDir);
  return {
    runs: async () => ({ runs: (await listRecords(runsDir, MOST_LISTED)).map(listed) }),
    run: ({ parts }) => shelf.study(parts['name'] ?? ''),
    runSeries: ({ parts, query }) =>
      shelf.series(parts['name'] ?? '', runNumber(query['run']), Number(query['points'])),
    runFile: async ({ parts, response }) => {
      const [name, file] = [parts['name'] ?? '', parts['file'] ?? ''];
      const type = TYPES[file];
      const path = join(shelf.folder(name), file);
      const bytes = type === undefined ? null : sizeOf(path);
      if (type === undefined || bytes === null) throw new Refused(404, `The record has no file ${file.slice(0, 40)}.`);
      begin(response, 200, {
        'content-type': type,
        'cache-control': 'no-store',
        'content-disposition': `attachment; filename="${name}-${file}"`,
        'content-length': String(bytes),
      });
      // A record that goes on grows while it is sent.
      await pipeline(createReadStream(path, { end: Math.max(0, bytes - 1) }), response).catch(() => response.destroy());
    },
    runReport: (asked) => report(shelf, asked),
    runNotes: async ({ parts, body }) => {
      const folder = shelf.folder(parts['name'] ?? '');
      const { patch } = body as { patch: unknown };
      try {
        return {
          code: 200,
          text: 'Kept beside the record.',
          data: await writeNotes(folder, patch, new Date().toISOString()),
        };
      } catch (error) {
        throw refusalOf(error);
      }
    },
  };
}

const sizeOf = (path: string): number | null => {
  try {
    return statSync(path).size;
  } catch {
    return null;
  }
};

const runNumber = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** What a reader of runs threw, as an answer. */
function refusalOf(error: unknown): unknown {
  if (error instanceof ConfigError)
    return new Refused(
      422,
      `${error.problems.length} value(s) not allowed.`,
      error.problems.map(({ path, got, allowed }) => ({ path, got, allowed })),
    );
  if (error instanceof RunError)
    return new Refused(error.code === 'RUN_NOT_FOUND' ? 404 : 422, `${error.why} ${error.remedy}`);
  return error;
}

/** What the list says of a record, without reading its rows. */
function listed({ folder, record, facts, notes, problem }: ListedRecord): ListedRun {
  return {
    folder,
    problem,
    simulated: facts?.simulated ?? null,
    started_utc: facts?.time.wall ?? null,
    recipe: facts?.recipe.name ?? null,
    sample: described('sample', facts, notes),
    operator: described('operator', facts, notes),
    note: described('note', facts, notes),
    ended:
      record?.end === null || record?.end === undefined
        ? null
        : { state: text(record.end['state']), by: text(valueAt(record.end, ['endedBy', 'alarm'])) },
    folders: record?.parts.length ?? 0,
  };
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The records of a folder, with what was found out of them: one is read at a time. */
class Shelf {
  private readonly kept = new Map<
    string,
    { readonly stamp: string; readonly atMs: number; readonly value: Promise<unknown> }
  >();
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(private readonly runsDir: string) {}

  /** @throws Refused for a name that leads elsewhere */
  folder(name: string): string {
    if (!RUN_NAME.test(name)) throw new Refused(404, 'There is no such run.');
    return join(this.runsDir, name);
  }

  study(name: string): Promise<unknown> {
    return this.once(name, 'study', async (record): Promise<StudiedRecord> => {
      const studies = await studyAll(record);
      return {
        folder: basename(record.folder),
        missing: record.missing,
        notes: await readNotes(record.folder),
        runs: studies.map(studied),
      };
    });
  }

  series(name: string, run: number | null, points: number): Promise<unknown> {
    return this.once(name, `series ${run} ${points}`, async (record) =>
      // Several runs in one picture would be one line that jumps: without a number it is the newest.
      plain(await seriesOf(record, run ?? (await runsIn(record)).at(-1) ?? null, COLUMNS, { most: points })),
    );
  }

  /** What was made of this record as it is now; made once, and one after the other. */
  private once(name: string, what: string, make: (record: RecordedRun) => Promise<unknown>): Promise<unknown> {
    const folder = this.folder(name);
    const key = `${name} ${what}`;
    const stamp = [FILES.data, FILES.events, 'notes.json'].map((file) => sizeOf(join(folder, file))).join(' ');
    const before = this.kept.get(key);
    const nowMs = performance.now();
    if (before?.stamp === stamp && nowMs - before.atMs < FRESH_MS) return before.value;
    const value = this.inTurn(async () => make(await openRun(folder)));
    this.kept.delete(key);
    this.kept.set(key, { stamp, atMs: nowMs, value });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MOST_KEPT) break;
      this.kept.delete(oldest);
    }
    // What failed is tried again.
    value.catch(() => this.kept.delete(key));
    return value;
  }

  inTurn<T>(make: () => Promise<T>): Promise<T> {
    if (this.waiting >= MOST_WAITING) throw new Refused(429, 'Too many runs wait to be read; ask again in a moment.');
    this.waiting += 1;
    const mine = this.last
      .catch(() => {})
      .then(make)
      .catch((error: unknown) => {
        throw refusalOf(error);
      });
    this.last = mine;
    const done = (): void => {
      this.waiting -= 1;
    };
    mine.then(done, done);
    return mine;
  }
}

/** A run for the page: figures with their words, and when which verdict held. */
function studied({ figures, verdicts, marks }: RunStudy): StudiedRun {
  return {
    run: figures.run,
    started_utc: figures.startedUtc,
    pattern: figures.pattern,
    basis: figures.basis,
    last_verdict: figures.lastVerdict,
    verdict_shares: Object.fromEntries(Object.entries(figures.verdicts).map(([name, { share }]) => [name, share])),
    segregated_estimate: figures.segregatedEstimate,
    simulated_truth: figures.SIMULATED_truth,
    figures: RUN_FIGURE_NAMES.map((name) => {
      const { label, note } = runFigureRow(name);
      return {
        name,
        label,
        note: note ?? null,
        value: figures.values[name].value,
        words: inWords(name, figures.values[name]),
      };
    }),
    verdicts,
    marks,
  };
}

/** Numbers as JSON has them: an absent one is null. */
function plain({ binS, t, columns }: RunSeries<(typeof COLUMNS)[number]>): RunColumns {
  const list = (values: Float64Array): (number | null)[] =>
    Array.from(values, (value) => (Number.isFinite(value) ? Number(value.toPrecision(6)) : null));
  return {
    bin_s: binS,
    t: Array.from(t),
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, { min, max }]) => [name, { min: list(min), max: list(max) }]),
    ),
  };
}

/** A page of its own about up to six runs, to be saved and printed. */
async function report(shelf: Shelf, { query, response }: Asked): Promise<void> {
  const names = String(query['runs']).split(',');
  if (names.length > MOST_RUNS) throw new Refused(422, `A report has at most ${MOST_RUNS} runs.`);
  const html = await shelf.inTurn(async () => {
    const runs = [];
    for (const [n, name] of names.entries()) {
      const [folder = '', number, ...more] = name.split(':');
      if (more.length > 0 || (number !== undefined && !/^\d{1,6}$/.test(number)))
        throw new Refused(404, 'There is no such run.');
      const path = shelf.folder(folder);
      runs.push(await reportRun(await namedRun(number === undefined ? path : `${path}:${number}`), n));
    }
    return reportPage(runs, drawings(runs));
  });
  sendText(response, 200, 'text/html; charset=utf-8', html, {
    'content-disposition': 'attachment; filename="report.html"',
  });
}
