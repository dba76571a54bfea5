import { describe, expect, it } from 'vitest';
import { Ina226 } from '../../../src/hal/drivers/ina226.ts';
import { Ina226Chip } from '../../../src/hal/sim/chips/ina226.ts';
import { amps, type Instant, instant, volts } from '../../../src/units.ts';
import { i2cPortTo, powerWorld, readAt, registersOf } from '../support/bench.ts';

const bench = (options = {}) => {
  const { world, analogue } = powerWorld();
  const chip = new Ina226Chip(analogue);
  const driver = new Ina226(i2cPortTo(chip), options);
  const read = (us: number) => {
    world.now = us;
    return readAt(driver, us);
  };
  return { world, chip, read, ...registersOf(chip) };
};

describe('the INA226 chip', () => {
  it('powers up with the defaults of the datasheet', () => {
    const { word } = bench();
    expect([0, 1, 2, 3, 4, 5, 6, 7, 0xfe, 0xff].map(word)).toEqual([0x4127, 0, 0, 0, 0, 0, 0, 0, 0x5449, 0x2260]);
  });

  it('does not acknowledge a register that it does not have', () => {
    const { chip, word } = bench();
    expect([8, 0x10, 0xfd].map(word)).toEqual([-1, -1, -1]);
    expect(chip.write(Uint8Array.of(8, 0, 0))).toBe(false);
    expect(chip.write(new Uint8Array(0))).toBe(false);
  });

  it('keeps its pointer and ignores writes to results and identity', () => {
    const { chip, set, word } = bench();
    expect(chip.write(Uint8Array.of(0xfe))).toBe(true);
    expect(chip.pointer).toBe(0xfe);
    const into = new Uint8Array(2);
    chip.readAtPointer(into);
    expect([...into]).toEqual([0x54, 0x49]);
    expect(set(1, 0x1234) && set(0xff, 0x1234)).toBe(true);
    expect([1, 0xff].map(word)).toEqual([0, 0x2260]);
    expect(registersOf(new Ina226Chip(powerWorld().analogue, { revision: 3 })).word(0xff)).toBe(0x2263);
  });

  it('converts shunt and bus for 2.2 ms after power-up, without any configuration', () => {
    const { world, word } = bench();
    expect(word(1)).toBe(0);
    world.now = 2_199;
    expect(word(1)).toBe(0);
    world.now = 2_200;
    expect([word(1), word(2)]).toEqual([10_000, 9_600]);
  });

  it('has current and power 0 without a calibration, and right ones with it', () => {
    const { world, set, word } = bench();
    word(0);
    world.now = 2_200;
    expect([word(3), word(4)]).toEqual([0, 0]);
    set(5, 2048);
    world.now = 4_400;
    // 0.25 A in steps of 25 µA; 3 W in steps of 25 times that.
    expect([word(4), word(3)]).toEqual([10_000, 4_800]);
  });

  it.each([
    [0x4097, 664],
    [0x4007, 280],
    [0x4207, 1_120],
    [0x4095, 332],
    [0x4096, 332],
  ])('takes with configuration %i its %i µs', (config, us) => {
    const { world, set, word } = bench();
    set(0, config);
    expect(word(6) & 8).toBe(0);
    world.now = us - 1;
    expect(word(6) & 8).toBe(0);
    world.now = us;
    expect(word(6) & 8).toBe(8);
    expect(word(6) & 8).toBe(0);
  });

  it('converts once when triggered and not at all when powered down', () => {
    const { world, set, word } = bench();
    set(0, 0x4093);
    world.now = 664;
    expect(word(1)).toBe(10_000);
    world.amps = 0.5;
    world.now = 10_000;
    expect(word(1)).toBe(10_000);
    set(0, 0x4090);
    world.now = 20_000;
    expect(word(1)).toBe(10_000);
  });

  it('saturates at its real full scale', () => {
    const { world, word } = bench();
    word(0);
    world.amps = 5;
    world.volts = 60;
    world.now = 2_200;
    expect([word(1), word(2)]).toEqual([0x7fff, 0x7fff]);
    world.amps = -5;
    world.volts = -1;
    world.now = 4_400;
    expect([word(1), word(2)]).toEqual([0x8000, 0]);
  });

  it('says so when its current overflows', () => {
    const { world, set, word } = bench();
    set(5, 0x7fff);
    world.now = 2_200;
    expect(word(4)).toBe(0x7fff);
    expect(word(6) & 4).toBe(4);
  });

  it('goes back to its defaults by the reset bit and by a power cycle', () => {
    const { chip, set, word } = bench();
    set(5, 100);
    set(0, 0x4097);
    expect(word(0)).toBe(0x4097);
    set(0, 0x8000);
    expect([word(0), word(5)]).toEqual([0x4127, 0]);
    set(5, 100);
    chip.powerCycle();
    expect([word(0), word(5)]).toEqual([0x4127, 0]);
  });

  it.each([
    ['shunt over', 0x8000, 9_999, 10_000],
    ['shunt under', 0x4000, 10_001, 10_000],
    ['bus over', 0x2000, 9_599, 9_600],
    ['bus under', 0x1000, 9_601, 9_600],
    ['power over', 0x0800, 4_799, 4_800],
  ])('pulls ALERT for %s just beyond the limit', (_name, mask, beyond, within) => {
    for (const [limit, expected] of [
      [beyond, true],
      [within, false],
    ] as const) {
      const { world, chip, set } = bench();
      set(5, 2048);
      set(6, mask);
      set(7, limit);
      world.now = 2_200;
      expect(chip.alert).toBe(expected);
    }
  });

  it('holds a latched alert until it is read', () => {
    const { world, chip, set, word } = bench();
    set(7, 5_000);
    set(6, 0x8001);
    world.now = 2_200;
    expect(chip.alert).toBe(true);
    world.amps = 0;
    world.now = 4_400;
    expect(chip.alert).toBe(true);
    expect(word(6) & 0x10).toBe(0x10);
    expect(chip.alert).toBe(false);
  });

  it('lets an alert that is not latched go, and can signal a finished conversion', () => {
    const { world, chip, set } = bench();
    set(7, 5_000);
    set(6, 0x8000);
    world.now = 2_200;
    expect(chip.alert).toBe(true);
    world.amps = 0;
    world.now = 4_400;
    expect(chip.alert).toBe(false);
    set(6, 0x0400);
    expect(chip.alert).toBe(true);
  });

  it('takes the mean of its own window, which ended before the reading and may straddle an edge', () => {
    // Current flows from 100 µs after the beginning of a cycle on; the conversions of the shunt last 1100 µs and are followed by those of the bus.
    const cycle = 2200;
    const edge = 90 * cycle + 100;
    const flowing = (from: number, to: number): number => (0.4 * Math.max(0, to - Math.max(from, edge))) / (to - from);
    let now = 0;
    const analogue = {
      now: () => instant(now),
      amps: (from: Instant, to: Instant) => amps(flowing(from, to)),
      volts: () => volts(5),
    };
    const chip = new Ina226Chip(analogue);
    const { word } = registersOf(chip);
    const step = 2.5e-5;
    word(1);
    // The window of the shunt in which the current begins: it ends before the conversion of the bus.
    const start = cycle * Math.floor(edge / cycle);
    const share = Math.max(0, start + 1100 - Math.max(edge, start)) / 1100;
    now = start + cycle - 1;
    expect(word(1)).toBe(0);
    now = start + cycle;
    expect(word(1)).toBe(Math.round((0.4 * share) / step));
    // Long after, as soon as anybody asks, it is the newest that ended and not the present.
    now = start + 2 * cycle;
    expect(word(1)).toBe(Math.round(0.4 / step));
  });
});

