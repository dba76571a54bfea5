/**
 * Finds the gentlest pattern of heat that will keep a film mixed: a constrained search with a Gaussian process, as a pure
 * function of state, sight and time.
 *
 * Light is dear and the dark is not. So each trial is prepared in the dark: long pulses mix the film and warm the substrate to
 * where the pattern would bring it within the hour, the pattern itself settles, and only then is there light, for some cycles.
 * What the film shows then is nearly what it will show later; the rest is left to the map, which knows the temperature of each
 * trial. A film that segregates ends its trial at once.
 */
import type { Poles } from '../model/thermal.ts';
import { clamp, GAS_CONSTANT_KJ, ZERO_CELSIUS_K } from '../units.ts';
import { isSamePattern, PATTERN_GRID, type PulsePattern } from './grid.ts';
import { type Cell, cellOf, type Outcome, outcomeOf, type Predicted, predicted, slowRiseK, type Trial } from './map.ts';
import { percent, type Sight } from './state.ts';

/** What the bench and the settings allow. */
export interface Limits {
  /** Largest lasting mean duty and largest t/T, whichever is less; longest pulse, s. */
  readonly shareMax: number;
  readonly longestOnS: number;
  /** The film may not get warmer than this, °C. */
  readonly peakMostC: number;
}

export interface Now {
  readonly atS: number;
  readonly poles: Poles;
  /** Film without heat, °C, rise of the slow pole now, K, and the film now, °C. */
  readonly levelC: number;
  readonly slowK: number;
  readonly filmC: number;
  readonly limits: Limits;
}

/** mix = long pulses in the dark · warm = the same, for the substrate · settle = the pattern in the dark · lit · done */
export type Phase = 'mix' | 'warm' | 'settle' | 'lit' | 'done';

export interface FinderState {
  readonly phase: Phase;
  readonly sinceS: number;
  readonly startedS: number;
  /** The pattern that is prepared or lit, and how likely it was to hold. */
  readonly cell: Predicted;
  readonly trials: readonly Trial[];
  /** What the trials so far say of all patterns within the limits; made once a trial, because it takes a moment. */
  readonly map: readonly Predicted[];
  /** Sights of this trial but the first, which may be of a part of a cycle, and how many there were. */
  readonly sights: readonly Sight[];
  readonly first: Sight | null;
  readonly cycles: number;
  /** When the film was seen last. */
  readonly seenS: number;
  /** Sum and number of film temperatures while lit, °C. */
  readonly sumC: number;
  readonly ticks: number;
}

/** What is to be played. */
export interface Played extends PulsePattern {
  readonly lit: boolean;
  /** For the record; null = a part of what was said before. */
  readonly why: string | null;
}

export interface FinderStep {
  readonly state: FinderState;
  readonly play: Played | null;
}

/** The outcome. */
export interface Found {
  readonly pattern: Predicted | null;
  readonly why: string;
  readonly lightS: number;
  readonly map: readonly Predicted[];
}

