/** The summary of a day of the history: what ran, how warm it was, what the film looked like, what went wrong. */
import { type Body, dated, type StoredRecord } from './record.ts';

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

/** Sums of a day as far as it was read: plain numbers, so that they can be kept in a file until the day is over. */
interface Sums {
  sampledS: number;
  armedS: number;
  heatedS: number;
  pulses: number;
  trips: number;
  commands: number;
  refused: number;
  /** °C */
  readonly tc: Spread;
  /** V */
  readonly red: Spread;
  /** V */
  readonly green: Spread;
}

interface Spread {
  n: number;
  sum: number;
  min: number | null;
  max: number | null;
}

export interface KeptDays {
  /** Days that are not over yet, or were not over when read. */
  readonly open: Readonly<Record<string, Sums>>;
  /** Days that have their summary. */
  readonly done: readonly string[];
}

/**
 * Collects records by day, in any order of their dates. The date is that of the record’s own clock while it was set, else
 * that of the `time_sync` of its boot; a record without such a date is not counted. A day is returned once: records that
 * turn up later, or were read before they had a date, are left out.
 */
export class Days {
  private readonly open: Map<string, Sums>;
  private readonly done: Set<string>;

  constructor(
    private readonly dayOf: (wallMs: number) => string,
    kept: KeptDays = { open: {}, done: [] },
  ) {
    this.open = new Map(Object.entries(kept.open));
    this.done = new Set(kept.done);
  }

  /** `syncs`: the `time_sync` records of the history. */
  take(record: StoredRecord, syncs: readonly StoredRecord[]): void {
    const { kind, body } = record;
    if (kind === 'event' && body['event'] === 'daily') this.finish(String(body['code']));
    const { wallMs, from } = dated(record, syncs);
    if (wallMs === null || from === 'unsynced') return;
    const day = this.dayOf(wallMs);
    if (this.done.has(day)) return;
    const sums = this.open.get(day) ?? newSums();
    this.open.set(day, sums);
    addTo(sums, record);
  }

  /** Returns the days before `today` that have a sample. */
  over(today: string): DaySummary[] {
    const days = [...this.open].filter(([day]) => day < today).sort(([a], [b]) => (a < b ? -1 : 1));
    const summaries: DaySummary[] = [];
    for (const [day, sums] of days) {
      this.open.delete(day);
      if (sums.sampledS === 0) continue;
      this.finish(day);
      summaries.push(summaryOf(day, sums));
    }
    return summaries;
  }

  kept(): KeptDays {
    return { open: Object.fromEntries(this.open), done: [...this.done] };
  }

  private finish(day: string): void {
    this.open.delete(day);
    this.done.add(day);
  }
}

const newSpread = (): Spread => ({ n: 0, sum: 0, min: null, max: null });

const newSums = (): Sums => ({
  ...{ sampledS: 0, armedS: 0, heatedS: 0, pulses: 0, trips: 0, commands: 0, refused: 0 },
  ...{ tc: newSpread(), red: newSpread(), green: newSpread() },
});

function addTo(sums: Sums, { kind, body }: StoredRecord): void {
  if (kind === 'period') sums.pulses += numberOf(body, 'pulses') ?? 0;
  if (kind === 'event') addEvent(sums, body);
  if (kind !== 'sample') return;
  sums.sampledS += 1;
  widen(sums.tc, numberOf(body, 'tc_c'));
  if (body['state'] !== 'armed') return;
  sums.armedS += 1;
  sums.heatedS += numberOf(body, 'achieved_ratio') ?? 0;
  widen(sums.red, numberOf(body, 'pl_red_v'));
  widen(sums.green, numberOf(body, 'pl_green_v'));
}

function addEvent(sums: Sums, { event, code }: Body): void {
  if (event === 'state' && (code === 'tripped' || code === 'lockout')) sums.trips += 1;
  // A change of settings is a command that was obeyed.
  if (event === 'command' || event === 'tuning') sums.commands += 1;
  if (event === 'refused') sums.refused += 1;
}

function widen(spread: Spread, value: number | null): void {
  if (value === null) return;
  spread.n += 1;
  spread.sum += value;
  spread.min = Math.min(spread.min ?? value, value);
  spread.max = Math.max(spread.max ?? value, value);
}

const meanOf = ({ n, sum }: Spread): number | null => (n === 0 ? null : Number((sum / n).toFixed(4)));

function summaryOf(day: string, sums: Sums): DaySummary {
  return {
    day,
    sampled_s: sums.sampledS,
    armed_s: sums.armedS,
    heated_s: Math.round(sums.heatedS),
    pulses: sums.pulses,
    tc_min_c: sums.tc.min,
    tc_mean_c: meanOf(sums.tc),
    tc_max_c: sums.tc.max,
    pl_red_mean_v: meanOf(sums.red),
    pl_green_mean_v: meanOf(sums.green),
    trips: sums.trips,
    commands: sums.commands,
    refused: sums.refused,
  };
}

/** One line for a person. */
export function dayText(s: DaySummary): string {
  const hours = (seconds: number): string => `${(seconds / 3600).toFixed(1)} h`;
  const tc = s.tc_mean_c === null ? 'no temperature' : `${s.tc_min_c} to ${s.tc_max_c} °C (mean ${s.tc_mean_c})`;
  return `${hours(s.sampled_s)} recorded, ${hours(s.armed_s)} armed, ${s.pulses} pulses, ${tc}, ${s.trips} trips, ${s.refused} refused`;
}

const numberOf = (body: Body, key: string): number | null => {
  const value = body[key];
  return typeof value === 'number' ? value : null;
};
