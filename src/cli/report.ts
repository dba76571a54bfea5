/** `remixd report`: recorded runs as a page that can be printed, each figure also as a drawing and as numbers. */
import { closeSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNew, roomFor } from '../files/taken.ts';
import { ConfigError } from '../params/problem.ts';
import { namedRun } from '../runs/figures.ts';
import { drawings } from '../runs/report/drawings.ts';
import { reportPage } from '../runs/report/page.ts';
import { MOST_RUNS, type ReportRun, reportRun } from '../runs/report/run.ts';
import { lacksOf } from '../runs/words.ts';
import { Progress } from './output.ts';

export interface ReportOptions {
  /** FOLDER or FOLDER:N each. */
  readonly runs: readonly string[];
  readonly out: string;
  readonly json: boolean;
}

const PAGE = 'report.html';
/** The ids of all drawings, so that a folder that holds one is refused before anything is read. */
const IDS = ['temperature', 'heat', 'light', 'verdict', 'swing'] as const;
const FILES = [PAGE, ...IDS.flatMap((id) => [`${id}.svg`, `${id}.csv`])];

/** All files or none: a report that was begun would be in the way of the next one. */
function writeAll(folder: string, files: readonly (readonly [name: string, text: string])[]): void {
  const begun: string[] = [];
  try {
    for (const [name, text] of files) {
      const path = join(folder, name);
      const file = openNew(path);
      begun.push(path);
      try {
        writeFileSync(file, text);
      } finally {
        closeSync(file);
      }
    }
  } catch (error) {
    for (const path of begun) rmSync(path, { force: true });
    throw error;
  }
}

const lacking = ({ name, record, study }: ReportRun): readonly string[] =>
  lacksOf(record.missing, study.figures.damaged).map((what) => `${name}: ${what}\n`);

/**
 * Writes the report. Returns the exit code 0.
 * @throws ConfigError with more runs than fit; RunError; Taken when the folder holds a report; or a file error
 */
export async function reportCommand({ runs, out, json }: ReportOptions): Promise<number> {
  if (runs.length > MOST_RUNS) {
    const remedy = 'Name fewer runs, or make several reports.';
    const allowed = `at most ${MOST_RUNS} runs in one report`;
    throw new ConfigError([{ code: 'USAGE', path: 'run', got: `${runs.length} runs`, allowed, remedy }]);
  }
  const named = [];
  for (const name of runs) named.push(await namedRun(name));
  roomFor(out, FILES);
  const progress = new Progress();
  const read: ReportRun[] = [];
  for (const [n, one] of named.entries()) {
    progress.show(n / named.length, one.name);
    read.push(await reportRun(one, n));
  }
  progress.done();
  const figures = drawings(read);
  writeAll(out, [
    [PAGE, reportPage(read, figures)],
    ...figures.flatMap(({ id, svg, csv }) => [[`${id}.svg`, svg] as const, [`${id}.csv`, csv] as const]),
  ]);
  const told = read.map(({ name, label, record, study }) => ({
    ...{ name, label, missing: record.missing },
    figures: study.figures,
  }));
  const files = FILES.map((name) => join(out, name));
  process.stdout.write(
    json
      ? `${JSON.stringify({ files, runs: told }, null, 1)}\n`
      : `Report: ${files[0]}\nFigures: ${IDS.join(', ')} (.svg, .csv)\n${read.flatMap(lacking).join('')}`,
  );
  return 0;
}
