/**
 * A history file as an export reads it: without SQLite, without a lock and without a change, also beside a controller that
 * runs, and also a damaged file that was kept.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { storedOf } from './drafts.ts';
import { type Place, RawHistory } from './raw.ts';
import type { StoredRecord } from './record.ts';

/** The file was changed while it was read. */
export class HistoryChanged extends Error {
  override name = 'HistoryChanged';
}

export interface HistoryFile {
  /** Name of the numbering; null when the head of the file is damaged. */
  readonly stream: string | null;
  /** Sound records. */
  readonly records: number;
  /** Records that cannot be read; null when the head of the file is damaged. */
  readonly missing: number | null;
  /** The records with `time_sync`, which date others. */
  readonly syncs: readonly StoredRecord[];
  /** All records in the order of their numbers. @throws HistoryChanged */
  all(): Generator<StoredRecord>;
  close(): void;
}

/** A controller that runs moves its log into the file every few minutes. */
const ATTEMPTS = 5;

/** Opens a file for reading. @throws HistoryChanged, or a file error when it cannot be read */
export function openHistoryFile(path: string): HistoryFile {
  for (let attempt = 1; ; attempt += 1) {
    const before = fingerprint(path);
    const file = indexed(path);
    if (fingerprint(path) === before) return file;
    file.close();
    if (attempt === ATTEMPTS) throw new HistoryChanged(`${path} was changed each time while it was read`);
  }
}

function indexed(path: string): HistoryFile {
  const raw = new RawHistory(path);
  const head = raw.head();
  const stream = head?.stream ?? 'unknown';
  const found: { readonly seq: number; readonly place: Place }[] = [];
  const syncs: StoredRecord[] = [];
  for (const { place, entry } of raw.records()) {
    found.push({ seq: entry.seq, place });
    if (entry.kind === 'time_sync') syncs.push(storedOf(entry, stream));
  }
  found.sort((a, b) => a.seq - b.seq);
  return {
    stream: head?.stream ?? null,
    records: found.length,
    missing: head && Math.max(0, head.records - found.length),
    syncs,
    *all() {
      for (const { seq, place } of found) {
        const entry = raw.at(place);
        if (entry?.seq !== seq) throw new HistoryChanged(`${path} was changed while it was read`);
        yield storedOf(entry, stream);
      }
    },
    close: () => raw.close(),
  };
}

/** Differs after a checkpoint: the file has changed, or the log has begun anew. What is only added to the log is not seen. */
function fingerprint(path: string): string {
  const { size, mtimeMs } = statSync(path);
  const log = `${path}-wal`;
  if (!existsSync(log)) return `${size} ${mtimeMs}`;
  const head = Buffer.alloc(32);
  const fd = openSync(log, 'r');
  try {
    readSync(fd, head, 0, head.length, 0);
  } finally {
    closeSync(fd);
  }
  return `${size} ${mtimeMs} ${head.toString('hex')}`;
}
