/**
 * The feedback of the film: from what the photodiodes show once a heating cycle to the pattern of heat, and where no pattern
 * holds, to less light. A pure function of state, sight and time.
 *
 * It knows no rate of any film. It acts on the precursor: a film that is about to segregate shows some 1e-4 to 1e-3 at the cold
 * end of each cycle, minutes before the cliff, and each pattern answers within a few cycles whether it makes that more or less.
 */
import type { Poles } from '../model/thermal.ts';
import { clamp } from '../units.ts';
import {
  type Asked,
  alike,
  askedOf,
  type Bounds,
  gentleFor,
  isSlow,
  isStrong,
  isWarm,
  moved,
  type Pattern,
  strongFor,
  warmingAheadK,
} from './patterns.ts';

/** What the photodiodes showed of the cycle before the last. */
export interface Sight {
  /** Segregated fraction at the cold end of the cycle; null = not seen. */
  readonly segregated: number | null;
  /** Its standard error. */
  readonly error: number;
}

export interface Now {
  /** Time on any clock that does not stand still, s. */
  readonly atS: number;
  /** The plant as it is believed to be. */
  readonly poles: Poles;
  /** Film without heat, °C, and rise of the slow pole now, K. */
  readonly levelC: number;
  readonly slowK: number;
  readonly bounds: Bounds;
}

/** What a pattern showed when it was tried. */
export interface Trial {
  readonly pattern: Pattern;
  /** Mean of the precursor; 1 = it was broken off. */
  readonly shown: number;
  readonly atS: number;
}

/** Where a search looks: beside the pattern that shows too much, at the other kind, and at all that is left. */
type Stage = 'near' | 'other' | 'rest';

export interface Search {
  readonly stage: Stage;
  readonly queue: readonly Pattern[];
  readonly best: Trial;
  readonly tried: readonly Trial[];
}

export interface Broken {
  readonly pattern: Pattern;
  readonly levelC: number;
}

export interface FilmState {
  readonly phase: 'find' | 'adapt';
  readonly pattern: Pattern;
  /** 0..1 of full light. */
  readonly light: number;
  /** When pattern and light came into force, and the cycles since. */
  readonly sinceS: number;
  readonly cycles: number;
  /** Running mean of the sights under it, the error of the last, and how many are in the mean. */
  readonly shown: number;
  readonly error: number;
  readonly seen: number;
  /** Cycles in a row without a sight. */
  readonly blind: number;
  /** Swing that was asked for, K. */
  readonly askedK: number;
  /** What the pattern showed when it was accepted: clearly more than this is worth a search. */
  readonly accepted: number;
  readonly search: Search | null;
  /** Patterns under which the film went over the cliff, and how warm it was without heat. */
  readonly broken: readonly Broken[];
  /** The end of the darkness that mixes the film; null = none. */
  readonly darkUntilS: number | null;
  /** When something gentler, or more light, is tried next, and how long it is waited then. */
  readonly easeAtS: number;
  readonly easeWaitS: number;
  /** What it came from, while something gentler is tried. */
  readonly easedFrom: { readonly pattern: Pattern; readonly light: number } | null;
}

export interface Proposal extends Asked {
  /** 0..1 of full light. */
  readonly light: number;
  /** The film is being mixed in the dark. */
  readonly rescue: boolean;
  readonly why: string;
}

export interface Step {
  readonly state: FilmState;
  readonly proposal: Proposal | null;
}

