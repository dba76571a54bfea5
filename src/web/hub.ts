/**
 * Everybody who watches: server-sent events to each of them. Events are numbered and kept for a while, so that a phone that
 * slept hears what it missed; of states only the newest counts. A slow reader is sent only the newest state.
 */
import type { ServerResponse } from 'node:http';
import type { Asker, Batch, PageEvent } from '../params/page.ts';
import type { Known, Pass } from './access.ts';

/** Events that are kept; edges of the gate are none of them. */
export const MOST_EVENTS = 5000;
/** A new page is told so many of the events before it. */
const FIRST_EVENTS = 200;
/** A watcher whose connection takes nothing for so long is let go, ms. */
const STUCK_MS = 60_000;
/** Connections of one token and of all; each open page holds one. */
export const MOST_EACH = 24;
export const MOST_WATCHERS = 64;

/** The place of somebody who came before any event was known. */
const UNKNOWN = -1;

interface Watcher {
  readonly response: ServerResponse;
  readonly name: string;
  /** What it was let in by. */
  readonly pass: Pass;
  /** Number of the last event that was sent. */
  cursor: number;
  stateSent: number;
  stuckSince: number | null;
}

export class Hub {
  /** JSON of the newest state; null before the first. */
  state: string | null = null;
  /** Events of earlier starts of the program. */
  past: readonly PageEvent[] = [];
  private stateNumber = 0;
  private readonly events: PageEvent[] = [];
  private readonly watchers = new Set<Watcher>();

  /** @param boot start of the program, part of the number of an event; `nowMs`: any clock that goes on */
  constructor(
    private readonly boot: string,
    private readonly nowMs: () => number,
  ) {}

  get watching(): number {
    return this.watchers.size;
  }

  /** Whether one more may watch. */
  hasRoom({ name }: Asker): boolean {
    if (this.watchers.size >= MOST_WATCHERS) return false;
    return [...this.watchers].filter((one) => one.name === name).length < MOST_EACH;
  }

  take({ state, events }: Pick<Batch, 'state' | 'events'>): void {
    this.events.push(...events);
    this.events.splice(0, Math.max(0, this.events.length - MOST_EVENTS));
    this.state = state;
    this.stateNumber += 1;
    for (const watcher of this.watchers) this.pump(watcher);
  }

  /** Events after a number, oldest first, at most `limit`: the newest ones where there are more. */
  after(seq: number, limit: number): readonly PageEvent[] {
    return this.since(seq).slice(-limit);
  }

  /** Those after a number. Looked for from the end: whoever watches has nearly all of them. */
  private since(seq: number): readonly PageEvent[] {
    return this.events.slice(this.events.findLastIndex((event) => event.seq <= seq) + 1);
  }

  /** The first number that is still there; one more than the newest where there is none. */
  private get oldest(): number {
    return this.events[0]?.seq ?? this.newest + 1;
  }

  get newest(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  /** Begins to send to somebody. @param lastId the `Last-Event-ID` of the connection before, or null */
  watch(response: ServerResponse, { asker: { name }, pass }: Known, lastId: string | null): void {
    const [boot, seq] = lastId?.split('.') ?? [];
    const known = boot === this.boot && /^\d{1,15}$/.test(seq ?? '') ? Number(seq) : null;
    const cursor =
      // The number may be above all of ours: this server was restarted, and the watcher has seen those events.
      known ?? (this.events.length === 0 ? UNKNOWN : Math.max(this.oldest - 1, this.newest - FIRST_EVENTS));
    const watcher: Watcher = { response, name, pass, cursor, stateSent: 0, stuckSince: null };
    this.watchers.add(watcher);
    response.on('close', () => this.watchers.delete(watcher));
    response.on('drain', () => {
      watcher.stuckSince = null;
      this.pump(watcher);
    });
    response.write('retry: 2000\n\n');
    this.pump(watcher);
  }

  /** Every few seconds: a line that keeps the connection open, and an end for those that are stuck. */
  beat(): void {
    const nowMs = this.nowMs();
    for (const watcher of this.watchers) {
      if (watcher.stuckSince !== null && nowMs - watcher.stuckSince > STUCK_MS) watcher.response.destroy();
      else if (!watcher.response.writableNeedDrain) watcher.response.write(': still here\n\n');
    }
  }

  /** Ends the connections of those who would not be let in any more. */
  keep(isGood: (pass: Pass) => boolean): void {
    for (const { response, pass } of this.watchers) if (!isGood(pass)) response.end();
  }

  close(): void {
    for (const { response } of this.watchers) response.end();
  }

  private pump(watcher: Watcher): void {
    const { response } = watcher;
    if (response.writableNeedDrain) {
      watcher.stuckSince ??= this.nowMs();
      return;
    }
    let text = '';
    for (const event of this.since(watcher.cursor)) {
      if (watcher.cursor !== UNKNOWN && event.seq > watcher.cursor + 1) {
        const gap = { from: watcher.cursor + 1, to: event.seq - 1 };
        text += this.message('gap', gap.to, JSON.stringify(gap));
      }
      text += this.message('event', event.seq, JSON.stringify(event));
      watcher.cursor = event.seq;
    }
    if (this.state !== null && watcher.stateSent < this.stateNumber) {
      text += this.message('state', watcher.cursor, this.state);
      watcher.stateSent = this.stateNumber;
    }
    if (text !== '') response.write(text);
  }

  private message(event: string, seq: number, data: string): string {
    return `id: ${this.boot}.${seq}\nevent: ${event}\ndata: ${data}\n\n`;
  }
}
