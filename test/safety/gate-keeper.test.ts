import { describe, expect, it } from 'vitest';
import type { GateEvent, GatePattern, GatePort } from '../../src/hal/ports.ts';
import { GateKeeper } from '../../src/safety/gate-keeper.ts';
import { millis, ratio, seconds } from '../../src/units.ts';

const BOUNDS = {
  leaseUs: millis(250),
  longestOnUs: seconds(5.5),
  constantUs: seconds(900),
  dutyMax: ratio(0.6),
  dutyWindowUs: seconds(60),
};
const PULSE: GatePattern = { onUs: millis(500), periodUs: seconds(5), startUs: 0 };

/** A gate that writes down what it is told and says what the test wants. */
class Fake implements GatePort {
  orders: (GatePattern | 'off')[] = [];
  events: GateEvent[] = [];
  play(pattern: GatePattern, leaseUs: number): void {
    expect(leaseUs).toBe(BOUNDS.leaseUs);
    this.orders.push(pattern);
  }
  off(): void {
    this.orders.push('off');
  }
  drain(): GateEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }
  edge(rising: boolean, at: number): void {
    this.events.push({ kind: 'edge', rising, askedUs: at, achievedUs: at });
  }
  get last(): GatePattern | 'off' | undefined {
    return this.orders.at(-1);
  }
}

const make = (bounds: Partial<typeof BOUNDS> = {}): { gate: Fake; keeper: GateKeeper } => {
  const gate = new Fake();
  return { gate, keeper: new GateKeeper(gate, { ...BOUNDS, ...bounds }, 0) };
};

describe('the gate-keeper', () => {
  it('turns the gate off before anything else', () => {
    expect(make().gate.orders).toEqual(['off']);
  });

  it('passes what control wants only under the permit to run', () => {
    const { gate, keeper } = make();
    keeper.order('run', PULSE, 0);
    expect(gate.last).toEqual(PULSE);
    keeper.order('none', PULSE, 0);
    expect(gate.last).toBe('off');
  });

  it('plays its own test patterns in the proof test, whatever control wants', () => {
    const { gate, keeper } = make();
    keeper.order('proof', PULSE, seconds(1));
    expect(gate.last).toMatchObject({ onUs: millis(50) });
    keeper.order('enable-test', PULSE, seconds(1));
    expect(gate.last).toMatchObject({ onUs: millis(300) });
  });

  it('keeps the phase of a test pattern while it is renewed', () => {
    const { gate, keeper } = make();
    keeper.order('proof', null, seconds(1));
    const first = gate.last;
    keeper.order('proof', null, seconds(1.05));
    expect(gate.last).toEqual(first);
  });

  it('answers every tick, so that a silent gate is noticed also while it is off', () => {
    const { gate, keeper } = make();
    for (let i = 0; i < 5; i++) keeper.order('none', null, 0);
    expect(gate.orders).toHaveLength(6);
  });

  it.each([
    ['NaN', { ...PULSE, onUs: Number.NaN }],
    ['a pulse above the longest', { ...PULSE, onUs: seconds(5.5) + 1, periodUs: seconds(20) }],
    ['a negative on-time', { ...PULSE, onUs: -1 }],
    ['an on-time above the period', { ...PULSE, onUs: seconds(6) }],
    ['an infinite period', { ...PULSE, periodUs: Number.POSITIVE_INFINITY }],
  ])('sends off and says so for %s', (_, pattern) => {
    const { gate, keeper } = make();
    expect(keeper.order('run', pattern, 0)).toBe(false);
    expect(gate.last).toBe('off');
    expect(keeper.permitted).toBeNull();
  });

  it('passes constant current where the bench allows it and not elsewhere', () => {
    const constant = { onUs: seconds(1), periodUs: seconds(1), startUs: 0 };
    expect(make().keeper.order('run', constant, 0)).toBe(true);
    expect(make({ constantUs: 0 }).keeper.order('run', constant, 0)).toBe(false);
  });

  it('books on-time from the gate’s own edges, also of a pulse inside one tick', () => {
    const { gate, keeper } = make();
    gate.edge(true, 1000);
    gate.edge(false, 21_000);
    keeper.account(50_000, true);
    expect(keeper.state).toMatchObject({ heatedUs: 20_000, onUs: 20_000, edges: 2, high: false, lastFallUs: 21_000 });
  });

  it('books a long pulse tick by tick and only once', () => {
    const { gate, keeper } = make();
    gate.edge(true, 10_000);
    for (let t = 50_000; t <= 500_000; t += 50_000) keeper.account(t, true);
    gate.edge(false, 510_000);
    keeper.account(550_000, true);
    expect(keeper.state.heatedUs).toBe(500_000);
  });

  it('does not count as heat what the gate does with the pump open', () => {
    const { gate, keeper } = make();
    gate.edge(true, 0);
    keeper.account(50_000, false);
    expect([keeper.state.onUs, keeper.state.heatedUs]).toEqual([50_000, 0]);
  });

  it('rests before the gate’s own duty limit is reached, and goes on when the budget has drained', () => {
    const { gate, keeper } = make();
    const wanted = { onUs: seconds(4.9), periodUs: seconds(5), startUs: 0 };
    let now = 0;
    const run = (high: boolean, spanUs: number): void => {
      gate.edge(high, now);
      for (const end = now + spanUs; now < end; ) {
        now += 50_000;
        keeper.account(now, true);
      }
    };
    run(true, seconds(70));
    run(false, millis(100));
    expect(keeper.order('run', wanted, now)).toBe(true);
    expect(gate.last).toBe('off');
    expect(keeper.permitted).toBeNull();
    expect(keeper.drained).toBe(false);
    run(false, seconds(60));
    expect(keeper.order('run', wanted, now)).toBe(true);
    expect(gate.last).toEqual(wanted);
    expect(keeper.drained).toBe(true);
  });

  it('passes a refusal, an expired lease and a closed line on, the first two for one tick', () => {
    const { gate, keeper } = make();
    gate.events.push({ kind: 'refused', why: 'x', at: 1 }, { kind: 'lease-expired', at: 1 }, { kind: 'closed', at: 1 });
    keeper.account(2, true);
    expect(keeper.state).toMatchObject({ refused: 'x', leaseExpired: true, closed: true });
    keeper.account(3, true);
    expect(keeper.state).toMatchObject({ refused: null, leaseExpired: false, closed: true });
  });
});
