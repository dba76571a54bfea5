/**
 * Records that wait for the disk, in order of arrival. Bounded by count and bytes: the oldest telemetry is dropped first
 * and counted. Events may use four times the bound, because they are few and matter most; beyond that the oldest event is
 * dropped, since a controller that runs out of memory records nothing at all.
 */
import type { Draft } from './ledger.ts';
import { isTelemetry } from './record.ts';

interface Waiting {
  readonly order: number;
  readonly draft: Draft;
}

class Fifo {
  private items: (Waiting | undefined)[] = [];
  private start = 0;
  bytes = 0;

  get length(): number {
    return this.items.length - this.start;
  }
  get first(): Waiting | undefined {
    return this.items[this.start];
  }
  push(item: Waiting): void {
    this.items.push(item);
    this.bytes += sizeOf(item.draft);
  }
  shift(): Waiting | undefined {
    const item = this.items[this.start];
    if (item === undefined) return undefined;
    this.items[this.start++] = undefined;
    this.bytes -= sizeOf(item.draft);
    if (this.start > 1000 && this.start * 2 > this.items.length) {
      this.items = this.items.slice(this.start);
      this.start = 0;
    }
    return item;
  }
}

/** Bytes that a draft takes in memory, roughly. */
const sizeOf = (draft: Draft): number => draft.body.length + 100;

const EVENTS_MORE = 4;

export interface QueueBounds {
  readonly count: number;
  readonly bytes: number;
}

export interface Taken {
  readonly drafts: Draft[];
  readonly overflow: { readonly n: number; readonly events: number };
  /** Everything pushed before this has been taken or dropped. */
  readonly covers: number;
}

export class Queue {
  private readonly telemetry = new Fifo();
  private readonly events = new Fifo();
  /** How many were ever pushed. */
  appended = 0;
  private overflow = { n: 0, events: 0 };
  /** All that was ever dropped here. */
  dropped = 0;

  constructor(private readonly bounds: QueueBounds) {}

  get length(): number {
    return this.telemetry.length + this.events.length;
  }
  get bytes(): number {
    return this.telemetry.bytes + this.events.bytes;
  }
  get eventsWaiting(): boolean {
    return this.events.length > 0;
  }
  get overflowed(): boolean {
    return this.overflow.n > 0;
  }

  push(draft: Draft): void {
    (isTelemetry(draft.kind) ? this.telemetry : this.events).push({ order: this.appended++, draft });
    while (this.telemetry.length > 0 && this.isOver(1)) this.lose(this.telemetry, 0);
    while (this.events.length > 1 && this.isOver(EVENTS_MORE)) this.lose(this.events, 1);
  }

  /** Counts a record that was never queued. */
  refuse(isEvent: boolean): void {
    this.count(isEvent ? 1 : 0);
  }

  /** The oldest, up to a count and so many bytes (but at least one), with what was dropped before them. */
  take(most: number, mostBytes: number): Taken {
    const drafts: Draft[] = [];
    let bytes = 0;
    let covers = 0;
    while (drafts.length < most) {
      const from = this.next();
      const item = from?.first;
      if (!from || !item || (drafts.length > 0 && bytes + sizeOf(item.draft) > mostBytes)) break;
      from.shift();
      bytes += sizeOf(item.draft);
      covers = item.order + 1;
      drafts.push(item.draft);
    }
    const { overflow } = this;
    this.overflow = { n: 0, events: 0 };
    return { drafts, overflow, covers: this.length === 0 ? this.appended : covers };
  }

  private next(): Fifo | null {
    const { telemetry, events } = this;
    if (!telemetry.first) return events.first ? events : null;
    if (!events.first) return telemetry;
    return telemetry.first.order < events.first.order ? telemetry : events;
  }

  private isOver(times: number): boolean {
    return this.length > this.bounds.count * times || this.bytes > this.bounds.bytes * times;
  }

  private lose(from: Fifo, events: number): void {
    from.shift();
    this.count(events);
  }

  private count(events: number): void {
    this.overflow = { n: this.overflow.n + 1, events: this.overflow.events + events };
    this.dropped += 1;
  }
}
