import { describe, expect, it } from 'vitest';
import { below, conditioned, type Process } from '../../src/film/gp.ts';

const PLAIN: Process = { basis: () => [1], mean: [2], spread: [0], variance: 0.49, lengths: [0.5, 3] };
const LINEAR: Process = { ...PLAIN, basis: ([x = 0]) => [1, x], mean: [0, 0], spread: [10, 10], variance: 0.01 };

describe('a Gaussian process', () => {
  it('is its prior without observations, and far away from them', () => {
    expect(conditioned(PLAIN, [])([1, 1])).toEqual({ mean: 2, error: 0.7 });
    const far = conditioned(PLAIN, [{ x: [0, 0], y: 5, error: 0.1 }])([50, 0]);
    expect(far.mean).toBeCloseTo(2, 6);
    expect(far.error).toBeCloseTo(0.7, 6);
  });

  it('weighs one observation by its error, as two normal variables do', () => {
    const { mean, error } = conditioned(PLAIN, [{ x: [1, 1], y: 5, error: 0.3 }])([1, 1]);
    const trust = 0.49 / (0.49 + 0.09);
    expect(mean).toBeCloseTo(2 + trust * 3, 9);
    expect(error).toBeCloseTo(Math.sqrt(0.49 * (1 - trust)), 9);
  });

  it('gives what the inverse of the covariance gives for two observations', () => {
    const k = (a: number, b: number): number => 0.49 * Math.exp(-((a - b) ** 2) / (2 * 0.25));
    const [xa, xb, x] = [0.1, 0.6, 0.3];
    const believed = conditioned(PLAIN, [
      { x: [xa, 0], y: 3, error: 0.2 },
      { x: [xb, 0], y: 1, error: 0.4 },
    ])([x, 0]);
    const [aa, bb, ab] = [0.49 + 0.04, 0.49 + 0.16, k(xa, xb)];
    const determinant = aa * bb - ab * ab;
    const wa = (k(x, xa) * bb - k(x, xb) * ab) / determinant;
    const wb = (k(x, xb) * aa - k(x, xa) * ab) / determinant;
    expect(believed.mean).toBeCloseTo(2 + wa * 1 + wb * -1, 9);
    expect(believed.error).toBeCloseTo(Math.sqrt(0.49 - wa * k(x, xa) - wb * k(x, xb)), 9);
  });

  it('measures distance by the length of each axis', () => {
    const seen = [{ x: [0, 0], y: 5, error: 0.01 }];
    const along = (x: number[]): number => conditioned(PLAIN, seen)(x).mean;
    expect(along([0, 1])).toBeGreaterThan(4.8);
    expect(along([1, 0])).toBeLessThan(2.5);
    expect(along([0.5, 0])).toBeCloseTo(along([0, 3]), 9);
  });

  it('learns the coefficients of its mean, and carries them to where nothing was observed', () => {
    const seen = [0, 1, 2, 3].map((x) => ({ x: [x], y: 4 - 1.5 * x, error: 0.05 }));
    const { mean, error } = conditioned(LINEAR, seen)([10]);
    expect(mean).toBeCloseTo(4 - 15, 0);
    expect(error).toBeGreaterThan(0.1);
    expect(error).toBeLessThan(2);
  });

  it('takes the same observation twice without harm', () => {
    const one = { x: [1, 1], y: 5, error: 0.3 };
    const { mean, error } = conditioned(PLAIN, [one, one])([1, 1]);
    const trust = 0.49 / (0.49 + 0.045);
    expect(mean).toBeCloseTo(2 + trust * 3, 9);
    expect(error).toBeCloseTo(Math.sqrt(0.49 * (1 - trust)), 9);
  });
});

describe('the normal distribution', () => {
  it.each([
    [0, 0.5],
    [1, 0.841344746],
    [-1, 0.158655254],
    [1.959963985, 0.975],
    [-3, 0.001349898],
  ])('is below %d with its probability', (z, p) => {
    expect(below(z)).toBeCloseTo(p, 6);
  });
});
