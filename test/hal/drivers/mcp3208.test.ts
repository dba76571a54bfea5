import { describe, expect, it } from 'vitest';
import { decodeMcp3208, Mcp3208, mcp3208Command } from '../../../src/hal/drivers/mcp3208.ts';
import type { SpiPort } from '../../../src/hal/ports.ts';
import { volts } from '../../../src/units.ts';
import { INPUTS, readAt } from '../support/bench.ts';

const bench = (answers: readonly (readonly number[])[], options = {}) => {
  const sent: number[][] = [];
  const port: SpiPort = {
    transfer(tx, rx, done) {
      rx.set(answers[sent.length]!);
      sent.push([...tx]);
      done(null);
    },
  };
  return { sent, reading: readAt(new Mcp3208(port, { inputs: INPUTS, ...options }), 3) };
};

describe('the inputs of an MCP3208', () => {
  it('are the ones that the channels are wired to, two channels on one input included', () => {
    const inputs = { green: 7, red: 0, broadband: 0, reference: 2 };
    const { sent, reading } = bench(
      [
        [0, 1, 0],
        [0, 2, 0],
        [0, 4, 0],
      ],
      { inputs, referenceV: volts(4.096) },
    );
    expect(sent).toEqual([0, 2, 7].map((input) => [...mcp3208Command(input)]));
    expect(reading).toMatchObject({
      ok: true,
      value: { red: 0.256, broadband: 0.256, reference: 0.512, green: 1.024 },
    });
  });
});

describe('the MCP3208 frame', () => {
  it.each([
    [0, [0x06, 0x00, 0x00]],
    [1, [0x06, 0x40, 0x00]],
    [2, [0x06, 0x80, 0x00]],
    [3, [0x06, 0xc0, 0x00]],
    [4, [0x07, 0x00, 0x00]],
    [5, [0x07, 0x40, 0x00]],
    [6, [0x07, 0x80, 0x00]],
    [7, [0x07, 0xc0, 0x00]],
  ])('asks for channel %i by the bytes of the datasheet', (channel, bytes) => {
    expect([...mcp3208Command(channel)]).toEqual(bytes);
  });

  it.each([-1, 8, 1.5])('refuses channel %d', (channel) => {
    expect(() => mcp3208Command(channel)).toThrow('channel');
  });

  it.each([
    [[0x00, 0x00, 0x00], 0],
    [[0x00, 0x00, 0x01], 1],
    [[0x00, 0x08, 0x00], 2048],
    [[0x00, 0x0f, 0xff], 4095],
    [[0xff, 0xef, 0xff], 4095],
    [[0xff, 0xe0, 0x00], 0],
  ])('%j holds %i, whatever floats before it', (bytes, value) => {
    expect(decodeMcp3208(Uint8Array.from(bytes))).toEqual({ ok: true, value });
  });

  it('of ones only is refused', () => {
    expect(decodeMcp3208(Uint8Array.of(255, 255, 255))).toEqual({ ok: false, kind: 'implausible', detail: 'all-one' });
  });

  it('with the null bit set is refused', () => {
    expect(decodeMcp3208(Uint8Array.of(0, 0x10, 5))).toEqual({
      ok: false,
      kind: 'implausible',
      detail: 'reserved-bits',
    });
  });
});

describe('the MCP3208 driver', () => {
  it('reads channels 0 to 3 in one reading', () => {
    const { sent, reading } = bench(
      [
        [0, 0x04, 0x00],
        [0, 0x08, 0x00],
        [0, 0x0c, 0x00],
        [0, 0x0f, 0xff],
      ],
      { referenceV: volts(4.096) },
    );
    expect(sent.map((bytes) => bytes[1])).toEqual([0x00, 0x40, 0x80, 0xc0]);
    expect(reading).toMatchObject({
      ok: true,
      at: 3,
      value: { green: 1.024, red: 2.048, broadband: 3.072, full: 4.096 },
    });
    expect(reading.ok && reading.value.reference).toBeCloseTo(4.095, 9);
  });

  it('scales by the reference voltage', () => {
    const half = [0, 0x08, 0x00];
    const { reading } = bench([half, half, half, half], { referenceV: volts(2.5) });
    expect(reading).toMatchObject({ value: { green: 1.25, full: 2.5 } });
    // Unless told otherwise the reference is the supply of the Raspberry Pi.
    expect(bench([half, half, half, half]).reading).toMatchObject({ value: { green: 1.65, full: 3.3 } });
  });

  it('refuses four codes of exactly 0, unless told that the dark is 0', () => {
    const dark = [0, 0, 0];
    expect(bench([dark, dark, dark, dark]).reading).toMatchObject({
      ok: false,
      why: { kind: 'implausible', detail: 'all-zero' },
    });
    expect(bench([dark, dark, dark, dark], { refuseAllZero: false }).reading).toMatchObject({ ok: true });
    expect(bench([dark, dark, dark, [0, 0, 1]]).reading).toMatchObject({ ok: true });
  });

  it('stops at the first bad frame', () => {
    const { sent, reading } = bench([
      [0, 0, 7],
      [0xff, 0xff, 0xff],
    ]);
    expect(sent).toHaveLength(2);
    expect(reading).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'all-one', device: 'mcp3208' } });
  });

  it('refuses a reference voltage of 0 at construction', () => {
    expect(() => bench([], { referenceV: volts(0) })).toThrow('reference voltage');
  });
});
