import { describe, expect, it } from 'vitest';
import {
  decodeMax31855,
  Max31855,
  type Max31855Fields,
  max31855Fields,
  max31855Linearised,
} from '../../../src/hal/drivers/max31855.ts';
import type { SpiPort } from '../../../src/hal/ports.ts';
import { typeKMillivolts } from '../../../src/hal/standards/type-k.ts';
import { celsius } from '../../../src/units.ts';
import { readAt } from '../support/bench.ts';

const frame = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const withBits = (hex: string, bits: number): Uint8Array => {
  const word = (Number.parseInt(hex, 16) | bits) >>> 0;
  return frame(word.toString(16).padStart(8, '0'));
};
const cold = (sixteenths: number): Uint8Array => withBits('06400000', (sixteenths & 0xfff) << 4);

describe('the MAX31855 frame', () => {
  it.each<[string, number, number]>([
    ['64007F00', 1600, 127],
    ['3E806490', 1000, 100.5625],
    ['064C1900', 100.75, 25],
    ['01900000', 25, 0],
    ['0000FFF0', 0, -0.0625],
    ['FFFCFF00', -0.25, -1],
    ['FFF0EC00', -1, -20],
    ['F060C900', -250, -55],
  ])('%s of the datasheet holds %d °C and %d °C', (hex, hot, coldEnd) => {
    const expected: Max31855Fields = { raw: hot * 4, hotC: celsius(hot), coldC: celsius(coldEnd) };
    expect(max31855Fields(frame(hex))).toEqual(expected);
  });

  it.each<[string, number, number]>([
    ['064C1900', 100.75, 25],
    ['01900000', 25, 0],
    ['0000FFF0', 0, -0.0625],
    ['FFFCFF00', -0.25, -1],
    ['FFF0EC00', -1, -20],
  ])('%s is believed', (hex, hot, coldEnd) => {
    expect(decodeMax31855(frame(hex))).toEqual({
      ok: true,
      value: { celsius: hot, coldJunctionC: coldEnd, raw: hot * 4 },
    });
  });

  it.each(['64007F00', '3E806490', 'F060C900'])('%s is refused for its cold junction', (hex) => {
    expect(decodeMax31855(frame(hex))).toEqual({ ok: false, kind: 'implausible', detail: 'cold-junction' });
  });

  it('of zeros only is refused although it is a regular 0 °C', () => {
    expect(max31855Fields(frame('00000000'))).toMatchObject({ hotC: 0, coldC: 0 });
    expect(decodeMax31855(frame('00000000'))).toEqual({ ok: false, kind: 'implausible', detail: 'all-zero' });
  });

  it('of ones only is refused', () => {
    expect(decodeMax31855(frame('FFFFFFFF'))).toEqual({ ok: false, kind: 'implausible', detail: 'all-one' });
  });

  it.each([
    ['D17', 1 << 17],
    ['D3', 1 << 3],
  ])('with the reserved bit %s set is refused', (_name, bit) => {
    expect(decodeMax31855(withBits('064C1900', bit))).toEqual({
      ok: false,
      kind: 'implausible',
      detail: 'reserved-bits',
    });
  });

  it.each([
    ['D0 alone', 0x1, 'open'],
    ['D1 alone', 0x2, 'shortGnd'],
    ['D2 alone', 0x4, 'shortVcc'],
    ['D16 alone', 0x1_0000, 'flag'],
    ['D16 and D0', 0x1_0001, 'open'],
    ['D16 and D1', 0x1_0002, 'shortGnd'],
    ['D16 and D2', 0x1_0004, 'shortVcc'],
    ['D16 and all causes', 0x1_0007, 'open'],
  ])('with %s is a sensor fault', (_name, bits, detail) => {
    expect(decodeMax31855(withBits('064C1900', bits))).toEqual({ ok: false, kind: 'sensorfault', detail });
  });

  it.each([
    ['−20 °C', -320, true],
    ['one step below −20 °C', -321, false],
    ['85 °C', 1360, true],
    ['one step above 85 °C', 1361, false],
  ])('with the cold junction at %s has ok = %s', (_name, sixteenths, ok) => {
    expect(decodeMax31855(cold(sixteenths as number)).ok).toBe(ok);
  });
});

