import { describe, expect, it } from 'vitest';
import { type AS7341_GAINS, As7341, as7341Chain, as7341Steps, decodeAs7341 } from '../../../src/hal/drivers/as7341.ts';
import type { Done, I2cPort } from '../../../src/hal/ports.ts';
import { micros, millis, volts } from '../../../src/units.ts';
import { INPUTS, NAK, readAt } from '../support/bench.ts';

/** Gain 64. */
const GAIN = 7;

/** The registers from 94 to AC after a good integration at gain 64; `changes` by register. */
function burst(changes: Readonly<Record<number, number>> = {}): Uint8Array {
  const bytes = new Uint8Array(25);
  const good = { 148: GAIN, 163: 0x40, 167: 0x02, 170: GAIN, 172: 0x1c };
  for (const [register, value] of Object.entries({ ...good, ...changes })) bytes[Number(register) - 0x94] = value;
  return bytes;
}

/** A chip without a clock: what it answers is said by the test. */
class Scripted implements I2cPort {
  id = 0x24;
  enable = 0x01;
  answer = burst();
  readonly written: number[][] = [];
  /** The transfer that is not acknowledged, counted from the next one on; −1 = none. */
  nakAt = -1;
  readBlock(address: number, command: number, into: Uint8Array, done: Done): void {
    if (this.isNak()) {
      done(NAK);
      return;
    }
    expect(address).toBe(0x39);
    if (command === 0x92) into[0] = this.id;
    else if (command === 0x80) into[0] = this.enable;
    else {
      expect([command, into.length]).toEqual([0x94, 25]);
      into.set(this.answer);
    }
    done(null);
  }
  write(_address: number, bytes: Uint8Array, done: Done): void {
    if (this.isNak()) {
      done(NAK);
      return;
    }
    this.written.push([...bytes]);
    done(null);
  }
  private isNak(): boolean {
    const now = this.nakAt === 0;
    if (this.nakAt >= 0) this.nakAt -= 1;
    return now;
  }
}

const START = [
  [0x80, 0x01],
  [0x93, 0x08],
  [0xfa, 0x01],
  [0x80, 0x03],
];

const bench = () => {
  const port = new Scripted();
  const driver = new As7341(port, { inputs: INPUTS, everyUs: millis(50) });
  let ms = 0;
  const read = (after = 50) => {
    ms += after;
    port.written.length = 0;
    return readAt(driver, millis(ms));
  };
  return { port, driver, read };
};
const running = () => {
  const b = bench();
  for (let i = 0; i < 3; i += 1) b.read();
  return b;
};
const FIRST = { ok: false, why: { kind: 'stale', detail: 'first-conversion', transient: true } };

describe('the integration of an AS7341', () => {
  it.each([
    [50, 50, 3_597],
    [50, 60, 2_997],
    [100, 50, 7_194],
    [100, 60, 8_992],
    [20, 50, 1_962],
    [1_000, 50, 65_535],
  ] as const)('for readings every %i ms and lamps at %i Hz has %i steps', (ms, mains, steps) => {
    expect(as7341Steps(millis(ms), mains)).toBe(steps);
  });

  it('ends within two fifths of the time between readings, also where the oscillator is slow', () => {
    for (let ms = 1; ms <= 600; ms += 1)
      for (const mains of [50, 60] as const)
        expect(1.1 * 2.78e-3 * as7341Steps(millis(ms), mains), `${ms} ms`).toBeLessThanOrEqual(0.4 * ms);
  });

  it('is one step at the least', () => {
    expect(as7341Steps(micros(1), 50)).toBe(1);
  });
});

describe('the SMUX chain', () => {
  it('connects F4, F7, CLEAR and F1, two diodes each, to ADC 0 to 3', () => {
    // Register by register; published maps have the same places: F1 01 and 10, F4 05 and 0D, F7 07 and 0A, CLEAR 08 and 11.
    expect([...as7341Chain(INPUTS)]).toEqual([
      0, 0x04, 0, 0, 0, 0x10, 0, 0x02, 0x30, 0, 0x02, 0, 0, 0x01, 0, 0, 0x04, 0x30, 0, 0,
    ]);
  });

  it('goes by the inputs', () => {
    const chain = as7341Chain({ green: 5, red: 4, broadband: 0, reference: 1 });
    expect([0x05, 0x0d, 0x07, 0x0a, 0x08, 0x11, 0x01, 0x10].map((register) => chain[register])).toEqual([
      0x60, 0x06, 0x05, 0x05, 0x10, 0x10, 0x02, 0x02,
    ]);
  });

  it.each([
    [{ green: 0, red: 0, broadband: 2, reference: 3 }],
    [{ green: 0, red: 1, broadband: 2, reference: 6 }],
    [{ green: -1, red: 1, broadband: 2, reference: 3 }],
  ])('has an ADC for each channel: %o is refused', (inputs) => {
    expect(() => new As7341(new Scripted(), { inputs, everyUs: millis(50) })).toThrow('ADC');
  });
});

