/** A real mosquitto of our own on a free loopback port, for tests and benchmarks: started, killed, started again. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** True where there is no mosquitto to start. */
export const mosquittoMissing = spawnSync('sh', ['-c', 'command -v mosquitto']).status !== 0;

export interface MosquittoOptions {
  /** Sessions, retained and queued messages survive an orderly end of the broker. */
  readonly persistent?: boolean;
  /** Lines of an access list; without them everybody may do everything. */
  readonly acl?: readonly string[];
  /** As mosquitto comes: small packets wait for each other. */
  readonly nagle?: boolean;
  /** More lines of the configuration. */
  readonly more?: readonly string[];
  /** A configuration that is there already, and its port, instead of one of our own. */
  readonly given?: { readonly port: number; readonly conf: string };
}

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const START_MS = 10_000;

export class Mosquitto {
  private process: ChildProcess | null = null;

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly conf: string,
  ) {}

  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), 'remixd-mosquitto-'));
    const { port, conf } = options.given ?? { port: await freePort(), conf: join(folder, 'mosquitto.conf') };
    const broker = new Mosquitto(folder, port, conf);
    if (!options.given) broker.configure(options);
    await broker.start();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  /** Starts it, or starts it again with the sessions that it has kept; resolves when it takes connections. */
  async start(): Promise<void> {
    const broker = spawn('mosquitto', ['-c', this.conf], { stdio: 'ignore' });
    this.process = broker;
    const end = performance.now() + START_MS;
    while (!(await answers(this.port))) {
      if (broker.exitCode !== null || performance.now() > end) throw new Error('mosquitto did not start');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it and waits for its end: SIGTERM lets it save its sessions, SIGKILL does not. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    const broker = this.process;
    this.process = null;
    if (!broker || broker.exitCode !== null || broker.signalCode !== null) return;
    const ended = new Promise((resolve) => broker.once('exit', resolve));
    broker.kill(signal);
    await ended;
  }

  /** Ends it for good, with all its files. */
  async close(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private configure({ persistent = false, acl, nagle = false, more = [] }: MosquittoOptions): void {
    const lines = [
      `listener ${this.port} 127.0.0.1`,
      'allow_anonymous true',
      // Started by root it would give up its rights, and with them this folder.
      'user root',
      'log_type error',
      // Not 0, for no limit: 2.0.11 then ends the connection at every publication that its access list denies.
      'max_queued_messages 10000000',
      'max_inflight_messages 100',
      // Without it an acknowledgement waits up to 40 ms for the one before to be acknowledged by the other kernel.
      ...(nagle ? [] : ['set_tcp_nodelay true']),
      ...(persistent ? ['persistence true', `persistence_location ${this.folder}/`] : []),
      ...(acl ? [`acl_file ${join(this.folder, 'acl')}`] : []),
      ...more,
    ];
    if (acl) writeFileSync(join(this.folder, 'acl'), `${acl.join('\n')}\n`);
    writeFileSync(this.conf, `${lines.join('\n')}\n`);
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const say = (taken: boolean) => (): void => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', say(true)).once('error', say(false));
  });
