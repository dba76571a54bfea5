import { describe, expect, it } from 'vitest';
import { decodeMcp4725, Mcp4725, mcp4725Code, mcp4725Write } from '../../../src/hal/drivers/mcp4725.ts';
import type { Done, HalError, PlainI2cPort } from '../../../src/hal/ports.ts';
import { instant, ratio } from '../../../src/units.ts';
import { NAK } from '../support/bench.ts';

/** A bus with a converter that answers when the test says so, or at once. */
class Bus implements PlainI2cPort {
  now = 0;
  /** What a read answers with; the code that was written last comes into it. */
  status = 0xc0;
  eeprom = [0x00, 0x00];
  atOnce = true;
  error: HalError | null = null;
  readonly written: number[] = [];
  readonly waiting: { end: (error?: HalError) => void }[] = [];
  private code = 0x800;

  readBlock(): void {
    throw new Error('the chip has no commands');
  }
  read(_address: number, into: Uint8Array, done: Done): void {
    into.set([this.status, this.code >> 4, (this.code & 15) << 4, ...this.eeprom]);
    this.end(done);
  }
  write(address: number, bytes: Uint8Array, done: Done): void {
    expect(address).toBe(0x61);
    expect(bytes).toHaveLength(2);
    const code = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
    this.written.push(code);
    if (this.error === null) this.code = code;
    this.end(done);
  }
  private end(done: Done): void {
    const { error } = this;
    if (this.atOnce) done(error);
    else this.waiting.push({ end: (other) => done(other ?? error) });
  }
}

const bench = () => {
  const bus = new Bus();
  const dac = new Mcp4725(bus, { address: 0x61, now: () => instant(bus.now) });
  const set = (level: number, afterMs = 50) => {
    bus.now += 1000 * afterMs;
    dac.set(ratio(level));
  };
  const open = (): HalError | null => {
    let said: HalError | null | undefined;
    dac.open((error) => {
      said = error;
    });
    if (said === undefined) throw new Error('no answer');
    bus.written.length = 0;
    return said;
  };
  return { bus, dac, set, open };
};

describe('the code of a level', () => {
  it.each([
    [0, 0],
    [-0.1, 0],
    [1e-6, 1],
    [0.03, 123],
    [0.5, 2048],
    [1, 4095],
    [1.2, 4095],
  ])('%d is %d', (level, code) => {
    expect(mcp4725Code(ratio(level))).toBe(code);
  });

  it('is written in fast mode: two bytes, power-down bits 0', () => {
    expect([...mcp4725Write(0)]).toEqual([0, 0]);
    expect([...mcp4725Write(0x7b)]).toEqual([0x00, 0x7b]);
    expect([...mcp4725Write(4095)]).toEqual([0x0f, 0xff]);
  });
});

describe('what a read says', () => {
  it('holds the register from the second byte on and the EEPROM from the fourth', () => {
    const decoded = decodeMcp4725(Uint8Array.of(0xc6, 0x12, 0x3f, 0x7a, 0xbc));
    expect(decoded).toEqual({ ok: true, value: { code: 0x123, powerUpCode: 0xabc } });
  });

  it.each([
    [[0, 0, 0, 0, 0], 'all-zero'],
    [[255, 255, 255, 255, 255], 'all-one'],
    [[0x40, 0, 0, 0, 0], 'eeprom-busy'],
  ])('%j is no answer: %s', (bytes, detail) => {
    expect(decodeMcp4725(Uint8Array.from(bytes))).toMatchObject({ ok: false, detail });
  });
});