describe('the AS7341 registers', () => {
  it.each([
    ['good', {}, { ok: true, value: false }],
    ['saturated in digits', { 148: 0x80 | GAIN, 163: 0x50 }, { ok: true, value: false }],
    ['saturated before them', { 148: 0x80 | GAIN, 163: 0x48 }, { ok: true, value: true }],
    ['saturated in both', { 148: 0x80 | GAIN, 163: 0x58 }, { ok: true, value: true }],
    ['saturated nobody says how', { 148: 0x80 | GAIN }, { ok: true, value: true }],
    ['of an integration under way', { 167: 0 }, { ok: false, kind: 'stale', detail: 'converting' }],
    ['without a result', { 163: 0 }, { ok: false, kind: 'stale', detail: 'converting' }],
    ['at another gain', { 170: 9 }, { ok: false, kind: 'implausible', detail: 'config-lost' }],
    ['latched at another gain', { 148: 9 }, { ok: false, kind: 'implausible', detail: 'config-lost' }],
    ['without sleep', { 172: 0x0c }, { ok: false, kind: 'implausible', detail: 'config-lost' }],
  ])('%s are judged', (_name, changes, expected) => {
    expect(decodeAs7341(burst(changes), GAIN)).toEqual(expected);
  });

  it('of a dead line are refused', () => {
    expect(decodeAs7341(new Uint8Array(25), 0)).toMatchObject({ detail: 'all-zero' });
    expect(decodeAs7341(new Uint8Array(25).fill(0xff), GAIN)).toMatchObject({ detail: 'all-one' });
  });
});

