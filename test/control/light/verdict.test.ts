import { describe, expect, it } from 'vitest';
import { Judge, type Seen } from '../../../src/control/light/verdict.ts';
import type { Verdict } from '../../../src/params/verdict.ts';

const at = (s: number | null, more: Partial<Seen> = {}): Seen => ({
  s,
  error: s === null ? null : 4e-4,
  g: s !== null && s > 0.001 ? 30 : 0,
  anchored: true,
  sight: null,
  vague: 'little-light',
  ...more,
});
const words = (...course: Seen[]): Verdict[] => {
  const judge = new Judge();
  return course.map((seen) => judge.take(seen).verdict);
};

describe('the verdict', () => {
  it('follows a film that un-mixes and is remixed', () => {
    expect(words(at(0), at(0.004), at(0.012), at(0.3), at(0.2), at(0.1), at(0.004), at(0))).toEqual([
      'MIXED',
      'DRIFTING',
      'SEGREGATING',
      'SEGREGATED',
      'RECOVERING',
      'RECOVERING',
      'DRIFTING',
      'MIXED',
    ]);
  });

  it('is never MIXED without an anchor, nor of what cannot be seen', () => {
    expect(words(at(0, { anchored: false }), at(null, { sight: 'saturated' }), at(0, { sight: 'no-signal' }))).toEqual([
      'CANNOT_SEE',
      'CANNOT_SEE',
      'CANNOT_SEE',
    ]);
    expect(words(at(0, { error: 0.02 }))).toEqual(['CANNOT_SEE']);
  });

  it('is an alarm without an anchor, too', () => {
    expect(words(at(0.05, { anchored: false }))).toEqual(['SEGREGATING']);
  });

  it('asks for more than noise', () => {
    expect(words(at(0.012, { error: 0.003 }))).toEqual(['DRIFTING']);
    expect(words(at(0.004, { g: 2 }))).toEqual(['MIXED']);
  });

  it('does not flutter at its limits', () => {
    expect(words(at(0.0101), at(0.0095), at(0.0101), at(0.009))).toEqual(Array(4).fill('SEGREGATING'));
    expect(words(at(0.251), at(0.249), at(0.251))).toEqual(Array(3).fill('SEGREGATED'));
  });

  it('calls no recovery what gets stuck, or rises again', () => {
    expect(words(at(0.4), at(0.2), at(0.25)).at(-1)).toBe('SEGREGATED');
    expect(words(at(0.4), at(0.2), ...Array<Seen>(40).fill(at(0.2))).at(-1)).not.toBe('RECOVERING');
  });

  it('raises the alarm within a cycle, and ends none', () => {
    const judge = new Judge();
    judge.take(at(0));
    expect(judge.glance({ s: 0.002, error: 4e-4 })).toBeNull();
    expect(judge.glance({ s: 0.02, error: 4e-4 })).toMatchObject({ verdict: 'SEGREGATING' });
    expect(judge.glance({ s: 0.002, error: 4e-4 })).toBeNull();
  });
});
