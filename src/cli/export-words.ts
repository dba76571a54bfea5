/** The words of `remixd export`. What does it is loaded when it is asked for. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { ConfigError } from '../params/problem.ts';
import type { Bound } from './export.ts';
import type { RunFormat } from './export-run.ts';
import { type Common, configOption, filled, load, refuse, setOption, whole } from './options.ts';
import { guarded } from './output.ts';

interface ExportFlags extends Common {
  readonly folder?: string;
  readonly history?: string;
  readonly from?: string;
  readonly to?: string;
  readonly run?: number;
  readonly events?: boolean;
  readonly format: 'jsonl' | RunFormat;
  readonly out?: string;
}

/** What is asked of the history or a run folder as it was recorded, and not of a run. */
const ELSEWHERE = ['folder', 'history', 'from', 'to', 'run', 'events'] as const;

async function ofRun(run: string, flags: ExportFlags): Promise<number> {
  const { exportRun } = await import('./export-run.ts');
  const { runPath } = await import('./runs.ts');
  for (const name of ELSEWHERE) if (flags[name] !== undefined) refuseBoth(`--${name}`, 'the run');
  const path = runPath(run, load(flags).settings['runtime.runsDir']);
  const { format, out = null } = flags;
  if (format !== 'jsonl') return exportRun({ run: path, format, out });
  const { exportLocal } = await import('./export.ts');
  return exportLocal({ history: '', folder: path, from: null, to: null, run: null, format, events: false, out });
}

function refuseBoth(path: string, other: string): never {
  const allowed = `one of ${path} and ${other}`;
  const remedy = `Leave out ${path} or ${other}.`;
  throw new ConfigError([{ code: 'USAGE', path, got: `together with ${other}`, allowed, remedy }]);
}

function refuseAlone(format: string): never {
  const allowed = 'jsonl or csv; with a run also origin, parquet, hdf5 and json';
  const remedy = 'Name a run: remixd export RUN.';
  throw new ConfigError([{ code: 'USAGE', path: '--format', got: `${format} without a run`, allowed, remedy }]);
}

/** Adds `export`. */
export function addExport(program: Command): void {
  program
    .command('export')
    .argument('[run]', 'a recorded run: its folder, its name in the folder of runs, or FOLDER:N')
    .description('what was recorded on this computer, from the history or a run folder; needs no broker and no bench')
    .addOption(configOption())
    .addOption(setOption())
    .option('--folder <DIR>', 'a run folder (default: the history of the state folder)', filled)
    .option('--history <FILE>', 'another history file, also a damaged one that was kept', filled)
    .option('--from <N|DATE>', 'from this record number, or date in ISO 8601 (UTC); in a run folder: seconds', filled)
    .option('--to <N|DATE>', 'up to this one', filled)
    .option('--run <N>', 'one run: its number since the program started', whole)
    .option('--events', 'csv: the events instead of the samples')
    .addOption(
      new Option(
        '--format <FORMAT>',
        'jsonl = every record; csv = the samples, or the events; of a run also origin, parquet, hdf5, and json = its facts',
      )
        .choices(['jsonl', 'csv', 'origin', 'parquet', 'hdf5', 'json'])
        .default('jsonl'),
    )
    .option('--out <FILE>', 'the file, which must not be there (default: the standard output)', filled)
    .action((run: string | undefined, flags: ExportFlags, command: Command) =>
      guarded(async () => {
        if (run !== undefined) return ofRun(run, flags);
        const { format } = flags;
        if (format !== 'jsonl' && format !== 'csv') refuseAlone(format);
        const { boundOf, exportLocal } = await import('./export.ts');
        if (flags.folder !== undefined && flags.history !== undefined) refuseBoth('--folder', '--history');
        const bound = (name: 'from' | 'to'): Bound | null => {
          const text = flags[name];
          if (text === undefined) return null;
          const option = command.options.find(({ long }) => long === `--${name}`);
          return boundOf(text) ?? refuse(option, text, 'a number, or a date such as 2026-11-20T08:00:00Z');
        };
        const state = (): string => load(flags).settings['runtime.stateDir'];
        return exportLocal({
          history: flags.history ?? (flags.folder === undefined ? join(state(), 'history', 'history.db') : ''),
          folder: flags.folder ?? null,
          from: bound('from'),
          to: bound('to'),
          run: flags.run ?? null,
          format,
          events: flags.events === true,
          out: flags.out ?? null,
        });
      }),
    );
}
