/** Whether a recipe can come to its end under the limits of a bench: known before arming, not after fifteen minutes. */
import type { Problem } from './problem.ts';
import { type Recipe, recipeSeconds } from './recipe.ts';
import type { Settings } from './settings.ts';

/**
 * What of a recipe the bench does not allow: what the gate would refuse in the middle of the run, as more constant current
 * than it allows (I7) or a pulse that is too long, and more time than the local file allows (I19). Empty when nothing is.
 */
export function recipeLimitProblems(recipe: Recipe, settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const say = (got: string, allowed: string, remedy: string): void => {
    problems.push({ code: 'RECIPE_LIMIT', path: `${recipe.name}: steps`, got, allowed, remedy });
  };
  const longestS = recipeSeconds(recipe.steps);
  if (longestS > settings['recipe.longestS']) {
    const remedy = 'Shorten the recipe, split it in two, or raise recipe.longestS in the local file.';
    say(`${longestS} s`, `at most ${settings['recipe.longestS']} s in total (recipe.longestS, I19)`, remedy);
  }
  const constantS = longestConstantS(recipe, settings['gate.dutyWindowS']);
  if (constantS > settings['gate.constantS']) {
    say(
      `${constantS} s of constant current`,
      `at most ${settings['gate.constantS']} s (gate.constantS) without ${settings['gate.dutyWindowS']} s off between`,
      'Shorten the constant steps, or raise gate.constantS in the local file and in the gate.',
    );
  }
  const onS = Math.max(0, ...recipe.steps.map((step) => (step.mode === 'pulse' ? (step.onS ?? 0) : 0)));
  if (onS > settings['gate.longestOnMs'] / 1000) {
    const remedy = 'Shorten the pulses, or raise gate.longestOnMs in the local file and in the gate.';
    say(`a pulse of ${onS} s`, `at most ${settings['gate.longestOnMs'] / 1000} s (gate.longestOnMs)`, remedy);
  }
  return problems;
}

/** The most constant current that the gate counts together, s: only a rest as long as its duty window begins anew. */
function longestConstantS({ steps }: Recipe, windowS: number): number {
  let longest = 0;
  let sum = 0;
  for (const step of steps) {
    const lastsS = recipeSeconds([step]);
    if (step.mode === 'constant') sum += lastsS;
    else if (step.mode === 'off' && lastsS >= windowS) sum = 0;
    longest = Math.max(longest, sum);
  }
  return longest;
}
