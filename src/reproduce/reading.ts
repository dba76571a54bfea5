/** Figures that the records give, each with what is not known of it. */
import type { Reading } from './judgement.ts';
import { MIXED } from './looks.ts';
import { DETECTED, limitOf, type Readings, type Records, STRETCH_S, type Told, toldIn, unseenIn } from './records.ts';
import { indexAt, meanOf, valueAt } from './series.ts';

const UNVERIFIED = 'the mixed level was not verified';
const WITHIN_A_CYCLE = 'the film changes within a cycle of the light path';
/** A film in the light is measured at least this often, s: the longest period of heat, and a wait of 1.5 s. */
const SEEN_EVERY_S = 12;

/** A figure that the records do not give. */
export const unknown = (doubt: string): Reading => ({ low: Number.NaN, high: Number.NaN, limit: null, doubt });

/** A figure whose error is far below its bounds. */
export const known = (value: number): Reading => ({ low: value, high: value, limit: null, doubt: null });

/** Standard errors to each side of a value that hold 95 % of all. */
const SURE = 1.96;

/** A figure with its standard error. */
export const estimated = (value: number, error: number): Reading => ({
  low: value - SURE * error,
  high: value + SURE * error,
  limit: null,
  doubt: null,
});

// --- shares of the film that are segregated

const meanBy = (told: readonly Told[], of: (one: Told) => number): number =>
  told.reduce((sum, one) => sum + of(one), 0) / told.length;

/** Mean of the cycles concluded after `fromS` and not after `toS`. */
export function share(records: Records, fromS: number, toS: number): Reading {
  const told = toldIn(records, fromS, toS);
  if (told.length === 0) return unknown(unseenIn(records, fromS, toS) ?? 'no cycle was measured');
  const limit = Math.max(limitOf(records) ?? 0, ...told.map(({ error }) => DETECTED * error));
  const [low, high] = [meanBy(told, (one) => one.share), meanBy(told, ({ most }) => most)];
  return { low, high, limit, doubt: high > low ? UNVERIFIED : null };
}

/** The last cycle that was concluded by `t`. */
export function shareAt(records: Records, t: number): Reading {
  const last = toldIn(records, t - SEEN_EVERY_S, t).at(-1);
  return last
    ? share(records, last.t - 1e-6, last.t)
    : unknown(unseenIn(records, t - 1e-6, t) ?? 'no cycle was measured');
}

/** The largest share of all cycles; where the film was not seen, it may have been anything. */
export function largest(records: Records, fromS: number, toS: number): Reading {
  const told = toldIn(records, fromS, toS);
  const unseen = unseenIn(records, fromS, toS);
  if (told.length === 0) return unknown(unseen ?? 'no cycle was measured');
  const low = Math.max(...told.map((one) => one.share));
  const high = unseen === null ? Math.max(...told.map(({ most }) => most)) : 1;
  return { low, high, limit: limitOf(records), doubt: unseen ?? (high > low ? UNVERIFIED : null) };
}

/** Cycles whose stretch began after `fromS`. */
const within = (records: Records, fromS: number, toS: number): Told[] => toldIn(records, fromS + STRETCH_S, toS);

/** The smallest share that the film has had: a cycle shows its mean over seconds, which is never below that. */
export function lowest(records: Records, fromS: number, toS: number): Reading {
  const told = within(records, fromS, toS);
  if (told.length === 0) return unknown(unseenIn(records, fromS, toS) ?? 'no cycle was measured');
  const least = told.reduce((a, b) => (b.most < a.most ? b : a));
  const limit = Math.max(limitOf(records) ?? 0, DETECTED * least.error);
  return { low: 0, high: least.most, limit, doubt: least.most > 2 * least.share ? UNVERIFIED : WITHIN_A_CYCLE };
}

/** Seconds from a change at `at` until the film is mixed, by the cycles before and after that. */
export function secondsToMix(records: Records, at: number, toS: number): Reading {
  const told = within(records, at, toS);
  if (told.length === 0) return unknown(unseenIn(records, at, toS) ?? 'no cycle was measured');
  const isMixed = ({ most, error }: Told): boolean => Math.max(most, DETECTED * error) <= MIXED;
  const first = told.find(isMixed);
  const last = first && told.findLast(({ t, share }) => t < first.t && share > MIXED);
  return {
    low: last ? last.t - STRETCH_S - at : 0,
    high: first ? first.t - at : Number.POSITIVE_INFINITY,
    limit: null,
    doubt: first ? WITHIN_A_CYCLE : 'no cycle shows a mixed film',
  };
}

/** How much more `a` is than `b`, shares of two runs or of two moments; each known to its detection limit. */
export function moreThan(a: Reading, b: Reading): Reading {
  const limit = Math.hypot(a.limit ?? 0, b.limit ?? 0);
  return { low: a.low - b.high - limit, high: a.high - b.low + limit, limit, doubt: doubtOf(a, b) };
}

/** The reason of a figure that is not there counts before that of one that is not known well. */
const doubtOf = (a: Reading, b: Reading): string | null => (Number.isNaN(a.low) ? a.doubt : (b.doubt ?? a.doubt));

/** `a` less `b`, independent of each other. */
export function less(a: Reading, b: Reading): Reading {
  const difference = (a.low + a.high - b.low - b.high) / 2;
  const half = Math.hypot(a.high - a.low, b.high - b.low) / 2;
  return { low: difference - half, high: difference + half, limit: null, doubt: doubtOf(a, b) };
}

/** `a` over `b`, both positive. */
export const over = (a: Reading, b: Reading): Reading => ({
  low: a.low / b.high,
  high: a.high / b.low,
  limit: null,
  doubt: doubtOf(a, b),
});

// --- temperature and brightness

export const filmAt = ({ readings }: Records, t: number): Reading =>
  estimated(valueAt(readings, 'filmC', t), valueAt(readings, 'filmErrorK', t));

export const filmMean = ({ readings }: Records, fromS: number, toS: number): Reading =>
  estimated(meanOf(readings, 'filmC', fromS, toS), meanOf(readings, 'filmErrorK', fromS, toS));

/** Mean of the infrared thermometer. */
export function infrared({ readings }: Records, fromS: number, toS: number): Reading {
  const { mean, error } = spread(readings, 'irC', fromS, toS);
  return estimated(mean, error);
}

/** How much warmer the film is at `toS` than at `fromS`, K. */
export const filmRise = ({ readings }: Records, fromS: number, toS: number): Reading =>
  estimated(
    valueAt(readings, 'filmC', toS) - valueAt(readings, 'filmC', fromS),
    Math.hypot(valueAt(readings, 'filmErrorK', fromS), valueAt(readings, 'filmErrorK', toS)),
  );

/** Mean of a photodiode over that of the reference on the excitation, from `fromS` to `toS`. */
export function brightness({ readings }: Records, band: 'redV' | 'broadbandV', fromS: number, toS: number): Reading {
  const [value, reference] = [band, 'referenceV' as const].map((column) => spread(readings, column, fromS, toS));
  const ratio = value!.mean / reference!.mean;
  return estimated(ratio, ratio * Math.hypot(value!.error / value!.mean, reference!.error / reference!.mean));
}

/** Mean and its standard error. */
function spread(
  readings: Readings,
  column: keyof Readings,
  fromS: number,
  toS: number,
): { mean: number; error: number } {
  const mean = meanOf(readings, column, fromS, toS);
  const list = [...readings[column].subarray(indexAt(readings, fromS), indexAt(readings, toS) + 1)].filter(
    (value) => !Number.isNaN(value),
  );
  const squares = list.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / Math.max(1, list.length - 1) / list.length) };
}
