/**
 * The rules of the history, over any table: numbering, the sender’s cursor, bounds and the gap records that say what was
 * dropped. The same rules serve the database and the memory.
 *
 * The oldest telemetry is dropped first. Events are dropped only when nothing else is left and they alone exceed the
 * bytes; age never removes an event. Telemetry that was sent is dropped without a trace; unsent telemetry and every event
 * are accounted for by a `gap` record. A gap record absorbs older gap records that are dropped with it, so there are few.
 */

import { type Instant, seconds, since } from '../units.ts';
import { CLOCKS, type ClockQuality, type GapBody, isTelemetry, KINDS, type Kind, type Stamp } from './record.ts';

/** A record as a table keeps it: the body is text. */
export interface Entry extends Stamp {
  readonly seq: number;
  readonly boot: string;
  readonly kind: Kind;
  readonly body: string;
}

/** The table’s own data besides the records. */
export interface Head {
  /** Number of the next record. */
  next: number;
  /** Up to here the sender’s records were acknowledged. */
  cursor: number;
  /** No telemetry is left up to here. */
  floor: number;
  records: number;
  /** The last batch that was committed, so that one that is sent again is not written again. */
  batch: string;
}

export interface Table {
  readonly head: Head;
  insert(entry: Entry): void;
  remove(seqs: readonly number[]): void;
  /** Entries after this number, oldest first. */
  after(seq: number, limit: number): Entry[];
  /** The first entry after this number whose wall time is synced. */
  synced(seq: number): Entry | null;
  /** Bytes in use. */
  bytes(): number;
}

/** A record on its way to the table. */
export interface Draft extends Stamp {
  readonly kind: Kind;
  readonly body: string;
}

export interface Batch {
  readonly id: string;
  readonly drafts: readonly Draft[];
  /** Records that were dropped before these for lack of memory. */
  readonly overflow: { readonly n: number; readonly events: number };
  readonly cursor: number;
  readonly stamp: Stamp;
}

export interface Bounds {
  /** Bytes that the table may use. */
  readonly bytes: number;
  readonly ageS: number;
}

/** Above the bound, space is freed down to this share of it. */
const ROOM = 0.95;
const CHUNK = 100;
/** How often the age of the oldest record is looked at. */
const AGE_EVERY_US = seconds(60);

interface Dropped {
  from: number;
  to: number;
  n: number;
  events: number;
}

export class Ledger {
  /** Records before this one belong to earlier starts of the program. */
  private readonly firstOfBoot: number;
  private agedAt: Instant | null = null;
  /** The first dated record after some undated ones: looked up once for all of them. */
  private dated: Entry | null | undefined;

  constructor(
    private readonly table: Table,
    private readonly bounds: Bounds,
    private readonly boot: string,
    private readonly openedUs: Instant,
  ) {
    this.firstOfBoot = table.head.next;
  }

  /** Numbers and keeps a batch. To be called within one transaction. */
  commit({ id, drafts, overflow, cursor, stamp }: Batch): void {
    const { head } = this.table;
    if (head.batch === id) return;
    // Only what was stored before can have been sent.
    head.cursor = Math.max(head.cursor, Math.min(cursor, head.next - 1));
    if (overflow.n > 0) {
      const from = head.next;
      head.next += overflow.n;
      this.gap({ from, to: head.next - 1, ...overflow }, 'queue', stamp);
    }
    for (const draft of drafts) this.insert(draft);
    this.retain(stamp);
    head.batch = id;
  }

  private insert(draft: Draft): void {
    const { head } = this.table;
    this.table.insert({ ...draft, boot: this.boot, seq: head.next });
    head.next += 1;
    head.records += 1;
  }

  private gap({ from, to, n, events }: Dropped, why: GapBody['why'], stamp: Stamp): void {
    const body: GapBody = { from, to, n, events, why };
    this.insert({ ...stamp, kind: 'gap', body: JSON.stringify(body) });
  }

  private retain(stamp: Stamp): void {
    if (this.agedAt === null || since(stamp.monoUs, this.agedAt) >= AGE_EVERY_US) {
      this.agedAt = stamp.monoUs;
      this.dated = undefined;
      this.drop('age', stamp);
    }
    if (this.table.bytes() <= this.bounds.bytes) return;
    this.drop('bytes', stamp);
  }

