import { describe, expect, it } from 'vitest';
import { Ads1115, ads1115Config } from '../../../src/hal/drivers/ads1115.ts';
import { Ads1115Chip } from '../../../src/hal/sim/chips/ads1115.ts';
import { instant, millis, volts } from '../../../src/units.ts';
import { INPUTS, i2cPortTo, readAt, registersOf } from '../support/bench.ts';

const bench = (supplyV = volts(5)) => {
  const world = { now: 0, volts: [1, 2, 3, 0.5], overUs: 0 };
  const analogue = {
    now: () => instant(world.now),
    volts: (channel: number, overUs?: number) => {
      world.overUs = overUs ?? 0;
      return volts(world.volts[channel]!);
    },
  };
  const chip = new Ads1115Chip(analogue, { supplyV });
  const driver = new Ads1115(i2cPortTo(chip), { inputs: INPUTS, supplyV: volts(Math.min(5, supplyV)) });
  const read = () => {
    world.now += 10_000;
    return readAt(driver, world.now);
  };
  return { world, chip, read, ...registersOf(chip) };
};

describe('the ADS1115 chip', () => {
  it('powers up with the defaults of the datasheet', () => {
    const { word } = bench();
    expect([0, 1, 2, 3].map(word)).toEqual([0x0000, 0x8583, 0x8000, 0x7fff]);
  });

  it('does not acknowledge a register that it does not have', () => {
    const { chip, word } = bench();
    expect(word(4)).toBe(-1);
    expect(chip.write(Uint8Array.of(4, 0, 0))).toBe(false);
    expect(chip.write(new Uint8Array(0))).toBe(false);
  });

  it('keeps its pointer between a write of one byte and a plain read', () => {
    const { chip } = bench();
    expect(chip.write(Uint8Array.of(1))).toBe(true);
    expect(chip.pointer).toBe(1);
    const into = new Uint8Array(4);
    chip.readAtPointer(into);
    expect([...into]).toEqual([0x85, 0x83, 0x85, 0x83]);
  });

  it('stores thresholds and ignores a write to the conversion register', () => {
    const { set, word } = bench();
    set(2, 0x1234);
    set(3, 0x4321);
    set(0, 0x5555);
    expect([0, 2, 3].map(word)).toEqual([0, 0x1234, 0x4321]);
  });

  it('is busy for one conversion time and keeps the old result meanwhile', () => {
    const { world, set, word } = bench();
    set(1, ads1115Config(1));
    expect(word(1)).toBe(ads1115Config(1) & 0x7fff);
    world.now = 1_245;
    expect(word(1) & 0x8000).toBe(0);
    expect(word(0)).toBe(0);
    world.now = 1_246;
    expect(word(1)).toBe(ads1115Config(1));
    expect(word(0)).toBe(16_000);
  });

  it('takes the input when the conversion is started', () => {
    const { world, set, word } = bench();
    set(1, ads1115Config(0));
    world.volts[0] = 4;
    world.now = millis(10);
    expect(word(0)).toBe(8_000);
  });

  it.each([
    [860, 7, 1_221],
    [64, 3, 16_406],
    [8, 0, 131_250],
  ])('integrates at %i conversions per second with a slow oscillator', (_rate, code, overUs) => {
    const { world, set } = bench();
    set(1, ads1115Config(0, code));
    expect(world.overUs).toBeCloseTo(overUs, -1);
  });

  it('does not start without the OS bit', () => {
    const { world, set, word } = bench();
    set(1, ads1115Config(0) & 0x7fff);
    expect(word(1)).toBe(ads1115Config(0));
    world.now = millis(10);
    expect(word(0)).toBe(0);
  });

  it.each([
    [0, -1],
    [1, 0.5],
    [2, 1.5],
    [3, 2.5],
    [4, 1],
    [5, 2],
    [6, 3],
    [7, 0.5],
  ])('has the input pair %i', (mux, v) => {
    const { world, set, word } = bench();
    set(1, 0x83e3 | (mux << 12));
    world.now = millis(10);
    expect((word(0) << 16) >> 16).toBe(Math.round((v / 4.096) * 0x8000));
  });

  it.each([
    [0, 6.144],
    [1, 4.096],
    [2, 2.048],
    [3, 1.024],
    [4, 0.512],
    [5, 0.256],
    [7, 0.256],
  ])('has the gain setting %i and saturates at its ends', (pga, full) => {
    // 6.144 V is the end of the number format only: no supply is that high.
    const { world, set, word } = bench(volts(7));
    world.volts = [full / 2, full * 1.01, 0, 0];
    const config = 0xc1e3 | (pga << 9);
    set(1, config);
    world.now = millis(10);
    expect(word(0)).toBe(0x4000);
    set(1, config | 0x1000);
    world.now = millis(20);
    expect(word(0)).toBe(0x7fff);
    world.volts[1] = -full * 1.01;
    set(1, config | 0x1000);
    world.now = millis(30);
    expect(word(0)).toBe(0x8000);
  });

  it('converts again and again in continuous mode, at its rate', () => {
    const { world, set, word } = bench();
    set(1, 0x4283);
    world.now = 8_228;
    expect(word(0)).toBe(0);
    world.now = 8_229;
    expect(word(0)).toBe(8_000);
    world.volts[0] = 2;
    world.now = 16_430;
    expect(word(0)).toBe(8_000);
    world.now = 16_435;
    expect(word(0)).toBe(16_000);
  });

  it('forgets everything at a power cycle', () => {
    const { world, chip, set, word } = bench();
    set(1, ads1115Config(0));
    world.now = millis(10);
    word(0);
    chip.powerCycle();
    expect([0, 1].map(word)).toEqual([0, 0x8583]);
  });
});

