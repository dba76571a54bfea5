/**
 * The search for a pattern that holds: it climbs from the pattern that shows too much to neighbours that show less, then looks
 * at the other kind, and takes light away last.
 */
import { alike, gentleFor, isSlow, isStrong, moved, type Pattern, strongFor } from './patterns.ts';
import { type FilmState, kindOf, type Now, percent, put, type Search, type Step, type Trial } from './state.ts';

/** The best of a search may show this and stay: the scale of a sight may be wrong by a factor of two. */
const BEARABLE = { strong: 5e-3, gentle: 5e-3 } as const;
/** A trial that shows less than this share of the best is the better one. */
const BETTER = 0.85;
/** So many trials broken off in a search are enough. */
const BROKEN_MOST = 3;
/** Patterns that broke are remembered, and their neighbours left out, until the film without heat is this much cooler, K. */
export const COOLER_K = 0.7;
const NEIGHBOUR = 0.12;
/** Light that is tried in turn, as a share of full light: a response that is half at a few per cent leaves no middle way. */
const LIGHTS = [1, 0.02, 0.01, 0.005, 0] as const;

/** A search begins at the pattern in force. */
export function begun({ pattern }: FilmState, shown: number, now: Now): Search {
  const best = { pattern, shown, atS: now.atS };
  return { stage: 'near', queue: near(pattern, shown, now), best, tried: [] };
}

/** The pattern in force has shown `shown`; the search goes on with the next, or ends. */
export function tried(state: FilmState, before: Search, shown: number, now: Now, why: string): Step {
  const trial: Trial = { pattern: state.pattern, shown, atS: now.atS };
  let search: Search = { ...before, tried: [...before.tried, trial] };
  if (shown < BETTER * before.best.shown) {
    const onward = [again(before.best.pattern, trial.pattern, now), ...near(trial.pattern, shown, now)];
    search = { ...search, best: trial, queue: [...onward, ...search.queue] };
  }
  for (;;) {
    const [next, ...queue] = untried(search.queue, search.tried);
    if (next) return put(state, now, { pattern: next, search: { ...search, queue } }, why, shown === 1);
    if (search.best.shown < BEARABLE[kindOf(search.best.pattern)]) break;
    const broken = search.tried.filter((one) => one.shown === 1).length;
    if (search.stage === 'rest' || broken >= BROKEN_MOST) return dimmer(state, now, why);
    search =
      search.stage === 'near'
        ? { ...search, stage: 'other', queue: hopeful(others(search.best.pattern, now), state, now) }
        : { ...search, stage: 'rest', queue: hopeful(rest(now), state, now) };
  }
  const { pattern, shown: accepted } = search.best;
  return put(state, now, { pattern, accepted, search: null }, why, shown === 1);
}

/** The same step once more, if it was one within a kind. */
function again(from: Pattern, to: Pattern, { bounds }: Now): Pattern {
  if (isStrong(from) !== isStrong(to)) return to;
  const strength = isStrong(to) ? (to.share ?? 1) / (from.share ?? 1) : (to.swingK ?? 1) / (from.swingK ?? 1);
  return moved(to, strength, to.periodS / from.periodS, bounds);
}

/** Less light, as little as it takes. */
export function dimmer(state: FilmState, now: Now, why: string): Step {
  const light = LIGHTS.find((one) => one < state.light) ?? 0;
  const words =
    light > 0
      ? `${why} No pattern holds at this light: it goes down to ${percent(light)}.`
      : `${why} The film segregates in the least light: it stays dark.`;
  const best = state.search?.best;
  const pattern = best && best.shown < 1 ? best.pattern : gentleFor(now.poles, now.levelC);
  const easeAtS = now.atS + state.lightWaitS;
  return put(state, now, { light, pattern, search: null, accepted: 0, easedFrom: null, easeAtS }, words, light > 0);
}

/** What to try beside a pattern that shows too much, best first. */
function near(pattern: Pattern, shown: number, { bounds, poles }: Now): Pattern[] {
  const by = (moves: readonly (readonly [number, number])[]): Pattern[] =>
    moves.map(([strength, period]) => moved(pattern, strength, period, bounds));
  if (isStrong(pattern)) return by(STRONG_MOVES);
  const strong = strongFor(poles, bounds);
  return isSlow(poles) && shown < 1 ? [...by(GENTLE_MOVES), strong] : [strong, ...by(GENTLE_MOVES)];
}

/** Factors of strength and period: small, for a film that shows something is a step of some per cent from the cliff. */
const STRONG_MOVES = [
  [1, 0.93],
  [1, 1.08],
  [0.95, 1.04],
] as const;
const GENTLE_MOVES = [
  [1.05, 1.12],
  [0.95, 1.04],
] as const;

/** The other kind. */
function others(pattern: Pattern, { poles, levelC, bounds }: Now): Pattern[] {
  return isStrong(pattern) ? [gentleFor(poles, levelC)] : [strongFor(poles, bounds)];
}

/** What is tried before the light goes down. */
function rest({ poles, levelC, bounds }: Now): Pattern[] {
  const [gentle, strong] = [gentleFor(poles, levelC), strongFor(poles, bounds)];
  return [
    moved(strong, 0.9, 1, bounds),
    moved(strong, 1, 0.85, bounds),
    moved(strong, 1, 1.2, bounds),
    ...(isSlow(poles) ? [moved(gentle, 1.1, 1.3, bounds), moved(gentle, 0.85, 1, bounds)] : []),
  ];
}

/** Those of a list that were not tried. */
const untried = (list: readonly Pattern[], trials: readonly Trial[]): Pattern[] =>
  list.filter((p) => !trials.some(({ pattern }) => alike(pattern, p)));

/** Those of a list that are no neighbours of a pattern that broke. */
const hopeful = (list: readonly Pattern[], { broken }: FilmState, { levelC }: Now): Pattern[] =>
  list.filter((p) => !broken.some((one) => levelC > one.levelC - COOLER_K && alike(one.pattern, p, NEIGHBOUR)));
