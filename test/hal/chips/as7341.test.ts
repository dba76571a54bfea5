import { describe, expect, it } from 'vitest';
import { As7341, as7341Chain } from '../../../src/hal/drivers/as7341.ts';
import { As7341Chip } from '../../../src/hal/sim/chips/as7341.ts';
import { instant, millis, volts } from '../../../src/units.ts';
import { INPUTS, i2cPortTo, readAt } from '../support/bench.ts';

const bench = () => {
  const world = { now: 0, volts: [1.65, 0.825, 3, 0], asked: [] as number[] };
  const chip = new As7341Chip(
    {
      now: () => instant(world.now),
      volts: (input, overUs) => {
        world.asked.push(overUs ?? -1);
        return volts(world.volts[input]!);
      },
    },
    { inputs: INPUTS },
  );
  const set = (...bytes: number[]) => chip.write(Uint8Array.from(bytes));
  const block = (register: number, length: number) => {
    const into = new Uint8Array(length);
    expect(chip.readBlock(register, into)).toBe(true);
    return [...into];
  };
  const byte = (register: number) => block(register, 1)[0]!;
  /** The counts of ADC 0..3, latched by the read. */
  const counts = () => {
    const [, ...bytes] = block(0x94, 9);
    return [0, 2, 4, 6].map((i) => bytes[i]! | (bytes[i + 1]! << 8));
  };
  /** Powered, the four filters connected, gain 64, 1,000 steps (2.919 ms on a slow clock), zeroed by hand; now = 100 ms. */
  const ready = () => {
    set(0x80, 0x01);
    set(0x00, ...as7341Chain(INPUTS));
    set(0xaf, 0x10);
    set(0x80, 0x11);
    world.now = millis(50);
    set(0xaa, 7);
    set(0xd6, 0);
    set(0xfa, 0x04);
    world.now = millis(100);
  };
  const sleepy = () => {
    set(0xac, 0x1c);
    set(0xf9, 0x08);
  };
  return { world, chip, set, block, byte, counts, ready, sleepy };
};