describe('the ADS1115 driver on its chip', () => {
  it('scans four channels in five readings', () => {
    const { read } = bench();
    for (let i = 0; i < 4; i += 1) expect(read()).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(read()).toEqual({
      ok: true,
      at: 50_000,
      value: {
        green: 1,
        red: 2,
        broadband: 3,
        reference: 0.5,
        full: 4.096,
        takenAt: { green: 10_000, red: 20_000, broadband: 30_000, reference: 40_000 },
      },
    });
  });

  it('finds small negative and saturated voltages', () => {
    const { world, read } = bench();
    world.volts = [-0.01, 0, 5, 0.000125];
    for (let i = 0; i < 4; i += 1) read();
    expect(read()).toMatchObject({ value: { green: -0.01, red: 0, broadband: 4.095875, reference: 0.000125 } });
  });

  it('shows an amplifier at its rail as the end of the range: the supply, not the number format', () => {
    for (const [supplyV, full, code] of [
      [3.3, 3.3, 26_400],
      [2.7, 2.7, 21_600],
      [5, 4.096, 0x7fff],
    ] as const) {
      const { world, word, read } = bench(volts(supplyV));
      world.volts = [0, 10, 0, 0];
      for (let i = 0; i < 4; i += 1) read();
      const reading = read();
      expect(reading).toMatchObject({ ok: true, value: { full, red: expect.closeTo(full, 3) } });
      expect(reading.ok && reading.value.red).toBeGreaterThan(0.98 * full);
      // The fifth reading started channel 0 again, the second showed this code.
      world.volts = [10, 10, 10, 10];
      for (let i = 0; i < 5; i += 1) read();
      expect(word(0)).toBe(code);
    }
  });

  it('notices a power cycle and recovers', () => {
    const { chip, read } = bench();
    for (let i = 0; i < 5; i += 1) read();
    chip.powerCycle();
    expect(read()).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'config-lost' } });
    for (let i = 0; i < 3; i += 1) expect(read().ok).toBe(false);
    expect(read().ok).toBe(true);
  });

  it('keeps the last codes when the chip is frozen', () => {
    const { world, chip, read } = bench();
    for (let i = 0; i < 5; i += 1) read();
    chip.frozen = true;
    world.volts = [0, 0, 0, 0];
    for (let i = 0; i < 5; i += 1) read();
    // One conversion register for all channels: the last one stays in it.
    expect(read()).toMatchObject({ ok: true, value: { green: 0.5, red: 0.5, broadband: 0.5, reference: 0.5 } });
  });
});
