/**
 * The journal that feeds the history: a sample a second, a summary per heating period, every event that is not an edge,
 * and at a trip the last minute at full rate. It creates records and passes them on; it never waits for a disk.
 */
import type { Row } from '../params/telemetry.ts';
import { TELEMETRY, TELEMETRY_NAMES, type TelemetryName } from '../params/telemetry.ts';
import type { EventRecord, Journal } from '../runtime/record.ts';
import { type Micros, SECOND, seconds } from '../units.ts';
import { Periods, rounded } from './period.ts';
import { type Json, JsonText, type NewRecord } from './record.ts';

export interface Sink {
  append(record: NewRecord): void;
  readonly failing: boolean;
}

export interface HistoryOptions {
  readonly sampleUs?: Micros;
  /** How much of the past a dump holds. */
  readonly ringUs?: Micros;
}

/** Most entries of the ring: a minute at the fastest pace of rows and as many edges. */
const RING_ENTRIES = 1500;
/** Most characters of a dump; older entries give way. */
const RING_CHARS = 400_000;

/** Names of a sample’s quantities, the unit last; the rest of the columns have it already. */
const NAMES: Partial<Record<TelemetryName, string>> = {
  light: 'light_ratio',
  desired: 'desired_ratio',
  permitted: 'permitted_ratio',
  achieved: 'achieved_ratio',
};
/** What the record itself carries, or what is averaged. */
const ELSEWHERE: readonly TelemetryName[] = ['mono_s', 'achieved'];
const SAMPLED = TELEMETRY_NAMES.filter((name) => !ELSEWHERE.includes(name));

export class History implements Journal {
  private readonly periods: Periods;
  private readonly rows: Ring;
  private readonly edges: Ring;
  private readonly sampleUs: Micros;
  private sampledAt: Micros | null = null;
  private rowBefore: Micros | null = null;
  private heatedUs = 0;
  private spanUs = 0;

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
    const now = seconds(Number(row.mono_s));
    this.rows.push(now, JSON.stringify(TELEMETRY_NAMES.map((name) => cellOf(row, name))));
    this.periods.row(row);
    this.integrate(row, now);
    if (this.sampledAt !== null && now - this.sampledAt < this.sampleUs - this.sampleUs / 100) return;
    this.sample(row, now);
  }

  event(event: EventRecord): void {
    if (event.kind === 'edge') {
      const { code, askedUs = null, achievedUs = null } = event;
      this.edges.push(seconds(event.monoS), JSON.stringify([code === 'on' ? 1 : 0, askedUs, achievedUs]));
      this.periods.edge(event);
      return;
    }
    const { monoS, timeS, kind, code, text } = event;
    const isTrip = kind === 'state' && (code === 'tripped' || code === 'lockout');
    // Commands are the audit trail: they must survive a power cut a moment later.
    const urgent = isTrip || kind === 'command' || kind === 'tuning';
    const monoUs = seconds(monoS);
    const body = { event: kind, code, text, time_s: rounded(timeS, 6) };
    this.sink.append({ kind: 'event', monoUs, body, urgent });
    if (isTrip) this.dump(code, monoUs);
  }

  /** Sums up the period that has begun. To be called before the store is closed. */
  close(now: Micros): void {
    this.periods.close(now);
  }

  private integrate(row: Row, now: Micros): void {
    if (this.rowBefore !== null && typeof row.achieved === 'number') {
      this.heatedUs += row.achieved * (now - this.rowBefore);
      this.spanUs += now - this.rowBefore;
    }
    this.rowBefore = now;
  }

  /** Instantaneous values of this row; the achieved duty is the mean since the sample before. */
  private sample(row: Row, now: Micros): void {
    const body: Record<string, Json> = {};
    for (const name of SAMPLED) body[NAMES[name] ?? name] = cellOf(row, name);
    body['achieved_ratio'] = this.spanUs > 0 ? rounded(this.heatedUs / this.spanUs, 4) : cellOf(row, 'achieved');
    this.heatedUs = 0;
    this.spanUs = 0;
    // Samples keep their places on the second; one that came late does not shift the ones after it.
    const due = this.sampledAt === null ? now : this.sampledAt + this.sampleUs;
    this.sampledAt = now - due < this.sampleUs / 2 ? due : now;
    this.sink.append({ kind: 'sample', monoUs: now, body });
  }

  /** The texts are prepared, so that at the trip they are only joined. */
  private dump(code: string, monoUs: Micros): void {
    if (this.rows.length === 0) return;
    const columns = JSON.stringify(TELEMETRY_NAMES.map((name) => NAMES[name] ?? name));
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
  private entries: { readonly at: Micros; readonly text: string }[] = [];
  private start = 0;
  private chars = 0;

  constructor(private readonly spanUs: Micros) {}

  get length(): number {
    return this.entries.length - this.start;
  }

  push(at: Micros, text: string): void {
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

  private isOver(at: Micros): boolean {
    const first = this.entries[this.start];
    if (first === undefined || this.length <= 1) return false;
    return at - first.at > this.spanUs || this.length > RING_ENTRIES || this.chars > RING_CHARS / 2;
  }
}
