/**
 * What the controller believes of its plant: a substrate with two thermal poles in parallel, and sensors that lag behind
 * it. Rises are above the temperature without heat, in K.
 *
 *   rise = h1 + h2,   hi' = (u·Ai − hi)/τi,   u = heat as a share of full heat
 *
 * The least that fits both the 10-s and the 10-min rise of Feng 2023, Fig. 1b. The simulated bench has a model of its own
 * (twin/substrate.ts), so that the two can be wrong apart.
 */
import type { Ratio } from '../units.ts';

export interface Poles {
  /** Steady rise of each pole under full heat, K. */
  readonly fastK: number;
  readonly slowK: number;
  /** Time constants, s, above 0. */
  readonly fastTauS: number;
  readonly slowTauS: number;
}

/** A first-order element: exact for an input that is constant during a step. */
class Pole {
  value = 0;
  private dtS = -1;
  private keep = 1;

  constructor(private readonly tauS: number) {}

  step(dtS: number, end: number): number {
    if (dtS !== this.dtS) {
      this.dtS = dtS;
      this.keep = Math.exp(-dtS / this.tauS);
    }
    this.value = end + (this.value - end) * this.keep;
    return this.value;
  }
}

/** A sensor that follows with a first-order lag. */
export class Lag extends Pole {}

/** The rise of the film, stepped. */
export class TwoPole {
  filmK = 0;
  private readonly fast: Pole;
  private readonly slow: Pole;

  constructor(private readonly poles: Poles) {
    this.fast = new Pole(poles.fastTauS);
    this.slow = new Pole(poles.slowTauS);
  }

  /** Rise of each pole now, K. */
  get fastK(): number {
    return this.fast.value;
  }
  get slowK(): number {
    return this.slow.value;
  }

  /** Advances by `dtS` seconds with heat of `duty` (1 = full heat all the time). Returns the rise of the film, K. */
  step(dtS: number, duty: Ratio): number {
    this.filmK = this.fast.step(dtS, duty * this.poles.fastK) + this.slow.step(dtS, duty * this.poles.slowK);
    return this.filmK;
  }
}

/** The rise of a film in the steady state of a pulse pattern, K. */
export interface PatternRise {
  /** At the end of a pulse minus at its beginning. */
  readonly swingK: number;
  /** Mean over a period. */
  readonly meanK: number;
  readonly peakK: number;
}

/**
 * The steady state of pulses of `onS` every `periodS`: each pole reaches A·(1−e^(−t/τ))/(1−e^(−T/τ)) at the end of a pulse
 * and has decayed by e^(−(T−t)/τ) at its beginning; the mean is A·t/T.
 * @param onS 0..periodS, s; periodS above 0. onS = periodS is constant heat with no swing.
 */
export function patternRise({ fastK, slowK, fastTauS, slowTauS }: Poles, onS: number, periodS: number): PatternRise {
  const of = (steadyK: number, tauS: number): { peak: number; trough: number } => {
    const peak = (steadyK * Math.expm1(-onS / tauS)) / Math.expm1(-periodS / tauS);
    return { peak, trough: peak * Math.exp(-(periodS - onS) / tauS) };
  };
  const fast = of(fastK, fastTauS);
  const slow = of(slowK, slowTauS);
  const peakK = fast.peak + slow.peak;
  return { swingK: peakK - fast.trough - slow.trough, meanK: ((fastK + slowK) * onS) / periodS, peakK };
}

/** Rise of each pole at a moment, K. */
export interface Rises {
  readonly fastK: number;
  readonly slowK: number;
}

/** Mean rise of the film over a period, `afterS` from now, with heat of a mean duty from now on, K. */
export function meanRiseAfter(poles: Poles, now: Rises, duty: Ratio, afterS: number): number {
  const fast = duty * poles.fastK;
  const slow = duty * poles.slowK;
  const keep = (tauS: number): number => Math.exp(-afterS / tauS);
  return fast + (now.fastK - fast) * keep(poles.fastTauS) + slow + (now.slowK - slow) * keep(poles.slowTauS);
}
