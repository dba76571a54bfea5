/** What a pulse pattern would do to this bench, by the commissioned model. */
import { patternRise } from '../model/thermal.ts';
import type { Settings } from '../params/settings.ts';

export interface Prediction {
  readonly mode: Settings['control.mode'];
  /** Share of the time with heat; null where the mode decides it while it runs. */
  readonly duty: number | null;
  /** Swing of the film in the steady state, and its mean and highest rise above the film without heat, K. */
  readonly swingK: number | null;
  readonly meanRiseK: number | null;
  readonly peakRiseK: number | null;
}

/** Of these settings, in the steady state: after several slow time constants. */
export function whatIf(s: Settings): Prediction {
  const mode = s['control.mode'];
  const [onS, periodS] =
    mode === 'pulse' ? [s['pulse.onMs'] / 1000, s['pulse.periodMs'] / 1000] : [mode === 'constant' ? 1 : 0, 1];
  if (mode === 'pid' || mode === 'bangbang') {
    return { mode, duty: null, swingK: null, meanRiseK: null, peakRiseK: null };
  }
  const steadyK = s['heater.gainKPerW'] * s['heater.currentA'] ** 2 * s['heater.resistanceOhm'];
  const fastK = steadyK * s['heater.fastShare'];
  const poles = { fastK, slowK: steadyK - fastK, fastTauS: s['heater.fastTauS'], slowTauS: s['heater.slowTauS'] };
  const { swingK, meanK, peakK } = patternRise(poles, onS, periodS);
  return { mode, duty: onS / periodS, swingK: round(swingK), meanRiseK: round(meanK), peakRiseK: round(peakK) };
}

const round = (value: number): number => Number(value.toFixed(3));
