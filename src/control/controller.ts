/**
 * Computes the wanted heat from mode, settings and temperature. Each mode keeps its own state; a change of mode starts the
 * new one from the last achieved duty.
 */
import type { Settings } from '../params/settings.ts';
import { type Celsius, inSeconds, type Micros, millis, type Ratio, ratio } from '../units.ts';
import { type BangBangState, stepBangBang } from './bangbang.ts';
import { dutyFrom, type PidState, type PidTuning, startPid, stepPid } from './pid.ts';
import { type ProportionState, SHORTEST_REST_US, stepProportion, windowDue } from './proportion.ts';
import { type PulseState, stepConstant, stepPulse } from './pulse.ts';
import { dutyOf, type ModeStep } from './wanted.ts';

export type Mode = Settings['control.mode'];

/** What the run asks of control at this moment: from the settings or from a recipe step. */
export interface Order {
  readonly mode: Mode;
  readonly onUs: Micros;
  readonly periodUs: Micros;
  readonly setpointC: Celsius;
  readonly windowUs: Micros;
  readonly hysteresisK: number;
  readonly tuning: PidTuning;
}

interface PidRun {
  readonly pid: PidState;
  /** Heated time in all when the window was decided. */
  readonly heatedUs: Micros;
  readonly windows: ProportionState;
  /** Temperatures of the current window: PID takes their mean, not the minimum of the ripple. */
  readonly sumC: number;
  readonly count: number;
}

export type ControlState =
  | { readonly mode: 'off' }
  | { readonly mode: 'constant' | 'pulse'; readonly pulse: PulseState }
  | { readonly mode: 'bangbang'; readonly bang: BangBangState }
  | { readonly mode: 'pid'; readonly run: PidRun | null };

export const CONTROL_OFF: ControlState = { mode: 'off' };

/** `filmC` null = no usable temperature; the temperature modes then want nothing. */
export interface ControlInput {
  readonly filmC: Celsius | null;
  /** Mean duty that the gate achieved lately, for a bumpless start. */
  readonly recentDuty: Ratio;
  /** Time in all that the gate kept the heater on; only differences count. */
  readonly heatedUs: Micros;
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

const fresh = (mode: Mode): ControlState => {
  switch (mode) {
    case 'off':
      return CONTROL_OFF;
    case 'constant':
    case 'pulse':
      return { mode, pulse: null };
    case 'bangbang':
      return { mode, bang: { heating: null } };
    case 'pid':
      return { mode, run: null };
  }
};

/** One control step. */
export function stepControl(
  before: ControlState,
  order: Order,
  input: ControlInput,
  now: Micros,
): ModeStep<ControlState> {
  const state = before.mode === order.mode ? before : fresh(order.mode);
  switch (state.mode) {
    case 'off':
      return { state, wanted: null, nextAt: now };
    case 'constant':
    case 'pulse': {
      const step =
        state.mode === 'constant'
          ? stepConstant(state.pulse, now)
          : stepPulse(state.pulse, order.onUs, order.periodUs, now);
      const next = step.state === state.pulse ? state : { mode: state.mode, pulse: step.state };
      return { state: next, wanted: step.wanted, nextAt: step.nextAt };
    }
    case 'bangbang': {
      if (input.filmC === null) return { state: fresh('bangbang'), wanted: null, nextAt: now };
      const step = stepBangBang(state.bang, order.setpointC, order.hysteresisK, input.filmC, now);
      return { state: { mode: 'bangbang', bang: step.state }, wanted: step.wanted, nextAt: step.nextAt };
    }
    case 'pid':
      return stepPidRun(state.run, order, input, now);
  }
}

/** PID runs once per time-proportioning window, when the window’s duty is decided. */
function stepPidRun(run: PidRun | null, order: Order, input: ControlInput, now: Micros): ModeStep<ControlState> {
  const { filmC, heatedUs } = input;
  if (filmC === null) return { state: { mode: 'pid', run: null }, wanted: null, nextAt: now };
  if (run && !windowDue(run.windows, order.windowUs, now)) {
    const seen = { ...run, sumC: run.sumC + filmC, count: run.count + 1 };
    return { state: { mode: 'pid', run: seen }, wanted: run.windows.window, nextAt: now };
  }
  const { tuning, setpointC, windowUs } = order;
  const meanC = run ? (run.sumC + filmC) / (run.count + 1) : filmC;
  const pid = run
    ? stepPid(run.pid, tuning, setpointC, meanC, realised(run, heatedUs, windowUs), inSeconds(windowUs))
    : startPid(tuning, setpointC, filmC, input.recentDuty);
  const step = stepProportion(run?.windows ?? null, dutyFrom(pid), windowUs, now);
  return {
    state: { mode: 'pid', run: { pid, heatedUs, windows: step.state, sumC: 0, count: 0 } },
    wanted: step.wanted,
    nextAt: step.nextAt,
  };
}

/**
 * The part of the PID output that became heat (for the anti-windup): its limit, minus what the gate did not apply in the
 * window. On-time carried over by sigma-delta counts as applied, because a later window delivers it.
 */
function realised(run: PidRun, heatedUs: Micros, windowUs: Micros): Ratio {
  const most = 1 - SHORTEST_REST_US / windowUs;
  const missed = dutyOf(run.windows.window) - (heatedUs - run.heatedUs) / windowUs;
  return ratio(Math.min(dutyFrom(run.pid), most) - missed);
}
