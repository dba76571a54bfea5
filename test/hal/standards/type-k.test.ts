import { describe, expect, it } from 'vitest';
import { TYPE_K_MAX_MV, TYPE_K_MIN_MV, typeKCelsius, typeKMillivolts } from '../../../src/hal/standards/type-k.ts';
import { celsius } from '../../../src/units.ts';

describe('type K by ITS-90', () => {
  // The NIST table, rounded to 1 µV.
  it.each([
    [-270, -6.458],
    [-250, -6.404],
    [-200, -5.891],
    [-100, -3.554],
    [-50, -1.889],
    [-1, -0.039],
    [0, 0],
    [1, 0.039],
    [25, 1.0],
    [50, 2.023],
    [100, 4.096],
    [200, 8.138],
    [500, 20.644],
    [1000, 41.276],
    [1372, 54.886],
  ])('gives %d °C the table value of %d mV', (t, mV) => {
    expect(Math.abs(typeKMillivolts(celsius(t)) - mV)).toBeLessThan(0.0006);
  });

  it('is its own inverse to a micro-kelvin from −200 to 1372 °C', () => {
    for (let t = -200; t <= 1372; t += 0.37) {
      expect(Math.abs(typeKCelsius(typeKMillivolts(celsius(t))) - t)).toBeLessThan(1e-6);
    }
  });

  it('is its own inverse to a tenth of a degree down to −269.9 °C, where the couple hardly answers', () => {
    for (let t = -269.9; t < -200; t += 0.1) {
      expect(Math.abs(typeKCelsius(typeKMillivolts(celsius(t))) - t)).toBeLessThan(0.1);
    }
  });

  it('joins its two halves at 0 °C without a step', () => {
    expect(Math.abs(typeKMillivolts(celsius(1e-9)) - typeKMillivolts(celsius(-1e-9)))).toBeLessThan(1e-8);
    expect(typeKCelsius(0)).toBeCloseTo(0, 6);
  });

  it('stays at the end of its range instead of extrapolating', () => {
    expect(typeKMillivolts(celsius(-300))).toBe(TYPE_K_MIN_MV);
    expect(typeKMillivolts(celsius(2000))).toBe(TYPE_K_MAX_MV);
    expect(typeKCelsius(TYPE_K_MIN_MV - 1)).toBe(-270);
    expect(typeKCelsius(TYPE_K_MAX_MV + 1)).toBe(1372);
    expect(typeKCelsius(TYPE_K_MAX_MV)).toBe(1372);
    expect(typeKCelsius(TYPE_K_MIN_MV)).toBe(-270);
  });
});
