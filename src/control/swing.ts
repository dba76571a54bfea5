/**
 * Swing mode: pulses whose width makes the film swing by as much as was asked, whatever supply, room and contact do. The
 * width is the inverse of the swing in the steady state, S(t, T), of the plant as the observer sees it now; a changed width
 * takes effect at the next period boundary, as in pulse mode.
 */
import { type Poles, patternRise } from '../model/thermal.ts';
import { COMPILED } from '../params/limits.ts';
import { MODE_FIELDS } from '../params/modes.ts';
import { type Instant, inSeconds, micros, millis, type Span, since } from '../units.ts';
import { type GateBounds, lastingDuty } from './budget.ts';
import type { ControlInput, Order } from './order.ts';
import { type PulseState, stepPulse } from './pulse.ts';
import type { ModeStep } from './wanted.ts';

export interface SwingState {
  readonly pulse: PulseState;
  readonly onUs: Span;
  readonly decidedAt: Instant;
  /** The longest pulse that is allowed does not reach the swing. */
  readonly saturated: boolean;
}

const SHORTEST_S: number = MODE_FIELDS.onS.min;

/** Longest pulse of a period, s: what pulse patterns may be (I9), and what the gate allows (I7), for good (I8). */
export const longestPulseS = (periodS: number, gate: GateBounds): number =>
  Math.min(
    MODE_FIELDS.onS.max,
    inSeconds(gate.longestOnUs),
    COMPILED.pulseShare * periodS,
    lastingDuty(gate) * periodS,
  );

/**
 * Width of the pulse that swings the film by `swingK` every `periodS`, s, between the shortest pulse and `longestS`. The
 * swing rises with the width as far as half the period and beyond, so bisection finds it.
 */
export function pulseForSwing(poles: Poles, swingK: number, periodS: number, longestS: number): number {
  let [low, high] = [SHORTEST_S, Math.max(SHORTEST_S, longestS)];
  if (patternRise(poles, high, periodS).swingK <= swingK) return high;
  if (patternRise(poles, low, periodS).swingK >= swingK) return low;
  for (let i = 0; i < BISECTIONS; i += 1) {
    const middle = (low + high) / 2;
    if (patternRise(poles, middle, periodS).swingK < swingK) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** From a span of 5 s to less than a microsecond. */
const BISECTIONS = 24;
/** A width is changed when it is off by more than this share; less is noise of the estimate. */
const WORTH = 0.004;

/** One step; without an estimate nothing is wanted. */
export function stepSwing(
  state: SwingState | null,
  { swingK, periodUs, meanMaxC }: Order,
  { film, budget }: ControlInput,
  now: Instant,
): ModeStep<SwingState | null> {
  if (!film) return { state: null, wanted: null, nextAt: now };
  const periodS = inSeconds(periodUs);
  const changed = state?.pulse?.periodUs !== periodUs;
  let { onUs, decidedAt, saturated } = state ?? { onUs: micros(0), decidedAt: now, saturated: false };
  if (!state || changed || since(now, decidedAt) >= periodUs) {
    const { poles, levelC } = film;
    let longestS = longestPulseS(periodS, budget);
    // The mean guard: with more heat than this the mean would end above it.
    const fullK = poles.fastK + poles.slowK;
    longestS = Math.min(longestS, (periodS * Math.max(0, meanMaxC - levelC)) / fullK);
    const onS = longestS < SHORTEST_S ? 0 : pulseForSwing(poles, swingK, periodS, longestS);
    saturated = onS === 0 || onS >= longestS;
    if (!state || changed || Math.abs(onS * 1e6 - onUs) > WORTH * onUs) onUs = millis(Math.round(1000 * onS));
    decidedAt = now;
  }
  // Where the guard leaves less than the shortest pulse, there is none; it is looked at again at each step.
  if (onUs === 0) return { state: { pulse: null, onUs, decidedAt, saturated }, wanted: null, nextAt: now, saturated };
  const { pulse: before } = state ?? { pulse: null };
  const { state: pulse, wanted, nextAt } = stepPulse(before, onUs, periodUs, now);
  const same = state && pulse === before && onUs === state.onUs && decidedAt === state.decidedAt;
  return { state: same ? state : { pulse, onUs, decidedAt, saturated }, wanted, nextAt, saturated };
}
