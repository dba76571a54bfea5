import { describe, expect, it } from 'vitest';
import type { Settings } from '../../src/params/settings.ts';
import { recipeOf, rig, type Step } from '../support/bench.ts';

/** An infrared thermometer with 0.47 s instead of the commissioned 0.2 s, on a bench with three quarters of the commissioned heat. */
const SLOW: Partial<Settings> = {
  'sim.plantMismatch': -0.25,
  'sim.ambientC': 22.67,
  'sim.infraredLagS': 0.47,
  'sim.emissivity': 0.96,
  'sim.noise': 1.45,
  'hal.thermocouple': 'max31856',
};
/** Pulses as quick as the mean duty permits: of these a slow sensor shows least. */
const QUICK: Step = { light: 0.4, forS: 1800, mode: 'bangbang', setpointC: 27.57 };

describe('an infrared thermometer that is slower than at commissioning', () => {
  it.each([1, 2, 3])('follows the heat, and nothing trips (seed %i)', (seed) => {
    const { simulation } = rig(recipeOf(QUICK), { settings: { ...SLOW, 'sim.seed': seed } });
    expect(simulation.arm()).toBe(true);
    simulation.run(1800);
    expect(simulation.trips()).toEqual([]);
  });

  it('is still found when its view is blocked', () => {
    const injections = [{ name: 'ir-obstructed', atS: 60 } as const];
    const { simulation } = rig(recipeOf(QUICK), { settings: SLOW, injections });
    simulation.arm();
    simulation.run(90);
    expect(simulation.trips()).toHaveLength(1);
    expect(simulation.trips()[0]?.atS).toBeLessThan(60 + 18);
  });
});
