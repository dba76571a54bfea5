/**
 * What a pulse pattern would do to this bench before it is applied: by the commissioned model, with gain, supply and level as
 * the observer sees them now.
 */
import { meanRiseAfter, type PatternRise, type Poles, patternRise } from '../model/thermal.ts';
import { commissionedPoles } from '../params/heater.ts';
import { modeRow } from '../params/modes.ts';
import type { Settings } from '../params/settings.ts';
import type { FilmView } from '../params/snapshot.ts';
import { millis } from '../units.ts';
import { type GateBounds, lastingDuty } from './budget.ts';
import { longestPulseS, pulseForSwing } from './swing.ts';

/** Mean of the film over a period, °C, some time after the change, s. */
export interface Later {
  readonly afterS: number;
  readonly meanC: number;
}

export interface Prediction {
  readonly mode: Settings['control.mode'];
  /** Share of the time with heat; null where the mode decides it while it runs, and then nothing else is known. */
  readonly duty: number | null;
  /** Largest share that lasts (I8), and whether the gate would leave pulses out. */
  readonly dutyMost: number;
  readonly limited: boolean;
  /** Swing of the film in the steady state, and its mean and highest rise above the film without heat, K. */
  readonly swingK: number | null;
  readonly meanRiseK: number | null;
  readonly peakRiseK: number | null;
  /** The swing by the commissioned model alone: what differs from `swingK` has been measured since, K. */
  readonly commissionedSwingK: number | null;
  /** From how the film is now; null while that is not known. */
  readonly course: readonly Later[] | null;
  /** Until the mean is within 0.1 K of where it ends, s. */
  readonly settlesInS: number | null;
  /** Highest temperature once it is warm, the trip (I1), °C, how far below the trip that is, K, and whether it would trip. */
  readonly peakC: number | null;
  readonly tripC: number;
  readonly marginK: number | null;
  readonly trips: boolean;
}

/** When the mean is said, s: at once, but for the fast pole, and as the substrate warms. */
const AFTER_S = [30, 300, 3600] as const;
const SETTLED_K = 0.1;

/** Of these settings. `film`: how the film is; null = not known, and only what needs no temperature is said. */
export function whatIf(s: Settings, film: FilmView | null): Prediction {
  const mode = s['control.mode'];
  const poles = film?.poles ?? commissionedPoles(s);
  const gate = { dutyMax: s['gate.dutyMax'], longestOnUs: millis(s['gate.longestOnMs']) };
  const heats = heatOf(s, poles, gate);
  const dutyMost = round(lastingDuty(gate));
  const tripC = s['limits.tripC'];
  if (heats === null) return { ...UNKNOWN, mode, dutyMost, tripC };
  const { onS, periodS } = heats;
  const duty = onS / periodS;
  const rise = patternRise(poles, onS, periodS);
  const peakC = film && round(film.levelC + rise.peakK);
  return {
    mode,
    duty: round(duty),
    dutyMost,
    limited: mode !== 'constant' && duty > dutyMost,
    swingK: round(rise.swingK),
    meanRiseK: round(rise.meanK),
    peakRiseK: round(rise.peakK),
    commissionedSwingK: round(patternRise(commissionedPoles(s), onS, periodS).swingK),
    ...(film ? courseOf(film, duty, rise) : { course: null, settlesInS: null }),
    peakC,
    tripC,
    marginK: peakC === null ? null : round(tripC - peakC),
    trips: peakC !== null && peakC >= tripC,
  };
}

const UNKNOWN = {
  duty: null,
  limited: false,
  swingK: null,
  meanRiseK: null,
  peakRiseK: null,
  commissionedSwingK: null,
  course: null,
  settlesInS: null,
  peakC: null,
  marginK: null,
  trips: false,
} as const;

/** Width and period; null where the mode decides them while it runs. */
function heatOf(
  s: Settings,
  poles: Poles,
  gate: GateBounds,
): { readonly onS: number; readonly periodS: number } | null {
  const mode = s['control.mode'];
  const swingK = s['swing.targetK'];
  if (mode === 'swing') {
    const periodS = s['swing.periodMs'] / 1000;
    return { onS: pulseForSwing(poles, swingK, periodS, longestPulseS(periodS, gate)), periodS };
  }
  const [onS, periodS] = [s['pulse.onMs'] / 1000, s['pulse.periodMs'] / 1000];
  return modeRow(mode).heats({ onS, periodS, setpointC: s['control.setpointC'], swingK });
}

/** The slow pole decides how long it takes; what the fast one has risen by now is gone within seconds. */
function courseOf(
  { levelC, celsius, slowK, poles }: FilmView,
  duty: number,
  { meanK }: PatternRise,
): Pick<Prediction, 'course' | 'settlesInS'> {
  const now = { fastK: celsius - levelC - slowK, slowK };
  const course = AFTER_S.map((afterS) => ({
    afterS,
    meanC: round(levelC + meanRiseAfter(poles, now, duty, afterS)),
  }));
  const settled = (afterS: number): boolean => Math.abs(meanRiseAfter(poles, now, duty, afterS) - meanK) <= SETTLED_K;
  let settlesInS = 0;
  while (!settled(settlesInS) && settlesInS < SETTLES_MOST_S) settlesInS += SETTLES_STEP_S;
  return { course, settlesInS };
}
const SETTLES_STEP_S = 5;
const SETTLES_MOST_S = 12 * 3600;

const round = (value: number): number => Number(value.toFixed(3));
