/**
 * PID by time-proportioning: it runs once a window, when the window’s duty is decided, on the mean temperature of the
 * window before.
 */
import { type Instant, inSeconds, type Ratio, ratio, type Span } from '../units.ts';
import type { ControlInput, Order } from './order.ts';
import { dutyFrom, type PidState, startPid, stepPid } from './pid.ts';
import { type ProportionState, SHORTEST_REST_US, stepProportion, windowDue } from './proportion.ts';
import { dutyOf, type ModeStep } from './wanted.ts';

export interface PidRun {
  readonly pid: PidState;
  /** Heated time in all when the window was decided. */
  readonly heatedUs: Span;
  readonly windows: ProportionState;
  /** Temperatures of the window under way: PID takes their mean, not the trough of the ripple. */
  readonly sumC: number;
  readonly count: number;
}

/** PID runs once per time-proportioning window, when the window’s duty is decided. */
export function stepPidRun(
  run: PidRun | null,
  order: Order,
  input: ControlInput,
  now: Instant,
): ModeStep<PidRun | null> {
  const { filmC, heatedUs } = input;
  if (filmC === null) return { state: null, wanted: null, nextAt: now };
  if (run && !windowDue(run.windows, order.windowUs, now)) {
    const seen = { ...run, sumC: run.sumC + filmC, count: run.count + 1 };
    return { state: seen, wanted: run.windows.window, nextAt: now };
  }
  const { tuning, setpointC, windowUs } = order;
  const meanC = run ? (run.sumC + filmC) / (run.count + 1) : filmC;
  const pid = run
    ? stepPid(run.pid, tuning, setpointC, meanC, realised(run, heatedUs, windowUs), inSeconds(windowUs))
    : startPid(tuning, setpointC, filmC, input.budget.recentDuty);
  const step = stepProportion(run?.windows ?? null, dutyFrom(pid), windowUs, now);
  return {
    state: { pid, heatedUs, windows: step.state, sumC: 0, count: 0 },
    wanted: step.wanted,
    nextAt: step.nextAt,
  };
}

/**
 * The part of the PID output that became heat: its limit, corrected by what the gate did not do of the window it was
 * given. What sigma-delta carried over counts as realised, for a later window pays it.
 */
function realised(run: PidRun, heatedUs: Span, windowUs: Span): Ratio {
  const most = 1 - SHORTEST_REST_US / windowUs;
  const missed = dutyOf(run.windows.window) - (heatedUs - run.heatedUs) / windowUs;
  return ratio(Math.min(dutyFrom(run.pid), most) - missed);
}
