/** `remixd remote`: watches and tunes a bench remotely, over MQTT. */
import { newId, Person, type PersonOptions, RemoteError } from '../client/person.ts';
import { credentialFiles } from '../files/credentials.ts';
import type { Answer } from '../params/answers.ts';
import { isSettingKey, parseText } from '../params/check.ts';
import type { CommandName } from '../params/commands.ts';
import { topics } from '../params/mqtt.ts';
import { ConfigError } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { brokerOf, credentialsOf } from './credentials.ts';
import { optionsAgain } from './options.ts';
import { EXIT_UNKNOWN } from './output.ts';
import { onSignal } from './signals.ts';

export interface RemoteFlags {
  readonly broker?: string;
  readonly device?: string;
  readonly client: string;
  readonly json?: boolean;
  readonly config?: string;
  readonly set?: readonly string[];
  /** How long to wait for an answer, s. */
  readonly wait?: number;
}

/** Work over a connection; returns the exit code. */
export type RemoteWork = (person: Person, out: (text: string) => void) => Promise<number>;

const personOf = (settings: Settings, flags: RemoteFlags): PersonOptions => ({
  url: flags.broker ?? brokerOf(settings),
  topics: topics(flags.device ?? settings['mqtt.device']),
  client: flags.client,
  wallS: () => Date.now() / 1000,
  files: credentialFiles(settings),
});

/**
 * Connects as configured, does the work, disconnects. Exit code 1 when the device refused or did not answer, 75 when it is
 * not known whether a command was carried out.
 */
export async function remote(settings: Settings, flags: RemoteFlags, work: RemoteWork): Promise<number> {
  credentialsOf(settings);
  try {
    const person = await Person.connect(personOf(settings, flags));
    try {
      return await Promise.race([work(person, out), person.lost]);
    } finally {
      await person.close();
    }
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    return failed(error, flags);
  }
}

const out = (text: string): void => void process.stdout.write(`${text}\n`);

/** What went wrong, as a block on the standard error; returns the exit code. */
function failed({ code, message, remedy }: RemoteError, flags: RemoteFlags): number {
  const isUnknown = code === 'REMOTE_UNKNOWN';
  const what = isUnknown
    ? 'Outcome unknown'
    : code === 'REMOTE_DENIED'
      ? 'The broker denies it'
      : 'No answer from the bench';
  const next = remedy.replace('remixd remote get', `remixd remote get${again(flags)}`);
  process.stderr.write(`${what}   [${code}]\n    cause    ${message}\n    remedy   ${next}\n`);
  return isUnknown ? EXIT_UNKNOWN : 1;
}

/** The options that the next command needs, too. */
const again = ({ broker, device, client, config, set }: RemoteFlags): string =>
  optionsAgain({ broker, device, client: client === DEFAULT_CLIENT ? undefined : client, config, set });

/** Who asks where nothing else is said. */
export const DEFAULT_CLIENT = 'person';

const STOP_WAIT_S = 30;
const STOP_EVERY_MS = 2000;
const RECONNECT_MS = 1000;

/**
 * Stops a bench: the same stop, by its id, is sent again every 2 s, over new connections where one is lost, until it is
 * answered or given up (`--wait`, Ctrl-C). Exit code 0 answered, 1 never sent or refused, 75 sent and not answered.
 */
export async function stopRemote(settings: Settings, flags: RemoteFlags): Promise<number> {
  credentialsOf(settings);
  const end = performance.now() + 1000 * (flags.wait ?? STOP_WAIT_S);
  const given = { up: false };
  const giveUp = (): void => {
    given.up = true;
  };
  onSignal(giveUp);
  const id = newId();
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  let last: RemoteError | null = null;
  let sent = 0;
  try {
    while (!given.up && performance.now() < end) {
      let person: Person | null = null;
      try {
        person = await Person.connect({ ...personOf(settings, flags), mayBeDeaf: true });
        while (!given.up && performance.now() < end) {
          sent += 1;
          const answer = await person.ask('stop', {}, { id, waitMs: STOP_EVERY_MS }).catch(unknownOnly);
          if (!(answer instanceof RemoteError)) return told(answer, sent, flags);
          last = answer;
          note(`not answered (${sent}); the stop is sent again, for ${left(end)} s more. Ctrl-C gives up.`);
          if (!person.connected) break;
        }
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        if (error.code === 'REMOTE_DENIED') return failed(error, flags);
        if (last?.message !== error.message && sent === 0)
          note(`not sent: ${error.message}. Trying for ${left(end)} s more.`);
        last ??= error;
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      } finally {
        await person?.close();
      }
    }
  } finally {
    process.off('SIGINT', giveUp);
  }
  note(sent === 0 ? 'Given up: the stop was never sent.' : `Given up after ${sent} tries.`);
  return failed(last ?? new RemoteError('REMOTE_SILENT', 'given up', 'Send it again.'), flags);
}

