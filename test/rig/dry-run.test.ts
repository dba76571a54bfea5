import { describe, expect, it } from 'vitest';
import { loadRecipe } from '../../src/files/recipes.ts';
import type { Recipe } from '../../src/params/recipe.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { Curve } from '../../src/rig/curve.ts';
import { dryRun } from '../../src/rig/dry-run.ts';
import { PULSE, recipeOf, rig, type Step } from '../support/bench.ts';

const OFF = (forS: number): Step => ({ light: 0, mode: 'off', forS });
const run = (recipe: Recipe, settings: Partial<Settings> = {}) =>
  dryRun({ settings: { ...defaultSettings(), ...settings }, recipe });

describe('a dry run', () => {
  it('has each step with its times, pulses and duty', () => {
    const { steps, seconds, cycles, armed, trips } = run(recipeOf(OFF(20), PULSE(50), OFF(30)));
    expect([armed, trips]).toEqual([true, []]);
    expect(steps.map(({ number, outcome }) => `${number} ${outcome}`)).toEqual(['1 played', '2 played', '3 played']);
    expect(steps.map(({ pulses }) => pulses)).toEqual([0, 10, 0]);
    expect(cycles).toBe(10);
    expect(steps.map(({ duty }) => Math.round(100 * duty))).toEqual([0, 10, 0]);
    for (const [at, expected] of [20, 70, 100].entries()) {
      expect(Math.abs((steps[at]?.toS ?? 0) - expected)).toBeLessThanOrEqual(0.1);
    }
    expect(Math.abs(seconds - 100)).toBeLessThanOrEqual(0.1);
  });

  it('has the film’s own temperatures and the swing of its last period', () => {
    const recipe = recipeOf(PULSE(60));
    const { simulation } = rig(recipe);
    simulation.arm();
    const film: number[] = [];
    for (let tick = 0; tick < 1200; tick += 1) {
      film.push(simulation.truth().filmC);
      simulation.tick();
    }
    const [step] = run(recipe).steps;
    const last = film.slice(-100);
    expect(step?.filmC.max).toBeCloseTo(Math.max(...film), 2);
    expect(step?.filmC.min).toBeCloseTo(Math.min(...film), 2);
    expect(step?.filmC.mean).toBeCloseTo(film.reduce((a, b) => a + b) / film.length, 2);
    expect(step?.swingK).toBeCloseTo(Math.max(...last) - Math.min(...last), 1);
    // The first pulses still warm the bench up: the whole step swings by more.
    expect(step?.swingK).toBeLessThan(Math.max(...film) - Math.min(...film) - 0.1);
  });

  it('says what was reached, what timed out, and whether a ramp was done', () => {
    const pid = (setpointC: number, rest: object): Step => ({ light: 0, mode: 'pid', setpointC, ...rest }) as Step;
    const { steps } = run(
      recipeOf(
        pid(27, { rampKPerMin: 20, until: { soakS: 10, bandK: 0.7, atMostS: 120 } }),
        pid(30.5, { rampKPerMin: 1, forS: 30 }),
        pid(30.5, { until: { soakS: 19, bandK: 0.2, atMostS: 20, onTimeout: 'go-on' } }),
        { light: 0, mode: 'off', until: { filmBelowC: 25, atMostS: 20 } },
      ),
    );
    expect(steps.map(({ outcome, rampDone }) => [outcome, rampDone])).toEqual([
      ['reached', true],
      ['played', false],
      ['timed out', null],
      ['reached', null],
    ]);
    expect(steps[0]?.reachedS).toBeGreaterThan(5);
    expect(steps[1]?.reachedS).toBeNull();
  });

  it('has the segregated share at the end of each step', () => {
    const recipe = recipeOf({ light: 1, mode: 'off', forS: 120 }, { light: 0, mode: 'constant', forS: 30 });
    const { simulation } = rig(recipe);
    simulation.arm();
    simulation.run(120);
    const lit = simulation.truth().segregated;
    simulation.run(30);
    const { steps } = run(recipe);
    expect(lit).toBeGreaterThan(0.1);
    expect(steps[0]?.segregated).toBeCloseTo(lit, 2);
    expect(steps[1]?.segregated).toBeCloseTo(simulation.truth().segregated, 2);
  });

  it('ends with the run: at a time-out, and in the step that trips', () => {
    const until = { filmAboveC: 44, atMostS: 20 };
    const late = run(recipeOf({ light: 0, mode: 'pulse', onS: 0.5, periodS: 5, until }, OFF(20)));
    expect(late.steps.map(({ outcome }) => outcome)).toEqual(['timed out']);
    const hot = run(recipeOf(OFF(5), { light: 0, mode: 'constant', forS: 60 }, OFF(5)), { 'limits.constantTripC': 28 });
    expect(hot.steps.map(({ outcome }) => outcome)).toEqual(['played', 'cut short']);
    expect(hot.trips).toMatchObject([{ code: 'E121' }]);
  });

  it('does not begin on a bench that does not arm', () => {
    const run40 = run(recipeOf(OFF(5)), { 'sim.ambientC': 35, 'limits.roomC': 30 });
    expect(run40).toMatchObject({ armed: false, steps: [], cycles: 0, seconds: 0 });
    expect(run40.faults).not.toEqual([]);
  });

  it('plays ten minutes of a recipe without an end', () => {
    const { steps, seconds } = run(loadRecipe('hold-mixed'));
    expect(steps).toMatchObject([{ number: 0, outcome: 'played', mode: 'follows the settings', pulses: 120 }]);
    expect(seconds).toBeCloseTo(600, 0);
  });

  it('is the same for the same seed', () => {
    const recipe = recipeOf(PULSE(30));
    expect(run(recipe)).toEqual(run(recipe));
  });
});

describe('the curve of a run', () => {
  const filled = (n: number, of: (i: number) => number): Curve => {
    const curve = new Curve();
    for (let i = 0; i < n; i += 1) {
      curve.add({ filmC: of(i), setpointC: i, duty: i % 2, light: i === 777 ? 1 : 0 });
    }
    return curve;
  };

  it.each([1, 2, 1199, 1200, 1201, 2400, 2401, 4801, 1_000_000])('stays small with %i samples and loses none', (n) => {
    const { buckets } = filled(n, (i) => i);
    expect(buckets.length).toBeLessThanOrEqual(1200);
    expect(buckets.length).toBeGreaterThanOrEqual(Math.min(n, 600));
    expect(buckets.reduce((sum, { ticks }) => sum + ticks, 0)).toBe(n);
    expect(new Set(buckets.slice(0, -1).map(({ ticks }) => ticks)).size).toBeLessThanOrEqual(1);
    // In order, each with its own samples.
    let from = 0;
    for (const { ticks, lowC, highC, sumC, setpointC } of buckets) {
      expect([lowC, highC, setpointC]).toEqual([from, from + ticks - 1, from + ticks - 1]);
      expect(sumC).toBe((ticks * (lowC + highC)) / 2);
      from += ticks;
    }
  });

  it('keeps a spike and a flash of one sample', () => {
    const { buckets } = filled(100_000, (i) => (i === 54_321 ? 44 : i === 12_345 ? 11 : 25));
    expect(Math.max(...buckets.map(({ highC }) => highC))).toBe(44);
    expect(Math.min(...buckets.map(({ lowC }) => lowC))).toBe(11);
    expect(buckets.filter(({ brightest }) => brightest === 1)).toHaveLength(1);
  });
});
