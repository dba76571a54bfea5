import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RecipeState, startRecipe, stepRecipe } from '../../src/control/recipe.ts';
import { type Recipe, type RecipeStep, readRecipe } from '../../src/params/recipe.ts';
import {
  after,
  atSeconds,
  before,
  type Celsius,
  celsius,
  type Instant,
  instant,
  micros,
  millis,
  seconds,
} from '../../src/units.ts';

const recipeOf = (steps: readonly RecipeStep[], followSettings = false): Recipe => ({
  name: 'test',
  title: 'test',
  followSettings,
  light: null,
  steps,
});
const off = (forS: number, note = ''): RecipeStep => ({ mode: 'off', light: 0, forS, note });
const above = (filmAboveC: number, atMostS: number): RecipeStep => ({
  mode: 'bangbang',
  light: 0,
  setpointC: 30,
  until: { filmAboveC, atMostS },
});
const below = (filmBelowC: number, atMostS: number): RecipeStep => ({
  mode: 'off',
  light: 0,
  until: { filmBelowC, atMostS },
});

/** Looks at the recipe at each instant; gives which step was in force (null = over). */
function walk(recipe: Recipe, instants: readonly Instant[], film: (t: Instant) => Celsius | null = () => null) {
  let state: RecipeState = startRecipe(instants[0] ?? instant(0));
  return instants.map((now) => {
    const progress = stepRecipe(recipe, state, film(now), now);
    state = progress.state;
    return { now, index: progress.over ? null : state.index, step: progress.step, startUs: state.stepStartUs };
  });
}
const ticks = (spanS: number, everyUs = 50_000, fromUs = 0): Instant[] =>
  Array.from({ length: Math.floor(seconds(spanS) / everyUs) + 1 }, (_, i) => instant(fromUs + i * everyUs));

describe('a recipe’s durations', () => {
  it('end exactly when they are over and not a microsecond before', () => {
    const recipe = recipeOf([off(10), off(5)]);
    const state = startRecipe(atSeconds(1));
    expect(stepRecipe(recipe, state, null, instant(10_999_999)).step).toBe(recipe.steps[0]);
    expect(stepRecipe(recipe, state, null, atSeconds(11)).step).toBe(recipe.steps[1]);
    expect(stepRecipe(recipe, state, null, instant(15_999_999)).over).toBe(false);
    expect(stepRecipe(recipe, state, null, atSeconds(16))).toMatchObject({ over: true, step: null });
  });

  it('do not drift with late ticks: the hundredth step starts on its schedule', () => {
    const recipe = recipeOf(Array.from({ length: 100 }, (_, i) => off(1.3, String(i))));
    let state = startRecipe(instant(0));
    let now = instant(0);
    // Every tick is late by an odd amount.
    for (let i = 0; now < seconds(129); i += 1) {
      now = after(now, micros(50_000 + (i % 7) * 9_137));
      ({ state } = stepRecipe(recipe, state, null, now));
      expect(state.stepStartUs).toBe(state.index * 1_300_000);
    }
    expect(state.index).toBe(99);
  });

  it('are caught up when one tick misses several steps', () => {
    const recipe = recipeOf([off(1), off(1), off(1), off(10)]);
    const { state, step } = stepRecipe(recipe, startRecipe(instant(0)), null, atSeconds(5));
    expect(step).toBe(recipe.steps[3]);
    expect(state).toEqual({ index: 3, stepStartUs: seconds(3) });
  });

  it('keep the state object while nothing changes', () => {
    const recipe = recipeOf([off(10)]);
    const state = startRecipe(instant(0));
    expect(stepRecipe(recipe, state, null, atSeconds(5)).state).toBe(state);
  });

  it('are the sum of what was written, whatever the ticks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 }),
        (durationsMs, gapsMs) => {
          const recipe = recipeOf(durationsMs.map((ms) => off(ms / 1000)));
          let state = startRecipe(instant(0));
          let now = instant(0);
          for (let i = 0; ; i += 1) {
            const progress = stepRecipe(recipe, state, null, now);
            state = progress.state;
            const started = durationsMs.slice(0, state.index).reduce((sum, ms) => sum + ms * 1000, 0);
            expect(state.stepStartUs).toBe(started);
            if (progress.over) break;
            expect(now).toBeLessThan(started + durationsMs[state.index]! * 1000);
            now = after(now, millis(gapsMs[i % gapsMs.length]!));
          }
          expect(state.index).toBe(durationsMs.length);
        },
      ),
    );
  });
});

