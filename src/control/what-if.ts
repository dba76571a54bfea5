/** What a pulse pattern would do to this bench, by the commissioned model. */
import { patternRise } from '../model/thermal.ts';
import { commissionedPoles } from '../params/heater.ts';
import { modeRow } from '../params/modes.ts';
import type { Settings } from '../params/settings.ts';
import { millis } from '../units.ts';
import { longestPulseS, pulseForSwing } from './swing.ts';

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
  const onS = s['pulse.onMs'] / 1000;
  const periodS = s['pulse.periodMs'] / 1000;
  const pattern = { onS, periodS, setpointC: s['control.setpointC'], swingK: s['swing.targetK'] };
  const heats = mode === 'swing' ? swingPulse(s) : modeRow(mode).heats(pattern);
  if (heats === null) return { mode, duty: null, swingK: null, meanRiseK: null, peakRiseK: null };
  const { swingK, meanK, peakK } = patternRise(commissionedPoles(s), heats.onS, heats.periodS);
  return {
    mode,
    duty: heats.onS / heats.periodS,
    swingK: round(swingK),
    meanRiseK: round(meanK),
    peakRiseK: round(peakK),
  };
}

/** The pulse that the commissioned model swings by as much as is asked. */
function swingPulse(s: Settings): { readonly onS: number; readonly periodS: number } {
  const periodS = s['swing.periodMs'] / 1000;
  const longestS = longestPulseS(periodS, { dutyMax: s['gate.dutyMax'], longestOnUs: millis(s['gate.longestOnMs']) });
  return { onS: pulseForSwing(commissionedPoles(s), s['swing.targetK'], periodS, longestS), periodS };
}

const round = (value: number): number => Number(value.toFixed(3));
