/** The words of `remixd remote`: what can be done with a bench over MQTT. What does it is loaded when it is asked for. */
import { type Command, Option } from 'commander';
import { type CommandName, commandRow } from '../params/commands.ts';
import {
  broker,
  type Common,
  configOption,
  filled,
  jsonOption,
  load,
  named,
  positive,
  setOption,
  whole,
} from './options.ts';
import { guarded } from './output.ts';
import type { RemoteWork } from './remote.ts';

interface AfarFlags extends Common {
  readonly broker?: string;
  readonly device?: string;
  readonly client: string;
  readonly wait?: number;
  readonly try?: number;
  readonly duration?: number;
  readonly seconds?: number;
  readonly recipe?: string;
  readonly telemetry?: boolean;
  readonly last?: number;
  readonly from?: number;
  readonly out?: string;
  readonly format?: 'jsonl' | 'csv';
}

/** What a command does, in the words of its row. */
const about = (name: CommandName): string => `${commandRow(name).label}. ${commandRow(name).why}`;

type Work = (words: string[], flags: AfarFlags, device: string) => Promise<RemoteWork> | RemoteWork;
/** Makes a command with the options of the connection. */
type Connecting = (name: string, text: string) => Command;
/** A command: the words, and what is done over the connection. */
type Remotely = (name: string, text: string, work: Work) => Command;

const commands = () => import('./remote.ts');
const asking = async (...given: Parameters<Awaited<ReturnType<typeof commands>>['asking']>) =>
  (await commands()).asking(...given);
const waiting = (command: Command, defaultS = 3): Command =>
  command.option('--wait <SECONDS>', `how long to wait for the answer (default ${defaultS})`, positive);

/** Adds `remote` and its commands. */
export function addRemote(program: Command): void {
  const remote = program.command('remote').description('watch and tune a bench over MQTT');
  const connecting: Connecting = (name, text) =>
    remote
      .command(name)
      .description(text)
      .addOption(configOption())
      .addOption(setOption())
      .option('--broker <URL>', 'HOST, mqtt:// or mqtts://HOST:PORT (default: that of the configuration)', broker)
      .option('--device <NAME>', 'the device (default: that of the configuration)', named)
      .option('--client <NAME>', 'who you are: the name that the broker knows you by', named, 'person')
      .addOption(jsonOption());
  const remotely: Remotely = (name, text, work) =>
    connecting(name, text).action((...given: unknown[]) =>
      guarded(async () => {
        const flags = given.at(-2) as AfarFlags;
        const { settings } = load(flags);
        const { remote } = await commands();
        const words = given.slice(0, -2).flat().map(String);
        return remote(settings, flags, await work(words, flags, flags.device ?? settings['mqtt.device']));
      }),
    );
  addLooks(remotely);
  addActs(remotely, connecting);
  addRecords(remotely);
}

function addLooks(remotely: Remotely): void {
  remotely('watch', 'every message of the bench as it comes', async (_, { seconds, json }, device) =>
    (await commands()).watching(device, seconds ?? null, json === true),
  ).option('--seconds <N>', 'end by itself', positive);
  remotely(
    'tail',
    'its events as they are recorded: trips, runs, changes, refused commands',
    async (_, flags, device) =>
      (await commands()).tailing(device, flags.telemetry === true, flags.seconds ?? null, flags.json === true),
  )
    .option('--telemetry', 'samples and period summaries, too')
    .option('--seconds <N>', 'end by itself', positive);
  waiting(remotely('get', about('get'), (_, flags) => asking('get', {}, flags)));
}

function addActs(remotely: Remotely, connecting: Connecting): void {
  waiting(
    remotely('set <KEY=VALUE...>', about('try'), async (words, flags, device) =>
      (await commands()).trying(words, flags.try ?? 120, device, flags),
    ),
  ).option('--try <SECONDS>', 'how long the trial lasts (default 120)', positive);
  waiting(
    remotely('confirm', about('confirm'), ([rev], flags) => asking('confirm', { rev: Number(rev) }, flags)),
  ).argument('<REV>', 'the revision of the trial', whole);
  for (const name of ['revert', 'find', 'find-stop'] as const)
    waiting(remotely(name, about(name), (_, flags) => asking(name, {}, flags)));
  waiting(connecting('stop', `${about('stop')} Sent again until it is answered.`), 30).action((flags: AfarFlags) =>
    guarded(async () => (await commands()).stopRemote(load(flags).settings, flags)),
  );
  waiting(
    remotely('arm', about('arm'), (_, flags) => {
      const { duration = 600, recipe } = flags;
      return asking('arm', { duration_s: duration, ...(recipe !== undefined && { recipe }) }, flags);
    }),
  )
    .option('--duration <SECONDS>', 'the run ends by itself after this (default 600)', positive)
    .option('--recipe <NAME>', 'a recipe of the device (default: the configured one)', filled);
  waiting(
    remotely('acknowledge', `${about('acknowledge')} Formerly: reset.`, ([trip], flags) =>
      asking('acknowledge', { trip: Number(trip) }, flags),
    ),
  )
    .argument('<TRIP>', 'the number of the trip', whole)
    .alias('reset');
}

function addRecords(remotely: Remotely): void {
  remotely('clear-retained', 'remove commands that somebody left retained at the broker', async (_, { json }, device) =>
    (await commands()).clearing(device, json === true),
  );
  remotely('export', 'records from the history of the device, into a file', async (_, flags, device) => {
    const { exporting } = await import('./remote-export.ts');
    const { last = 5000, from, out, format = 'jsonl' } = flags;
    return exporting({ device, from: from ?? null, last, out: out ?? null, format });
  })
    .option('--last <N>', 'the newest N records (default 5000: an hour and some)', whole)
    .option('--from <SEQ>', 'from this number on, instead', whole)
    .option('--out <FILE>', 'the file (default: the standard output)', filled)
    .addOption(
      new Option('--format <FORMAT>', 'jsonl = every record; csv = the samples')
        .choices(['jsonl', 'csv'])
        .default('jsonl'),
    );
}
