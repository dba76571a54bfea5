/** The words of `remixd export`. What does it is loaded when it is asked for. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { ConfigError } from '../params/problem.ts';
import type { Bound } from './export.ts';
import { type Common, configOption, filled, load, refuse, setOption, whole } from './options.ts';
import { guarded } from './output.ts';

interface ExportFlags extends Common {
  readonly folder?: string;
  readonly history?: string;
  readonly from?: string;
  readonly to?: string;
  readonly run?: number;
  readonly events?: boolean;
  readonly format: 'jsonl' | 'csv';
  readonly out?: string;
}

function refuseBoth(path: string, other: string): never {
  const allowed = `one of ${path} and ${other}`;
  const remedy = `Leave out ${path} or ${other}.`;
  throw new ConfigError([{ code: 'USAGE', path, got: `together with ${other}`, allowed, remedy }]);
}

/** Adds `export`. */
export function addExport(program: Command): void {
  program
    .command('export')
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
      new Option('--format <FORMAT>', 'jsonl = every record; csv = the samples, or the events')
        .choices(['jsonl', 'csv'])
        .default('jsonl'),
    )
    .option('--out <FILE>', 'the file, which must not be there (default: the standard output)', filled)
    .action((flags: ExportFlags, command: Command) =>
      guarded(async () => {
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
          format: flags.format,
          events: flags.events === true,
          out: flags.out ?? null,
        });
      }),
    );
}