const left = (end: number): number => Math.max(0, Math.ceil((end - performance.now()) / 1000));

/** An answer that did not come is no end of it; a refusal is. @throws RemoteError */
const unknownOnly = (error: unknown): RemoteError => {
  if (error instanceof RemoteError && error.code === 'REMOTE_UNKNOWN') return error;
  throw error;
};

function told(answer: Answer, sent: number, { json }: RemoteFlags): number {
  out(json === true ? JSON.stringify(answer) : words(answer));
  if (sent > 1) process.stderr.write(`answered at try ${sent}\n`);
  return answer.code < 300 ? 0 : 1;
}

/** One command and its answer. */
export const asking =
  (name: CommandName, fields: Readonly<Record<string, unknown>>, { json, wait }: RemoteFlags): RemoteWork =>
  async (person, out) => {
    const answer = await person.ask(name, fields, waiting(wait));
    out(json ? JSON.stringify(answer) : words(answer));
    return answer.code < 300 ? 0 : 1;
  };

const waiting = (waitS: number | undefined): { waitMs?: number } =>
  waitS === undefined ? {} : { waitMs: 1000 * waitS };

/**
 * Tries settings KEY=VALUE, for the revision that the device shows.
 * @throws ConfigError USAGE for one that is not of this form, and for a key that is given twice
 */
export function trying(
  assignments: readonly string[],
  confirmS: number,
  device: string,
  flags: RemoteFlags,
): RemoteWork {
  const patch = patchOf(assignments);
  const { json = false, wait } = flags;
  const more = again(flags);
  return async (person, out) => {
    const { rev } = (await person.value(topics(device).cfg)) as { rev: number };
    const answer = await person.ask('try', { base_rev: rev, patch, confirm_s: confirmS }, waiting(wait));
    const { data, ...rest } = answer;
    out(json ? JSON.stringify(answer) : words(rest));
    const tried = (data as { rev?: number } | undefined)?.rev;
    if (!json && tried !== undefined)
      out(`keep it:  remixd remote confirm ${tried}${more}     end it:  remixd remote revert${more}`);
    return answer.code < 300 ? 0 : 1;
  };
}

function patchOf(assignments: readonly string[]): Record<string, unknown> {
  const wrong = (text: string, allowed: string, remedy: string): never => {
    throw new ConfigError([{ code: 'USAGE', path: text, got: text, allowed, remedy }]);
  };
  const patch = new Map<string, unknown>();
  for (const text of assignments) {
    const at = text.indexOf('=');
    if (at <= 0) wrong(text, 'KEY=VALUE', 'Write for example pulse.onMs=400, without spaces.');
    const key = text.slice(0, at);
    const value = text.slice(at + 1);
    if (patch.has(key)) wrong(text, `one value for ${key}`, `Give ${key} once.`);
    patch.set(key, isSettingKey(key) ? parseText(key, value) : value);
  }
  return Object.fromEntries(patch);
}

/** Prints every message of the device until the program is stopped or `seconds` have passed; exit code 1 without any. */
export const watching =
  (device: string, seconds: number | null, json: boolean): RemoteWork =>
  async (person, out) => {
    const names = topics(device);
    person.watch((topic, payload) => {
      const short = topic.slice(names.root.length + 1);
      if (json) out(JSON.stringify({ topic, payload }));
      else if (topic === names.state || topic === names.live)
        out(`${short.padEnd(6)}${stateLine(payload as Record<string, unknown>)}`);
      else if (topic === names.cfg)
        out(
          `${short.padEnd(6)}revision ${String((payload as { rev: number }).rev)}, trial ${JSON.stringify((payload as { trial: unknown }).trial)}`,
        );
      else out(`${short.padEnd(6)}${typeof payload === 'string' ? payload : JSON.stringify(payload)}`);
    });
    return whileThere(person, device, seconds);
  };

