/**
 * Heat patterns that the film’s feedback chooses between, and their neighbours. There are two kinds:
 *
 * - gentle: a short pulse and a long rest. The rise of the film does the work; the mean stays close to the room;
 * - strong: heat for nearly half of the period. Rise and fall both work, at the price of twice the swing and a warmer film.
 *
 * Between the two lies a valley: a pulse of medium width warms the film without a second shock.
 */
import { type Poles, patternRise } from '../model/thermal.ts';
import { clamp, GAS_CONSTANT_KJ, ZERO_CELSIUS_K } from '../units.ts';

/** A pattern as it is remembered: a gentle one by its swing, a strong one by its share, because its swing hardly moves with it. */
export interface Pattern {
  /** Swing of the film, K; null where `share` says it. */
  readonly swingK: number | null;
  /** Pulse width over period; null where `swingK` says it. */
  readonly share: number | null;
  readonly periodS: number;
}

/** What the gate and the settings allow. */
export interface Bounds {
  /** Largest lasting mean duty and largest t/T, whichever is less. */
  readonly shareMax: number;
  /** Longest pulse, s. */
  readonly longestOnS: number;
  readonly periodLeastS: number;
  readonly periodMostS: number;
}

/** A pattern in the terms of the settings; a strong one may also be played by its share, as mode pulse does. */
export interface Asked {
  readonly swingK: number;
  readonly periodMs: number;
  /** No pulse may be longer, ms: near half a period the swing hardly depends on the width, and an error of the model would
   * run away with it. */
  readonly longestOnMs: number;
}

/** A width may exceed the expected one by this share before it is capped. */
const WIDTH_SLACK = 1.06;

export const isStrong = ({ share }: Pattern): boolean => share !== null;

/** A pattern of more than this duty is told by its share, because its swing hardly moves with it. */
const STRONG = 0.25;

/** What a search has found, as it is remembered. */
export const patternOf = (it: { readonly duty: number; readonly swingK: number; readonly periodS: number }): Pattern =>
  it.duty > STRONG
    ? { swingK: null, share: it.duty, periodS: it.periodS }
    : { swingK: it.swingK, share: null, periodS: it.periodS };

/** A pattern in the terms of swing mode, on the plant as it is believed to be now. */
export function askedOf({ swingK, share, periodS }: Pattern, poles: Poles, bounds: Bounds): Asked {
  const most = Math.min(bounds.shareMax * periodS, bounds.longestOnS);
  const periodMs = Math.round(1000 * periodS);
  if (share === null) return { swingK: round(swingK ?? 0), periodMs, longestOnMs: Math.floor(1000 * most) };
  const onS = Math.min(share * periodS, most);
  const longestOnMs = Math.floor(1000 * Math.min(most, WIDTH_SLACK * onS));
  return { swingK: round(patternRise(poles, onS, periodS).swingK), periodMs, longestOnMs };
}

const round = (kelvin: number): number => Math.round(1000 * kelvin) / 1000;

/** The same kind with its strength and its period multiplied. */
export function moved({ swingK, share, periodS }: Pattern, strength: number, period: number, bounds: Bounds): Pattern {
  return {
    swingK: swingK === null ? null : swingK * strength,
    share: share === null ? null : Math.min(share * strength, bounds.shareMax),
    periodS: clamp(periodS * period, bounds.periodLeastS, bounds.periodMostS),
  };
}

/** Whether two patterns are of one kind and differ by no more than `by` in the logarithm of strength and period. */
export function alike(a: Pattern, b: Pattern, by = ALIKE): boolean {
  const near = (x: number | null, y: number | null): boolean =>
    x === null || y === null ? x === y : Math.abs(Math.log(x / y)) < by;
  return near(a.swingK, b.swingK) && near(a.share, b.share) && near(a.periodS, b.periodS);
}
const ALIKE = 0.04;

const GENTLE_K = 1.9;
const GENTLE_S = 4.5;
/** Where the film is cooler than in the paper, there is more time: rates of a film that freeze it least, kJ/mol. */
const LEAST_ENERGY = 100;
const PAPER_C = 26;
const STRETCH_MOST = 1.8;
/** So much warmer than in the paper, K, there is no time for gentle pulses. */
const WARM_K = 1.6;
/** A heater slower than this, K/s, hardly lets the film cool suddenly either: the strong pattern is not the first choice. */
const SLOW_K_PER_S = 2.9;

/** The mean of the film under the gentle pattern once it is warm, °C. */
const gentleMeanC = ({ fastK, slowK, fastTauS }: Poles, levelC: number): number =>
  levelC + ((fastK + slowK) / fastK) * GENTLE_K * (fastTauS / GENTLE_S);

/** The gentle pattern to begin with: as in a film of the paper’s temperature, and slower where it is cooler. */
export function gentleFor(poles: Poles, levelC: number): Pattern {
  const kelvin = (c: number): number => c + ZERO_CELSIUS_K;
  const cooler = 1 / kelvin(gentleMeanC(poles, levelC)) - 1 / kelvin(PAPER_C);
  const stretch = clamp(Math.exp((LEAST_ENERGY / GAS_CONSTANT_KJ) * cooler), 1, STRETCH_MOST);
  return { swingK: GENTLE_K * Math.sqrt(stretch), share: null, periodS: GENTLE_S * stretch };
}

export const isWarm = (poles: Poles, levelC: number): boolean => gentleMeanC(poles, levelC) > PAPER_C + WARM_K;
export const isSlow = ({ fastK, fastTauS }: Poles): boolean => fastK / fastTauS < SLOW_K_PER_S;

const STRONG_K = 4.1;
const STRONG_SHARE = { least: 0.3, most: 0.42 } as const;
const STRONG_S = { least: 5, most: 8 } as const;

/** The strong pattern to begin with: the least share of the shortest period whose swing is large. */
export function strongFor(poles: Poles, bounds: Bounds): Pattern {
  const most = Math.min(STRONG_SHARE.most, bounds.shareMax);
  let share = Math.min(STRONG_SHARE.least, most);
  let periodS: number = STRONG_S.least;
  const swingK = (): number => patternRise(poles, share * periodS, periodS).swingK;
  while (share < most && swingK() < STRONG_K) share = Math.min(most, share + 0.01);
  while (periodS < STRONG_S.most && swingK() < STRONG_K) periodS += 0.1;
  return { swingK: null, share, periodS };
}

/** How much warmer the slow pole will make the film if a pattern stays, K; the width is that of the thin pulse. */
export function warmingAheadK({ swingK, share, periodS }: Pattern, now: { poles: Poles; slowK: number }): number {
  const { poles, slowK } = now;
  const duty = share ?? ((swingK ?? 0) * poles.fastTauS) / (poles.fastK * periodS);
  return duty * poles.slowK - slowK;
}