describe('a recipe’s conditions', () => {
  it('end a step when the film is at the temperature, not just below it', () => {
    const recipe = recipeOf([above(27.5, 120), off(10)]);
    const at = (filmC: number) => stepRecipe(recipe, startRecipe(instant(0)), celsius(filmC), atSeconds(1));
    expect(at(27.4999).step).toBe(recipe.steps[0]);
    expect(at(27.5).step).toBe(recipe.steps[1]);
    expect(at(27.5).state.stepStartUs).toBe(1_000_000);
  });

  it('end a step when the film has cooled to the temperature, not just above it', () => {
    const recipe = recipeOf([below(25, 120), off(10)]);
    const at = (filmC: number) => stepRecipe(recipe, startRecipe(instant(0)), celsius(filmC), atSeconds(1));
    expect(at(25.0001).step).toBe(recipe.steps[0]);
    expect(at(25).step).toBe(recipe.steps[1]);
  });

  it('time out exactly at the longest time, even without any reading', () => {
    const recipe = recipeOf([above(27.5, 120), off(10)]);
    for (const film of [null, celsius(20)]) {
      expect(stepRecipe(recipe, startRecipe(instant(0)), film, before(atSeconds(120), micros(1))).step).toBe(
        recipe.steps[0],
      );
      const late = stepRecipe(recipe, startRecipe(instant(0)), film, after(atSeconds(120), millis(40)));
      expect(late.step).toBe(recipe.steps[1]);
      expect(late.state.stepStartUs).toBe(seconds(120));
    }
  });

  it('are not met by a missing reading', () => {
    for (const step of [above(0, 120), below(45, 120)]) {
      const recipe = recipeOf([step]);
      expect(stepRecipe(recipe, startRecipe(instant(0)), null, atSeconds(1)).step).toBe(step);
      expect(stepRecipe(recipe, startRecipe(instant(0)), celsius(20), atSeconds(1)).over).toBe(true);
    }
  });

  it('let the next step run its whole length from the moment they are met', () => {
    const recipe = recipeOf([above(27.5, 120), off(10)]);
    const seen = walk(recipe, ticks(60), (t) => celsius(20 + t / 1e6));
    const switched = seen.find(({ index }) => index === 1)!;
    const over = seen.find(({ index }) => index === null)!;
    expect(switched.now).toBe(seconds(7.5));
    expect(over.now).toBe(seconds(17.5));
  });
});

describe('a recipe’s loops and its end', () => {
  it('play a loop as often as written', () => {
    const read = readRecipe('loop', {
      title: 'loop',
      steps: [
        {
          repeat: 3,
          steps: [
            { light: 1, mode: 'pulse', onS: 0.5, periodS: 5, forS: 2 },
            { light: 0, mode: 'off', forS: 1 },
          ],
        },
        { light: 0, mode: 'constant', forS: 1 },
      ],
    });
    if (!('recipe' in read)) throw new Error(JSON.stringify(read.problems));
    const modes = walk(read.recipe, ticks(10, 500_000, 250_000)).map(({ step }) => step?.mode ?? 'over');
    const round = ['pulse', 'pulse', 'pulse', 'pulse', 'off', 'off'];
    expect(modes).toEqual([...round, ...round, ...round, 'constant', 'constant', 'over']);
  });

  it('stay at the end once they are there', () => {
    const recipe = recipeOf([off(1)]);
    const first = stepRecipe(recipe, startRecipe(instant(0)), null, atSeconds(2));
    const later = stepRecipe(recipe, first.state, null, atSeconds(1000));
    expect(first.over).toBe(true);
    expect(later).toEqual(first);
  });

  it('never come when the recipe follows the settings', () => {
    const recipe = recipeOf([], true);
    expect(stepRecipe(recipe, startRecipe(instant(0)), null, atSeconds(1e6))).toMatchObject({
      step: null,
      over: false,
    });
    expect(stepRecipe(recipeOf([]), startRecipe(instant(0)), null, instant(0)).over).toBe(true);
  });
});
