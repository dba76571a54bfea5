/** Steps through a recipe. Time is an argument; step starts are scheduled, so delays of ticks do not add up. */
import type { Recipe, RecipeStep } from '../params/recipe.ts';
import { after, type Celsius, type Instant, seconds } from '../units.ts';

export interface RecipeState {
  readonly index: number;
  readonly stepStartUs: Instant;
}

export interface RecipeProgress {
  readonly state: RecipeState;
  /** The step in force, or null when the recipe is over (or follows the settings). */
  readonly step: RecipeStep | null;
  readonly over: boolean;
}

export const startRecipe = (now: Instant): RecipeState => ({ index: 0, stepStartUs: now });

/** One look at the recipe: `filmC` is the best temperature reading, null while there is none. */
export function stepRecipe(recipe: Recipe, state: RecipeState, filmC: Celsius | null, now: Instant): RecipeProgress {
  if (recipe.followSettings) return { state, step: null, over: false };
  let { index, stepStartUs } = state;
  for (;;) {
    const step = recipe.steps[index];
    if (!step) return { state: { index, stepStartUs }, step: null, over: true };
    const end = endOf(step, stepStartUs, filmC, now);
    if (end === null) {
      return { state: index === state.index ? state : { index, stepStartUs }, step, over: false };
    }
    index += 1;
    stepStartUs = end;
  }
}

/** When the step ended, or null while it goes on. */
function endOf(step: RecipeStep, startUs: Instant, filmC: Celsius | null, now: Instant): Instant | null {
  const lastUs = after(startUs, seconds(step.forS ?? step.until?.atMostS ?? 0));
  if (now >= lastUs) return lastUs;
  const { until } = step;
  if (!until || filmC === null) return null;
  const reached =
    until.filmAboveC !== undefined
      ? filmC >= until.filmAboveC
      : filmC <= (until.filmBelowC ?? Number.NEGATIVE_INFINITY);
  return reached ? now : null;
}
