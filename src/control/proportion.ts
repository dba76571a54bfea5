/**
 * Time-proportioning: a duty becomes one on-time per window. What is too short to switch, or too long to leave the
 * shortest rest, is carried into the next window (first-order sigma-delta), so the mean duty is exact.
 */
import { after, before, clamp, type Instant, LONG_AGO, micros, millis, type Ratio, type Span } from '../units.ts';
import { LEAD, type ModeStep, type Pattern } from './wanted.ts';

export interface ProportionState {
  readonly window: Pattern | null;
  /** Start of the window under way. */
  readonly startUs: Instant;
  /** On-time owed (positive) or overpaid. */
  readonly carryUs: Span;
}

/**
 * Shortest on-time and rest that are asked for. The rest is long enough for the kernel to see, in every window, that
 * the MOSFET really opens (I5: 100 ms and two samples), and to hand the next window over in time.
 */
export const SHORTEST_ON_US = millis(50);
export const SHORTEST_REST_US = millis(200);
/** Longest window: with the shortest rest it carries a duty of 0.95. */
export const LONGEST_WINDOW_S = 4;

/**
 * When the window after the one from `startUs` on must be decided: after an empty one ENABLE is open and must close before
 * the pulse, or a pulse of 50 ms would lose half of itself.
 */
const dueAfter = (startUs: Instant, windowUs: Span): Instant => before(after(startUs, windowUs), LEAD);

/** True when the next window must be decided now. */
export function windowDue(state: ProportionState | null, windowUs: Span, now: Instant): boolean {
  return !state || now >= dueAfter(state.startUs, windowUs);
}

/** Decides the window that follows `state` at `duty` 0..1; call when `windowDue`. */
export function stepProportion(
  state: ProportionState | null,
  duty: Ratio,
  windowUs: Span,
  now: Instant,
): ModeStep<ProportionState> {
  const follows = state ? after(state.startUs, windowUs) : LONG_AGO;
  const startUs = follows > now ? follows : after(now, LEAD);
  const owed = clamp(duty, 0, 1) * windowUs + (state?.carryUs ?? 0);
  const onUs = micros(owed < SHORTEST_ON_US ? 0 : Math.round(Math.min(owed, windowUs - SHORTEST_REST_US)));
  // At most one window is carried over: long saturation must not cause heating after the setpoint is reached.
  const carryUs = micros(clamp(owed - onUs, -windowUs, SHORTEST_ON_US));
  const window = onUs > 0 ? { onUs, periodUs: windowUs, startUs } : null;
  return { state: { window, startUs, carryUs }, wanted: window, nextAt: dueAfter(startUs, windowUs) };
}
