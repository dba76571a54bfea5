import { describe, expect, it } from 'vitest';
import { decimals } from '../../src/params/decimals.ts';

describe('a number for people', () => {
  it('has no sign where it rounds to nothing, and keeps it elsewhere', () => {
    expect([-0.0004, -0, 0.0004].map((value) => decimals(value, 3))).toEqual(['0.000', '0.000', '0.000']);
    expect([-0.0005001, -0.01, -10].map((value) => decimals(value, 3))).toEqual(['-0.001', '-0.010', '-10.000']);
    expect([-0.4, -0.6, -100].map((value) => decimals(value, 0))).toEqual(['0', '-1', '-100']);
  });
});
