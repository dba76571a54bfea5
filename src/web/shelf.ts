/** The records of a folder, with what was found out of them: rows are read for one request at a time, and once for all who ask. */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FILES } from '../files/run-folder.ts';
import type { RunColumns, StudiedRecord, StudiedRun } from '../params/page-records.ts';
import { ConfigError } from '../params/problem.ts';
import { RUN_FIGURE_NAMES, runFigureRow } from '../params/run-figures.ts';
import { RUN_NAME } from '../params/web.ts';
import { namedRun, type RunStudy, runsIn, studyAll } from '../runs/figures.ts';
import { readNotes } from '../runs/notes.ts';
import { RunError } from '../runs/problem.ts';
import { openRun, type RecordedRun } from '../runs/record.ts';
import { drawings } from '../runs/report/drawings.ts';
import { reportPage } from '../runs/report/page.ts';
import { MOST_RUNS, reportRun } from '../runs/report/run.ts';
import { type RunSeries, seriesOf } from '../runs/series.ts';
import { inWords, lacksOf } from '../runs/words.ts';
import { Refused } from './answer.ts';
import { Turns } from './turns.ts';

/** Columns of the overlay of several runs. */
const COLUMNS = ['film_c', 'tc_c', 'pl_red_v', 'pl_reference_v', 'pl_green_v', 'segregated'] as const;
/** Runs that wait to be read; each may take seconds. */
const MOST_WAITING = 8;
/** What is kept is read again after so long: a record may go on in another folder. ms */
const FRESH_MS = 60_000;
/** Studies that are kept: reading a day of rows again takes seconds. */
const MOST_KEPT = 24;

interface Kept {
  /** Before, it waits for its turn, and will see the record as it is then. */
  hasBegun: boolean;
  readonly stamp: string;
  readonly atMs: number;
  readonly value: Promise<unknown>;
}

export class Shelf {
  private readonly kept = new Map<string, Kept>();
  /** Reports that are being made, by the runs in them. */
  private readonly reports = new Map<string, Promise<Buffer>>();
  private readonly turns = new Turns(MOST_WAITING, 'Too many runs wait to be read; ask again in a moment.');

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
        missing: lacksOf(record.missing, studies[0]?.figures.damaged ?? 0),
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

  /** A page of its own about up to six runs, to be saved and printed; one that is being made is for all who ask for the same. */
  report(runs: string): Promise<Buffer> {
    const under = this.reports.get(runs);
    if (under) return under;
    const value = this.inTurn(() => this.makeReport(runs.split(','))).finally(() => this.reports.delete(runs));
    this.reports.set(runs, value);
    return value;
  }

  private async makeReport(names: readonly string[]): Promise<Buffer> {
    if (names.length > MOST_RUNS) throw new Refused(422, `A report has at most ${MOST_RUNS} runs.`);
    const runs = [];
    for (const [n, name] of names.entries()) {
      const [folder = '', number, ...more] = name.split(':');
      if (more.length > 0 || (number !== undefined && !/^\d{1,6}$/.test(number)))
        throw new Refused(404, 'There is no such run.');
      const path = this.folder(folder);
      runs.push(await reportRun(await namedRun(number === undefined ? path : `${path}:${number}`), n));
    }
    return Buffer.from(reportPage(runs, drawings(runs)));
  }

  /** What was made of this record as it is now; made once, and one after the other. */
  private async once(name: string, what: string, make: (record: RecordedRun) => Promise<unknown>): Promise<unknown> {
    const folder = this.folder(name);
    const key = `${name} ${what}`;
    const stamp = await stampOf(folder);
    const before = this.kept.get(key);
    const nowMs = performance.now();
    if (before && (!before.hasBegun || (before.stamp === stamp && nowMs - before.atMs < FRESH_MS))) return before.value;
    const kept: Kept = {
      hasBegun: false,
      stamp,
      atMs: nowMs,
      value: this.inTurn(async () => {
        kept.hasBegun = true;
        return make(await openRun(folder));
      }),
    };
    this.kept.delete(key);
    this.kept.set(key, kept);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MOST_KEPT) break;
      this.kept.delete(oldest);
    }
    // What failed is tried again.
    kept.value.catch(() => {
      if (this.kept.get(key) === kept) this.kept.delete(key);
    });
    return kept.value;
  }

  private inTurn<T>(make: () => Promise<T>): Promise<T> {
    return this.turns.take(make).catch((error: unknown) => {
      throw refusalOf(error);
    });
  }
}

/** Changes with each row, and with each description. */
async function stampOf(folder: string): Promise<string> {
  const stamps: string[] = [];
  for (const file of [FILES.data, FILES.events, 'notes.json']) {
    const is = await stat(join(folder, file)).catch(() => null);
    stamps.push(is === null ? '-' : `${is.size} ${is.mtimeMs} ${is.ino}`);
  }
  return stamps.join(', ');
}

/** What a reader of runs threw, as an answer. */
export function refusalOf(error: unknown): unknown {
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
