/** A PostgreSQL cluster of a test’s own, on the loopback address. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../support/mosquitto.ts';
import { end, has, until } from './process.ts';

/** Where initdb and postgres are; Debian keeps them out of the path. */
function postgresBin(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => join(debian, version, 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? (has('initdb') && has('postgres') ? '' : null);
}

const BIN = postgresBin();
/** True where there is no PostgreSQL to start. */
export const postgresMissing = BIN === null;
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
