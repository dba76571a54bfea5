/** Creeping and jumping levels, with the noise of a light path. */
import { describe, expect, it } from 'vitest';
import { type Change, RampOrStep, stepOf } from '../../../src/control/light/ramp-or-step.ts';
import { Prng } from '../../../src/twin/prng.ts';

const NOISE = 1.5e-3;

/** Evidence after each cycle, of a level that is still for 100 cycles and then changes. */
function watched(level: (n: number) => number, cycles: number, seed = 3): Change[] {
  const chance = new Prng(seed, 2);
  const test = new RampOrStep();
  return Array.from({ length: 100 + cycles }, (_, i) =>
    test.take(2 + (i < 100 ? 0 : level(i - 100)) + NOISE * chance.normal()),
  );
}
const last = <T>(list: readonly T[]): T => list[list.length - 1] as T;

describe('a ramp or a step', () => {
  it('is neither in a level that is still', () => {
    for (const { ramp, step } of watched(() => 0, 300)) expect(Math.max(ramp, step)).toBeLessThan(12);
  });

  it.each([0.02, -0.02])('is a step of %d, and knows its size', (size) => {
    const changes = watched(() => size, 12);
    const { ramp, step } = last(changes);
    expect(step).toBeGreaterThan(ramp);
    expect(Math.abs(stepOf(last(changes)) - size)).toBeLessThan(0.004);
  });

  it.each([5e-4, -5e-4])('is a ramp of %d a cycle, within twenty cycles, and no step', (slope) => {
    const changes = watched((n) => slope * n, 40);
    const { ramp, step } = last(changes);
    expect(ramp).toBeGreaterThan(30);
    expect(ramp).toBeGreaterThan(step);
    expect(changes.findIndex((one) => one.ramp > 12)).toBeLessThan(120);
    for (const one of changes) expect(Math.abs(stepOf(one))).toBeLessThan(0.005);
  });

  it('follows a level that walks all the time without calling it a change', () => {
    const chance = new Prng(9, 1);
    let walk = 0;
    const level = Array.from({ length: 400 }, () => (walk += 1e-3 * chance.normal()));
    const test = new RampOrStep();
    const l = level.map((y) => test.take(y)).slice(120);
    expect(Math.max(...l.map(({ ramp, step }) => Math.max(ramp, step)))).toBeLessThan(30);
  });

  it('takes a level that is another one after a gap for no step', () => {
    const chance = new Prng(4, 1);
    const run = (misses: number): number => {
      const test = new RampOrStep();
      for (let i = 0; i < 100; i += 1) test.take(NOISE * chance.normal());
      for (let i = 0; i < misses; i += 1) test.miss();
      let most = 0;
      for (let i = 0; i < 20; i += 1) most = Math.max(most, test.take(0.03 + NOISE * chance.normal()).step);
      return most;
    };
    expect(run(2)).toBeGreaterThan(30);
    expect(run(3)).toBeLessThan(12);
  });
});
