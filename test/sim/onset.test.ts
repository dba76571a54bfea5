/** Settings on trial on the simulated film: the alarm comes with the segregation, and not without it. */
import { describe, expect, it } from 'vitest';
import { loadRecipe } from '../../src/files/recipes.ts';
import type { Settings } from '../../src/params/settings.ts';
import { verdictRow } from '../../src/params/verdict.ts';
import { rig } from '../support/bench.ts';

interface Outcome {
  readonly alarmS: number | null;
  /** From 2 % segregated to the alarm, s. */
  readonly delayS: number | null;
  readonly segregated: number;
}

function trial(onMs: number, periodMs: number, settings: Partial<Settings>): Outcome {
  const { simulation } = rig(loadRecipe('hold-mixed'), { settings });
  expect(simulation.arm()).toBe(true);
  simulation.run(60);
  const { controls, feed } = simulation;
  controls.retune({ ...feed.latest.settings, 'pulse.onMs': onMs, 'pulse.periodMs': periodMs }, 1);
  const from = simulation.now();
  let crossed: number | null = null;
  const alarms = (): boolean => verdictRow(feed.latest.sight.verdict).alarming;
  while (!alarms() && simulation.now() - from < 300e6) {
    simulation.tick();
    if (crossed === null && simulation.truth().segregated > 0.02) crossed = simulation.now();
  }
  const alarm = alarms();
  return {
    alarmS: alarm ? (simulation.now() - from) / 1e6 : null,
    delayS: alarm && crossed !== null ? (simulation.now() - crossed) / 1e6 : null,
    segregated: simulation.truth().segregated,
  };
}

describe('settings on trial', () => {
  it.each([
    [100, 1000],
    [50, 5000],
    [300, 5000],
    [1000, 10_000],
    [2000, 10_000],
    [500, 20_000],
  ])('of %i ms every %i ms un-mix the film, and the light says so within one cycle and a half', (onMs, periodMs) => {
    const { alarmS, delayS, segregated } = trial(onMs, periodMs, {});
    expect(alarmS).not.toBeNull();
    expect(delayS ?? 0).toBeLessThanOrEqual(1.5 * Math.max(5, periodMs / 1000));
    expect(segregated).toBeLessThan(0.4);
  });

  it('that keep the film mixed raise no alarm, in any of 24 benches with noise up to five times as large', () => {
    const alarms: string[] = [];
    for (let seed = 1; seed <= 24; seed += 1) {
      const noise = [0.5, 1, 2, 5][seed % 4] ?? 1;
      const mismatch = [0, 0.1, 0.2, 0.3][seed % 4] ?? 0;
      const settings = { 'sim.seed': seed, 'sim.noise': noise, 'sim.plantMismatch': mismatch };
      const outcome = trial(500, seed % 2 === 0 ? 5000 : 4000, settings);
      if (outcome.alarmS !== null || outcome.segregated > 0.005)
        alarms.push(JSON.stringify({ seed, noise, mismatch, ...outcome }));
    }
    expect(alarms).toEqual([]);
  });
});
