/** What is counted of one run while its rows and events go by. */

import { type RunJson, recordedNumber } from '../params/run-json.ts';
import type { SafetyState } from '../params/states.ts';
import { VERDICT_NAMES, type Verdict, verdictRow } from '../params/verdict.ts';
import { CycleCounter } from './cycles.ts';
import { HeatTime } from './heat.ts';
import type { RecordedEvent } from './record.ts';
import type { RowView, Walker } from './walk.ts';

/** A stretch of time with one word for it, s since the recipe started. */
export interface Span<W extends string> {
  readonly what: W;
  readonly fromS: number;
  toS: number;
}

/** Something that happened, s since the recipe started. */
export interface Happening {
  readonly atS: number;
  readonly what: string;
}

/** An estimate of the segregated share by the light, and its standard error. */
export interface Estimate {
  readonly atS: number;
  readonly share: number;
  readonly error: number;
}

/** Without a row for this many intervals the record has a gap, and nothing is assumed of it. */
const GAP_ROWS = 2.5;
const LEAST_GAP_S = 1;
/** No figure needs more of anything that happens again and again. */
const MOST_KEPT = 2000;
/** Current above this share of the nominal one is a pulse and no noise. */
const PULSE_SHARE = 0.5;

/** The recipe goes on in these; before them its clock still shows the run before. */
const PLAYS: readonly string[] = ['armed', 'paused'] satisfies SafetyState[];

/** Whether a row belongs to the recipe of its run. */
export const plays = (row: RowView): boolean =>
  PLAYS.includes(row.text('state') ?? '') && !Number.isNaN(row.number('time_s'));
const isVerdict = (text: string | null): text is Verdict => VERDICT_NAMES.some((name) => name === text);

/** How far apart two rows may be with nothing missing between them, s. */
export const gapLimitS = (facts: RunJson): number =>
  Math.max(LEAST_GAP_S, (GAP_ROWS * (recordedNumber(facts, 'journal.rowMs') ?? 0)) / 1000);

/** Mean of what is there. */
export class Mean {
  private sum = 0;
  n = 0;

  take(value: number, weight = 1): void {
    if (Number.isNaN(value)) return;
    this.sum += weight * value;
    this.n += weight;
  }

  get value(): number {
    return this.n > 0 ? this.sum / this.n : Number.NaN;
  }
}

export class Observed implements Walker {
  readonly cycles: CycleCounter;
  readonly heat = new HeatTime();
  readonly verdicts: Span<Verdict>[] = [];
  readonly patterns = new Map<string, number>();
  readonly modes = new Map<string, number>();
  readonly verdictS = new Map<Verdict, number>();
  readonly marks: Happening[] = [];
  readonly filmC = new Mean();
  readonly onA = new Mean();
  readonly onV = new Mean();
  firstAlarm: Happening | null = null;
  trips = 0;
  rows = 0;
  fromS: number | null = null;
  toS = 0;
  litS = 0;
  recordedS = 0;
  pulses = 0;
  thermalCycles: number | null = null;
  largest: Estimate | null = null;
  last: Estimate | null = null;
  truth: { segregated: number; maxC: number } | null = null;
  startedUtc: string | null = null;
  private before: {
    timeS: number;
    verdict: Verdict | null;
    lit: boolean;
    pattern: string | null;
    mode: string;
  } | null = null;
  private byModelS = 0;
  private plays = false;
  private readonly gapS: number;
  private readonly pulseA: number;

  constructor(facts: RunJson) {
    this.gapS = gapLimitS(facts);
    this.cycles = new CycleCounter(facts, this.gapS);
    this.pulseA = PULSE_SHARE * (recordedNumber(facts, 'heater.currentA') ?? 0.1);
  }

  row(row: RowView): void {
    const timeS = row.number('time_s');
    this.plays = plays(row);
    if (!this.plays) {
      this.until(row, timeS);
      this.before = null;
      this.cycles.rest(row);
      return;
    }
    this.rows += 1;
    this.fromS ??= timeS;
    this.startedUtc ??= row.text('wall_utc');
    this.until(row, timeS);
    this.cycles.row(row, timeS);
    this.toS = timeS;
    this.look(row, timeS);
  }

