/** A mosquitto of a test’s own, and a collector in this process. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Collector, type CollectorOptions } from '../../src/fleet/collector.ts';
import { PACKAGE_ROOT } from '../../src/runtime/recipes.ts';
import { type Postgres, postgresMissing } from './postgres.ts';
import { answers, end, freePort, has, until } from './process.ts';

const SCHEMA = readFileSync(join(PACKAGE_ROOT, 'fleet/schema.sql'), 'utf8');

export { Postgres } from './postgres.ts';

/** Names of what must be installed and is not. */
export const missing = [...(postgresMissing ? ['postgresql'] : []), ...(has('mosquitto') ? [] : ['mosquitto'])];
export const unlessMissing = missing.length > 0 ? ` (${missing.join(', ')} missing)` : '';

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
