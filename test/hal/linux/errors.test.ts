import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { errnoOf, HalOpenError, halErrorFrom, kindOfErrno, openError } from '../../../src/hal/linux/errors.ts';
import type { HalErrorKind } from '../../../src/hal/ports.ts';

const KINDS: readonly (readonly [errno: number, kind: HalErrorKind, transient: boolean])[] = [
  [1, 'permission', false],
  [2, 'nodevice', false],
  [5, 'bus', true],
  [6, 'nak', true],
  [9, 'bus', true],
  [11, 'bus', true],
  [12, 'bus', true],
  [13, 'permission', false],
  [16, 'busy', false],
  [19, 'nodevice', false],
  [22, 'unsupported', false],
  [24, 'bus', true],
  [25, 'unsupported', false],
  [38, 'unsupported', false],
  [62, 'timeout', true],
  [71, 'bus', true],
  [74, 'pec', true],
  [90, 'unsupported', false],
  [95, 'unsupported', false],
  [108, 'nodevice', false],
  [110, 'timeout', true],
  [121, 'nak', true],
];

describe('an errno', () => {
  it.each(KINDS)('%i is %s, transient %s, with either sign', (errno, kind, transient) => {
    expect(kindOfErrno(errno)).toBe(kind);
    expect(kindOfErrno(-errno)).toBe(kind);
    for (const signed of [errno, -errno])
      expect(halErrorFrom({ errno: signed }, 'i2c-1 0x5a', 'readBlock')).toMatchObject({ kind, transient, errno });
  });

  it('that nobody has heard of is a fault of the bus', () => {
    expect(kindOfErrno(4095)).toBe('bus');
  });

  it('has the numbers of this kernel', () => {
    const { errno } = constants;
    expect([errno.ENXIO, errno.EBADMSG, errno.EOPNOTSUPP, errno.ETIMEDOUT, errno.ETIME, errno.EPROTO]).toEqual([
      6, 74, 95, 110, 62, 71,
    ]);
  });

  it('is found in what the modules throw, and is null in anything else', () => {
    expect(errnoOf(Object.assign(new Error(''), { code: '', errno: 121 }))).toBe(121);
    expect(errnoOf(Object.assign(new Error('Unknown system error -74'), { errno: -74 }))).toBe(74);
    for (const nothing of [null, undefined, 'text', {}, { errno: 'x' }, { errno: 0 }, { errno: 1.5 }, new Error('x')])
      expect(errnoOf(nothing)).toBeNull();
  });
});

describe('an error without an errno', () => {
  it('is a fault of the bus and keeps its words', () => {
    expect(halErrorFrom(new Error('odd'), 'spidev0.0', 'transfer')).toEqual({
      kind: 'bus',
      device: 'spidev0.0',
      op: 'transfer',
      errno: null,
      transient: true,
      detail: 'odd',
    });
  });
});

describe('an opening that failed', () => {
  it.each([
    [2, 'I2C_MISSING'],
    [13, 'I2C_PERMISSION'],
    [16, 'I2C_BUSY'],
    [22, 'I2C_REFUSED'],
    [5, 'I2C_FAILED'],
  ])('with errno %i has the code %s, a cause and a remedy', (errno, code) => {
    const why = openError(Object.assign(new Error('words'), { errno: -errno }), 'I2C', 'i2c.bus', '/dev/i2c-1');
    expect(why).toBeInstanceOf(HalOpenError);
    expect(why.code).toBe(code);
    expect(why.cause).toContain('/dev/i2c-1');
    expect(why.cause).toContain('words');
    expect(why.remedy.length).toBeGreaterThan(10);
    expect(why.message).toContain(why.remedy);
  });

  it('stays the error that it already is', () => {
    const first = new HalOpenError('A', 'b', 'c', 'd');
    expect(openError(first, 'I2C', 'i2c.bus', '/dev/i2c-1')).toBe(first);
  });
});