describe('the ITS-90 correction of the MAX31855', () => {
  it.each([-150, -50, -10, 0, 25, 31, 60, 100, 200, 400])('finds %d °C behind the straight line', (t) => {
    for (const end of [-20, 0, 25, 60]) {
      const seen = (typeKMillivolts(celsius(t)) - typeKMillivolts(celsius(end))) / 0.041276 + end;
      expect(Math.abs(max31855Linearised(celsius(seen), celsius(end))! - t)).toBeLessThan(1e-6);
    }
  });

  it('refuses a voltage that no type K couple gives', () => {
    expect(max31855Linearised(celsius(1400), celsius(25))).toBeNull();
    expect(max31855Linearised(celsius(-200), celsius(25))).toBeNull();
    expect(decodeMax31855(frame('60001900'), true)).toEqual({ ok: false, kind: 'sensorfault', detail: 'range' });
  });
});

describe('the MAX31855 driver', () => {
  const driverOn = (bytes: Uint8Array, options = {}) => {
    const sent: number[] = [];
    const port: SpiPort = {
      transfer(tx, rx, done) {
        sent.push(tx.length);
        rx.set(bytes);
        done(null);
      },
    };
    return { driver: new Max31855(port, options), sent };
  };
  const read = (driver: Max31855) => readAt(driver, 42);

  it('reads four bytes and corrects by ITS-90 unless told otherwise', () => {
    const { driver, sent } = driverOn(frame('03C01900'));
    const reading = read(driver);
    expect(sent).toEqual([4]);
    expect(reading).toMatchObject({ ok: true, at: 42, value: { coldJunctionC: 25, raw: 240 } });
    expect(reading.ok && reading.value.celsius).toBeCloseTo(60.2, 1);
  });

  it('passes the linear number on when asked to', () => {
    expect(read(driverOn(frame('03C01900'), { linearise: false }).driver)).toMatchObject({ value: { celsius: 60 } });
  });

  it('turns a bad frame into an error with the device name', () => {
    expect(read(driverOn(frame('00000000'), { device: 'plate' }).driver)).toEqual({
      ok: false,
      at: 42,
      why: { kind: 'implausible', device: 'plate', op: 'read', errno: null, transient: true, detail: 'all-zero' },
    });
  });

  // 06400000 is 100 °C; a step of 0.25 °C is 0004 0000, of the cold junction (1/16 °C) 0000 0010.
  it.each([
    ['the couple moves by 5 K', '06901900', true],
    ['the couple moves by 5.25 K', '06941900', false],
    ['the cold junction moves by 1.5 K', '06401A80', true],
    ['the cold junction moves by 1.5625 K', '06401A90', false],
  ])('when %s in one reading: %s is believed: %s; and what stays is believed', (_, next, believed) => {
    const bytes = frame('06401900');
    const { driver } = driverOn(bytes, { linearise: false });
    const at = (ms: number) => readAt(driver, ms * 1000);
    expect(at(0).ok).toBe(true);
    bytes.set(frame(next));
    const reading = at(100);
    expect(reading.ok).toBe(believed);
    if (!reading.ok) expect(reading.why).toMatchObject({ kind: 'implausible', detail: 'jump' });
    expect(at(200).ok).toBe(true);
  });

  it('does not compare with a frame of more than a second ago, nor with one that was no number', () => {
    const bytes = frame('06401900');
    const { driver } = driverOn(bytes, { linearise: false });
    const at = (ms: number) => readAt(driver, ms * 1000);
    at(0);
    bytes.set(frame('0C801900'));
    expect(at(1001).ok).toBe(true);
    bytes.set(frame('00000000'));
    expect(at(1100).ok).toBe(false);
    bytes.set(frame('0C801900'));
    expect(at(1200).ok).toBe(true);
  });

  it('reads more slowly than the longest conversion, 100 ms, even when a tick is 25 ms late and the next in time', () => {
    expect(driverOn(frame('00000000')).driver.intervalUs).toBeGreaterThan(125_000);
  });
});
