/** What the gate’s heat budget (I8) leaves for the next pulse, so that long saturation lowers the duty instead of losing pulses. */
import { clamp, inSeconds, micros, type Ratio, ratio, type Span, seconds, times } from '../units.ts';

/** The gate-keeper holds back a pulse that would come within 0.01 of the limit; this is a little less. */
const MARGIN = 0.012;
/** After a pulse the gate-keeper still judges its pattern, until the next one replaces it: there is room for one more. */
const PULSES = 2;

/** The heat budget as control sees it. */
export interface Budget {
  /** Largest mean duty that the gate allows, and the time constant of the mean, s. */
  readonly dutyMax: Ratio;
  readonly windowS: number;
  /** The longest pulse that the gate allows (I7). */
  readonly longestOnUs: Span;
  /** The mean now, as the gate accounts for it. */
  readonly recentDuty: Ratio;
}

/** What of it does not change while the program runs. */
export type GateBounds = Pick<Budget, 'dutyMax' | 'longestOnUs'>;

/** Longest pulse that the gate and the budget allow now: b + (1 − b)·t/W stays below the limit, for it and for one more. */
export const longestByBudget = ({ dutyMax, windowS, recentDuty, longestOnUs }: Budget): Span => {
  const share = clamp((dutyMax - MARGIN - recentDuty) / Math.max(1e-9, 1 - recentDuty), 0, 1);
  return micros(Math.min(longestOnUs, times(seconds(windowS / PULSES), share)));
};

/** What is left of the budget is spent over this, s: evenly, and not in one long pulse with a long rest after it. */
const SPENT_OVER_S = 10;

/** Largest duty of the next window: what can be held for good, and a share of what is left. */
export const dutyByBudget = (budget: Budget): Ratio =>
  ratio(clamp(lastingDuty(budget) + inSeconds(longestByBudget(budget)) / SPENT_OVER_S, 0, 1));

/** Largest duty that can be held for good. */
export const lastingDuty = ({ dutyMax }: Pick<Budget, 'dutyMax'>): number => Math.max(0, dutyMax - MARGIN);
