/** The words of the commands about recorded runs. What does them is loaded when it is asked for. */
import type { Command } from 'commander';
import { type Common, collect, configOption, filled, jsonOption, load, setOption, whole } from './options.ts';
import { guarded } from './output.ts';

interface RunsFlags extends Common {
  readonly runsDir?: string;
}

/** The folder of recorded runs: as it was named, or as it is set. */
const runsDirOf = (flags: RunsFlags): string => flags.runsDir ?? load(flags).settings['runtime.runsDir'];

const withRuns = (command: Command): Command =>
  command
    .option('--runs-dir <DIR>', 'folder of recorded runs (default: the setting runtime.runsDir)', filled)
    .addOption(configOption())
    .addOption(setOption());

interface NoteFlags extends RunsFlags {
  readonly sample?: string;
  readonly operator?: string;
  readonly note?: string;
  readonly isos: string[];
}

function addNote(runs: Command): void {
  withRuns(runs.command('note'))
    .argument('<run>', 'a run folder, or its name in the folder of runs')
    .description(
      'describe a run in notes.json beside its record; without a change: show the description and its fields',
    )
    .option('--sample <TEXT>', 'sample; an empty text removes it')
    .option('--operator <TEXT>', 'person at the bench')
    .option('--note <TEXT>', 'a note of at most 2000 characters')
    .option('--isos <KEY=VALUE>', 'a field of the ISOS checklist; may be repeated; KEY= removes it', collect, [])
    .addOption(jsonOption())
    .action((run: string, _: unknown, command: Command) =>
      guarded(async () => {
        const flags: NoteFlags = command.optsWithGlobals();
        const { noteCommand, runPath } = await import('./runs.ts');
        const { sample, operator, note, isos, json = false } = flags;
        const texts = { ...(sample !== undefined && { sample }), ...(operator !== undefined && { operator }) };
        return noteCommand({
          run: runPath(run, runsDirOf(flags)),
          texts: { ...texts, ...(note !== undefined && { note }) },
          isos,
          json,
        });
      }),
    );
}

function addReport(program: Command): void {
  withRuns(program.command('report'))
    .argument('<runs...>', 'run folders, or their names in the folder of runs; FOLDER:N for one run of a record')
    .description('a page with figures, methods and figures of merit; several runs are drawn over each other')
    .option('--out <DIR>', 'the folder of the report, which must hold none', filled, 'report')
    .addOption(jsonOption())
    .action((names: string[], flags: RunsFlags & { readonly out: string }) =>
      guarded(async () => {
        const { reportCommand } = await import('./report.ts');
        const { runPath } = await import('./runs.ts');
        const runsDir = runsDirOf(flags);
        const runs = names.map((name) => runPath(name, runsDir));
        return reportCommand({ runs, out: flags.out, json: flags.json === true });
      }),
    );
}

function addReplay(program: Command): void {
  program
    .command('replay')
    .argument('<run>', 'a run folder, or its name in the folder of runs; FOLDER:N for one run of a record')
    .description(
      'the recorded light through the light path of today: where the verdicts differ; exit code 1 if they do',
    )
    .option('--runs-dir <DIR>', 'folder of recorded runs (default: the setting runtime.runsDir)', filled)
    .addOption(configOption())
    .option('--set <KEY=VALUE>', 'instead of a setting of the run; may be repeated', collect, [])
    .addOption(jsonOption())
    .action((run: string, flags: RunsFlags) =>
      guarded(async () => {
        const { replayCommand } = await import('./replay.ts');
        const { runPath } = await import('./runs.ts');
        // What is tried is of the run and not of this computer.
        const runsDir = runsDirOf({ ...flags, set: [] });
        return replayCommand({ run: runPath(run, runsDir), set: flags.set, json: flags.json === true });
      }),
    );
}

/** Adds `runs`, and what is done with a recorded run. */
export function addRuns(program: Command): void {
  const runs = withRuns(program.command('runs'))
    .description('the newest recorded runs with their figures of merit')
    .option('--limit <N>', 'so many of the newest folders', whole, 20)
    .addOption(jsonOption())
    .action((flags: RunsFlags & { readonly limit: number }) =>
      guarded(async () => {
        const { listCommand } = await import('./runs.ts');
        return listCommand({ runsDir: runsDirOf(flags), limit: flags.limit, json: flags.json === true });
      }),
    );
  addNote(runs);
  addReport(program);
  addReplay(program);
}
