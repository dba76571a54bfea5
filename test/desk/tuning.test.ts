import { describe, expect, it } from 'vitest';
import { begin, confirm, endOf, revert, settingsOf, startTuning } from '../../src/desk/tuning.ts';
import { patchErrors } from '../../src/params/patch.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { instant } from '../../src/units.ts';

const START = startTuning(defaultSettings());
const MIXED = { verdict: 'MIXED' } as const;

describe('settings on trial', () => {
  it('are in force at once and gone when they are taken back', () => {
    const trying = begin(START, { 'pulse.onMs': 300 }, 'ann', { now: instant(10), until: instant(100), sight: MIXED });
    expect(settingsOf(trying)['pulse.onMs']).toBe(300);
    expect(settingsOf(revert(trying))).toEqual(defaultSettings());
    expect(revert(trying).confirmed).toEqual({});
    expect(revert(START)).toBe(START);
  });

  it('become the base only by a confirmation, one upon the other', () => {
    const first = confirm(
      begin(START, { 'pulse.onMs': 300 }, 'ann', { now: instant(10), until: instant(100), sight: MIXED }),
    );
    const second = confirm(
      begin(first, { 'pulse.periodMs': 6000 }, 'bob', { now: instant(10), until: instant(200), sight: MIXED }),
    );
    expect(settingsOf(second)).toMatchObject({ 'pulse.onMs': 300, 'pulse.periodMs': 6000 });
    expect(second.confirmed).toEqual({ 'pulse.onMs': 300, 'pulse.periodMs': 6000 });
    expect(confirm(START)).toBe(START);
  });

  it('have a revision that rises with every change of what is in force', () => {
    const trying = begin(START, { 'pulse.onMs': 300 }, 'ann', { now: instant(10), until: instant(100), sight: MIXED });
    expect([START.rev, trying.rev, revert(trying).rev, confirm(trying).rev]).toEqual([0, 1, 2, 2]);
  });

  it('end when their time is over, at that instant and not before, and with any trip', () => {
    const trying = begin(START, { 'pulse.onMs': 300 }, 'ann', { now: instant(10), until: instant(100), sight: MIXED });
    const mixed = { verdict: 'MIXED', since: instant(50) } as const;
    const calm = { tripped: false, sight: mixed };
    expect(endOf(trying, calm, instant(99))).toBeNull();
    expect(endOf(trying, calm, instant(100))).toBe('its time is over');
    expect(endOf(trying, { ...calm, tripped: true }, instant(1))).toBe('the bench tripped');
    const segregating = { verdict: 'SEGREGATING', since: instant(50) } as const;
    expect(endOf(trying, { ...calm, sight: segregating }, instant(60))).toContain('onset of segregation');
    expect(endOf(trying, { ...calm, sight: { ...segregating, since: instant(9) } }, instant(60))).toBeNull();
    expect(endOf(START, { tripped: true, sight: segregating }, instant(60))).toBeNull();
  });

  it('end where a film that was seen is out of sight for too long, and only then', () => {
    const time = { now: instant(10e6), until: instant(300e6) };
    const seen = begin(START, { 'pulse.onMs': 300 }, 'ann', { ...time, sight: MIXED });
    const blind = { tripped: false, sight: { verdict: 'CANNOT_SEE', since: instant(20e6) } } as const;
    expect(endOf(seen, blind, instant(60e6))).toBeNull();
    expect(endOf(seen, blind, instant(66e6))).toContain('no longer be seen');
    // Out of sight since long before: counted from the trial’s own beginning.
    const before = { ...blind, sight: { ...blind.sight, since: instant(0) } };
    expect(endOf(seen, before, instant(50e6))).toBeNull();
    for (const verdict of ['CANNOT_SEE', 'DARK'] as const) {
      const unseen = begin(START, { 'pulse.onMs': 300 }, 'ann', { ...time, sight: { verdict } });
      expect(endOf(unseen, blind, instant(200e6))).toBeNull();
    }
  });

  it('are judged with what is in force already: two patches that fit alone need not fit together', () => {
    const idle = { driven: false, recipes: [] };
    const longer = confirm(
      begin(START, { 'pulse.onMs': 2000 }, 'ann', { now: instant(10), until: instant(100), sight: MIXED }),
    );
    expect(patchErrors(longer.base, { 'pulse.periodMs': 3000 }, idle)).toHaveLength(1);
    expect(patchErrors(START.base, { 'pulse.periodMs': 3000 }, idle)).toEqual([]);
    expect(patchErrors(START.base, {}, idle)).toHaveLength(1);
  });

  it('get a suggestion for the first unknown keys only: looking for a near name is work', () => {
    const patch = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`pulse.onMs${i}`, 1]));
    const errors = patchErrors(START.base, patch, { driven: false, recipes: [] });
    expect(errors).toHaveLength(50);
    expect(errors.filter(({ allowed }) => allowed.includes('perhaps'))).toHaveLength(3);
  });
});
