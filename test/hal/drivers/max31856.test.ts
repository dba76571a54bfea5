import { describe, expect, it } from 'vitest';
import {
  decodeMax31856,
  MAX31856_CR0,
  MAX31856_CR1,
  MAX31856_MASK,
  Max31856,
  max31856Code,
  max31856ColdJunction,
  max31856Threshold,
} from '../../../src/hal/drivers/max31856.ts';
import type { SpiPort } from '../../../src/hal/ports.ts';
import { celsius, micros, millis } from '../../../src/units.ts';
import { readAt } from '../support/bench.ts';

/** Registers of a chip that converts: couple 100.9375 °C, cold junction 25 °C, no fault. */
const good = (): Uint8Array =>
  Uint8Array.of(
    MAX31856_CR0,
    MAX31856_CR1,
    MAX31856_MASK,
    0x7f,
    0xc0,
    0x7f,
    0xff,
    0x80,
    0x00,
    0,
    0x19,
    0x00,
    0x06,
    0x4f,
    0x00,
    0,
  );
const withStatus = (status: number): Uint8Array => {
  const registers = good();
  registers[15] = status;
  return registers;
};
const withCold = (sixtyFourths: number): Uint8Array => {
  const registers = good();
  const word = sixtyFourths << 2;
  registers[10] = (word >> 8) & 0xff;
  registers[11] = word & 0xff;
  return registers;
};

/** Sixteen registers behind SPI, nothing else: what is written is there, unless `deaf`. */
class Registers implements SpiPort {
  bytes: Uint8Array;
  deaf = false;
  /** A line that always delivers this byte. */
  stuck: number | null = null;
  readonly lengths: number[] = [];
  writes = 0;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  transfer(tx: Uint8Array, rx: Uint8Array, done: (error: null) => void): void {
    this.lengths.push(tx.length);
    const write = (tx[0]! & 0x80) !== 0;
    if (write) this.writes += 1;
    for (let i = 1; i < tx.length; i += 1) {
      const address = (tx[0]! & 0x7f) + i - 1;
      if (!write) rx[i] = this.bytes[address]!;
      else if (!this.deaf) this.bytes[address] = tx[i]!;
    }
    if (this.stuck !== null) rx.fill(this.stuck);
    done(null);
  }
}

const read = (driver: Max31856, ms: number) => readAt(driver, millis(ms));

describe('the MAX31856 formats', () => {
  it.each([
    [0x640000, 1600],
    [0x3e8000, 1000],
    [0x064f00, 100.9375],
    [0x019000, 25],
    [0x000100, 0.0625],
    [0x000020, 1 / 128],
    [0x000000, 0],
    [0xffffe0, -1 / 128],
    [0xffff00, -0.0625],
    [0xfffc00, -0.25],
    [0xfff000, -1],
    [0xf06000, -250],
  ])('couple registers %i are %d °C', (word, t) => {
    expect(max31856Code(word >> 16, (word >> 8) & 0xff, word & 0xff) / 128).toBe(t);
  });

  it('leave the five lowest couple bits out of account', () => {
    expect(max31856Code(0x01, 0x90, 0x1f)).toBe(max31856Code(0x01, 0x90, 0x00));
  });

  it.each([
    [0x7f, 0xfc, 127.984375],
    [0x7f, 0x00, 127],
    [0x19, 0x00, 25],
    [0x00, 0x04, 0.015625],
    [0x00, 0x03, 0],
    [0x00, 0x00, 0],
    [0xff, 0xfc, -0.015625],
    [0xff, 0x00, -1],
    [0xec, 0x00, -20],
    [0xc9, 0x00, -55],
  ])('cold-junction registers %i %i are %d °C', (high, low, t) => {
    expect(max31856ColdJunction(high, low)).toBe(t);
  });

  it.each([
    [2047.9375, 0x7f, 0xff],
    [3000, 0x7f, 0xff],
    [100, 0x06, 0x40],
    [0, 0, 0],
    [-0.0625, 0xff, 0xff],
    [-2048, 0x80, 0x00],
    [-3000, 0x80, 0x00],
  ])('a threshold of %d °C is %i %i', (t, high, low) => {
    expect(max31856Threshold(celsius(t))).toEqual([high, low]);
  });
});

