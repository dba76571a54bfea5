/** What the offline benchmark of the feedback runs on each bench, and which figures it makes of that. */
import { pulseForSwing } from '../../src/control/swing.ts';
import type { PulsePattern } from '../../src/film/grid.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { drawBench } from '../../src/rig/population.ts';
import type { FilmKinetics } from '../../src/twin/film.ts';
import { Prng } from '../../src/twin/prng.ts';
import { POPULATIONS } from '../heat/bench.ts';
import { type Line, paired, quantile, share } from '../heat/line.ts';
import { GRID, HELD_BELOW } from '../heat/oracle.ts';
import { BOUNDS, type Course, drive } from './course.ts';
import { Plant } from './plant.ts';

export type Group = keyof typeof POPULATIONS;
export const GROUPS = Object.keys(POPULATIONS) as Group[];

/** What changes while the film is lit. */
export const CHANGES = ['none', 'growth', 'supply', 'room', 'laser'] as const;
export type Changing = (typeof CHANGES)[number];

export interface Task {
  readonly group: Group;
  readonly seed: number;
  /** Kinetics apart from those the population is drawn from. */
  readonly altered: boolean;
  readonly changing: Changing;
  /** The hot end of each cycle is seen, too. */
  readonly hot: boolean;
  readonly forS: number;
  /** Fixed patterns and the grid, too, which take most of the time. */
  readonly bounds: boolean;
}

export interface Result {
  readonly adapted: Course;
  /** Whether the pattern that the search begins with holds without feedback. */
  readonly start: boolean;
  /** Whether it keeps the film so well mixed that nothing can be seen. */
  readonly quiet: boolean;
  readonly fixed: boolean;
  readonly swing: boolean;
  readonly oracle: boolean;
}

const DEFAULTS = defaultSettings();
const FIXED: PulsePattern = { onS: 0.5, periodS: 5 };
const SWING = { swingK: DEFAULTS['swing.targetK'], periodS: DEFAULTS['swing.periodMs'] / 1000 };

/** Other exponents, twice the growth, other energies and less remixing on cooling. */
function alteredKinetics(seed: number): Partial<FilmKinetics> {
  const chance = new Prng(seed, 903);
  const between = (low: number, high: number): number => low + (high - low) * chance.uniform();
  return {
    shockOrder: Math.round(between(6, 14)),
    growthPerS: 0.0457 * between(1, 2),
    growthEnergy: between(90, 150),
    inductionEnergy: between(120, 190),
    coolingShare: between(0.3, 0.8),
  };
}

const CHANGE_AT_S = 600;
const DOUBLING_S = 960;

/** Changes by the course of `timeS`; each is one that a laboratory sees. */
function changeOf(changing: Changing, bench: BenchFile): ((plant: Plant) => void) | undefined {
  const roomC = bench.room?.celsius ?? 23.8;
  const ramp = (plant: Plant): number => Math.min(1, Math.max(0, (plant.timeS - CHANGE_AT_S) / DOUBLING_S));
  let first: { growthPerS: number; inductionS: number; supplyV: number } | null = null;
  return changing === 'none'
    ? undefined
    : (plant) => {
        first ??= { ...plant.kinetics, supplyV: plant.supplyV };
        const r = ramp(plant);
        if (changing === 'growth') {
          plant.kinetics.growthPerS = first.growthPerS * 2 ** r;
          plant.kinetics.inductionS = first.inductionS / 2 ** r;
        } else if (changing === 'supply') plant.supplyV = first.supplyV * (r > 0 ? 0.92 : 1);
        else if (changing === 'room') plant.substrate.roomC = roomC + 2 * r;
        else plant.excitation = 1 + 0.3 * r;
      };
}

