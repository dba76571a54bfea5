/**
 * The history of the bench: an embedded, durable, bounded store of records in one sequence.
 *
 * `append` copies a record into a bounded queue and comes back; a thread of its own (worker.ts) writes batches, each ended
 * by a full sync, so a sync of seconds on a bad SD card costs the control loop nothing. A batch is written when an urgent
 * record waits, when 500 wait, a second after an event, or `commitMs` after telemetry: every sync costs the card some
 * 20 KB, so telemetry that nobody waits for goes together. What `flush` has acknowledged survives a crash; what it has
 * not may be lost, and its numbers are then used for the first time.
 *
 * Only what is safe on disk is ever read back, because a record that was sent and then lost would leave its number to
 * another one. While the disk fails the store is `failing`, keeps what fits into its queue and tries again.
 */
import { randomBytes } from 'node:crypto';
import { draftOf, storedOf } from './drafts.ts';
import { exportOf } from './export.ts';
import type { Batch, Entry } from './ledger.ts';
import { Line, messageOf, StoreUnavailable } from './line.ts';
import { StoreBusy } from './lock.ts';
import type { DatedRecord, ExportRange, Position, Store, StoreStats } from './port.ts';
import type { Ask } from './protocol.ts';
import { Queue } from './queue.ts';
import type { NewRecord, Stamp, StoredRecord } from './record.ts';
import type { VaultState } from './vault.ts';

export { StoreUnavailable } from './line.ts';
export { StoreBusy } from './lock.ts';
export { memoryStore } from './memory.ts';
export type { DatedRecord, ExportRange, Position, Store, StoreStats } from './port.ts';

export interface StoreOptions {
  readonly folder: string;
  /** Database and log together stay below this, but for one batch. At least 2 MiB. */
  readonly maxBytes: number;
  /** Telemetry that is older goes; events stay. */
  readonly maxAgeS: number;
  readonly now: () => Stamp;
  readonly boot?: string;
  /** How long telemetry may wait before it is written. */
  readonly commitMs?: number;
  readonly retryMs?: number;
  readonly queueCount?: number;
  readonly queueBytes?: number;
  /** A start does not wait longer than this for a slow disk. */
  readonly openMs?: number;
}

const BATCH = 500;
const BATCH_BYTES = 1 << 18;
const EVENT_MS = 1000;
/** A batch that takes longer than this counts as failing. */
const SLOW_MS = 5000;
const CLOSE_MS = 10_000;

/** Opens the history of a folder. Throws `StoreBusy` when another program has it; a broken disk only makes it `failing`. */
export async function openStore(options: StoreOptions): Promise<Store> {
  if (!(options.maxBytes >= 2 << 20)) throw new RangeError('a history needs at least 2 MiB');
  const store = new DiskStore(options);
  await store.open();
  return store;
}

interface Waiter {
  readonly order: number;
  readonly batch: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Sent {
  readonly batch: Batch & { readonly stream: string | null };
  readonly number: number;
  /** All that was appended before this is in it, or was written before it. */
  readonly covers: number;
}

class DiskStore implements Store {
  readonly boot: string;
  private readonly line: Line;
  private readonly queue: Queue;
  private state: VaultState | null = null;
  private wantedCursor = 0;
  private cursorMoved = false;
  private batches = 0;
  private sent: Sent | null = null;
  private sending = false;
  private sentAt = 0;
  private error: string | null = null;
  private failed = false;
  private closed = false;
  private checked = false;
  private timer: NodeJS.Timeout | null = null;
  private timerAt = Number.POSITIVE_INFINITY;
  private waiters: Waiter[] = [];

  constructor(private readonly options: StoreOptions) {
    this.boot = options.boot ?? randomBytes(6).toString('hex');
    const { folder, maxBytes, maxAgeS } = options;
    this.line = new Line({ folder, maxBytes, maxAgeS, boot: this.boot, token: randomBytes(6).toString('hex') });
    this.queue = new Queue({ count: options.queueCount ?? 5000, bytes: options.queueBytes ?? 2 << 20 });
  }

