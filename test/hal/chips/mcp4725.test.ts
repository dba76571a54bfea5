import { describe, expect, it } from 'vitest';
import { Mcp4725Chip, type Mcp4725ChipOptions } from '../../../src/hal/sim/chips/mcp4725.ts';
import { instant, millis } from '../../../src/units.ts';

const bench = (options: Mcp4725ChipOptions = {}) => {
  const world = { now: 0, level: Number.NaN };
  const chip = new Mcp4725Chip(
    {
      now: () => instant(world.now),
      drive: (level) => {
        world.level = level;
      },
    },
    options,
  );
  const read = (): number[] => {
    const into = new Uint8Array(5);
    expect(chip.read(into)).toBe(true);
    return [...into];
  };
  const write = (...bytes: number[]): void => void expect(chip.write(Uint8Array.from(bytes))).toBe(true);
  return { world, chip, read, write };
};

describe('the MCP4725', () => {
  it('leaves the factory with half of the range in its EEPROM and lights up with it', () => {
    const { world, read } = bench();
    expect(world.level).toBeCloseTo(2048 / 4095, 12);
    expect(read()).toEqual([0xc0, 0x80, 0x00, 0x08, 0x00]);
  });

  it('follows a fast write and keeps its EEPROM', () => {
    const { world, read, write } = bench({ powerUpCode: 0 });
    write(0x01, 0x23);
    expect(world.level).toBeCloseTo(0x123 / 4095, 12);
    expect(read()).toEqual([0xc0, 0x12, 0x30, 0x00, 0x00]);
    write(0x0f, 0xff, 0x00, 0x00);
    expect(world.level).toBe(0);
  });

  it('ignores half a command', () => {
    const { world, write } = bench({ powerUpCode: 0 });
    write(0x0f);
    write(0x40, 0xff);
    expect(world.level).toBe(0);
  });

  it('ties its output to ground in each power-down mode, and shows the mode', () => {
    for (const mode of [1, 2, 3]) {
      const { world, read, write } = bench({ powerUpCode: 0 });
      write((mode << 4) | 0x0f, 0xff);
      expect(world.level).toBe(0);
      expect(read().slice(0, 3)).toEqual([0xc0 | (mode << 1), 0xff, 0xf0]);
      write(0x40 | (mode << 1), 0x80, 0x00);
      expect(world.level).toBe(0);
      write(0x40, 0x80, 0x00);
      expect(world.level).toBeCloseTo(0.5, 3);
    }
  });

  it('stores code and mode with the third command, and is busy for 25 ms in which it takes no other', () => {
    const { world, chip, read, write } = bench();
    write(0x62, 0xab, 0xc0);
    expect(read()).toEqual([0x42, 0xab, 0xc0, 0x2a, 0xbc]);
    world.now = millis(24);
    write(0x0f, 0xff);
    expect(read()[1]).toBe(0xab);
    world.now = millis(25);
    expect(read()[0]).toBe(0xc2);
    write(0x0f, 0xff);
    expect(world.level).toBe(1);
    chip.powerCycle();
    expect(read()).toEqual([0xc2, 0xab, 0xc0, 0x2a, 0xbc]);
    expect(world.level).toBe(0);
  });

  it('hears the general call: reset loads the EEPROM, wake-up ends power-down', () => {
    const { world, chip, write } = bench({ powerUpCode: 0 });
    write(0x1f, 0xff);
    chip.generalCall(0x09);
    expect(world.level).toBe(1);
    chip.generalCall(0x06);
    expect(world.level).toBe(0);
  });

  it('answers a read with a command as one without: the command never comes to its end', () => {
    const { chip, read } = bench({ powerUpCode: 0x345 });
    const into = new Uint8Array(5);
    chip.readBlock(0x00, into);
    expect([...into]).toEqual(read());
  });
});