describe('the AS7341 chip', () => {
  it('powers up with the defaults of the datasheet', () => {
    const { block, byte } = bench();
    expect(byte(0x92)).toBe(0x24);
    expect([0x80, 0x81, 0x93, 0xa3, 0xa7, 0xa9, 0xaa, 0xac, 0xbd, 0xd6, 0xf9, 0xfa].map(byte)).toEqual([
      0, 0, 0, 0, 0, 0, 0x09, 0x0c, 0, 0xff, 0, 0,
    ]);
    expect(block(0xca, 2)).toEqual([0xe7, 0x03]);
  });

  it('takes a register and bytes for it and those that follow', () => {
    const { set, block, byte } = bench();
    expect(set()).toBe(false);
    expect(set(0xca)).toBe(true);
    set(0xca, 0x34, 0x12);
    expect(block(0xca, 2)).toEqual([0x34, 0x12]);
    set(0xaa, 0xff);
    expect(byte(0xaa)).toBe(0x1f);
    for (const register of [0x92, 0x94, 0x95, 0xa3, 0xa7]) set(register, 0x55);
    expect([0x92, 0x94, 0x95, 0xa3, 0xa7].map(byte)).toEqual([0x24, 0, 0, 0, 0]);
  });

  it('has the RAM of the SMUX only while the bank bit is 0', () => {
    const { set, block } = bench();
    set(0x00, 1, 2, 3);
    set(0xa9, 0x10);
    expect(block(0x00, 3)).toEqual([0, 0, 0]);
    set(0x70, 8);
    expect(block(0x70, 1)).toEqual([8]);
    set(0xa9, 0);
    expect([block(0x00, 3), block(0x70, 1)]).toEqual([[1, 2, 3], [0]]);
  });

  it('integrates for (ATIME + 1)·(ASTEP + 1) steps of 2.78 µs on a slow clock, and shows the result after that', () => {
    const { world, set, byte, counts, ready } = bench();
    ready();
    set(0x81, 2);
    set(0xca, 0xe7, 0x01);
    world.asked.length = 0;
    set(0x80, 0x03);
    // 3 · 488 steps: 1,464 · 2.78 µs · 1.05.
    for (const overUs of world.asked) expect(overUs).toBeCloseTo(4_273.4, 1);
    expect(world.asked).toHaveLength(4);
    world.now = millis(100) + 4_273;
    expect([byte(0xa3), counts()]).toEqual([0, [0, 0, 0, 0]]);
    world.now = millis(100) + 4_274;
    expect(byte(0xa3)).toBe(0x40);
    expect(counts()).toEqual([732, 366, 1_331, 0]);
  });

  it('takes the light when the integration begins', () => {
    const { world, set, counts, ready } = bench();
    ready();
    set(0x80, 0x03);
    world.volts = [0, 0, 0, 0];
    world.now += 2_920;
    expect(counts()).toEqual([500, 250, 909, 0]);
  });

  it.each([
    [0, 0.5],
    [1, 1],
    [7, 64],
    [8, 128],
    [10, 512],
  ])('has the gain setting %i, a factor of %d', (setting, factor) => {
    const { world, set, byte, counts, ready } = bench();
    ready();
    world.volts = [0.33, 0, 0, 0];
    set(0xaa, setting);
    set(0x80, 0x03);
    world.now += 2_920;
    expect(counts()[0]).toBe(Math.min(1_000, Math.round((100 * factor) / 64)));
    expect(byte(0x94) & 0x0f).toBe(setting);
  });

  it('ends at full scale and says so, for the result that was latched', () => {
    const { world, set, block, byte, ready } = bench();
    ready();
    world.volts = [3.4, 1, 1, 1];
    set(0x80, 0x03);
    world.now += 2_920;
    expect(byte(0xa3)).toBe(0x50);
    expect(block(0x94, 3)).toEqual([0x87, 1_000 & 0xff, 1_000 >> 8]);
  });

  it('never counts above 65,535', () => {
    const { world, set, counts, ready } = bench();
    ready();
    set(0x81, 255);
    set(0x80, 0x03);
    world.now += millis(760);
    expect(counts()).toEqual([0xffff, 64_000, 0xffff, 0]);
  });

  it('shows a middling count when the light is too much for its analogue part, and says that', () => {
    const { world, set, byte, counts, ready } = bench();
    ready();
    world.volts = [6.6, 0, 0, 0];
    set(0x80, 0x03);
    world.now += 2_920;
    expect([byte(0xa3), counts()[0], byte(0x94)]).toEqual([0x48, 500, 0x87]);
  });

  it('latches the counts by a read of ASTATUS, and otherwise shows those latched before', () => {
    const { world, set, block, ready } = bench();
    ready();
    set(0x80, 0x03);
    world.now += 2_920;
    expect(block(0x95, 2)).toEqual([0, 0]);
    expect(block(0x94, 3)).toEqual([0x07, 500 & 0xff, 500 >> 8]);
    world.volts = [0, 0, 0, 0];
    world.now += millis(20);
    expect(block(0x95, 2)).toEqual([500 & 0xff, 500 >> 8]);
    expect(block(0x94, 3)).toEqual([0x07, 0, 0]);
  });

  it('integrates again and again if nothing stops it', () => {
    const { world, set, counts, ready } = bench();
    ready();
    set(0x80, 0x03);
    world.now += 2_920;
    expect(counts()[0]).toBe(500);
    world.volts = [0.33, 0, 0, 0];
    // The second one began in the light before; the third did not.
    world.now += 2_918;
    expect(counts()[0]).toBe(500);
    world.now += 2_919;
    expect(counts()[0]).toBe(100);
  });

  it('waits for the wait time from start to start', () => {
    const { world, set, counts, ready } = bench();
    ready();
    set(0x83, 3);
    set(0x80, 0x0b);
    world.now += 3_000;
    expect(counts()[0]).toBe(500);
    world.volts = [0.33, 0, 0, 0];
    // 4 · 2.78 ms · 1.05 = 11.676 ms, then 2.919 ms.
    world.now += 11_590;
    expect(counts()[0]).toBe(500);
    world.now += 10;
    expect(counts()[0]).toBe(100);
  });

  it('keeps the valid bit of the integration before', () => {
    const { world, set, byte, ready } = bench();
    ready();
    set(0x80, 0x03);
    world.now += 2_920;
    set(0x80, 0x01);
    set(0x80, 0x03);
    expect(byte(0xa3)).toBe(0x40);
    set(0x80, 0x00);
    expect(byte(0xa3)).toBe(0);
  });

  it('does not measure without power', () => {
    const { world, set, byte } = bench();
    set(0x80, 0x02);
    world.now = millis(50);
    expect([byte(0x80), byte(0xa3)]).toEqual([0, 0]);
  });

  it('sleeps after an interrupt until that is cleared and then the sleep', () => {
    const { world, set, byte, counts, ready, sleepy } = bench();
    ready();
    sleepy();
    set(0x80, 0x03);
    expect([byte(0x93), byte(0xa7)]).toEqual([0, 0]);
    world.now += 2_920;
    expect([byte(0x93), byte(0xa7), counts()[0]]).toEqual([0x08, 0x02, 500]);
    world.volts = [0, 0, 0, 0];
    world.now += millis(50);
    expect(counts()[0]).toBe(500);
    // In the wrong order it sleeps on.
    set(0xfa, 0x01);
    expect(byte(0xa7)).toBe(0x02);
    set(0x93, 0x08);
    expect([byte(0x93), byte(0xa7)]).toEqual([0, 0x02]);
    set(0xfa, 0x01);
    expect(byte(0xa7)).toBe(0);
    world.now += 2_920;
    expect([byte(0xa7), counts()[0]]).toEqual([0x02, 0]);
  });

  it.each([
    ['no interrupt is enabled', 0xf9, 0],
    ['an interrupt needs more than one result', 0xbd, 1],
    ['it is not to sleep', 0xac, 0x0c],
  ])('does not sleep if %s', (_why, register, value) => {
    const { world, set, byte, ready, sleepy } = bench();
    ready();
    sleepy();
    set(register, value);
    set(0x80, 0x03);
    world.now += millis(50);
    expect([byte(0xa3), byte(0xa7)]).toEqual([0x40, 0]);
  });

  it('carries out a SMUX command in its time, and clears the bit', () => {
    const { world, set, block, byte, counts } = bench();
    set(0x80, 0x01);
    set(0x00, ...as7341Chain(INPUTS));
    set(0xd6, 0);
    set(0x80, 0x11);
    expect(byte(0x80)).toBe(0x11);
    world.now = 500;
    // CFG6 powers up with the command 2, write.
    expect(byte(0x80)).toBe(0x01);
    set(0x00, ...new Array<number>(20).fill(0));
    set(0xaf, 0x08);
    set(0x80, 0x11);
    world.now = 1_000;
    expect(block(0, 20)).toEqual([...as7341Chain(INPUTS)]);
    set(0xaf, 0);
    set(0x80, 0x11);
    world.now = 1_500;
    set(0x80, 0x03);
    world.now = millis(10);
    // Nothing is connected; the offset was never zeroed.
    expect(counts()).toEqual([10, 10, 10, 10]);
  });

  it('loses a SMUX command during a measurement', () => {
    const { world, set, byte, counts, ready } = bench();
    ready();
    set(0x00, ...new Array<number>(20).fill(0));
    set(0x80, 0x03);
    set(0x80, 0x13);
    expect(byte(0x80)).toBe(0x03);
    world.now += millis(10);
    expect(counts()[0]).toBe(500);
  });

  it('adds the signals of what is connected to one ADC, half a filter a diode', () => {
    const { world, set, counts, ready } = bench();
    ready();
    const chain = new Uint8Array(20);
    // One diode of F4 (pixel 11) and both of F7 (14, 20) to ADC 2.
    chain[0x05] = 0x30;
    chain[0x07] = 0x03;
    chain[0x0a] = 0x03;
    set(0x00, ...chain);
    set(0x80, 0x11);
    world.now += 500;
    set(0x80, 0x03);
    world.now += 2_920;
    expect(counts()).toEqual([0, 0, 500, 0]);
  });

  it('zeroes itself for 15 ms before the first integration, by default', () => {
    const { world, set, byte, ready } = bench();
    ready();
    set(0xd6, 0xff);
    set(0x80, 0x03);
    world.now += 15_750 + 2_918;
    expect(byte(0xa3)).toBe(0);
    world.now += 1;
    expect(byte(0xa3)).toBe(0x40);
  });

  it('begins no integration before an autozero by hand has ended', () => {
    const { world, set, byte, ready } = bench();
    ready();
    set(0xfa, 0x04);
    set(0x80, 0x03);
    world.now += 15_750 + 2_918;
    expect(byte(0xa3)).toBe(0);
    world.now += 1;
    expect(byte(0xa3)).toBe(0x40);
  });

  it('forgets everything at a power cycle', () => {
    const { world, chip, set, byte, counts, ready } = bench();
    ready();
    set(0x80, 0x03);
    world.now += 2_920;
    counts();
    chip.powerCycle();
    expect([byte(0x80), byte(0xaa), byte(0xa3), byte(0x94)]).toEqual([0, 9, 0, 0]);
    expect(counts()).toEqual([0, 0, 0, 0]);
  });
});

