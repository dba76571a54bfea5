/** What the declared heater and the commissioned response come to. */
import type { Settings } from './settings.ts';

/** Heater power while on, as declared, W. */
export const fullPowerW = (s: Settings): number => s['heater.currentA'] ** 2 * s['heater.resistanceOhm'];

/** Steady rise of the film under full heat, K. */
export const steadyRiseK = (s: Settings): number => s['heater.gainKPerW'] * fullPowerW(s);

/** That rise by its two poles, with their time constants, s. */
export function commissionedPoles(s: Settings): {
  readonly fastK: number;
  readonly slowK: number;
  readonly fastTauS: number;
  readonly slowTauS: number;
} {
  const steadyK = steadyRiseK(s);
  const fastK = steadyK * s['heater.fastShare'];
  return { fastK, slowK: steadyK - fastK, fastTauS: s['heater.fastTauS'], slowTauS: s['heater.slowTauS'] };
}
