import { describe, expect, it } from 'vitest';
import { type BangBangState, stepBangBang } from '../../src/control/bangbang.ts';
import { LEAD } from '../../src/control/wanted.ts';
import { atSeconds, celsius, instant } from '../../src/units.ts';

const RESTING: BangBangState = { heating: null };
const SETPOINT = celsius(30);
const step = (state: BangBangState, measuredC: number, now = instant(0)) =>
  stepBangBang(state, SETPOINT, 0.5, celsius(measuredC), now);

describe('bang-bang control at 30 °C with 0.5 K of hysteresis', () => {
  it('starts heating at 29.75 °C and not just above', () => {
    expect(step(RESTING, 29.75).wanted).not.toBeNull();
    expect(step(RESTING, 29.7501).wanted).toBeNull();
  });

  it('stops heating at 30.25 °C and not just below', () => {
    const heating = step(RESTING, 20).state;
    expect(step(heating, 30.2499).wanted).not.toBeNull();
    expect(step(heating, 30.25).wanted).toBeNull();
  });

  it('goes on with what it did between the two: heating on the way up, resting on the way down', () => {
    const heating = step(RESTING, 20).state;
    for (const measuredC of [29.76, 30, 30.24]) {
      expect(step(heating, measuredC).state).toBe(heating);
      expect(step(RESTING, measuredC).state).toBe(RESTING);
    }
  });

  it('keeps one heating order while it heats, and begins a new one after a rest', () => {
    const first = step(RESTING, 20, atSeconds(1));
    const later = step(first.state, 21, atSeconds(2));
    expect(first.wanted?.startUs).toBe(1_000_000 + LEAD);
    expect(later.wanted).toBe(first.wanted);
    const rested = step(later.state, 31, atSeconds(3));
    const again = step(rested.state, 29, atSeconds(4));
    expect(again.wanted?.startUs).toBe(4_000_000 + LEAD);
  });

  it('heats in pieces of 2 s with rests of 0.2 s, in which a stuck MOSFET shows', () => {
    const { wanted } = step(RESTING, 20);
    expect(wanted?.onUs).toBe(2_000_000);
    expect(wanted!.periodUs - wanted!.onUs).toBe(200_000);
  });
});
