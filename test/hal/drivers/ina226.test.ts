import { describe, expect, it } from 'vitest';
import {
  decodeIna226Bus,
  decodeIna226Current,
  INA226_CONFIG,
  Ina226,
  ina226Calibration,
} from '../../../src/hal/drivers/ina226.ts';
import { amps } from '../../../src/units.ts';
import { readAt, WordRegisters } from '../support/bench.ts';

const bench = (options = {}) => {
  const port = new WordRegisters([
    [0x00, 0x4127],
    [0x01, 0],
    [0x02, 0],
    [0x05, 0],
    [0xfe, 0x5449],
    [0xff, 0x2260],
  ]);
  const driver = new Ina226(port, options);
  return { port, read: (us: number) => readAt(driver, us) };
};

describe('the INA226 numbers', () => {
  it.each([
    [25e-6, 0.1, 2048],
    [1e-3, 0.002, 2560],
    [1e-3, 0.1, 51],
    [100e-6, 0.1, 512],
  ])('with %d A a step and %d Ω need the calibration %i', (lsb, shunt, code) => {
    expect(ina226Calibration(amps(lsb), shunt)).toBe(code);
  });

  it.each([
    ['the largest calibration', 0.00512 / 32_767, 32_767],
    ['the smallest calibration', 0.00512, 1],
  ])('allow %s', (_name, lsb, code) => {
    expect(ina226Calibration(amps(lsb), 1)).toBe(code);
  });

  it.each([
    ['0.00512 / 32768', 0.00512 / 32_768],
    ['0.0052', 0.0052],
    ['0', 0],
    ['NaN', Number.NaN],
  ])('refuse a step of %s A at 1 Ω', (_name, lsb) => {
    expect(() => ina226Calibration(amps(lsb), 1)).toThrow('calibration');
  });

  it.each([
    [0x0000, 0],
    [0x0001, 25e-6],
    [0x2710, 0.25],
    [0x7fff, 0.819175],
    [0x8000, -0.8192],
    [0xffff, -25e-6],
    [0xd8f0, -0.25],
  ])('in the shunt word %i are %d A at 0.1 Ω', (code, current) => {
    expect(decodeIna226Current(code >> 8, code & 0xff, 0.1)).toBeCloseTo(current, 12);
  });

  it.each([
    [0x0000, 0],
    [0x0001, 0.00125],
    [0x2580, 12],
    [0x7fff, 40.95875],
  ])('in the bus word %i are %d V', (code, v) => {
    const decoded = decodeIna226Bus(code >> 8, code & 0xff);
    expect(decoded.ok && decoded.value).toBeCloseTo(v, 12);
  });

  it.each([
    [0x8000, 'reserved-bits'],
    [0xfffe, 'reserved-bits'],
    [0xffff, 'all-one'],
  ])('are none in the bus word %i', (code, detail) => {
    expect(decodeIna226Bus(code >> 8, code & 0xff)).toEqual({ ok: false, kind: 'implausible', detail });
  });
});

