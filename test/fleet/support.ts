/** A PostgreSQL cluster and a mosquitto of a test’s own, on the loopback address, and a device that keeps a history. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import pg from 'pg';
import { Collector, type CollectorOptions } from '../../src/fleet/collector.ts';
import { messagesOf, type SentRecord } from '../../src/net/sender.ts';
import { topics } from '../../src/params/remote.ts';
import { PACKAGE_ROOT } from '../../src/runtime/recipes.ts';

export const SCHEMA = readFileSync(join(PACKAGE_ROOT, 'fleet/schema.sql'), 'utf8');

const has = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

/** Where initdb and postgres are; Debian keeps them out of the path. */
function postgresBin(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => join(debian, version, 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? (has('initdb') && has('postgres') ? '' : null);
}

const BIN = postgresBin();
/** Names of what must be installed and is not. */
export const missing = [...(BIN === null ? ['postgresql'] : []), ...(has('mosquitto') ? [] : ['mosquitto'])];
export const unlessMissing = missing.length > 0 ? ` (${missing.join(', ')} missing)` : '';

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for what must become true; the text says what, when it does not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await sleep(20);
  }
}

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));

/** Ends a process that was started here. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await ended(child);
}

/** Listening on its port. */
const answers = (port: number): boolean =>
  spawnSync('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`], { stdio: 'ignore' }).status === 0;

export class Postgres {
  readonly url: string;
  readonly pool: pg.Pool;
  private child: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    readonly port: number,
  ) {
    this.url = `postgresql://remix@127.0.0.1:${port}/postgres`;
    this.pool = new pg.Pool({ connectionString: this.url, max: 2 });
    this.pool.on('error', () => {});
  }

  static async make(): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'remixd-pg-'));
    const made = new Postgres(folder, await freePort());
    if (process.getuid?.() === 0) {
      const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres']));
      chownSync(folder, id('-u'), id('-g'));
    }
    const data = join(folder, 'data');
    const [command = '', ...rest] = made.as('initdb', ['-D', data, '-U', 'remix', '-A', 'trust', '-E', 'UTF8', '-N']);
    execFileSync(command, rest, { stdio: 'ignore', cwd: '/' });
    await made.start();
    return made;
  }

  /** `settings` are those of postgresql.conf, as NAME=VALUE. */
  async start(settings: readonly string[] = ['fsync=off']): Promise<void> {
    const { folder, port } = this;
    const own = [`unix_socket_directories=${folder}`, 'listen_addresses=127.0.0.1', `port=${port}`, ...settings];
    const [command = '', ...rest] = this.as('postgres', [
      '-D',
      join(folder, 'data'),
      ...own.flatMap((setting) => ['-c', setting]),
    ]);
    this.child = spawn(command, rest, { stdio: 'ignore', cwd: '/' });
    await until('postgres answers', () =>
      this.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    );
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    if (this.child) await end(this.child, signal);
    this.child = null;
  }

  async query<T extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> {
    return (await this.pool.query<T>(sql, values)).rows;
  }

  /** The one number that a query returns. */
  async number(sql: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.query<Record<string, unknown>>(sql, values);
    return Number(Object.values(row ?? {})[0]);
  }

  /** A database of its own for a test. */
  async fresh(name: string): Promise<Postgres> {
    await this.query(`CREATE DATABASE ${name}`);
    const other = Object.create(this) as Postgres;
    const url = this.url.replace(/postgres$/, name);
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    pool.on('error', () => {});
    return Object.assign(other, { url, pool });
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.stop('SIGQUIT');
    execFileSync('rm', ['-rf', this.folder]);
  }

  /** postgres refuses to be root. */
  private as(program: string, args: readonly string[]): string[] {
    const path = BIN ? join(BIN, program) : program;
    if (process.getuid?.() !== 0) return [path, ...args];
    return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', path, ...args];
  }
}

export class Mosquitto {
  readonly url: string;
  private child: ChildProcess | null = null;

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly conf: string,
  ) {
    this.url = `mqtt://127.0.0.1:${port}`;
  }

  /** `lines` are added to its configuration; `conf` replaces it, and then `port` is its port. */
  static async make(lines = '', given: { port: number; conf: string } | null = null): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), 'remixd-mq-'));
    chmodSync(folder, 0o777);
    const port = given?.port ?? (await freePort());
    const conf = join(folder, 'mosquitto.conf');
    const own =
      `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 100\nmax_queued_messages 100000\n` +
      `persistence true\npersistence_location ${folder}/\nautosave_interval 3600\n${lines}\n`;
    writeFileSync(conf, own);
    const made = new Mosquitto(folder, port, given?.conf ?? conf);
    await made.start();
    return made;
  }

  async start(): Promise<void> {
    this.child = spawn('mosquitto', ['-c', this.conf], { stdio: 'ignore' });
    await until('mosquitto answers', () => answers(this.port));
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child) await end(this.child, signal);
    this.child = null;
  }

  async close(): Promise<void> {
    await this.stop('SIGKILL');
    execFileSync('rm', ['-rf', this.folder]);
  }
}

