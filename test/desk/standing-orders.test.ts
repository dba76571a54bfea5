import { describe, expect, it } from 'vitest';
import { type StandingOrders, standingOrders } from '../../src/desk/standing-orders.ts';
import type { KernelView, Snapshot } from '../../src/params/snapshot.ts';
import { atSeconds, instant } from '../../src/units.ts';
import { FakeBench } from '../support/desk.ts';

/** A bench that was calm and latched for long enough, with the orders of a command line. */
function ordered(orders: Partial<StandingOrders>) {
  const bench = new FakeBench();
  bench.set({}, { name: 'boot' });
  const step = standingOrders(bench.desk, { acknowledge: null, reset: false, arm: false, ...orders });
  const at = (kernel: Partial<KernelView>, more: Partial<Snapshot> = {}): void => {
    bench.set(more, { since: instant(0), calmSince: instant(0), ...kernel });
    step();
  };
  return { bench, step, at };
}
const lockout = (trip: number) => ({ kind: 'lockout', trip, fault: 'leak-current' }) as const;
const trip = (number: number) => ({ kind: 'tripped', trip: number, fault: 'estop' }) as const;

describe('orders given on the command line', () => {
  it('a reset means the lockout that was there at the start, and never one that comes after', () => {
    const { bench, step, at } = ordered({ reset: true });
    step();
    at({ name: 'lockout', latch: lockout(1) });
    expect(bench.asked).toEqual(['reset']);
    at({ name: 'armed', latch: null });
    bench.seconds = 10;
    for (let i = 0; i < 100; i += 1) at({ name: 'lockout', latch: lockout(2) });
    expect(bench.asked).toEqual(['reset']);
  });

  it('are given again when the kernel did not take them', () => {
    const { bench, at } = ordered({ acknowledge: 4 });
    bench.seconds = 15;
    at({ name: 'tripped', latch: trip(4), since: atSeconds(999) });
    at({ name: 'tripped', latch: trip(4), since: atSeconds(999) });
    at({ name: 'safe', latch: null });
    expect(bench.asked).toEqual(['acknowledge 4', 'acknowledge 4']);
  });

  it('a reset with nothing locked out at the start resets nothing later', () => {
    const { bench, at } = ordered({ reset: true });
    at({ name: 'safe', latch: null });
    at({ name: 'lockout', latch: lockout(1) });
    expect(bench.asked).toEqual([]);
  });

  it('an acknowledgement names its trip, waits until it can be taken, and gives up after 20 s', () => {
    const early = ordered({ acknowledge: 4 });
    early.at({ name: 'tripped', latch: trip(4), since: atSeconds(999) });
    expect(early.bench.asked).toEqual([]);
    early.bench.seconds = 15;
    early.at({ name: 'tripped', latch: trip(4), since: atSeconds(999) });
    early.at({ name: 'safe', latch: null });
    expect(early.bench.asked).toEqual(['acknowledge 4']);
    expect(early.bench.notes).toEqual(['command acknowledge Trip 4 is acknowledged. (the command line)']);

    const late = ordered({ acknowledge: 4 });
    late.at({ name: 'tripped', latch: trip(4), calmSince: null });
    late.bench.seconds = 20;
    late.at({ name: 'tripped', latch: trip(4) });
    expect(late.bench.asked).toEqual([]);
  });

  it('--arm arms once, and not after anything was latched', () => {
    const first = ordered({ arm: true });
    first.at({ name: 'safe', calmSince: instant(999.5e6) });
    expect(first.bench.asked).toEqual([]);
    first.bench.seconds = 1;
    first.at({ name: 'safe', calmSince: instant(999.5e6) });
    first.at({ name: 'safe', calmSince: instant(999.5e6) });
    expect(first.bench.asked).toEqual(['arm hold-mixed']);

    const second = ordered({ arm: true });
    second.at({ name: 'tripped', latch: trip(1) });
    second.at({ name: 'safe', latch: null });
    expect(second.bench.asked).toEqual([]);
  });
});
