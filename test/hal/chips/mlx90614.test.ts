import { describe, expect, it } from 'vitest';
import { emissivityCode, Mlx90614, writeWordWithPec } from '../../../src/hal/drivers/mlx90614.ts';
import { Mlx90614Chip, type Mlx90614ChipOptions } from '../../../src/hal/sim/chips/mlx90614.ts';
import { crc8 } from '../../../src/hal/standards/crc8.ts';
import { celsius, instant, millis, ratio } from '../../../src/units.ts';
import { i2cPortTo, readAt } from '../support/bench.ts';

const bench = (chipOptions: Mlx90614ChipOptions = {}) => {
  const world = { now: 0, object: 45, ambient: 24 };
  const chip = new Mlx90614Chip(
    {
      now: () => instant(world.now),
      objectC: () => celsius(world.object),
      ambientC: () => celsius(world.ambient),
    },
    chipOptions,
  );
  const driver = new Mlx90614(i2cPortTo(chip));
  const read = () => readAt(driver, world.now);
  const word = (command: number): number => {
    const into = new Uint8Array(3);
    return chip.readBlock(command, into) ? into[0]! | (into[1]! << 8) : -1;
  };
  return { world, chip, driver, read, word };
};

describe('the MLX90614 chip', () => {
  it.each([
    ['TOmax', 0x20, 0x9993],
    ['TOmin', 0x21, 0x62e3],
    ['PWM control', 0x22, 0x0201],
    ['ambient range', 0x23, 0xf71c],
    ['emissivity', 0x24, 0xffff],
    ['configuration', 0x25, 0x9fb4],
    ['address', 0x2e, 0xbe5a],
  ])('has the factory EEPROM word of %s', (_name, command, value) => {
    expect(bench().word(command)).toBe(value);
  });

  it.each([0x40, 0x60, 0x09, 0xff, 0xf1])('does not acknowledge the unknown command %i', (command) => {
    expect(bench().chip.readBlock(command, new Uint8Array(3))).toBe(false);
  });

  it('lets the line go after the packet error code', () => {
    const into = new Uint8Array(5);
    bench().chip.readBlock(7, into);
    expect([into[3], into[4]]).toEqual([0xff, 0xff]);
    expect(crc8([0xb4, 0x07, 0xb5, into[0]!, into[1]!, into[2]!])).toBe(0);
  });

  it('shows a new result every 100 ms', () => {
    const { world, word } = bench();
    const first = word(7);
    world.object = 46;
    world.now = millis(99.999);
    expect(word(7)).toBe(first);
    world.now = millis(100);
    expect(word(7)).toBe(first + 50);
  });

  it('has no temperature for 250 ms after power-up', () => {
    const { world, chip, word, read } = bench();
    read();
    expect(word(0xf0)).toBe(0x10);
    chip.powerCycle();
    expect(word(7)).toBe(0);
    expect(word(0xf0)).toBe(0);
    expect(read()).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'all-zero' } });
    world.now = millis(250);
    expect(read().ok).toBe(true);
  });

  it('writes an EEPROM cell only with the right packet error code and after it was erased', () => {
    const { world, chip, word } = bench();
    const erase = writeWordWithPec(0x5a, 0x24, 0);
    const bad = erase.slice();
    bad[3]! ^= 1;
    expect(chip.write(bad)).toBe(false);
    expect(chip.write(erase.subarray(0, 3))).toBe(false);
    expect(chip.write(writeWordWithPec(0x5a, 0x24, 0xf332))).toBe(true);
    expect(word(0x24)).toBe(0xffff);
    world.now = millis(10);
    expect(chip.write(erase)).toBe(true);
    expect(word(0xf0)).toBe(0x90);
    expect(chip.write(writeWordWithPec(0x5a, 0x24, 0xf332))).toBe(false);
    world.now = millis(20);
    expect(chip.write(writeWordWithPec(0x5a, 0x24, 0xf332))).toBe(true);
    expect(word(0x24)).toBe(0xf332);
  });

  it.each([0x06, 0x26, 0x3c])('does not let %i be written', (command) => {
    expect(bench().chip.write(writeWordWithPec(0x5a, command, 0))).toBe(false);
  });

  it('stays within its ranges', () => {
    const { world, word } = bench();
    world.object = -200;
    world.ambient = -200;
    expect([word(7), word(6)]).toEqual([0x27ad, 0x2de4]);
    world.object = 900;
    world.ambient = 900;
    world.now = millis(100);
    expect([word(7), word(6)]).toEqual([0x7fff, 0x4dc4]);
  });

  it('reads a heat mirror far too cold until its emissivity is set and power was cycled', () => {
    const { world, chip, read } = bench({ surfaceEmissivity: ratio(0.3) });
    world.object = 80;
    const wrong = read();
    expect(wrong.ok && wrong.value.objectC).toBeLessThan(45);
    chip.write(writeWordWithPec(0x5a, 0x24, 0));
    world.now = millis(10);
    chip.write(writeWordWithPec(0x5a, 0x24, emissivityCode(0.3)));
    world.now = millis(200);
    const still = read();
    expect(still.ok && still.value.objectC).toBeLessThan(45);
    chip.powerCycle();
    world.now = millis(500);
    const right = read();
    expect(right.ok && Math.abs(right.value.objectC - 80)).toBeLessThan(0.02);
  });
});

describe('the MLX90614 driver on its chip', () => {
  it.each([-69, -20, -0.01, 0, 31, 45.5, 100, 380])('finds %d °C to half a step', (t) => {
    for (const ambient of [-30, 0, 24, 80]) {
      const { world, read } = bench();
      world.object = t;
      world.ambient = ambient;
      const reading = read();
      expect(reading.ok).toBe(true);
      if (!reading.ok) return;
      expect(Math.abs(reading.value.objectC - t)).toBeLessThanOrEqual(0.0100001);
      expect(Math.abs(reading.value.ambientC - ambient)).toBeLessThanOrEqual(0.0100001);
    }
  });

  it('refuses a spoilt packet error code, counts it, and recovers', () => {
    const { chip, driver, read } = bench();
    chip.corruptPec = true;
    expect(read()).toMatchObject({ ok: false, why: { kind: 'pec' } });
    expect(read()).toMatchObject({ ok: false, why: { kind: 'pec' } });
    chip.corruptPec = false;
    expect(read().ok).toBe(true);
    expect(driver.pecErrors).toBe(2);
  });

  it('reports the error flag', () => {
    const { chip, driver, read } = bench();
    chip.errorFlag = true;
    expect(read()).toMatchObject({ ok: false, why: { kind: 'sensorfault', detail: 'flag' } });
    expect(driver.pecErrors).toBe(0);
  });

  it('repeats itself when the chip is frozen', () => {
    const { world, chip, read } = bench();
    const before = read();
    chip.frozen = true;
    world.object = 80;
    world.now = millis(1000);
    expect(read()).toMatchObject({ ok: true, value: before.ok ? before.value : {} });
  });
});
