/**
 * The journal that feeds the history: a sample a second, a summary per heating period, every event that is not an edge,
 * and at a trip the last minute at full rate. It creates records and passes them on; it never waits for a disk.
 */

import type { EventRecord } from '../params/event-record.ts';
import type { Row } from '../params/telemetry.ts';
import { LIVE_NAMES, RECORDED_ONLY, TELEMETRY, TELEMETRY_NAMES, type TelemetryName } from '../params/telemetry.ts';
import type { Journal } from '../runtime/record.ts';
import { after, atSeconds, type Instant, micros, plus, SECOND, type Span, seconds, since, times } from '../units.ts';
import { Periods, rounded } from './period.ts';
import { type Json, JsonText, type NewRecord } from './record.ts';

export interface Sink {
  append(record: NewRecord): void;
  readonly failing: boolean;
}

export interface HistoryOptions {
  readonly sampleUs?: Span;
  /** How much of the past a dump holds. */
  readonly ringUs?: Span;
}

/** Most entries of the ring: a minute at the fastest pace of rows and as many edges. */
const RING_ENTRIES = 1500;
/** Most characters of a dump; older entries give way. */
const RING_CHARS = 440_000;

/** Names of a sample’s quantities, the unit last; the rest of the columns have it already. */
const NAMES: Partial<Record<TelemetryName, string>> = {
  light: 'light_ratio',
  desired: 'desired_ratio',
  permitted: 'permitted_ratio',
  achieved: 'achieved_ratio',
};
/** What the record itself carries, what is averaged, and what events tell when it changes. */
const ELSEWHERE: readonly TelemetryName[] = ['mono_s', 'wall_utc', 'achieved', 'recipe', 'on_trial'];
/** Only a simulated bench has them, or only a run with an alarm: their absence is not stored every second. */
const RARE: readonly TelemetryName[] = [...RECORDED_ONLY, 'alarms'];
const SAMPLED = TELEMETRY_NAMES.filter((name) => !ELSEWHERE.includes(name));
/** The recipe is the run’s, and what light and swing say changes once a cycle: both are in the ordinary samples. */
const PER_CYCLE: readonly TelemetryName[] = [
  'recipe',
  'verdict',
  'verdict_why',
  'cause',
  'segregated',
  'segregated_error',
  'pl_dark_v',
  'swing_expected_k',
  'swing_k',
];
/** Columns of a dump: full rate, so without what is the same for minutes or what the record carries itself. */
const DUMPED = LIVE_NAMES.filter((name) => !PER_CYCLE.includes(name));

/** The name that a quantity has in a sample of the history. */
export const sampleName = (name: TelemetryName): string => NAMES[name] ?? name;

/** Names of the quantities in a sample, in their order, each with its unit. */
export const SAMPLE_UNITS: Readonly<Record<string, string>> = Object.fromEntries(
  [...SAMPLED, 'achieved' as const].map((name) => [sampleName(name), TELEMETRY[name].unit]),
);

export class History implements Journal {
  private readonly periods: Periods;
  private readonly rows: Ring;
  private readonly edges: Ring;
  private readonly sampleUs: Span;
  private sampledAt: Instant | null = null;
  private rowBefore: Instant | null = null;
  private heatedUs = micros(0);
  private spanUs = micros(0);

  constructor(
    private readonly sink: Sink,
    options: HistoryOptions = {},
  ) {
    this.sampleUs = options.sampleUs ?? SECOND;
    const ringUs = options.ringUs ?? seconds(60);
    this.rows = new Ring(ringUs);
    this.edges = new Ring(ringUs);
    this.periods = new Periods(({ endUs, body }) => this.sink.append({ kind: 'period', monoUs: endUs, body }));
  }

  get failing(): boolean {
    return this.sink.failing;
  }

  row(row: Row): void {
    const now = atSeconds(Number(row.mono_s));
    this.rows.push(now, JSON.stringify(DUMPED.map((name) => cellOf(row, name))));
    this.periods.row(row);
    this.integrate(row, now);
    if (this.sampledAt !== null && since(now, this.sampledAt) < this.sampleUs - this.sampleUs / 100) return;
    this.sample(row, now);
  }

