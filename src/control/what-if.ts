/** What a pulse pattern would do to this bench, by the commissioned model. */
import { patternRise } from '../model/thermal.ts';
import { commissionedPoles } from '../params/heater.ts';
import { modeRow } from '../params/modes.ts';
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
  const onS = s['pulse.onMs'] / 1000;
  const periodS = s['pulse.periodMs'] / 1000;
  const heats = modeRow(mode).heats({ onS, periodS, setpointC: s['control.setpointC'] });
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

const round = (value: number): number => Number(value.toFixed(3));
