/**
 * What trials of some patterns say of all of them: for each cell of the grid, once the substrate has warmed, how much of the
 * film will be segregated at the cold end of a cycle, and how likely the pattern is to hold. A pattern is known by what it
 * does, not by its width: its swing, its period, and the mean temperature of the film under it.
 */
import { type Poles, patternRise } from '../model/thermal.ts';
import { clamp } from '../units.ts';
import { below, conditioned, type Observation, type Process } from './gp.ts';
import { dutyOf, type PulsePattern } from './grid.ts';

/** A pattern on a plant whose substrate has warmed; temperatures in °C. */
export interface Cell extends PulsePattern {
  readonly duty: number;
  readonly swingK: number;
  /** Means and highest temperature in the steady state. */
  readonly meanC: number;
  readonly peakC: number;
}

/** What is predicted of a cell. */
export interface Predicted extends Cell {
  /** log10 of the segregated share at the cold end of a cycle, and its standard error. */
  readonly log10: number;
  readonly error: number;
  /** Probability that the pattern holds. */
  readonly holds: number;
}

/** A pattern that was tried in the light. */
export interface Trial extends PulsePattern {
  readonly swingK: number;
  /** Mean of the film while it was lit, °C. */
  readonly meanC: number;
  /** Segregated share at the cold end, and its standard error; null = it was not seen. */
  readonly shown: number | null;
  readonly error: number;
  /** Light that the trial took, s. */
  readonly lightS: number;
  /** It was ended early because the film segregated. */
  readonly broken: boolean;
}

/** The quick commissioning knows the slow pole to 20 %: a pattern must hold where it is stronger than believed by this share. */
const SLOW_DOUBT = 0.15;

/** Rise of the slow pole under a pattern that was played for hours, with its doubt, K. */
export const slowRiseK = (pattern: PulsePattern, { slowK }: Poles): number =>
  (1 + SLOW_DOUBT) * dutyOf(pattern) * slowK;

export function cellOf({ onS, periodS }: PulsePattern, poles: Poles, levelC: number): Cell {
  const doubted = { ...poles, slowK: (1 + SLOW_DOUBT) * poles.slowK };
  const { swingK, meanK, peakK } = patternRise(doubted, onS, periodS);
  return { onS, periodS, duty: dutyOf({ onS, periodS }), swingK, meanC: levelC + meanK, peakC: levelC + peakK };
}

/** Below this share nothing is seen for certain, and above this one it does not matter how much more there is; log10. */
const FLOOR = -3.2;
const CEILING = -1;
/** A film that shows less than this at the cold end is taken to hold: the scale of a sight may be wrong by a factor of two. */
export const HOLDS_BELOW = 8e-3;
/** A sight whose standard error is above this cannot tell a film that holds from one that does not. */
export const SEEN_WITHIN = HOLDS_BELOW / 3;

/** Where the axes begin: the swing, K, and period, s, about which most films hold, and a film of the paper’s temperature, °C. */
const MIDDLE = { swingK: 1.6, periodS: 5, meanC: 26 } as const;
/** Scatter of a trial against the next of the same pattern: the film is never twice the same. */
const SCATTER = 0.2;
/** A trial that was ended early shows the least that there would have been. */
const BROKEN = { atLeast: -1.6, scatter: 0.35 } as const;

/**
 * Films differ: the coefficients are those of a regression over 360 simulated films of three populations, rounded, with the
 * scatter from film to film. Lengths along the axes as in a search on log t and log T.
 */
const FILMS: Process = {
  basis: ([s = 0, t = 0, k = 0]) => [1, s, t, k, s * s, t * t, s * t],
  mean: [-1.9, -1.6, 1, 0.2, 0, 0.6, 1],
  spread: [0.6, 0.5, 0.6, 0.1, 0.6, 0.6, 0.6],
  variance: 0.5,
  lengths: [0.4, 0.5, 2],
};

const axesOf = ({ swingK, periodS, meanC }: Pick<Cell, 'swingK' | 'periodS' | 'meanC'>): number[] => [
  Math.log(swingK / MIDDLE.swingK),
  Math.log(periodS / MIDDLE.periodS),
  meanC - MIDDLE.meanC,
];

/** What a trial says: mixed, beyond doubt · segregated · unsure = its noise leaves it open · unseen. */
export type Outcome = 'mixed' | 'segregated' | 'unsure' | 'unseen';

/** A trial shows that its pattern holds where even so many standard errors more would be below the level. */
const DOUBT = 2;

export function outcomeOf({ shown, error, broken }: Pick<Trial, 'shown' | 'error' | 'broken'>): Outcome {
  if (shown === null) return 'unseen';
  if (broken || shown >= HOLDS_BELOW) return 'segregated';
  return shown + DOUBT * error < HOLDS_BELOW ? 'mixed' : 'unsure';
}

const observed = (trial: Trial, shown: number): Observation => {
  const { broken, error } = trial;
  // What is below its noise is known to be below a bound, and no more.
  const value = Math.max(shown > error ? shown : Math.max(shown, 0) + DOUBT * error, LEAST);
  const y = clamp(Math.log10(value), broken ? BROKEN.atLeast : FLOOR, CEILING);
  const noise = Math.min(error / (value * Math.LN10), SCATTER);
  return { x: axesOf(trial), y, error: Math.hypot(broken ? BROKEN.scatter : SCATTER, noise) };
};
const LEAST = 1e-9;

/** The prediction for each cell after the trials so far. */
export function predicted(cells: readonly Cell[], trials: readonly Trial[]): Predicted[] {
  const seen = trials.flatMap((trial) => (trial.shown === null ? [] : [observed(trial, trial.shown)]));
  const believed = conditioned(FILMS, seen);
  const limit = Math.log10(HOLDS_BELOW);
  return cells.map((cell) => {
    const { mean, error } = believed(axesOf(cell));
    return { ...cell, log10: mean, error, holds: below((limit - mean) / Math.max(1e-6, error)) };
  });
}
