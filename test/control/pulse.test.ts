import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PulseState, stepConstant, stepPulse } from '../../src/control/pulse.ts';
import { dutyOf, LEAD } from '../../src/control/wanted.ts';
import { after, atSeconds, type Instant, instant, micros, millis, type Span, seconds } from '../../src/units.ts';
import { PaperGate, TICK_US } from './paper-gate.ts';

interface Timing {
  readonly onUs: Span;
  readonly periodUs: Span;
}
const timing = (onMs: number, periodMs: number): Timing => ({ onUs: millis(onMs), periodUs: millis(periodMs) });

/** Walks `ticks` control ticks; `asked(now)` is what the settings say at that tick, `late(i)` how late the tick is. */
function walk(ticks: number, asked: (now: Instant) => Timing, late: (i: number) => number = () => 0): PaperGate {
  const gate = new PaperGate();
  let state: PulseState = null;
  for (let i = 0; i < ticks; i += 1) {
    const now = instant(i * TICK_US + late(i));
    const { onUs, periodUs } = asked(now);
    const step = stepPulse(state, onUs, periodUs, now);
    state = step.state;
    expect(step.wanted).toEqual(step.state);
    gate.send(step.wanted, now);
  }
  return gate;
}

const A = timing(500, 5000);

/** Each pulse as its width and the time to the next rise: what the film feels. */
const felt = ({ pulses }: PaperGate): Timing[] =>
  pulses.slice(1).map(({ riseUs }, i) => {
    const { riseUs: before, fallUs } = pulses[i]!;
    return { onUs: micros(fallUs - before), periodUs: micros(riseUs - before) };
  });

