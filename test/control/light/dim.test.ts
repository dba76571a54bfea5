import { expect, it } from 'vitest';
import { DimMean } from '../../../src/control/light/dim.ts';
import { Prng } from '../../../src/twin/prng.ts';

const chance = new Prng(8, 1);
const ERROR = 0.01;
const cycle = (s: number): { s: number; error: number } => ({ s: s + ERROR * chance.normal(), error: ERROR });

it('the mean of many poor cycles is known better than each of them, and no better than it is', () => {
  const ends = Array.from({ length: 40 }, () => {
    const dim = new DimMean();
    let last = cycle(0.004);
    for (let i = 0; i < 60; i += 1) last = dim.take(cycle(0.004));
    return last;
  });
  for (const { error } of ends) expect(error).toBeLessThan(0.005);
  const within = ends.filter(({ s, error }) => Math.abs(s - 0.004) < 2 * error).length;
  expect(within).toBeGreaterThan(34);
});

it('a film that has changed is not hidden behind its past', () => {
  const dim = new DimMean();
  for (let i = 0; i < 60; i += 1) dim.take(cycle(0));
  expect(dim.take({ s: 0.05, error: ERROR }).s).toBeCloseTo(0.05, 6);
});

it('one that changes slowly is followed within the memory of the mean', () => {
  const dim = new DimMean();
  for (let i = 0; i < 60; i += 1) dim.take({ s: 0, error: ERROR });
  let n = 0;
  while (dim.take({ s: 0.02, error: ERROR }).s < 0.012) n += 1;
  expect(n).toBeGreaterThan(2);
  expect(n).toBeLessThan(30);
});
