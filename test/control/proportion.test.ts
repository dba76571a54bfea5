import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ProportionState,
  SHORTEST_ON_US,
  SHORTEST_REST_US,
  stepProportion,
  windowDue,
} from '../../src/control/proportion.ts';
import { LEAD } from '../../src/control/wanted.ts';
import { after, before, instant, micros, millis, ratio, seconds } from '../../src/units.ts';
import { PaperGate, TICK_US } from './paper-gate.ts';

const WINDOW_US = millis(500);

/** Time-proportioning as control ticks drive it, for `spanUs`; `duty(n)` is asked for in window n. */
function walk(duty: (n: number) => number, spanUs: number, windowUs = WINDOW_US) {
  const gate = new PaperGate();
  const states: ProportionState[] = [];
  let state: ProportionState | null = null;
  for (let now = instant(0); now < spanUs; now = after(now, TICK_US)) {
    if (windowDue(state, now)) {
      ({ state } = stepProportion(state, ratio(duty(states.length)), windowUs, now));
      states.push(state);
    }
    gate.send(state?.window ?? null, now);
  }
  gate.send(null, spanUs);
  return { gate, states };
}

describe('time-proportioning', () => {
  it.each([0, 0.001, 0.01, 0.05, 0.0999, 0.1, 0.1001, 1 / 3, 0.5, 0.55, 0.6])(
    'gives a mean duty of %s to within one shortest pulse over many windows',
    (duty) => {
      const windows = 2000;
      const { gate, states } = walk(() => duty, windows * WINDOW_US);
      const owed = duty * states.length * WINDOW_US;
      expect(Math.abs(gate.heatedUs - owed)).toBeLessThanOrEqual(SHORTEST_ON_US + WINDOW_US);
      const planned = states.reduce((sum, { window }) => sum + (window?.onUs ?? 0), 0);
      expect(Math.abs(planned - owed)).toBeLessThanOrEqual(SHORTEST_ON_US);
    },
  );

  it('makes a window longer where its rest would be too short: 0.5 s up to 0.6, 2 s at 0.9, 4 s from 0.95', () => {
    for (const [duty, lastsS] of [
      [0.6, 0.5],
      [0.61, 0.2 / 0.39],
      [0.9, 2],
      [0.95, 4],
      [1, 4],
      [7, 4],
    ] as const) {
      const { states } = walk(() => duty, 100 * WINDOW_US);
      for (const { window, lastsUs } of states) {
        expect(lastsUs / 1e6).toBeCloseTo(lastsS, 5);
        expect(lastsUs - (window?.onUs ?? 0)).toBeGreaterThanOrEqual(SHORTEST_REST_US);
      }
    }
  });

  it('gives no longer pulse than the heat budget allows, and owes at most one window', () => {
    const { state } = stepProportion(null, ratio(0.6), WINDOW_US, instant(0), millis(120));
    expect(state.window?.onUs).toBe(120_000);
    expect(state.carryUs).toBe(SHORTEST_ON_US);
  });

  it('gives nothing at duty 0, below 0 and while less than the shortest pulse is owed', () => {
    expect(walk(() => 0, 100 * WINDOW_US).gate.pulses).toEqual([]);
    expect(walk(() => -3, 100 * WINDOW_US).gate.pulses).toEqual([]);
    const below = stepProportion(null, ratio((SHORTEST_ON_US - 1) / WINDOW_US), WINDOW_US, instant(0)).state;
    const at = stepProportion(null, ratio(SHORTEST_ON_US / WINDOW_US), WINDOW_US, instant(0)).state;
    expect(below.window).toBeNull();
    expect(below.carryUs).toBeCloseTo(SHORTEST_ON_US - 1, 6);
    expect(at.window?.onUs).toBe(SHORTEST_ON_US);
    expect(at.carryUs).toBe(0);
  });

  it('does not pay a long saturation back: after an hour at full duty the heater rests at once', () => {
    let state = stepProportion(null, ratio(1), WINDOW_US, instant(0)).state;
    for (let n = 1; n < 7200; n += 1) state = stepProportion(state, ratio(1), WINDOW_US, instant(n * WINDOW_US)).state;
    let paidUs = 0;
    for (let n = 7200; n < 7210; n += 1) {
      state = stepProportion(state, ratio(0), WINDOW_US, instant(n * WINDOW_US)).state;
      paidUs += state.window?.onUs ?? 0;
    }
    expect(paidUs).toBeLessThanOrEqual(SHORTEST_ON_US);
  });

  it('puts windows end to end, so that the phase runs on', () => {
    const { states } = walk(() => 0.4, 50 * WINDOW_US);
    for (const [n, { startUs }] of states.entries()) expect(startUs).toBe(LEAD + n * WINDOW_US);
  });

  it('decides the next window one lead before it starts, for ENABLE to close, and not earlier', () => {
    const { state } = stepProportion(null, ratio(0.5), WINDOW_US, instant(0));
    const end = after(state.startUs, WINDOW_US);
    expect(windowDue(null, instant(0))).toBe(true);
    expect(windowDue(state, before(end, micros(LEAD + 1)))).toBe(false);
    expect(windowDue(state, before(end, LEAD))).toBe(true);
  });

  it('starts anew, one lead ahead, when the decision comes after the window should have begun', () => {
    const { state } = stepProportion(null, ratio(0.5), WINDOW_US, instant(0));
    const follows = after(state.startUs, WINDOW_US);
    expect(stepProportion(state, ratio(0.5), WINDOW_US, before(follows, micros(1))).state.startUs).toBe(follows);
    expect(stepProportion(state, ratio(0.5), WINDOW_US, follows).state.startUs).toBe(follows + LEAD);
    expect(stepProportion(state, ratio(0.5), WINDOW_US, after(follows, micros(999_999))).state.startUs).toBe(
      follows + 999_999 + LEAD,
    );
  });

  it('respects the shortest pulse and the shortest rest whatever duties follow one another', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 60 }),
        fc.constantFrom(millis(200), millis(500), seconds(1), seconds(2), seconds(5)),
        (duties, windowUs) => {
          const { gate, states } = walk((n) => duties[n % duties.length]!, 40 * windowUs, windowUs);
          for (const { window, carryUs } of states) {
            if (window) expect(window.onUs).toBeGreaterThanOrEqual(SHORTEST_ON_US);
            if (window) expect(window.periodUs - window.onUs).toBeGreaterThanOrEqual(SHORTEST_REST_US - 1);
            expect(carryUs).toBeGreaterThanOrEqual(-1);
            expect(carryUs).toBeLessThanOrEqual(SHORTEST_ON_US);
          }
          const { pulses } = gate;
          for (const [i, { riseUs, fallUs }] of pulses.entries()) {
            // The last one may have been ended by the test.
            if (i < pulses.length - 1) expect(fallUs - riseUs).toBeGreaterThanOrEqual(SHORTEST_ON_US);
            if (i > 0) expect(riseUs - pulses[i - 1]!.fallUs).toBeGreaterThanOrEqual(SHORTEST_REST_US - 1);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps the mean of any duties that fit, to within one shortest pulse', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.5, noNaN: true }), { minLength: 20, maxLength: 200 }),
        (duties) => {
          let state: ProportionState | null = null;
          let planned = 0;
          let owed = 0;
          for (const [n, duty] of duties.entries()) {
            state = stepProportion(state, ratio(duty), WINDOW_US, instant(n * WINDOW_US)).state;
            planned += state.window?.onUs ?? 0;
            owed += duty * WINDOW_US;
          }
          expect(Math.abs(planned - owed)).toBeLessThanOrEqual(SHORTEST_ON_US + 1);
        },
      ),
    );
  });
});
