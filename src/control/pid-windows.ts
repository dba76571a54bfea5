/**
 * PID by time-proportioning: it runs once a window, when the window’s duty is decided, on the mean temperature of the
 * window before.
 */
import type { Estimate } from '../model/observer.ts';
import { type Instant, inSeconds, micros, type Ratio, ratio, type Span } from '../units.ts';
import { dutyByBudget, longestByBudget } from './budget.ts';
import type { ControlInput, Order } from './order.ts';
import { dutyFrom, type PidState, type PidTuning, simcTuning, startPid, stepPid } from './pid.ts';
import { type ProportionState, stepProportion, windowDue } from './proportion.ts';
import type { ModeStep } from './wanted.ts';

export interface PidRun {
  readonly pid: PidState;
  /** The tuning of the settings that this run began with or was changed to, and what is in force for it. */
  readonly asked: PidTuning;
  readonly tuning: PidTuning;
  /** Heated time in all when the window was decided. */
  readonly heatedUs: Span;
  readonly windows: ProportionState;
  /** What was carried into the window. */
  readonly carriedUs: Span;
  readonly saturated: boolean;
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
  if (run && !windowDue(run.windows, now)) {
    const seen = { ...run, sumC: run.sumC + filmC, count: run.count + 1 };
    return { state: seen, wanted: run.windows.window, nextAt: now, saturated: run.saturated };
  }
  const { tuning: asked, setpointC, windowUs } = order;
  // Computed once: gains that follow every estimate of the plant would be a second controller.
  const tuning = run?.asked === asked ? run.tuning : tuningOf(asked, input.film, inSeconds(windowUs));
  const meanC = run ? (run.sumC + filmC) / (run.count + 1) : filmC;
  const pid = run
    ? stepPid(run.pid, tuning, setpointC, meanC, realised(run, heatedUs), inSeconds(run.windows.lastsUs))
    : startPid(tuning, setpointC, filmC, input.budget.recentDuty);
  const longestUs = longestByBudget(input.budget);
  const most = dutyByBudget(input.budget);
  const duty = ratio(Math.min(dutyFrom(pid), most));
  const step = stepProportion(run?.windows ?? null, duty, windowUs, now, longestUs, input.budget.longestOnUs);
  const carriedUs = run?.windows.carryUs ?? micros(0);
  const saturated = pid.output > Math.min(1, most);
  return {
    state: { pid, asked, tuning, heatedUs, windows: step.state, carriedUs, saturated, sumC: 0, count: 0 },
    wanted: step.wanted,
    nextAt: step.nextAt,
    saturated,
  };
}

/**
 * The duty of the window that became heat, whatever took the rest: the budget, the shortest rest, a pause, the gate. What
 * sigma-delta carried over counts as realised, for a later window pays it.
 */
const realised = ({ windows, heatedUs, carriedUs }: PidRun, nowUs: Span): Ratio =>
  ratio((nowUs - heatedUs + windows.carryUs - carriedUs) / windows.lastsUs);

/** The tuning in force: by the model where the settings ask for it and the bench was commissioned. */
const tuningOf = (asked: PidTuning, film: Estimate | null, windowS: number): PidTuning =>
  asked.byModel && film ? simcTuning(asked, film.poles, windowS) : asked;
