/**
 * From a minute and a half of heating to a thermal model with honest errors. A two-pole substrate is seen through the lag of
 * each sensor at once, because the thermocouple alone cannot tell the substrate's fast time constant from its own lag (a
 * chain of two first-order lags is the same in either order); what both sensors share is the substrate's.
 *
 *   rise = h1 + h2,  h1' = (P·g1 − h1)/τ1,  h2' = P·s2 − h2/τ2,  P = measured electrical power
 *   TC   = b + d·t + lag(rise, τ_TC)
 *   IR   = what a thermometer set to another emissivity shows of b' + d·t + lag(rise, τ_IR), by the fourth-power law
 *
 * All positive quantities are estimated as logarithms. A short record says next to nothing of a slow pole of minutes, so its
 * time constant is not taken as known but has a prior, wider than benches are; its uncertainty then enters every error that
 * depends on it. The posterior is approximated by a normal one at its mode (Laplace). Readings that follow each other are
 * not independent (converters quantise and filter): each sensor counts for n/F readings, F = 1 + 2·Σ of the
 * autocorrelation of its residuals (Sokal 1997).
 */
import { inverse, Matrix, solve } from 'ml-matrix';
import { independent } from '../model/independent.ts';
import { TwoPole } from '../model/thermal.ts';
import { type Ratio, ZERO_CELSIUS_K } from '../units.ts';

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

/** A positive value: its best estimate, standard error and 95 % interval, in the same unit. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
  readonly low: number;
  readonly high: number;
}

/** Rises are what the thermocouple shows, which feels only a share of the film’s rise (its contact). */
export interface Identification {
  /** Steady rise per watt of the fast and of the slow pole, and of both together, K/W. */
  readonly fastKPerW: Estimate;
  readonly slowKPerW: Estimate;
  readonly gainKPerW: Estimate;
  readonly fastTauS: Estimate;
  readonly slowTauS: Estimate;
  readonly thermocoupleLagS: Estimate;
  readonly infraredLagS: Estimate;
  /** Emissivity of the spot over that which the readings were corrected to, per share that the thermocouple feels. */
  readonly infraredShare: Estimate;
  /** What the thermocouple shows without heat at the start, °C. */
  readonly thermocoupleBaseC: number;
  /** Root mean square of the residuals, K. */
  readonly thermocoupleRmsK: number;
  readonly infraredRmsK: number;
  readonly readings: number;
}

const STEP_S = 0.025;

/** Mean and standard deviation of the logarithm of a positive quantity before anything was measured. */
interface Prior {
  readonly typical: number;
  readonly spread: number;
}

/** Benches reach from a third to three times the typical value, and further; the slow pole from 50 s to half an hour. */
const PRIORS = {
  fastKPerW: { typical: 3.4, spread: 0.8 },
  fastTauS: { typical: 2.5, spread: 0.8 },
  slowKPerWS: { typical: 0.008, spread: 1.2 },
  slowTauS: { typical: 300, spread: 0.9 },
  thermocoupleLagS: { typical: 1, spread: 1 },
  infraredLagS: { typical: 0.3, spread: 0.8 },
  infraredShare: { typical: 0.8, spread: 0.8 },
} as const satisfies Record<string, Prior>;
/** The slow pole’s steady rise over the fast one’s. */
const SLOW_SHARE: Prior = { typical: 0.75, spread: 0.6 };
/** A room at rest drifts by no more, K/s. */
const DRIFT = 3e-4;

const LOGS = Object.keys(PRIORS) as (keyof typeof PRIORS)[];
const [G1, T1, S2, T2, LAG_TC, LAG_IR, SHARE] = LOGS.map((_, i) => i) as [0, 1, 2, 3, 4, 5, 6];
const BASE_TC = LOGS.length;
const BASE_IR = BASE_TC + 1;
const SLOPE = BASE_TC + 2;
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

/** The rise as each sensor’s lag passes it on, at the end of each step. */
function rises(p: Parameters, u: Float64Array): { tc: Float64Array; ir: Float64Array } {
  const at = (i: number): number => Math.exp(p[i]!);
  const keep = (tauS: number): number => Math.exp(-STEP_S / tauS);
  const [g1, g2] = [at(G1), at(S2) * at(T2)];
  const [k1, k2, kTc, kIr] = [keep(at(T1)), keep(at(T2)), keep(at(LAG_TC)), keep(at(LAG_IR))];
  const tc = new Float64Array(u.length + 1);
  const ir = new Float64Array(u.length + 1);
  let [h1, h2, before] = [0, 0, 0];
  for (let k = 0; k < u.length; k += 1) {
    h1 = u[k]! * g1 + (h1 - u[k]! * g1) * k1;
    h2 = u[k]! * g2 + (h2 - u[k]! * g2) * k2;
    const middle = (before + h1 + h2) / 2;
    before = h1 + h2;
    tc[k + 1] = middle + (tc[k]! - middle) * kTc;
    ir[k + 1] = middle + (ir[k]! - middle) * kIr;
  }
  return { tc, ir };
}

