/**
 * The feedback of the film: from what the photodiodes show once a heating cycle to the pattern of heat, and where no pattern
 * holds, to less light. A pure function of state, sight and time.
 *
 * It knows no rate of any film. It acts on the precursor: a film that is about to segregate shows some 1e-4 to 1e-3 at the cold
 * end of each cycle, minutes before the cliff, and each pattern answers within a few cycles whether it makes that more or less.
 */
import { clamp } from '../units.ts';
import { askedOf, gentleFor, isStrong, isWarm, type Pattern, strongFor, warmingAheadK } from './patterns.ts';
import { begun, COOLER_K, dimmer, tried } from './search.ts';
import { type FilmState, kindOf, type Now, percent, put, type Search, type Sight, type Step, said } from './state.ts';

/** Precursor that is worth a search, and the least number of standard errors of its mean by which it must stand out. */
const WORTH = { strong: 1e-3, gentle: 8e-4 } as const;
const WARM_WORTH = { strong: 1.8e-3, gentle: 3e-3 } as const;
const WORTH_PER_K = 1.5;
const WORTH_ERRORS = 5;
/** A film that shows this in one cycle is mixed at once; the lower bound where it comes suddenly. */
const DANGER = { strong: 5e-3, gentle: 7e-3 } as const;
const SUDDEN = 2.5e-3;
const SUDDEN_FACTOR = 3;
const DANGER_ERRORS = 5;
/** After this, neighbours of the pattern are not worth a trial. */
const HOPELESS = 0.03;
/** A precursor that has grown by this factor since it was accepted is worth another search. */
const GROWN = 1.7;
/** Cycles until a pattern shows what it does (its sight comes one late), and cycles that are averaged. */
const SETTLE = 3;
const AVERAGE = 4;
/** The same in little light, where each sight is worth less. */
const AVERAGE_DIM = 16;
/** A strong pattern is asked for anew when its swing has changed by this share with the plant. */
const ANSWERS = 0.025;
/** So many cycles without a sight are blindness. */
const BLIND_CYCLES = 6;
/** So many patterns that broke are remembered. */
const BROKEN_KEPT = 12;
/** A pattern that shows nothing for this long is found, s. */
const FOUND_S = 60;
/** Something gentler, or more light, is tried after this, twice as long after a failure, and earlier in a cooler film, s. */
const EASE_S = 4 * 3600;
const EASE_MOST_S = 32 * 3600;
const COOLER_S = 600;
/** After the light went down full light is tried again after this, and twice as long after each failure, s. */
const LIGHT_WAIT_S = 3600;

/** The search begins at a pattern; without one at that which holds most films on such a bench. */
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
    lightWaitS: LIGHT_WAIT_S,
    easedFrom: null,
  };
  return said(state, now, 'The search begins with a pattern that holds most films.');
}

const firstFor = ({ poles, levelC, bounds }: Now): Pattern =>
  isWarm(poles, levelC) ? strongFor(poles, bounds) : gentleFor(poles, levelC);

/** One heating cycle. */
export function stepFilm(before: FilmState, sight: Sight, now: Now): Step {
  if (before.darkUntilS !== null) {
    if (now.atS < before.darkUntilS) return { state: before, proposal: null };
    const state = { ...before, darkUntilS: null, sinceS: now.atS };
    const light = state.light < 1 ? `light on at ${percent(state.light)}` : 'light on';
    return said(state, now, `The film is mixed: ${light}.`);
  }
  const state = look(before, sight);
  const s = sight.segregated;
  if (state.light < 1 && state.easedFrom === null && now.atS >= state.easeAtS) return ease(state, now);
  if (s === null) return unseen(state, now);
  if (state.cycles < 2) return { state, proposal: null };
  const known = state.seen > 1 ? before.shown : before.accepted;
  const most = DANGER[kindOf(state.pattern)];
  // A trial shows what it shows: only what held so far can rise suddenly.
  const limit = state.search ? most : Math.min(most, Math.max(SUDDEN, SUDDEN_FACTOR * known));
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
  if (state.light === 0 || state.blind !== BLIND_CYCLES) return { state, proposal: null };
  // Light that nobody watches is no protection, however little it is.
  if (state.light < 1) return dark(state, now);
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

/** No light until full light is tried again. */
function dark(state: FilmState, now: Now): Step {
  const words = 'In so little light the film cannot be seen: it stays dark, and full light is tried again later.';
  return put(state, now, { light: 0, search: null, accepted: 0 }, words);
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
  const state = broke(before, now);
  if (state.easedFrom) return back(state, now, why, true);
  const search = state.search ?? begun(state, 1, now);
  return tried(state, s > HOPELESS ? { ...search, queue: [] } : search, 1, now, why);
}

/** The pattern in force is no longer worth a trial in a film as warm as this. */
const broke = (state: FilmState, { levelC }: Now): FilmState => ({
  ...state,
  broken: [...state.broken, { pattern: state.pattern, levelC }].slice(-BROKEN_KEPT),
});

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
    return tried(isStrong(state.pattern) ? state : broke(state, now), begun(state, shown, now), shown, now, why);
  }
  if (state.phase === 'find' && now.atS - state.sinceS >= FOUND_S) {
    return { state: { ...state, phase: 'adapt', easeAtS: now.atS + state.easeWaitS }, proposal: null };
  }
  if (state.phase === 'adapt' && (now.atS >= state.easeAtS || isCooler(state, now))) return ease(state, now);
  const { swingK } = askedOf(state.pattern, now.poles, now.bounds);
  if (Math.abs(Math.log(swingK / state.askedK)) > ANSWERS)
    return said(state, now, 'The heater answers differently: same pulses, new swing.');
  return { state, proposal: null };
}

/** The film is so much cooler than when patterns broke that they are worth another trial. */
const isCooler = ({ broken, sinceS, easedFrom }: FilmState, { atS, levelC }: Now): boolean =>
  broken.length > 0 &&
  easedFrom === null &&
  atS - sinceS > COOLER_S &&
  broken.every((one) => levelC < one.levelC - COOLER_K);

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
  const lightWaitS = light < 1 ? Math.min(2 * state.lightWaitS, EASE_MOST_S) : state.lightWaitS;
  const easeAtS = now.atS + (light < 1 ? lightWaitS : easeWaitS);
  const next = { pattern, light, easedFrom: null, easeWaitS, lightWaitS, easeAtS };
  return put(state, now, next, `${why} Back to what held.`, dark);
}