/** Waits to the end of the watch, and says it when the device is away. @throws RemoteError REMOTE_SILENT when there is none */
async function whileThere(person: Person, device: string, seconds: number | null): Promise<number> {
  const { avail } = topics(device);
  const ended = whileWatched(seconds);
  const there = person.value(avail).then((value) => {
    if (value !== 'online') process.stderr.write(`${device} is ${String(value)}: nothing comes until it is back\n`);
    return true;
  });
  there.catch((error: RemoteError) => process.stderr.write(`${error.message}. ${error.remedy}\n`));
  await ended;
  // A short watch may end before the first message could have come.
  if (!person.hears) await there;
  return 0;
}

/** Resolves when the program is stopped, its output is closed, or `seconds` have passed. */
const whileWatched = (seconds: number | null): Promise<void> =>
  new Promise((resolve) => {
    onSignal(resolve);
    process.stdout.once('error', () => resolve());
    if (seconds !== null) setTimeout(resolve, 1000 * seconds).unref();
  });

/** Prints the records of the device as they arrive: events, and with `telemetry` all the others. */
export const tailing =
  (device: string, telemetry: boolean, seconds: number | null, json: boolean): RemoteWork =>
  async (person, out) => {
    const { evt, tele } = topics(device);
    await person.listen(telemetry ? [evt, tele] : [evt], (_topic, payload) => {
      const { stream, records = [] } = payload as { stream: string; records?: ToldRecord[] };
      for (const record of records) out(json ? JSON.stringify({ stream, ...record }) : recordLine(record));
    });
    return whileThere(person, device, seconds);
  };

/** Clears retained commands; exit code 1 when some are left, or when the broker does not allow reading them. */
export const clearing =
  (device: string, json: boolean): RemoteWork =>
  async (person, out) => {
    const { cleared, left } = await person.clearCommands();
    if (json) out(JSON.stringify({ cleared, left }));
    else if (cleared.length + left.length === 0) out(`no retained commands below ${topics(device).commands}`);
    for (const topic of json ? [] : cleared) out(`cleared   ${topic}`);
    for (const topic of json ? [] : left) out(`left      ${topic}   (the broker did not allow it)`);
    return left.length === 0 ? 0 : 1;
  };

/** A record as the device sends it. */
export interface ToldRecord {
  readonly seq: number;
  readonly boot: string;
  readonly kind: string;
  readonly mono_us: number;
  readonly wall_ms: number | null;
  readonly clock: string;
  readonly body: Readonly<Record<string, unknown>>;
}

function recordLine({ seq, kind, mono_us: monoUs, wall_ms: wallMs, body }: ToldRecord): string {
  const when = wallMs === null ? `+${(monoUs / 1e6).toFixed(1)} s` : new Date(wallMs).toISOString();
  const what =
    kind === 'event'
      ? `${String(body['event'])}  ${String(body['code'])}  ${String(body['text'])}`
      : JSON.stringify(body);
  return `${String(seq).padStart(8)}  ${when}  ${kind === 'event' ? '' : `${kind}  `}${what}`;
}

const number = (value: unknown, digits: number): string => (typeof value === 'number' ? value.toFixed(digits) : '--');

function stateLine(state: Record<string, unknown>): string {
  const parts = [
    String(state['state'] ?? ''),
    `TC ${number(state['tc_c'], 2)} °C`,
    `IR ${number(state['ir_c'], 2)} °C`,
    `${number(state['heater_a'], 3)} A`,
    `duty ${number(state['achieved'], 3)}`,
    `red ${number(state['pl_red_v'], 3)} V`,
  ];
  const trial = state['trial'] as { rev: number; left_s: number } | null | undefined;
  if (trial) parts.push(`trial ${trial.rev}, ${trial.left_s} s left`);
  if (state['trip'] !== null && state['trip'] !== undefined) parts.push(`TRIP ${String(state['trip'])}`);
  return parts.join(' | ');
}

function words({ code, text, errors = [], data }: Answer): string {
  const lines = [
    `${code} ${text}`,
    ...errors.map(({ path, got, allowed }) => `  ${path}   got ${got}   allowed ${allowed}`),
  ];
  if (data !== undefined) lines.push(JSON.stringify(data, null, 1));
  return lines.join('\n');
}
