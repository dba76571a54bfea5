/**
 * What can be read of a damaged history, in a new one: records keep their numbers, and where the head can be read also
 * stream and cursor. A gap record tells how many are missing. The damaged file is only read.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { Database } from 'node-sqlite3-wasm';
import { type RawHead, RawHistory } from './raw.ts';
import { type GapBody, isTelemetry, type Stamp } from './record.ts';
import { createTable, openDatabase, SqliteTable } from './table.ts';

export interface SalvageOptions {
  /** The damaged file; it is not changed. */
  readonly from: string;
  /** Where the new one is made; there must be none. */
  readonly to: string;
  /** The start of the program that the gap record belongs to. */
  readonly boot: string;
  readonly stamp: Stamp;
  readonly newStream: () => string;
}

export interface Salvaged {
  readonly kept: number;
  readonly missing: number;
}

/** Records written between two commits. */
const BATCH = 1000;

/**
 * Makes the new history; safe on disk when this returns. Null when no record could be read: nothing was made then.
 * @throws a file error, or an error of the database
 */
export function salvage({ from, to, boot, stamp, newStream }: SalvageOptions): Salvaged | null {
  const raw = new RawHistory(from);
  try {
    const head = raw.head();
    // Deleted ones may still lie in a page; up to the floor there is no telemetry any more.
    const isGone = (kind: Parameters<typeof isTelemetry>[0], seq: number): boolean =>
      head !== null && seq <= head.floor && (isTelemetry(kind) || kind === 'gap');
    const seqs: number[] = [];
    let db: Database | null = null;
    let table: SqliteTable | null = null;
    try {
      for (const { entry } of raw.records()) {
        if (isGone(entry.kind, entry.seq)) continue;
        if (db === null || table === null) {
          db = openDatabase(to);
          db.exec('pragma locking_mode = exclusive');
          createTable(db, head?.stream ?? newStream());
          // Synced as a whole at the end.
          db.exec('pragma synchronous = off');
          table = new SqliteTable(db);
          table.load();
          db.exec('begin');
        }
        table.insert(entry);
        seqs.push(entry.seq);
        if (seqs.length % BATCH === 0) db.exec('commit; begin');
      }
      if (db === null || table === null) return null;
      const gap = gapOf(head, Float64Array.from(seqs).sort());
      finish(table, head, seqs, gap);
      if (gap) {
        table.insert({ ...stamp, seq: table.head.next, boot, kind: 'gap', body: JSON.stringify(gap) });
        table.head.next += 1;
        table.head.records += 1;
      }
      table.saveHead();
      db.exec('commit');
      return { kept: seqs.length, missing: gap?.n ?? 0 };
    } finally {
      table?.close();
      db?.close();
      if (db !== null) sync(to);
    }
  } finally {
    raw.close();
  }
}

function finish(table: SqliteTable, head: RawHead | null, seqs: readonly number[], gap: GapBody | null): void {
  const newest = seqs.reduce((most, seq) => Math.max(most, seq), 0);
  const next = Math.max(head?.next ?? 1, newest + 1, (gap?.to ?? 0) + 1);
  const { cursor = 0, floor = 0, batch = '' } = head ?? {};
  Object.assign(table.head, { next, cursor, floor, batch, records: seqs.length });
}

/**
 * What is missing. With the head: as many as it counted beyond those that are left. Without it nobody knows which of the
 * absent numbers were deleted before, so all between the first and the last count. `events` is the most it can be.
 */
function gapOf(head: RawHead | null, seqs: Float64Array): GapBody | null {
  const [first = 1, last = 0] = [seqs[0], seqs.at(-1)];
  const from = head ? head.floor + 1 : first;
  const to = head ? Math.max(head.next - 1, last) : last;
  const absent = absentIn(seqs, from, to);
  const n = head ? Math.max(0, head.records - seqs.length) : absent.n;
  if (n === 0) return null;
  const isAbove = absent.n >= n;
  return { from: isAbove ? absent.from : 1, to: isAbove ? absent.to : to, n, events: n, why: 'damaged' };
}

/** Numbers from `from` to `to` that are not among `seqs`: how many, the first and the last. */
function absentIn(seqs: Float64Array, from: number, to: number): { n: number; from: number; to: number } {
  const found = { n: 0, from: 0, to: 0 };
  let expected = from;
  const hole = (until: number): void => {
    if (until < expected) return;
    if (found.n === 0) found.from = expected;
    found.n += until - expected + 1;
    found.to = until;
  };
  for (const seq of seqs) {
    if (seq < from || seq > to) continue;
    hole(seq - 1);
    expected = seq + 1;
  }
  hole(to);
  return found;
}

function sync(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