/** Pulses in the dark that mix a film: heating and cooling both do. The share is less where the limits are. */
const MIX = { onS: 2, share: 0.4 } as const;
export const MIX_S = 18;
/** The substrate is warmed at this share until its slow pole is within this of its steady rise, for so long at most, s. */
const WARM = { onS: 2, share: 0.5 } as const;
const WARM_NEAR_K = 0.05;
const WARM_MOST_S = 480;
/** A substrate that is warmer than the pattern would make it by more than this cools, for so long at most, s. */
const COOL_NEAR_K = 0.4;
const COOL_MOST_S = 240;
/** The fast pole has settled after this, and so many periods, s. */
const SETTLE_S = 12;
const SETTLE_PERIODS = 3;
/** Light of a trial: at least so long and so many periods, with so many sights; without them not longer than this, s. */
const LIT_S = 25;
const LIT_PERIODS = 2.5;
const LIT_SIGHTS = 3;
const LIT_MOST_S = 45;
/** A film that is cooler than in the paper, °C, takes longer to show what it will do: energy of its slowest rate, kJ/mol. */
const PAPER_C = 26;
const SLOWEST_ENERGY = 150;
const PATIENCE_MOST = 2.6;
/** The last sight of a trial is no older than this many periods. */
const RECENT_PERIODS = 1.6;
/** A film that shows this once, or the lesser share twice in a row, has segregated: the trial ends. */
const BROKEN = 0.025;
const BROKEN_TWICE = 0.012;
const SURE = 4;
/** Sights that are averaged, and of a film that changes; so many standard errors from sight to sight are a change. */
const AVERAGED = 3;
const NEWEST = 2;
const CHANGING = 3;
/** No trial begins after so much light, s, once a pattern holds and before, or so many trials, or so long altogether. */
const LIGHT_MOST_S = { found: 155, none: 220 } as const;
/** Where a trial ends whatever it shows. */
export const LIGHT_END_S = 295;
export const TRIALS_MOST = 14;
const TOTAL_MOST_S = 2 * 3600;
/** A search that is under way comes to its end within this, s. */
export const SEARCH_MOST_S = TOTAL_MOST_S + 1800;
/**
 * A trial ends when nothing was seen for so long, or so many periods; a lamp in the room may be the reason, so the next one waits in
 * the dark, for twice as long each time. So many in a row are blindness.
 */
const BLIND_S = 15;
const BLIND_PERIODS = 2.5;
const BLIND_WAIT_S = 60;
const BLIND_TRIALS = 5;
/** A pattern is accepted when it has shown that it holds and is believed to do so in the long run. */
const ACCEPTED = 0.75;
/** Without a pattern that holds, a chance below this is not worth a trial; with one, an expected gain of duty below this. */
const HOPELESS = 0.03;
const LEAST_TRIALS = 6;
const LEAST_GAIN = 0.003;
/** A gentler pattern is not tried with a chance below this. */
const UNLIKELY = 0.15;
/** No pattern of the grid has this duty. */
const NO_DUTY = 0.5;
/** Cells that promise at least this part of the best one are drawn from by chance. */
const AS_GOOD = 0.9;

/** @param chance draws 0..1 */
export function startFinder(now: Now, chance: () => number): FinderStep {
  const map = predicted(cellsOf(now), []);
  const cell = nextOf(map, [], chance);
  const state: FinderState = {
    phase: 'done',
    sinceS: now.atS,
    startedS: now.atS,
    cell: cell ?? nothing(now),
    trials: [],
    map,
    sights: [],
    first: null,
    cycles: 0,
    seenS: now.atS,
    sumC: 0,
    ticks: 0,
  };
  return cell ? prepare(state, cell, now) : { state, play: null };
}

/** @param sight of a cycle that was concluded just now; null = none was */
export function stepFinder(state: FinderState, sight: Sight | null, now: Now, chance: () => number): FinderStep {
  const spentS = now.atS - state.sinceS;
  switch (state.phase) {
    case 'mix':
      return spentS < MIX_S ? { state, play: null } : warm(state, now);
    case 'warm':
      return isWarm(state, now, spentS) ? settle(state, now) : { state, play: null };
    case 'settle': {
      const isReady = isSettled(state.cell, spentS, now) && spentS >= waitS(state.trials);
      return isReady ? light(state, now) : { state, play: null };
    }
    case 'lit':
      return lit(state, sight, now, chance);
    case 'done':
      return { state, play: null };
  }
}

/** Whether film and substrate are as `pattern` makes them, after it was played for `spentS`. */
export function isSettled(pattern: PulsePattern, spentS: number, { poles, slowK }: Now): boolean {
  const isCool = slowK <= slowRiseK(pattern, poles) + COOL_NEAR_K || spentS >= COOL_MOST_S;
  return isCool && spentS >= Math.max(SETTLE_S, SETTLE_PERIODS * pattern.periodS);
}

/** The grid on this plant, warm, as far as the limits go. */
export const cellsOf = ({ poles, levelC, limits }: Pick<Now, 'poles' | 'levelC' | 'limits'>): Cell[] =>
  PATTERN_GRID.map((pattern) => cellOf(pattern, poles, levelC)).filter(
    ({ duty, onS, peakC }) => duty <= limits.shareMax && onS <= limits.longestOnS && peakC <= limits.peakMostC,
  );