  private drop(why: 'age' | 'bytes', stamp: Stamp): void {
    const dropped: Dropped = { from: Number.POSITIVE_INFINITY, to: 0, n: 0, events: 0 };
    const nothingElse = this.dropTelemetry(why, stamp, dropped);
    if (why === 'bytes' && nothingElse) this.dropEvents(dropped);
    if (dropped.n > 0) this.gap(dropped, why, stamp);
  }

  /** From the oldest on. True when none is left. */
  private dropTelemetry(why: 'age' | 'bytes', stamp: Stamp, dropped: Dropped): boolean {
    const { head } = this.table;
    for (;;) {
      let tooMuch = why === 'bytes' ? this.tooMuch() : Number.POSITIVE_INFINITY;
      if (tooMuch <= 0) return false;
      const chunk = this.table.after(head.floor, CHUNK);
      if (chunk.length === 0) return true;
      const goes: Entry[] = [];
      for (const entry of chunk) {
        if (isTelemetry(entry.kind) || entry.kind === 'gap') {
          if (tooMuch <= 0 || (why === 'age' && !this.isOld(entry, stamp))) break;
          tooMuch -= entry.body.length;
          goes.push(entry);
        }
        head.floor = entry.seq;
      }
      const isWhole = head.floor === chunk.at(-1)?.seq;
      this.remove(goes, dropped);
      if (goes.length === 0 && !isWhole) return false;
    }
  }

  /** Only events are left: the oldest go. */
  private dropEvents(dropped: Dropped): void {
    for (let tooMuch = this.tooMuch(); tooMuch > 0; tooMuch = this.tooMuch()) {
      const goes: Entry[] = [];
      for (const entry of this.table.after(0, CHUNK)) {
        if (tooMuch <= 0) break;
        tooMuch -= entry.body.length;
        goes.push(entry);
      }
      if (goes.length === 0) return;
      this.remove(goes, dropped);
    }
  }

  /** Bytes above what is left when room is made. */
  private tooMuch(): number {
    return this.table.bytes() - this.bounds.bytes * ROOM;
  }

  private remove(entries: readonly Entry[], dropped: Dropped): void {
    for (const entry of entries) this.account(entry, dropped);
    this.table.remove(entries.map(({ seq }) => seq));
    this.table.head.records -= entries.length;
  }

  private account({ seq, kind, body }: Entry, dropped: Dropped): void {
    const unsent = seq > this.table.head.cursor;
    const gap = kind === 'gap' ? gapOf(body, seq) : null;
    const isEvent = gap === null && !isTelemetry(kind);
    if (!unsent && !isEvent && !gap?.events) return;
    dropped.from = Math.min(dropped.from, gap?.from ?? seq);
    dropped.to = Math.max(dropped.to, seq);
    dropped.n += gap?.n ?? 1;
    dropped.events += gap?.events ?? (isEvent ? 1 : 0);
  }

  /**
   * Older than the bound? Monotonic time answers for this start of the program; records of earlier ones are dated by wall
   * time if both that and the present are synced, and an undated one is at least as old as the next dated one.
   */
  private isOld(entry: Entry, now: Stamp): boolean {
    const { ageS } = this.bounds;
    const age = seconds(ageS);
    if (entry.boot === this.boot) return since(now.monoUs, entry.monoUs) > age;
    if (entry.seq < this.firstOfBoot && since(now.monoUs, this.openedUs) > age) return true;
    if (now.clock !== 'synced' || now.wallMs === null) return false;
    const known = entry.clock === 'synced' ? entry : this.datedAfter(entry.seq);
    return known !== null && known.wallMs !== null && now.wallMs - known.wallMs > ageS * 1e3;
  }

  private datedAfter(seq: number): Entry | null {
    if (this.dated === undefined || (this.dated !== null && this.dated.seq <= seq)) this.dated = this.table.synced(seq);
    return this.dated;
  }
}

function gapOf(body: string, seq: number): Pick<GapBody, 'from' | 'n' | 'events'> {
  try {
    const { from, n, events } = JSON.parse(body) as GapBody;
    if (Number.isSafeInteger(from) && Number.isSafeInteger(n) && Number.isSafeInteger(events))
      return { from, n, events };
  } catch {
    // A gap record with a damaged text still stands for an absent record.
  }
  return { from: seq, n: 1, events: 0 };
}

export const clockOf = (index: number): ClockQuality | undefined => CLOCKS[index];
export const kindOf = (index: number): Kind | undefined => KINDS[index];
