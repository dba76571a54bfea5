/**
 * The records of the history. Every record has its place in one sequence, the start of the program that it belongs to
 * (`boot`), monotonic time, and wall time as far as it was known. A measurement that is missing is null.
 */
import { type Instant, since } from '../units.ts';

export const KINDS = ['period', 'sample', 'event', 'dump', 'gap', 'time_sync'] as const;
export type Kind = (typeof KINDS)[number];

/** How far wall time can be trusted: unknown, not synchronised, or set from a time server. */
export const CLOCKS = ['none', 'unsynced', 'synced'] as const;
export type ClockQuality = (typeof CLOCKS)[number];

export type Json = null | boolean | number | string | readonly Json[] | Body;
/** Units stand in the names of the keys: `tc_c`, `on_achieved_us`. */
export type Body = { readonly [key: string]: Json };

export interface Stamp {
  readonly monoUs: Instant;
  readonly wallMs: number | null;
  readonly clock: ClockQuality;
}

/** A record on its way to the store. */
export interface NewRecord {
  /** `gap` is written by the store alone. */
  readonly kind: Exclude<Kind, 'gap'>;
  /** An object, or the text of one that was already made into JSON. */
  readonly body: Body | JsonText;
  /** When it happened; now, if absent. */
  readonly monoUs?: Instant;
  /** Written to disk at once, not with the next batch. */
  readonly urgent?: boolean;
}

/** The text of a JSON object. */
export class JsonText {
  constructor(readonly text: string) {}
}

export interface StoredRecord extends Stamp {
  /** Rises strictly, also across restarts, within one stream. */
  readonly seq: number;
  /** The database that numbered it: a new database is a new stream. */
  readonly stream: string;
  readonly boot: string;
  readonly kind: Kind;
  readonly body: Body;
}

/**
 * Body of a record about absent ones: `n` of the numbers from `from` to `to`, `events` of them events. Of damaged ones
 * (`why` = damaged) nobody knows what they were: `events` is the most it can be.
 */
export interface GapBody {
  readonly from: number;
  readonly to: number;
  readonly n: number;
  readonly events: number;
  readonly why: 'bytes' | 'age' | 'queue' | 'damaged';
}

/** May be dropped to free space. Events are the audit trail, and without `time_sync` earlier rows have no date. */
export const isTelemetry = (kind: Kind): boolean => kind === 'sample' || kind === 'period' || kind === 'dump';

/** The best known wall time of a record. */
export interface Dated {
  readonly wallMs: number | null;
  /** synced = its own clock was; later = from a `time_sync` of the same boot; else as it was recorded. */
  readonly from: 'synced' | 'later' | 'unsynced' | 'none';
}

/**
 * Wall time of a record. One that was written before the clock was set is dated by the first `time_sync` of its boot that
 * follows it, over the monotonic time between the two; one after the last is dated by that last.
 */
export function dated(record: StoredRecord, syncs: readonly StoredRecord[]): Dated {
  if (record.clock === 'synced' && record.wallMs !== null) return { wallMs: record.wallMs, from: 'synced' };
  let best: StoredRecord | null = null;
  for (const sync of syncs) {
    if (sync.kind !== 'time_sync' || sync.boot !== record.boot || sync.stream !== record.stream) continue;
    if (sync.wallMs === null || sync.clock !== 'synced') continue;
    const follows = sync.seq > record.seq;
    const bestFollows = best !== null && best.seq > record.seq;
    if (best === null || (follows && !bestFollows)) best = sync;
    else if (follows === bestFollows && (follows ? sync.seq < best.seq : sync.seq > best.seq)) best = sync;
  }
  if (best?.wallMs == null) return { wallMs: record.wallMs, from: record.wallMs === null ? 'none' : 'unsynced' };
  return { wallMs: best.wallMs - since(best.monoUs, record.monoUs) / 1000, from: 'later' };
}

/** Wall and monotonic time may drift apart by this much before earlier rows need a new reference, ms. */
const STEP_MS = 500;

/** Detects when a `time_sync` is due: the clock was set for the first time in this boot, or it was set again. */
export class TimeSyncWatch {
  private offsetMs: number | null = null;

  check({ monoUs, wallMs, clock }: Stamp): NewRecord | null {
    if (clock !== 'synced' || wallMs === null) return null;
    const offsetMs = wallMs - monoUs / 1000;
    if (this.offsetMs !== null && Math.abs(offsetMs - this.offsetMs) < STEP_MS) return null;
    const steppedMs = this.offsetMs === null ? null : Math.round(offsetMs - this.offsetMs);
    this.offsetMs = offsetMs;
    return { kind: 'time_sync', monoUs, body: { wall_ms: wallMs, stepped_ms: steppedMs } };
  }
}
