/** What the declared heater and the commissioned response come to. */
import { clamp } from '../units.ts';
import { COMPILED } from './limits.ts';
import { SETTINGS, type Settings } from './settings.ts';

/** Heater power while on, as declared, W. */
export const fullPowerW = (s: Settings): number => s['heater.currentA'] ** 2 * s['heater.resistanceOhm'];

/** Steady rise of the film under full heat, K. */
export const steadyRiseK = (s: Settings): number => s['heater.gainKPerW'] * fullPowerW(s);

/**
 * Largest mean duty whose predicted end stays below the trip with margin (I8), in whole per cent between the limit of a
 * bench that nobody commissioned and the compiled ceiling. `fullK`: steady rise under constant heat, K.
 */
export function largestDuty(s: Settings, roomC: number, fullK: number): number {
  const { max } = SETTINGS['gate.dutyMax'];
  const share = (s['limits.tripC'] - COMPILED.endMarginK - roomC) / fullK;
  return Math.floor(100 * clamp(share, COMPILED.plainDuty, max) + 1e-9) / 100;
}

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
