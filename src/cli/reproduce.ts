/** `remixd reproduce`: checks every statement of the papers through the whole stack. */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { version } from '../files/run-folder.ts';
import { roomFor, writeNew } from '../files/taken.ts';
import { ConfigError } from '../params/problem.ts';
import { renderReport } from '../reproduce/report.ts';
import { type Reproduction, reproduce, STATEMENT_COUNT } from '../reproduce/reproduce.ts';
import type { Statement } from '../reproduce/statement.ts';
import { Progress } from './output.ts';
import { recordsWords } from './records-words.ts';

export interface ReproduceOptions {
  readonly loaded: LoadedConfig;
  readonly out: string | null;
  readonly json: boolean;
}

const REPORT = { html: 'report.html', statements: 'statements.json' } as const;

/**
 * Prints the result; exit code 1 when a statement is not met.
 * @throws ConfigError with a bench file; Taken when the folder `out` holds a report, or a file error
 */
export function reproduceCommand({ loaded, out, json }: ReproduceOptions): number {
  if (loaded.bench) {
    const got = loaded.settings['sim.bench'];
    const allowed = 'none: the papers describe the delivered bench';
    throw new ConfigError([
      { code: 'BENCH_MISPLACED', path: 'sim.bench', got, allowed, remedy: 'Leave out the bench file here.' },
    ]);
  }
  // First, so that a folder that cannot be used, or holds a report, is refused before the work starts.
  if (out) roomFor(out, Object.values(REPORT));
  const progress = new Progress();
  let finished = 0;
  const result = reproduce(loaded.settings, (step) => {
    if ('statement' in step) finished += 1;
    else progress.show(finished / STATEMENT_COUNT, step.experiment);
  });
  progress.done();
  if (out) writeReport(out, result);
  process.stdout.write(json ? asJson(result) : `${table(result, out)}${recordsWords(result.records)}\n`);
  return result.ok ? 0 : 1;
}

const asJson = ({ ok, seed, statements, records }: Reproduction): string =>
  `${JSON.stringify({ ok, seed, simulated: true, statements, records }, null, 1)}\n`;

function writeReport(folder: string, result: Reproduction): void {
  const { lab, ...judged } = result;
  const html = renderReport({ ...judged, version: version(), experiments: lab.experiments });
  writeNew(join(folder, REPORT.html), html);
  writeNew(join(folder, REPORT.statements), asJson(result));
}

const values = (record: Statement['got']): string =>
  Object.entries(record)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

/** Which figures only show that the preset is right, in words. */
const fromPreset = ({ basis, presets }: Statement): string =>
  basis === 'result'
    ? ''
    : basis === 'preset'
      ? ' (input of the preset)'
      : ` (input of the preset: ${presets.join(', ')})`;

function table({ ok, seed, statements }: Reproduction, out: string | null): string {
  const blocks = statements.map((s) => {
    const seen = Object.keys(s.instrument).length > 0 ? `\n       seen      ${values(s.instrument)}` : '';
    return `${s.ok ? 'ok   ' : 'FAIL '}${s.id.padEnd(4)} ${s.paper}${fromPreset(s)}\n       got       ${values(s.got)}${s.ok ? '' : `\n       allowed   ${s.tolerance}`}${seen}`;
  });
  const met = statements.filter((s) => s.ok).length;
  const where = out ? `\nReport: ${join(out, REPORT.html)}` : '';
  return `${blocks.join('\n')}\n\nSIMULATED bench, seed ${seed}: ${met} of ${statements.length} statements met${ok ? '' : ' — FAILED'}.${where}\n`;
}
