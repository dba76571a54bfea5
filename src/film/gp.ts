/**
 * Gaussian process regression with an uncertain mean (C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine
 * Learning, 2006, sections 2.2 and 2.7): f(x) = h(x)·β + r(x), the coefficients β normal and independent, r with a squared
 * exponential covariance. A dozen observations at most, so it is solved anew each time.
 */

export interface Process {
  /** h(x). */
  readonly basis: (x: readonly number[]) => readonly number[];
  /** Mean and standard deviation of each coefficient. */
  readonly mean: readonly number[];
  readonly spread: readonly number[];
  /** Variance of r, and the distance over which it changes along each axis of x. */
  readonly variance: number;
  readonly lengths: readonly number[];
}

export interface Observation {
  readonly x: readonly number[];
  readonly y: number;
  /** Standard error of y, above 0. */
  readonly error: number;
}

export interface Believed {
  readonly mean: number;
  /** Standard error of f, without that of another observation. */
  readonly error: number;
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, one, i) => sum + one * (b[i] ?? 0), 0);

/** What is believed of f after the observations, as a function of x. */
export function conditioned(process: Process, seen: readonly Observation[]): (x: readonly number[]) => Believed {
  const { basis, mean, spread, variance, lengths } = process;
  const covariance = (a: readonly number[], b: readonly number[]): number => {
    const [ha, hb] = [basis(a), basis(b)];
    const ofMean = ha.reduce((sum, one, i) => sum + one * (spread[i] ?? 0) ** 2 * (hb[i] ?? 0), 0);
    const apart = a.reduce((sum, one, i) => sum + ((one - (b[i] ?? 0)) / (lengths[i] ?? 1)) ** 2, 0);
    return ofMean + variance * Math.exp(-apart / 2);
  };
  const prior = (x: readonly number[]): number => dot(basis(x), mean);
  const factor = cholesky(
    seen.map((one, i) => seen.map((other, j) => covariance(one.x, other.x) + (i === j ? one.error ** 2 : 0))),
  );
  const surprise = forward(
    factor,
    seen.map(({ x, y }) => y - prior(x)),
  );
  return (x) => {
    const shared = forward(
      factor,
      seen.map((one) => covariance(one.x, x)),
    );
    const left = covariance(x, x) - dot(shared, shared);
    return { mean: prior(x) + dot(shared, surprise), error: Math.sqrt(Math.max(0, left)) };
  };
}

/** The lower factor of a positive definite matrix. */
function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const factor: number[][] = [];
  for (const [i, row] of matrix.entries()) {
    const mine: number[] = [];
    for (let j = 0; j <= i; j += 1) {
      const above = factor[j] ?? mine;
      const rest = (row[j] ?? 0) - dot(mine.slice(0, j), above.slice(0, j));
      mine.push(j === i ? Math.sqrt(rest) : rest / (above[j] ?? 1));
    }
    factor.push(mine);
  }
  return factor;
}

/** Solves L·x = b. */
function forward(factor: readonly (readonly number[])[], b: readonly number[]): number[] {
  const x: number[] = [];
  for (const [i, row] of factor.entries()) x.push(((b[i] ?? 0) - dot(row.slice(0, i), x)) / (row[i] ?? 1));
  return x;
}

/** Probability that a normal variable is below `z` standard deviations (W. J. Cody’s erfc to 1e-7: Numerical Recipes, 6.2). */
export function below(z: number): number {
  const t = 1 / (1 + Math.abs(z) / (2 * Math.SQRT2));
  const series = COEFFICIENTS.reduceRight((sum, one) => sum * t + one, 0);
  const tail = (t * Math.exp((-z * z) / 2 + series)) / 2;
  return z > 0 ? 1 - tail : tail;
}
const COEFFICIENTS = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];
