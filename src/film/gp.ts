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

/** A product of two lists; in a loop, because a map of patterns takes some ten thousand of them. */
function dot(a: readonly number[], b: readonly number[], length = a.length): number {
  let sum = 0;
  for (let i = 0; i < length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** A place x with its h(x), and with h(x) times the variances of the coefficients. */
interface Place {
  readonly x: readonly number[];
  readonly h: readonly number[];
  readonly spreadH: readonly number[];
}

/** What is believed of f after the observations, as a function of x. */
export function conditioned(process: Process, seen: readonly Observation[]): (x: readonly number[]) => Believed {
  const { basis, mean, spread, variance, lengths } = process;
  const placeOf = (x: readonly number[]): Place => {
    const h = basis(x);
    return { x, h, spreadH: h.map((one, i) => one * (spread[i] ?? 0) ** 2) };
  };
  const covariance = (a: Place, b: Place): number => {
    let apart = 0;
    for (const [i, length] of lengths.entries()) apart += (((a.x[i] ?? 0) - (b.x[i] ?? 0)) / length) ** 2;
    return dot(a.spreadH, b.h) + variance * Math.exp(-apart / 2);
  };
  const prior = ({ h }: Place): number => dot(h, mean);
  const places = seen.map(({ x }) => placeOf(x));
  const factor = cholesky(
    places.map((one, i) =>
      places.map((other, j) => covariance(one, other) + (i === j ? (seen[i]?.error ?? 0) ** 2 : 0)),
    ),
  );
  const surprise = forward(
    factor,
    places.map((place, i) => (seen[i]?.y ?? 0) - prior(place)),
  );
  return (x) => {
    const here = placeOf(x);
    const shared = forward(
      factor,
      places.map((one) => covariance(one, here)),
    );
    const left = covariance(here, here) - dot(shared, shared);
    return { mean: prior(here) + dot(shared, surprise), error: Math.sqrt(Math.max(0, left)) };
  };
}

/** The lower factor of a positive definite matrix. */
function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const factor: number[][] = [];
  for (const [i, row] of matrix.entries()) {
    const mine: number[] = [];
    for (let j = 0; j <= i; j += 1) {
      const above = factor[j] ?? mine;
      const rest = (row[j] ?? 0) - dot(mine, above, j);
      mine.push(j === i ? Math.sqrt(rest) : rest / (above[j] ?? 1));
    }
    factor.push(mine);
  }
  return factor;
}

/** Solves L·x = b. */
function forward(factor: readonly (readonly number[])[], b: readonly number[]): number[] {
  const x: number[] = [];
  for (const [i, row] of factor.entries()) x.push(((b[i] ?? 0) - dot(row, x, i)) / (row[i] ?? 1));
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