export const lightOf = (trials: readonly Trial[]): number => trials.reduce((sum, { lightS }) => sum + lightS, 0);

/** Cells that were tried, showed that they hold, and are believed to. */
const accepted = (map: readonly Predicted[], trials: readonly Trial[]): Predicted[] =>
  map.filter(
    (cell) =>
      cell.holds >= ACCEPTED &&
      trials.some((trial) => isSamePattern(trial, cell) && showsThatItHolds(trial)) &&
      trials.every((trial) => !isSamePattern(trial, cell) || trial.shown === null || showsThatItHolds(trial)),
  );
const showsThatItHolds = (trial: Trial): boolean => outcomeOf(trial) === 'mixed';

/** The next pattern to try; null = none is worth its light. Until one holds the likeliest is, then one that would be gentler. */
function nextOf(map: readonly Predicted[], trials: readonly Trial[], chance: () => number): Predicted | null {
  const good = accepted(map, trials);
  const open = map.filter((cell) => isOpen(cell, trials));
  const duty = good.reduce((least, cell) => Math.min(least, cell.duty), NO_DUTY);
  const worth = (cell: Predicted): number =>
    good.length > 0 ? (cell.holds < UNLIKELY ? 0 : cell.holds * (duty - cell.duty)) : cell.holds * (1 - cell.duty);
  const best = open.reduce((most, cell) => Math.max(most, worth(cell)), 0);
  if (best < (good.length > 0 ? LEAST_GAIN : trials.length < LEAST_TRIALS ? 0 : HOPELESS)) return null;
  const promising = open.filter((cell) => worth(cell) >= AS_GOOD * best);
  return promising[Math.min(promising.length - 1, Math.floor(chance() * promising.length))] ?? null;
}

/** How many of the last trials in a row saw nothing, and how long the next one waits in the dark, s. */
const blindOf = (trials: readonly Trial[]): number =>
  trials.length - 1 - trials.findLastIndex(({ shown }) => shown !== null);
const waitS = (trials: readonly Trial[]): number => {
  const n = blindOf(trials);
  return n === 0 ? 0 : BLIND_WAIT_S * 2 ** (n - 1);
};

/** Not seen yet, or once, and it held without being believed to. */
function isOpen(cell: Predicted, trials: readonly Trial[]): boolean {
  const of = trials.filter((trial) => isSamePattern(trial, cell) && trial.shown !== null);
  return of.length === 0 || (of.length === 1 && of.every(showsThatItHolds) && cell.holds < ACCEPTED);
}

/** A placeholder where no cell is within the limits. */
const nothing = (now: Now): Predicted => ({
  ...cellOf({ onS: 0, periodS: 1 }, now.poles, now.levelC),
  log10: 0,
  error: 0,
  holds: 0,
});

const seconds = (value: number): string => `${Number(value.toFixed(2))} s`;
export const patternWords = ({ onS, periodS }: PulsePattern): string => `${seconds(onS)} every ${seconds(periodS)}`;

const at = (state: FinderState, phase: Phase, now: Now): FinderState => ({ ...state, phase, sinceS: now.atS });

/** Pulses of a share that the limits allow on this plant. */
function within(onS: number, share: number, { limits, poles, levelC }: Now): PulsePattern {
  const on = Math.min(onS, limits.longestOnS);
  const { swingK } = cellOf({ onS: on, periodS: on / share }, poles, levelC);
  const coolest = (limits.peakMostC - levelC - swingK / 2) / (poles.fastK + poles.slowK);
  const most = clamp(Math.min(share, limits.shareMax, coolest), LEAST_SHARE, share);
  return { onS: on, periodS: Math.ceil(10 * (on / most)) / 10 };
}
const LEAST_SHARE = 0.1;

function prepare(state: FinderState, cell: Predicted, now: Now): FinderStep {
  const number = state.trials.length + 1;
  const why = `Trial ${number}: ${patternWords(cell)} (holds with a probability of ${cell.holds.toFixed(2)}). The film is mixed in the dark.`;
  return { state: { ...at(state, 'mix', now), cell }, play: { ...within(MIX.onS, MIX.share, now), lit: false, why } };
}

