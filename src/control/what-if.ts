/**
 * What a pulse pattern would do to this bench before it is applied: by the commissioned model, with gain, supply and level as
 * the observer sees them now.
 */
import { meanRiseAfter, type PatternRise, type Poles, patternRise, type Rises } from '../model/thermal.ts';
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
  /** Constant current ends after this (I7), s; null = the heat lasts. */
  readonly endsInS: number | null;
  /**
   * Swing of the film in the steady state, and its mean and highest rise above the film without heat, K. Of constant current the
   * rise of a film at rest when the heat ends.
   */
  readonly swingK: number | null;
  readonly meanRiseK: number | null;
  readonly peakRiseK: number | null;
  /** The swing by the commissioned model alone: what differs from `swingK` has been measured since, K. */
  readonly commissionedSwingK: number | null;
  /** From how the film is now, while there is heat; null while that is not known. */
  readonly course: readonly Later[] | null;
  /** Until the mean is within 0.1 K of where it ends, s; null also where the heat ends before. */
  readonly settlesInS: number | null;
  /** Highest temperature once it is warm, or while constant current lasts; the trip of the mode (I1, I7), °C, how far below the trip that is, K, and whether it would trip. */
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
  const tripC = s[mode === 'constant' ? 'limits.constantTripC' : 'limits.tripC'];
  if (heats === null) return { ...UNKNOWN, mode, dutyMost, tripC };
  const { onS, periodS } = heats;
  const duty = onS / periodS;
  const endsInS = mode === 'constant' ? s['gate.constantS'] : null;
  const rise = endsInS === null ? patternRise(poles, onS, periodS) : constantRise(poles, endsInS);
  const peakC = film && round(film.levelC + (endsInS === null ? rise.peakK : highestK(film, endsInS)));
  return {
    mode,
    duty: round(duty),
    dutyMost,
    limited: mode !== 'constant' && duty > dutyMost,
    endsInS,
    swingK: round(rise.swingK),
    meanRiseK: round(rise.meanK),
    peakRiseK: round(rise.peakK),
    commissionedSwingK: round(patternRise(commissionedPoles(s), onS, periodS).swingK),
    ...(film ? courseOf(film, duty, rise, endsInS) : { course: null, settlesInS: null }),
    peakC,
    tripC,
    marginK: peakC === null ? null : round(tripC - peakC),
    trips: peakC !== null && peakC >= tripC,
  };
}

const AT_REST = { fastK: 0, slowK: 0 } as const;

/** Constant current on a film at rest, until it ends. */
function constantRise(poles: Poles, endsInS: number): PatternRise {
  const riseK = meanRiseAfter(poles, AT_REST, 1, endsInS);
  return { swingK: 0, meanK: riseK, peakK: riseK };
}

const risesNow = ({ levelC, celsius, slowK }: FilmView): Rises => ({ fastK: celsius - levelC - slowK, slowK });

/** Highest rise under constant current that ends, K: a substrate that cools meanwhile may have it in between. */
function highestK(film: FilmView, endsInS: number): number {
  const now = risesNow(film);
  let highest = meanRiseAfter(film.poles, now, 1, endsInS);
  for (let afterS = 0; afterS < endsInS; afterS += 1)
    highest = Math.max(highest, meanRiseAfter(film.poles, now, 1, afterS));
  return highest;
}

const UNKNOWN = {
  duty: null,
  limited: false,
  endsInS: null,
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
  film: FilmView,
  duty: number,
  { meanK }: PatternRise,
  endsInS: number | null,
): Pick<Prediction, 'course' | 'settlesInS'> {
  const now = risesNow(film);
  const mostS = endsInS ?? SETTLES_MOST_S;
  const riseK = (afterS: number): number => meanRiseAfter(film.poles, now, duty, afterS);
  const course = AFTER_S.filter((afterS) => afterS <= mostS).map((afterS) => ({
    afterS,
    meanC: round(film.levelC + riseK(afterS)),
  }));
  const endK = endsInS === null ? meanK : duty * (film.poles.fastK + film.poles.slowK);
  let settlesInS = 0;
  while (Math.abs(riseK(settlesInS) - endK) > SETTLED_K && settlesInS < mostS) settlesInS += SETTLES_STEP_S;
  return { course, settlesInS: endsInS !== null && settlesInS >= endsInS ? null : settlesInS };
}
const SETTLES_STEP_S = 5;
const SETTLES_MOST_S = 12 * 3600;

const round = (value: number): number => Number(value.toFixed(3));
