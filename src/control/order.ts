/** What control is asked for, from the settings or from a recipe step, and what it sees. */
import type { Estimate } from '../model/observer.ts';
import { hasPulses, hasSwing, type Mode } from '../params/modes.ts';
import type { RecipeStep } from '../params/recipe.ts';
import type { Settings } from '../params/settings.ts';
import { type Celsius, celsius, millis, type Span, seconds } from '../units.ts';
import type { Budget } from './budget.ts';
import type { PidTuning } from './pid.ts';

/** What the run asks of control at this moment: from the settings or from a recipe step. */
export interface Order {
  readonly mode: Mode;
  readonly onUs: Span;
  readonly periodUs: Span;
  readonly setpointC: Celsius;
  /** Swing of the film that is asked for, K, and the mean that it must not settle above, °C. */
  readonly swingK: number;
  readonly meanMaxC: Celsius;
  readonly windowUs: Span;
  readonly hysteresisK: number;
  readonly tuning: PidTuning;
}

export interface ControlInput {
  /** Best temperature of the film; null = none that is usable, and the temperature modes then want nothing. */
  readonly filmC: Celsius | null;
  /** What the observer believes; null without readings, or where no model was commissioned. */
  readonly film: Estimate | null;
  /** The gate’s heat budget (I8); its mean is where the temperature modes start from. */
  readonly budget: Budget;
  /** Time in all that the gate kept the heater on; only differences count. */
  readonly heatedUs: Span;
}

/** The period of the settings for a mode, ms: swings have their own. */
export const periodMsOf = (s: Settings, mode: Mode): number => s[hasSwing(mode) ? 'swing.periodMs' : 'pulse.periodMs'];

/** The order that the settings alone describe. */
export function orderFrom(s: Settings): Order {
  return {
    mode: s['control.mode'],
    onUs: millis(s['pulse.onMs']),
    periodUs: millis(periodMsOf(s, s['control.mode'])),
    setpointC: s['control.setpointC'],
    swingK: s['swing.targetK'],
    meanMaxC: s['swing.meanMaxC'],
    windowUs: millis(s['pid.windowMs']),
    hysteresisK: s['bangbang.hysteresisK'],
    tuning: {
      gainPerK: s['pid.gainPerK'],
      integralS: s['pid.integralS'],
      derivativeS: s['pid.derivativeS'],
      filter: s['pid.filter'],
      setpointWeight: s['pid.setpointWeight'],
      byModel: s['pid.tuning'] === 'model',
    },
  };
}

/** A recipe step as an order; what the step does not say comes from the settings. */
export function orderOf(step: RecipeStep | null, settings: Order): Order {
  if (!step) return { ...settings, mode: 'off' };
  const { mode, onS, periodS, setpointC = settings.setpointC, swingK = settings.swingK } = step;
  return {
    ...settings,
    mode,
    onUs: onS === undefined ? settings.onUs : seconds(onS),
    periodUs: periodS === undefined ? settings.periodUs : seconds(periodS),
    setpointC: celsius(setpointC),
    swingK,
  };
}

/** An order whose setpoint a ramp moves; null = as it is. */
export const movedTo = (order: Order, setpointC: Celsius | null): Order =>
  setpointC === null || setpointC === order.setpointC ? order : { ...order, setpointC };

/** Whether an order plays other pulses than the one before: another phase, which does not wait for the period before. */
export const isOtherPulse = (next: Order, before: Order): boolean =>
  hasPulses(next.mode) && (next.onUs !== before.onUs || next.periodUs !== before.periodUs);
