/**
 * Watches the photoluminescence for the onset of halide segregation while settings are on trial.
 *
 * One value a heating cycle: y = band / reference, the mean over the last 0.4 s before the next pulse (cold, the same
 * phase every time: a random phase costs several times the noise). The band is the one that rises when the film
 * segregates: green for CsPbBr1.2I1.8, red for samples whose emission shifts red. A level is frozen when the guard begins,
 * because a level that follows the signal swallows the segregation; from it a one-sided CUSUM
 * g = max(0, g + (e − 1/2)) with e = (y − y0)/σ runs (E. S. Page, Biometrika 41 (1954) 100). PL is a proxy: the alarm says
 * that the spectrum moved, not how much of the film is segregated.
 */
import { COMPILED } from '../../params/limits.ts';
import {
  after,
  before,
  type Instant,
  micros,
  millis,
  type Ratio,
  ratio,
  seconds,
  since,
  times,
  type Volts,
} from '../../units.ts';
import type { Wanted } from '../wanted.ts';

/** Photodiode voltages without their dark levels, V. */
export interface Light {
  readonly green: Volts;
  readonly red: Volts;
  readonly reference: Volts;
  /** The voltage at which a channel saturates. */
  readonly full: Volts;
}

export type Band = 'green' | 'red';

export interface OnsetInput {
  /** This tick’s reading; null = none, or none that is to be trusted. */
  readonly pl: Light | null;
  /** Excitation asked for, 0..1; 0 = nothing to see. */
  readonly light: Ratio;
  /** What control wants; its phase says when the film is cold. */
  readonly wanted: Wanted;
}

export interface OnsetState {
  /** Values of the cycles before, newest last; at most `KEPT`. */
  readonly levels: readonly number[];
  /** Whether a trial is being watched. */
  readonly guarding: boolean;
  /** y0 and σ, frozen; null until there is a cycle to take them from. */
  readonly anchor: { readonly y: number; readonly sigma: number } | null;
  /** CUSUM. */
  readonly g: number;
  readonly alarm: boolean;
  /** The cycle under way. */
  readonly bin: Bin | null;
  /** Excitation of these levels. */
  readonly light: Ratio;
}

interface Bin {
  readonly endUs: Instant;
  /** Readings before this are left out: the film is still warm. */
  readonly coldUs: Instant;
  readonly sum: number;
  /** Of the other band over the reference: how bright the film is at all. */
  readonly bright: number;
  readonly n: number;
  /** A reading was at the end of its range. */
  readonly saturated: boolean;
}

const KEPT = 12;
const COLD_US = millis(400);
/** Where there are no pulses (constant current, temperature modes, heater off) a cycle is this long. */
const CYCLE_US = seconds(5);
/** Alarm at g = 20: two cycles of a clear rise, some forty of one that is barely over the noise. */
const ALARM = 20;
/** σ is at least this share of the film’s own brightness: leakage between the bands moves with temperature. */
const LEAST_SIGMA = 0.001;
/** Less light than this on the reference photodiode, V, is no excitation to refer to. */
const LEAST_REFERENCE_V = 0.02;

export const ONSET_IDLE: OnsetState = {
  levels: [],
  guarding: false,
  anchor: null,
  g: 0,
  alarm: false,
  bin: null,
  light: ratio(0),
};

/** Begins to watch: what was measured so far in this light is the level to compare with. */
export function guard(state: OnsetState): OnsetState {
  return { ...state, guarding: true, anchor: anchorOf(state.levels), g: 0, alarm: false };
}

/** Ends the watch. */
export const release = (state: OnsetState): OnsetState => ({
  ...state,
  guarding: false,
  anchor: null,
  g: 0,
  alarm: false,
});

/** One tick. Without light, or without readings, nothing is concluded. */
export function stepOnset(state: OnsetState, band: Band, input: OnsetInput, now: Instant): OnsetState {
  const { pl, light, wanted } = input;
  // In another light the film is another one, and in the dark it recovers: what comes is compared with nothing from before.
  if (light !== state.light) return { ...state, light, levels: [], anchor: null, g: 0, bin: null };
  if (light <= 0) return state;
  const bin = state.bin ?? binAt(wanted, now);
  if (now < bin.endUs) {
    if (pl && now >= bin.coldUs && pl.reference >= LEAST_REFERENCE_V) return { ...state, bin: added(bin, pl, band) };
    return bin === state.bin ? state : { ...state, bin };
  }
  const next = { ...state, bin: binAt(wanted, now) };
  const y = bin.sum / bin.n;
  return Number.isFinite(y) && !bin.saturated ? judged(next, y, bin.bright / bin.n) : next;
}

/** At or above this share of its range a reading is "at least that much" and no measurement (I21). */
const isSaturated = ({ green, red, reference, full }: Light): boolean =>
  Math.max(green, red, reference) > COMPILED.saturatedShare * full;

/** One more reading. A cycle with a saturated one has no value: what is left of it would be a biased choice. */
const added = (bin: Bin, pl: Light, band: Band): Bin => ({
  ...bin,
  saturated: bin.saturated || isSaturated(pl),
  sum: bin.sum + pl[band] / pl.reference,
  bright: bin.bright + pl[band === 'green' ? 'red' : 'green'] / pl.reference,
  n: bin.n + 1,
});

function judged(state: OnsetState, y: number, bright: number): OnsetState {
  const levels = [...state.levels, y].slice(-KEPT);
  if (!state.guarding) return { ...state, levels };
  // The first cycle in this light: there was nothing before it.
  if (!state.anchor) return { ...state, levels, anchor: anchorOf(levels) };
  const { y: y0, sigma } = state.anchor;
  const g = Math.max(0, state.g + (y - y0) / Math.max(sigma, LEAST_SIGMA * (Math.abs(y0) + Math.abs(bright))) - 0.5);
  return { ...state, levels, g, alarm: state.alarm || g >= ALARM };
}

/** Median, and σ from the median of the successive differences (1.4826 MAD of a normal law, over √2). */
function anchorOf(levels: readonly number[]): OnsetState['anchor'] {
  if (levels.length === 0) return null;
  const steps = levels.slice(1).map((y, i) => Math.abs(y - (levels[i] ?? y)));
  return { y: median(levels), sigma: steps.length < 3 ? 0 : (1.4826 / Math.SQRT2) * median(steps) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}

/** The cycle that `now` lies in: to the next rise of the pattern, or `CYCLE_US` where there is none. */
function binAt(wanted: Wanted, now: Instant): Bin {
  const empty = { sum: 0, bright: 0, n: 0, saturated: false };
  if (!wanted || wanted.onUs >= wanted.periodUs || now < wanted.startUs) {
    return { endUs: after(now, CYCLE_US), coldUs: now, ...empty };
  }
  const { startUs, periodUs, onUs } = wanted;
  const endUs = after(startUs, times(periodUs, Math.floor(since(now, startUs) / periodUs) + 1));
  const coldUs = micros(Math.min(COLD_US, (periodUs - onUs) / 2));
  return { endUs, coldUs: before(endUs, coldUs), ...empty };
}
