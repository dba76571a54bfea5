import { describe, expect, it } from 'vitest';
import { Max31856, max31856OpenUs } from '../../../src/hal/drivers/max31856.ts';
import { Max31856Chip } from '../../../src/hal/sim/chips/max31856.ts';
import { celsius, millis } from '../../../src/units.ts';
import { coupleWorld, readAt, spiPortTo } from '../support/bench.ts';

const bench = (options = {}) => {
  const { world, analogue } = coupleWorld();
  const chip = new Max31856Chip(analogue);
  const driver = new Max31856(spiPortTo(chip), options);
  const read = (ms: number) => {
    world.now = millis(ms);
    return readAt(driver, world.now);
  };
  const registers = (from = 0, count = 16): number[] => {
    const tx = new Uint8Array(1 + count);
    tx[0] = from;
    const rx = new Uint8Array(1 + count);
    chip.exchange(tx, rx);
    return [...rx.subarray(1)];
  };
  const write = (...bytes: number[]): void => chip.exchange(Uint8Array.from(bytes), new Uint8Array(bytes.length));
  return { world, chip, read, registers, write };
};

const DEFAULTS = [0, 0x03, 0xff, 0x7f, 0xc0, 0x7f, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0];

describe('the MAX31856 chip', () => {
  it('powers up with the defaults of the datasheet and never converts by itself', () => {
    const { world, registers } = bench();
    expect(registers()).toEqual(DEFAULTS);
    world.now = millis(60_000);
    expect(registers()).toEqual(DEFAULTS);
  });

  it('counts the address up within a burst, for reading and writing, and wraps at 0F', () => {
    const { registers, write } = bench();
    write(0x83, 1, 2, 3);
    expect(registers(3, 3)).toEqual([1, 2, 3]);
    expect(registers(0x0e, 4)).toEqual([0, 0, 0, 3]);
  });

  it('does not let read-only and unknown registers be written', () => {
    const { registers, write } = bench();
    write(0x8a, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66);
    write(0xc0, 0x77);
    expect(registers(0x0a, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(registers(0x40, 1)).toEqual([0]);
  });

  it('lets the cold junction be written while its sensor is off, and then uses that', () => {
    const { world, registers, write } = bench();
    write(0x80, 0x08);
    write(0x8a, 0x0a, 0x00);
    expect(registers(0x0a, 2)).toEqual([0x0a, 0x00]);
    write(0x80, 0x88);
    world.now = millis(200);
    const [, , high, middle] = registers(0x0a, 4);
    // 15 °C less at the cold end is about 15 °C less in the result.
    expect((high! << 4) | (middle! >> 4)).toBeCloseTo(45, -1);
  });

  it('ends the first automatic conversion after 169 ms at 50 Hz, further ones every 98 ms', () => {
    const { world, registers, write } = bench();
    write(0x80, 0x81);
    world.now = millis(168.999);
    expect(registers(0x0c, 3)).toEqual([0, 0, 0]);
    world.now = millis(169);
    expect(registers(0x0c, 3)).toEqual([0x03, 0xc0, 0x00]);
    world.hot = 61;
    world.now = millis(266.999);
    expect(registers(0x0c, 1)).toEqual([0x03]);
    expect(registers(0x0c, 3)).toEqual([0x03, 0xc0, 0x00]);
    world.now = millis(267);
    expect(registers(0x0c, 3)).toEqual([0x03, 0xd0, 0x00]);
  });

  it.each([
    ['60 Hz', 0x80, 0x03, 143],
    ['50 Hz with the open-circuit test', 0x91, 0x03, 182.3],
    ['50 Hz with four samples', 0x81, 0x23, 289],
    ['50 Hz with sixteen samples, set by a high code', 0x81, 0x73, 769],
  ])('needs for its first conversion at %s its own time', (_name, cr0, cr1, ms) => {
    const { world, registers, write } = bench();
    write(0x81, cr1 as number);
    write(0x80, cr0 as number);
    world.now = millis((ms as number) - 0.01);
    expect(registers(0x0c, 2)).toEqual([0, 0]);
    world.now = millis((ms as number) + 0.01);
    expect(registers(0x0c, 2)).toEqual([0x03, 0xc0]);
  });

  it('makes one conversion in one-shot mode and clears the bit', () => {
    const { world, registers, write } = bench();
    write(0x80, 0x41);
    expect(registers(0, 1)).toEqual([0x41]);
    world.now = millis(169);
    expect(registers(0x0c, 2)).toEqual([0x03, 0xc0]);
    expect(registers(0, 1)).toEqual([0x01]);
    world.hot = 90;
    world.now = millis(5000);
    expect(registers(0x0c, 2)).toEqual([0x03, 0xc0]);
  });

  it('stops when it is switched off', () => {
    const { world, registers, write } = bench();
    write(0x80, 0x81);
    write(0x80, 0x01);
    world.now = millis(5000);
    expect(registers(0x0c, 3)).toEqual([0, 0, 0]);
  });

  it('adds its cold-junction offset', () => {
    const { world, registers, write } = bench();
    write(0x89, 0x10);
    write(0x80, 0x81);
    world.now = millis(200);
    expect(registers(0x0a, 2)).toEqual([26, 0]);
  });

  it.each([
    ['the high couple threshold', [0x85, 0x03, 0x20], 0x08],
    ['the low couple threshold', [0x87, 0x06, 0x40], 0x04],
    ['the high cold-junction threshold', [0x83, 20], 0x20],
    ['the low cold-junction threshold', [0x84, 30], 0x10],
  ])('flags %s and pulls FAULT when it is not masked', (_name, bytes, bit) => {
    const { world, chip, registers, write } = bench();
    write(...(bytes as number[]));
    write(0x80, 0x81);
    world.now = millis(200);
    expect(registers(15, 1)).toEqual([bit]);
    expect(chip.faultPin).toBe(false);
    write(0x82, 0xff & ~(bit as number));
    expect(chip.faultPin).toBe(true);
  });

  it('flags the ranges of cold junction and couple', () => {
    const { world, registers, write } = bench();
    write(0x80, 0x81);
    world.cold = 126;
    world.hot = 1400;
    world.now = millis(200);
    expect(registers(15, 1)).toEqual([0xc0]);
  });

  it('flags a couple type that it is not told as K', () => {
    const { world, registers, write } = bench();
    write(0x81, 0x07);
    write(0x80, 0x81);
    world.now = millis(200);
    expect(registers(15, 1)[0]! & 0x40).toBe(0x40);
  });

  it('does not see an open couple while the test for it is off', () => {
    const { world, chip, registers, write } = bench();
    chip.fault = 'open';
    write(0x80, 0x81);
    for (let ms = 200; ms < 5000; ms += 98) {
      world.now = millis(ms);
      expect(registers(15, 1)).toEqual([0]);
    }
  });

  it.each([
    ['50 Hz', 0x91, 182.3, 98],
    ['60 Hz', 0x90, 156.3, 82],
  ])(
    'tests for an open couple in one conversion of 16 at %s, and shows a smooth falling value until then',
    (...row) => {
      const [, cr0, first, next] = row as [string, number, number, number];
      const { world, chip, registers, write } = bench();
      write(0x80, cr0);
      world.now = millis(first);
      expect(registers(15, 1)).toEqual([0]);
      chip.fault = 'open';
      const code = (): number => registers(0x0c, 2).reduce((word, byte) => (word << 8) | byte, 0);
      let before = code();
      for (let conversion = 2; conversion < 16; conversion += 1) {
        world.now += millis(next);
        expect(registers(15, 1), `conversion ${conversion}`).toEqual([0]);
        // 1/16 °C a step; the cold junction is at 25 °C.
        expect(before - code()).toBeGreaterThanOrEqual(0);
        expect(before - code()).toBeLessThan(2 * 16);
        expect(code()).toBeGreaterThan(25 * 16);
        before = code();
      }
      world.now += millis(next + 13.3);
      expect(registers(15, 1)).toEqual([1]);
      expect(code()).toBe(before);
      // Mended, it is found whole by the next test only.
      chip.fault = 'none';
      for (let conversion = 1; conversion < 16; conversion += 1) {
        world.now += millis(next);
        expect(registers(15, 1)).toEqual([1]);
      }
      world.now += millis(next + 13.4);
      expect(registers(15, 1)).toEqual([0]);
    },
  );

  it('keeps a fault in interrupt mode until it is cleared', () => {
    const { world, chip, registers, write } = bench();
    write(0x80, 0x95);
    world.now = millis(200);
    chip.fault = 'shortVcc';
    expect(registers(15, 1)).toEqual([0x02]);
    chip.fault = 'none';
    expect(registers(15, 1)).toEqual([0x02]);
    write(0x80, 0x97);
    expect(registers(15, 1)).toEqual([0]);
    expect(registers(0, 1)).toEqual([0x95]);
  });
});

describe('the MAX31856 driver on its chip', () => {
  it('is stale for two readings, then right', () => {
    const { read } = bench();
    expect(read(0)).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(read(100)).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(read(200)).toEqual({ ok: true, at: 200_000, value: { celsius: 60, coldJunctionC: 25, raw: 7680 } });
  });

  it.each([-199, -20, -0.0078125, 0, 0.01, 31, 60.3, 250, 1371])('finds %d °C to half a step', (t) => {
    for (const cold of [-20, -0.4, 25, 85]) {
      const { world, read } = bench();
      world.hot = t;
      world.cold = cold;
      read(0);
      const reading = read(200);
      expect(reading.ok).toBe(true);
      if (!reading.ok) return;
      expect(Math.abs(reading.value.celsius - t)).toBeLessThanOrEqual(1 / 256);
      expect(Math.abs(reading.value.coldJunctionC - cold)).toBeLessThanOrEqual(1 / 128);
    }
  });

  it.each([
    ['shortGnd', 'shortVcc'],
    ['shortVcc', 'shortVcc'],
  ] as const)('reports the fault %s as %s, and recovers', (fault, detail) => {
    const { chip, read } = bench();
    read(0);
    expect(read(200).ok).toBe(true);
    chip.fault = fault;
    expect(read(300)).toMatchObject({ ok: false, why: { kind: 'sensorfault', detail } });
    chip.fault = 'none';
    expect(read(400)).toMatchObject({ ok: true });
  });

  it.each([50, 60] as const)('reports an open couple at %d Hz within the longest time that it states', (mains) => {
    let worst = 0;
    for (let phase = 0; phase < 40; phase += 1) {
      const { world, chip, read } = bench({ mains });
      read(0);
      let ms = 200 + 100 * (phase % 17) + 2.5 * phase;
      expect(read(ms).ok).toBe(true);
      chip.fault = 'open';
      const from = ms;
      for (;;) {
        ms += 50;
        const reading = read(ms);
        if (!reading.ok) {
          expect(reading.why).toMatchObject({ kind: 'sensorfault', detail: 'open' });
          break;
        }
        expect(Math.abs(reading.value.celsius - world.hot)).toBeLessThan(30);
      }
      worst = Math.max(worst, ms - from);
    }
    expect(worst).toBeLessThanOrEqual(max31856OpenUs(mains) / 1000 + 50);
    // What the data sheet’s typical times give: no kinder than that.
    expect(worst).toBeGreaterThan(15 * (mains === 50 ? 98 : 82));
  });

  it('does not believe a floating input that drifts faster than a bench can', () => {
    const { world, read } = bench();
    read(0);
    expect(read(200).ok).toBe(true);
    for (let ms = 310; ms < 900; ms += 110) {
      world.hot -= 6;
      expect(read(ms)).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'jump' } });
    }
    expect(read(1100).ok).toBe(true);
  });

  it('finds a chip that lost its supply, sets it up again and never says 0 °C', () => {
    const { chip, read } = bench();
    read(0);
    expect(read(200).ok).toBe(true);
    chip.powerCycle();
    expect(read(300)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'reconfigured' } });
    expect(read(400)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'first-conversion' } });
    expect(read(500)).toMatchObject({ ok: true, value: { celsius: 60 } });
  });

  it('repeats the same code for ever when the chip is frozen', () => {
    const { world, chip, read } = bench();
    read(0);
    const before = read(200);
    chip.frozen = true;
    world.hot = 80;
    const after = read(5000);
    expect(before.ok && after.ok && before.value.raw === after.value.raw).toBe(true);
  });

  it('is stale when the chip froze before its first conversion', () => {
    const { chip, read } = bench();
    chip.frozen = true;
    read(0);
    expect(read(1000)).toMatchObject({ ok: false, why: { kind: 'stale', detail: 'first-conversion' } });
  });

  it('makes the chip pull FAULT above the threshold without being read', () => {
    const { world, chip, read } = bench({ highFaultC: celsius(80) });
    read(0);
    read(200);
    expect(chip.faultPin).toBe(false);
    world.hot = 80.1;
    world.now = millis(400);
    expect(chip.faultPin).toBe(true);
    expect(read(400)).toMatchObject({ ok: false, why: { kind: 'sensorfault', detail: 'flag' } });
    world.hot = 79;
    world.now = millis(600);
    expect(chip.faultPin).toBe(false);
  });
});
