/**
 * One summary per heating period, from the gate’s edges and the rows between them.
 *
 * A period begins with a rising edge and ends with the next one. Pulses that follow each other faster than a second share
 * one summary (`pulses` says how many), and one that lasts longer than a minute (constant current, the last pulse of a
 * recipe) is summed up in pieces, so there is never more than a summary a second nor a long silence. Rows are taken as hot
 * while the gate heated and as cold otherwise; of a quantity that no row measured the figures are null.
 */
import { LIGHT_CHANNEL_NAMES, LIGHT_CHANNELS } from '../params/channels.ts';
import type { EventRecord } from '../params/event-record.ts';
import { isRunning, SAFETY_STATES } from '../params/states.ts';
import type { Row } from '../params/telemetry.ts';
import { after, atSeconds, type Instant, instant, later, SECOND, type Span, seconds, since } from '../units.ts';
import type { Body, Json } from './record.ts';

const SHORTEST = SECOND;
export const LONGEST = seconds(60);
/** Edges come up to this much later than rows that are younger. */
const LATE = SECOND;
/** Rows of a period beyond this are not summed up: at the fastest pace 20 a second for a minute. */
const MOST_ROWS = 1500;
const MOST_PULSES = 1000;

interface Pulse {
  readonly onAskedUs: Instant;
  readonly onUs: Instant;
  offAskedUs: Instant | null;
  offUs: Instant | null;
}

interface Piece {
  readonly startUs: Instant;
  readonly pulses: Pulse[];
  /** The heating went on from the piece before. */
  readonly goesOn: boolean;
  worstUs: Span | null;
}

export interface PeriodSummary {
  readonly endUs: Instant;
  readonly body: Body;
}

/** edge_missing: the last pulse has ended, but its falling edge was never reported. */
type Ended = 'next_pulse' | 'long' | 'not_armed' | 'edge_missing' | 'closed';
const isHeating = (state: Row['state']): boolean => SAFETY_STATES.some((name) => name === state && isRunning(name));

export class Periods {
  private piece: Piece | null = null;
  private rows: Row[] = [];
  private heatingUs = instant(0);

  constructor(private readonly emit: (summary: PeriodSummary) => void) {}

  edge({ code, askedUs, achievedUs }: EventRecord): void {
    if (askedUs === undefined || achievedUs === undefined) return;
    if (code === 'on') this.rise(askedUs, achievedUs);
    else this.fall(askedUs, achievedUs);
  }

  row(row: Row): void {
    if (!this.piece) return;
    const now = monoUs(row);
    if (this.rows.length < MOST_ROWS) this.rows.push(row);
    const isHot = this.piece.pulses.at(-1)?.offUs === null;
    if (isHeating(row.state)) this.heatingUs = now;
    const heatedLast = later(this.heatingUs, this.piece.pulses.at(-1)?.offUs ?? this.piece.startUs);
    const full = after(this.piece.startUs, LONGEST);
    if (now > after(heatedLast, LATE)) this.end(now, isHot ? 'edge_missing' : 'not_armed');
    else if (now > after(full, LATE)) this.end(full, 'long');
  }

  /** Sums up what has begun. */
  close(now: Instant): void {
    if (this.piece) this.end(now, 'closed');
  }

  private rise(askedUs: Instant, achievedUs: Instant): void {
    if (this.piece?.pulses.at(-1)?.offUs === null) this.end(achievedUs, 'edge_missing');
    if (this.piece && since(achievedUs, this.piece.startUs) >= SHORTEST) this.end(achievedUs, 'next_pulse');
    // The rest of a long piece without heat is not a period of its own.
    if (this.piece?.pulses.length === 0) this.piece = null;
    this.piece ??= { startUs: achievedUs, pulses: [], goesOn: false, worstUs: null };
    const { piece } = this;
    this.late(piece, since(achievedUs, askedUs));
    if (piece.pulses.length < MOST_PULSES)
      piece.pulses.push({ onAskedUs: askedUs, onUs: achievedUs, offAskedUs: null, offUs: null });
  }

  private fall(askedUs: Instant, achievedUs: Instant): void {
    const pulse = this.piece?.pulses.at(-1);
    if (!this.piece || !pulse || pulse.offUs !== null) return;
    pulse.offAskedUs = askedUs;
    pulse.offUs = achievedUs;
    this.late(this.piece, since(achievedUs, askedUs));
  }

  private late(piece: Piece, us: Span): void {
    if (piece.worstUs === null || Math.abs(us) > Math.abs(piece.worstUs)) piece.worstUs = us;
  }

