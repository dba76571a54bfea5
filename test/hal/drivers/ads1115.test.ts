import { describe, expect, it } from 'vitest';
import {
  Ads1115,
  ads1115Config,
  ads1115Rate,
  decodeAds1115,
  decodeAds1115Config,
} from '../../../src/hal/drivers/ads1115.ts';
import type { LightInputs } from '../../../src/hal/drivers/light-scan.ts';
import type { Done, I2cPort } from '../../../src/hal/ports.ts';
import { millis } from '../../../src/units.ts';
import { INPUTS, NAK, readAt } from '../support/bench.ts';

/** A chip that converts in no time: the code of a channel, the config word as written. */
class Instant implements I2cPort {
  codes = [1000, 2000, 3000, 4000];
  config = 0x8583;
  conversion = 0;
  busy = false;
  nak = false;
  transfers = 0;
  readBlock(_address: number, command: number, into: Uint8Array, done: Done): void {
    this.transfers += 1;
    if (this.nak) {
      done(NAK);
      return;
    }
    const config = this.busy ? this.config & 0x7fff : this.config;
    const word = command === 0 ? this.conversion & 0xffff : config;
    into[0] = word >> 8;
    into[1] = word & 0xff;
    done(null);
  }
  write(_address: number, bytes: Uint8Array, done: Done): void {
    this.transfers += 1;
    if (this.nak) {
      done(NAK);
      return;
    }
    this.config = (bytes[1]! << 8) | bytes[2]!;
    this.conversion = this.codes[((this.config >> 12) & 7) - 4]!;
    done(null);
  }
}

const bench = (inputs: LightInputs = INPUTS) => {
  const port = new Instant();
  const driver = new Ads1115(port, { inputs });
  let ms = 0;
  const read = (after = 10) => {
    ms += after;
    return readAt(driver, millis(ms));
  };
  return { port, driver, read };
};
const filled = () => {
  const b = bench();
  for (let i = 0; i < 5; i += 1) b.read();
  return b;
};

describe('the inputs of an ADS1115', () => {
  it('are the ones that the channels are wired to', () => {
    const { read } = bench({ green: 3, red: 0, broadband: 2, reference: 1 });
    for (let i = 0; i < 4; i += 1) expect(read().ok).toBe(false);
    expect(read()).toMatchObject({ ok: true, value: { red: 0.125, reference: 0.25, broadband: 0.375, green: 0.5 } });
  });

  it('are at most four', () => {
    expect(() => bench({ green: 0, red: 1, broadband: 2, reference: 4 })).toThrow('four inputs');
  });
});

describe('the ADS1115 words', () => {
  it.each([
    [0, 0xc3e3],
    [1, 0xd3e3],
    [2, 0xe3e3],
    [3, 0xf3e3],
  ])('start channel %i by %i', (channel, config) => {
    expect(ads1115Config(channel)).toBe(config);
  });

  it.each([
    [0x0000, 0],
    [0x0001, 0.000125],
    [0x4000, 2.048],
    [0x7fff, 4.095875],
    [0xffff, -0.000125],
    [0xf6a0, -0.3],
  ])('%i are %d V', (code, v) => {
    expect(decodeAds1115(code >> 8, code & 0xff)).toEqual({ ok: true, value: v });
  });

  it.each([0xf69f, 0x8000])('%i are below what an input can carry', (code) => {
    expect(decodeAds1115(code >> 8, code & 0xff)).toEqual({ ok: false, kind: 'implausible', detail: 'negative' });
  });

  it.each([
    [0x0000, { ok: false, kind: 'implausible', detail: 'all-zero' }],
    [0xffff, { ok: false, kind: 'implausible', detail: 'all-one' }],
    [0x8583, { ok: false, kind: 'implausible', detail: 'config-lost' }],
    [0xe3e3, { ok: false, kind: 'implausible', detail: 'config-lost' }],
    [0x53e3, { ok: false, kind: 'stale', detail: 'converting' }],
    [0xd3e3, { ok: true, value: 0xd3e3 }],
  ])('read back as config %i for channel 1 are judged', (config, expected) => {
    expect(decodeAds1115Config(config >> 8, config & 0xff, 1)).toEqual(expected);
  });
});