describe('the AS7341 driver', () => {
  it('sets the chip up, zeroes it and starts, a reading each', () => {
    const { port, read } = bench();
    expect(read()).toMatchObject(FIRST);
    expect(port.written[0]).toEqual([0x80, 0x01]);
    expect(port.written).toContainEqual([0x00, ...as7341Chain(INPUTS)]);
    expect(port.written).toContainEqual([0x81, 0]);
    expect(port.written).toContainEqual([0xca, 3_596 & 0xff, 3_596 >> 8]);
    expect(port.written).toContainEqual([0xaa, GAIN]);
    // An interrupt after each result, sleep after each interrupt, no autozero by itself.
    for (const word of [
      [0xbd, 0],
      [0xf9, 0x08],
      [0xac, 0x1c],
      [0xd6, 0],
      [0xaf, 0x10],
    ])
      expect(port.written).toContainEqual(word);
    expect(port.written.at(-1)).toEqual([0x80, 0x11]);
    expect(read()).toMatchObject(FIRST);
    expect(port.written).toEqual([[0xfa, 0x04]]);
    expect(read()).toMatchObject(FIRST);
    expect(port.written).toEqual(START);
  });

  it('fetches one integration and starts the next; all channels are of its beginning', () => {
    const { port, read } = running();
    // 359, 3597 (full), 1798 and 0 counts of 3597; the two ADCs that are not in use do not matter.
    const counts = { 149: 0x67, 150: 0x01, 151: 0x0d, 152: 0x0e, 153: 0x06, 154: 0x07, 157: 0xff, 158: 0xff };
    port.answer = burst({ ...counts, 148: 0x80 | GAIN, 163: 0x50 });
    expect(read()).toEqual({
      ok: true,
      at: 200_000,
      value: {
        green: expect.closeTo((3.3 * 359) / 3_597, 12),
        red: 3.3,
        broadband: expect.closeTo((3.3 * 1_798) / 3_597, 12),
        reference: 0,
        full: 3.3,
        takenAt: { green: 150_000, red: 150_000, broadband: 150_000, reference: 150_000 },
      },
    });
    expect(port.written).toEqual(START);
    expect(read(60)).toMatchObject({ at: 260_000, value: { takenAt: { green: 200_000, reference: 200_000 } } });
  });

  it('has the gain and the full scale that it is given', () => {
    const port = new Scripted();
    const driver = new As7341(port, { inputs: INPUTS, everyUs: millis(50), gain: 0.5, fullV: volts(5) });
    for (let i = 1; i <= 3; i += 1) readAt(driver, millis(50 * i));
    expect(port.written).toContainEqual([0xaa, 0]);
    port.answer = burst({ 148: 0, 170: 0, 149: 0x0d, 150: 0x0e });
    expect(readAt(driver, millis(200))).toMatchObject({ value: { green: 5, full: 5 } });
  });

  it('refuses a gain or a full scale that cannot be', () => {
    const options = { inputs: INPUTS, everyUs: millis(50) };
    expect(() => new As7341(new Scripted(), { ...options, gain: 3 as (typeof AS7341_GAINS)[number] })).toThrow('gain');
    expect(() => new As7341(new Scripted(), { ...options, fullV: volts(0) })).toThrow('full scale');
  });

  it('shows every channel as saturated when the analogue part was, whatever the counts', () => {
    const { port, read } = running();
    port.answer = burst({ 148: 0x80 | GAIN, 163: 0x48, 149: 0x10 });
    expect(read()).toMatchObject({ value: { green: 3.3, red: 3.3, broadband: 3.3, reference: 3.3, full: 3.3 } });
  });

  it('says converting when it is asked too early, and leaves the integration alone', () => {
    const { port, read } = running();
    port.answer = burst({ 167: 0 });
    expect(read(15)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'converting' } });
    expect(port.written).toEqual([]);
    port.answer = burst();
    expect(read(35)).toMatchObject({ ok: true, value: { takenAt: { red: 150_000 } } });
  });

  it('does not believe a chip that never falls asleep, however valid its data are', () => {
    const { port, read } = running();
    port.answer = burst({ 167: 0 });
    expect(read()).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'not-ended' } });
    read();
    expect(port.written.at(-1)).toEqual([0x80, 0x11]);
  });

  it('sets a chip up anew that was reset, and gives no value before', () => {
    const { port, read } = running();
    port.answer = burst({ 163: 0, 167: 0, 148: 0, 170: 9, 172: 0x0c });
    expect(read()).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'config-lost' } });
    port.answer = burst();
    for (let i = 0; i < 3; i += 1) expect(read()).toMatchObject(FIRST);
    expect(read()).toMatchObject({ ok: true });
  });

  it('waits for the SMUX command, but not for ever', () => {
    const { port, read } = bench();
    read();
    port.enable = 0x11;
    expect(read(5)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'smux' } });
    expect(read(50)).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'not-ended' } });
  });

  it('notices a chip that was reset while it was set up', () => {
    const { port, read } = bench();
    read();
    port.enable = 0;
    expect(read()).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'config-lost' } });
    port.enable = 0x01;
    expect(read()).toMatchObject(FIRST);
    expect(port.written[0]).toEqual([0x80, 0x01]);
  });

  it('does not start before the autozero has ended', () => {
    const { port, read } = bench();
    read();
    read();
    expect(read(19)).toMatchObject(FIRST);
    expect(port.written).toEqual([]);
    read(1);
    expect(port.written).toEqual(START);
  });

  it.each([
    [0x00, 'implausible', 'all-zero'],
    [0xff, 'implausible', 'all-one'],
    [0x81, 'unsupported', 'answered with id 0x81, expected 0x24'],
  ])('refuses the identity %i', (id, kind, detail) => {
    const { port, read } = bench();
    port.id = id;
    expect(read()).toMatchObject({ ok: false, why: { kind, detail } });
    expect(port.written).toEqual([]);
  });

  it.each([0x24, 0x25, 0x27])('takes every revision: the identity %i', (id) => {
    const { port, read } = bench();
    port.id = id;
    expect(read()).toMatchObject(FIRST);
  });

  it.each([0, 1, 2, 3, 4])(
    'starts afresh after transfer %i of a reading failed, and fetches nothing older',
    (nakAt) => {
      const { port, read } = running();
      port.nakAt = nakAt;
      expect(read()).toMatchObject({ ok: false, why: { kind: 'nak' } });
      expect(read()).toMatchObject(FIRST);
      expect(port.written).toEqual(START);
      expect(read()).toMatchObject({ ok: true, value: { takenAt: { green: 250_000 } } });
    },
  );

  it.each([0, 3, 14])('begins the setup again after transfer %i of it failed', (nakAt) => {
    const { port, read } = bench();
    port.nakAt = nakAt;
    expect(read()).toMatchObject({ ok: false, why: { kind: 'nak' } });
    for (let i = 0; i < 3; i += 1) expect(read()).toMatchObject(FIRST);
    expect(read()).toMatchObject({ ok: true });
  });
});
