import { describe, expect, it } from 'vitest';
import type { GateEvent, GateLimits, GatePattern, GatePort } from '../../src/hal/ports.ts';
import { GateKeeper } from '../../src/safety/gate-keeper.ts';
import { atSeconds, type Instant, instant, micros, millis, NEVER, ratio, seconds } from '../../src/units.ts';

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
const PULSE: GatePattern = { onUs: millis(500), periodUs: seconds(5), startUs: instant(0) };

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
  edge(rising: boolean, at: Instant): void {
    this.events.push({ kind: 'edge', rising, askedUs: at, achievedUs: at });
  }
  get last(): GatePattern | 'off' | undefined {
    return this.orders.at(-1);
  }
}

const make = (bounds: Partial<GateLimits> = {}): { gate: Fake; keeper: GateKeeper } => {
  const gate = new Fake();
  const keeper = new GateKeeper(gate, { ...LIMITS, ...bounds }, instant(0));
  gate.events.push({ kind: 'alive', bucket: ratio(0), pending: 0, at: instant(0) });
  keeper.account(instant(0), instant(-1));
  return { gate, keeper };
};

describe('the gate-keeper', () => {
  it('turns the gate off before anything else', () => {
    expect(make().gate.orders).toEqual(['off']);
  });

  it('passes what control wants only under the permit to run', () => {
    const { gate, keeper } = make();
    keeper.order('run', PULSE, instant(0));
    expect(gate.last).toEqual(PULSE);
    keeper.order('none', PULSE, instant(0));
    expect(gate.last).toBe('off');
  });

  it('plays its own test patterns in the proof test, whatever control wants', () => {
    const { gate, keeper } = make();
    keeper.order('proof', PULSE, atSeconds(1));
    expect(gate.last).toMatchObject({ onUs: millis(50) });
    keeper.order('enable-test', PULSE, atSeconds(1));
    expect(gate.last).toMatchObject({ onUs: millis(500) });
  });

  it('keeps the phase of a test pattern while it is renewed', () => {
    const { gate, keeper } = make();
    keeper.order('proof', null, atSeconds(1));
    const first = gate.last;
    keeper.order('proof', null, atSeconds(1.05));
    expect(gate.last).toEqual(first);
  });

  it('answers every tick, so that a silent gate is noticed also while it is off', () => {
    const { gate, keeper } = make();
    for (let i = 0; i < 5; i += 1) keeper.order('none', null, instant(0));
    expect(gate.orders).toHaveLength(6);
  });

  it.each([
    ['NaN', { ...PULSE, onUs: micros(Number.NaN) }],
    ['a pulse above the longest', { ...PULSE, onUs: micros(5_500_001), periodUs: seconds(20) }],
    ['a negative on-time', { ...PULSE, onUs: micros(-1) }],
    ['an on-time above the period', { ...PULSE, onUs: seconds(6) }],
    ['an infinite period', { ...PULSE, periodUs: micros(Number.POSITIVE_INFINITY) }],
  ])('sends off and says so for %s', (_, pattern) => {
    const { gate, keeper } = make();
    expect(keeper.order('run', pattern, instant(0))).toBe(false);
    expect(gate.last).toBe('off');
    expect(keeper.permitted).toBeNull();
  });

  it('passes constant current where the bench allows it and not elsewhere', () => {
    const constant = { onUs: seconds(1), periodUs: seconds(1), startUs: instant(0) };
    expect(make().keeper.order('run', constant, instant(0))).toBe(true);
    expect(make({ constantUs: micros(0) }).keeper.order('run', constant, instant(0))).toBe(false);
  });

  it('books on-time from the gate’s own edges, also of a pulse inside one tick', () => {
    const { gate, keeper } = make();
    gate.edge(true, instant(1000));
    gate.edge(false, instant(21_000));
    keeper.account(instant(50_000), NEVER);
    expect(keeper.state).toMatchObject({ heatedUs: 20_000, edges: 2, high: false, lastFallUs: 21_000 });
  });

  it('books a long pulse tick by tick and only once', () => {
    const { gate, keeper } = make();
    gate.edge(true, instant(10_000));
    for (let t = 50_000; t <= 500_000; t += 50_000) keeper.account(instant(t), NEVER);
    gate.edge(false, instant(510_000));
    keeper.account(instant(550_000), NEVER);
    expect(keeper.state.heatedUs).toBe(500_000);
  });

  it('does not count as heat what the gate does with the pump open, nor after its hold time', () => {
    const { gate, keeper } = make();
    gate.edge(true, instant(0));
    keeper.account(instant(50_000), instant(-1));
    expect(keeper.state.heatedUs).toBe(0);
    keeper.account(instant(100_000), instant(80_000));
    expect(keeper.state.heatedUs).toBe(30_000);
  });

  it('takes the gate’s own account of the duty, and holds the budget for used up until the gate has said', () => {
    const gate = new Fake();
    const keeper = new GateKeeper(gate, LIMITS, instant(0));
    expect(keeper.drained).toBe(false);
    gate.events.push({ kind: 'alive', bucket: ratio(0.1), pending: 0, at: instant(1) });
    keeper.account(instant(2), NEVER);
    expect([keeper.drained, keeper.budget.recentDuty]).toEqual([true, 0.1]);
  });

  it('rests before the gate’s duty limit is reached, says so, and begins again only in a rest phase', () => {
    const { gate, keeper } = make();
    const wanted = { onUs: seconds(4.9), periodUs: seconds(6), startUs: instant(0) };
    const at = (now: Instant, bucket: number): GatePattern | 'off' | undefined => {
      gate.events.push({ kind: 'alive', bucket: ratio(bucket), pending: 0, at: now });
      keeper.account(now, NEVER);
      expect(keeper.order('run', wanted, now)).toBe(true);
      return gate.last;
    };
    expect(at(atSeconds(60), 0.58)).toBe('off');
    expect([keeper.heldBack, keeper.permitted]).toEqual([true, null]);
    // Half a pulse is no pulse: at 61 s the pattern is in the middle of one.
    expect(at(atSeconds(61), 0.4)).toBe('off');
    expect(at(atSeconds(65), 0.4)).toEqual(wanted);
    expect(keeper.heldBack).toBe(false);
  });

  it('counts the orders that the gate has not answered', () => {
    const { gate, keeper } = make();
    for (let i = 0; i < 3; i += 1) keeper.order('none', null, instant(0));
    expect(keeper.state.unanswered).toBe(3);
    gate.events.push({ kind: 'alive', bucket: ratio(0), pending: 0, at: instant(1) });
    keeper.account(instant(2), NEVER);
    expect(keeper.state.unanswered).toBe(0);
  });

  it('compares the limits that the gate announces with its own', () => {
    for (const [limits, differ] of [
      [LIMITS, false],
      [{ ...LIMITS, longestOnUs: seconds(9) }, true],
    ] as const) {
      const { gate, keeper } = make();
      gate.events.push({ kind: 'hello', limits, scheduling: 'simulated', at: instant(0) });
      keeper.account(instant(1), NEVER);
      expect(keeper.state.limitsDiffer).toBe(differ);
    }
  });

  it('passes a refusal, an expired lease and a closed line on, the first two for one tick', () => {
    const { gate, keeper } = make();
    gate.events.push(
      { kind: 'refused', why: 'x', at: instant(1) },
      { kind: 'lease-expired', at: instant(1) },
      { kind: 'closed', at: instant(1) },
    );
    keeper.account(instant(2), NEVER);
    expect(keeper.state).toMatchObject({ refused: 'x', leaseExpired: true, closed: true });
    keeper.account(instant(3), NEVER);
    expect(keeper.state).toMatchObject({ refused: null, leaseExpired: false, closed: true });
  });

  describe('compares the gate’s account with its orders', () => {
    /** Ticks with an order each; the gate says high between the given seconds. Returns when the overrun was first seen. */
    function overrunAt(order: (nowS: number) => GatePattern | null, riseS: number, fallS: number): number | null {
      const { gate, keeper } = make();
      let told = 0;
      for (let tick = 1; tick <= 400; tick += 1) {
        const nowS = tick / 20;
        for (const [rising, atS] of [
          [true, riseS],
          [false, fallS],
        ] as const) {
          if (atS > nowS || atS <= told) continue;
          gate.edge(rising, atSeconds(atS));
        }
        told = nowS;
        keeper.account(atSeconds(nowS), NEVER);
        if (keeper.state.overrun) return nowS;
        keeper.order('run', order(nowS), atSeconds(nowS));
      }
      return null;
    }

    it('and takes a pulse that ends as ordered, or 90 ms late, for what it is', () => {
      expect(overrunAt(() => PULSE, 5, 5.5)).toBeNull();
      expect(overrunAt(() => PULSE, 5, 5.59)).toBeNull();
    });

    it('and finds a pulse that does not end within two ticks and one', () => {
      expect(overrunAt(() => PULSE, 5, 12)).toBeCloseTo(5.65, 3);
    });

    it('and finds a line that stays high after “off”', () => {
      expect(overrunAt((s) => (s < 5.2 ? PULSE : null), 5, 12)).toBeCloseTo(5.35, 3);
    });

    it('and finds a pulse that nobody ordered, however short', () => {
      expect(overrunAt(() => PULSE, 7.02, 7.03)).toBeCloseTo(7.05, 3);
      expect(overrunAt(() => null, 7.02, 7.03)).toBeCloseTo(7.05, 3);
    });

    it('and lets constant current last', () => {
      const constant = { onUs: seconds(1), periodUs: seconds(1), startUs: instant(0) };
      expect(overrunAt(() => constant, 1, 19)).toBeNull();
    });
  });

  it('goes on with a whole pulse after a pause, and at once with constant current', () => {
    const { gate, keeper } = make();
    keeper.order('run', PULSE, atSeconds(0.05));
    keeper.order('none', PULSE, atSeconds(0.1));
    keeper.order('run', PULSE, atSeconds(0.2));
    expect(gate.last).toBe('off');
    expect(keeper.heldBack).toBe(false);
    keeper.order('run', PULSE, atSeconds(0.55));
    expect(gate.last).toEqual(PULSE);
    const constant = { onUs: seconds(1), periodUs: seconds(1), startUs: instant(0) };
    keeper.order('none', constant, atSeconds(1));
    keeper.order('run', constant, atSeconds(1.05));
    expect(gate.last).toEqual(constant);
  });

  it.each([
    [0.55, 4.945, true, 'in the rest'],
    [0.55, 4.946, false, 'so soon before the next pulse that ENABLE would close late'],
    [-5, -0.055, true, 'before the first pulse'],
    [-5, -0.054, false, 'too soon before the first pulse'],
  ])('after a pause at %d s goes on at %d s: %s, %s', (pausedS, nowS, goesOn) => {
    const { gate, keeper } = make();
    keeper.order('none', PULSE, atSeconds(pausedS));
    keeper.order('run', PULSE, atSeconds(nowS));
    expect(gate.last).toEqual(goesOn ? PULSE : 'off');
  });
});
