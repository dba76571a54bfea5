import { describe, expect, it } from 'vitest';
import { ALL_ZERO, absent, halError, rejected } from '../../../src/hal/drivers/errors.ts';
import type { HalErrorKind } from '../../../src/hal/ports.ts';
import { instant } from '../../../src/units.ts';

describe('a driver error', () => {
  it('names device, operation, kind and detail', () => {
    expect(halError('max31855', 'read', ALL_ZERO)).toEqual({
      kind: 'implausible',
      device: 'max31855',
      op: 'read',
      errno: null,
      transient: true,
      detail: 'all-zero',
    });
  });

  it.each<[HalErrorKind, boolean]>([
    ['nak', true],
    ['timeout', true],
    ['bus', true],
    ['pec', true],
    ['implausible', true],
    ['stale', true],
    ['busy', false],
    ['nodevice', false],
    ['permission', false],
    ['unsupported', false],
    ['sensorfault', false],
    ['config', false],
  ])('of kind %s has transient = %s', (kind, transient) => {
    expect(halError('d', 'read', rejected(kind, '')).transient).toBe(transient);
  });

  it('becomes a dated reading without a value', () => {
    const why = halError('d', 'read', ALL_ZERO);
    expect(absent(why, instant(7))).toEqual({ ok: false, why, at: 7 });
  });
});
