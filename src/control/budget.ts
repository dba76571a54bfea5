/** What the gate’s heat budget (I8) leaves for the next pulse, so that long saturation lowers the duty instead of losing pulses. */
import { clamp, type Ratio, type Span, seconds, times } from '../units.ts';

/** The gate-keeper holds back a pulse that would come within 0.01 of the limit; this is a little less. */
const MARGIN = 0.012;

/** The heat budget as control sees it. */
export interface Budget {
  /** Largest mean duty that the gate allows, and the time constant of the mean, s. */
  readonly dutyMax: Ratio;
  readonly windowS: number;
  /** The mean now, as the gate accounts for it. */
  readonly recentDuty: Ratio;
}

/** Longest pulse that the budget allows now: b + (1 − b)·t/W stays below the limit. */
export const longestByBudget = ({ dutyMax, windowS, recentDuty }: Budget): Span =>
  times(seconds(windowS), clamp((dutyMax - MARGIN - recentDuty) / Math.max(1e-9, 1 - recentDuty), 0, 1));

/** Largest duty that can be held for good. */
export const lastingDuty = ({ dutyMax }: Pick<Budget, 'dutyMax'>): number => Math.max(0, dutyMax - MARGIN);
