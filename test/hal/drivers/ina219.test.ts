import { describe, expect, it } from 'vitest';
import { decodeIna219Bus, decodeIna219Current, Ina219, ina219Calibration } from '../../../src/hal/drivers/ina219.ts';
import { amps } from '../../../src/units.ts';
import { readAt, WordRegisters } from '../support/bench.ts';

const bench = () => {
  const port = new WordRegisters([
    [0x01, 0],
    [0x02, 0x0002],
    [0x05, 0],
  ]);
  const driver = new Ina219(port);
  return { port, read: (us: number) => readAt(driver, us) };
};

describe('the INA219 numbers', () => {
  it.each([
    [100e-6, 0.1, 4096],
    [1e-3, 0.1, 408],
    [20e-6, 0.1, 20_480],
  ])('with %d A a step and %d Ω need the calibration %i, bit 0 clear', (lsb, shunt, code) => {
    expect(ina219Calibration(amps(lsb), shunt)).toBe(code);
  });

  it.each([
    ['the largest calibration', 0.04096 / 65_534, 65_534],
    ['the smallest calibration', 0.02048, 2],
  ])('allow %s', (_name, lsb, code) => {
    expect(ina219Calibration(amps(lsb), 1)).toBe(code);
  });

  it.each([0.04096 / 65_536, 0.0205, 0, Number.NaN])('refuse a step of %d A at 1 Ω', (lsb) => {
    expect(() => ina219Calibration(amps(lsb), 1)).toThrow('calibration');
  });

  // Datasheet table 7: +320 mV is 7D00, −320 mV is 8300.
  it.each([
    [0x7d00, 3.2],
    [0x0001, 100e-6],
    [0x0000, 0],
    [0xffff, -100e-6],
    [0x8300, -3.2],
  ])('in the shunt word %i are %d A at 0.1 Ω', (code, current) => {
    expect(decodeIna219Current(code >> 8, code & 0xff, 0.1)).toBeCloseTo(current, 12);
  });

  it.each([
    [0x0000, 0, false, false],
    [0x0001, 0, false, true],
    [0x0002, 0, true, false],
    [0x0003, 0, true, true],
    [0x000a, 0.004, true, false],
    [0x5dc2, 12, true, false],
    [0xfa02, 32, true, false],
  ])('in the bus word %i are %d V, ready %s, overflow %s', (code, v, ready, overflow) => {
    const decoded = decodeIna219Bus(code >> 8, code & 0xff);
    expect(decoded).toEqual({ ok: true, value: { volts: expect.closeTo(v, 12), ready, overflow } });
  });

  it.each([
    [0xfa08, 'bus-range'],
    [0xfffe, 'bus-range'],
    [0xffff, 'all-one'],
  ])('are none in the bus word %i', (code, detail) => {
    expect(decodeIna219Bus(code >> 8, code & 0xff)).toEqual({ ok: false, kind: 'implausible', detail });
  });
});

describe('the INA219 driver', () => {
  it.each([0.001, 0.002, 0.005, 0.1, 1])('takes a shunt of %d Ω', (shuntOhm) => {
    const { port } = bench();
    const driver = new Ina219(port, { shuntOhm });
    readAt(driver, 0);
    expect(port.words.get(5)).toBe(4096);
  });

  it('writes calibration and configuration at the first reading', () => {
    const { port, read } = bench();
    expect(read(0)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'first-conversion' } });
    expect(port.written).toEqual([
      [0x05, 0x10, 0x00],
      [0x00, 0x39, 0x9f],
    ]);
  });

  it('waits for the ready flag', () => {
    const { port, read } = bench();
    read(0);
    port.words.set(2, 0x5dc0);
    expect(read(2000)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'first-conversion' } });
    port.words.set(2, 0x5dc2);
    expect(read(4000)).toMatchObject({ ok: true, at: 4000, value: { volts: 12 } });
  });

  it('reads the shunt and the bus word, and does not mind an overflow of the unused product', () => {
    const { port, read } = bench();
    read(0);
    port.words.set(1, 0x7d00).set(2, 0x5dc3);
    port.asked.length = 0;
    expect(read(2000)).toMatchObject({ ok: true, value: { amps: expect.closeTo(3.2, 9), volts: 12 } });
    expect(port.asked).toEqual([1, 2]);
  });

  it('marks a shunt at either end of ±320 mV as saturated, and one step inside not', () => {
    const { port, read } = bench();
    read(0);
    port.words.set(2, 0x5dc2);
    for (const [code, saturated] of [
      [32_000, true],
      [31_999, false],
      [-32_000, true],
      [-31_999, false],
    ] as const) {
      port.words.set(1, code & 0xffff);
      expect(read(2000), `${code}`).toMatchObject({ ok: true, value: { saturated } });
    }
  });

  it('never takes two words of zeros for a measurement', () => {
    const { port, read } = bench();
    read(0);
    port.words.set(2, 0);
    expect(read(2000).ok).toBe(false);
  });

  it('notices a reset by its calibration within 65 readings and recovers', () => {
    const { port, read } = bench();
    read(0);
    port.words.set(5, 0);
    const details: string[] = [];
    for (let i = 1; i <= 65; i += 1) {
      const reading = read(i * 2000);
      if (!reading.ok) details.push(reading.why.detail);
    }
    expect(details).toEqual(['config-lost']);
    read(200_000);
    for (let i = 0; i < 100; i += 1) expect(read(202_000 + i).ok).toBe(true);
  });

  it('refuses a chip that does not keep its calibration', () => {
    const { port, read } = bench();
    port.deaf = true;
    expect(read(0)).toMatchObject({ ok: false, why: { kind: 'config', detail: 'calibration' } });
  });

  it('refuses a stuck bus word', () => {
    const { port, read } = bench();
    read(0);
    port.words.set(2, 0xffff);
    expect(read(2000)).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'all-one' } });
  });
});