  /** What was so at the row before held until this one, unless rows are missing between them. */
  private until(row: RowView, timeS: number): void {
    const { before } = this;
    if (Number.isNaN(timeS)) return;
    if (before && this.isGap(timeS)) this.gap();
    if (!this.before || !before) {
      this.heat.begin(timeS, row.number('heater_a') > this.pulseA);
      return;
    }
    const s = timeS - before.timeS;
    this.toS = timeS;
    this.recordedS += s;
    this.heat.row(timeS);
    if (before.lit) this.litS += s;
    if (before.pattern !== null) add(this.patterns, before.pattern, s);
    add(this.modes, before.mode, s);
    if (before.verdict !== null) {
      add(this.verdictS, before.verdict, s);
      this.span(before.verdict, before.timeS, timeS);
    }
    const film = row.number('film_c');
    this.byModelS += Number.isNaN(film) ? -s : s;
    this.filmC.take(Number.isNaN(film) ? row.number('tc_c') : film, s);
  }

  /** Whether rows are missing between the row before and an instant; a clock that goes back tells nothing either. */
  private isGap(timeS: number): boolean {
    const s = this.before === null ? 0 : timeS - this.before.timeS;
    return s > this.gapS || s < 0;
  }

  private gap(): void {
    this.cycles.gap();
    this.heat.gap();
    this.before = null;
  }

  /** Whether the mean temperature is the observer’s for most of the time. */
  get filmByModel(): boolean {
    return this.byModelS >= 0;
  }

  private span(verdict: Verdict, fromS: number, toS: number): void {
    const last = this.verdicts.at(-1);
    if (last && last.what === verdict && last.toS === fromS) last.toS = toS;
    else if (this.verdicts.length < MOST_KEPT) this.verdicts.push({ what: verdict, fromS, toS });
  }

  private look(row: RowView, timeS: number): void {
    const verdict = row.text('verdict');
    const [onS, periodS] = [row.number('pulse_on_s'), row.number('pulse_period_s')];
    this.before = {
      timeS,
      verdict: isVerdict(verdict) ? verdict : null,
      lit: row.number('light') > 0,
      pattern: onS > 0 && periodS > 0 ? `${onS}/${periodS}` : null,
      mode: row.text('mode') ?? 'not recorded',
    };
    const amps = row.number('heater_a');
    if (amps > this.pulseA) {
      this.onA.take(amps);
      this.onV.take(row.number('supply_v'));
    }
    const cycles = row.number('cycles');
    if (!Number.isNaN(cycles)) this.thermalCycles = cycles;
    const [share, error] = [row.number('segregated'), row.number('segregated_error')];
    if (!Number.isNaN(share) && !Number.isNaN(error)) {
      this.last = { atS: timeS, share, error };
      if (!this.largest || share > this.largest.share) this.largest = this.last;
    }
    const [segregated, filmC] = [row.number('sim_true_segregated'), row.number('sim_true_film_c')];
    if (Number.isNaN(segregated)) return;
    this.truth = {
      segregated: Math.max(this.truth?.segregated ?? 0, segregated),
      maxC: Math.max(this.truth?.maxC ?? Number.NEGATIVE_INFINITY, filmC),
    };
  }

  event(event: RecordedEvent): void {
    const { kind, code, timeS } = event;
    if (kind === 'edge') {
      this.edge(event);
      return;
    }
    const played = this.plays;
    if (kind === 'state') this.plays = PLAYS.includes(code);
    const isTrip = kind === 'state' && (code === 'tripped' || code === 'lockout');
    if (isTrip) this.trips += 1;
    if (timeS === null || !(played || this.plays)) return;
    const atS = timeS;
    if (isTrip) this.mark(atS, event.text);
    const alarming = kind === 'alarm' || (kind === 'verdict' && isVerdict(code) && verdictRow(code).alarming);
    if (alarming) this.firstAlarm ??= { atS, what: code };
    if (kind === 'verdict') this.mark(atS, code);
    if (kind === 'tuning') this.mark(atS, `settings ${code}`);
    if (kind === 'alarm') this.mark(atS, `alarm ${code}`);
  }

  private mark(atS: number, what: string): void {
    if (this.marks.length < MOST_KEPT) this.marks.push({ atS, what });
  }

  /** Edges of the proof test come before the recipe and are not counted; the one that ends it may come with its start. */
  private edge({ code, timeS, monoS, achievedS }: RecordedEvent): void {
    const isEnd = code === 'off' && this.heat.isHigh;
    if (timeS === null || !(this.plays || isEnd)) return;
    const atS = timeS + (achievedS === null ? 0 : achievedS - monoS);
    const isRising = code === 'on';
    // Events without their rows must not close a cycle that began before the gap.
    if (this.before !== null && atS - this.before.timeS > this.gapS) this.gap();
    this.cycles.edge(isRising, atS);
    this.heat.edge(isRising, atS);
    if (isRising) this.pulses += 1;
  }
}

function add<K>(map: Map<K, number>, key: K, value: number): void {
  if (map.has(key) || map.size < MOST_KEPT) map.set(key, (map.get(key) ?? 0) + value);
}
