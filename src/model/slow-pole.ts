/**
 * The slow pole from an ordinary run. A commissioning of a minute and a half says next to nothing of a time constant of
 * minutes; twenty minutes of any heat do. Time constants of the fast pole and lags are given by the calibration; what is
 * fitted to means over some seconds is
 *
 *   film  = d·t + room(τ) + h0·(e^(−t/τ) − 1) + g·fast + s·slow(τ),   slow' = (P − slow)/τ,   P = heat, W
 *   TC    = b + film,   IR = b' + (1 + e)·film
 *
 * with the thermocouple’s readings divided by its contact, and the room by the infrared thermometer’s own temperature, seen
 * through both poles. For each τ of a grid all else is linear with normal priors, so it is integrated exactly: the logarithm
 * of the evidence is −(χ² + ln det A)/2 with A the scaled normal matrix. τ has the calibration’s prior. Readings that follow
 * each other are not independent, see `independent`.
 *
 * The prior of s is that of its initial slope s/τ, which a short record knows, not that of s, which it does not.
 */
import { independent } from './independent.ts';
import type { Known, SlowMeans, SlowRecord } from './slow-record.ts';

/** What is known beforehand; errors are relative standard errors. Rises are of the film, K/W. */
export interface SlowPrior extends Known {
  readonly fastKPerW: number;
  readonly fastError: number;
  readonly slowKPerW: number;
  readonly slowTauS: number;
  readonly slowTauError: number;
  readonly contact: number;
  /** Resolution of the readings, K. */
  readonly thermocoupleStepK: number;
  readonly infraredStepK: number;
  /** Of the infrared thermometer’s scale against the thermocouple’s. */
  readonly infraredError: number;
  /** Of the scale of all rises, which no run shows. */
  readonly scaleError: number;
}

/** Values with relative standard errors. */
export interface SlowPole {
  readonly slowTauS: number;
  readonly slowTauError: number;
  /** Steady rise of both poles together, K/W, with the fast one as it was commissioned. */
  readonly gainKPerW: number;
  readonly gainError: number;
}

/**
 * Standard deviations of what the calibration does not give: reading before any heat, slow rise that is left then, K; drift
 * of a sensor, K/s; share of the room.
 */
const BASE_K = 0.03;
const START_K = 0.1;
const DRIFT_KPS = 3e-5;
const ROOM = 0.1;
/** Relative, of the slope s/τ. */
const SLOPE_ERROR = 0.08;
/** Two poles for a piece of glass are no better than this, relative. */
const TAU_FLOOR = 0.02;
/** Time constants that are tried in a round; in the first over so many standard deviations of the prior on either side. */
const GRID = 41;
const REACH = 4.5;
/** Each round has the noise that the one before left, and tries what that one left likely: so many errors on either side. */
const ROUNDS = 4;
const LIKELY = 5;
const FIRST_NOISE_K = 0.05;
/** Rounding leaves so much of a step in a mean: noise and swing blur it, and not wholly. */
const STEP_SHARE = 0.1;
/** Fewer means of a sensor tell nothing. */
const LEAST_MEANS = 45;

const NAMES = ['baseTc', 'baseIr', 'drift', 'start', 'room', 'fast', 'slow', 'infrared'] as const;
const K = NAMES.length;
const FAST = 5;
const SLOW = 6;

/** The linear part at one time constant. */
interface Linear {
  readonly tauS: number;
  readonly logEvidence: number;
  /** Fast and slow gain, K/W, with their variances and covariance. */
  readonly fast: number;
  readonly slow: number;
  readonly fastVar: number;
  readonly slowVar: number;
  readonly covar: number;
}

/** The columns of one time constant for both sensors, one after the other, and what they leave of the readings. */
class Columns {
  readonly of: Float64Array[];
  readonly residual: Float64Array;
  constructor(readonly rows: number) {
    this.of = NAMES.map(() => new Float64Array(2 * rows));
    this.residual = new Float64Array(2 * rows);
  }
}

/** A fit that is done in slices, because the thread that does it also ticks: `step` until it returns true. */
export class SlowFit {
  /** The result; null before the end, and where there is too little to tell anything. */
  found: SlowPole | null = null;
  private readonly columns: Columns;
  private readonly bestResidual: Float64Array;
  private best = Number.NEGATIVE_INFINITY;
  private readonly linears: Linear[] = [];
  private noise: readonly [number, number] = [FIRST_NOISE_K, FIRST_NOISE_K];
  private round = 0;
  private readonly spread: number;
  /** Logarithms of the time constants that are tried: the middle one, and how far they reach. */
  private middle: number;
  private reach: number;
  private readonly means: SlowMeans;
  private readonly count: number;
  private readonly restTcK: number;
  private readonly restIrK: number;

