import { describe, expect, it } from 'vitest';
import { Max31855 } from '../../../src/hal/drivers/max31855.ts';
import { Max31855Chip } from '../../../src/hal/sim/chips/max31855.ts';
import { millis } from '../../../src/units.ts';
import { coupleWorld, readAt, spiPortTo } from '../support/bench.ts';

const bench = (options = {}) => {
  const { world, analogue } = coupleWorld();
  const chip = new Max31855Chip(analogue);
  const driver = new Max31855(spiPortTo(chip), options);
  const read = () => readAt(driver, world.now);
  const frame = (): string => {
    const rx = new Uint8Array(4);
    chip.exchange(new Uint8Array(4), rx);
    return Buffer.from(rx).toString('hex');
  };
  return { world, chip, read, frame };
};

describe('the MAX31855 chip', () => {
  it('shows the straight line, not the truth', () => {
    const { frame, world } = bench();
    // 59.80 °C at 60 °C: 239 quarter degrees = 00EF, shifted by two.
    expect(frame()).toBe('03bc1900');
    world.hot = 25;
    world.now = millis(70);
    expect(frame()).toBe('01901900');
  });

  it('converts at its own pace, and begins anew whenever it is read', () => {
    const { world, frame } = bench();
    const first = frame();
    world.hot = 100;
    world.now = millis(69.999);
    expect(frame()).toBe(first);
    world.now = millis(139.998);
    expect(frame()).toBe(first);
    world.now = millis(209.998);
    expect(frame()).not.toBe(first);
  });

  it.each([
    [100, true],
    [150, false],
  ])('of the slowest kind, read every %d ms with the jitter of real ticks, is starved: %s', (every, starved) => {
    const { analogue, world } = coupleWorld();
    const chip = new Max31855Chip(analogue, { conversionUs: millis(100) });
    const rx = new Uint8Array(4);
    const frames = new Set<string>();
    for (let i = 1; i <= 40; i += 1) {
      world.hot = 25 + i;
      // Late by up to 9 ms, in an order that never leaves 100 ms between two.
      world.now = millis(i * every - (i % 10));
      chip.exchange(new Uint8Array(4), rx);
      frames.add(Buffer.from(rx).toString('hex'));
    }
    if (starved) expect(frames.size).toBeLessThan(10);
    else expect(frames.size).toBe(40);
  });

  it('takes the value of the moment of conversion when it is advanced every tick', () => {
    const { world, chip, read } = bench({ linearise: false });
    for (let ms = 0; ms <= 139; ms += 1) {
      world.now = millis(ms);
      world.hot = 25 + ms;
      chip.advance();
    }
    const reading = read();
    expect(reading.ok && reading.value.celsius).toBeCloseTo(25 + 70, 0);
  });

  it('is all zero for 200 ms after power-up, which the driver refuses', () => {
    const { world, chip, frame, read } = bench();
    frame();
    chip.powerCycle();
    world.now = millis(129);
    expect(frame()).toBe('00000000');
    expect(read()).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'all-zero' } });
    world.now = millis(200);
    expect(read()).toMatchObject({ ok: true });
  });

  it('saturates at the ends of its code', () => {
    const { world, frame } = bench();
    world.cold = 200;
    world.hot = 200;
    expect(frame().slice(4)).toBe('7ff0');
  });

  it('sends zeros beyond its 32 bits', () => {
    const { chip } = bench();
    const rx = new Uint8Array(6).fill(0xaa);
    chip.exchange(new Uint8Array(6), rx);
    expect([...rx.subarray(4)]).toEqual([0, 0]);
  });
});

describe('the MAX31855 driver on its chip', () => {
  it.each([-100, -20, -0.5, 0, 10, 31, 45, 60, 100, 250, 500])('finds %d °C to within the chip step', (t) => {
    for (const cold of [-20, -3.3, 0.4, 25, 40]) {
      const { world, read } = bench();
      world.hot = t;
      world.cold = cold;
      const reading = read();
      expect(reading.ok).toBe(true);
      if (!reading.ok) return;
      // Half a step of 0.25 °C, stretched by 41.276 µV/°C over the couple's own slope (30 µV/°C at −100 °C).
      expect(Math.abs(reading.value.celsius - t)).toBeLessThan(t < -50 ? 0.22 : 0.17);
      expect(Math.abs(reading.value.coldJunctionC - cold)).toBeLessThanOrEqual(0.03125);
    }
  });

  it.each(['open', 'shortGnd', 'shortVcc'] as const)('reports %s from the next conversion on', (fault) => {
    const { world, chip, read } = bench();
    expect(read().ok).toBe(true);
    chip.fault = fault;
    world.now = millis(69);
    expect(read().ok).toBe(true);
    world.now = millis(139);
    expect(read()).toMatchObject({ ok: false, why: { kind: 'sensorfault', detail: fault, transient: false } });
    chip.fault = 'none';
    world.now = millis(209);
    expect(read()).toMatchObject({ ok: true });
  });

  it('repeats the same code for ever when the chip is frozen', () => {
    const { world, chip, read } = bench();
    const before = read();
    chip.frozen = true;
    world.hot = 90;
    world.now = millis(5000);
    const after = read();
    expect(before.ok && after.ok && after.value.raw === before.value.raw).toBe(true);
  });

  it('refuses a cold junction that leaves −20..85 °C', () => {
    const { world, read } = bench();
    world.cold = 86;
    expect(read()).toMatchObject({ ok: false, why: { kind: 'implausible', detail: 'cold-junction' } });
  });
});
