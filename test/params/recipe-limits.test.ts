import { describe, expect, it } from 'vitest';
import { loadRecipe, recipeNames } from '../../src/files/recipes.ts';
import { checkValue } from '../../src/params/check.ts';
import { recipeLimitProblems } from '../../src/params/recipe-limits.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { recipeOf, type Step } from '../support/bench.ts';

const CONSTANT = (forS: number): Step => ({ light: 0, mode: 'constant', forS });
const OFF = (forS: number): Step => ({ light: 0, mode: 'off', forS });
const settings = { ...defaultSettings(), 'gate.constantS': 900, 'gate.dutyWindowS': 60, 'gate.longestOnMs': 2000 };
const fits = (...steps: Step[]): boolean => recipeLimitProblems(recipeOf(...steps), settings).length === 0;

describe('a recipe under the limits of a bench', () => {
  it('may have as much constant current as the gate allows, counted together over short breaks', () => {
    expect(fits(CONSTANT(900))).toBe(true);
    expect(fits(CONSTANT(901))).toBe(false);
    expect(fits(CONSTANT(600), OFF(59), CONSTANT(301))).toBe(false);
    expect(fits(CONSTANT(600), OFF(60), CONSTANT(301))).toBe(true);
    expect(fits(CONSTANT(600), { light: 0, mode: 'pulse', onS: 0.5, periodS: 5, forS: 60 }, CONSTANT(301))).toBe(false);
  });

  it('may have pulses as long as the gate allows', () => {
    const pulse = (onS: number): Step => ({ light: 0, mode: 'pulse', onS, periodS: 10, forS: 60 });
    expect([fits(pulse(2)), fits(pulse(2.001))]).toEqual([true, false]);
  });

  it('may take 4 h in all, and longer only where the local file says so', () => {
    const within = (forS: number, longestS: number): boolean =>
      recipeLimitProblems(recipeOf(OFF(forS)), { ...settings, 'recipe.longestS': longestS }).length === 0;
    expect(defaultSettings()['recipe.longestS']).toBe(4 * 3600);
    expect([within(14_400, 14_400), within(14_401, 14_400)]).toEqual([true, false]);
    expect([within(43_200, 43_200), within(43_201, 43_200)]).toEqual([true, false]);
    expect([checkValue('recipe.longestS', 168 * 3600), checkValue('recipe.longestS', 168 * 3600 + 1)]).toMatchObject([
      null,
      { allowed: expect.stringContaining('604800') },
    ]);
    const waiting: Step = { light: 0, mode: 'off', until: { filmBelowC: 5, atMostS: 14_401 } };
    expect(fits(waiting)).toBe(false);
  });

  it('is refused with what is too long and which setting says so', () => {
    expect(recipeLimitProblems(loadRecipe('static-35c'), defaultSettings())).toMatchObject([
      { code: 'RECIPE_LIMIT', got: '2380 s of constant current', allowed: expect.stringContaining('gate.constantS') },
    ]);
    const raised = { ...defaultSettings(), 'gate.constantS': 2600 };
    expect(recipeLimitProblems(loadRecipe('static-35c'), raised)).toEqual([]);
  });

  it('fits as delivered, but for the one that the paper’s experiment makes too long', () => {
    const beyond = recipeNames().filter((name) => recipeLimitProblems(loadRecipe(name), defaultSettings()).length > 0);
    expect(beyond).toEqual(['static-35c']);
  });
});
