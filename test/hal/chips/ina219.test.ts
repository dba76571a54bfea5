import { describe, expect, it } from 'vitest';
import { Ina219 } from '../../../src/hal/drivers/ina219.ts';
import { Ina219Chip } from '../../../src/hal/sim/chips/ina219.ts';
import { amps, type Instant, instant, volts } from '../../../src/units.ts';
import { i2cPortTo, powerWorld, readAt, registersOf } from '../support/bench.ts';

const bench = () => {
  const { world, analogue } = powerWorld();
  const chip = new Ina219Chip(analogue);
  const driver = new Ina219(i2cPortTo(chip));
  const read = (us: number) => {
    world.now = us;
    return readAt(driver, us);
  };
  return { world, chip, read, ...registersOf(chip) };
};

describe('the INA219 chip', () => {
  it('powers up with the defaults of the datasheet', () => {
    const { word } = bench();
    expect([0, 1, 2, 3, 4, 5].map(word)).toEqual([0x399f, 0, 0, 0, 0, 0]);
  });

  it('does not acknowledge a register that it does not have', () => {
    const { chip, word } = bench();
    expect(word(6)).toBe(-1);
    expect(chip.write(Uint8Array.of(6, 0, 0))).toBe(false);
    expect(chip.write(new Uint8Array(0))).toBe(false);
  });

  it('keeps its pointer, and bit 0 of the calibration and bit 14 of the configuration stay 0', () => {
    const { chip, set, word } = bench();
    set(5, 0x1001);
    set(0, 0x799f);
    expect([word(5), word(0)]).toEqual([0x1000, 0x399f]);
    chip.write(Uint8Array.of(5));
    expect(chip.pointer).toBe(5);
    const into = new Uint8Array(2);
    chip.readAtPointer(into);
    expect([...into]).toEqual([0x10, 0x00]);
  });

  it('converts by itself in 1.064 ms and raises CNVR, which reading the power clears', () => {
    const { world, set, word } = bench();
    expect(word(2)).toBe(0);
    set(5, 4096);
    world.now = 1_063;
    expect(word(2)).toBe(0);
    world.now = 1_064;
    expect(word(2)).toBe((3_000 << 3) | 2);
    expect(word(1)).toBe(2_500);
    // 0.25 A in steps of 100 µA; 3 W in steps of 2 mW.
    expect(word(4)).toBe(2_500);
    expect(word(3)).toBe(1_500);
    expect(word(2)).toBe(3_000 << 3);
  });

  it.each([
    [0x219f, 4_000],
    [0x299f, 8_000],
    [0x319f, 16_000],
    [0x399f, 32_000],
  ])('with configuration %i clips the shunt at ±%i', (config, end) => {
    const { world, set, word } = bench();
    set(0, config);
    world.amps = 9;
    world.now = 1_064;
    expect(word(1)).toBe(end);
    world.amps = -9;
    world.now = 2_128;
    expect((word(1) << 16) >> 16).toBe(-end);
  });

  it.each([
    [0x199f, 4_000],
    [0x399f, 8_000],
  ])('with configuration %i clips the bus at %i', (config, end) => {
    const { world, set, word } = bench();
    set(0, config);
    world.volts = 60;
    world.now = 1_064;
    expect(word(2) >> 3).toBe(end);
    world.volts = -1;
    world.now = 2_128;
    expect(word(2) >> 3).toBe(0);
  });

  it.each([
    [0x3807, 168, 7],
    [0x388f, 296, 3],
    [0x3917, 552, 1],
    [0x399f, 1_064, 0],
    [0x3ccf, 2_120, 0],
  ])('with configuration %i takes %i µs and leaves the mask %i of low bits 0', (config, us, mask) => {
    const { world, set, word } = bench();
    world.amps = 0.2507;
    world.volts = 12.028;
    set(0, config);
    world.now = us - 1;
    expect(word(2) & 2).toBe(0);
    world.now = us;
    expect(word(2) & 2).toBe(2);
    expect(word(1)).toBe(2_507 & ~mask);
    expect(word(2) >> 3).toBe(3_007 & ~mask);
  });

  it('converts once when triggered and not at all when powered down', () => {
    const { world, set, word } = bench();
    set(0, 0x399b);
    world.now = 2_000;
    expect(word(1)).toBe(2_500);
    world.amps = 0.5;
    world.now = 9_000;
    expect(word(1)).toBe(2_500);
    set(0, 0x3998);
    world.now = 19_000;
    expect(word(1)).toBe(2_500);
  });

  it('raises OVF when its current overflows', () => {
    const { world, set, word } = bench();
    set(5, 0xfffe);
    world.amps = 3;
    world.now = 1_064;
    expect(word(2) & 1).toBe(1);
    expect(word(4)).toBe(0x7fff);
  });

  it('goes back to its defaults by the reset bit and by a power cycle', () => {
    const { chip, set, word } = bench();
    set(5, 100);
    set(0, 0x8000);
    expect([word(0), word(5)]).toEqual([0x399f, 0]);
    set(5, 100);
    chip.powerCycle();
    expect([word(0), word(5)]).toEqual([0x399f, 0]);
  });

  it('takes the mean of its own window, which ended before the reading and may straddle an edge', () => {
    // Current flows from 100 µs after the beginning of a cycle on; the conversions of the shunt last 532 µs and are followed by those of the bus.
    const cycle = 1064;
    const edge = 90 * cycle + 100;
    const flowing = (from: number, to: number): number => (0.4 * Math.max(0, to - Math.max(from, edge))) / (to - from);
    let now = 0;
    const analogue = {
      now: () => instant(now),
      amps: (from: Instant, to: Instant) => amps(flowing(from, to)),
      volts: () => volts(5),
    };
    const chip = new Ina219Chip(analogue);
    const { word } = registersOf(chip);
    const step = 1e-4;
    word(1);
    // The window of the shunt in which the current begins: it ends before the conversion of the bus.
    const start = cycle * Math.floor(edge / cycle);
    const share = Math.max(0, start + 532 - Math.max(edge, start)) / 532;
    now = start + cycle - 1;
    expect(word(1)).toBe(0);
    now = start + cycle;
    expect(word(1)).toBe(Math.round((0.4 * share) / step));
    // Long after, as soon as anybody asks, it is the newest that ended and not the present.
    now = start + 2 * cycle;
    expect(word(1)).toBe(Math.round(0.4 / step));
  });
});