export function run({ group, seed, altered, changing, hot, forS, bounds }: Task): Result {
  const bench = drawBench({ seed, ...POPULATIONS[group], plants: 'paper' });
  const kinetics = altered ? alteredKinetics(seed) : {};
  const holds = ({ onS, periodS }: PulsePattern): boolean => {
    const plant = new Plant(bench, HELD_BELOW, kinetics);
    while (plant.timeS < forS && plant.peak <= HELD_BELOW) {
      plant.step(onS, true);
      plant.step(periodS - onS, false);
    }
    return plant.peak <= HELD_BELOW;
  };
  const { swingK, periodS } = SWING;
  const longestS = Math.min(BOUNDS.shareMax * periodS, BOUNDS.longestOnS);
  const poles = new Plant(bench, HELD_BELOW, kinetics).poles();
  // Each course has a change of its own: it remembers what was there first.
  const course = (frozen: boolean): Course => {
    const change = changeOf(changing, bench);
    return drive({ bench, forS, seed, kinetics, hot, frozen, ...(change && { change }) });
  };
  const started = course(true);
  return {
    adapted: course(false),
    start: started.held,
    quiet: started.largest <= UNSEEN,
    fixed: bounds && holds(FIXED),
    swing: bounds && holds({ onS: pulseForSwing(poles, swingK, periodS, longestS), periodS }),
    oracle: bounds && GRID.some(holds),
  };
}

const TARGET_LIT = 0.98;
/** Less than this is within the noise of a sight. */
const UNSEEN = 1e-3;

/** Figures of one group. `name` is put behind each. */
export function lines(name: string, results: readonly Result[], bounds: boolean): Line[] {
  const n = results.length;
  const plain = (what: string, value: number, unit: string, reference: number | null): Line => {
    const digits = Number(value.toPrecision(4));
    return { name: `${what}${name}`, value: digits, unit, low: digits, high: digits, n, reference };
  };
  const part = (what: string, list: readonly Result[], of: (r: Result) => boolean, reference: number | null): Line =>
    share(`${what}${name}`, list.filter(of).length, list.length, reference);
  const oracle = results.filter((r) => r.oracle);
  const started = results.filter(({ start }) => start);
  const hundredHours = (list: readonly Result[]): number =>
    (100 * sum(list, (r) => r.adapted.adaptations)) / list.length;
  const searches = results.map(({ adapted }) => adapted.searchS ?? Number.POSITIVE_INFINITY);
  const exposed = results.map(({ adapted }) => 100 * adapted.exposed);
  return [
    ...(bounds
      ? [
          part('fixed', results, (r) => r.fixed, null),
          part('swing', results, (r) => r.swing, null),
          part('oracle', results, (r) => r.oracle, null),
          paired(
            `held-minus-oracle${name}`,
            results.map(({ adapted, oracle: best }) => [adapted.held, best]),
            -3,
          ),
          part('oracle-lit', oracle, ({ adapted }) => adapted.lit >= TARGET_LIT, 100),
        ]
      : []),
    part('start', results, ({ start }) => start, null),
    part('held', results, ({ adapted }) => adapted.held, null),
    part('held-lit', results, ({ adapted }) => adapted.held && adapted.lit >= TARGET_LIT, null),
    part('held-after-search', results, ({ adapted }) => adapted.heldAfter, null),
    part('exposed-within-1', results, ({ adapted }) => adapted.exposed <= 0.01, 100),
    plain('exposed-p99', quantile(exposed, 0.99), '%', 1),
    plain('search-p50', quantile(searches, 0.5), 's', 180),
    plain('search-p95', quantile(searches, 0.95), 's', 300),
    plain('adaptations', hundredHours(results), '/100 h', null),
    plain('needless', hundredHours(started), '/100 h', 1),
    plain('needless-quiet', hundredHours(results.filter(({ quiet }) => quiet)), '/100 h', 1),
    plain('duty', sum(results, ({ adapted }) => adapted.duty) / n, '1', null),
  ];
}

const sum = (list: readonly Result[], of: (r: Result) => number): number => list.reduce((all, r) => all + of(r), 0);
