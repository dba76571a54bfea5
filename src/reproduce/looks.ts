/** How the statements look at an experiment: what a sudden change did, how a pattern held, what the photodiodes must show. */
import { greenShare } from './experiment.ts';
import type { Lab } from './lab.ts';
import { maxOf, meanOf, timeToFall, valueAt } from './series.ts';
import { atLeast, atMost, type Check, within } from './statement.ts';

/** Segregated fraction at which a film counts as mixed again. */
export const MIXED = 0.05;

/** Segregated fraction after 180 s of light: the categories and their margins. */
export const SEVERE = 0.5;
export const MILD: readonly [number, number] = [0.05, 0.35];
export const NONE = 0.02;

/** Times and remainders of one sudden temperature change. */
export function remix(
  lab: Lab,
  kind: 'heat-remix' | 'cool-remix' | 'short-cool-remix' | 'dim-heat-remix' | 'dim-cool-remix',
  conditions: Parameters<Lab['run']>[1] = {},
) {
  const experiment = lab.run(kind, conditions);
  const at = {
    'heat-remix': 300,
    'cool-remix': 390,
    'short-cool-remix': 90,
    'dim-heat-remix': 300,
    'dim-cool-remix': 390,
  }[kind];
  const { series } = experiment;
  return {
    experiment,
    series,
    at,
    before: valueAt(series, 'segregated', at),
    seconds: timeToFall(series, 'segregated', at, MIXED),
    after8s: valueAt(series, 'segregated', at + 8),
  };
}

/** Largest segregated fraction over the last heating period, and mean of the last 10 s. */
export function pattern(lab: Lab, recipe: string, periodS: number, conditions: Parameters<Lab['run']>[1] = {}) {
  const { series } = lab.run(recipe, conditions);
  return {
    mean: meanOf(series, 'segregated', 170, 180),
    lastPeriod: maxOf(series, 'segregated', 180 - periodS, 180),
    largest: maxOf(series, 'segregated', 0, 180),
    green: greenShare(series, 170, 180),
  };
}

/** What the photodiodes must show of a film that is mixed, parted, or parted a little. */
export const mixed = (share: number): Check => atMost('', share, 0.1);
export const parted = (share: number): Check => atLeast('', share, 0.5);
export const little = (share: number): Check => within('', share, 0.003, 0.1);