describe('pulse mode', () => {
  it('starts its first pulse one lead after the decision, so that the gate has the order before the edge', () => {
    const { state, wanted } = stepPulse(null, A.onUs, A.periodUs, atSeconds(1));
    expect(wanted).toEqual({ ...A, startUs: 1_000_000 + LEAD });
    expect(state).toBe(wanted);
    expect(dutyOf(wanted)).toBeCloseTo(0.1, 12);
  });

  it('heats 0.5 s every 5 s, to the microsecond, for an hour', () => {
    const gate = walk(3600 * 20, () => A);
    expect(gate.pulses).toHaveLength(720);
    for (const [i, { riseUs, fallUs }] of gate.pulses.entries()) {
      expect(riseUs).toBe(LEAD + i * 5_000_000);
      expect(fallUs - riseUs).toBe(500_000);
    }
  });

  it('hands out the very same order until something changes, so that the lease is renewed and the phase kept', () => {
    const first = stepPulse(null, A.onUs, A.periodUs, instant(0));
    let { state } = first;
    for (let now = after(instant(0), TICK_US); now < seconds(60); now = after(now, TICK_US)) {
      const step = stepPulse(state, A.onUs, A.periodUs, now);
      expect(step.wanted).toBe(first.wanted);
      ({ state } = step);
    }
  });

  it.each([
    ['a longer pulse', timing(1000, 5000)],
    ['a shorter pulse', timing(100, 5000)],
    ['a longer period', timing(500, 10_000)],
    ['a shorter period', timing(500, 1000)],
    ['another pulse and period', timing(2000, 10_000)],
  ])('takes over %s exactly at the next period boundary', (_name, after) => {
    // Asked 2 s into the third period: that period still ends as it began.
    const askedAt = seconds(12);
    const gate = walk(1200, (now) => (now < askedAt ? A : after));
    const third = LEAD + 2 * A.periodUs;
    const boundary = third + A.periodUs;
    for (const { riseUs, fallUs } of gate.pulses) {
      if (riseUs < boundary) expect(fallUs - riseUs).toBe(A.onUs);
      else {
        expect((riseUs - boundary) % after.periodUs).toBe(0);
        expect(fallUs - riseUs).toBe(after.onUs);
      }
    }
    expect(gate.pulses.map(({ riseUs }) => riseUs)).toContain(third);
    expect(gate.pulses.map(({ riseUs }) => riseUs)).toContain(boundary);
  });

  it('hands a change over in the last 120 ms of the period and not before', () => {
    const state = { ...A, startUs: instant(0) };
    const after = timing(1000, 10_000);
    const at = (us: number) => stepPulse(state, after.onUs, after.periodUs, instant(us));
    expect(at(5_000_000 - 120_001).state).toBe(state);
    expect(at(5_000_000 - 120_000).state).toEqual({ ...after, startUs: 5_000_000 });
    expect(at(5_000_000 - 1).state).toEqual({ ...after, startUs: 5_000_000 });
    // On the boundary itself the next period has begun, so the one after it is the first that can change.
    expect(at(5_000_000).state).toBe(state);
  });

  it('never hands a change over while a pulse is on', () => {
    const state = { ...timing(275, 500), startUs: instant(0) };
    for (let now = 0; now < 2_000_000; now += 1000) {
      const { state: next } = stepPulse(state, millis(50), millis(500), instant(now));
      if (next !== state) expect(now % 500_000).toBeGreaterThanOrEqual(275_000);
    }
  });

  it('lets a change wait that is asked before the first pulse', () => {
    const state = { ...A, startUs: atSeconds(1) };
    expect(stepPulse(state, millis(100), seconds(1), instant(999_999)).state).toBe(state);
  });

  it('asks to be called again at the hand-over when a change is waiting', () => {
    const { nextAt } = stepPulse({ ...A, startUs: instant(0) }, millis(100), seconds(1), atSeconds(1));
    expect(nextAt).toBe(5_000_000 - 120_000);
  });

  const anyTiming = fc
    .tuple(fc.integer({ min: 50, max: 5000 }), fc.integer({ min: 500, max: 20_000 }))
    .filter(([onMs, periodMs]) => onMs <= 0.55 * periodMs)
    .map(([onMs, periodMs]) => timing(onMs, periodMs));

  it('never cuts short or stretches a period, whatever is changed whenever, even with late ticks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 600 }), anyTiming), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 40 }),
        (changes, lateness) => {
          const plan: { from: number; asked: Timing }[] = [];
          let from = 0;
          for (const [wait, asked] of changes) {
            plan.push({ from, asked });
            from += wait * TICK_US;
          }
          const gate = walk(
            Math.ceil(from / TICK_US) + 1200,
            (now) => plan.findLast((part) => part.from <= now)?.asked ?? plan[0]!.asked,
            (i) => lateness[i % lateness.length]!,
          );
          const shapes = new Set(changes.map(([, { onUs, periodUs }]) => `${onUs}/${periodUs}`));
          const all = felt(gate);
          expect(all.length).toBeGreaterThan(0);
          for (const { onUs, periodUs } of all) expect(shapes).toContain(`${onUs}/${periodUs}`);
          const shortest = Math.min(...changes.map(([, { periodUs }]) => periodUs));
          for (const { periodUs } of all) expect(periodUs).toBeGreaterThanOrEqual(shortest);
          // And the last change does come into force.
          const last = changes.at(-1)![1];
          expect(all.at(-1)).toEqual(last);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('constant mode', () => {
  it('is one pulse without an end', () => {
    const gate = new PaperGate();
    let state: PulseState = null;
    for (let now = instant(0); now < seconds(30); now = after(now, TICK_US)) {
      const step = stepConstant(state, now);
      state = step.state;
      gate.send(step.wanted, now);
    }
    expect(gate.pulses).toEqual([]);
    expect(gate.high).toBe(true);
    expect(dutyOf(state)).toBe(1);
    expect(state?.startUs).toBe(LEAD);
  });
});

describe('the duty of an order', () => {
  it('is its share of on-time, and 0 for none', () => {
    expect(dutyOf(null)).toBe(0);
    expect(dutyOf({ onUs: millis(100), periodUs: seconds(1), startUs: instant(0) })).toBeCloseTo(0.1, 12);
  });
});
