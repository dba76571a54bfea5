/** The summary of a day of the history: what ran, how warm it was, what the film looked like, what went wrong. */
import type { Body, StoredRecord } from './record.ts';

export interface DaySummary {
  /** In the time zone of the calendar, YYYY-MM-DD. */
  readonly day: string;
  /** Seconds with a sample, of them armed, and of them with heat (achieved duty times time). */
  readonly sampled_s: number;
  readonly armed_s: number;
  readonly heated_s: number;
  readonly pulses: number;
  readonly tc_min_c: number | null;
  readonly tc_mean_c: number | null;
  readonly tc_max_c: number | null;
  /** Means while armed. PL is a proxy of the film’s state. */
  readonly pl_red_mean_v: number | null;
  readonly pl_green_mean_v: number | null;
  readonly trips: number;
  readonly commands: number;
  readonly refused: number;
}

/** Gathers records in their order, and hands each day over when the next one begins. */
export class Days {
  private day: string | null = null;
  private sampled = 0;
  private armed = 0;
  private heated = 0;
  private pulses = 0;
  private trips = 0;
  private commands = 0;
  private refused = 0;
  private tc = new Mean();
  private red = new Mean();
  private green = new Mean();

  constructor(private readonly dayOf: (wallMs: number) => string) {}

  /** The summary of the day before, when this record is the first of a later day. A record without a date is left out. */
  take(record: StoredRecord): DaySummary | null {
    if (record.wallMs === null) return null;
    const day = this.dayOf(record.wallMs);
    const over = this.day !== null && day > this.day ? this.summary(this.day) : null;
    if (this.day === null || day > this.day) this.begin(day);
    this.add(record);
    return over;
  }

  private begin(day: string): void {
    this.day = day;
    [this.sampled, this.armed, this.heated, this.pulses] = [0, 0, 0, 0];
    [this.trips, this.commands, this.refused] = [0, 0, 0];
    [this.tc, this.red, this.green] = [new Mean(), new Mean(), new Mean()];
  }

  private add({ kind, body }: StoredRecord): void {
    if (kind === 'period') this.pulses += numberOf(body, 'pulses') ?? 0;
    if (kind === 'event') this.addEvent(body);
    if (kind !== 'sample') return;
    this.sampled += 1;
    this.tc.add(numberOf(body, 'tc_c'));
    if (body['state'] !== 'armed') return;
    this.armed += 1;
    this.heated += numberOf(body, 'achieved_ratio') ?? 0;
    this.red.add(numberOf(body, 'pl_red_v'));
    this.green.add(numberOf(body, 'pl_green_v'));
  }

  private addEvent({ event, code }: Body): void {
    if (event === 'state' && (code === 'tripped' || code === 'lockout')) this.trips += 1;
    if (event === 'command') this.commands += 1;
    if (event === 'refused') this.refused += 1;
  }

  private summary(day: string): DaySummary {
    return {
      day,
      sampled_s: this.sampled,
      armed_s: this.armed,
      heated_s: Math.round(this.heated),
      pulses: this.pulses,
      tc_min_c: this.tc.min,
      tc_mean_c: this.tc.mean,
      tc_max_c: this.tc.max,
      pl_red_mean_v: this.red.mean,
      pl_green_mean_v: this.green.mean,
      trips: this.trips,
      commands: this.commands,
      refused: this.refused,
    };
  }
}

/** One line for people. */
export function dayText(s: DaySummary): string {
  const hours = (seconds: number): string => `${(seconds / 3600).toFixed(1)} h`;
  const tc = s.tc_mean_c === null ? 'no temperature' : `${s.tc_min_c} to ${s.tc_max_c} °C (mean ${s.tc_mean_c})`;
  return `${hours(s.sampled_s)} recorded, ${hours(s.armed_s)} armed, ${s.pulses} pulses, ${tc}, ${s.trips} trips, ${s.refused} refused`;
}

const numberOf = (body: Body, key: string): number | null => {
  const value = body[key];
  return typeof value === 'number' ? value : null;
};

class Mean {
  private sum = 0;
  private n = 0;
  private least = Number.POSITIVE_INFINITY;
  private most = Number.NEGATIVE_INFINITY;

  add(value: number | null): void {
    if (value === null) return;
    this.sum += value;
    this.n += 1;
    this.least = Math.min(this.least, value);
    this.most = Math.max(this.most, value);
  }

  get mean(): number | null {
    return this.n === 0 ? null : Number((this.sum / this.n).toFixed(4));
  }

  get min(): number | null {
    return this.n === 0 ? null : this.least;
  }

  get max(): number | null {
    return this.n === 0 ? null : this.most;
  }
}
