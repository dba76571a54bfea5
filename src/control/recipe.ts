/**
 * Steps through a recipe. Time is an argument; step starts are scheduled, so delays of ticks do not add up.
 *
 * A ramp begins at the setpoint of the step before, where that has one, else at the film’s temperature, and moves the
 * setpoint by `rampKPerMin` until it is `setpointC`. A soak counts only the time in which the film stays within the band
 * around the setpoint, after the ramp.
 */
import type { EventBody } from '../params/events.ts';
import { hasSetpoint, MODE_FIELDS } from '../params/modes.ts';
import type { Recipe, RecipeStep } from '../params/recipe.ts';
import { awaited } from '../params/recipe-step.ts';
import {
  after,
  type Celsius,
  celsius,
  clamp,
  earlier,
  type Instant,
  inSeconds,
  later,
  micros,
  plus,
  type Ratio,
  ratio,
  type Span,
  seconds,
  since,
} from '../units.ts';

/** Where a ramp begins. */
interface Ramp {
  readonly fromC: Celsius;
  readonly fromUs: Instant;
}

export interface RecipeState {
  readonly index: number;
  readonly stepStartUs: Instant;
  /** Setpoint at the end of the step before; null at the start, and after a step without a setpoint. */
  readonly beforeC: Celsius | null;
  /** The ramp of this step; null without one, and until there is a temperature to begin at. */
  readonly ramp: Ramp | null;
  /** How long the film has been within the band of the soak, and since when it is now; null = it is not. */
  readonly soakedUs: Span;
  readonly inBandAt: Instant | null;
}

export interface RecipeProgress {
  readonly state: RecipeState;
  /** The step in force, or null when the recipe is over (or follows the settings). */
  readonly step: RecipeStep | null;
  readonly over: boolean;
  /** The setpoint in force where a ramp moves it; null = what the step says. */
  readonly setpointC: Celsius | null;
  /** The light of the step at this instant; null without a step. */
  readonly light: Ratio | null;
  /** Conditions that were not met in their time. */
  readonly missed: readonly EventBody[];
}

const ZERO = micros(0);
const NOTHING_MISSED: readonly EventBody[] = [];

const stepFrom = (index: number, stepStartUs: Instant, beforeC: Celsius | null): RecipeState => ({
  index,
  stepStartUs,
  beforeC,
  ramp: null,
  soakedUs: ZERO,
  inBandAt: null,
});

export const startRecipe = (now: Instant): RecipeState => stepFrom(0, now, null);

/** One look at the recipe: `filmC` is the best temperature reading, null while there is none. */
export function stepRecipe(recipe: Recipe, before: RecipeState, filmC: Celsius | null, now: Instant): RecipeProgress {
  const rest = { step: null, setpointC: null, light: null };
  if (recipe.followSettings) return { ...rest, state: before, over: false, missed: NOTHING_MISSED };
  const { steps } = recipe;
  let state = before;
  let missed = NOTHING_MISSED;
  for (;;) {
    const step = steps[state.index];
    if (!step) return { ...rest, state, over: true, missed };
    state = seen(step, state, filmC, now);
    const end = endOf(step, state, filmC, now);
    if (end === null) {
      const light = lightOf(step, state.stepStartUs, now);
      return { state, step, over: false, setpointC: rampAt(step, state, now), light, missed };
    }
    const isLast = end.late && step.until?.onTimeout !== 'go-on';
    if (end.late) missed = [...missed, missedBy(step, state.index, isLast)];
    state = stepFrom(isLast ? steps.length : state.index + 1, end.at, setpointAt(step, state, end.at));
  }
}

/** The state with what this look adds: where the ramp begins, and time within the band. */
function seen(step: RecipeStep, state: RecipeState, filmC: Celsius | null, now: Instant): RecipeState {
  const begun = state.ramp === null && step.rampKPerMin !== undefined ? begin(state, filmC, now) : state;
  const { soakS, bandK = 0, atMostS = 0 } = step.until ?? {};
  const { setpointC = 0 } = step;
  if (soakS === undefined) return begun;
  const rampEndUs = rampEnd(step, begun);
  const isIn = filmC !== null && rampEndUs !== null && now >= rampEndUs && Math.abs(filmC - setpointC) <= bandK;
  // Time counts between two looks that both found the film in the band, and never beyond the longest time.
  const until = earlier(now, after(begun.stepStartUs, seconds(atMostS)));
  const more = isIn && begun.inBandAt !== null ? since(later(until, begun.inBandAt), begun.inBandAt) : ZERO;
  return { ...begun, soakedUs: plus(begun.soakedUs, more), inBandAt: isIn ? now : null };
}

