/**
 * The feedback of the film: from what the photodiodes show once a heating cycle to the pattern of heat, and where no pattern
 * holds, to less light. A pure function of state, sight and time.
 *
 * It knows no rate of any film. It acts on the precursor: a film that is about to segregate shows some 1e-4 to 1e-3 at the cold
 * end of each cycle, minutes before the cliff, and each pattern answers within a few cycles whether it makes that more or less.
 */
import type { Poles } from '../model/thermal.ts';
import {
  type Asked,
  alike,
  askedOf,
  type Bounds,
  gentleFor,
  isStrong,
  moved,
  type Pattern,
  strongFor,
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
  /** Film without heat, °C. */
  readonly levelC: number;
  readonly bounds: Bounds;
}

/** What a pattern showed when it was tried. */
export interface Trial {
  readonly pattern: Pattern;
  /** Mean of the precursor; 1 = it was broken off. */
  readonly shown: number;
  readonly atS: number;
}

export interface FilmState {
  readonly phase: 'find' | 'adapt';
  readonly pattern: Pattern;
  readonly light: number;
  /** When pattern and light came into force, and the cycles since. */
  readonly sinceS: number;
  readonly cycles: number;
  /** Running mean of the sights under it, and of their errors; how many there were. */
  readonly shown: number;
  readonly error: number;
  readonly seen: number;
  /** Cycles in a row without a sight. */
  readonly blind: number;
  /** What the pattern showed when it was accepted: more than this, clearly, is worth a search. */
  readonly accepted: number;
  /** Patterns still to be tried; null = no search. */
  readonly queue: readonly Pattern[] | null;
  readonly trials: readonly Trial[];
  /** The end of the darkness that mixes the film, and what comes then. */
  readonly darkUntilS: number | null;
  /** When something gentler, or more light, is tried next, and how long it is waited after the next failure. */
  readonly easeAtS: number;
  readonly easeWaitS: number;
  /** What it came from, while something gentler is tried. */
  readonly easedFrom: { readonly pattern: Pattern; readonly light: number } | null;
  /** The plant when the search ended. */
  readonly levelC: number;
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

/** Precursor that is worth a search, and the least number of standard errors it must stand out by. */
const WORTH = 7e-4;
const WORTH_ERRORS = 2.5;
/** A film that shows this in one cycle is mixed at once; the lower bound where it comes suddenly. */
const DANGER = 6e-3;
const SUDDEN = 2.5e-3;
const SUDDEN_FACTOR = 3;
const DANGER_ERRORS = 5;
/** The best of a search may show this and stay: the scale of a sight may be wrong by a factor of two. */
const BEARABLE = 4.5e-3;
/** A precursor that has grown by this factor since it was accepted is worth another search. */
const GROWN = 1.7;
/** Cycles until a pattern shows what it does (its sight comes one late), and cycles that are averaged. */
const SETTLE = 3;
const AVERAGE = 4;
/** A pattern that shows nothing for this long is found. */
const FOUND_S = 60;
/** Cycles in the dark that mix a film, by the kind of the pattern that follows and is on already. */
const DARK_CYCLES = { strong: 2, gentle: 3 } as const;
/** A failed pattern is not tried again within this time, s. */
const FORGET_S = 1200;
const EASE_S = 4 * 3600;
const EASE_MOST_S = 8 * 3600;
const LIGHTS = [1, 0.06, 0.03, 0.015] as const;
/** What is left to people where even the least light segregates. */

export function startFilm(now: Now, pattern: Pattern = gentleFor(now.poles, now.levelC)): Step {
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
    accepted: 0,
    queue: null,
    trials: [],
    darkUntilS: null,
    easeAtS: now.atS + EASE_S,
    easeWaitS: EASE_S,
    easedFrom: null,
    levelC: now.levelC,
  };
  return { state, proposal: propose(state, now, 'The search begins with the pattern that holds most films.') };
}

