import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GateEvent, GateLimits, GatePattern } from '../../../src/hal/ports.ts';
import { SimGate } from '../../../src/hal/sim/gate.ts';
import { Prng } from '../../../src/twin/prng.ts';
import {
  after,
  atSeconds,
  earlier,
  type Instant,
  instant,
  later,
  micros,
  millis,
  ratio,
  SECOND,
  seconds,
} from '../../../src/units.ts';

const LIMITS: GateLimits = {
  longestOnUs: seconds(5.5),
  leastOffUs: millis(50),
  longestLeaseUs: millis(250),
  dutyMax: ratio(0.6),
  dutyWindowUs: seconds(60),
  constantUs: seconds(20),
  heaterLine: 17,
  enableLine: 27,
};

/** A gate under a clock of its own, driven as the bench drives it. */
class Bench {
  now = instant(0);
  readonly gate: SimGate;
  readonly events: GateEvent[] = [];
  highUs = 0;

  constructor(limits: GateLimits = LIMITS) {
    this.gate = new SimGate(limits, new Prng(1), () => this.now);
  }

  to(target: Instant): void {
    while (this.now < target) {
      const next = earlier(target, later(this.gate.nextUs(), this.now));
      if (this.gate.high) this.highUs += next - this.now;
      this.now = next;
      if (this.gate.nextUs() <= this.now) this.gate.advance();
    }
    this.events.push(...this.gate.drain());
  }

  /** Renews the lease every 50 ms until `target`. */
  hold(pattern: GatePattern, target: Instant): void {
    while (this.now < target) {
      this.gate.play(pattern, millis(250));
      this.to(earlier(target, after(this.now, millis(50))));
    }
  }

  edges(): Extract<GateEvent, { kind: 'edge' }>[] {
    return this.events.filter((e) => e.kind === 'edge');
  }
  kinds(): string[] {
    return this.events.map((e) => e.kind).filter((kind) => kind !== 'alive');
  }
}

const PULSE: GatePattern = { onUs: millis(500), periodUs: seconds(5), startUs: instant(10_000) };

