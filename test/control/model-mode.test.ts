import { describe, expect, it } from 'vitest';
import { type ModelState, stepModel, windowFor } from '../../src/control/model-mode.ts';
import { orderFrom } from '../../src/control/order.ts';
import { simcTuning } from '../../src/control/pid.ts';
import { SHORTEST_REST_US } from '../../src/control/proportion.ts';
import type { Estimate } from '../../src/model/observer.ts';
import { TwoPole } from '../../src/model/thermal.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { after, celsius, type Instant, instant, micros, millis, type Ratio, ratio, seconds } from '../../src/units.ts';
import { PaperGate } from './paper-gate.ts';

const POLES = { fastK: 9, slowK: 6, fastTauS: 2.5, slowTauS: 400 };
const ORDER = { ...orderFrom(defaultSettings()), mode: 'model' as const };
const TICK = millis(50);

describe('a window of the model mode', () => {
  it('brings the fast pole where it is wanted: v+ = u + (v − u)·e^(−h/τ)', () => {
    for (const [share, wanted] of [
      [0, 0.1],
      [0.4, 0.42],
      [0.7, 0.72],
      [0.2, 0.8],
    ] as const) {
      const { onS, lastsS } = windowFor(share, wanted, 2.5, 0.5, 4);
      const duty = onS / lastsS;
      expect(duty + (share - duty) * Math.exp(-lastsS / 2.5)).toBeCloseTo(wanted, 2);
    }
  });

  it('grows where the rest would be shorter than 200 ms, up to 4 s, and rests when the film is too warm', () => {
    expect(windowFor(0.9, 0.9, 2.5, 0.5, 4).lastsS).toBeCloseTo(2, 2);
    expect(windowFor(0, 1.2, 2.5, 0.5, 4)).toEqual({ onS: 3.8, lastsS: 4 });
    expect(windowFor(0.5, 0.3, 2.5, 0.5, 4)).toEqual({ onS: 0, lastsS: 0.5 });
  });
});

/** A film that is just as the model says, heated by what the gate does; mean temperature of each half second. */
function play(setpointC: number, dutyMax: number, spanS: number, missed: (pulse: number) => boolean = () => false) {
  const film = new TwoPole(POLES);
  const gate = new PaperGate();
  let state: ModelState | null = null;
  let saturated = false;
  let heatedUs = 0;
  const means: number[] = [];
  let sum = 0;
  let pulses = 0;
  for (let now: Instant = instant(0); now < spanS * 1e6; now = after(now, TICK)) {
    const seen: Estimate = {
      filmC: celsius(24 + film.filmK),
      errorK: 0,
      levelC: celsius(24),
      gain: 1,
      gainError: 0,
      power: 1,
      fastK: film.fastK,
      slowK: film.slowK,
      poles: POLES,
      contactChanged: false,
      spotChanged: false,
      pulse: null,
    };
    const budget = { dutyMax: ratio(dutyMax), windowS: 60, longestOnUs: seconds(5.5), recentDuty: ratio(0) };
    const input = { filmC: seen.filmC, film: seen, budget, heatedUs: micros(heatedUs) };
    const step = stepModel(state, { ...ORDER, setpointC: celsius(setpointC) }, input, now);
    if (step.state !== state) pulses += 1;
    state = step.state;
    saturated = step.saturated === true;
    gate.send(missed(pulses) ? null : step.wanted, now);
    const before = gate.heatedUs;
    gate.advance(after(now, TICK));
    heatedUs += gate.heatedUs - before;
    film.step(0.05, ((gate.heatedUs - before) / TICK) as Ratio);
    sum += 24 + film.filmK;
    if (now % 500_000 === 450_000) {
      means.push(sum / 10);
      sum = 0;
    }
  }
  return { means, gate, saturated };
}

describe('the model mode', () => {
  it('reaches a setpoint within seconds, without overshoot, and stays there while the slow pole warms', () => {
    const { means, gate } = play(28, 0.95, 300);
    expect(Math.max(...means)).toBeLessThan(28.1);
    expect(means.slice(20).every((c) => Math.abs(c - 28) < 0.1)).toBe(true);
    for (const [i, { riseUs }] of gate.pulses.entries()) {
      const last = gate.pulses[i - 1];
      if (last) expect(riseUs - last.fallUs).toBeGreaterThanOrEqual(SHORTEST_REST_US - 1);
    }
  });

  it('makes good what the gate did not do', () => {
    const { means } = play(28, 0.95, 120, (pulse) => pulse % 17 === 0);
    const late = means.slice(40);
    expect(late.reduce((a, b) => a + b, 0) / late.length).toBeCloseTo(28, 1);
  });

  it('says that it is saturated while the setpoint is above what full heat reaches', () => {
    expect(play(36, 0.95, 30).saturated).toBe(true);
    expect(play(28, 0.95, 30).saturated).toBe(false);
  });
});

describe('the SIMC tuning', () => {
  it('is τ/(A·2θ) and min(τ, 8θ), with the window and the lead as the delay', () => {
    const like = ORDER.tuning;
    const { gainPerK, integralS, derivativeS } = simcTuning(like, POLES, 0.5);
    expect(gainPerK).toBeCloseTo(2.5 / (9 * 2 * 0.605), 6);
    expect(integralS).toBe(2.5);
    expect(derivativeS).toBe(0);
    expect(simcTuning(like, { ...POLES, fastTauS: 20 }, 0.5).integralS).toBeCloseTo(8 * 0.605, 6);
  });
});
