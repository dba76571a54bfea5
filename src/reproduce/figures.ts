/** Figures of the statements that the records judge: their bounds, what is read from the records, and from the truth afterwards. */
import type { Series } from './experiment.ts';
import type { Claim, Figure, Reading, See } from './judgement.ts';
import type { Lab } from './lab.ts';
import { MIXED } from './looks.ts';
import { lowest, secondsToMix, shareAt } from './reading.ts';
import { maxOf, meanOf, minOf, timeToFall, valueAt } from './series.ts';
import { atLeast, atMost, type Check, near, within } from './statement.ts';

export type Make = (see: See) => Claim;
export type Conditions = Parameters<Lab['run']>[1];
type Truth = Figure['truth'];
type Bound = (name: string, got: number) => Check;

/** By the light: a scale that may be wrong by a factor of two leaves more than half of a film at more than this. */
export const SEVERE_BY_LIGHT = 0.4;

export const figure = (name: string, bound: Bound, reading: Reading, truth: Truth): Figure => ({
  bound: (got) => bound(name, got),
  reading,
  truth,
});

export const most =
  (high: number): Bound =>
  (name, got) =>
    atMost(name, got, high);
export const least =
  (low: number): Bound =>
  (name, got) =>
    atLeast(name, got, low);
export const about =
  (value: number, tolerance: number): Bound =>
  (name, got) =>
    near(name, got, value, tolerance);
export const between =
  (low: number, high: number): Bound =>
  (name, got) =>
    within(name, got, low, high);
export const severe = least(SEVERE_BY_LIGHT);

/** The truth of a run. */
export const truly =
  (recipe: string, of: (series: Series) => number, conditions?: Conditions): Truth =>
  (lab) =>
    of(lab.run(recipe, conditions).series);
export const trueAt = (recipe: string, column: keyof Series, t: number, conditions?: Conditions): Truth =>
  truly(recipe, (series) => valueAt(series, column, t), conditions);
export const trueMean = (recipe: string, column: keyof Series, fromS: number, toS: number): Truth =>
  truly(recipe, (series) => meanOf(series, column, fromS, toS));
export const trueMost = (recipe: string, fromS: number, toS: number, conditions?: Conditions): Truth =>
  truly(recipe, (series) => maxOf(series, 'segregated', fromS, toS), conditions);
export const trueLeast = (recipe: string, fromS: number, toS: number, conditions?: Conditions): Truth =>
  truly(recipe, (series) => minOf(series, 'segregated', fromS, toS), conditions);
export const trueSeconds = (recipe: string, at: number, conditions?: Conditions): Truth =>
  truly(recipe, (series) => timeToFall(series, 'segregated', at, MIXED), conditions);

/** A sudden change of temperature while lit. */
export interface Change {
  readonly recipe: string;
  readonly conditions?: Conditions;
  /** When, s, and within how many seconds the film shall be mixed. */
  readonly at: number;
  readonly withinS: number;
}

/** Before the change the film is segregated. */
export const parted = (see: See, name: string, { recipe, conditions, at }: Omit<Change, 'withinS'>): Figure =>
  figure(`${name}before`, severe, shareAt(see(recipe, conditions), at), trueAt(recipe, 'segregated', at, conditions));

const WATCHED_S = 20;

/** After it the film is mixed: the least that a cycle shows, and how long that took. */
export function mixes(see: See, name: string, { recipe, conditions, at, withinS }: Change): Figure[] {
  const records = see(recipe, conditions);
  const to = at + WATCHED_S;
  return [
    figure(`${name}left`, most(MIXED), lowest(records, at, to), trueLeast(recipe, at, to, conditions)),
    figure(`${name}mixedAfterS`, most(withinS), secondsToMix(records, at, to), trueSeconds(recipe, at, conditions)),
  ];
}