  /** Takes a copy of what there is. */
  constructor(
    { means, count, rest }: SlowRecord,
    private readonly prior: SlowPrior,
  ) {
    this.count = count;
    this.restTcK = rest.thermocoupleK / prior.contact;
    this.restIrK = rest.infraredK;
    this.means = Object.fromEntries(
      Object.entries(means).map(([name, column]) => [name, column.slice(0, count)]),
    ) as unknown as SlowMeans;
    this.columns = new Columns(count);
    this.bestResidual = new Float64Array(2 * count);
    this.spread = Math.max(0.05, prior.slowTauError);
    this.middle = Math.log(prior.slowTauS);
    this.reach = REACH * this.spread;
  }

  /** Tries the next time constant; true when there is nothing left to try. */
  step(): boolean {
    if (this.round === ROUNDS || !this.enough()) return true;
    const at = (2 * this.linears.length) / (GRID - 1) - 1;
    const tauS = Math.exp(this.middle + at * this.reach);
    this.fill(tauS);
    const linear = this.solve(tauS);
    this.linears.push(linear);
    if (linear.logEvidence > this.best) {
      this.best = linear.logEvidence;
      this.bestResidual.set(this.columns.residual);
    }
    if (this.linears.length < GRID) return false;
    this.round += 1;
    if (this.round === ROUNDS) this.found = this.judged();
    else this.narrow();
    return this.round === ROUNDS;
  }

  /** The next round: with the noise that is left, around what is likely. */
  private narrow(): void {
    const { count: n, prior, linears } = this;
    const seen = (from: number): number[] =>
      [...this.bestResidual.subarray(from, from + n)].filter((_, i) => !Number.isNaN(this.reading(from + i)));
    this.noise = [
      Math.max(independent(seen(0)), prior.thermocoupleStepK * STEP_SHARE),
      Math.max(independent(seen(n)), prior.infraredStepK * STEP_SHARE),
    ];
    const { logTau, tauError } = this.timeConstant();
    this.middle = logTau;
    this.reach = Math.min(this.reach, LIKELY * Math.max(tauError, (2 * this.reach) / (GRID - 1)));
    linears.length = 0;
    this.best = Number.NEGATIVE_INFINITY;
  }