  private end(endUs: Instant, ended: Ended): void {
    const { piece } = this;
    if (!piece) return;
    const inside = this.rows.filter((row) => monoUs(row) < endUs);
    this.rows = this.rows.filter((row) => monoUs(row) >= endUs);
    this.emit({ endUs, body: summaryOf(piece, inside, endUs, ended) });
    this.piece = null;
    if (ended !== 'long') return;
    const last = piece.pulses.at(-1);
    const stillHot = last !== undefined && last.offUs === null;
    // What goes on is summed up in the next piece, which starts where this one ended.
    const pulses = stillHot ? [{ onAskedUs: endUs, onUs: endUs, offAskedUs: null, offUs: null }] : [];
    this.piece = { startUs: endUs, pulses, goesOn: true, worstUs: null };
  }
}

const monoUs = (row: Row): Instant => atSeconds(Number(row.mono_s));

function summaryOf(
  { startUs, pulses, goesOn, worstUs }: Piece,
  rows: readonly Row[],
  endUs: Instant,
  ended: Ended,
): Body {
  const lengthUs = since(endUs, startUs);
  const isKnown = ended !== 'edge_missing';
  const asked = isKnown ? pulses.reduce((sum, p) => sum + (p.offAskedUs ?? endUs) - p.onAskedUs, 0) : null;
  const achieved = isKnown ? pulses.reduce((sum, p) => sum + (p.offUs ?? endUs) - p.onUs, 0) : null;
  const isHot = (row: Row): boolean =>
    pulses.some((p) => monoUs(row) >= p.onUs && (p.offUs === null || monoUs(row) < p.offUs));
  const hot = rows.filter(isHot);
  const cold = rows.filter((row) => !isHot(row));
  // The median, because the reading of the row at an edge may be from before it.
  const heaterW = median(hot.map(powerOf).filter((watts) => watts !== null));
  const duty = lengthUs > 0 && achieved !== null ? achieved / lengthUs : null;
  return {
    start_us: startUs,
    length_us: lengthUs,
    ended,
    goes_on: goesOn,
    pulses: pulses.length,
    on_asked_us: asked,
    on_achieved_us: achieved,
    worst_edge_late_us: worstUs,
    duty_ratio: rounded(duty, 5),
    heater_on_w: rounded(heaterW, 4),
    power_mean_w: heaterW === null || duty === null ? (achieved === 0 ? 0 : null) : rounded(heaterW * duty, 5),
    tc_c: spread(rows, 'tc_c', 'tc_quality', 3),
    ir_c: spread(rows, 'ir_c', 'ir_quality', 3),
    pl_cold_v: means(cold),
    pl_hot_v: means(hot),
    rows: rows.length,
  };
}

/** Smallest, mean and largest value, how many there were, and why the others are absent. */
function spread(
  rows: readonly Row[],
  name: 'tc_c' | 'ir_c',
  quality: 'tc_quality' | 'ir_quality',
  decimals: number,
): Body {
  const values = numbers(rows, name);
  const why = rows.find((row) => row[name] === null)?.[quality] ?? null;
  if (values.length === 0) return { min: null, mean: null, max: null, n: 0, quality: why ?? 'no row' };
  return {
    min: rounded(Math.min(...values), decimals),
    mean: rounded(mean(values), decimals),
    max: rounded(Math.max(...values), decimals),
    n: values.length,
    quality: why ?? 'ok',
  };
}

function means(rows: readonly Row[]): Body {
  const found: Record<string, Json> = {};
  for (const channel of LIGHT_CHANNEL_NAMES) {
    const values = numbers(rows, LIGHT_CHANNELS[channel].column);
    found[channel] = values.length === 0 ? null : rounded(mean(values), 6);
  }
  const flawed = rows.find(({ pl_quality }) => pl_quality !== 'ok')?.pl_quality;
  return { ...found, n: rows.length, quality: flawed ?? (rows.length === 0 ? 'no row' : 'ok') };
}

const numbers = (rows: readonly Row[], name: keyof Row): number[] =>
  rows.map((row) => row[name]).filter((value) => typeof value === 'number' && Number.isFinite(value)) as number[];

function powerOf({ heater_a, supply_v }: Row): number | null {
  return typeof heater_a === 'number' && typeof supply_v === 'number' ? heater_a * supply_v : null;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

export const rounded = (value: number | null, decimals: number): number | null =>
  value === null || !Number.isFinite(value) ? null : Number(value.toFixed(decimals));
