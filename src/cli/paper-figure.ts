/**
 * Figure 3 of Feng et al., Adv. Mater. 2023 (doi 10.1002/adma.202308032) as an experiment: six patterns of heat at full power on
 * one sample, in an order by chance, each with 180 s of light, and the film mixed and cooled in the dark in between. What is said
 * of the film is what the product’s own light path measured.
 */
import { lastingDuty } from '../control/budget.ts';
import type { BenchFile } from '../params/bench-file.ts';
import type { Problem } from '../params/problem.ts';
import { type Recipe, readRecipe } from '../params/recipe.ts';
import { recipeLimitProblems } from '../params/recipe-limits.ts';
import type { Settings } from '../params/settings.ts';
import { runTimeS } from '../params/snapshot.ts';
import { SEVERE_BY_LIGHT } from '../reproduce/figures.ts';
import { NONE } from '../reproduce/looks.ts';
import { detectionLimit } from '../reproduce/records.ts';
import { assembleSimulation } from '../rig/assemble.ts';
import type { Simulation } from '../rig/simulation.ts';
import { Prng } from '../twin/prng.ts';
import { after, seconds } from '../units.ts';

/** severe = most of the film · mild = visible · none = below the share at which the paper saw nothing · not-seen */
export type Class = 'severe' | 'mild' | 'none' | 'not-seen';

interface Condition {
  readonly name: string;
  /** Width and period, s; null = constant current. */
  readonly pulse: readonly [number, number] | null;
  readonly paper: Class;
}

export const CONDITIONS: readonly Condition[] = [
  { name: 'DC', pulse: null, paper: 'severe' },
  { name: '0.1/1', pulse: [0.1, 1], paper: 'severe' },
  { name: '0.5/5', pulse: [0.5, 5], paper: 'none' },
  { name: '1/10', pulse: [1, 10], paper: 'mild' },
  { name: '2/10', pulse: [2, 10], paper: 'mild' },
  { name: '5/10', pulse: [5, 10], paper: 'mild' },
];
/** The pattern that the paper found. */
export const BEST = '0.5/5';

const LIGHT_S = 180;
/** Long pulses in the dark mix the film; then the substrate cools. */
const MIX_S = 20;
const COOL_S = 1200;
/** The end of a run that is judged, s. */
const END_S = 10;
const STREAM = 80;
const DRAINED_S = 200;

/** One pattern, played once. */
export interface Played {
  readonly name: string;
  readonly class: Class;
  /** Segregated share by the light: mean of the last ten seconds, and the largest of all cycles; null = not seen. */
  readonly end: number | null;
  readonly largest: number | null;
  /** Detection limit: 3.29 standard errors of a cycle. */
  readonly limit: number | null;
}

export interface Comparison {
  readonly name: string;
  /** How much more of the film segregates than under 0.5/5, decades of the mean; null = one of the two was not seen. */
  readonly decades: number | null;
  /** Exact permutation test, one-sided: probability of a difference as large by chance; null likewise. */
  readonly p: number | null;
}

export interface PaperFigure {
  readonly simulated: true;
  readonly sample: string;
  readonly seed: number;
  readonly repeats: number;
  readonly runs: readonly Played[];
  readonly comparisons: readonly Comparison[];
  /** The smallest probability that the test can give with so many repeats. */
  readonly leastP: number;
  /** Probability by chance that all runs of 0.5/5 are the lowest of all; null where they are not, or not all were seen. */
  readonly lowestP: number | null;
  readonly trouble: string | null;
}

export interface PaperOrder {
  readonly settings: Settings;
  readonly bench: BenchFile | null;
  readonly repeats: number;
  readonly seed: number;
}

/** What of the six patterns the bench does not allow, each cause once: the gate would end or thin out what is to be compared. */
export function paperProblems(settings: Settings): Problem[] {
  const problems = CONDITIONS.flatMap((condition) => recipeLimitProblems(recipeOf(condition), settings));
  const once = problems.filter(({ allowed }, i) => problems.findIndex((other) => other.allowed === allowed) === i);
  const dutyMost = lastingDuty({ dutyMax: settings['gate.dutyMax'] });
  const strong = CONDITIONS.filter(({ pulse }) => pulse !== null && pulse[0] / pulse[1] > dutyMost);
  return [
    ...once,
    ...strong.map(({ name, pulse }) => ({
      code: 'RECIPE_LIMIT' as const,
      path: `paper: ${name}`,
      got: `a duty of ${((pulse?.[0] ?? 0) / (pulse?.[1] ?? 1)).toFixed(3)}`,
      allowed: `at most ${dutyMost.toFixed(3)} (gate.dutyMax, I8)`,
      remedy: 'Raise gate.dutyMax in the local file and in the gate.',
    })),
  ];
}

export function paperFigure({ settings, bench, repeats, seed }: PaperOrder): PaperFigure {
  const order = shuffled(
    CONDITIONS.flatMap((condition) => Array.from({ length: repeats }, () => condition)),
    new Prng(seed, STREAM),
  );
  const [first] = order;
  const runs: Played[] = [];
  let trouble: string | null = null;
  if (first) {
    const simulation = assembleSimulation({ settings, bench, recipe: recipeOf(first) });
    for (const condition of order) {
      const played = played1(simulation, condition);
      if (typeof played === 'string') {
        trouble = played;
        break;
      }
      runs.push(played);
    }
  }
  const sample = settings['sim.sample'];
  return { simulated: true, sample, seed, repeats, runs, ...judged(runs, repeats), trouble };
}