describe('the simulated gate', () => {
  it('says hello with its limits and starts low', () => {
    const bench = new Bench();
    expect(bench.gate.high).toBe(false);
    expect(bench.gate.drain()[0]).toMatchObject({ kind: 'hello', limits: LIMITS });
  });

  it('books a pulse that becomes constant current from its rise on', () => {
    const bench = new Bench();
    const constant: GatePattern = { onUs: SECOND, periodUs: SECOND, startUs: instant(0) };
    for (let round = 0; round < 30; round += 1) {
      const startUs = after(bench.now, millis(10));
      bench.hold({ onUs: millis(500), periodUs: seconds(20), startUs }, after(bench.now, millis(200)));
      bench.hold(constant, after(bench.now, seconds(2)));
      bench.gate.off();
      bench.to(after(bench.now, millis(100)));
    }
    // 20 s of budget, and what each later round can have as a pulse before it asks for constant current.
    expect(bench.highUs).toBeLessThan(seconds(20) + 30 * millis(200));
  });

  it('plays no sliver when the rest that it owes outlasts the pulse', () => {
    const bench = new Bench();
    bench.hold({ onUs: millis(100), periodUs: SECOND, startUs: instant(0) }, atSeconds(0.08));
    bench.gate.off();
    bench.to(after(bench.now, millis(1)));
    // Its pulse of 20 ms is over before the 50 ms of rest are.
    bench.hold({ onUs: millis(20), periodUs: SECOND, startUs: bench.now }, after(bench.now, millis(500)));
    expect(bench.edges().map(({ rising }) => rising)).toEqual([true, false]);
  });

  it('plays t/T on its own clock, every edge within 100 µs of the asked instant, without drift', () => {
    const bench = new Bench();
    bench.hold(PULSE, atSeconds(100));
    const edges = bench.edges();
    expect(edges).toHaveLength(40);
    for (const [i, edge] of edges.entries()) {
      expect(edge.rising).toBe(i % 2 === 0);
      const due = PULSE.startUs + Math.floor(i / 2) * PULSE.periodUs + (edge.rising ? 0 : PULSE.onUs);
      expect(edge.askedUs).toBe(due);
      expect(edge.achievedUs - edge.askedUs).toBeGreaterThanOrEqual(0);
      expect(edge.achievedUs - edge.askedUs).toBeLessThanOrEqual(100);
    }
  });

  it('goes low when the lease ends, even in the middle of a pulse, and says so', () => {
    const bench = new Bench();
    bench.gate.play(PULSE, millis(250));
    bench.to(atSeconds(10));
    expect(bench.kinds()).toEqual(['hello', 'edge', 'edge', 'lease-expired']);
    expect(bench.edges()[1]?.achievedUs).toBeLessThanOrEqual(millis(251));
    expect(bench.highUs).toBeLessThan(millis(250));
  });

  it('goes low at once on off', () => {
    const bench = new Bench();
    bench.gate.play(PULSE, millis(250));
    bench.to(atSeconds(0.1));
    expect(bench.gate.high).toBe(true);
    bench.gate.off();
    expect(bench.gate.high).toBe(false);
  });

  it('ends a pulse of the pattern before when a new pattern does not have it', () => {
    const bench = new Bench();
    bench.gate.play(PULSE, millis(250));
    bench.to(atSeconds(0.1));
    bench.gate.play({ ...PULSE, startUs: atSeconds(2) }, millis(250));
    expect(bench.gate.high).toBe(false);
  });

  const pattern = (onUs: number, periodUs: number, startUs = 0): GatePattern => ({
    onUs: micros(onUs),
    periodUs: micros(periodUs),
    startUs: instant(startUs),
  });

  it.each([
    ['a pulse above the longest', pattern(seconds(5.5) + 1, seconds(20))],
    ['a rest below the shortest', pattern(seconds(1), seconds(1) + millis(50) - 1)],
    ['no on-time', pattern(0, seconds(1))],
    ['a negative on-time', pattern(-1, seconds(1))],
    ['an on-time above the period', pattern(seconds(2), seconds(1))],
    ['NaN', pattern(Number.NaN, seconds(1))],
    ['an infinite start', pattern(millis(1), seconds(1), Number.POSITIVE_INFINITY)],
  ])('refuses %s and stays low', (_, pattern) => {
    const bench = new Bench();
    bench.gate.play(PULSE, millis(250));
    bench.to(atSeconds(0.1));
    bench.gate.play(pattern, millis(250));
    expect(bench.gate.high).toBe(false);
    bench.to(atSeconds(30));
    expect(bench.kinds()).toContain('refused');
    expect(bench.edges()).toHaveLength(2);
  });

  it('refuses a lease above its own, and one of nothing', () => {
    for (const leaseUs of [millis(250) + 1, 0, -1, Number.NaN].map(micros)) {
      const bench = new Bench();
      bench.gate.play(PULSE, leaseUs);
      bench.to(atSeconds(6));
      expect(bench.kinds()).toEqual(['hello', 'refused']);
    }
  });

  it('takes the limits themselves', () => {
    const bench = new Bench();
    bench.hold({ onUs: LIMITS.longestOnUs, periodUs: seconds(11), startUs: instant(0) }, atSeconds(22));
    expect(bench.kinds()).not.toContain('refused');
    expect(bench.edges()).toHaveLength(4);
  });

  it('refuses constant current where its file forbids it', () => {
    const bench = new Bench({ ...LIMITS, constantUs: micros(0) });
    bench.hold({ onUs: seconds(1), periodUs: seconds(1), startUs: instant(0) }, atSeconds(3));
    expect(bench.highUs).toBe(0);
  });

  it('ends constant current after its longest time and does not start it again by itself', () => {
    const bench = new Bench();
    bench.hold({ onUs: seconds(1), periodUs: seconds(1), startUs: instant(0) }, atSeconds(60));
    expect(bench.highUs).toBeGreaterThan(seconds(19.9));
    expect(bench.highUs).toBeLessThan(seconds(20.1));
    expect(bench.kinds()).toContain('refused');
  });

  it('ends a pulse when the mean duty would pass its limit', () => {
    const bench = new Bench();
    bench.hold({ onUs: seconds(5), periodUs: seconds(5.1), startUs: instant(0) }, atSeconds(90));
    const refused = bench.events.find((e) => e.kind === 'refused');
    // 1 − e^(−t/60 s) = 0.6 at 55 s of nearly constant heating.
    expect(refused?.at).toBeGreaterThan(seconds(53));
    expect(refused?.at).toBeLessThan(seconds(62));
  });

  it('keeps its level for ever when it dies, and says nothing more', () => {
    const bench = new Bench();
    bench.gate.play(PULSE, millis(250));
    bench.to(atSeconds(0.1));
    bench.gate.die();
    bench.gate.off();
    bench.to(atSeconds(20));
    expect(bench.gate.high).toBe(true);
    expect(bench.kinds().at(-1)).toBe('closed');
  });

  it('never exceeds pulse, rest, duty and lease limits, whatever it is told', () => {
    const order = fc.record({
      onMs: fc.integer({ min: -10, max: 8000 }),
      periodMs: fc.integer({ min: -10, max: 12_000 }),
      startMs: fc.integer({ min: -3000, max: 3000 }),
      leaseMs: fc.integer({ min: -10, max: 400 }),
      waitMs: fc.integer({ min: 0, max: 700 }),
      repeat: fc.integer({ min: 1, max: 60 }),
      off: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(order, { minLength: 1, maxLength: 12 }), (orders) => {
        const bench = new Bench({ ...LIMITS, constantUs: micros(0) });
        for (const o of orders) {
          const pattern = {
            onUs: millis(o.onMs),
            periodUs: millis(o.periodMs),
            startUs: after(bench.now, millis(o.startMs)),
          };
          for (let i = 0; i < o.repeat; i += 1) {
            if (o.off && i === o.repeat - 1) bench.gate.off();
            else bench.gate.play(pattern, millis(o.leaseMs));
            bench.to(after(bench.now, millis(o.waitMs)));
          }
        }
        bench.to(after(bench.now, seconds(1)));
        expect(bench.gate.high).toBe(false);
        const edges = bench.edges();
        let bucket = 0;
        let at = 0;
        for (const [i, edge] of edges.entries()) {
          expect(edge.rising).toBe(i % 2 === 0);
          const keep = Math.exp(-(edge.achievedUs - at) / LIMITS.dutyWindowUs);
          bucket = edge.rising ? bucket * keep : 1 + (bucket - 1) * keep;
          at = edge.achievedUs;
          expect(bucket).toBeLessThan(0.6 + 1e-3);
          const before = edges[i - 1];
          if (!before) continue;
          const span = edge.achievedUs - before.achievedUs;
          if (edge.rising) expect(span).toBeGreaterThanOrEqual(LIMITS.leastOffUs);
          else expect(span).toBeLessThanOrEqual(LIMITS.longestOnUs + 200);
        }
      }),
      { numRuns: 300, seed: 20261120 },
    );
  });
});