function warm(state: FinderState, now: Now): FinderStep {
  if (isWarm(state, now, 0)) return settle(state, now);
  const play = { ...within(WARM.onS, WARM.share, now), lit: false, why: null };
  return { state: at(state, 'warm', now), play };
}

const targetOf = ({ cell }: FinderState, { poles }: Now): number => slowRiseK(cell, poles);

const isWarm = (state: FinderState, now: Now, spentS: number): boolean =>
  spentS >= WARM_MOST_S || now.slowK >= targetOf(state, now) - WARM_NEAR_K;

const settle = (state: FinderState, now: Now): FinderStep => ({
  state: at(state, 'settle', now),
  play: { onS: state.cell.onS, periodS: state.cell.periodS, lit: false, why: null },
});

function light(state: FinderState, now: Now): FinderStep {
  const { onS, periodS } = state.cell;
  const why = `Trial ${state.trials.length + 1}: light on.`;
  const next = { ...at(state, 'lit', now), sights: [], first: null, cycles: 0, seenS: now.atS, sumC: 0, ticks: 0 };
  return { state: next, play: { onS, periodS, lit: true, why } };
}

function lit(before: FinderState, sight: Sight | null, now: Now, chance: () => number): FinderStep {
  const state = look(before, sight, now);
  const { sights, cell, cycles } = state;
  const spentS = now.atS - state.sinceS;
  const seen = sights.filter((one) => one.segregated !== null);
  const isOver = sight?.segregated != null && segregates(sight, cycles > 1 ? seen.at(-2) : undefined);
  const longer = patience(cell.meanC);
  const isEnough =
    spentS >= Math.max(longer * LIT_S, LIT_PERIODS * cell.periodS) && seen.length >= LIT_SIGHTS && isRecent(state, now);
  const isBlind = now.atS - state.seenS >= Math.max(BLIND_S, BLIND_PERIODS * cell.periodS);
  const isLong = isBlind || spentS >= Math.max(longer * LIT_MOST_S, (LIT_SIGHTS + 2) * cell.periodS);
  // A trial that the light does not suffice for says nothing.
  if (!isOver && !isEnough && lightOf(state.trials) + spentS >= LIGHT_END_S)
    return concluded({ ...state, sights: [] }, null, now, chance);
  if (!isOver && !isLong && !(isEnough && !rises(seen))) return { state, play: null };
  return concluded(state, isOver && sight ? sight : null, now, chance);
}

/** How much longer a film of `meanC` is watched than one of the paper’s temperature. */
const patience = (meanC: number): number =>
  clamp(
    Math.exp((SLOWEST_ENERGY / GAS_CONSTANT_KJ) * (1 / (meanC + ZERO_CELSIUS_K) - 1 / (PAPER_C + ZERO_CELSIUS_K))),
    1,
    PATIENCE_MOST,
  );

const isRecent = ({ seenS, cell }: FinderState, { atS }: Now): boolean => atS - seenS <= RECENT_PERIODS * cell.periodS;

function look(state: FinderState, sight: Sight | null, { filmC, atS }: Now): FinderState {
  const seenS = sight?.segregated == null ? state.seenS : atS;
  const next = { ...state, seenS, sumC: state.sumC + filmC, ticks: state.ticks + 1 };
  if (!sight) return next;
  const cycles = state.cycles + 1;
  return cycles === 1 ? { ...next, cycles, first: sight } : { ...next, cycles, sights: [...state.sights, sight] };
}

const isAbove = ({ segregated, error }: Sight, share: number): boolean =>
  segregated !== null && segregated > Math.max(share, SURE * error);

/** The newest sight is more than the one before, by more than noise. */
function rises(seen: readonly Sight[]): boolean {
  const [before, newest] = seen.slice(-2);
  if (!before || !newest) return false;
  const by = (newest.segregated ?? 0) - (before.segregated ?? 0);
  return by > CHANGING * Math.hypot(newest.error, before.error);
}

