/** The filter and its signatures against the same normal distribution written out as one matrix. */
import { describe, expect, it } from 'vitest';
import { RampSignature, StepSignature, TrendFilter } from '../../../src/control/light/trend-filter.ts';
import { Prng } from '../../../src/twin/prng.ts';

type Matrix = number[][];
const TAU_S = 400;
const NOISE2 = 1.5e-6;
const SPANS_S = [4, 4, 5, 12, 4, 4, 4, 8, 4, 4, 4, 4];
const WARMER_K = SPANS_S.map((_, i) => 0.3 * i + (i > 5 ? 2 : 0));

const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => (b[0] as number[]).map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] ?? 0), 0)));
const turned = (a: Matrix): Matrix => (a[0] as number[]).map((_, j) => a.map((row) => row[j] ?? 0));

/** Mean and covariance of all readings after the first, from the model of the docstring. */
function written(first: number): { mean: number[]; covariance: Matrix } {
  let p: Matrix = [
    [NOISE2, 0, 0],
    [0, 4e-4 ** 2, 0],
    [0, 0, 0.008 ** 2],
  ];
  const steps = SPANS_S.map((spanS): Matrix => {
    const left = Math.exp(-spanS / TAU_S);
    return [
      [1, TAU_S * (1 - left), 0],
      [0, left, 0],
      [0, 0, 1],
    ];
  });
  const covariance: Matrix = SPANS_S.map(() => SPANS_S.map(() => 0));
  for (const [j, spanS] of SPANS_S.entries()) {
    p = times(times(steps[j] as Matrix, p), turned(steps[j] as Matrix));
    (p[0] as number[])[0] = (p[0]?.[0] ?? 0) + 8e-5 ** 2 * spanS;
    (p[1] as number[])[1] = (p[1]?.[1] ?? 0) + 2e-7 ** 2 * spanS;
    let carried = p;
    for (let i = j; i < SPANS_S.length; i += 1) {
      if (i > j) carried = times(steps[i] as Matrix, carried);
      const see = (k: number): Matrix => [[1], [0], [-(WARMER_K[k] ?? 0)]];
      const value = times(times(turned(see(i)), carried), see(j))[0]?.[0] ?? 0;
      (covariance[i] as number[])[j] = value + (i === j ? NOISE2 : 0);
      (covariance[j] as number[])[i] = (covariance[i] as number[])[j] ?? 0;
    }
  }
  return { mean: WARMER_K.map((k) => first - 0.02 * k), covariance };
}

/** C⁻¹·b and ln det C, by elimination. */
function solved(c: Matrix, b: readonly number[]): { x: number[]; lnDet: number } {
  const rows = c.map((row, i) => [...row, b[i] ?? 0]);
  const n = rows.length;
  let lnDet = 0;
  for (let i = 0; i < n; i += 1) {
    const pivot = rows[i] as number[];
    lnDet += Math.log(pivot[i] ?? 0);
    for (let r = 0; r < n; r += 1) {
      if (r === i) continue;
      const row = rows[r] as number[];
      const factor = (row[i] ?? 0) / (pivot[i] ?? 1);
      for (let k = i; k <= n; k += 1) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  return { x: rows.map((row, i) => (row[n] ?? 0) / (row[i] ?? 1)), lnDet };
}
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

const chance = new Prng(8, 1);
const FIRST = 0.1;
const READINGS = SPANS_S.map((_, i) => FIRST - 0.03 * (WARMER_K[i] ?? 0) + 2e-3 * chance.normal() - (i > 6 ? 0.01 : 0));
const { mean, covariance } = written(FIRST);
const OFF = READINGS.map((y, i) => y - (mean[i] ?? 0));

/** Log likelihood but for its constant, of readings less a change. */
function likelihood(less: readonly number[]): number {
  const off = OFF.map((value, i) => value - (less[i] ?? 0));
  const { x, lnDet } = solved(covariance, off);
  return -(dot(off, x) + lnDet) / 2;
}

describe('the trend filter', () => {
  const filter = new TrendFilter(TAU_S, FIRST, NOISE2);
  const ramp = new RampSignature();
  const step = new StepSignature();
  const shape = SPANS_S.map((_, i) => Math.max(0, i - 4) ** 1.5);
  for (const [i, y] of READINGS.entries()) {
    const innovation = filter.take(y, NOISE2, WARMER_K[i] ?? 0, SPANS_S[i] ?? 4);
    ramp.take(shape[i] ?? 0, i + 1, innovation);
    if (i >= 6) step.take(1, i - 5, innovation);
  }
  const none = likelihood([]);

  it('has the likelihood of all readings at once', () => {
    expect(filter.likelihood).toBeCloseTo(none, 6);
  });

  it('knows of a ramp what least squares know: its size, and what it explains', () => {
    const { x } = solved(covariance, shape);
    const size = dot(x, OFF) / dot(x, shape);
    expect(ramp.size).toBeCloseTo(size, 8);
    expect(ramp.evidence).toBeCloseTo(likelihood(shape.map((value) => size * value)) - none, 6);
  });

  it('knows of a step in the middle of a reading both parts', () => {
    const part = SPANS_S.map((_, i) => (i === 6 ? 1 : 0));
    const whole = SPANS_S.map((_, i) => (i > 6 ? 1 : 0));
    const [a, b] = [solved(covariance, part).x, solved(covariance, whole).x];
    const [aa, ab, bb] = [dot(a, part), dot(a, whole), dot(b, whole)];
    const [ya, yb] = [dot(a, OFF), dot(b, OFF)];
    const d = aa * bb - ab * ab;
    const [sizeA, sizeB] = [(ya * bb - yb * ab) / d, (yb * aa - ya * ab) / d];
    expect(step.size).toBeCloseTo(sizeB, 8);
    const less = part.map((value, i) => sizeA * value + sizeB * (whole[i] ?? 0));
    expect(step.evidence).toBeCloseTo(likelihood(less) - none, 6);
  });

  it('expects after a step what one of any size would leave, and how sure that is', () => {
    const last = READINGS.length - 1;
    const other = new TrendFilter(TAU_S, FIRST, NOISE2);
    const signature = new StepSignature();
    for (const [i, y] of READINGS.slice(0, last).entries()) {
      const innovation = other.take(y, NOISE2, WARMER_K[i] ?? 0, SPANS_S[i] ?? 4);
      if (i >= 6) signature.take(1, i - 5, innovation);
    }
    other.accept(signature);
    const next = other.take(READINGS[last] ?? 0, NOISE2, WARMER_K[last] ?? 0, SPANS_S[last] ?? 4);
    // Both parts of the step may have any size: 1 is a thousand times what any of them is.
    const free = covariance.map((row, i) =>
      row.map((value, j) => value + (i === 6 && j === 6 ? 1 : 0) + (i > 6 && j > 6 ? 1 : 0)),
    );
    const known = free.slice(0, last).map((row) => row.slice(0, last));
    const beside = free.slice(0, last).map((row) => row[last] ?? 0);
    const { x } = solved(known, beside);
    expect(next.e).toBeCloseTo((OFF[last] ?? 0) - dot(x, OFF.slice(0, last)), 6);
    const variance = (free[last]?.[last] ?? 0) - dot(x, beside);
    expect(next.variance / variance).toBeCloseTo(1, 3);
  });
});
