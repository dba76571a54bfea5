/**
 * Time-proportioning: a duty becomes one on-time per window. What is too short to switch, or too long to leave the
 * shortest rest, is carried into the next window (first-order sigma-delta), so the mean duty is exact.
 */
import {
  after,
  before,
  clamp,
  type Instant,
  LONG_AGO,
  micros,
  millis,
  type Ratio,
  type Span,
  seconds,
} from '../units.ts';
import { LEAD, type ModeStep, type Pattern } from './wanted.ts';

export interface ProportionState {
  readonly window: Pattern | null;
  /** Start and length of the window under way. */
  readonly startUs: Instant;
  readonly lastsUs: Span;
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
export function windowDue(state: ProportionState | null, now: Instant): boolean {
  return !state || now >= dueAfter(state.startUs, state.lastsUs);
}

/** The longest window whose pulse the gate allows, with pulses of at most `longestOnUs`. */
export const longestWindow = (longestOnUs: Span): Span =>
  micros(Math.min(seconds(LONGEST_WINDOW_S), longestOnUs + SHORTEST_REST_US));

/**
 * Length of a window of `duty` 0..1: `windowUs`, or longer where its rest would be too short, as far as pulses of
 * `longestOnUs` carry.
 */
export function windowOf(duty: Ratio, windowUs: Span, longestOnUs: Span): Span {
  const longest = Math.max(windowUs, longestWindow(longestOnUs));
  return micros(clamp(Math.ceil(SHORTEST_REST_US / Math.max(1e-9, 1 - duty)), windowUs, longest));
}

const UNLIMITED = micros(Number.POSITIVE_INFINITY);

/** Decides the window that follows `state` at `duty` 0..1, with a pulse of at most `longestUs`; call when `windowDue`. */
export function stepProportion(
  state: ProportionState | null,
  duty: Ratio,
  windowUs: Span,
  now: Instant,
  longestUs: Span = UNLIMITED,
  longestOnUs: Span = UNLIMITED,
): ModeStep<ProportionState> {
  const lastsUs = windowOf(duty, windowUs, longestOnUs);
  const follows = state ? after(state.startUs, state.lastsUs) : LONG_AGO;
  const startUs = follows > now ? follows : after(now, LEAD);
  const owed = clamp(duty, 0, 1) * lastsUs + (state?.carryUs ?? 0);
  const mostUs = Math.min(lastsUs - SHORTEST_REST_US, longestUs, longestOnUs);
  const onUs = micros(Math.min(owed, mostUs) < SHORTEST_ON_US ? 0 : Math.round(Math.min(owed, mostUs)));
  // At most one window is carried over: long saturation must not cause heating after the setpoint is reached.
  const carryUs = micros(clamp(owed - onUs, -lastsUs, SHORTEST_ON_US));
  const window = onUs > 0 ? { onUs, periodUs: lastsUs, startUs } : null;
  return { state: { window, startUs, lastsUs, carryUs }, wanted: window, nextAt: dueAfter(startUs, lastsUs) };
}
