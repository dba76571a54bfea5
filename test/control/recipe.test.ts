import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lightOf, type RecipeState, startRecipe, stepRecipe } from '../../src/control/recipe.ts';
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
  until: { filmAboveC, atMostS, onTimeout: 'go-on' },
});
const below = (filmBelowC: number, atMostS: number): RecipeStep => ({
  mode: 'off',
  light: 0,
  until: { filmBelowC, atMostS },
});
const pid = (setpointC: number, rest: Partial<RecipeStep>): RecipeStep => ({
  mode: 'pid',
  light: 0,
  setpointC,
  ...rest,
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
    expect(state).toMatchObject({ index: 3, stepStartUs: seconds(3) });
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

describe('a recipe’s ramps', () => {
  /** Setpoint in force at these seconds. */
  const setpoints = (steps: readonly RecipeStep[], at: readonly number[], filmC: number | null) => {
    let state = startRecipe(instant(0));
    return at.map((t) => {
      const progress = stepRecipe(recipeOf(steps), state, filmC === null ? null : celsius(filmC), atSeconds(t));
      state = progress.state;
      return progress.over ? 'over' : progress.setpointC;
    });
  };

  it('begin at the film’s temperature and come to the setpoint at their rate, up and down', () => {
    const up = pid(30, { rampKPerMin: 6, forS: 100 });
    expect(setpoints([up], [0, 10, 25, 49.9, 50, 99], 25)).toEqual([25, 26, 27.5, 29.99, 30, 30]);
    const down = pid(20, { rampKPerMin: 60, forS: 100 });
    expect(setpoints([down], [0, 1, 4.99, 5, 90], 25)).toEqual([25, 24, 20.01, 20, 20]);
  });

  it('begin at the setpoint of the step before, wherever the film is, and on schedule', () => {
    const steps = [
      pid(28, { forS: 10 }),
      pid(34, { rampKPerMin: 6, forS: 30 }),
      pid(30, { rampKPerMin: 60, forS: 10 }),
    ];
    // The second ramp begins where the first one was cut short: 28 + 30 s × 0.1 K/s.
    expect(setpoints(steps, [0, 10.04, 20, 39.99, 40.5, 41, 49], 24)).toEqual([null, 28, 29, 31, 30.5, 30, 30]);
  });

  it('begin at the film again after a step without a setpoint', () => {
    expect(setpoints([pid(34, { forS: 1 }), off(1), pid(30, { rampKPerMin: 60, forS: 9 })], [0, 1, 2, 3], 26)).toEqual([
      null,
      null,
      26,
      27,
    ]);
  });

  it('stay within the bounds of a setpoint on a film that is outside of them', () => {
    expect(setpoints([pid(30, { rampKPerMin: 60, forS: 9 })], [0, 1], 10)).toEqual([15, 16]);
    expect(setpoints([pid(30, { rampKPerMin: 60, forS: 9 })], [0, 1], 44)).toEqual([40, 39]);
  });

  it('wait for a temperature', () => {
    const recipe = recipeOf([pid(30, { rampKPerMin: 60, forS: 100 })]);
    const blind = stepRecipe(recipe, startRecipe(instant(0)), null, atSeconds(3));
    expect(blind.setpointC).toBeNull();
    const first = stepRecipe(recipe, blind.state, celsius(25), atSeconds(4));
    expect(stepRecipe(recipe, first.state, null, atSeconds(6)).setpointC).toBe(27);
  });

  it('end their step when they are done, at that very instant, or time out', () => {
    const steps = [pid(30, { rampKPerMin: 60, until: { rampDone: true, atMostS: 5 } }), off(10)];
    const seen = (filmC: number) => walk(recipeOf(steps), ticks(8, 70_000), () => celsius(filmC));
    expect(seen(25.5).find(({ index }) => index === 1)).toMatchObject({ startUs: seconds(4.5) });
    // 6 K at 1 K/s do not fit into 5 s: the recipe is over.
    expect(seen(24).some(({ index }) => index === 1)).toBe(false);
    expect(seen(24).find(({ index }) => index === null)?.now).toBe(5_040_000);
  });
});

describe('a recipe’s soaks', () => {
  const soak = (more: object = {}): RecipeStep => pid(30, { until: { soakS: 10, bandK: 0.5, atMostS: 60, ...more } });
  const soaked = (step: RecipeStep, film: (tS: number) => number | null, spanS = 70) =>
    walk(recipeOf([step, off(100)]), ticks(spanS, 100_000), (t) => {
      const filmC = film(t / 1e6);
      return filmC === null ? null : celsius(filmC);
    }).find(({ index }) => index !== 0);

  it('count while the film is within the band, its edge included, and not beyond', () => {
    expect(soaked(soak(), () => 30.5)?.now).toBe(seconds(10));
    expect(soaked(soak(), () => 29.5)?.now).toBe(seconds(10));
    expect(soaked(soak(), () => 30.51)).toMatchObject({ index: null, now: seconds(60) });
  });

  it('stop their clock outside of the band and without a reading, and go on where it was', () => {
    // In the band for 0..4 s, from 20 s on again: 6 s more.
    expect(soaked(soak(), (t) => (t <= 4 || t >= 20 ? 30 : 28))?.now).toBe(seconds(26));
    expect(soaked(soak(), (t) => (t <= 4 || t >= 20 ? 30 : null))?.now).toBe(seconds(26));
  });

  it('do not count while the ramp is under way, although the film is in the band', () => {
    const step = { ...soak(), rampKPerMin: 6 };
    expect(soaked(step, () => 29.6)?.now).toBe(seconds(4 + 10));
  });

  it('never count time after the longest time: a late tick does not make them whole', () => {
    const recipe = recipeOf([soak({ soakS: 10, atMostS: 12 }), off(1)]);
    const first = stepRecipe(recipe, startRecipe(instant(0)), celsius(30), atSeconds(5));
    expect(stepRecipe(recipe, first.state, celsius(30), atSeconds(14.9))).toMatchObject({ over: true });
    expect(stepRecipe(recipe, first.state, celsius(30), atSeconds(15)).over).toBe(true);
    const early = stepRecipe(recipe, startRecipe(instant(0)), celsius(30), atSeconds(2));
    expect(stepRecipe(recipe, early.state, celsius(30), atSeconds(12.5)).state).toMatchObject({
      index: 1,
      stepStartUs: seconds(12),
    });
  });
});

describe('a recipe’s time-outs', () => {
  const late = (onTimeout?: 'end' | 'go-on') => {
    const until = { filmAboveC: 30, atMostS: 10, ...(onTimeout && { onTimeout }) };
    const recipe = recipeOf([off(5), pid(31, { until }), off(10)]);
    const before = stepRecipe(recipe, startRecipe(instant(0)), celsius(25), atSeconds(14.99));
    return { before, at: stepRecipe(recipe, before.state, celsius(25), atSeconds(15.02)) };
  };

  it('end the run unless the step says otherwise, and say for what it has waited', () => {
    for (const { before, at } of [late(), late('end')]) {
      expect(before).toMatchObject({ over: false, missed: [] });
      expect(at).toMatchObject({ over: true, step: null });
      expect(at.missed).toEqual([
        {
          kind: 'trouble',
          code: 'recipe-timeout',
          text: 'Step 2 has waited 10 s in vain for a film of at least 30 °C; the run ends.',
        },
      ]);
    }
  });

  it('let the next step follow where the step says so, and are told once', () => {
    const { at } = late('go-on');
    expect(at).toMatchObject({ over: false, state: { index: 2, stepStartUs: seconds(15) } });
    expect(at.missed).toMatchObject([{ kind: 'note', text: expect.stringContaining('the next step follows') }]);
    const recipe = recipeOf([off(5), off(5), off(10)]);
    expect(stepRecipe(recipe, at.state, celsius(25), atSeconds(16)).missed).toEqual([]);
  });

  it('stay over', () => {
    const { at } = late();
    const recipe = recipeOf([off(5), pid(31, { until: { filmAboveC: 30, atMostS: 10 } }), off(10)]);
    expect(stepRecipe(recipe, at.state, celsius(35), atSeconds(16))).toMatchObject({ over: true, missed: [] });
  });
});

describe('the light of a step', () => {
  const flashes: RecipeStep = { ...off(1000), light: 0.8, lightOnS: 1, lightPeriodS: 60 };

  it('is its level all the time, or only in its flashes from the step’s start on', () => {
    const at = (t: number) => lightOf(flashes, atSeconds(7), atSeconds(7 + t));
    expect([0, 0.9999, 1, 59.9999, 60, 60.5, 61, 120].map(at)).toEqual([0.8, 0.8, 0, 0, 0.8, 0.8, 0, 0.8]);
    expect(lightOf({ ...off(9), light: 0.5 }, instant(0), atSeconds(3))).toBe(0.5);
  });

  it('comes with the progress, and is none without a step', () => {
    const recipe = recipeOf([off(3), flashes]);
    const at = (t: number) => stepRecipe(recipe, startRecipe(instant(0)), null, atSeconds(t)).light;
    expect([at(1), at(3.5), at(4.5), at(2000)]).toEqual([0, 0.8, 0, null]);
  });
});
