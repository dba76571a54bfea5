/**
 * The type K thermocouple by the ITS-90 reference function. Source: NIST Monograph 175 / NIST Standard Reference
 * Database 60 (the same numbers stand in IEC 60584-1), reference junction at 0 °C.
 *
 *   −270..0 °C:  E = Σ c_i t^i
 *   0..1372 °C:  E = Σ c_i t^i + a0·exp(a1·(t − a2)²)
 */
import { type Celsius, celsius, clamp } from '../../units.ts';

/** Ends of the reference function in °C. */
export const TYPE_K_MIN_C: Celsius = celsius(-270);
export const TYPE_K_MAX_C: Celsius = celsius(1372);

/** Coefficients of −270..0 °C in mV/°C^i, i = 0..10. */
const BELOW = Float64Array.of(
  0,
  3.9450128025e-2,
  2.3622373598e-5,
  -3.2858906784e-7,
  -4.9904828777e-9,
  -6.7509059173e-11,
  -5.7410327428e-13,
  -3.1088872894e-15,
  -1.0451609365e-17,
  -1.9889266878e-20,
  -1.6322697486e-23,
);

/** Coefficients of 0..1372 °C in mV/°C^i, i = 0..9. */
const ABOVE = Float64Array.of(
  -1.7600413686e-2,
  3.8921204975e-2,
  1.8558770032e-5,
  -9.9457592874e-8,
  3.1840945719e-10,
  -5.6072844889e-13,
  5.6075059059e-16,
  -3.2020720003e-19,
  9.7151147152e-23,
  -1.2104721275e-26,
);
const A0 = 0.1185976;
const A1 = -1.183432e-4;
const A2 = 126.9686;

/** dE/dt of the last `emf` in mV/°C: the second result without an object per call. */
let slope = 0;

function emf(t: number): number {
  const coefficients = t < 0 ? BELOW : ABOVE;
  let value = 0;
  let rise = 0;
  for (let i = coefficients.length - 1; i >= 0; i -= 1) {
    rise = rise * t + value;
    value = value * t + coefficients[i]!;
  }
  if (t < 0) {
    slope = rise;
    return value;
  }
  const hump = A0 * Math.exp(A1 * (t - A2) * (t - A2));
  slope = rise + 2 * A1 * (t - A2) * hump;
  return value + hump;
}

/**
 * The thermoelectric voltage of a type K couple with its reference junction at 0 °C.
 * @param t −270..1372 °C; beyond that the end of the range counts, the polynomials must not be extrapolated.
 * @returns mV, −6.458..54.886
 */
export const typeKMillivolts = (t: Celsius): number => emf(clamp(t, TYPE_K_MIN_C, TYPE_K_MAX_C));

/** Ends of the reference function in mV. */
export const TYPE_K_MIN_MV: number = typeKMillivolts(TYPE_K_MIN_C);
export const TYPE_K_MAX_MV: number = typeKMillivolts(TYPE_K_MAX_C);

/**
 * The temperature at which a type K couple gives `mV` (reference junction at 0 °C): Newton's iteration on the reference
 * function itself, to better than 1e-9 °C above −200 °C. Below zero the function is convex, so the iteration that
 * starts at 0 °C cannot overshoot.
 * @param mV −6.458..54.886; beyond that the end of the range is returned, see `TYPE_K_MIN_MV` and `TYPE_K_MAX_MV`.
 * @returns °C, −270..1372
 */
export function typeKCelsius(mV: number): Celsius {
  if (mV <= TYPE_K_MIN_MV) return TYPE_K_MIN_C;
  if (mV >= TYPE_K_MAX_MV) return TYPE_K_MAX_C;
  let t = mV < 0 ? 0 : mV * 24.4;
  for (let i = 0; i < 60; i += 1) {
    const missing = mV - emf(t);
    const next = clamp(t + missing / slope, TYPE_K_MIN_C, TYPE_K_MAX_C);
    const moved = next - t;
    t = next;
    if (moved < 1e-10 && moved > -1e-10) break;
  }
  return celsius(t);
}