  private enough(): boolean {
    const { tcC, irC, ambientC } = this.means;
    const good = (column: Float64Array): number =>
      column.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0);
    return !Number.isNaN(ambientC[0]!) && Math.min(good(tcC), good(irC)) >= LEAST_MEANS;
  }

  /** A reading above the room at the start, K, first all of the thermocouple; NaN where there was none. */
  private reading(i: number): number {
    const { tcC, irC, ambientC } = this.means;
    const airC = ambientC[0]!;
    return i < this.count ? (tcC[i]! - airC) / this.prior.contact : irC[i - this.count]! - airC;
  }

  /** The columns at a time constant. */
  private fill(tauS: number): void {
    const { means, count: n, prior, columns } = this;
    const [baseTc, baseIr, drift, start, room, fast, slow, infrared] = columns.of as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const slowKPerW = (prior.slowKPerW * tauS) / prior.slowTauS;
    const share = slowKPerW / (slowKPerW + prior.fastKPerW);
    const airC = means.ambientC[0]!;
    let [t, tc, ir, air, newest] = [0, 0, 0, 0, 0];
    for (let i = 0; i < n; i += 1) {
      const lastsS = means.lastsS[i]!;
      const keep = Math.exp(-lastsS / tauS);
      // Mean of an exponential approach over the step: end + (begin − end)·τ·(1 − keep)/lasts.
      const weight = (tauS * (1 - keep)) / lastsS;
      const [wTc, wIr] = [means.slowTcW[i]!, means.slowIrW[i]!];
      if (!Number.isNaN(means.ambientC[i]!)) newest = means.ambientC[i]! - airC;
      const middle = t + lastsS / 2;
      for (const row of [i, n + i]) {
        drift[row] = middle;
        start[row] = Math.expm1(-middle / tauS);
        room[row] = (1 - share) * newest + share * (newest + (air - newest) * weight);
      }
      baseTc[i] = 1;
      baseIr[n + i] = 1;
      fast[i] = means.fastTcW[i]!;
      fast[n + i] = means.fastIrW[i]!;
      slow[i] = wTc + (tc - wTc) * weight;
      slow[n + i] = wIr + (ir - wIr) * weight;
      infrared[n + i] = prior.fastKPerW * fast[n + i]! + slowKPerW * slow[n + i]!;
      tc = wTc + (tc - wTc) * keep;
      ir = wIr + (ir - wIr) * keep;
      air = newest + (air - newest) * keep;
      t += lastsS;
    }
  }

  /** The linear part: what was believed before, moved by the readings. */
  private solve(tauS: number): Linear {
    const { columns, count: n, prior, noise } = this;
    const slow = (prior.slowKPerW * tauS) / prior.slowTauS;
    const mean = [this.restTcK, this.restIrK, 0, 0, 1, prior.fastKPerW, slow, 0];
    // A resting reading may be rounded by half a step, always to the same side.
    const base = (stepK: number): number => Math.hypot(BASE_K, stepK / Math.sqrt(12));
    const sd = [
      ...[base(prior.thermocoupleStepK), base(prior.infraredStepK), DRIFT_KPS, START_K, ROOM],
      ...[prior.fastKPerW * prior.fastError, slow * SLOPE_ERROR, prior.infraredError],
    ];
    const A = Array.from({ length: K }, () => new Float64Array(K));
    const g = new Float64Array(K);
    const x = new Float64Array(K);
    let chi = 0;
    for (let i = 0; i < 2 * n; i += 1) {
      const y = this.reading(i);
      columns.residual[i] = 0;
      if (Number.isNaN(y)) continue;
      const w = 1 / noise[i < n ? 0 : 1];
      let r = y;
      for (let a = 0; a < K; a += 1) {
        const value = columns.of[a]![i]!;
        r -= value * mean[a]!;
        x[a] = value * sd[a]! * w;
      }
      columns.residual[i] = r;
      chi += (r * w) ** 2;
      for (let a = 0; a < K; a += 1) {
        if (x[a] === 0) continue;
        g[a]! += x[a]! * r * w;
        for (let b = 0; b <= a; b += 1) A[a]![b]! += x[a]! * x[b]!;
      }
    }
    for (let a = 0; a < K; a += 1) A[a]![a]! += 1;
    const { inverse, logDet } = inverted(A);
    const z = inverse.map((row) => row.reduce((sum, v, b) => sum + v * g[b]!, 0));
    const logEvidence = -0.5 * (chi - z.reduce((sum, v, a) => sum + v * g[a]!, 0) + logDet);
    for (let i = 0; i < 2 * n; i += 1) {
      for (let a = 0; a < K; a += 1) columns.residual[i]! -= columns.of[a]![i]! * sd[a]! * z[a]!;
    }
    const covariance = (a: number, b: number): number => inverse[a]![b]! * sd[a]! * sd[b]!;
    return {
      tauS,
      logEvidence: logEvidence - 0.5 * (Math.log(tauS / prior.slowTauS) / this.spread) ** 2,
      fast: mean[FAST]! + sd[FAST]! * z[FAST]!,
      slow: mean[SLOW]! + sd[SLOW]! * z[SLOW]!,
      fastVar: covariance(FAST, FAST),
      slowVar: covariance(SLOW, SLOW),
      covar: covariance(FAST, SLOW),
    };
  }

  /** Mean over the time constants of this round, each by its evidence. */
  private over(of: (one: Linear) => number): number {
    let [sum, weights] = [0, 0];
    for (const one of this.linears) {
      const weight = Math.exp(one.logEvidence - this.best);
      sum += weight * of(one);
      weights += weight;
    }
    return sum / weights;
  }

  private timeConstant(): { readonly logTau: number; readonly tauError: number } {
    const logTau = this.over(({ tauS }) => Math.log(tauS));
    return { logTau, tauError: Math.sqrt(this.over(({ tauS }) => (Math.log(tauS) - logTau) ** 2)) };
  }

  private judged(): SlowPole {
    const { prior } = this;
    const over = (of: (one: Linear) => number): number => this.over(of);
    const { logTau, tauError } = this.timeConstant();
    const gain = over(({ fast, slow }) => fast + slow);
    const gainVar = over(
      ({ fast, slow, fastVar, slowVar, covar }) => fastVar + 2 * covar + slowVar + (fast + slow - gain) ** 2,
    );
    return {
      slowTauS: Math.exp(logTau),
      slowTauError: Math.hypot(tauError, TAU_FLOOR),
      // A supply or a contact that has changed since moves both poles alike; what is learnt is their ratio.
      gainKPerW: (gain * prior.fastKPerW) / over(({ fast }) => fast),
      gainError: Math.hypot(Math.sqrt(gainVar) / gain, prior.scaleError),
    };
  }
}

/** Inverse and logarithm of the determinant of a symmetric positive matrix of which the lower half is given, by Cholesky. */
function inverted(A: readonly Float64Array[]): { inverse: Float64Array[]; logDet: number } {
  const n = A.length;
  const L = A.map(() => new Float64Array(n));
  let logDet = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let v = A[i]![j]!;
      for (let m = 0; m < j; m += 1) v -= L[i]![m]! * L[j]![m]!;
      L[i]![j] = i === j ? Math.sqrt(v) : v / L[j]![j]!;
    }
    logDet += 2 * Math.log(L[i]![i]!);
  }
  const inverse = A.map((_, column) => {
    const x = new Float64Array(n);
    for (let i = 0; i < n; i += 1) {
      let v = i === column ? 1 : 0;
      for (let m = 0; m < i; m += 1) v -= L[i]![m]! * x[m]!;
      x[i] = v / L[i]![i]!;
    }
    for (let i = n - 1; i >= 0; i -= 1) {
      let v = x[i]!;
      for (let m = i + 1; m < n; m += 1) v -= L[m]![i]! * x[m]!;
      x[i] = v / L[i]![i]!;
    }
    return x;
  });
  return { inverse, logDet };
}
