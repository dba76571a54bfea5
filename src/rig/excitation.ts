/** The heat that identification asks for: a few short pulses first, and then as much as their answer allows. */
import type { Identification } from '../control/identification.ts';
import { fullPowerW } from '../params/heater.ts';
import { type Recipe, type RecipeFile, readRecipe } from '../params/recipe.ts';
import type { Settings } from '../params/settings.ts';
import { assert } from '../units.ts';

type Step = RecipeFile['steps'][number];

const REST = (forS: number): Step => ({ light: 0, mode: 'off', forS });
const PULSES = (onS: number, periodS: number, forS: number): Step => ({ light: 0, mode: 'pulse', onS, periodS, forS });

/** A recipe that is made and not read from a file. */
export function madeRecipe(name: string, title: string, steps: readonly Step[]): Recipe {
  const read = readRecipe(name, { title, steps });
  assert('recipe' in read, `the recipe ${name} is not valid`);
  return read.recipe;
}
const recipe = (title: string, steps: readonly Step[]): Recipe => madeRecipe('identify', title, steps);

/** Four pulses that warm no bench by more than 10 K, 20 s. */
export const sizing = (): Recipe =>
  recipe('Identification: four short pulses', [REST(1), PULSES(0.5, 5, 20), REST(0.5)]);

/** The film is to stay below this during identification, °C. */
const HOTTEST_C = 38;
/** Where a long heat ends by the thermocouple, which may feel 7 % less than the film and not the peak of a pulse, °C. */
const LONG_UNTIL_C = 36;
/** A seated thermocouple feels at least this share of the rise. */
const LEAST_CONTACT = 0.93;
const LONGEST_S = 25;
const SHORTEST_S = 1;

/** The film’s highest rise that is likely after `heatS` of full heat, K, by the upper ends of what the first pulses told. */
function likelyRiseK(
  { fastKPerW, fastTauS, slowKPerW, slowTauS }: Identification,
  watts: number,
  heatS: number,
): number {
  const fast = fastKPerW.high * -Math.expm1(-heatS / fastTauS.value);
  const slow = (slowKPerW.value / slowTauS.value) * heatS;
  return (watts * (fast + slow)) / LEAST_CONTACT;
}

/**
 * The main part, sized so that the film stays below 40 °C: one long heat (or, where constant current is not allowed, long
 * pulses), cooling, and pulses of a second.
 * @param thorough adds ten minutes of pulses and seven of cooling, which show the slow pole
 */
export function heating(found: Identification, s: Settings, thorough: boolean): Recipe {
  const watts = fullPowerW(s);
  const room = HOTTEST_C - found.thermocoupleBaseC;
  let heatS = LONGEST_S;
  while (heatS > SHORTEST_S && likelyRiseK(found, watts, heatS) > room) heatS -= 1;
  const onS = Math.min(5, s['gate.longestOnMs'] / 1000, heatS);
  const long =
    heatS <= s['gate.constantS']
      ? { light: 0, mode: 'constant' as const, forS: heatS }
      : PULSES(onS, onS / 0.55, LONGEST_S);
  const shortS = likelyRiseK(found, watts, 1) < room / 2 ? 1 : 0.5;
  const slow: Step[] = [
    { light: 0, mode: 'pulse', onS: 2.5 * shortS, periodS: 5, until: { filmAboveC: LONG_UNTIL_C, atMostS: 600 } },
    REST(420),
  ];
  return recipe('Identification: heating and cooling', [
    REST(0.5),
    long,
    REST(22),
    PULSES(shortS, 5, 15),
    REST(3),
    ...(thorough ? slow : []),
  ]);
}
