/**
 * The earliest that any detector could call an onset, by the noise of a cycle alone.
 *
 * Of a signal whose shape and onset are known, in white normal noise of known size about a level that is known, no test is better than the
 * matched filter (Neyman and Pearson). Its deflection coefficient is d² = Σ signal² / noise² over the looks so far; with the
 * false-alarm probability Q(z_false) a look it detects with probability Q(z_false − d), so that d² = (z_false + z_detect)²
 * is what it needs (Kay, Fundamentals of Statistical Signal Processing II: Detection Theory, 1998, sections 4.3 and 4.4).
 * The median detector has z_detect = 0. Trends, walks and unknown shapes make every real detector later.
 */

import { PHOTODIODES, photodiodeVolts } from '../../src/twin/optics.ts';
import type { Sample } from '../../src/twin/samples.ts';
import { quantile } from '../heat/line.ts';

/** One look a cycle: what a light path has of the cold film. */
export interface Looked {
  /** Since the onset, s; negative = in the quiet part. */
  readonly atS: number;
  /** ln(red / reference), and green over red. */
  readonly red: number;
  readonly rho: number;
  /** Truth. */
  readonly segregated: number;
}

/** Half a false alarm in 1000 h of looks every 4 s has the probability 5.6e-7 a look: Q(4.87). */
const Z_FALSE = 4.87;
const Z_DETECT = 0;

/** Standard deviation of a normal distribution over its median absolute value. */
const MAD = 1.4826;

/**
 * Noise of one value among many that follow each other: d = x₀ − 2x₁ + x₂ has six times its variance, and no trend. Robust, so that a
 * lamp or a step is no noise.
 */
export function noiseOf(values: readonly number[]): number {
  const bends = values.slice(2).map((x, i) => Math.abs(x - 2 * (values[i + 1] ?? x) + (values[i] ?? x)));
  return (MAD * quantile(bends, 0.5)) / Math.sqrt(6);
}

/** When d² comes to (z_false + z_detect)², s; infinite where it never does. `signal`: one value a look, in the unit of the noise. */
export function earliest(looks: readonly { readonly atS: number; readonly signal: number }[], noise: number): number {
  let d2 = 0;
  for (const { atS, signal } of looks) {
    d2 += (signal / noise) ** 2;
    if (d2 >= (Z_FALSE + Z_DETECT) ** 2) return atS;
  }
  return Number.POSITIVE_INFINITY;
}

/** True K: green signal of this film wholly segregated over its red one mixed. */
export function ratioOf({ mixed, segregated, segregatedBrightness }: Sample): number {
  const green = photodiodeVolts([{ ...segregated, brightness: segregatedBrightness }], PHOTODIODES.green);
  return green / photodiodeVolts([{ ...mixed, brightness: 1 }], PHOTODIODES.red);
}

/** Earliest calls by the mixed band and by both bands, s since the onset. */
export function bounds(looks: readonly Looked[], sample: Sample): { readonly one: number; readonly two: number } {
  const quiet = looks.filter(({ atS }) => atS < 0);
  const lit = looks.filter(({ atS }) => atS >= 0);
  const k = ratioOf(sample);
  return {
    one: earliest(
      lit.map(({ atS, segregated }) => ({ atS, signal: Math.log1p(-segregated) })),
      noiseOf(quiet.map(({ red }) => red)),
    ),
    two: earliest(
      lit.map(({ atS, segregated }) => ({ atS, signal: (k * segregated) / (1 - segregated) })),
      noiseOf(quiet.map(({ rho }) => rho)),
    ),
  };
}
