import { describe, expect, it } from 'vitest';
import type { ControlInput, Order } from '../../src/control/order.ts';
import { orderFrom } from '../../src/control/order.ts';
import { longestPulseS, pulseForSwing, type SwingState, stepSwing } from '../../src/control/swing.ts';
import type { Estimate } from '../../src/model/observer.ts';
import { patternRise } from '../../src/model/thermal.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { after, celsius, type Instant, instant, micros, millis, ratio, seconds } from '../../src/units.ts';

const POLES = { fastK: 9, slowK: 6, fastTauS: 2.5, slowTauS: 400 };

const estimate = (change: Partial<Estimate> = {}): Estimate => ({
  filmC: celsius(25),
  errorK: 0.05,
  levelC: celsius(24),
  gain: 1,
  gainError: 0.02,
  power: 1,
  fastK: 0,
  slowK: 0,
  poles: POLES,
  contactChanged: false,
  spotChanged: false,
  pulse: null,
  ...change,
});
const input = (film: Estimate | null): ControlInput => ({
  filmC: film?.filmC ?? null,
  film,
  budget: { dutyMax: ratio(0.6), windowS: 60, longestOnUs: seconds(5.5), recentDuty: ratio(0) },
  heatedUs: micros(0),
});
const gateOf = (dutyMax: number, longestOnUs = seconds(5.5)) => ({ dutyMax: ratio(dutyMax), longestOnUs });
const order = (change: Partial<Order> = {}): Order => ({
  ...orderFrom({ ...defaultSettings(), 'control.mode': 'swing', 'swing.targetK': 2.1, 'swing.periodMs': 4000 }),
  ...change,
});

describe('the pulse for a swing', () => {
  it.each([
    [0.5, 2],
    [1.43, 5],
    [2.1, 4],
    [3.5, 10],
  ])('of %f K every %f s gives that swing in the steady state', (swingK, periodS) => {
    const onS = pulseForSwing(POLES, swingK, periodS, 0.55 * periodS);
    expect(patternRise(POLES, onS, periodS).swingK).toBeCloseTo(swingK, 5);
  });

  it('is never longer than it may be, and never shorter than the shortest', () => {
    expect(pulseForSwing(POLES, 6, 2, longestPulseS(2, gateOf(0.6)))).toBe(1.1);
    expect(pulseForSwing(POLES, 0.001, 5, 2)).toBe(0.05);
    expect(longestPulseS(60, gateOf(0.95))).toBe(5);
    expect(longestPulseS(60, gateOf(0.95, seconds(2)))).toBe(2);
    expect(longestPulseS(4, gateOf(0.3))).toBeCloseTo(4 * 0.288, 9);
  });
});

describe('swing mode', () => {
  /** Steps for `spanUs` and returns the last state. */
  const walk = (film: Estimate | null, asked = order(), from: SwingState | null = null, at: Instant = instant(0)) => {
    let state = from;
    let now = at;
    for (let i = 0; i < 200; i += 1) {
      ({ state } = stepSwing(state, asked, input(film), now));
      now = after(now, millis(50));
    }
    return { state, now };
  };

  it('gives no heat where the mean would end above its guard with the shortest pulse, and goes on when it would not', () => {
    const guarded = order({ periodUs: millis(1000), meanMaxC: celsius(24.7) });
    const at = (levelC: number): Estimate => estimate({ levelC: celsius(levelC) });
    // The shortest pulse of 50 ms a second ends 0.75 K above the level.
    const { state: cold, now } = walk(at(24), guarded);
    expect(cold).toMatchObject({ pulse: null, saturated: true });
    expect(stepSwing(cold, guarded, input(at(24)), now).wanted).toBeNull();
    const { state: warm, now: later } = walk(at(23.9), guarded, cold, now);
    expect(warm?.pulse?.onUs).toBeGreaterThanOrEqual(50_000);
    expect(warm?.pulse?.onUs).toBeLessThan(55_000);
    expect(stepSwing(warm, guarded, input(at(23.9)), later).wanted).not.toBeNull();
    expect(walk(at(24), guarded, warm, later).state?.pulse).toBeNull();
  });

  it('wants nothing without an estimate', () => {
    expect(stepSwing(null, order(), input(null), instant(0)).wanted).toBeNull();
  });

  it('plays the pulse that swings the plant as it is now, and follows the plant at a period boundary', () => {
    const first = walk(estimate());
    expect(first.state?.onUs).toBeCloseTo(1e6 * pulseForSwing(POLES, 2.1, 4, 2.2), -4);
    const weak = estimate({ poles: { ...POLES, fastK: 6.3, slowK: 4.2 } });
    const next = walk(weak, order(), first.state, first.now);
    const wanted = stepSwing(next.state, order(), input(weak), next.now).wanted;
    expect(wanted?.onUs).toBeGreaterThan(1.3 * (first.state?.onUs ?? 0));
    // The phase runs on: the new pulses begin where the old ones would have.
    const before = first.state?.pulse?.startUs ?? 0;
    expect(((wanted?.startUs ?? 0) - before) % 4_000_000).toBe(0);
  });

  it('shortens its pulses before the mean would settle above the guard', () => {
    const guarded = walk(estimate(), order({ meanMaxC: celsius(25) }));
    const meanK = patternRise(POLES, (guarded.state?.onUs ?? 0) / 1e6, 4).meanK;
    expect(24 + meanK).toBeLessThanOrEqual(25.01);
    expect(guarded.state?.saturated).toBe(true);
    expect(walk(estimate()).state?.saturated).toBe(false);
  });

  it('says that a swing is out of its reach', () => {
    const weak = estimate({ poles: { ...POLES, fastK: 3, slowK: 2 } });
    expect(walk(weak).state?.saturated).toBe(true);
  });
});