  event(event: EventRecord): void {
    if (event.kind === 'edge') {
      const { code, askedUs = null, achievedUs = null } = event;
      this.edges.push(atSeconds(event.monoS), JSON.stringify([code === 'on' ? 1 : 0, askedUs, achievedUs]));
      this.periods.edge(event);
      return;
    }
    const { monoS, timeS, run, kind, code, text } = event;
    const isTrip = kind === 'state' && (code === 'tripped' || code === 'lockout');
    // Commands are the audit trail: they must survive a power cut a moment later.
    const urgent = isTrip || kind === 'command' || kind === 'tuning';
    const monoUs = atSeconds(monoS);
    const body = { event: kind, code, text, time_s: rounded(timeS, 6), ...(run && { run }) };
    this.sink.append({ kind: 'event', monoUs, body, urgent });
    if (isTrip) this.dump(code, monoUs);
  }

  /** Sums up the period that has begun. To be called before the store is closed. */
  close(now: Instant): void {
    this.periods.close(now);
  }

  private integrate(row: Row, now: Instant): void {
    if (this.rowBefore !== null && typeof row.achieved === 'number') {
      const span = since(now, this.rowBefore);
      this.heatedUs = plus(this.heatedUs, times(span, row.achieved));
      this.spanUs = plus(this.spanUs, span);
    }
    this.rowBefore = now;
  }

  /** Instantaneous values of this row; the achieved duty is the mean since the sample before. */
  private sample(row: Row, now: Instant): void {
    const body: Record<string, Json> = {};
    for (const name of SAMPLED) {
      if (row[name] !== null || !RARE.includes(name)) body[sampleName(name)] = cellOf(row, name);
    }
    body['achieved_ratio'] = this.spanUs > 0 ? rounded(this.heatedUs / this.spanUs, 4) : cellOf(row, 'achieved');
    this.heatedUs = micros(0);
    this.spanUs = micros(0);
    // Samples keep their places on the second; one that came late does not shift the ones after it.
    const due = this.sampledAt === null ? now : after(this.sampledAt, this.sampleUs);
    this.sampledAt = since(now, due) < this.sampleUs / 2 ? due : now;
    this.sink.append({ kind: 'sample', monoUs: now, body });
  }

  /** The texts are prepared, so that at the trip they are only joined. */
  private dump(code: string, monoUs: Instant): void {
    if (this.rows.length === 0) return;
    const columns = JSON.stringify(DUMPED.map(sampleName));
    const text =
      `{"code":${JSON.stringify(code)},"columns":${columns},"rows":[${this.rows.texts()}],` +
      `"edge_columns":["rising","asked_us","achieved_us"],"edges":[${this.edges.texts()}]}`;
    this.sink.append({ kind: 'dump', monoUs, body: new JsonText(text), urgent: true });
    this.rows.clear();
    this.edges.clear();
  }
}

function cellOf(row: Row, name: TelemetryName): number | string | null {
  const value = row[name];
  return typeof value === 'number' ? rounded(value, TELEMETRY[name].decimals) : value;
}

/** The newest of what was pushed, bounded by time, count and length. */
class Ring {
  private entries: { readonly at: Instant; readonly text: string }[] = [];
  private start = 0;
  private chars = 0;

  constructor(private readonly spanUs: Span) {}

  get length(): number {
    return this.entries.length - this.start;
  }

  push(at: Instant, text: string): void {
    this.entries.push({ at, text });
    this.chars += text.length;
    while (this.isOver(at)) {
      this.chars -= this.entries[this.start]?.text.length ?? 0;
      this.start += 1;
    }
    if (this.start < RING_ENTRIES) return;
    this.entries = this.entries.slice(this.start);
    this.start = 0;
  }

  texts(): string {
    return this.entries
      .slice(this.start)
      .map(({ text }) => text)
      .join(',');
  }

  clear(): void {
    this.entries = [];
    this.start = 0;
    this.chars = 0;
  }

  private isOver(at: Instant): boolean {
    const first = this.entries[this.start];
    if (first === undefined || this.length <= 1) return false;
    return since(at, first.at) > this.spanUs || this.length > RING_ENTRIES || this.chars > RING_CHARS / 2;
  }
}
