/**
 * Time-proportioning: a duty becomes one on-time per window. What is too short to switch, or too long to leave the
 * shortest rest, is carried into the next window (first-order sigma-delta), so the mean duty is exact.
 */
import { clamp, type Micros, type Ratio } from '../units.ts';
import { LEAD, type ModeStep, type Pattern } from './wanted.ts';

export interface ProportionState {
  readonly window: Pattern | null;
  /** Start of the window under way. */
  readonly startUs: Micros;
  /** On-time owed (positive) or overpaid, µs. */
  readonly carryUs: number;
}

/**
 * Shortest on-time and rest that are asked for, µs. The rest is long enough for the kernel to see, in every window, that
 * the MOSFET really opens (I5: 100 ms and two samples), and to hand the next window over in time.
 */
export const SHORTEST_ON_US = 50_000;
export const SHORTEST_REST_US = 200_000;
const HANDOVER_US = 75_000;

/** True when the next window must be decided now. */
export function windowDue(state: ProportionState | null, windowUs: Micros, now: Micros): boolean {
  return !state || now >= state.startUs + windowUs - HANDOVER_US;
}

/** Decides the window that follows `state` at `duty` 0..1; call when `windowDue`. */
export function stepProportion(
  state: ProportionState | null,
  duty: Ratio,
  windowUs: Micros,
  now: Micros,
): ModeStep<ProportionState> {
  const follows = state ? state.startUs + windowUs : 0;
  const startUs = follows > now ? follows : now + LEAD;
  const owed = clamp(duty, 0, 1) * windowUs + (state?.carryUs ?? 0);
  const onUs = owed < SHORTEST_ON_US ? 0 : Math.round(Math.min(owed, windowUs - SHORTEST_REST_US));
  // At most one window is carried over: long saturation must not cause heating after the setpoint is reached.
  const carryUs = clamp(owed - onUs, -windowUs, SHORTEST_ON_US);
  const window = onUs > 0 ? { onUs, periodUs: windowUs, startUs } : null;
  return { state: { window, startUs, carryUs }, wanted: window, nextAt: startUs + windowUs - HANDOVER_US };
}