const segregates = (sight: Sight, before: Sight | undefined): boolean =>
  isAbove(sight, BROKEN) || (before !== undefined && isAbove(before, BROKEN_TWICE) && isAbove(sight, BROKEN_TWICE));

/** @param broken the sight that ended the trial early; null = it went to its end */
function concluded(state: FinderState, broken: Sight | null, now: Now, chance: () => number): FinderStep {
  const { cell, sights, first, ticks, sumC, sinceS } = state;
  const seen = sights.filter((one) => one.segregated !== null);
  const last = seen.slice(rises(seen) ? -NEWEST : -AVERAGED);
  // A film that is less than mixed is one whose mixed level was too high.
  const below = Math.min(0, (first?.segregated ?? 0) + CHANGING * (first?.error ?? 0));
  const mean = last.reduce((sum, one) => sum + (one.segregated ?? 0), 0) / last.length - below;
  const meanError = Math.sqrt(last.reduce((sum, one) => sum + one.error ** 2, 0)) / Math.max(1, last.length);
  const trial: Trial = {
    onS: cell.onS,
    periodS: cell.periodS,
    swingK: cellOf(cell, now.poles, now.levelC).swingK,
    meanC: sumC / Math.max(1, ticks),
    shown: broken ? broken.segregated : last.length > 0 && isRecent(state, now) ? mean : null,
    error: broken ? broken.error : meanError,
    lightS: now.atS - sinceS,
    broken: broken !== null,
  };
  const trials = [...state.trials, trial];
  const next = { ...state, trials, map: predicted(cellsOf(now), trials) };
  const cellNext = isOver(next, now) ? null : nextOf(next.map, trials, chance);
  if (cellNext) {
    const { state: then, play } = prepare(next, cellNext, now);
    return { state: then, play: play && { ...play, why: `${said(trial)} ${play.why}` } };
  }
  const play = { ...within(MIX.onS, MIX.share, now), lit: false, why: `${said(trial)} The search is over.` };
  return { state: at(next, 'done', now), play };
}

const SAID: Readonly<Record<Outcome, string>> = {
  mixed: 'it stays mixed',
  segregated: 'too much',
  unsure: 'too noisy to tell',
  unseen: 'not seen',
};
const said = (trial: Trial): string => {
  const { shown, broken, lightS } = trial;
  if (shown === null) return `The film was not seen in ${lightS.toFixed(0)} s of light.`;
  const what = broken ? 'it segregates' : SAID[outcomeOf(trial)];
  return `${percent(Math.max(0, shown))} after ${lightS.toFixed(0)} s of light: ${what}.`;
};

function isOver({ trials, map, startedS }: FinderState, now: Now): boolean {
  const isBlind = blindOf(trials) >= BLIND_TRIALS;
  const good = accepted(map, trials);
  const lightMostS = LIGHT_MOST_S[good.length > 0 ? 'found' : 'none'];
  return isBlind || trials.length >= TRIALS_MOST || lightOf(trials) >= lightMostS || now.atS - startedS >= TOTAL_MOST_S;
}

/** What the trials so far come to: the pattern with the least product of duty and swing among those that hold. */
export function foundBy({ trials, map }: FinderState): Found {
  const good = accepted(map, trials);
  const cost = ({ duty, swingK }: Cell): number => duty * swingK;
  const pattern = good.reduce<Predicted | null>((best, cell) => (best && cost(best) <= cost(cell) ? best : cell), null);
  return { pattern, why: reason(pattern, map, trials), lightS: lightOf(trials), map };
}

function reason(pattern: Predicted | null, map: readonly Predicted[], trials: readonly Trial[]): string {
  if (pattern)
    return `${patternWords(pattern)} holds with a probability of ${pattern.holds.toFixed(2)} once it is warm.`;
  if (map.length === 0) return 'No pattern of the grid lies within the limits of the bench.';
  if (trials.every(({ shown }) => shown === null)) return 'The film could not be seen.';
  const likeliest = map.reduce((most, { holds }) => Math.max(most, holds), 0);
  return likeliest < ACCEPTED
    ? 'No pattern of the grid keeps this film mixed in this light: less light, or a cooler room.'
    : 'The light of the search was used up before a pattern had shown that it holds.';
}
