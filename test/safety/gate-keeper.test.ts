import { describe, expect, it } from 'vitest';
import type { GateEvent, GateLimits, GatePattern, GatePort } from '../../src/hal/ports.ts';
import { GateKeeper } from '../../src/safety/gate-keeper.ts';
import { millis, ratio, seconds } from '../../src/units.ts';

const LIMITS: GateLimits = {
  longestOnUs: seconds(5.5),
  leastOffUs: millis(50),
  longestLeaseUs: millis(250),
  dutyMax: ratio(0.6),
  dutyWindowUs: seconds(60),
  constantUs: seconds(900),
  heaterLine: 17,
  enableLine: 27,
};
const ALWAYS = Number.MAX_SAFE_INTEGER;
const PULSE: GatePattern = { onUs: millis(500), periodUs: seconds(5), startUs: 0 };

/** A gate that writes down what it is told and says what the test wants. */
class Fake implements GatePort {
  orders: (GatePattern | 'off')[] = [];
  events: GateEvent[] = [];
  play(pattern: GatePattern, leaseUs: number): void {
    expect(leaseUs).toBe(LIMITS.longestLeaseUs);
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

const make = (bounds: Partial<GateLimits> = {}): { gate: Fake; keeper: GateKeeper } => {
  const gate = new Fake();
  const keeper = new GateKeeper(gate, { ...LIMITS, ...bounds }, 0);
  gate.events.push({ kind: 'alive', bucket: ratio(0), pending: 0, at: 0 });
  keeper.account(0, -1);
  return { gate, keeper };
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
    keeper.account(50_000, ALWAYS);
    expect(keeper.state).toMatchObject({ heatedUs: 20_000, edges: 2, high: false, lastFallUs: 21_000 });
  });

  it('books a long pulse tick by tick and only once', () => {
    const { gate, keeper } = make();
    gate.edge(true, 10_000);
    for (let t = 50_000; t <= 500_000; t += 50_000) keeper.account(t, ALWAYS);
    gate.edge(false, 510_000);
    keeper.account(550_000, ALWAYS);
    expect(keeper.state.heatedUs).toBe(500_000);
  });

  it('does not count as heat what the gate does with the pump open, nor after its hold time', () => {
    const { gate, keeper } = make();
    gate.edge(true, 0);
    keeper.account(50_000, -1);
    expect(keeper.state.heatedUs).toBe(0);
    keeper.account(100_000, 80_000);
    expect(keeper.state.heatedUs).toBe(30_000);
  });

  it('takes the gate’s own account of the duty, and holds the budget for used up until the gate has said', () => {
    const gate = new Fake();
    const keeper = new GateKeeper(gate, LIMITS, 0);
    expect(keeper.drained).toBe(false);
    gate.events.push({ kind: 'alive', bucket: ratio(0.1), pending: 0, at: 1 });
    keeper.account(2, ALWAYS);
    expect([keeper.drained, keeper.recentDuty]).toEqual([true, 0.1]);
  });

  it('rests before the gate’s duty limit is reached, says so, and begins again only in a rest phase', () => {
    const { gate, keeper } = make();
    const wanted = { onUs: seconds(4.9), periodUs: seconds(6), startUs: 0 };
    const at = (now: number, bucket: number): GatePattern | 'off' | undefined => {
      gate.events.push({ kind: 'alive', bucket: ratio(bucket), pending: 0, at: now });
      keeper.account(now, ALWAYS);
      expect(keeper.order('run', wanted, now)).toBe(true);
      return gate.last;
    };
    expect(at(seconds(60), 0.58)).toBe('off');
    expect([keeper.heldBack, keeper.permitted]).toEqual([true, null]);
    // Half a pulse is no pulse: at 61 s the pattern is in the middle of one.
    expect(at(seconds(61), 0.4)).toBe('off');
    expect(at(seconds(65), 0.4)).toEqual(wanted);
    expect(keeper.heldBack).toBe(false);
  });

  it('counts the orders that the gate has not answered', () => {
    const { gate, keeper } = make();
    for (let i = 0; i < 3; i++) keeper.order('none', null, 0);
    expect(keeper.state.unanswered).toBe(3);
    gate.events.push({ kind: 'alive', bucket: ratio(0), pending: 0, at: 1 });
    keeper.account(2, ALWAYS);
    expect(keeper.state.unanswered).toBe(0);
  });

  it('compares the limits that the gate announces with its own', () => {
    for (const [limits, differ] of [
      [LIMITS, false],
      [{ ...LIMITS, longestOnUs: seconds(9) }, true],
    ] as const) {
      const { gate, keeper } = make();
      gate.events.push({ kind: 'hello', limits, scheduling: 'simulated', at: 0 });
      keeper.account(1, ALWAYS);
      expect(keeper.state.limitsDiffer).toBe(differ);
    }
  });

  it('passes a refusal, an expired lease and a closed line on, the first two for one tick', () => {
    const { gate, keeper } = make();
    gate.events.push({ kind: 'refused', why: 'x', at: 1 }, { kind: 'lease-expired', at: 1 }, { kind: 'closed', at: 1 });
    keeper.account(2, ALWAYS);
    expect(keeper.state).toMatchObject({ refused: 'x', leaseExpired: true, closed: true });
    keeper.account(3, ALWAYS);
    expect(keeper.state).toMatchObject({ refused: null, leaseExpired: false, closed: true });
  });
});
