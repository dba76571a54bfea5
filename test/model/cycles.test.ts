import { describe, expect, it } from 'vitest';
import { CycleCounter, LEAST_K } from '../../src/model/cycles.ts';
import { celsius } from '../../src/units.ts';

const countOf = (...path: number[]): number => {
  const counter = new CycleCounter();
  for (const c of path) counter.take(celsius(c));
  return counter.count;
};

describe('thermal cycles', () => {
  it('are rises and falls of at least half a kelvin, counted when both are complete', () => {
    expect(countOf(24, 24 + LEAST_K)).toBe(0);
    expect(countOf(24, 24 + LEAST_K, 24)).toBe(1);
    expect(countOf(24, 24.49, 24, 24.49, 24)).toBe(0);
    expect(countOf(24, 26, 25.6, 26.2, 24)).toBe(1);
    expect(countOf(24, 26, 24, 26, 24, 26)).toBe(2);
  });

  it('are not made of noise, nor of a slow rise', () => {
    expect(countOf(...Array.from({ length: 1000 }, (_, i) => 24 + i / 100 + (i % 2) * 0.3))).toBe(0);
  });

  it('begin with a fall as well', () => {
    expect(countOf(30, 24, 25, 24)).toBe(1);
  });
});