function propose(state: FilmState, now: Now, why: string): Proposal {
  const dark = state.darkUntilS !== null;
  return { ...askedOf(state.pattern, now.poles, now.bounds), light: dark ? 0 : state.light, rescue: dark, why };
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0095 ? 2 : 1)} %`;

/**
 * A pattern and a light come into force; with `dark` not before the film has been mixed in the dark. From strong to gentle
 * it is dark, too: until the film has cooled, the first gentle pulses are hardly a shock.
 */
function put(state: FilmState, now: Now, next: Partial<FilmState>, why: string, asked = false): Step {
  const pattern = next.pattern ?? state.pattern;
  const dark = asked || (isStrong(state.pattern) && !isStrong(pattern));
  // Half a period less: the end of a cycle is not met to the millisecond.
  const darkS = (DARK_CYCLES[isStrong(pattern) ? 'strong' : 'gentle'] - 0.5) * pattern.periodS;
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
  return { state: fresh, proposal: propose(fresh, now, why) };
}

/** One heating cycle. */
export function stepFilm(before: FilmState, sight: Sight, now: Now): Step {
  if (before.darkUntilS !== null) {
    if (now.atS < before.darkUntilS) return { state: before, proposal: null };
    const state = { ...before, darkUntilS: null, sinceS: now.atS };
    return { state, proposal: propose(state, now, 'The film is mixed again: light on.') };
  }
  const state = look(before, sight);
  if (state.blind > 0) return blind(state, now);
  if (state.cycles < 2) return { state, proposal: null };
  const s = sight.segregated ?? 0;
  const known = state.seen > 1 ? before.shown : before.accepted;
  const limit = Math.min(DANGER, Math.max(SUDDEN, SUDDEN_FACTOR * known));
  if (s > Math.max(limit, DANGER_ERRORS * sight.error)) return danger(state, now, s);
  if (state.cycles < SETTLE + AVERAGE) {
    // Early stop: what stands out after two cycles will not go away.
    return { state, proposal: null };
  }
  if (state.queue !== null) return judged(state, now);
  return held(state, now);
}

/** The running mean takes a sight. */
function look(state: FilmState, { segregated, error }: Sight): FilmState {
  const cycles = state.cycles + 1;
  if (segregated === null) return { ...state, cycles, blind: state.blind + 1 };
  if (cycles < SETTLE) return { ...state, cycles, blind: 0, seen: 0, shown: segregated, error };
  const seen = Math.min(state.seen + 1, AVERAGE);
  const shown = state.seen === 0 ? segregated : state.shown + (segregated - state.shown) / seen;
  return { ...state, cycles, blind: 0, seen, shown, error };
}

/** Blind: what is in force stays; a trial ends with what was confirmed. */
function blind(state: FilmState, _now: Now): Step {
  return { state, proposal: null };
}

const worth = ({ error }: FilmState): number => Math.max(WORTH, WORTH_ERRORS * error);

const remember = (state: FilmState, shown: number, now: Now): Trial[] => [
  ...state.trials.filter(
    ({ pattern, atS }) => !alike(pattern, state.pattern) && now.atS - atS < FORGET_S,
  ),
  { pattern: state.pattern, shown, atS: now.atS },
];

/** The film goes over the cliff: it is mixed in the dark, and something else is tried. */
function danger(state: FilmState, now: Now, s: number): Step {
  const why = `The film begins to segregate (${percent(s)}): it is mixed in the dark.`;
  if (state.light < 1) return dimmer(state, now, why);
  const trials = remember(state, 1, now);
  if (state.easedFrom) return back({ ...state, trials }, now, why, true);
  const queue = state.queue ?? candidates(state, trials, now);
  return advance({ ...state, trials }, queue, now, why, true);
}

/** The next pattern of a search, or its end. */
function advance(state: FilmState, queue: readonly Pattern[], now: Now, why: string, dark: boolean): Step {
  const [next, ...rest] = queue;
  if (next) return put(state, now, { pattern: next, queue: rest }, why, dark);
  const best = bestOf(state.trials);
  if (best && best.shown < BEARABLE) {
    return put(state, now, { pattern: best.pattern, queue: null, accepted: best.shown, levelC: now.levelC }, why, dark);
  }
  const [rare, ...others] = untried(rareCandidates(now), state.trials);
  if (rare) return put(state, now, { pattern: rare, queue: others }, why, dark);
  return dimmer({ ...state, pattern: best && best.shown < 1 ? best.pattern : strongFor(now.poles, now.bounds) }, now, why);
}

const bestOf = (trials: readonly Trial[]): Trial | null =>
  trials.reduce<Trial | null>((a, b) => (a === null || b.shown < a.shown ? b : a), null);

/** A trial has shown what it does. */
function judged(state: FilmState, now: Now): Step {
  const { shown, queue } = state;
  const trials = remember(state, shown, now);
  if (shown < worth(state)) {
    const accepted = Math.max(0, shown);
    return { state: { ...state, trials, queue: null, accepted, levelC: now.levelC }, proposal: null };
  }
  return advance({ ...state, trials }, queue ?? [], now, `The film shows ${percent(shown)}: the next pattern is tried.`, false);
}

/** A pattern is in force and nobody searches. */
function held(state: FilmState, now: Now): Step {
  const { shown, accepted } = state;
  if (shown > Math.max(worth(state), GROWN * accepted)) {
    const why = `The film shows ${percent(shown)}, a sign that it is about to segregate: another pattern is tried.`;
    if (state.light < 1) return dimmer(state, now, why);
    const trials = remember(state, shown, now);
    if (state.easedFrom) return back({ ...state, trials }, now, why, false);
    return advance({ ...state, trials }, candidates(state, trials, now), now, why, false);
  }
  if (state.phase === 'find' && now.atS - state.sinceS >= FOUND_S) {
    return { state: { ...state, phase: 'adapt', easeAtS: now.atS + state.easeWaitS }, proposal: null };
  }
  if (state.phase === 'adapt' && now.atS >= state.easeAtS) return ease(state, now);
  return { state, proposal: null };
}

/** Less light, as little as it takes. */
function dimmer(state: FilmState, now: Now, why: string): Step {
  const light = LIGHTS.find((one) => one < state.light) ?? LIGHTS[LIGHTS.length - 1] ?? 0;
  const words = `${why} No pattern holds at this light: the light goes down to ${percent(light)}.`;
  const easeWaitS = state.easedFrom ? Math.min(2 * state.easeWaitS, EASE_MOST_S) : state.easeWaitS;
  return put(
    state,
    now,
    { light, queue: null, accepted: 0, easedFrom: null, easeWaitS, easeAtS: now.atS + easeWaitS, levelC: now.levelC },
    words,
    true,
  );
}

/** Something gentler, or more light, is tried once in a while. */
function ease(state: FilmState, now: Now): Step {
  const easedFrom = { pattern: state.pattern, light: state.light };
  const later = { easeAtS: now.atS + state.easeWaitS };
  if (state.light < 1) {
    return put(state, now, { ...later, light: 1, trials: [], easedFrom }, 'Full light is tried again.', false);
  }
  if (state.easedFrom) return { state: { ...state, ...later, easedFrom: null, easeWaitS: EASE_S }, proposal: null };
  if (!isStrong(state.pattern)) return { state: { ...state, ...later }, proposal: null };
  const pattern = gentleFor(now.poles, now.levelC);
  return put(state, now, { ...later, pattern, easedFrom }, 'The film has been quiet: a gentler pattern is tried.', false);
}

/** Back to what held. */
function back(state: FilmState, now: Now, why: string, dark: boolean): Step {
  const { pattern, light } = state.easedFrom ?? state;
  const easeWaitS = Math.min(2 * state.easeWaitS, EASE_MOST_S);
  return put(
    state,
    now,
    { pattern, light, easedFrom: null, easeWaitS, easeAtS: now.atS + easeWaitS },
    `${why} Back to what held.`,
    dark,
  );
}

/** The other kind’s first pattern, and the neighbours of the one that shows too much; best first. */
function candidates(state: FilmState, trials: readonly Trial[], now: Now): Pattern[] {
  const { bounds, poles } = now;
  const near = (moves: readonly (readonly [number, number])[]): Pattern[] =>
    moves.map(([strength, period]) => moved(state.pattern, strength, period, bounds));
  if (isStrong(state.pattern)) return untried(near(STRONG_MOVES), trials);
  const strong = strongFor(poles, bounds);
  const slow = poles.fastK / poles.fastTauS < SLOW_K_PER_S;
  return untried(slow ? [...near(GENTLE_MOVES), strong] : [strong, ...near(GENTLE_MOVES)], trials);
}

/** Factors of strength and period. */
const STRONG_MOVES = [
  [1, 0.93],
  [1, 1.08],
  [0.95, 1.04],
] as const;
const GENTLE_MOVES = [
  [1.05, 1.12],
  [0.95, 1.04],
] as const;
/** A heater slower than this, K/s, hardly lets the film cool suddenly either: the strong pattern is tried last. */
const SLOW_K_PER_S = 2.7;

/** What is tried before the light goes down. */
function rareCandidates({ poles, levelC, bounds }: Now): Pattern[] {
  const [gentle, strong] = [gentleFor(poles, levelC), strongFor(poles, bounds)];
  return [
    strong,
    moved(strong, 0.9, 1, bounds),
    moved(strong, 1, 0.8, bounds),
    moved(strong, 1, 1.25, bounds),
    moved(gentle, 1.1, 1.3, bounds),
    moved(gentle, 1.2, 1.7, bounds),
    gentle,
    moved(gentle, 0.85, 1, bounds),
  ];
}

/** Those of a list that were not tried lately. */
const untried = (list: readonly Pattern[], trials: readonly Trial[]): Pattern[] =>
  list.filter((p) => !trials.some(({ pattern }) => alike(pattern, p)));