describe('opening the converter', () => {
  it('makes the light dark first, whatever the chip showed', () => {
    const { bus, dac } = bench();
    dac.open(() => {});
    expect(bus.written).toEqual([0]);
  });

  it('refuses a chip that would light the film at power-up, for good, and leaves it dark', () => {
    const { bus, open, set } = bench();
    bus.eeprom = [0x08, 0x00];
    expect(open()).toMatchObject({ kind: 'config', transient: false, detail: 'it powers up with code 2048 of 4095' });
    set(1);
    set(0.5, 3000);
    expect(bus.written).toEqual([]);
    bus.eeprom = [0x00, 0x01];
    expect(bench().open()).toBeNull();
  });

  it('sees one wrong bit of the EEPROM in either byte', () => {
    for (const eeprom of [
      [0x00, 0x01],
      [0x01, 0x00],
    ]) {
      const { bus, open } = bench();
      bus.eeprom = eeprom;
      expect(open()?.kind).toBe('config');
    }
  });

  it('does not take another chip for it: what was written must be read back', () => {
    const { bus, open } = bench();
    const { read } = bus;
    bus.read = (address, into, done) => {
      read.call(bus, address, into, () => {});
      into[1] = 0x20;
      done(null);
    };
    expect(open()).toMatchObject({ kind: 'implausible', detail: 'not-dark' });
  });

  it('tries again with the next level after an error that may pass, and sets nothing before', () => {
    const { bus, open, set } = bench();
    bus.error = NAK;
    expect(open()?.kind).toBe('nak');
    set(1);
    expect(bus.written).toEqual([0]);
    bus.error = null;
    set(1);
    expect(bus.written).toEqual([0, 0, 4095]);
  });

  it('opens itself with the first level', () => {
    const { bus, set } = bench();
    set(0.5);
    expect(bus.written).toEqual([0, 2048]);
  });
});

describe('the level of the light', () => {
  it('is written when it changes, and otherwise once a second', () => {
    const { bus, open, set } = bench();
    open();
    for (let i = 0; i < 100; i += 1) set(0.03);
    expect(bus.written.length).toBeGreaterThanOrEqual(5);
    expect(bus.written.length).toBeLessThanOrEqual(6);
    expect(new Set(bus.written)).toEqual(new Set([123]));
  });

  it('is dark for a dark frame of one tick', () => {
    const { bus, open, set } = bench();
    open();
    for (const level of [1, 1, 0, 1, 1]) set(level);
    expect(bus.written).toEqual([4095, 0, 4095]);
  });

  it('is written again by the next tick after a write that failed', () => {
    const { bus, open, set } = bench();
    open();
    bus.error = NAK;
    set(1);
    set(1);
    bus.error = null;
    set(1);
    set(1);
    expect(bus.written).toEqual([4095, 4095, 4095]);
  });

  it('never waits: one write at a time, and the newest level as soon as it has ended', () => {
    const { bus, open, set } = bench();
    open();
    bus.atOnce = false;
    set(1);
    set(0.5);
    set(0);
    expect(bus.written).toEqual([4095]);
    bus.waiting.shift()?.end();
    expect(bus.written).toEqual([4095, 0]);
    bus.waiting.shift()?.end();
    expect(bus.waiting).toHaveLength(0);
  });

  it('gives up a write that never ends after 2 s, and a late answer means nothing', () => {
    const { bus, open, set } = bench();
    open();
    bus.atOnce = false;
    set(1);
    set(0, 1999);
    expect(bus.written).toEqual([4095]);
    set(0, 1);
    expect(bus.written).toEqual([4095, 0]);
    const [late, last] = bus.waiting;
    late?.end();
    set(0);
    expect(bus.written).toEqual([4095, 0]);
    last?.end();
    set(0);
    expect(bus.written).toEqual([4095, 0]);
  });

  it('is spoken of once when the chip has not answered for a second, and again after it has', () => {
    const { bus, dac, open, set } = bench();
    open();
    const told: string[] = [];
    dac.watch((text) => told.push(text));
    bus.error = NAK;
    set(1, 900);
    expect(told).toEqual([]);
    for (let i = 0; i < 50; i += 1) set(1);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('does not answer');
    bus.error = null;
    set(1);
    bus.error = NAK;
    for (let i = 0; i < 50; i += 1) set(0);
    expect(told).toHaveLength(2);
  });

  it('is dark after closing, and nothing lights it again', () => {
    const { bus, dac, open, set } = bench();
    open();
    set(1);
    let said: HalError | null | undefined;
    dac.close((error) => {
      said = error;
    });
    set(1, 5000);
    expect(said).toBeNull();
    expect(bus.written).toEqual([4095, 0]);
  });

  it('is dark after closing although a write was under way', () => {
    const { bus, dac, open, set } = bench();
    open();
    bus.atOnce = false;
    set(1);
    set(0.5);
    dac.close(() => {});
    for (const { end } of bus.waiting.splice(0)) end();
    expect(bus.written.at(-1)).toBe(0);
  });
});

it('refuses an address that the chip cannot have', () => {
  for (const address of [0x5f, 0x68]) {
    expect(() => new Mcp4725(new Bus(), { address, now: () => instant(0) })).toThrow('0x60..0x67');
  }
});
