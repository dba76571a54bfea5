/** The history’s table in SQLite. */
import sqlite, { type Database, type Statement } from 'node-sqlite3-wasm';
import { deflated } from './compress.ts';
import { type Cells, Damaged, entryOf, integer, sum, text } from './entry.ts';
import type { Entry, Head, Table } from './ledger.ts';
import { PAGE } from './raw.ts';
import { CLOCKS, KINDS } from './record.ts';

/** The WebAssembly machine has crashed: its memory can no longer be trusted. */
export const isCrash = (error: unknown): boolean => error instanceof Error && error.name === 'RuntimeError';

/** "Rmxd": marks a SQLite file as a history of this program. */
const APPLICATION = 0x526d7864;
const VERSION = 1;
const SYNCED = CLOCKS.indexOf('synced');
const TIME_SYNC = KINDS.indexOf('time_sync');

const COLUMNS = 'seq, boot, mono_us, wall_ms, clock, kind, crc, body';

/** Makes the schema. To be called once, in a new file. */
export function createTable(db: Database, stream: string): void {
  // Small pages, because a commit writes whole ones: a few records and the head.
  db.exec(`pragma page_size = ${PAGE}`);
  db.exec('pragma auto_vacuum = incremental');
  db.exec('pragma journal_mode = wal');
  db.exec(`pragma application_id = ${APPLICATION}`);
  db.exec(`pragma user_version = ${VERSION}`);
  db.exec('begin');
  db.exec(`create table head (id integer primary key check (id = 1), stream text not null, next integer not null,
    cursor integer not null, floor integer not null, records integer not null, batch text not null) strict`);
  db.exec(`create table record (seq integer primary key, boot text not null, mono_us integer not null, wall_ms integer,
    clock integer not null, kind integer not null, crc integer not null, body blob not null) strict`);
  db.exec(`create index time_sync on record (seq) where kind = ${TIME_SYNC}`);
  db.run("insert into head values (1, ?, 1, 0, 0, 0, '')", [stream]);
  db.exec('commit');
}

/**
 * Statements are always read to their end, because one that stands in the middle keeps the log from being checkpointed,
 * and all of them are finalized before the end, because a database with open statements does not close.
 */
export class SqliteTable implements Table {
  stream = '';
  head: Head = { next: 1, cursor: 0, floor: 0, records: 0, batch: '' };
  private pageSize = 0;
  private readonly statements = new Map<string, Statement>();

  constructor(private readonly db: Database) {}

  /** Reads what stands at the head. To be called once, before all else. */
  load(): void {
    if (this.number('pragma application_id') !== APPLICATION) throw new Damaged('it is not a history of this program');
    if (this.number('pragma user_version') !== VERSION)
      throw new Damaged('it was written by another version of this program');
    this.pageSize = this.number('pragma page_size');
    const [row] = this.all('select * from head where id = 1');
    const newest = this.number('select coalesce(max(seq), 0) from record');
    if (!row) throw new Damaged('its head is missing');
    this.stream = text(row['stream']);
    this.head = {
      next: integer(row['next']),
      cursor: integer(row['cursor']),
      floor: integer(row['floor']),
      records: integer(row['records']),
      batch: text(row['batch']),
    };
    const { next, cursor, floor, records } = this.head;
    const sound = cursor < next && floor < next && records < next && newest < next;
    if (!/^[0-9a-f]{12}$/.test(this.stream) || Math.min(cursor, floor, records) < 0 || !sound)
      throw new Damaged('its head does not match its records');
  }

  close(): void {
    for (const statement of this.statements.values()) {
      try {
        statement.finalize();
      } catch {
        // It only repeats the error of its last step.
      }
    }
    this.statements.clear();
  }

  saveHead(): void {
    const { next, cursor, floor, records, batch } = this.head;
    const sql = 'update head set next = ?, cursor = ?, floor = ?, records = ?, batch = ? where id = 1';
    this.prepared(sql).run([next, cursor, floor, records, batch]);
  }

  insert({ seq, boot, monoUs, wallMs, clock, kind, body }: Entry): void {
    const wall = wallMs === null ? null : Math.round(wallMs);
    const cells = [seq, boot, Math.round(monoUs), wall, CLOCKS.indexOf(clock), KINDS.indexOf(kind)];
    this.prepared(`insert into record (${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?)`).run([
      ...cells,
      sum(cells, body),
      deflated(body),
    ]);
  }

  remove(seqs: readonly number[]): void {
    for (const seq of seqs) this.prepared('delete from record where seq = ?').run([seq]);
  }

  after(seq: number, limit: number): Entry[] {
    const sql = `select ${COLUMNS} from record where seq > ? order by seq limit ?`;
    const entries = this.all(sql, [seq, limit]).map(entryOf);
    // A reader that continues after the last number must reach an end.
    for (let last = seq, i = 0; i < entries.length; i += 1) {
      const next = entries[i]?.seq ?? 0;
      if (next <= last || next >= this.head.next) throw new Damaged('its records are out of order');
      last = next;
    }
    return entries;
  }

  synced(seq: number): Entry | null {
    const sql = `select ${COLUMNS} from record where seq > ? and clock = ${SYNCED} order by seq limit 1`;
    return this.all(sql, [seq]).map(entryOf)[0] ?? null;
  }

  timeSyncs(limit: number): Entry[] {
    const sql = `select ${COLUMNS} from record where kind = ${TIME_SYNC} order by seq desc limit ?`;
    return this.all(sql, [limit]).map(entryOf).reverse();
  }

  bytes(): number {
    return (this.number('pragma page_count') - this.number('pragma freelist_count')) * this.pageSize;
  }

  /** Bytes of the file, used or not. */
  fileBytes(): number {
    return this.number('pragma page_count') * this.pageSize;
  }

  private number(sql: string): number {
    return integer(Object.values(this.all(sql)[0] ?? {})[0]);
  }

  private all(sql: string, values: number[] = []): Cells[] {
    return this.prepared(sql).all(values) as Cells[];
  }

  private prepared(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (!statement) {
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

export const openDatabase = (path: string): Database => new sqlite.Database(path);