function begin(state: RecipeState, filmC: Celsius | null, now: Instant): RecipeState {
  const { min, max } = MODE_FIELDS.setpointC;
  if (state.beforeC !== null) return { ...state, ramp: { fromC: state.beforeC, fromUs: state.stepStartUs } };
  return filmC === null ? state : { ...state, ramp: { fromC: celsius(clamp(filmC, min, max)), fromUs: now } };
}

/** When the setpoint is what the step says; null while its ramp has not begun. */
function rampEnd({ rampKPerMin, setpointC = 0 }: RecipeStep, { ramp, stepStartUs }: RecipeState): Instant | null {
  if (rampKPerMin === undefined) return stepStartUs;
  return ramp && after(ramp.fromUs, seconds((60 * Math.abs(setpointC - ramp.fromC)) / rampKPerMin));
}

/** The setpoint that the ramp has come to, in steps of 0.01 K; null without a ramp, or before it begins. */
function rampAt({ rampKPerMin, setpointC = 0 }: RecipeStep, { ramp }: RecipeState, now: Instant): Celsius | null {
  if (rampKPerMin === undefined || ramp === null) return null;
  const movedK = (Math.max(0, inSeconds(since(now, ramp.fromUs))) * rampKPerMin) / 60;
  const leftK = setpointC - ramp.fromC;
  if (movedK >= Math.abs(leftK)) return celsius(setpointC);
  return celsius(Math.round(100 * (ramp.fromC + Math.sign(leftK) * movedK)) / 100);
}

/** The setpoint in force in a step; null in a mode without one. */
const setpointAt = (step: RecipeStep, state: RecipeState, now: Instant): Celsius | null =>
  hasSetpoint(step.mode) && step.setpointC !== undefined ? (rampAt(step, state, now) ?? celsius(step.setpointC)) : null;

/** The light of a step: its level, or flashes of it from the step’s start on. */
export function lightOf({ light, lightOnS, lightPeriodS }: RecipeStep, startUs: Instant, now: Instant): Ratio {
  if (lightOnS === undefined || lightPeriodS === undefined) return ratio(light);
  return ratio(since(now, startUs) % seconds(lightPeriodS) < seconds(lightOnS) ? light : 0);
}

interface End {
  readonly at: Instant;
  /** Its condition was not met in time. */
  readonly late: boolean;
}

/** When the step ended, or null while it goes on. */
function endOf(step: RecipeStep, state: RecipeState, filmC: Celsius | null, now: Instant): End | null {
  const { until } = step;
  const lastUs = after(state.stepStartUs, seconds(step.forS ?? until?.atMostS ?? 0));
  if (until?.rampDone) {
    const rampEndUs = rampEnd(step, state);
    if (rampEndUs !== null && rampEndUs <= earlier(now, lastUs)) return { at: rampEndUs, late: false };
  }
  if (until?.soakS !== undefined && state.soakedUs >= seconds(until.soakS))
    return { at: earlier(now, lastUs), late: false };
  if (now >= lastUs) return { at: lastUs, late: until !== undefined };
  if (filmC === null) return null;
  const { filmAboveC = Number.POSITIVE_INFINITY, filmBelowC = Number.NEGATIVE_INFINITY } = until ?? {};
  return filmC >= filmAboveC || filmC <= filmBelowC ? { at: now, late: false } : null;
}

/** The code of the event that says that a condition was not met in its time. */
export const MISSED = 'recipe-timeout';

function missedBy(step: RecipeStep, index: number, isLast: boolean): EventBody {
  const what = `Step ${index + 1} has waited ${step.until?.atMostS} s in vain for ${awaited(step)}`;
  const then = isLast ? 'the run ends.' : 'the next step follows.';
  return { kind: isLast ? 'trouble' : 'note', code: MISSED, text: `${what}; ${then}` };
}
