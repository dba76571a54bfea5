/**
 * A connection to PostgreSQL that reconnects by itself. The client library is loaded only when a collector starts, because
 * a device never needs it.
 */
import { finished } from 'node:stream/promises';
import type { Client } from 'pg';
import { causeOf, FleetError } from './error.ts';

const LEAST_BACKOFF_MS = 200;
const MOST_BACKOFF_MS = 10_000;
const CONNECT_MS = 10_000;
/** Work that takes longer counts as stuck: the connection is closed and the work is repeated. */
const MOST_WORK_MS = 60_000;
const DOWN = 'the connection to the database is closed';

const INSTALL = 'Run npm ci in the remixd folder, without --omit=optional.';

async function load<T>(name: string, from: () => Promise<T>): Promise<T> {
  try {
    return await from();
  } catch (error) {
    throw new FleetError('MODULE_MISSING', `the module ${name} cannot be loaded: ${causeOf(error)}`, INSTALL);
  }
}

/** True for errors that a repetition cannot fix: values out of range, constraints, server limits (SQLSTATE 22, 23, 54). */
const isDataError = (error: unknown): boolean =>
  /^(?:22|23|54)/.test(String((error as { code?: unknown } | null)?.code ?? ''));

export class Database {
  /** True while a connection is there. */
  up = false;
  private client: Client | null = null;
  private closed = false;
  private isLost = false;
  private wake: (() => void) | null = null;
  /** One transaction after the other: they share a connection. */
  private turn: Promise<unknown> = Promise.resolve();

  /** `prepare` is run on each new connection; `say` is called when the connection is lost and when it is restored. */
  constructor(
    private readonly url: string,
    private readonly prepare: (client: Client) => Promise<void>,
    private readonly say: (text: string) => void = () => {},
  ) {}

  /**
   * The first connection, which is tried once.
   * @throws FleetError MODULE_MISSING, DATABASE_UNREACHABLE or DATABASE_REFUSED
   */
  async open(): Promise<void> {
    try {
      await this.connected();
    } catch (error) {
      await this.drop();
      if (error instanceof FleetError) throw error;
      const isAnswer = typeof (error as { severity?: unknown }).severity === 'string';
      throw isAnswer
        ? new FleetError(
            'DATABASE_REFUSED',
            causeOf(error),
            'Check user, password (PGPASSWORD or ~/.pgpass) and database name. PostgreSQL must be 14 or newer.',
          )
        : new FleetError(
            'DATABASE_UNREACHABLE',
            causeOf(error),
            'Check --database postgresql://USER@HOST:PORT/NAME and that the server is running.',
          );
    }
  }

  /**
   * Does work in a transaction and repeats it, over lost connections, until it is committed.
   * @throws the server’s error about the data (SQLSTATE 22, 23, 54), and an error once this is closed
   */
  transact<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const mine = this.turn.then(() => this.attempts(work));
    this.turn = mine.catch(() => {});
    return mine;
  }

  private async attempts<T>(work: (client: Client) => Promise<T>): Promise<T> {
    for (let backoffMs = LEAST_BACKOFF_MS; ; backoffMs = Math.min(MOST_BACKOFF_MS, 2 * backoffMs)) {
      if (this.closed) throw new Error(DOWN);
      try {
        const client = await this.connected();
        const result = await this.within(client, async () => {
          await client.query('BEGIN');
          const done = await work(client);
          await client.query('COMMIT');
          return done;
        });
        if (this.isLost) this.say('Connection to the database restored.');
        this.isLost = false;
        return result;
      } catch (error) {
        if (isDataError(error) && (await this.rolledBack())) throw error;
        await this.drop();
        if (this.closed) throw new Error(DOWN);
        if (!this.isLost)
          this.say(`Connection to the database lost; messages wait at the broker. Cause: ${causeOf(error)}`);
        this.isLost = true;
        await this.pause(backoffMs);
      }
    }
  }

  /** Closes the connection; work in progress fails. */
  async close(): Promise<void> {
    this.closed = true;
    this.wake?.();
    await this.drop();
  }

  private async connected(): Promise<Client> {
    if (this.client) return this.client;
    const { default: pg } = await load('pg', () => import('pg'));
    await load('pg-copy-streams', () => import('pg-copy-streams'));
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      application_name: 'remixd collect',
    });
    client.on('error', () => {
      if (this.client === client) void this.drop();
    });
    this.client = client;
    try {
      await client.connect();
      await this.prepare(client);
    } catch (error) {
      await this.drop();
      throw error;
    }
    this.up = true;
    return client;
  }

  private async within<T>(client: Client, work: () => Promise<T>): Promise<T> {
    const late = setTimeout(() => streamOf(client)?.destroy(new Error('no answer')), MOST_WORK_MS);
    try {
      return await work();
    } finally {
      clearTimeout(late);
    }
  }

  private async rolledBack(): Promise<boolean> {
    try {
      await this.client?.query('ROLLBACK');
      return this.client !== null;
    } catch {
      return false;
    }
  }

  private async drop(): Promise<void> {
    const { client, up: wasUp } = this;
    this.client = null;
    this.up = false;
    if (!client) return;
    // Do not wait for a server that does not answer, nor for a connection that was never established.
    let late: NodeJS.Timeout | undefined;
    const given = new Promise<void>((resolve) => {
      late = setTimeout(resolve, 500);
    });
    if (wasUp) await Promise.race([client.end().catch(() => {}), given]);
    clearTimeout(late);
    streamOf(client)?.destroy();
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const streamOf = (client: Client): { destroy(error?: Error): void } | undefined =>
  (client as unknown as { connection?: { stream?: { destroy(error?: Error): void } } }).connection?.stream;

/** Sends lines to `COPY … FROM STDIN`. */
export async function copy(client: Client, statement: string, lines: string): Promise<void> {
  const { from } = await import('pg-copy-streams');
  const stream = client.query(from(statement));
  stream.end(lines);
  await finished(stream);
}
