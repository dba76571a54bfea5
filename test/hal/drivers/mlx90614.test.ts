import { describe, expect, it } from 'vitest';
import {
  decodeMlx90614,
  decodeMlx90614Emissivity,
  decodeMlx90614FilterLag,
  decodeMlx90614Word,
  emissivityCode,
  Mlx90614,
  mlx90614Celsius,
  mlx90614ReadPec,
  writeWordWithPec,
} from '../../../src/hal/drivers/mlx90614.ts';
import type { I2cPort } from '../../../src/hal/ports.ts';
import { NAK, readAt } from '../support/bench.ts';

const AMBIENT = Uint8Array.of(0xdf, 0x3a, 0xcf);
const OBJECT = Uint8Array.of(0xd2, 0x3a, 0x30);
const word = (value: number) => decodeMlx90614Word(value & 0xff, value >> 8);

describe('the MLX90614 words', () => {
  it('of the captured transfer are 28.01 and 28.27 °C', () => {
    const decoded = decodeMlx90614(AMBIENT, OBJECT);
    expect(decoded.ok).toBe(true);
    if (!decoded.ok) return;
    expect(decoded.value.objectC).toBeCloseTo(28.01, 9);
    expect(decoded.value.ambientC).toBeCloseTo(28.27, 9);
    expect(decoded.value.raw).toBe(0x3ad2);
  });

  it.each([
    [0x27ad, -70.01],
    [0x355a, 0.01],
    [0x3559, -0.01],
    [0x3558, -0.03],
    [0x3af7, 28.75],
    [0x7fff, 382.19],
  ])('%i is %d °C', (value, t) => {
    expect(mlx90614Celsius(value)).toBeCloseTo(t, 9);
  });

  it.each([
    ['the least valid word', 0x27ad, { ok: true, value: 0x27ad }],
    ['one below it', 0x27ac, { ok: false, kind: 'implausible', detail: 'below-range' }],
    ['the largest valid word', 0x7fff, { ok: true, value: 0x7fff }],
    ['one above it, which is the error flag', 0x8000, { ok: false, kind: 'sensorfault', detail: 'flag' }],
    ['a good temperature with the error flag', 0xbad2, { ok: false, kind: 'sensorfault', detail: 'flag' }],
    ['all zero', 0x0000, { ok: false, kind: 'implausible', detail: 'all-zero' }],
    ['one above all zero', 0x0001, { ok: false, kind: 'implausible', detail: 'below-range' }],
    ['all one', 0xffff, { ok: false, kind: 'implausible', detail: 'all-one' }],
  ])('are judged: %s', (_name, value, expected) => {
    expect(word(value)).toEqual(expected);
  });

  it('carry the published packet error codes', () => {
    expect(mlx90614ReadPec(0x5a, 0x07, 0xd2, 0x3a)).toBe(0x30);
    expect(mlx90614ReadPec(0x5a, 0x06, 0xdf, 0x3a)).toBe(0xcf);
  });

  it.each([0, 1, 2])('are refused when byte %i of either was disturbed', (index) => {
    const a = AMBIENT.slice();
    a[index]! ^= 0x10;
    const o = OBJECT.slice();
    o[index]! ^= 0x10;
    const bad = { ok: false, kind: 'pec', detail: 'crc8' };
    expect(decodeMlx90614(a, OBJECT)).toEqual(bad);
    expect(decodeMlx90614(AMBIENT, o)).toEqual(bad);
  });

  it('are taken without the check when it is switched off', () => {
    const o = OBJECT.slice();
    o[2] = 0;
    expect(decodeMlx90614(AMBIENT, o, 0x5a, false).ok).toBe(true);
  });

  it('of a dead line are refused with and without the check', () => {
    const zero = new Uint8Array(3);
    const one = new Uint8Array(3).fill(0xff);
    for (const check of [true, false]) {
      expect(decodeMlx90614(zero, zero, 0x5a, check).ok).toBe(false);
      expect(decodeMlx90614(one, one, 0x5a, check).ok).toBe(false);
    }
  });

  it('are refused when only the object word is bad', () => {
    const o = Uint8Array.of(0xd2, 0xba, mlx90614ReadPec(0x5a, 0x07, 0xd2, 0xba));
    expect(decodeMlx90614(AMBIENT, o)).toEqual({ ok: false, kind: 'sensorfault', detail: 'flag' });
  });
});

describe('the MLX90614 emissivity', () => {
  it.each([
    [1, 0xffff],
    [0.95, 0xf332],
    [0.1, 0x199a],
  ])('%d is the word %i', (e, code) => {
    expect(emissivityCode(e)).toBe(code);
  });

  it.each([0.0999, 1.0001, 0, Number.NaN])('%d is refused', (e) => {
    expect(() => emissivityCode(e)).toThrow('emissivity');
  });

  it('is written as command, low, high and packet error code', () => {
    expect([...writeWordWithPec(0x5a, 0x22, 0xc807)]).toEqual([0x22, 0x07, 0xc8, 0x48]);
  });
});

