/**
 * From 80 s of heating to a thermal model: 25 s on, 25 s off, five pulses of 1 s. Least squares for the two-pole
 * substrate seen through the lag of each sensor at once, because the thermocouple alone cannot tell the substrate's fast
 * time constant from its own lag (a chain of two first-order lags is the same in either order); the time constant that
 * both sensors share is the substrate's.
 *
 *   rise  = h1 + h2,  h1' = (P·g1 − h1)/τ1,  h2' = (P·g2 − h2)/τ2,  P = measured electrical power
 *   TC    = b + lag(rise, τ_TC)              IR = b' + e·lag(rise, τ_IR)
 *
 * τ2 is taken as declared: 80 s say little about a pole of minutes. Levenberg–Marquardt; standard errors from the
 * Jacobian at the solution, widened for the residuals' lag-1 correlation.
 */
import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import { inverse, Matrix } from 'ml-matrix';

/** Readings and the time of each, s; both arrays of the same length. */
export interface Trace {
  readonly atS: readonly number[];
  readonly valueC: readonly number[];
}

export interface IdentificationData {
  readonly thermocouple: Trace;
  readonly infrared: Trace;
  /** When current flowed, s, and the electrical power then, W; in order. The resistance rises with the temperature. */
  readonly heat: readonly { readonly fromS: number; readonly toS: number; readonly watts: number }[];
}

export interface Start {
  readonly gainKPerW: number;
  readonly fastShare: number;
  readonly fastTauS: number;
  readonly slowTauS: number;
  readonly thermocoupleLagS: number;
  readonly infraredLagS: number;
}

/** A value and its standard error, in the same unit. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

export interface Identification {
  /** Steady rise per watt of the fast and of the slow pole, K/W. */
  readonly fastKPerW: Estimate;
  readonly slowKPerW: Estimate;
  /** Both together, K/W. */
  readonly gainKPerW: Estimate;
  readonly fastTauS: Estimate;
  readonly thermocoupleLagS: Estimate;
  readonly infraredLagS: Estimate;
  /** Share of the thermocouple's rise that the infrared thermometer sees. */
  readonly infraredShare: Estimate;
  /** What each sensor shows without heat, °C. */
  readonly thermocoupleBaseC: Estimate;
  readonly infraredBaseC: Estimate;
  /** Root mean square of the residuals, K. */
  readonly thermocoupleRmsK: number;
  readonly infraredRmsK: number;
  readonly readings: number;
}

const STEP_S = 0.01;
/** Order of the parameters. */
const NAMES = [
  'fastKPerW',
  'fastTauS',
  'slowKPerW',
  'thermocoupleLagS',
  'infraredLagS',
  'infraredShare',
  'thermocoupleBaseC',
  'infraredBaseC',
] as const;
type Parameters = readonly number[];

/** Mean power of each step, W. */
function input(heat: IdentificationData['heat'], steps: number): Float64Array {
  const u = new Float64Array(steps);
  for (const { fromS, toS, watts } of heat) {
    const first = Math.max(0, Math.floor(fromS / STEP_S));
    for (let k = first; k < steps && k * STEP_S < toS; k += 1) {
      const overlap = Math.min(toS, (k + 1) * STEP_S) - Math.max(fromS, k * STEP_S);
      u[k] = u[k]! + (watts * Math.max(0, overlap)) / STEP_S;
    }
  }
  return u;
}

/** What both sensors show at their reading times, first all of the thermocouple, then all of the infrared one. */
function predict(p: Parameters, slowTauS: number, u: Float64Array, data: IdentificationData): Float64Array {
  const [fastGain = 0, fastTauS = 1, slowGain = 0, lagTc = 1, lagIr = 1, share = 1, baseTc = 0, baseIr = 0] = p;
  const keep = (tauS: number): number => Math.exp(-STEP_S / Math.max(tauS, STEP_S / 10));
  const [k1, k2, kTc, kIr] = [keep(fastTauS), keep(slowTauS), keep(lagTc), keep(lagIr)];
  const tc = new Float64Array(u.length + 1);
  const ir = new Float64Array(u.length + 1);
  let [h1, h2, before] = [0, 0, 0];
  for (let k = 0; k < u.length; k += 1) {
    h1 = u[k]! * fastGain + (h1 - u[k]! * fastGain) * k1;
    h2 = u[k]! * slowGain + (h2 - u[k]! * slowGain) * k2;
    const middle = (before + h1 + h2) / 2;
    before = h1 + h2;
    tc[k + 1] = middle + (tc[k]! - middle) * kTc;
    ir[k + 1] = middle + (ir[k]! - middle) * kIr;
  }
  const at = (curve: Float64Array, s: number): number => {
    const x = Math.max(0, Math.min(u.length - 1e-9, s / STEP_S));
    const k = Math.floor(x);
    return curve[k]! + (curve[k + 1]! - curve[k]!) * (x - k);
  };
  const { thermocouple, infrared } = data;
  return Float64Array.from([
    ...thermocouple.atS.map((s) => baseTc + at(tc, s)),
    ...infrared.atS.map((s) => baseIr + share * at(ir, s)),
  ]);
}

