/** Benches unlike the commissioned one, and orders for them, at random: what campaigns run on. */
import { loadRecipe, recipeNames } from '../src/files/recipes.ts';
import { type Recipe, type RecipeStep, readRecipe } from '../src/params/recipe.ts';
import type { Settings } from '../src/params/settings.ts';
import type { Prng } from '../src/twin/prng.ts';
import { SAMPLE_NAMES } from '../src/twin/samples.ts';

export const pick = <T>(prng: Prng, list: readonly T[]): T => list[Math.floor(prng.uniform() * list.length)] as T;
export const between = (prng: Prng, low: number, high: number): number => low + (high - low) * prng.uniform();

/** `heat`: the heat differs by at most this share from the commissioned bench; sensors, room, chips and sample as they come. */
export function world(prng: Prng, heat: number): Partial<Settings> {
  const supply = between(prng, 0.95, 1.05);
  const lag = between(prng, 0.3, 2);
  return {
    'sim.seed': prng.uint32(),
    'sim.sample': pick(prng, SAMPLE_NAMES),
    'sim.supplyScale': supply,
    'sim.plantMismatch': Math.max(-0.3, Math.min(0.3, between(prng, 1 - heat, 1 + heat) / supply ** 2 - 1)),
    'sim.ambientC': between(prng, 19, 26),
    'sim.thermocoupleContact': between(prng, 0.93, 1),
    'sensors.thermocoupleLagS': lag,
    'sim.thermocoupleLagS': lag * between(prng, 0.6, 1.5),
    'sim.infraredLagS': between(prng, 0.1, 0.5),
    'sim.emissivity': between(prng, 0.85, 1),
    'sim.noise': between(prng, 0.5, 2),
    'hal.thermocouple': pick(prng, ['max31855', 'max31856'] as const),
    'hal.currentSense': pick(prng, ['ina226', 'ina219'] as const),
    'hal.photodiodes': pick(prng, ['ads1115', 'mcp3208'] as const),
  };
}

/** One step of any mode, `forS` long at the most. */
export function anyStep(prng: Prng, forS: number): RecipeStep {
  const light = prng.uniform();
  switch (Math.floor(prng.uniform() * 6)) {
    case 0:
      return { light, forS, mode: 'pid', setpointC: between(prng, 27, 31) };
    case 1:
      return { light, forS, mode: 'bangbang', setpointC: between(prng, 27, 31) };
    case 2:
      return { light, forS: Math.min(forS, 880), mode: 'constant' };
    case 3:
      return { light, forS, mode: 'off' };
    default: {
      const [onS, periodS] = pick(prng, [
        [0.5, 5],
        [0.1, 1],
        [1, 10],
        [2, 10],
        [5, 10],
        [between(prng, 0.05, 2), between(prng, 4, 30)],
      ] as const);
      return { light, forS, mode: 'pulse', onS, periodS };
    }
  }
}

/** A recipe of one step of any mode, or one of those that the product brings. */
export function anyRecipe(prng: Prng, forS: number): Recipe {
  if (prng.uniform() < 0.25) return loadRecipe(pick(prng, recipeNames()));
  const read = readRecipe('campaign', { title: 'campaign', steps: [anyStep(prng, forS)] });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.recipe;
}
