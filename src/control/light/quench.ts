/**
 * How much of its light the film loses per kelvin, learnt from the pulses themselves: α = Σ w·ln(x_c/x_h)·(T_h − T_c) / Σ w·(T_h − T_c)²
 * with the cold film (c) and the film after a pulse (h).
 */
import { clamp } from '../../units.ts';

/** What counts for the present after each pulse. */
const KEPT = 0.98;
/** Before anything was learnt: the middle of 0 to 0.03 /K, as sure as one pulse of 1 K. */
const PRIOR_PER_K = 0.015;
const PRIOR_K2 = 1;
const MOST_PER_K = 0.03;
/** Noise of one logarithm. */
const NOISE = 2e-3;
/** Pulses that warm the film by less say nothing, K. */
const LEAST_K = 0.2;

export class Quench {
  private top = PRIOR_PER_K * PRIOR_K2;
  private bottom = PRIOR_K2;

  /** @param narrows what the filter of a band loses beside that, because the band gets broader, 1/K at the most */
  constructor(private readonly narrows = 0) {}

  /** Loss of light, 1/K, 0..0.03 and what narrows. */
  get perK(): number {
    return clamp(this.top / this.bottom, 0, MOST_PER_K + this.narrows);
  }

  /** Its standard error, 1/K. */
  get error(): number {
    return NOISE / Math.sqrt(this.bottom);
  }

  /** One pulse: the light that the warmer film lacks, ln(x_c / x_h), and how much warmer it is, K. */
  learn(lost: number, warmerK: number): void {
    if (!(warmerK > LEAST_K) || !Number.isFinite(lost)) return;
    this.top = KEPT * this.top + lost * warmerK;
    this.bottom = KEPT * this.bottom + warmerK * warmerK;
  }
}