/**
 * Fits the model. Times are seconds from the same zero, which lies before the first heat.
 * @param start where to begin; `slowTauS` is kept
 * @throws RangeError when there is no heat or fewer than 50 readings of a sensor
 */
export function identify(data: IdentificationData, start: Start): Identification {
  const { thermocouple, infrared, heat } = data;
  const count = Math.min(thermocouple.atS.length, infrared.atS.length);
  if (heat.length === 0 || count < 50) throw new RangeError('identification needs heat and 50 readings of each sensor');
  const endS = Math.max(...thermocouple.atS, ...infrared.atS);
  const u = input(heat, Math.ceil(endS / STEP_S) + 1);
  const y = [...thermocouple.valueC, ...infrared.valueC];
  const model = (p: Parameters): Float64Array => predict(p, start.slowTauS, u, data);
  const { fastShare, gainKPerW } = start;
  const begin = [
    gainKPerW * fastShare,
    start.fastTauS,
    gainKPerW * (1 - fastShare),
    start.thermocoupleLagS,
    start.infraredLagS,
    1,
    thermocouple.valueC[0] ?? 25,
    infrared.valueC[0] ?? 25,
  ];
  const { parameterValues } = levenbergMarquardt(
    { x: y.map((_, i) => i), y },
    (p: number[]) => {
      const curve = model(p);
      return (i: number) => curve[i] ?? Number.NaN;
    },
    {
      initialValues: begin,
      minValues: [0.05, 0.2, 0, 0.02, 0.02, 0.05, -20, -20],
      maxValues: [20, 60, 20, 10, 10, 3, 60, 60],
      gradientDifference: begin.map((value) => 1e-3 * Math.max(0.1, Math.abs(value))),
      centralDifference: true,
      improvementThreshold: 1e-9,
      errorTolerance: 1e-12,
      maxIterations: 80,
    },
  );
  return judged([...parameterValues], model, y, thermocouple.atS.length);
}

/** Values with standard errors and the residuals of each sensor. */
function judged(
  p: number[],
  model: (p: Parameters) => Float64Array,
  y: readonly number[],
  nTc: number,
): Identification {
  const curve = model(p);
  const residual = y.map((value, i) => value - curve[i]!);
  const square = (list: readonly number[]): number => list.reduce((sum, r) => sum + r * r, 0);
  const jacobian = Matrix.zeros(y.length, p.length);
  p.forEach((value, j) => {
    const step = 1e-4 * Math.max(0.1, Math.abs(value));
    const up = model(p.map((v, k) => (k === j ? v + step : v)));
    const down = model(p.map((v, k) => (k === j ? v - step : v)));
    for (let i = 0; i < y.length; i += 1) jacobian.set(i, j, (up[i]! - down[i]!) / (2 * step));
  });
  const variance = square(residual) / (y.length - p.length);
  const wide = Math.max(widening(residual.slice(0, nTc)), widening(residual.slice(nTc)));
  const covariance = inverse(jacobian.transpose().mmul(jacobian), true);
  const estimates = Object.fromEntries(
    NAMES.map((name, j) => [
      name,
      { value: p[j]!, error: Math.sqrt(Math.max(0, covariance.get(j, j)) * variance) * wide },
    ]),
  ) as Record<(typeof NAMES)[number], Estimate>;
  const rms = (list: readonly number[]): number => Math.sqrt(square(list) / list.length);
  const sum = covariance.get(0, 0) + covariance.get(2, 2) + 2 * covariance.get(0, 2);
  return {
    ...estimates,
    gainKPerW: { value: p[0]! + p[2]!, error: Math.sqrt(Math.max(0, sum) * variance) * wide },
    thermocoupleRmsK: rms(residual.slice(0, nTc)),
    infraredRmsK: rms(residual.slice(nTc)),
    readings: y.length,
  };
}

/** Neighbouring residuals that agree say less than independent ones: √((1+ρ)/(1−ρ)). */
function widening(residual: readonly number[]): number {
  let [own, next] = [0, 0];
  residual.forEach((r, i) => {
    own += r * r;
    next += r * (residual[i + 1] ?? 0);
  });
  const rho = own > 0 ? Math.max(0, Math.min(0.99, next / own)) : 0;
  return Math.sqrt((1 + rho) / (1 - rho));
}
