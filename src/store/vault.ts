/**
 * The history on disk: one SQLite database, `history.db`. Everything here waits for the disk and may throw; it runs in a
 * thread of its own (worker.ts) and never in the control loop.
 *
 * Binding: node-sqlite3-wasm, because it needs neither a compiler nor a download beside the package itself, and its file
 * system calls go through Node’s fs (fsync too). Findings about 0.8.60 (SQLite 3.53.4) on Node 20, 22 and 24 that explain
 * the design here:
 *
 * - **A rollback journal is not safe with it.** Its lock is a folder `history.db.lock`, and its answer to “does anybody
 *   hold a reserved lock?” is whether that folder exists, which it does as soon as we ourselves hold a lock. SQLite then
 *   takes every journal for one in use and does not roll it back: killed in the middle of a transaction, a database in
 *   DELETE or TRUNCATE mode came back corrupt (2,000 rows, 1,342 left, integrity_check full of errors). In WAL mode
 *   recovery does not ask; the same kill lost nothing. Hence WAL, and a new database is made under another name and
 *   renamed, because its first pages are still written with a rollback journal.
 * - WAL without shared memory needs `locking_mode = exclusive` before the first access.
 * - With `synchronous = full` every commit ends in an fsync of the WAL (seen with strace), a checkpoint in one of the
 *   database. The folder’s entry of a new file is fsynced here, because the binding does it only for deletions.
 * - The lock folder outlives a killed process. So one store a folder is enforced by a lock of our own (lock.ts), and the
 *   folder is removed under it.
 * - Errors of the file system arrive without their code (“disk I/O error”), so after one a probe file asks for it.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'node-sqlite3-wasm';
import { putAside, removeDatabase, removeFolder, salvagedWords, syncFolder } from './damaged.ts';
import { Damaged } from './entry.ts';
import { type Batch, type Draft, type Entry, Ledger } from './ledger.ts';
import { giveBackLock, StoreBusy, takeLock } from './lock.ts';
import { PAGE } from './raw.ts';
import type { Stamp } from './record.ts';
import { type Salvaged, salvage } from './salvage.ts';
import { createTable, isCrash, openDatabase, SqliteTable } from './table.ts';

export { isCrash } from './table.ts';

export interface VaultOptions {
  readonly folder: string;
  readonly maxBytes: number;
  readonly maxAgeS: number;
  readonly boot: string;
  /** Owner of the lock; a worker that replaces a dead one has the same token. */
  readonly token: string;
  /** Makes the name of a new stream. */
  readonly newStream: () => string;
  /** The database crashed the previous worker: it is put aside without being opened. */
  readonly suspect?: boolean;
  /** Bytes that are free on the disk of the folder; asked from the system, if left out. */
  readonly freeBytes?: () => number;
}

/** State of the database as reported to the store. */
export interface VaultState {
  readonly stream: string;
  readonly records: number;
  readonly bytes: number;
  readonly oldestSeq: number | null;
  readonly newestSeq: number | null;
  readonly cursor: number;
}

export interface Found {
  readonly entries: Entry[];
  readonly state: VaultState;
}

/** An answer to a reader ends after the piece that goes beyond this: dumps are long. */
const READ_BYTES = 1 << 20;
const READ_PIECE = 20;
/** A larger file is not read whole after a crash; what is wrong in it shows when it is read. */
const CHECKED_BYTES = 64 << 20;
/** Opening fails this often while the disk takes a probe: then it is the database. */
const OPENINGS = 3;
const PROBE = Buffer.alloc(1 << 20);
const WAL_MOST = 1 << 20;
const WAL_LEAST = 1 << 17;

export class Vault {
  private open: { readonly db: Database; readonly table: SqliteTable; readonly ledger: Ledger } | null = null;
  private failedOpenings = 0;
  private mustCheck = false;
  private asideBecause: string | null;
  private readonly path: string;
  private readonly walBytes: number;

  constructor(private readonly options: VaultOptions) {
    this.path = join(options.folder, 'history.db');
    this.walBytes = Math.min(WAL_MOST, Math.max(WAL_LEAST, Math.floor(options.maxBytes / 8)));
    this.asideBecause = options.suspect ? 'reading it caused a crash' : null;
  }

  /** Opens the database if it is not open. */
  state(stamp: Stamp): VaultState {
    return this.withDatabase(stamp, () => {});
  }

  /** The cursor counts only in the stream that it was moved in. */
  commit(batch: Batch & { readonly stream: string | null }): VaultState {
    return this.withDatabase(batch.stamp, ({ table }) => {
      const cursor = batch.stream === table.stream ? batch.cursor : 0;
      this.transaction((ledger) => ledger.commit({ ...batch, cursor }));
      this.shrink();
    });
  }