/** Precursor that is worth a search, and the least number of standard errors of its mean by which it must stand out. */
const WORTH = { strong: 1e-3, gentle: 8e-4 } as const;
const WARM_WORTH = { strong: 1.8e-3, gentle: 3e-3 } as const;
const WORTH_PER_K = 1.5;
const WORTH_ERRORS = 5;
/** A film that shows this in one cycle is mixed at once; the lower bound where it comes suddenly. */
const DANGER = { strong: 4e-3, gentle: 6e-3 } as const;
const SUDDEN = 2.5e-3;
const SUDDEN_FACTOR = 3;
const DANGER_ERRORS = 5;
/** After this, neighbours of the pattern are not worth a trial. */
const HOPELESS = 0.03;
/** The best of a search may show this and stay: the scale of a sight may be wrong by a factor of two. */
const BEARABLE = { strong: 2e-3, gentle: 4e-3 } as const;
/** A precursor that has grown by this factor since it was accepted is worth another search. */
const GROWN = 1.7;
/** A trial that shows less than this share of the best is the better one. */
const BETTER = 0.85;
/** Cycles until a pattern shows what it does (its sight comes one late), and cycles that are averaged. */
const SETTLE = 3;
const AVERAGE = 4;
/** The same in little light, where each sight is worth less. */
const AVERAGE_DIM = 16;
/** A strong pattern is asked for anew when its swing has changed by this share with the plant. */
const ANSWERS = 0.025;
/** So many cycles without a sight are blindness. */
const BLIND_CYCLES = 6;
/** So many trials broken off in a search are enough. */
const BROKEN_MOST = 3;
/** Patterns that broke are remembered, and their neighbours left out, until the film without heat is this much cooler, K. */
const BROKEN_KEPT = 12;
const COOLER_K = 0.7;
const NEIGHBOUR = 0.12;
/** A pattern that shows nothing for this long is found, s. */
const FOUND_S = 60;
/** Cycles in the dark that mix a film, by the kind of the pattern that follows and is on already. */
const DARK_CYCLES = { strong: 2, gentle: 3 } as const;
const EASE_S = 4 * 3600;
const EASE_MOST_S = 32 * 3600;
/** Light that is tried in turn, as a share of full light: a response that is half at a few per cent leaves no middle way. */
const LIGHTS = [1, 0.02, 0.01, 0.005, 0] as const;

export function startFilm(now: Now, pattern: Pattern = firstFor(now)): Step {
  const state: FilmState = {
    phase: 'find',
    pattern,
    light: 1,
    sinceS: now.atS,
    cycles: 0,
    shown: 0,
    error: 0,
    seen: 0,
    blind: 0,
    askedK: 0,
    accepted: 0,
    search: null,
    broken: [],
    darkUntilS: null,
    easeAtS: now.atS + EASE_S,
    easeWaitS: EASE_S,
    easedFrom: null,
  };
  return said(state, now, 'The search begins with a pattern that holds most films.');
}

const firstFor = ({ poles, levelC, bounds }: Now): Pattern =>
  isWarm(poles, levelC) ? strongFor(poles, bounds) : gentleFor(poles, levelC);

/** What is in force now, as a proposal. */
function said(state: FilmState, now: Now, why: string): Step {
  const dark = state.darkUntilS !== null;
  const asked = askedOf(state.pattern, now.poles, now.bounds);
  const proposal = { ...asked, light: dark ? 0 : state.light, rescue: dark, why };
  return { state: { ...state, askedK: asked.swingK }, proposal };
}

