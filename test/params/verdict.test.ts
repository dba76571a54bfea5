import { describe, expect, it } from 'vitest';
import { verdictText } from '../../src/params/verdict.ts';
import { instant } from '../../src/units.ts';

const view = { since: instant(0), cycle: 1, anchored: true, leak: 0.006, darkV: 0 } as const;

describe('the verdict for people', () => {
  it.each([
    [-3e-6, '0.00'],
    [-4e-4, '-0.04'],
    [4.6e-5, '0.00'],
    [0.0123, '1.23'],
  ])('a share of %d is %s per cent', (segregated, shown) => {
    expect(verdictText({ ...view, verdict: 'MIXED', sight: null, segregated, error: 3e-4 })).toBe(
      `MIXED · ${shown} ± 0.03 % segregated`,
    );
  });

  it('says why, where there is no share', () => {
    const text = verdictText({ ...view, verdict: 'CANNOT_SEE', sight: 'saturated', segregated: null, error: null });
    expect(text).toBe('CANNOT_SEE · A photodiode is saturated.');
  });
});