describe('the MAX31856 registers', () => {
  it('without a fault are a temperature', () => {
    expect(decodeMax31856(good())).toEqual({
      ok: true,
      value: { celsius: 100.9375, coldJunctionC: 25, raw: 12920 },
    });
  });

  it('all zero are refused', () => {
    expect(decodeMax31856(new Uint8Array(16))).toEqual({ ok: false, kind: 'implausible', detail: 'all-zero' });
  });

  it('all one are refused', () => {
    expect(decodeMax31856(new Uint8Array(16).fill(0xff))).toEqual({
      ok: false,
      kind: 'implausible',
      detail: 'all-one',
    });
  });

  it.each([
    [0x01, 'open'],
    [0x02, 'shortVcc'],
    [0x04, 'flag'],
    [0x08, 'flag'],
    [0x10, 'flag'],
    [0x20, 'flag'],
    [0x40, 'range'],
    [0x80, 'range'],
    [0xff, 'open'],
    [0xfe, 'shortVcc'],
    [0xfc, 'range'],
  ])('with status %i are a sensor fault', (status, detail) => {
    expect(decodeMax31856(withStatus(status))).toEqual({ ok: false, kind: 'sensorfault', detail });
  });

  it.each([
    ['−20 °C', -1280, true],
    ['one step below −20 °C', -1281, false],
    ['85 °C', 5440, true],
    ['one step above 85 °C', 5441, false],
  ])('with the cold junction at %s have ok = %s', (_name, code, ok) => {
    const decoded = decodeMax31856(withCold(code as number));
    expect(decoded.ok).toBe(ok);
    if (!decoded.ok) expect(decoded).toMatchObject({ kind: 'implausible', detail: 'cold-junction' });
  });

  it('that still hold both reset temperatures are stale, not 0 °C', () => {
    const registers = good();
    registers.fill(0, 10, 16);
    expect(decodeMax31856(registers)).toEqual({ ok: false, kind: 'stale', detail: 'first-conversion' });
  });
});

