/** A history without a disk: the same rules and interface, but nothing survives the program. */
import { randomBytes } from 'node:crypto';
import { draftOf, storedOf } from './drafts.ts';
import { exportOf } from './export.ts';
import { type Entry, type Head, Ledger, type Table } from './ledger.ts';
import type { DatedRecord, ExportRange, Position, Store, StoreStats } from './port.ts';
import type { NewRecord, Stamp, StoredRecord } from './record.ts';

export class MemoryTable implements Table {
  readonly head: Head = { next: 1, cursor: 0, floor: 0, records: 0, batch: '' };
  private readonly entries = new Map<number, Entry>();
  private used = 0;

  insert(entry: Entry): void {
    this.entries.set(entry.seq, entry);
    this.used += sizeOf(entry);
  }

  remove(seqs: readonly number[]): void {
    for (const seq of seqs) {
      const entry = this.entries.get(seq);
      if (entry) this.used -= sizeOf(entry);
      this.entries.delete(seq);
    }
  }

  after(seq: number, limit: number): Entry[] {
    return this.some((entry) => entry.seq > seq, limit);
  }

  synced(seq: number): Entry | null {
    return this.some((entry) => entry.seq > seq && entry.clock === 'synced', 1)[0] ?? null;
  }

  timeSyncs(): Entry[] {
    return this.some(({ kind }) => kind === 'time_sync', Number.POSITIVE_INFINITY);
  }

  bytes(): number {
    return this.used;
  }

  private some(fits: (entry: Entry) => boolean, limit: number): Entry[] {
    const found: Entry[] = [];
    for (const entry of this.entries.values()) {
      if (found.length >= limit) break;
      if (fits(entry)) found.push(entry);
    }
    return found;
  }
}

const sizeOf = (entry: Entry): number => entry.body.length + 100;

export interface MemoryOptions {
  readonly now: () => Stamp;
  readonly maxBytes?: number;
  readonly maxAgeS?: number;
  readonly boot?: string;
  /** Why there is no disk; shown in `stats`. */
  readonly because?: string;
}

const NOTHING_LOST = { n: 0, events: 0 };

class MemoryStore implements Store {
  readonly boot: string;
  readonly failing = false;
  private readonly table = new MemoryTable();
  private readonly stream = randomBytes(6).toString('hex');
  private readonly ledger: Ledger;
  private refused = 0;
  private batches = 0;

  constructor(private readonly options: MemoryOptions) {
    this.boot = options.boot ?? randomBytes(6).toString('hex');
    const bounds = { bytes: options.maxBytes ?? 4 << 20, ageS: options.maxAgeS ?? Number.POSITIVE_INFINITY };
    this.ledger = new Ledger(this.table, bounds, this.boot, options.now().monoUs);
  }

  append(record: NewRecord): void {
    try {
      const stamp = this.options.now();
      const drafts = [draftOf(record, stamp)];
      const id = String(this.batches++);
      this.ledger.commit({ id, drafts, overflow: NOTHING_LOST, cursor: 0, stamp });
    } catch {
      this.refused += 1;
    }
  }

  async flush(): Promise<void> {}

  async read({ afterSeq, limit }: Position): Promise<StoredRecord[]> {
    return this.table.after(afterSeq, limit).map((entry) => storedOf(entry, this.stream));
  }

  async timeSyncs(): Promise<StoredRecord[]> {
    return this.table.timeSyncs().map((entry) => storedOf(entry, this.stream));
  }

  cursor(): number {
    return this.table.head.cursor;
  }

  moveCursor(seq: number, stream = this.stream): void {
    const { head } = this.table;
    if (stream === this.stream) head.cursor = Math.max(head.cursor, Math.min(seq, head.next - 1));
  }

  export(range: ExportRange = {}): AsyncIterable<DatedRecord> {
    return exportOf(this, range);
  }

  stats(): StoreStats {
    const { head } = this.table;
    return {
      stream: this.stream,
      durable: false,
      records: head.records,
      bytes: this.table.bytes(),
      oldestSeq: this.table.after(0, 1)[0]?.seq ?? null,
      newestSeq: head.records > 0 ? head.next - 1 : null,
      cursor: head.cursor,
      waiting: 0,
      dropped: this.refused,
      failing: false,
      lastError: this.options.because ?? null,
    };
  }

  async close(): Promise<void> {}
}

/** For when no database can be opened. */
export const memoryStore = (options: MemoryOptions): Store => new MemoryStore(options);