/** A record as a device would write it. */
export const record = (seq: number, more: Partial<SentRecord> = {}): SentRecord => ({
  seq,
  stream: 'stream-a',
  boot: 'boot-1',
  kind: 'sample',
  monoUs: seq * 1e6,
  wallMs: 1_790_000_000_000 + seq * 1000,
  clock: 'synced',
  body: { tc_c: 25 + (seq % 10) / 10, ir_c: 25, state: 'armed' },
  ...more,
});

/** A device on the broker: sends its history when it is told to, and answers questions for it. */
export class FakeDevice {
  /** What it has; records can be taken away. */
  history: SentRecord[] = [];
  stream = 'stream-a';
  /** after_seq of every question. */
  readonly asked: number[] = [];
  silent = false;
  private readonly names;

  private constructor(
    readonly name: string,
    readonly link: MqttClient,
  ) {
    this.names = topics(name);
  }

  static async make(name: string, url: string): Promise<FakeDevice> {
    const link = mqtt.connect(url, { clientId: name, protocolVersion: 5, reconnectPeriod: 100 });
    link.on('error', () => {});
    const device = new FakeDevice(name, link);
    link.on('message', (topic, payload) => device.answer(topic, payload.toString()));
    link.on('connect', () => link.publish(`remix/1/${name}/avail`, 'online', { qos: 1, retain: true }));
    await new Promise((resolve) => link.once('connect', resolve));
    await link.subscribeAsync(`remix/1/${name}/cmd/#`, { qos: 1 });
    return device;
  }

  /** Sends records as the real sender cuts them; resolves when the broker has them. */
  async send(records: readonly SentRecord[]): Promise<void> {
    const sent = messagesOf(records, this.names).map(({ topic, payload }) => this.say(topic, payload));
    await Promise.all(sent);
  }

  async say(topic: string, payload: string | Buffer, retain = false): Promise<void> {
    await this.link.publishAsync(topic, payload, { qos: 1, retain });
  }

  /** Its retained state, with how far its history has come. */
  async state(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const history = { stream: this.stream, seq: this.history.at(-1)?.seq ?? 0 };
    await this.say(this.names.state, JSON.stringify({ state: 'armed', history, ...more }), true);
  }

  private answer(topic: string, text: string): void {
    const [, , , , verb, , client] = topic.split('/');
    if (verb !== 'history' || this.silent) return;
    const question = JSON.parse(text) as { id: string; after_seq: number; limit: number; part?: number };
    this.asked.push(question.after_seq);
    const { id } = question;
    const data = this.piece(question);
    const answer = { id, code: 200, text: 'history', verb: 'history', data };
    this.link.publish(this.names.answer(client ?? ''), JSON.stringify(answer), { qos: 1 });
  }

  private piece({ after_seq, limit, part = 1 }: { after_seq: number; limit: number; part?: number }): unknown {
    const found = this.history.filter(({ seq }) => seq > after_seq).slice(0, limit);
    const newest = this.history.at(-1)?.seq ?? 0;
    const messages = messagesOf(found, this.names).map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);
    const { stream } = this;
    const [first] = messages;
    if (first && 'part' in first) {
      const long = messages.find((message) => message['seq'] === first['seq'] && message['part'] === part);
      return { stream, newest, records: [], long };
    }
    return { stream, newest, records: first?.['records'] ?? [] };
  }

  close(): Promise<void> {
    return this.link.endAsync(true);
  }
}

/** A collector in this process. */
export async function collecting(
  database: Postgres,
  broker: Mosquitto,
  more: Partial<CollectorOptions> = {},
): Promise<Collector> {
  const collector = new Collector({
    database: database.url,
    schema: SCHEMA,
    broker: broker.url,
    credentials: {},
    client: 'collector',
    group: 'fleet',
    lanes: 4,
    lookMs: 300,
    ...more,
  });
  await collector.open();
  return collector;
}

/** A folder that others may reach. */
export function openFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
  return path;
}