  async open(): Promise<void> {
    const opening = this.line.call({ ask: 'open', stamp: this.options.now() }).then(
      (state) => this.learn(state as VaultState),
      (error: Error) => {
        if (error instanceof StoreBusy || error instanceof StoreUnavailable) throw error;
        this.fail(error);
      },
    );
    let slow: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      slow = setTimeout(() => {
        this.fail(new Error('the disk did not open the history in time'));
        resolve();
      }, this.options.openMs ?? 10_000);
    });
    try {
      await Promise.race([opening, late]);
    } catch (error) {
      await this.line.end();
      throw error;
    } finally {
      clearTimeout(slow);
    }
    opening.catch((error: Error) => this.fail(error));
  }

  get failing(): boolean {
    return this.failed || (this.sending && performance.now() - this.sentAt > SLOW_MS);
  }

  append(record: NewRecord): void {
    if (this.closed) return;
    try {
      this.queue.push(draftOf(record, this.options.now()));
    } catch (error) {
      this.queue.refuse(record.kind === 'event' || record.kind === 'time_sync');
      this.error = messageOf(error);
    }
    this.plan(record.urgent === true);
  }

  flush(): Promise<void> {
    if (!this.sent && !this.isWaiting) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const batch = this.cursorMoved || this.queue.overflowed ? this.batches + 1 : 0;
      this.waiters.push({ order: this.queue.appended, batch, resolve, reject });
      this.send();
    });
  }

  async read({ afterSeq, limit }: Position): Promise<StoredRecord[]> {
    const ask: Ask = { ask: 'read', afterSeq, limit: Math.min(limit, BATCH), stamp: this.options.now() };
    return this.records(await this.line.call(ask));
  }

  async timeSyncs(): Promise<StoredRecord[]> {
    return this.records(await this.line.call({ ask: 'syncs', limit: 10_000, stamp: this.options.now() }));
  }

  cursor(): number {
    return this.wantedCursor;
  }

  moveCursor(seq: number, stream: string | null = this.state?.stream ?? null): void {
    if (stream === null || stream !== this.state?.stream || !Number.isSafeInteger(seq)) return;
    const moved = Math.min(seq, this.state.newestSeq ?? 0);
    if (moved <= this.wantedCursor) return;
    this.wantedCursor = moved;
    this.cursorMoved = true;
    this.plan(false);
  }

  export(range: ExportRange = {}): AsyncIterable<DatedRecord> {
    return exportOf(this, range);
  }

  stats(): StoreStats {
    const { state } = this;
    return {
      stream: state?.stream ?? null,
      durable: true,
      records: state?.records ?? 0,
      bytes: state?.bytes ?? 0,
      oldestSeq: state?.oldestSeq ?? null,
      newestSeq: state?.newestSeq ?? null,
      cursor: this.wantedCursor,
      waiting: this.queue.length + (this.sent?.batch.drafts.length ?? 0),
      dropped: this.queue.dropped,
      failing: this.failing,
      lastError: this.error,
    };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const orderly = async (): Promise<void> => {
      await this.flush().catch(() => {});
      await this.line.call({ ask: 'close' }).catch(() => {});
    };
    let late: NodeJS.Timeout | undefined;
    await Promise.race([
      orderly(),
      new Promise<void>((resolve) => {
        late = setTimeout(resolve, CLOSE_MS);
      }),
    ]);
    clearTimeout(late);
    if (this.timer) clearTimeout(this.timer);
    for (const waiter of this.waiters.splice(0)) waiter.reject(new Error('the history was closed'));
    await this.line.end();
  }

  private get isWaiting(): boolean {
    return this.queue.length > 0 || this.cursorMoved || this.queue.overflowed;
  }

  /** Schedules the next write. */
  private plan(urgent: boolean): void {
    if (this.sent !== null && !urgent) return;
    if (this.failed) return;
    const full = this.queue.length >= BATCH || this.queue.bytes >= BATCH_BYTES;
    if (urgent || full) this.wakeIn(0);
    else this.wakeIn(this.queue.eventsWaiting ? EVENT_MS : (this.options.commitMs ?? 10_000));
  }

  private wakeIn(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.timerAt) return;
    if (this.timer) clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.timerAt = Number.POSITIVE_INFINITY;
      this.send();
    }, ms);
    this.timer.unref();
  }

  /** Sends the batch that failed before, or the next one. One is on its way at a time. */
  private send(): void {
    if (this.sending) return;
    if (this.sent === null) {
      if (!this.isWaiting) {
        if (this.failed) this.reopen();
        return;
      }
      this.sent = this.nextBatch();
    }
    const { sent } = this;
    this.sending = true;
    this.sentAt = performance.now();
    this.line.call({ ask: 'commit', batch: sent.batch }).then(
      (state) => {
        this.sending = false;
        this.sent = null;
        this.learn(state as VaultState);
        this.written(sent);
      },
      (error: Error) => {
        this.sending = false;
        this.fail(error);
        for (const waiter of this.waiters.splice(0)) waiter.reject(error);
      },
    );
  }

  /** Nothing waits to be written, but the disk failed: try to open it again. */
  private reopen(): void {
    this.sending = true;
    this.sentAt = performance.now();
    this.line.call({ ask: 'open', stamp: this.options.now() }).then(
      (state) => {
        this.sending = false;
        this.learn(state as VaultState);
        this.send();
      },
      (error: Error) => {
        this.sending = false;
        this.fail(error);
        for (const waiter of this.waiters.splice(0)) waiter.reject(error);
      },
    );
  }

  private nextBatch(): Sent {
    const { drafts, overflow, covers } = this.queue.take(BATCH, BATCH_BYTES);
    const number = ++this.batches;
    const stream = this.state?.stream ?? null;
    this.cursorMoved = false;
    const id = `${this.boot} ${number}`;
    return {
      batch: { id, drafts, overflow, cursor: this.wantedCursor, stream, stamp: this.options.now() },
      number,
      covers,
    };
  }

  private written({ covers, number }: Sent): void {
    const done = (waiter: Waiter): boolean => waiter.order <= covers && waiter.batch <= number;
    const ready = this.waiters.filter(done);
    this.waiters = this.waiters.filter((waiter) => !done(waiter));
    for (const waiter of ready) waiter.resolve();
    if (this.waiters.length > 0) this.send();
    else if (this.isWaiting) this.plan(this.queue.length >= BATCH);
  }

  private learn(state: VaultState): void {
    const isNew = state.stream !== this.state?.stream;
    this.wantedCursor = isNew ? state.cursor : Math.max(this.wantedCursor, state.cursor);
    this.state = state;
    this.failed = false;
    if (!this.checked) this.check();
  }

  /** In the background; later batches wait in the queue. */
  private check(): void {
    this.checked = true;
    this.line.call({ ask: 'check', stamp: this.options.now() }).then(
      (state) => this.learn(state as VaultState),
      (error: Error) => this.fail(error),
    );
  }

  private fail(error: Error): void {
    this.failed = true;
    this.error = messageOf(error);
    if (!this.closed) this.wakeIn(this.options.retryMs ?? 3000);
  }

  private records(answer: unknown): StoredRecord[] {
    const { entries, state } = answer as { entries: Entry[]; state: VaultState };
    const failed = this.failed;
    this.learn(state);
    // Reading does not show that writing works again.
    this.failed = failed;
    return entries.map((entry) => storedOf(entry, state.stream));
  }
}