/** What both sensors show at their reading times, first all of the thermocouple, then all of the infrared one. */
function predict(p: Parameters, u: Float64Array, { thermocouple, infrared }: IdentificationData): Float64Array {
  const { tc, ir } = rises(p, u);
  const at = (curve: Float64Array, s: number): number => {
    const x = Math.max(0, Math.min(u.length - 1e-9, s / STEP_S));
    const k = Math.floor(x);
    return curve[k]! + (curve[k + 1]! - curve[k]!) * (x - k);
  };
  const [baseTc, baseIr, slope, share] = [p[BASE_TC]!, p[BASE_IR]!, p[SLOPE]!, Math.exp(p[SHARE]!)];
  const nTc = thermocouple.atS.length;
  const curve = new Float64Array(nTc + infrared.atS.length);
  thermocouple.atS.forEach((s, i) => {
    curve[i] = baseTc + slope * s + at(tc, s);
  });
  infrared.atS.forEach((s, i) => {
    const roomK = baseIr + slope * s + ZERO_CELSIUS_K;
    const excess = (roomK + at(ir, s)) ** 4 - roomK ** 4;
    curve[nTc + i] = (roomK ** 4 + share * excess) ** 0.25 - ZERO_CELSIUS_K;
  });
  return curve;
}

/** How far the parameters are from what was believed before, in standard deviations. */
function surprise(p: Parameters): number[] {
  const own = LOGS.map((name, i) => (p[i]! - Math.log(PRIORS[name].typical)) / PRIORS[name].spread);
  const share = (p[S2]! + p[T2]! - p[G1]! - Math.log(SLOW_SHARE.typical)) / SLOW_SHARE.spread;
  return [...own, share, p[SLOPE]! / DRIFT];
}

/** Standard deviation of one independent reading of each sensor, K: what the fit is weighted by. */
type Noise = readonly [thermocouple: number, infrared: number];

/** Before anything is fitted; the second fit uses what the first one left. */
const FIRST_NOISE: Noise = [0.2, 0.2];

/**
 * Fits the model. Times are seconds from the same zero, which lies before the first heat.
 * @throws RangeError when there is no heat or fewer than 50 readings of a sensor
 */
export function identify(data: IdentificationData): Identification {
  const { thermocouple, infrared, heat } = data;
  const count = Math.min(thermocouple.atS.length, infrared.atS.length);
  if (heat.length === 0 || count < 50) throw new RangeError('identification needs heat and 50 readings of each sensor');
  const u = input(heat, Math.ceil(Math.max(...[thermocouple, infrared].map(({ atS }) => atS.at(-1)!)) / STEP_S) + 1);
  const nTc = thermocouple.atS.length;
  const y = [...thermocouple.valueC, ...infrared.valueC];
  let p: number[] = [...LOGS.map((name) => Math.log(PRIORS[name].typical)), y[0]!, y[nTc]!, 0];
  let noise = FIRST_NOISE;
  const scaled = (q: Parameters): Float64Array => {
    const curve = predict(q, u, data);
    const told = surprise(q);
    const all = new Float64Array(curve.length + told.length);
    curve.forEach((value, i) => {
      all[i] = (value - y[i]!) / noise[i < nTc ? 0 : 1];
    });
    all.set(told, curve.length);
    return all;
  };
  let residual: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    p = fitted(p, scaled);
    const curve = predict(p, u, data);
    residual = y.map((value, i) => value - curve[i]!);
    noise = [residual.slice(0, nTc), residual.slice(nTc)].map(independent) as unknown as Noise;
  }
  return judged(p, scaled, residual, nTc);
}

/** Derivatives of the scaled residuals, one column a parameter, by central differences. */
function derivatives(p: Parameters, scaled: (p: Parameters) => Float64Array): Float64Array[] {
  return p.map((_, j) => {
    const by = steps(j);
    const up = scaled(p.map((v, k) => (k === j ? v + by : v)));
    const down = scaled(p.map((v, k) => (k === j ? v - by : v)));
    return up.map((value, i) => (value - down[i]!) / (2 * by));
  });
}