  read(afterSeq: number, limit: number, stamp: Stamp): Found {
    return this.find(stamp, (table) => {
      const entries: Entry[] = [];
      for (let bytes = 0; entries.length < limit && bytes < READ_BYTES; ) {
        const more = Math.min(limit - entries.length, READ_PIECE);
        const piece = table.after(entries.at(-1)?.seq ?? afterSeq, more);
        entries.push(...piece);
        if (piece.length < more) break;
        bytes += piece.reduce((sum, { body }) => sum + body.length, 0);
      }
      return entries;
    });
  }

  timeSyncs(limit: number, stamp: Stamp): Found {
    return this.find(stamp, (table) => table.timeSyncs(limit));
  }

  private find(stamp: Stamp, look: (table: SqliteTable) => Entry[]): Found {
    let entries: Entry[] = [];
    const state = this.withDatabase(stamp, ({ table }) => {
      entries = look(table);
    });
    return { entries, state };
  }

  /** After a start without an orderly shutdown: reads the whole file once. Slow, so do not wait for it. */
  check(stamp: Stamp): VaultState {
    return this.withDatabase(stamp, ({ db, table }) => {
      if (!this.mustCheck || table.fileBytes() > CHECKED_BYTES) return;
      const [found] = Object.values((db.get('pragma quick_check(1)') ?? {}) as Record<string, unknown>);
      if (found !== 'ok') throw new Damaged(String(found));
      this.mustCheck = false;
    });
  }

  close(): void {
    this.shut();
    giveBackLock(this.options.folder, this.options.token);
  }

  private withDatabase(stamp: Stamp, step: (open: NonNullable<typeof this.open>) => void): VaultState {
    for (let attempt = 0; ; attempt += 1) {
      try {
        if (this.asideBecause !== null) this.startAnew(this.asideBecause, stamp);
        this.open ??= this.openIt(stamp);
        step(this.open);
        return this.stateNow(this.open);
      } catch (error) {
        this.shut();
        // The WebAssembly machine is broken, not only the database: the thread has to be replaced.
        if (isCrash(error) || error instanceof StoreBusy) throw error;
        if (isDamage(error)) this.asideBecause ??= messageOf(error);
        else throw this.described(error);
        if (attempt > 0) throw error;
      }
    }
  }

  private transaction(step: (ledger: Ledger) => void): void {
    const { open } = this;
    if (!open) throw new Error('no database');
    open.db.exec('begin immediate');
    step(open.ledger);
    open.table.saveHead();
    open.db.exec('commit');
  }

  private openIt(stamp: Stamp): NonNullable<typeof this.open> {
    const { folder, token, boot } = this.options;
    mkdirSync(folder, { recursive: true });
    takeLock(folder, token);
    removeFolder(`${this.path}.lock`);
    this.mustCheck ||= existsSync(`${this.path}-wal`);
    if (existsSync(this.path)) rmSync(this.saved, { force: true });
    else if (existsSync(this.saved)) this.takeSaved();
    else this.create();
    rmSync(`${this.path}-journal`, { force: true });
    this.failedOpenings += 1;
    const db = openDatabase(this.path);
    let table: SqliteTable | null = null;
    try {
      this.configure(db);
      table = new SqliteTable(db);
      table.load();
      this.failedOpenings = 0;
      // Writes all that the log holds again, whatever a failed sync before may have left of it.
      db.exec('pragma wal_checkpoint(truncate)');
      syncFolder(folder);
      const bounds = { bytes: this.options.maxBytes - 2 * this.walBytes, ageS: this.options.maxAgeS };
      return { db, table, ledger: new Ledger(table, bounds, boot, stamp.monoUs) };
    } catch (error) {
      table?.close();
      closeQuietly(db);
      throw error;
    }
  }

  private configure(db: Database): void {
    db.exec('pragma locking_mode = exclusive');
    db.exec('pragma cell_size_check = on');
    db.exec('pragma trusted_schema = off');
    db.exec('pragma temp_store = memory');
    db.exec('pragma cache_size = -1000');
    const mode = Object.values((db.get('pragma journal_mode = wal') ?? {}) as Record<string, unknown>)[0];
    if (mode !== 'wal') throw new Error(`the journal mode is ${String(mode)} instead of wal`);
    db.exec('pragma synchronous = full');
    db.exec(`pragma wal_autocheckpoint = ${Math.floor(this.walBytes / 2 / PAGE)}`);
    db.exec(`pragma journal_size_limit = ${this.walBytes}`);
  }