describe('the AS7341 driver on its chip', () => {
  const driven = (everyMs = 50) => {
    const { world, chip } = bench();
    const driver = new As7341(i2cPortTo(chip), { inputs: INPUTS, everyUs: millis(everyMs) });
    const read = () => {
      world.now += millis(everyMs);
      return readAt(driver, world.now);
    };
    return { world, chip, read };
  };
  const near = (v: number) => expect.closeTo(v, 3);

  it.each([10, 20, 50, 200])(
    'has all four channels of one instant from the fourth or fifth reading on, every %i ms',
    (everyMs) => {
      const { read } = driven(everyMs);
      let readings = 1;
      let reading = read();
      for (; !reading.ok; reading = read()) {
        expect(reading).toMatchObject({ why: { kind: 'stale', detail: 'first-conversion' } });
        readings += 1;
      }
      expect(readings).toBeLessThanOrEqual(5);
      const start = millis(everyMs * (readings - 1));
      expect(reading.value.takenAt).toEqual({ green: start, red: start, broadband: start, reference: start });
      const step = 3.3 / 700;
      expect(Math.abs(reading.value.green - 1.65)).toBeLessThan(step);
      expect(Math.abs(reading.value.red - 0.825)).toBeLessThan(step);
      expect(Math.abs(reading.value.broadband - 3)).toBeLessThan(step);
      expect(reading.value.reference).toBe(0);
    },
  );

  it('shows the light of the start, not of the reading, and never of an integration that nobody started', () => {
    const { world, read } = driven();
    for (let i = 0; i < 4; i += 1) read();
    world.volts = [0.5, 0.5, 0.5, 0.5];
    expect(read()).toMatchObject({ value: { green: near(1.65) } });
    expect(read()).toMatchObject({ value: { green: near(0.5), red: near(0.5), reference: near(0.5) } });
    // A tick that comes late finds the one integration, not the fifth.
    world.now += millis(100);
    world.volts = [0, 0, 0, 0];
    expect(read()).toMatchObject({ value: { green: near(0.5), takenAt: { green: millis(300) } } });
  });

  it('shows light above full scale as full, and light far above it, too', () => {
    const { world, read } = driven();
    for (let i = 0; i < 3; i += 1) read();
    world.volts = [4, 1, 1, 1];
    read();
    expect(read()).toMatchObject({ value: { green: 3.3, red: near(1), full: 3.3 } });
    world.volts = [40, 1, 1, 1];
    read();
    expect(read()).toMatchObject({ value: { green: 3.3, red: 3.3, broadband: 3.3, reference: 3.3 } });
  });

  it('notices a power cycle and recovers', () => {
    const { chip, read } = driven();
    for (let i = 0; i < 4; i += 1) read();
    chip.powerCycle();
    expect(read()).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'config-lost' } });
    for (let i = 0; i < 3; i += 1) expect(read()).toMatchObject({ ok: false, why: { kind: 'stale' } });
    expect(read()).toMatchObject({ ok: true, value: { green: near(1.65) } });
  });

  it('takes over a chip that another start of the controller left asleep', () => {
    const { world, chip, read } = driven();
    for (let i = 0; i < 4; i += 1) read();
    const again = new As7341(i2cPortTo(chip), { inputs: INPUTS, everyUs: millis(50) });
    world.volts = [0.5, 0.5, 0.5, 0.5];
    world.now += millis(50);
    for (let i = 0; i < 3; i += 1) {
      expect(readAt(again, world.now)).toMatchObject({ ok: false, why: { kind: 'stale' } });
      world.now += millis(50);
    }
    expect(readAt(again, world.now)).toMatchObject({ ok: true, value: { green: near(0.5) } });
  });
});
