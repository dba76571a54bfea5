/** T80 and its kin of averages per cycle: both sides of each boundary, and null with the reason where nothing was reached. */
import { describe, expect, it } from 'vitest';
import { lifetimesOf } from '../../src/runs/lifetime.ts';

const cyclesOf = (pl: readonly number[], periodS = 5) =>
  pl.map((one, i) => ({
    fromS: 10 + i * periodS,
    toS: 10 + (i + 1) * periodS,
    filmC: 25,
    swingK: 1,
    heatedS: 0.5,
    pl: one,
    greenV: 0.02,
    redV: one,
    referenceV: 1,
  }));
const fill = (n: number, value: number): number[] => Array.from({ length: n }, () => value);

describe('lifetimes', () => {
  it('cross the level between the middles of two cycles, counted from the first lit cycle', () => {
    // Level 0.8; 0.9 at 27.5 s and 0.7 at 32.5 s after the first cycle began.
    const { initial, t80, t95, reference } = lifetimesOf(cyclesOf([...fill(5, 1), 0.9, 0.7, 0.7, 0.7]));
    expect(initial.value).toBe(1);
    expect(reference).toBe('initial');
    expect(t80.value).toBeCloseTo(30, 9);
    expect(t95.value).toBeCloseTo(25, 9);
  });

  it('need three cycles in a row below the level: a hand before the photodiode is no loss', () => {
    expect(lifetimesOf(cyclesOf([...fill(5, 1), 0.7, 0.7, 1, 1])).t80.value).toBeNull();
    expect(lifetimesOf(cyclesOf([...fill(5, 1), 0.7, 0.7, 0.7, 1])).t80.value).not.toBeNull();
  });

  it('are at no time that is missing: on both sides of a minute without cycles', () => {
    const lit = cyclesOf([...fill(5, 1), ...fill(5, 0.7)]);
    const apart = (s: number) =>
      lit.map((one, i) => (i < 5 ? one : { ...one, fromS: one.fromS + s, toS: one.toS + s }));
    expect(lifetimesOf(apart(60)).t80.value).not.toBeNull();
    expect(lifetimesOf(apart(61)).t80).toEqual({
      value: null,
      why: 'between 23 and 89 s, which is missing or dark',
    });
  });

  it('have no burn-in that ends in a window with a hole', () => {
    const lit = cyclesOf(fill(300, 1));
    const apart = (s: number) =>
      lit.map((one, i) => (i < 60 ? one : { ...one, fromS: one.fromS + s, toS: one.toS + s }));
    expect(lifetimesOf(apart(60)).burnInEnd.value).toBe(2.5);
    expect(lifetimesOf(apart(61)).burnInEnd.value).toBe(60 * 5 + 61 + 2.5);
  });

  it('are not reached at the level itself, and say for how long that was so', () => {
    expect(lifetimesOf(cyclesOf([...fill(5, 1), ...fill(715, 0.8)])).t80).toEqual({
      value: null,
      why: 'not reached in 3,600 s',
    });
    expect(lifetimesOf(cyclesOf([...fill(5, 1), ...fill(5, 0.7999)])).t80.value).not.toBeNull();
  });

  it('leave out cycles that were not lit from end to end, and need three of them', () => {
    const why = 'fewer than 3 whole cycles in the light';
    expect(lifetimesOf(cyclesOf([Number.NaN, 1, 1])).t80).toEqual({ value: null, why });
    expect(lifetimesOf([]).initial).toEqual({ value: null, why });
    expect(lifetimesOf(cyclesOf([Number.NaN, 1, 1, 1])).initial.value).toBe(1);
  });

  it('go by the maximum of an emission that first increases by more than 2 %', () => {
    const up = lifetimesOf(cyclesOf([...fill(5, 1), ...fill(5, 1.5), ...fill(5, 1.1)]));
    expect(up.reference).toBe('maximum');
    // 1.1 is below 0.8 of the maximum and above the initial value.
    expect(up.t80.value).not.toBeNull();
    expect(lifetimesOf(cyclesOf([...fill(5, 1), ...fill(5, 1.019)])).reference).toBe('initial');
    expect(lifetimesOf(cyclesOf([...fill(5, 1), ...fill(5, 1.021)])).reference).toBe('maximum');
  });

  it('after burn-in go by the value at t = 0 of the line through what follows it', () => {
    // A fast fall to 0.7 in the first 300 s, then 0.7 − 1e-5 per second.
    const y = Array.from({ length: 4800 }, (_, i) => 0.7 - 1e-5 * (5 * i + 2.5) + 0.3 * Math.exp(-i / 12));
    const { t80, burnInEnd, ts80, ts95 } = lifetimesOf(cyclesOf(y));
    expect(t80.value).toBeLessThan(120);
    expect(burnInEnd.value).toBeGreaterThan(120);
    expect(burnInEnd.value).toBeLessThan(600);
    // 0.2 × 0.7 at 1e-5 a second, and 0.05 × 0.7.
    expect(ts80.value).toBeGreaterThan(13_500);
    expect(ts80.value).toBeLessThan(14_500);
    expect(ts95.value).toBeGreaterThan(3300);
    expect(ts95.value).toBeLessThan(3700);
  });

  it('have no burn-in to speak of where nothing stayed the same for 600 s', () => {
    const steep = Array.from({ length: 400 }, (_, i) => 1 - 0.002 * i);
    const { burnInEnd, ts80 } = lifetimesOf(cyclesOf(steep));
    expect(burnInEnd.value).toBeNull();
    expect(ts80.why).toContain('600 s');
    // 600 s need one cycle more than 120 of 5 s.
    expect(lifetimesOf(cyclesOf(fill(120, 1))).burnInEnd.value).toBeNull();
    expect(lifetimesOf(cyclesOf(fill(122, 1))).burnInEnd.value).toBe(2.5);
  });

  it('of no light at all are null', () => {
    expect(lifetimesOf(cyclesOf(fill(10, 0))).t80.why).toContain('no emission');
    expect(lifetimesOf(cyclesOf(fill(10, -0.1))).t80.value).toBeNull();
  });
});
