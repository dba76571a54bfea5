import { describe, expect, it } from 'vitest';
import { Mcp3208 } from '../../../src/hal/drivers/mcp3208.ts';
import { Mcp3208Chip } from '../../../src/hal/sim/chips/mcp3208.ts';
import { volts } from '../../../src/units.ts';
import { INPUTS, readAt, spiPortTo } from '../support/bench.ts';

const bench = (floating: 0 | 1 = 0) => {
  const inputs = [1.024, 2.048, 3.072, 0.5, 0.001, 4.096, -1, 9];
  const chip = new Mcp3208Chip(
    { volts: (channel) => volts(inputs[channel]!), referenceV: () => volts(4.096) },
    { floating },
  );
  const ask = (...bytes: number[]): number[] => {
    const rx = new Uint8Array(bytes.length);
    chip.exchange(Uint8Array.from(bytes), rx);
    return [...rx];
  };
  return { inputs, chip, ask };
};

describe('the MCP3208 chip', () => {
  it.each([
    [[0x06, 0x00, 0x00], 1024],
    [[0x06, 0x40, 0x00], 2048],
    [[0x06, 0x80, 0x00], 3072],
    [[0x06, 0xc0, 0x00], 500],
    [[0x07, 0x00, 0x00], 1],
    [[0x07, 0x40, 0x00], 4095],
    [[0x07, 0x80, 0x00], 0],
    [[0x07, 0xc0, 0x00], 4095],
  ])('answers %j with its code', (bytes, value) => {
    const [, high, low] = bench().ask(...bytes);
    expect((high! << 8) | low!).toBe(value);
  });

  it.each([
    [[0x04, 0x00, 0x00], 0],
    [[0x04, 0x40, 0x00], 1024],
    [[0x04, 0x80, 0x00], 2572],
    [[0x04, 0xc0, 0x00], 0],
  ])('measures the pair of %j differentially', (bytes, value) => {
    const [, high, low] = bench().ask(...bytes);
    expect((high! << 8) | low!).toBe(value);
  });

  it('pulls the line only for the null bit and the code', () => {
    const [first, high, low] = bench(1).ask(0x06, 0x40, 0x00);
    expect([first, high, low]).toEqual([0xff, 0xe8, 0x00]);
  });

  it('finds the start bit wherever it is', () => {
    // Start bit in the first place: the code ends 18 clocks later.
    const bytes = bench().ask(0b1100_1000, 0, 0, 0);
    const word = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
    expect((word >> (31 - 18)) & 0xfff).toBe(2048);
  });

  it('repeats the code backwards with further clocks', () => {
    const { inputs, ask } = bench();
    inputs[0] = 0.003;
    const bytes = ask(0x06, 0, 0, 0, 0);
    expect(bytes).toEqual([0, 0, 3, 0b1000_0000, 0]);
  });

  it('says nothing without a start bit or with a frame that is cut off', () => {
    const { ask } = bench();
    expect(ask(0, 0, 0)).toEqual([0, 0, 0]);
    expect(ask(0x01)).toEqual([0]);
  });

  it('has a reference of 3.3 V, its supply, when none is given', () => {
    const rx = new Uint8Array(3);
    new Mcp3208Chip({ volts: () => volts(1.65) }).exchange(Uint8Array.of(6, 0, 0), rx);
    expect([...rx]).toEqual([0, 8, 0]);
  });
});

describe('the MCP3208 driver on its chip', () => {
  it.each([0, 1] as const)('finds four voltages to one step with a line that floats to %i', (floating) => {
    const { inputs, chip } = bench(floating);
    inputs[3] = 0.1234;
    const reading = readAt(new Mcp3208(spiPortTo(chip), { inputs: INPUTS, referenceV: volts(4.096) }), 1);
    expect(reading).toMatchObject({ ok: true, value: { green: 1.024, red: 2.048, broadband: 3.072, full: 4.096 } });
    expect(reading.ok && Math.abs(reading.value.reference - 0.1234)).toBeLessThan(0.001);
  });
});