/** The three bytes of a word read from the chip at 0x5A. */
const cell = (command: number, value: number): Uint8Array =>
  Uint8Array.of(value & 0xff, value >> 8, mlx90614ReadPec(0x5a, command, value & 0xff, value >> 8));

describe('the MLX90614 cells', () => {
  it.each([
    [0xffff, { ok: true, value: 1 }],
    [0xf332, { ok: true, value: expect.closeTo(0.95, 4) }],
    [0x199a, { ok: true, value: expect.closeTo(0.1, 4) }],
    [0x1980, { ok: false, kind: 'config', detail: 'emissivity' }],
    [0x0000, { ok: false, kind: 'implausible', detail: 'all-zero' }],
  ])('hold the emissivity: 0x%i', (value, expected) => {
    expect(decodeMlx90614Emissivity(value & 0xff, value >> 8)).toEqual(expected);
  });

  it('hold the filter, and with it the lag: 22 ms as delivered, a second at its slowest', () => {
    const lag = (value: number) => decodeMlx90614FilterLag(value & 0xff, value >> 8);
    expect(lag(0x9fb4)).toEqual({ ok: true, value: expect.closeTo(22_013, 0) });
    expect(lag(0x9fb3)).toEqual({ ok: true, value: expect.closeTo(1_061_033, 0) });
    expect(lag(0xffff)).toEqual({ ok: false, kind: 'implausible', detail: 'all-one' });
    expect(lag(0)).toEqual({ ok: false, kind: 'implausible', detail: 'all-zero' });
  });
});

describe('the MLX90614 driver', () => {
  const bench = (options = {}) => {
    const words = new Map([
      [6, AMBIENT.slice()],
      [7, OBJECT.slice()],
      [0x24, cell(0x24, 0xf332)],
      [0x25, cell(0x25, 0x9fb4)],
    ]);
    const asked: string[] = [];
    const fail = { next: false };
    const port: I2cPort = {
      readBlock(address, command, into, done) {
        asked.push(`${address.toString(16)}:${command}:${into.length}`);
        const failed = fail.next;
        fail.next = false;
        if (failed) {
          done(NAK);
          return;
        }
        into.set(words.get(command)!);
        done(null);
      },
      write: (_address, _bytes, done) => done(null),
    };
    const driver = new Mlx90614(port, options);
    const read = () => readAt(driver, 9);
    return { driver, words, asked, read, fail };
  };

  it('reads the two cells once, then ambient and object, three bytes each', () => {
    const { asked, read } = bench();
    const value = { raw: 0x3ad2, emissivity: expect.closeTo(0.95, 4), filterLagUs: expect.closeTo(22_013, 0) };
    expect(read()).toMatchObject({ ok: true, at: 9, value });
    expect(asked).toEqual(['5a:36:3', '5a:37:3', '5a:6:3', '5a:7:3']);
    read();
    expect(asked.slice(4)).toEqual(['5a:6:3', '5a:7:3']);
  });

  it('believes no temperature before both cells are read intact, and reads them again after a failed transfer', () => {
    const { words, asked, read, fail } = bench();
    words.get(0x24)![2]! ^= 1;
    expect(read()).toMatchObject({ ok: false, why: { kind: 'pec', op: 'configure' } });
    words.set(0x24, cell(0x24, 0x0100));
    expect(read()).toMatchObject({ ok: false, why: { kind: 'config', detail: 'emissivity' } });
    words.set(0x24, cell(0x24, 0xffff));
    expect(read()).toMatchObject({ ok: true, value: { emissivity: 1 } });
    fail.next = true;
    expect(read().ok).toBe(false);
    // The chip that answers now may be another one.
    words.set(0x24, cell(0x24, 0xcccc));
    asked.length = 0;
    expect(read()).toMatchObject({ ok: true, value: { emissivity: expect.closeTo(0.8, 4) } });
    expect(asked).toEqual(['5a:36:3', '5a:37:3', '5a:6:3', '5a:7:3']);
  });

  it('counts packet errors and nothing else', () => {
    const { driver, words, read } = bench();
    words.get(7)![2]! ^= 1;
    expect(read()).toMatchObject({ ok: false, why: { kind: 'pec', detail: 'crc8', transient: true } });
    read();
    words.set(7, Uint8Array.of(0xd2, 0xba, mlx90614ReadPec(0x5a, 7, 0xd2, 0xba)));
    expect(read()).toMatchObject({ ok: false, why: { kind: 'sensorfault', detail: 'flag' } });
    expect(driver.pecErrors).toBe(2);
  });

  it('can do without the check and at another address', () => {
    const { driver, words, asked, read } = bench({ pecCheck: false, address: 0x5b });
    words.get(7)![2]! ^= 1;
    expect(read().ok).toBe(true);
    expect(driver.pecErrors).toBe(0);
    expect(asked[2]).toBe('5b:6:3');
  });
});
