/** What control asks for. Safety decides how much of it is permitted; the gate reports what was achieved. */
import { type Instant, millis, type Ratio, ratio, type Span } from '../units.ts';

/** On for `onUs` from `startUs` on, again every `periodUs`; onUs = periodUs is constant current. */
export interface Pattern {
  readonly onUs: Span;
  readonly periodUs: Span;
  readonly startUs: Instant;
}

/** Null = off. */
export type Wanted = Pattern | null;

/** A control mode’s answer: its next state, what it wants, and when to ask again at the latest. */
export interface ModeStep<S> {
  readonly state: S;
  readonly wanted: Wanted;
  readonly nextAt: Instant;
  /** The mode asks for more than it may: what was ordered is not reached, or not yet. */
  readonly saturated?: boolean;
}

/**
 * From the decision to the first edge: the gate must have the order before the edge is due, the rest after the last pulse
 * of what ran before (a proof pulse, another mode) must be over, and the ENABLE switch closed by two edges, or the first
 * pulse would be cut short.
 */
export const LEAD = millis(105);

/** Duty of a pattern, 0..1. */
export const dutyOf = (wanted: Wanted): Ratio => ratio(wanted ? wanted.onUs / wanted.periodUs : 0);
