/** What control is asked for, from the settings or from a recipe step, and what it sees. */
import { hasPulses, type Mode } from '../params/modes.ts';
import type { RecipeStep } from '../params/recipe.ts';
import type { Settings } from '../params/settings.ts';
import { type Celsius, millis, type Ratio, type Span, seconds } from '../units.ts';
import type { PidTuning } from './pid.ts';

/** What the run asks of control at this moment: from the settings or from a recipe step. */
export interface Order {
  readonly mode: Mode;
  readonly onUs: Span;
  readonly periodUs: Span;
  readonly setpointC: Celsius;
  readonly windowUs: Span;
  readonly hysteresisK: number;
  readonly tuning: PidTuning;
}

/** `filmC` null = no usable temperature; the temperature modes then want nothing. */
export interface ControlInput {
  readonly filmC: Celsius | null;
  /** Mean duty that the gate achieved lately, for a bumpless start. */
  readonly recentDuty: Ratio;
  /** Time in all that the gate kept the heater on; only differences count. */
  readonly heatedUs: Span;
}

/** The order that the settings alone describe. */
export function orderFrom(s: Settings): Order {
  return {
    mode: s['control.mode'],
    onUs: millis(s['pulse.onMs']),
    periodUs: millis(s['pulse.periodMs']),
    setpointC: s['control.setpointC'],
    windowUs: millis(s['pid.windowMs']),
    hysteresisK: s['bangbang.hysteresisK'],
    tuning: {
      gainPerK: s['pid.gainPerK'],
      integralS: s['pid.integralS'],
      derivativeS: s['pid.derivativeS'],
      filter: s['pid.filter'],
      setpointWeight: s['pid.setpointWeight'],
    },
  };
}

/** A recipe step as an order; what the step does not say comes from the settings. */
export function orderOf(step: RecipeStep | null, settings: Order): Order {
  if (!step) return { ...settings, mode: 'off' };
  const { mode, onS, periodS, setpointC = settings.setpointC } = step;
  return {
    ...settings,
    mode,
    onUs: onS === undefined ? settings.onUs : seconds(onS),
    periodUs: periodS === undefined ? settings.periodUs : seconds(periodS),
    setpointC,
  };
}

/** An order whose setpoint a ramp moves; null = as it is. */
export const movedTo = (order: Order, setpointC: Celsius | null): Order =>
  setpointC === null || setpointC === order.setpointC ? order : { ...order, setpointC };

/** Whether an order plays other pulses than the one before: another phase, which does not wait for the period before. */
export const isOtherPulse = (next: Order, before: Order): boolean =>
  hasPulses(next.mode) && (next.onUs !== before.onUs || next.periodUs !== before.periodUs);