describe('the INA226 driver on its chip', () => {
  it('is stale once, then right', () => {
    const { read } = bench();
    expect(read(0)).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(read(1_000)).toMatchObject({
      ok: true,
      value: { amps: expect.closeTo(0.25, 9), volts: expect.closeTo(12, 9) },
    });
  });

  it.each([-0.8, -0.0001, 0, 0.00002, 0.3333, 0.8191])('finds %d A to half a step', (current) => {
    const { world, read } = bench();
    world.amps = current;
    read(0);
    const reading = read(1_000);
    expect(reading.ok && Math.abs(reading.value.amps - current)).toBeLessThanOrEqual(12.5001e-6);
  });

  it('follows a pulse that ended before the last conversion', () => {
    const { world, read } = bench();
    read(0);
    expect(read(10_000)).toMatchObject({ ok: true, value: { amps: expect.closeTo(0.25, 9) } });
    world.amps = 0;
    expect(read(20_000)).toMatchObject({ ok: true, value: { amps: 0 } });
  });

  it('shows an over-current as the end of its range', () => {
    const { world, read } = bench();
    world.amps = 2;
    read(0);
    expect(read(1_000)).toMatchObject({ ok: true, value: { amps: expect.closeTo(0.819175, 9) } });
  });

  it('sees the current through a power cycle and then sets the chip up again', () => {
    const { chip, read, word } = bench();
    read(0);
    read(1_000);
    chip.powerCycle();
    expect(word(5)).toBe(0);
    const details = new Set<string>();
    for (let us = 10_000; us <= 660_000; us += 10_000) {
      const reading = read(us);
      if (reading.ok) expect(reading.value.amps).toBeCloseTo(0.25, 9);
      else details.add(reading.why.detail);
    }
    expect([...details]).toEqual(['config-lost', 'first-conversion']);
    expect(word(5)).toBe(2048);
  });

  it('makes the chip trip by itself above the alert current', () => {
    const { world, chip, read } = bench({ alertAmps: amps(0.5) });
    read(0);
    read(1_000);
    expect(chip.alert).toBe(false);
    world.amps = 0.51;
    world.now = 2_000;
    expect(chip.alert).toBe(true);
  });

  it('repeats itself when the chip is frozen', () => {
    const { world, chip, read } = bench();
    read(0);
    read(1_000);
    chip.frozen = true;
    world.amps = 0;
    expect(read(5_000)).toMatchObject({ ok: true, value: { amps: expect.closeTo(0.25, 9) } });
  });
});
