import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prng } from '../../src/twin/prng.ts';

const take = (n: number, draw: () => number): number[] => Array.from({ length: n }, draw);

/** sfc32 as its author states it, in unbounded integers. */
function* sfc32(seed: number, stream: number): Generator<number> {
  const M = 0xffffffffn;
  let [a, b, c, counter] = [BigInt(seed) & M, (BigInt(stream) * 0x9e3779b9n) & M, 0x243f6a88n, 1n];
  for (let i = 0; ; i += 1) {
    const t = (a + b + counter) & M;
    counter = (counter + 1n) & M;
    a = b ^ (b >> 9n);
    b = (c + (c << 3n)) & M;
    c = ((((c << 21n) & M) | (c >> 11n)) + t) & M;
    if (i >= 15) yield Number(t);
  }
}

describe('the seeded generator', () => {
  it('is sfc32, number by number, for any seed and stream', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 100 }), (seed, stream) => {
        const prng = new Prng(seed, stream);
        const reference = sfc32(seed, stream);
        for (let i = 0; i < 50; i += 1) expect(prng.uint32()).toBe(reference.next().value);
      }),
    );
  });

  it('gives the same numbers for the same seed, and others for another seed or stream', () => {
    const numbers = (seed: number, stream: number) => {
      const prng = new Prng(seed, stream);
      return take(20, () => prng.normal());
    };
    expect(numbers(7, 1)).toEqual(numbers(7, 1));
    expect(numbers(7, 1)).not.toEqual(numbers(8, 1));
    expect(numbers(7, 1)).not.toEqual(numbers(7, 2));
  });

  it('draws uniformly from 0 up to but without 1', () => {
    const prng = new Prng(1);
    const values = take(20_000, () => prng.uniform());
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
  });

  it('draws normals of mean 0 and variance 1, with 32 % beyond one sigma', () => {
    const prng = new Prng(1);
    const values = take(20_000, () => prng.normal());
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length;
    const beyond = values.filter((v) => Math.abs(v) > 1).length / values.length;
    expect(values.every(Number.isFinite)).toBe(true);
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
    expect(Math.abs(beyond - 0.317)).toBeLessThan(0.015);
  });
});
