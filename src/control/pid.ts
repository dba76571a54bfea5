/**
 * Two-degree-of-freedom PID (Åström and Hägglund, Advanced PID Control, 2006, ch. 3): setpoint weight b on the
 * proportional part, filtered derivative on the measurement only, and an integrator conditioned by what the gate really
 * achieved, so neither a limit of the kernel nor a refused pulse winds it up.
 */
import type { Poles } from '../model/thermal.ts';
import { type Celsius, clamp, inSeconds, type Ratio, ratio } from '../units.ts';
import { LEAD } from './wanted.ts';

export interface PidTuning {
  /** Duty per kelvin. */
  readonly gainPerK: number;
  readonly integralS: number;
  readonly derivativeS: number;
  /** Derivative filter: time constant derivativeS / filter. */
  readonly filter: number;
  readonly setpointWeight: number;
  /** Gains and times come from the commissioned model, where there is one. */
  readonly byModel?: boolean;
}

/**
 * PI tuning by the SIMC rules (Skogestad, J. Process Control 13 (2003) 291, for a first-order process with delay θ):
 * Kc = τ/(A·(τc + θ)), τI = min(τ, 4(τc + θ)), with τc = θ. The process is the fast pole; the slow one is a drift to it. The
 * delay is that of the windows: half of one until its pulse acts, half of one for the mean that is measured, and the lead.
 * @param windowS time-proportioning window, s
 */
export function simcTuning(like: PidTuning, { fastK, fastTauS }: Poles, windowS: number): PidTuning {
  const delayS = windowS + inSeconds(LEAD);
  const slackS = 2 * delayS;
  return {
    ...like,
    gainPerK: fastTauS / (fastK * slackS),
    integralS: Math.min(fastTauS, 4 * slackS),
    derivativeS: 0,
  };
}

export interface PidState {
  readonly tuning: PidTuning;
  readonly integral: number;
  readonly derivative: number;
  readonly measuredC: Celsius;
  /** Output asked for, before any limit. */
  readonly output: number;
}

/** Tracking time of the anti-windup, s. */
const TRACKING_S = 5;

/** Starts bumplessly: the first output is `duty`, the duty that was applied before. */
export function startPid(tuning: PidTuning, setpointC: Celsius, measuredC: Celsius, duty: Ratio): PidState {
  const proportional = tuning.gainPerK * (tuning.setpointWeight * setpointC - measuredC);
  return { tuning, integral: duty - proportional, derivative: 0, measuredC, output: duty };
}

/**
 * One step of `dtS` seconds (> 0). `achieved` is the duty that the gate achieved since the last step, or null while it
 * is not yet known. Returns the next state; its `output` clamped to 0..1 is the duty to ask for.
 */
export function stepPid(
  state: PidState,
  tuning: PidTuning,
  setpointC: Celsius,
  measuredC: Celsius,
  achieved: Ratio | null,
  dtS: number,
): PidState {
  let { integral, derivative } = state;
  if (tuning !== state.tuning) {
    // Bumpless change of tuning: the integrator takes up the derivative and the difference of the proportional parts.
    const before = state.tuning.gainPerK * (state.tuning.setpointWeight * setpointC - measuredC);
    const after = tuning.gainPerK * (tuning.setpointWeight * setpointC - measuredC);
    integral += before - after + derivative;
    derivative = 0;
  }
  const error = setpointC - measuredC;
  integral += (tuning.gainPerK / tuning.integralS) * error * dtS;
  if (achieved !== null) integral += ((achieved - state.output) / TRACKING_S) * dtS;
  integral = clamp(integral, -1 - Math.abs(tuning.gainPerK * setpointC), 1 + Math.abs(tuning.gainPerK * setpointC));

  if (tuning.derivativeS > 0) {
    const filterS = tuning.derivativeS / tuning.filter;
    const keep = filterS / (filterS + dtS);
    // Backward differences (Åström and Hägglund 2006, section 13.3): D = Td/(Td + N·h)·(D − K·N·Δy).
    derivative = keep * (derivative - tuning.gainPerK * tuning.filter * (measuredC - state.measuredC));
  }
  const proportional = tuning.gainPerK * (tuning.setpointWeight * setpointC - measuredC);
  return { tuning, integral, derivative, measuredC, output: proportional + integral + derivative };
}

export const dutyFrom = (state: PidState): Ratio => ratio(clamp(state.output, 0, 1));
