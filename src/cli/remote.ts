/** `remixd remote`: watches and tunes a bench remotely, over MQTT. */
import { Person, RemoteError } from '../client/person.ts';
import { credentialFiles } from '../files/credentials.ts';
import type { Answer } from '../params/answers.ts';
import { isSettingKey, parseText } from '../params/check.ts';
import type { CommandName } from '../params/commands.ts';
import { topics } from '../params/mqtt.ts';
import { ConfigError } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { brokerOf, credentialsOf } from './credentials.ts';

export interface RemoteFlags {
  readonly broker?: string;
  readonly device?: string;
  readonly client: string;
  readonly json?: boolean;
}

/** Work over a connection; returns the exit code. */
export type RemoteWork = (person: Person, out: (text: string) => void) => Promise<number>;

/** Connects as configured, does the work, disconnects. Exit code 1 when the device refused or did not answer. */
export async function remote(settings: Settings, flags: RemoteFlags, work: RemoteWork): Promise<number> {
  credentialsOf(settings);
  try {
    const person = await Person.connect({
      url: flags.broker ?? brokerOf(settings),
      topics: topics(flags.device ?? settings['mqtt.device']),
      client: flags.client,
      wallS: () => Date.now() / 1000,
      files: credentialFiles(settings),
    });
    try {
      return await Promise.race([work(person, (text) => process.stdout.write(`${text}\n`)), person.lost]);
    } finally {
      await person.close();
    }
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    process.stderr.write(
      `No answer from the bench   [${error.code}]\n    cause    ${error.message}\n    remedy   ${error.remedy}\n`,
    );
    return 1;
  }
}

/** One command and its answer. */
export const asking =
  (name: CommandName, fields: Readonly<Record<string, unknown>>, json: boolean): RemoteWork =>
  async (person, out) => {
    const answer = await person.ask(name, fields);
    out(json ? JSON.stringify(answer) : words(answer));
    return answer.code < 300 ? 0 : 1;
  };

/**
 * Tries settings KEY=VALUE, for the revision that the device shows.
 * @throws ConfigError USAGE for one that is not of this form, and for a key that is given twice
 */
export function trying(assignments: readonly string[], confirmS: number, device: string, json: boolean): RemoteWork {
  const patch = patchOf(assignments);
  return async (person, out) => {
    const { rev } = (await person.value(topics(device).cfg)) as { rev: number };
    const answer = await person.ask('try', { base_rev: rev, patch, confirm_s: confirmS });
    const { data, ...rest } = answer;
    out(json ? JSON.stringify(answer) : words(rest));
    const tried = (data as { rev?: number } | undefined)?.rev;
    if (!json && tried !== undefined) out(`keep it:  remixd remote confirm ${tried}     end it:  remixd remote revert`);
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

/** Prints every message of the device until the program is stopped or `seconds` have passed. */
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
    await whileWatched(seconds);
    return 0;
  };

/** Resolves when the program is stopped, its output is closed, or `seconds` have passed. */
const whileWatched = (seconds: number | null): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
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
    await whileWatched(seconds);
    return 0;
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