describe('the MAX31856 driver', () => {
  it('configures at the first read and says stale until the first conversion must be over', () => {
    const port = new Registers(good().fill(0, 0, 9));
    const driver = new Max31856(port);
    for (const ms of [0, 100, 199.999]) {
      expect(read(driver, ms)).toMatchObject({
        ok: false,
        why: { kind: 'stale', detail: 'first-conversion', transient: true },
      });
    }
    expect([...port.bytes.subarray(0, 9)]).toEqual([0x91, 0x03, 0xc0, 0x7f, 0xc0, 0x7f, 0xff, 0x80, 0x00]);
    expect(read(driver, 200)).toEqual({
      ok: true,
      at: 200_000,
      value: { celsius: 100.9375, coldJunctionC: 25, raw: 12920 },
    });
  });

  it('moves one burst of seventeen bytes a reading', () => {
    const port = new Registers(good());
    const driver = new Max31856(port);
    read(driver, 0);
    port.lengths.length = 0;
    read(driver, 300);
    expect(port.lengths).toEqual([17]);
  });

  it('changes the line filter only while the converter is off', () => {
    const seen: number[][] = [];
    const port: SpiPort = {
      transfer(tx, _rx, done) {
        seen.push([...tx]);
        done(null);
      },
    };
    read(new Max31856(port), 0);
    expect(seen[0]!.slice(0, 4)).toEqual([0x80, 0x11, 0x03, 0xc0]);
    expect(seen[1]).toEqual([0x80, 0x91]);
  });

  it.each([
    [0x00, 'all-zero'],
    [0xff, 'all-one'],
  ])('says so at once when the line is stuck at %i, and recovers by itself', (level, detail) => {
    const port = new Registers(good());
    const driver = new Max31856(port);
    port.stuck = level;
    expect(read(driver, 0)).toMatchObject({ ok: false, why: { kind: 'implausible', detail } });
    expect(read(driver, 100)).toMatchObject({ ok: false, why: { kind: 'implausible', detail } });
    port.stuck = null;
    expect(read(driver, 200)).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(read(driver, 400)).toMatchObject({ ok: true });
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('configures once more when register %i reads back wrong', (register) => {
    const port = new Registers(good());
    const driver = new Max31856(port);
    read(driver, 0);
    port.bytes[register]! ^= 0x21;
    const writes = port.writes;
    expect(read(driver, 300)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'reconfigured' } });
    expect(port.writes).toBe(writes + 2);
    expect(read(driver, 400)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'first-conversion' } });
    expect(read(driver, 500)).toMatchObject({ ok: true });
  });

  it('says config-lost as long as the chip does not keep its configuration', () => {
    const port = new Registers(good());
    const driver = new Max31856(port);
    read(driver, 0);
    port.bytes[0] = 0;
    port.deaf = true;
    expect(read(driver, 300)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'reconfigured' } });
    expect(read(driver, 400)).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'config-lost' } });
    expect(read(driver, 500)).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'config-lost' } });
    port.deaf = false;
    read(driver, 600);
    expect(read(driver, 800)).toMatchObject({ ok: true });
  });

  it.each([
    [10_000, 'implausible', 'config-lost', 'config-lost'],
    [10_001, 'stale', 'reconfigured', 'first-conversion'],
  ] as const)('lost again %i ms later is %s %s, and then %s', (laterMs, kind, detail, then) => {
    const port = new Registers(good());
    const driver = new Max31856(port);
    read(driver, 0);
    port.bytes[1]! ^= 0x01;
    expect(read(driver, 300)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'reconfigured' } });
    expect(read(driver, 600)).toMatchObject({ ok: true });
    port.bytes[1]! ^= 0x01;
    expect(read(driver, 300 + laterMs)).toMatchObject({ ok: false, why: { kind, detail } });
    expect(read(driver, 400 + laterMs)).toMatchObject({ ok: false, why: { detail: then } });
    expect(read(driver, 600 + laterMs)).toMatchObject({ ok: true });
  });

  it('does not mind self-clearing and reserved bits', () => {
    const port = new Registers(good());
    const driver = new Max31856(port);
    read(driver, 0);
    port.bytes[0] = MAX31856_CR0 | 0x42;
    port.bytes[2] = 0x00;
    expect(read(driver, 300)).toMatchObject({ ok: true });
  });

  it('arms the high threshold for the FAULT pin when given one', () => {
    const port = new Registers(good());
    read(new Max31856(port, { highFaultC: celsius(120) }), 0);
    expect([port.bytes[5], port.bytes[6]]).toEqual([0x07, 0x80]);
  });

  it('refuses a threshold beyond the register at construction', () => {
    const port = new Registers(good());
    expect(() => new Max31856(port, { highFaultC: celsius(2048) })).toThrow('high fault threshold');
    expect(() => new Max31856(port, { highFaultC: celsius(-2049) })).toThrow('high fault threshold');
  });

  it('starts over when the bus failed during the configuration', () => {
    const port = new Registers(good());
    const nak = { kind: 'bus', device: 'spi', op: 'transfer', errno: 5, transient: true, detail: '' } as const;
    let fail = true;
    const flaky: SpiPort = {
      transfer: (tx, rx, done) => (fail ? done(nak) : port.transfer(tx, rx, done)),
    };
    const driver = new Max31856(flaky);
    expect(read(driver, 0)).toEqual({ ok: false, at: 0, why: nak });
    fail = false;
    expect(read(driver, 100)).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(port.writes).toBe(2);
    expect(read(driver, 300)).toMatchObject({ ok: true, at: micros(300_000) });
  });
});