/** Fisher and Yates. */
function shuffled<T>(list: readonly T[], chance: Prng): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i -= 1) {
    const j = Math.floor(chance.uniform() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

function recipeOf({ name, pulse }: Condition): Recipe {
  const heat = pulse === null ? { mode: 'constant' } : { mode: 'pulse', onS: pulse[0], periodS: pulse[1] };
  const read = readRecipe('paper', {
    title: `Feng 2023, Fig. 3: ${name}`,
    steps: [
      { light: 0, mode: 'pulse', onS: 2, periodS: 5, forS: MIX_S },
      { light: 0, mode: 'off', forS: COOL_S },
      { light: 1, ...heat, forS: LIGHT_S },
    ],
  });
  if ('problems' in read) throw new Error(`the recipe of ${name} is wrong`);
  return read.recipe;
}

/** Plays one pattern to its end, or says why not. */
function played1(simulation: Simulation, condition: Condition): Played | string {
  const { feed, controls } = simulation;
  const until = after(simulation.now(), seconds(DRAINED_S));
  const ready = (): boolean => feed.latest.kernel.name === 'safe' && feed.latest.drained;
  while (!ready() && simulation.now() < until) simulation.tick();
  if (!controls.use(recipeOf(condition)) || !simulation.arm())
    return `the bench did not arm for ${condition.name}: ${feed.latest.faults.join(', ') || (simulation.refused ?? 'not ready in time')}`;
  const seen: { readonly atS: number; readonly share: number; readonly error: number }[] = [];
  let { cycle } = feed.latest.sight;
  let litS = 0;
  while (feed.latest.driven) {
    simulation.tick();
    const { sight, progress } = feed.latest;
    const timeS = runTimeS(feed.latest) ?? 0;
    if (progress.number === STEP_LIT && feed.latest.driven) litS = timeS;
    if (sight.cycle === cycle || sight.segregated === null || sight.error === null) continue;
    cycle = sight.cycle;
    if (progress.number === STEP_LIT) seen.push({ atS: timeS, share: sight.segregated, error: sight.error });
  }
  if (feed.latest.kernel.latch) return `${condition.name} tripped the bench`;
  const last = seen.filter(({ atS }) => atS > litS - END_S);
  const end = last.length > 0 ? last.reduce((sum, { share }) => sum + share, 0) / last.length : null;
  const largest = seen.length > 0 ? Math.max(...seen.map(({ share }) => share)) : null;
  const limit = detectionLimit(seen.map(({ error }) => error));
  return { name: condition.name, class: classOf(end, largest, limit), end, largest, limit };
}
const STEP_LIT = 3;

function classOf(end: number | null, largest: number | null, limit: number | null): Class {
  if (end === null || largest === null || limit === null) return 'not-seen';
  if (end >= SEVERE_BY_LIGHT) return 'severe';
  return largest > Math.max(NONE, limit) ? 'mild' : 'none';
}

/** Shares are compared by their logarithm, and what is below the detection limit counts as that. */
const logOf = ({ end, limit }: Played): number => Math.log10(Math.max(end ?? 0, limit ?? 0, 1e-6));
const meanOf = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;

export function judged(
  runs: readonly Played[],
  repeats: number,
): Pick<PaperFigure, 'comparisons' | 'leastP' | 'lowestP'> {
  const of = (name: string): number[] => runs.filter((one) => one.name === name && one.class !== 'not-seen').map(logOf);
  const best = of(BEST);
  const others = CONDITIONS.filter(({ name }) => name !== BEST);
  const comparisons = others.map(({ name }) => {
    const other = of(name);
    if (best.length === 0 || other.length === 0) return { name, decades: null, p: null };
    return { name, decades: meanOf(other) - meanOf(best), p: permutationP(best, other) };
  });
  const all = others.flatMap(({ name }) => of(name));
  const isWhole = best.length === repeats && all.length === repeats * others.length;
  const isLowest = isWhole && best.every((one) => all.every((other) => one < other));
  const lowestP = isLowest ? 1 / choose(best.length + all.length, best.length) : null;
  return { comparisons, leastP: 1 / choose(2 * repeats, repeats), lowestP };
}

export function choose(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i += 1) value = (value * (n - k + i)) / i;
  return Math.round(value);
}

/** Probability, over all ways to part the values, that the first part is as far below the second as it is. */
export function permutationP(low: readonly number[], high: readonly number[]): number {
  const all = [...low, ...high];
  const observed = low.reduce((sum, one) => sum + one, 0);
  let [as, of] = [0, 0];
  const part = (from: number, left: number, sum: number): void => {
    if (left === 0) {
      of += 1;
      if (sum <= observed + 1e-12) as += 1;
      return;
    }
    for (let i = from; i <= all.length - left; i += 1) part(i + 1, left - 1, sum + all[i]!);
  };
  part(0, low.length, 0);
  return as / of;
}