describe('the INA226 driver', () => {
  it.each([0.001, 0.002, 0.005, 0.1, 1])('takes a shunt of %d Ω', (shuntOhm) => {
    const { port } = bench();
    const driver = new Ina226(port, { shuntOhm });
    readAt(driver, 0);
    expect(port.words.get(5)).toBe(2048);
  });

  it('checks the identity, writes calibration and configuration, and waits for the first conversion', () => {
    const { port, read } = bench();
    expect(read(0)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'first-conversion' } });
    expect(port.asked).toEqual([0xfe, 0xff, 0x05]);
    expect(port.written).toEqual([
      [0x05, 0x08, 0x00],
      [0x00, 0x40, 0x97],
    ]);
    expect(INA226_CONFIG).toBe(0x4097);
    expect(read(739)).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(read(740)).toEqual({ ok: true, at: 740, value: { amps: 0, volts: 0, saturated: false } });
  });

  it('reads the shunt and the bus word, two transfers', () => {
    const { port, read } = bench();
    read(0);
    port.words.set(1, 0x2710).set(2, 0x2580);
    port.asked.length = 0;
    const reading = read(1000);
    expect(port.asked).toEqual([1, 2]);
    expect(reading.ok && reading.value.amps).toBeCloseTo(0.25, 12);
    expect(reading.ok && reading.value.volts).toBeCloseTo(12, 12);
  });

  it('returns a saturated shunt as the over-current that it is', () => {
    const { port, read } = bench();
    read(0);
    for (const [word, amps, saturated] of [
      [0x7fff, 0.819175, true],
      [0x7ffe, 0.81915, false],
      [0x8000, -0.8192, true],
      [0x8001, -0.819175, false],
    ] as const) {
      port.words.set(1, word);
      expect(read(1000)).toMatchObject({ ok: true, value: { amps: expect.closeTo(amps, 9), saturated } });
    }
  });

  it('still sees the current after a reset that cleared the calibration, and notices the reset', () => {
    const { port, read } = bench();
    read(0);
    port.words.set(5, 0).set(1, 0x2710);
    let current = 0;
    let lost = 0;
    for (let i = 1; i <= 65; i += 1) {
      const reading = read(i * 1000);
      if (reading.ok) current += 1;
      else if (reading.why.detail === 'config-lost') lost += 1;
    }
    expect([current, lost]).toEqual([64, 1]);
    expect(read(70_000)).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(port.words.get(5)).toBe(2048);
    expect(read(71_000)).toMatchObject({ ok: true });
  });

  it('goes on after a look at an intact calibration', () => {
    const { read } = bench();
    read(0);
    for (let i = 1; i <= 200; i += 1) expect(read(i * 1000).ok).toBe(true);
  });

  it.each([
    [0x5449, 0x2260],
    [0x5449, 0x2261],
    [0x5449, 0x226f],
  ])('takes every revision of the die: %i, %i', (maker, die) => {
    const { port, read } = bench();
    port.words.set(0xfe, maker).set(0xff, die);
    expect(read(0)).toMatchObject({ why: { kind: 'stale' } });
    expect(read(1000).ok).toBe(true);
  });

  const EXPECTED = 'expected 0x5449 and 0x2260';
  it.each([
    [0x5449, 0x2270, 'unsupported', `answered with 0x5449 and 0x2270, ${EXPECTED}`],
    [0x5448, 0x2260, 'unsupported', `answered with 0x5448 and 0x2260, ${EXPECTED}`],
    [0x190f, 0x0000, 'unsupported', `a Silergy SQ52201 answered with 0x190F and 0x0000, ${EXPECTED}`],
    [0x0000, 0x0000, 'implausible', 'all-zero'],
    [0xffff, 0xffff, 'implausible', 'all-one'],
  ])('says what answered instead: %i, %i', (maker, die, kind, detail) => {
    const { port, read } = bench();
    port.words.set(0xfe, maker).set(0xff, die);
    expect(read(0)).toMatchObject({ ok: false, why: { kind, detail, op: 'identify' } });
    expect(port.written).toEqual([]);
  });

  it('refuses a chip that does not keep its calibration', () => {
    const { port, read } = bench();
    port.deaf = true;
    expect(read(0)).toMatchObject({ ok: false, why: { kind: 'config', detail: 'calibration' } });
    port.deaf = false;
    read(1000);
    expect(read(2000)).toMatchObject({ ok: true });
  });

  it('arms the latched alert when given a current', () => {
    const { port, read } = bench({ alertAmps: amps(0.5) });
    read(0);
    expect(port.words.get(7)).toBe(20_000);
    expect(port.words.get(6)).toBe(0x8001);
  });

  it.each([0, 0.82, -1])('refuses %d A as an alert, the shunt cannot measure it', (limit) => {
    expect(() => bench({ alertAmps: amps(limit) })).toThrow('alert');
  });

  it('refuses a stuck bus word', () => {
    const { port, read } = bench();
    read(0);
    port.words.set(2, 0xffff);
    expect(read(1000)).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'all-one' } });
  });
});
