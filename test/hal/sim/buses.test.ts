import { describe, expect, it } from 'vitest';
import { CHIPS } from '../../../src/hal/chips.ts';
import { SimI2c, SimSpi, TimedWires } from '../../../src/hal/sim/buses.ts';
import type { Settings } from '../../../src/params/settings.ts';
import { type Instant, instant, LONG_AGO } from '../../../src/units.ts';
import { PULSE, recipeOf, rig } from '../../support/bench.ts';

const LATE = { bus: { freeAt: LONG_AGO }, clockHz: 50_000 };
const echo = {
  address: 0x10,
  readBlock: (command: number, into: Uint8Array): boolean => {
    into.fill(command);
    return true;
  },
  write: (): boolean => true,
};

describe('transfers that take their time', () => {
  const bench = () => {
    const clock = { now: instant(1000) };
    const wires = new TimedWires(() => clock.now);
    const ends: [string, Instant][] = [];
    const note = (what: string) => (): void => void ends.push([what, wires.now]);
    const go = (us: number): void => {
      clock.now = instant(us);
      wires.settle(clock.now);
    };
    return { wires, ends, note, go };
  };

  it('end one after the other on a bus, at its clock, and not before', () => {
    const { wires, ends, note, go } = bench();
    const i2c = new SimI2c(() => 0, { wires, ...LATE, bus: { freeAt: LONG_AGO } });
    i2c.add(echo);
    const into = new Uint8Array(2);
    // Five bytes of nine clocks, start, repeated start and stop at 50 kHz: 960 µs; then four bytes: 780 µs.
    i2c.readBlock(0x10, 7, into, note('read'));
    i2c.write(0x10, Uint8Array.of(1, 2, 3), note('write'));
    i2c.write(0x11, Uint8Array.of(1), note('nobody'));
    expect(ends).toEqual([]);
    go(1959);
    expect(ends).toEqual([]);
    expect([...into]).toEqual([0, 0]);
    go(50_000);
    expect(ends).toEqual([
      ['read', 1960],
      ['write', 2740],
      ['nobody', 3160],
    ]);
    expect([...into]).toEqual([7, 7]);
  });

  it('without a command move an address less, and only a chip that knows them answers', () => {
    const { wires, ends, note, go } = bench();
    const i2c = new SimI2c(() => 0, { wires, ...LATE, bus: { freeAt: LONG_AGO } });
    i2c.add(echo);
    i2c.add({
      ...echo,
      address: 0x12,
      read: (into) => {
        into.fill(9);
        return true;
      },
    });
    const into = new Uint8Array(2);
    const errors: unknown[] = [];
    i2c.read(0x12, into, note('read'));
    i2c.read(0x10, new Uint8Array(2), (error) => errors.push(error?.kind));
    go(50_000);
    // Three bytes of nine clocks, start and stop: 600 µs.
    expect(ends).toEqual([['read', 1600]]);
    expect([...into]).toEqual([9, 9]);
    expect(errors).toEqual(['nak']);
    i2c.disturb(0x12, 'low');
    i2c.read(0x12, into, () => {});
    go(100_000);
    expect([...into]).toEqual([0, 0]);
  });

  it('begin where the one before ended, and buses do not wait for each other', () => {
    const { wires, ends, note, go } = bench();
    const exchange = { exchange: () => {} };
    const bus = { freeAt: LONG_AGO };
    const [one, other] = [0, 1].map(() => new SimSpi(exchange, () => 0, { wires, bus, clockHz: 1e6 }));
    const slow = new SimI2c(() => 0, { wires, ...LATE, bus: { freeAt: LONG_AGO } });
    slow.add(echo);
    const four = new Uint8Array(4);
    slow.write(0x10, Uint8Array.of(1), note('i2c'));
    one!.transfer(four, four, () => {
      note('first')();
      // Begun from within: it starts at 1040, not when anybody looked.
      one!.transfer(four, four, note('third'));
    });
    other!.transfer(four, four, note('second'));
    go(50_000);
    expect(ends).toEqual([
      ['first', 1040],
      ['second', 1080],
      ['third', 1120],
      ['i2c', 1420],
    ]);
  });

  it.each(Object.keys(CHIPS.thermocouple) as Settings['hal.thermocouple'][])(
    'bring readings to the next tick and trip nothing: %s',
    (chip) => {
      const settings = { 'sim.busTimes': true, 'hal.thermocouple': chip };
      const { simulation, rows } = rig(recipeOf(PULSE(3600)), { settings });
      expect(simulation.arm()).toBe(true);
      simulation.run(120);
      expect(simulation.trips()).toEqual([]);
      expect(simulation.feed.latest.kernel.name).toBe('armed');
      expect(rows.filter(({ heater_a }) => typeof heater_a === 'number' && heater_a > 0.35).length).toBeGreaterThan(50);
    },
  );

  it('still find a stuck MOSFET, a tick later', () => {
    const settings = { 'sim.busTimes': true };
    const { simulation } = rig(recipeOf(PULSE(600)), {
      settings,
      injections: [{ name: 'mosfet-stuck-on', atS: 30.25 }],
    });
    expect(simulation.arm()).toBe(true);
    simulation.run(45);
    expect(simulation.trips()[0]).toMatchObject({ name: 'leak-current' });
    expect(simulation.trips()[0]!.heaterOffAfterMs).toBeLessThanOrEqual(1000 * 0.305 + 250);
  });
});