/** Scalar products of columns with each other: the normal matrix. */
function normal(columns: readonly Float64Array[]): Matrix {
  const matrix = Matrix.zeros(columns.length, columns.length);
  columns.forEach((a, j) => {
    for (let k = j; k < columns.length; k += 1) {
      const product = dot(a, columns[k]!);
      matrix.set(j, k, product);
      matrix.set(k, j, product);
    }
  });
  return matrix;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

const MOST_STEPS = 40;
/** No parameter moves by more than this in a step: a logarithm by a factor of e, a base by a kelvin. */
const LONGEST_STEP = 1;

/**
 * Parameters that make the scaled residuals smallest: Levenberg–Marquardt with Marquardt’s scaling. It works on the normal
 * matrix, because 20,000 readings of ten parameters would make the matrix of a general library slow.
 */
function fitted(begin: number[], scaled: (p: Parameters) => Float64Array): number[] {
  let p = begin;
  let residual = scaled(p);
  let cost = dot(residual, residual);
  let damping = 1e-3;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const columns = derivatives(p, scaled);
    const matrix = normal(columns);
    const gradient = columns.map((column) => -dot(column, residual));
    const before = cost;
    for (; damping < 1e9; damping *= 10) {
      const damped = matrix.clone();
      for (let j = 0; j < p.length; j += 1) damped.set(j, j, matrix.get(j, j) * (1 + damping));
      const move = solve(damped, Matrix.columnVector(gradient)).to1DArray();
      const next = p.map((v, j) => v + Math.max(-LONGEST_STEP, Math.min(LONGEST_STEP, move[j]!)));
      const left = scaled(next);
      const tried = dot(left, left);
      if (!(tried < cost)) continue;
      [p, residual, cost] = [next, left, tried];
      damping /= 30;
      break;
    }
    if (damping >= 1e9 || before - cost < 1e-6 * before) return p;
  }
  return p;
}

/** Steps of the differences: in the logarithms, in K, and in K/s. */
const steps = (i: number): number => (i < BASE_TC ? 1e-3 : i < SLOPE ? 1e-2 : 1e-5);

/** The instants of readings and edges, and two poles for a piece of glass, are no better than this, relative. */
const MODEL_ERROR = 0.004;

/** Values, errors and intervals from the posterior’s curvature. */
function judged(
  p: number[],
  scaled: (p: Parameters) => Float64Array,
  residual: readonly number[],
  nTc: number,
): Identification {
  const covariance = inverse(normal(derivatives(p, scaled)), true);
  /** Of exp(Σ weight·parameter) with the weights of a logarithm’s differential. */
  const estimate = (value: number, weights: Readonly<Record<number, number>>): Estimate => {
    const entries = Object.entries(weights).map(([i, w]) => [Number(i), w] as const);
    const variance = entries.reduce(
      (sum, [i, a]) => sum + entries.reduce((inner, [j, b]) => inner + a * b * covariance.get(i, j), 0),
      0,
    );
    return positive(value, Math.hypot(Math.sqrt(Math.max(0, variance)), MODEL_ERROR));
  };
  const own = (i: number): Estimate => estimate(Math.exp(p[i]!), { [i]: 1 });
  const [fast, slow] = [Math.exp(p[G1]!), Math.exp(p[S2]! + p[T2]!)];
  const share = slow / (fast + slow);
  const rms = (list: readonly number[]): number => Math.sqrt(list.reduce((sum, r) => sum + r * r, 0) / list.length);
  return {
    fastKPerW: own(G1),
    slowKPerW: estimate(slow, { [S2]: 1, [T2]: 1 }),
    gainKPerW: estimate(fast + slow, { [G1]: 1 - share, [S2]: share, [T2]: share }),
    fastTauS: own(T1),
    slowTauS: own(T2),
    thermocoupleLagS: own(LAG_TC),
    infraredLagS: own(LAG_IR),
    infraredShare: own(SHARE),
    thermocoupleBaseC: p[BASE_TC]!,
    thermocoupleRmsK: rms(residual.slice(0, nTc)),
    infraredRmsK: rms(residual.slice(nTc)),
    readings: residual.length,
  };
}

/** A positive value whose logarithm has the standard error `relative`. */
export function positive(value: number, relative: number): Estimate {
  const factor = Math.exp(1.96 * relative);
  return { value, error: value * relative, low: value / factor, high: value * factor };
}

/** The film’s rise, in the thermocouple’s scale and without its lag, at `atS` of the record, K. */
export function riseAt(found: Identification, heat: IdentificationData['heat'], atS: number): number {
  const film = new TwoPole({
    fastK: found.fastKPerW.value,
    slowK: found.slowKPerW.value,
    fastTauS: found.fastTauS.value,
    slowTauS: found.slowTauS.value,
  });
  // Rises are per watt here, so the watts take the place of the duty.
  for (const watts of input(heat, Math.max(1, Math.ceil(atS / STEP_S)))) film.step(STEP_S, watts as Ratio);
  return film.filmK;
}