  /** A database appears whole or not at all. */
  private create(): void {
    const { folder, newStream } = this.options;
    const made = `${this.path}.new`;
    removeDatabase(made);
    // The log of a database that no longer exists would be replayed into the new one.
    if (existsSync(`${this.path}-wal`)) putAside(this.options);
    const db = openDatabase(made);
    try {
      db.exec('pragma locking_mode = exclusive');
      createTable(db, newStream());
    } finally {
      closeQuietly(db);
    }
    const fd = openSync(made, 'r');
    fsyncSync(fd);
    closeSync(fd);
    renameSync(made, this.path);
    syncFolder(folder);
  }

  /** Where a salvaged database is complete, until the damaged one has made room for it. */
  private get saved(): string {
    return `${this.path}.saved`;
  }

  private takeSaved(): void {
    // A power cut may have left the log of the damaged one.
    if (existsSync(`${this.path}-wal`)) putAside(this.options);
    renameSync(this.saved, this.path);
    syncFolder(this.options.folder);
  }

  /** What can be read of the damaged database, in a new one. In words, when that was not possible. */
  private save(stamp: Stamp): Salvaged | string | null {
    const made = `${this.path}.new`;
    try {
      removeDatabase(made);
      rmSync(this.saved, { force: true });
      if (!existsSync(this.path)) return null;
      const { boot, newStream } = this.options;
      const salvaged = salvage({ from: this.path, to: made, boot, stamp, newStream });
      if (salvaged) renameSync(made, this.saved);
      return salvaged;
    } catch (error) {
      if (isCrash(error)) throw error;
      // What is in the file is still there, put aside.
      return messageOf(error);
    }
  }

  /** The damaged database is put aside; what can be read of it is in the new one. */
  private startAnew(because: string, stamp: Stamp): void {
    this.shut();
    mkdirSync(this.options.folder, { recursive: true });
    takeLock(this.options.folder, this.options.token);
    const salvaged = this.save(stamp);
    const name = putAside(this.options);
    this.asideBecause = null;
    this.mustCheck = false;
    this.failedOpenings = 0;
    this.open = this.openIt(stamp);
    const body = {
      event: 'history',
      code: 'damaged',
      text: `The history was damaged (${because}). ${salvagedWords(salvaged)} ${name === null ? 'There was no file to keep.' : `The damaged file was kept as ${name}.`}`,
    };
    const draft: Draft = { ...stamp, kind: 'event', body: JSON.stringify(body) };
    const none = { n: 0, events: 0 };
    this.transaction((ledger) =>
      ledger.commit({ id: `anew ${name}`, drafts: [draft], overflow: none, cursor: 0, stamp }),
    );
  }

  /** Gives pages back to the file system when the file is larger than it may be, as after a smaller bound was set. */
  private shrink(): void {
    const { open } = this;
    if (!open || open.table.fileBytes() <= this.options.maxBytes - this.walBytes) return;
    open.db.exec('pragma incremental_vacuum(1024)');
  }

  private stateNow({ table }: NonNullable<typeof this.open>): VaultState {
    const { head } = table;
    return {
      stream: table.stream,
      records: head.records,
      bytes: table.fileBytes(),
      oldestSeq: table.after(0, 1)[0]?.seq ?? null,
      newestSeq: head.records > 0 ? head.next - 1 : null,
      cursor: head.cursor,
    };
  }

  private shut(): void {
    this.open?.table.close();
    if (this.open) closeQuietly(this.open.db);
    this.open = null;
  }

  /** The error, with the file system’s answer to a probe. */
  private described(error: unknown): Error {
    const refused = this.probe();
    if (refused === null && this.failedOpenings >= OPENINGS) this.asideBecause = messageOf(error);
    return new Error(`${messageOf(error)}${refused === null ? '' : ` (${refused})`}`);
  }

  private probe(): string | null {
    const path = join(this.options.folder, 'history.probe');
    try {
      const fd = openSync(path, 'w');
      try {
        for (let done = 0; done < PROBE.length; ) done += writeSync(fd, PROBE, done);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      return null;
    } catch (error) {
      return messageOf(error);
    } finally {
      rmQuietly(path);
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isDamage = (error: unknown): boolean =>
  error instanceof Damaged ||
  /malformed|not a database|no such (?:table|column|index)|unsupported file/i.test(messageOf(error));

function closeQuietly(db: Database): void {
  try {
    db.close();
  } catch {
    // Uncommitted data was never acknowledged.
  }
}

function rmQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A probe that cannot be removed is overwritten by the next one.
  }
}