describe('the rate of an ADS1115', () => {
  it.each([
    [0, 7],
    [10, 6],
    [20, 5],
    [50, 3],
    [100, 2],
    [400, 0],
  ])(
    'for readings every %i ms has the code %i: a conversion ends within two fifths of it, also where the oscillator is slow',
    (ms, code) => {
      expect(ads1115Rate(millis(ms))).toBe(code);
      const rate = [8, 16, 32, 64, 128, 250, 475, 860][code] ?? 0;
      if (ms > 0) expect(1100 / rate).toBeLessThan(0.4 * ms);
    },
  );

  it('is in the words that start a conversion and in those that are read back', () => {
    expect(ads1115Config(1, 3)).toBe(0xd363);
    expect(decodeAds1115Config(0xd3, 0x63, 1, 3)).toEqual({ ok: true, value: 0xd363 });
    expect(decodeAds1115Config(0xd3, 0xe3, 1, 3)).toMatchObject({ ok: false, detail: 'config-lost' });
  });
});

describe('the ADS1115 driver', () => {
  it.each([1.9, 5.6, Number.NaN])('refuses a supply of %d V', (supplyV) => {
    expect(() => new Ads1115(new Instant(), { inputs: INPUTS, supplyV })).toThrow('supply');
  });

  it('is stale until all four channels were measured once', () => {
    const { read } = bench();
    for (let i = 0; i < 4; i += 1) {
      expect(read()).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'first-conversion', transient: true } });
    }
    expect(read()).toEqual({
      ok: true,
      at: 50_000,
      value: {
        green: 0.125,
        red: 0.25,
        broadband: 0.375,
        reference: 0.5,
        full: 3.3,
        takenAt: { green: 10_000, red: 20_000, broadband: 30_000, reference: 40_000 },
      },
    });
  });

  it('renews one channel a reading', () => {
    const { port, read } = filled();
    // Channel 0 was started by the fifth reading, before the light changed.
    port.codes = [8000, 8000, 8000, 8000];
    expect(read()).toMatchObject({ value: { green: 0.125, red: 0.25, broadband: 0.375, reference: 0.5 } });
    expect(read()).toMatchObject({ value: { green: 0.125, red: 1, broadband: 0.375, reference: 0.5 } });
    expect(read()).toMatchObject({ value: { red: 1, broadband: 1, reference: 0.5 } });
    expect(read()).toMatchObject({ value: { red: 1, broadband: 1, reference: 1 } });
    expect(read()).toMatchObject({ value: { green: 1, red: 1, broadband: 1, reference: 1 } });
  });

  it('moves three short transfers a reading', () => {
    const { port, read } = filled();
    port.transfers = 0;
    read();
    expect(port.transfers).toBe(3);
  });

  it('says converting when it is asked too early, and keeps its place', () => {
    const { port, read } = filled();
    port.busy = true;
    expect(read(1)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'converting' } });
    port.busy = false;
    expect(read(1)).toMatchObject({ ok: true });
  });

  it('notices a reset chip and scans afresh', () => {
    const { port, read } = filled();
    port.config = 0x8583;
    expect(read()).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'config-lost' } });
    for (let i = 0; i < 3; i += 1) expect(read()).toMatchObject({ ok: false, why: { detail: 'first-conversion' } });
    expect(read()).toMatchObject({ ok: true });
  });

  it('refuses an impossible voltage but goes on scanning', () => {
    const { port, read } = filled();
    port.conversion = -20_000;
    expect(read()).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'negative' } });
    expect(read()).toMatchObject({ ok: true });
  });

  it('measures the same channel again after a bus error', () => {
    const { port, read } = filled();
    port.nak = true;
    expect(read()).toMatchObject({ ok: false, why: { kind: 'nak' } });
    expect(read()).toMatchObject({ ok: false, why: { kind: 'nak' } });
    port.nak = false;
    port.codes[0] = 16_000;
    expect(read()).toMatchObject({ ok: true, value: { green: 0.125 } });
    expect(read()).toMatchObject({ ok: true, value: { green: 2 } });
  });

  it('does not mix channels of different times', () => {
    const { port, read } = filled();
    port.nak = true;
    read();
    port.nak = false;
    expect(read(450)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'scan' } });
    for (let i = 0; i < 3; i += 1) expect(read()).toMatchObject({ ok: false, why: { detail: 'scan' } });
    expect(read()).toMatchObject({ ok: true });
  });
});
