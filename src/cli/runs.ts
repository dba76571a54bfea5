/** `remixd runs`: the recorded runs as a table, and what people say of them. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError } from '../params/problem.ts';
import {
  ISOS_FIELD_NAMES,
  isosAllowed,
  isosAssignment,
  isosRow,
  type NotesPatch,
  notesProblems,
  type RunNotes,
} from '../params/run-notes.ts';
import { namedRun } from '../runs/figures.ts';
import type { Figure } from '../runs/lifetime.ts';
import { described, type ListedRun, listedRuns, listRecords } from '../runs/list.ts';
import { readNotes, writeNotes } from '../runs/notes.ts';
import { openRun } from '../runs/record.ts';
import { inWords, lacksOf } from '../runs/words.ts';
import { Progress } from './output.ts';
import { tableText } from './table.ts';

/** A run as it was typed: a path, or the name of a folder in the folder of runs. */
export function runPath(name: string, runsDir: string): string {
  const [, folder = name] = /^(.+):\d+$/.exec(name) ?? [];
  return existsSync(folder) || !existsSync(join(runsDir, folder)) ? name : join(runsDir, name);
}

export interface ListOptions {
  readonly runsDir: string;
  /** So many of the newest folders. */
  readonly limit: number;
  readonly json: boolean;
}

/** Prints the newest runs. Returns the exit code 0. Rejects with a file error. */
export async function listCommand({ runsDir, limit, json }: ListOptions): Promise<number> {
  const progress = new Progress();
  const records = await listRecords(runsDir, limit);
  const runs: ListedRun[] = [];
  for (const [n, record] of records.entries()) {
    progress.show(n / records.length, record.folder);
    runs.push(...(await listedRuns(record)));
  }
  progress.done();
  process.stdout.write(json ? `${JSON.stringify(runs.map(asData), null, 1)}\n` : `${text(runs, runsDir)}\n`);
  return 0;
}

const asData = ({ name, folder, record, facts, notes, study, problem }: ListedRun): unknown => ({
  ...{ name, folder, problem, notes, missing: record?.missing ?? [] },
  ...(facts && { facts: { ...facts, settings: undefined } }),
  figures: study?.figures ?? null,
});

const HEAD = [
  ...[
    'run',
    'start',
    'sample',
    'operator',
    'recipe',
    'duration',
    'verdict',
    'MIXED',
    'first alarm',
    'trips',
    'T80 (PL)',
  ],
];

function cells({ name, facts, notes, study, problem }: ListedRun): readonly string[] {
  if (!study) return [name, problem ?? ''];
  const { values, verdicts, lastVerdict, firstAlarm, startedUtc } = study.figures;
  const simulated = facts?.simulated === false ? '' : facts?.simulated ? 'SIMULATED' : 'not known';
  return [
    name,
    startedUtc?.replace(/\.\d+Z$/, 'Z') ?? 'virtual time',
    [described('sample', facts, notes) ?? '–', simulated].filter(Boolean).join(' · '),
    described('operator', facts, notes) ?? '–',
    facts?.recipe.name ?? '–',
    inWords('durationS', values.durationS),
    lastVerdict ?? '–',
    values.durationS.value === null ? '–' : `${(100 * verdicts.MIXED.share).toFixed(1)} %`,
    firstAlarm ? `${firstAlarm.atS.toFixed(1)} s ${firstAlarm.what}` : '–',
    inWords('trips', values.trips),
    shortT80(values.t80S),
  ];
}

/** Only what was looked for in enough light was not reached. */
const shortT80 = (t80: Figure): string =>
  t80.value !== null ? inWords('t80S', t80) : t80.why.startsWith('not reached') ? 'not reached' : '–';

/** What the records lack; of one with several runs it is said once. */
const lacking = (runs: readonly ListedRun[]): readonly string[] =>
  runs
    .filter(({ folder }, n) => runs.findIndex((one) => one.folder === folder) === n)
    .flatMap(({ folder, record, study }) =>
      lacksOf(record?.missing ?? [], study?.figures.damaged ?? 0).map((what) => `${folder}: ${what}`),
    );

function text(runs: readonly ListedRun[], runsDir: string): string {
  if (runs.length === 0) return `No recorded runs in ${runsDir}.`;
  const problems = runs.flatMap(({ name, study, problem }) => (study && problem ? [`${name}: ${problem}`] : []));
  return [tableText([HEAD, ...runs.map(cells)]), ...problems, ...lacking(runs)].join('\n');
}

export interface NoteOptions {
  readonly run: string;
  readonly texts: Pick<NotesPatch, 'sample' | 'operator' | 'note'>;
  /** `KEY=VALUE` each; an empty value removes the field. */
  readonly isos: readonly string[];
  readonly json: boolean;
}

/**
 * Changes the description of a run and prints it. Returns the exit code 0.
 * @throws ConfigError with every problem of the command line; RunError, or a file error
 */
export async function noteCommand({ run, texts, isos, json }: NoteOptions): Promise<number> {
  const patch = patchOf(texts, isos);
  const problems = notesProblems(patch, removal).map((one) => ({ ...one, code: 'USAGE' }));
  if (problems.length > 0) throw new ConfigError(problems);
  const folder = run.replace(/:\d+$/, '');
  // The description is of the whole record, but a run that is not there is another one than was meant.
  if (folder !== run) await namedRun(run);
  const isChange = Object.keys(patch).length > 0;
  const { folder: first } = isChange ? { folder } : await openRun(folder);
  const notes = isChange ? await writeNotes(folder, patch, new Date().toISOString()) : await readNotes(first);
  process.stdout.write(json ? `${JSON.stringify(notes, null, 1)}\n` : `${fieldsText(basename(folder), notes)}\n`);
  return 0;
}

const removal = (path: string): string =>
  path.startsWith('isos.') ? `write --isos ${path.slice('isos.'.length)}=` : `write --${path} ""`;

function patchOf(texts: NoteOptions['texts'], isos: readonly string[]): NotesPatch {
  const said = Object.entries(texts).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value === '' ? null : value]],
  );
  const fields = isos.map((assignment) => {
    const read = isosAssignment(assignment);
    if (read) return [read.key, read.value];
    const remedy = 'Write --isos KEY=VALUE; KEY= removes the field.';
    throw new ConfigError([{ code: 'USAGE', path: '--isos', got: assignment, allowed: 'KEY=VALUE', remedy }]);
  });
  return { ...Object.fromEntries(said), ...(fields.length > 0 && { isos: Object.fromEntries(fields) }) };
}

/** Every field, also those that were not said: they are what a reader will ask for. */
function fieldsText(name: string, notes: RunNotes): string {
  const texts = (['sample', 'operator', 'note'] as const).map((key) => [key, notes[key] ?? '–', '']);
  const fields = ISOS_FIELD_NAMES.map((key) => {
    const value = notes.isos?.[key];
    const row = isosRow(key);
    const unit = row.kind === 'number' && value !== undefined ? ` ${row.unit}` : '';
    return [
      key,
      value === undefined ? '–' : `${value}${unit}`,
      `${row.label}: ${isosAllowed(row)}, e.g. ${row.example}`,
    ];
  });
  return tableText([[name, 'description', 'allowed'], ...texts, ...fields]);
}