describe('the INA219 driver on its chip', () => {
  it('is stale until the chip is ready, then right', () => {
    const { read } = bench();
    expect(read(0)).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(read(1_000)).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(read(2_000)).toMatchObject({
      ok: true,
      value: { amps: expect.closeTo(0.25, 9), volts: expect.closeTo(12, 9) },
    });
  });

  it.each([-3.1, -0.0001, 0, 0.3333, 3.19])('finds %d A to half a step', (current) => {
    const { world, read } = bench();
    world.amps = current;
    read(0);
    const reading = read(2_000);
    expect(reading.ok && Math.abs(reading.value.amps - current)).toBeLessThanOrEqual(50.001e-6);
  });

  it('shows an over-current as the end of its range', () => {
    const { world, read } = bench();
    world.amps = 7;
    read(0);
    expect(read(2_000)).toMatchObject({ ok: true, value: { amps: expect.closeTo(3.2, 9) } });
  });

  it('sees the current through a power cycle and then calibrates the chip again', () => {
    const { chip, read, word } = bench();
    read(0);
    read(2_000);
    chip.powerCycle();
    const details = new Set<string>();
    for (let us = 10_000; us <= 700_000; us += 10_000) {
      const reading = read(us);
      if (reading.ok) expect(reading.value.amps).toBeCloseTo(0.25, 9);
      else details.add(reading.why.detail);
    }
    expect([...details]).toEqual(['config-lost', 'first-conversion']);
    expect(word(5)).toBe(4096);
  });

  it('repeats itself when the chip is frozen', () => {
    const { world, chip, read } = bench();
    read(0);
    read(2_000);
    chip.frozen = true;
    world.amps = 0;
    expect(read(9_000)).toMatchObject({ ok: true, value: { amps: expect.closeTo(0.25, 9) } });
  });
});