const kindOf = (pattern: Pattern): 'strong' | 'gentle' => (isStrong(pattern) ? 'strong' : 'gentle');

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0095 ? 2 : 1)} %`;

/**
 * A pattern and a light come into force; with `asked` not before the film has been mixed in the dark. From strong to gentle
 * it is dark, too: until the film has cooled, the first gentle pulses are hardly a shock.
 */
function put(state: FilmState, now: Now, next: Partial<FilmState>, why: string, asked = false): Step {
  const pattern = next.pattern ?? state.pattern;
  const dark = asked || (isStrong(state.pattern) && !isStrong(pattern));
  // Half a period less: the end of a cycle is not met to the millisecond.
  const darkS = (DARK_CYCLES[kindOf(pattern)] - 0.5) * pattern.periodS;
  const fresh: FilmState = {
    ...state,
    ...next,
    sinceS: now.atS,
    cycles: 0,
    shown: 0,
    error: 0,
    seen: 0,
    darkUntilS: dark ? now.atS + darkS : null,
  };
  return said(fresh, now, why);
}

/** One heating cycle. */
export function stepFilm(before: FilmState, sight: Sight, now: Now): Step {
  if (before.darkUntilS !== null) {
    if (now.atS < before.darkUntilS) return { state: before, proposal: null };
    const state = { ...before, darkUntilS: null, sinceS: now.atS };
    return said(state, now, 'The film is mixed: light on.');
  }
  const state = look(before, sight);
  const s = sight.segregated;
  if (s === null) return unseen(state, now);
  if (state.cycles < 2) return { state, proposal: null };
  const known = state.seen > 1 ? before.shown : before.accepted;
  const limit = Math.min(DANGER[kindOf(state.pattern)], Math.max(SUDDEN, SUDDEN_FACTOR * known));
  if (s > Math.max(limit, DANGER_ERRORS * sight.error)) return danger(state, now, s);
  if (state.cycles < SETTLE + AVERAGE) return { state, proposal: null };
  return state.search ? judged(state, state.search, now) : held(state, now);
}

/** The running mean takes a sight. */
function look(state: FilmState, { segregated, error }: Sight): FilmState {
  const cycles = state.cycles + 1;
  if (segregated === null) return { ...state, cycles, blind: state.blind + 1 };
  if (cycles < SETTLE) return { ...state, cycles, blind: 0, seen: 0, shown: segregated, error };
  const seen = Math.min(state.seen + 1, state.light < 1 ? AVERAGE_DIM : AVERAGE);
  const shown = state.seen === 0 ? segregated : state.shown + (segregated - state.shown) / seen;
  return { ...state, cycles, blind: 0, seen, shown, error };
}

/** Without a sight what is in force stays, but a trial ends with what is known best. */
function unseen(state: FilmState, now: Now): Step {
  if (state.light === 0) return now.atS >= state.easeAtS ? ease(state, now) : { state, proposal: null };
  if (state.blind !== BLIND_CYCLES) return { state, proposal: null };
  const why = 'The film cannot be seen:';
  const { easedFrom, search } = state;
  if (easedFrom)
    return put(state, now, { ...easedFrom, easedFrom: null, blind: state.blind }, `${why} back to what held.`);
  if (search) {
    const pattern = search.best.shown < 1 ? search.best.pattern : state.pattern;
    return put(
      state,
      now,
      { pattern, search: null, blind: state.blind },
      `${why} the search ends with the best so far.`,
    );
  }
  return said(state, now, `${why} the pattern stays as it is.`);
}

/**
 * What is worth a search: little while the film still warms, for warmth makes more of it, and more once it is warm.
 */
function worth({ error, seen, pattern }: FilmState, now: Now): number {
  const aheadK = Math.max(0, warmingAheadK(pattern, now));
  const kind = kindOf(pattern);
  const level = clamp(WARM_WORTH[kind] * Math.exp(-WORTH_PER_K * aheadK), WORTH[kind], WARM_WORTH[kind]);
  return Math.max(level, (WORTH_ERRORS * error) / Math.sqrt(Math.max(1, seen)));
}

/** The film goes over the cliff: it is mixed in the dark, and something else is tried. */
function danger(before: FilmState, now: Now, s: number): Step {
  const why = `The film begins to segregate (${percent(s)}): it is mixed in the dark.`;
  if (before.light < 1) return dimmer(before, now, why);
  const broken = [...before.broken, { pattern: before.pattern, levelC: now.levelC }].slice(-BROKEN_KEPT);
  const state = { ...before, broken };
  if (state.easedFrom) return back(state, now, why, true);
  const search = state.search ?? begun(state, 1, now);
  return tried(state, s > HOPELESS ? { ...search, queue: [] } : search, 1, now, why);
}

/** A trial has shown what it does. */
function judged(state: FilmState, search: Search, now: Now): Step {
  const { shown } = state;
  if (shown < worth(state, now)) {
    return { state: { ...state, search: null, accepted: Math.max(0, shown) }, proposal: null };
  }
  return tried(state, search, shown, now, `The film shows ${percent(shown)}: the search goes on.`);
}

/** A pattern is in force and nobody searches. */
function held(state: FilmState, now: Now): Step {
  const { shown, accepted } = state;
  if (shown > Math.max(worth(state, now), GROWN * accepted)) {
    const why = `The film shows ${percent(shown)}, a sign that it is about to segregate: another pattern is tried.`;
    if (state.easedFrom) return back(state, now, why, false);
    if (state.light < 1) return dimmer(state, now, why);
    return tried(state, begun(state, shown, now), shown, now, why);
  }
  if (state.phase === 'find' && now.atS - state.sinceS >= FOUND_S) {
    return { state: { ...state, phase: 'adapt', easeAtS: now.atS + state.easeWaitS }, proposal: null };
  }
  if (state.phase === 'adapt' && now.atS >= state.easeAtS) return ease(state, now);
  const { swingK } = askedOf(state.pattern, now.poles, now.bounds);
  if (Math.abs(Math.log(swingK / state.askedK)) > ANSWERS)
    return said(state, now, 'The heater answers differently: same pulses, new swing.');
  return { state, proposal: null };
}

/** A search begins at the pattern in force. */
function begun({ pattern }: FilmState, shown: number, now: Now): Search {
  const best = { pattern, shown, atS: now.atS };
  return { stage: 'near', queue: near(pattern, shown, now), best, tried: [] };
}

/** The pattern in force has shown `shown`; the search goes on with the next, or ends. */
function tried(state: FilmState, before: Search, shown: number, now: Now, why: string): Step {
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
function dimmer(state: FilmState, now: Now, why: string): Step {
  const light = LIGHTS.find((one) => one < state.light) ?? 0;
  const words =
    light > 0
      ? `${why} No pattern holds at this light: it goes down to ${percent(light)}.`
      : `${why} The film segregates in the least light: it stays dark.`;
  const best = state.search?.best;
  const pattern = best && best.shown < 1 ? best.pattern : gentleFor(now.poles, now.levelC);
  const easeAtS = now.atS + state.easeWaitS;
  return put(state, now, { light, pattern, search: null, accepted: 0, easedFrom: null, easeAtS }, words, true);
}

/** Something gentler, or more light, is tried once in a while. */
function ease(state: FilmState, now: Now): Step {
  const easedFrom = { pattern: state.pattern, light: state.light };
  const later = { easeAtS: now.atS + state.easeWaitS };
  if (state.easedFrom) return { state: { ...state, ...later, easedFrom: null, easeWaitS: EASE_S }, proposal: null };
  if (state.light < 1) {
    return put(state, now, { ...later, light: 1, accepted: 0, easedFrom }, 'Full light is tried again.', true);
  }
  if (!isStrong(state.pattern)) return { state: { ...state, ...later }, proposal: null };
  const pattern = gentleFor(now.poles, now.levelC);
  return put(
    state,
    now,
    { ...later, pattern, accepted: 0, easedFrom },
    'The film has been quiet: a gentler pattern is tried.',
  );
}

/** Back to what held. */
function back(state: FilmState, now: Now, why: string, dark: boolean): Step {
  const { pattern, light } = state.easedFrom ?? state;
  const easeWaitS = Math.min(2 * state.easeWaitS, EASE_MOST_S);
  const next = { pattern, light, easedFrom: null, easeWaitS, easeAtS: now.atS + easeWaitS };
  return put(state, now, next, `${why} Back to what held.`, dark);
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
    moved(gentle, 1.1, 1.3, bounds),
    moved(gentle, 0.85, 1, bounds),
  ];
}

/** Those of a list that were not tried. */
const untried = (list: readonly Pattern[], trials: readonly Trial[]): Pattern[] =>
  list.filter((p) => !trials.some(({ pattern }) => alike(pattern, p)));

/** Those of a list that are no neighbours of a pattern that broke. */
const hopeful = (list: readonly Pattern[], { broken }: FilmState, { levelC }: Now): Pattern[] =>
  list.filter((p) => !broken.some((one) => levelC > one.levelC - COOLER_K && alike(one.pattern, p, NEIGHBOUR)));
