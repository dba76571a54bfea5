import { describe, expect, it } from 'vitest';
import { CONTROL_OFF, type ControlState, stepControl } from '../../src/control/controller.ts';
import { type ControlInput, type Order, orderFrom } from '../../src/control/order.ts';
import type { PidRun } from '../../src/control/pid-windows.ts';
import { dutyOf, LEAD, type Wanted } from '../../src/control/wanted.ts';
import type { Mode } from '../../src/params/modes.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { PAPER_SUBSTRATE, Substrate } from '../../src/twin/substrate.ts';
import { after, atSeconds, celsius, instant, micros, millis, ratio, seconds, secondsOf } from '../../src/units.ts';
import { PaperGate, TICK_US } from './paper-gate.ts';

const MODES = ['off', 'constant', 'pulse', 'bangbang', 'pid'] as const satisfies readonly Mode[];
const DEFAULT = orderFrom(defaultSettings());
const orderOf = (mode: Mode, change: Partial<Order> = {}): Order => ({ ...DEFAULT, mode, ...change });
const inputOf = (filmC: number | null, recentDuty = 0, heatedUs = micros(0)): ControlInput => ({
  filmC: filmC === null ? null : celsius(filmC),
  film: null,
  budget: { dutyMax: ratio(0.6), windowS: 60, longestOnUs: seconds(5.5), recentDuty: ratio(recentDuty) },
  heatedUs,
});

describe('the order that the settings describe', () => {
  it('is the paper’s pulse: 0.5 s every 5 s', () => {
    expect(DEFAULT).toMatchObject({ mode: 'pulse', onUs: 500_000, periodUs: 5_000_000, setpointC: 30 });
    expect(DEFAULT.windowUs).toBe(500_000);
  });

  it('carries every tuning setting to its place', () => {
    const order = orderFrom({
      ...defaultSettings(),
      'control.mode': 'pid',
      'control.setpointC': 33,
      'pid.gainPerK': 0.2,
      'pid.integralS': 12,
      'pid.derivativeS': 3,
      'pid.filter': 9,
      'pid.setpointWeight': 0.7,
      'pid.windowMs': 1000,
      'bangbang.hysteresisK': 1.5,
      'swing.targetK': 2.5,
      'swing.meanMaxC': 29,
      'pulse.onMs': 123,
      'pulse.periodMs': 4567,
    });
    expect(order).toEqual({
      mode: 'pid',
      onUs: 123_000,
      periodUs: 4_567_000,
      setpointC: 33,
      swingK: 2.5,
      meanMaxC: 29,
      windowUs: 1_000_000,
      hysteresisK: 1.5,
      tuning: { gainPerK: 0.2, integralS: 12, derivativeS: 3, filter: 9, setpointWeight: 0.7, byModel: true },
    });
  });
});

describe('the controller', () => {
  it('wants nothing in off, whatever the temperature', () => {
    for (const filmC of [null, 5, 24, 44]) {
      const step = stepControl(CONTROL_OFF, orderOf('off'), inputOf(filmC, 1), atSeconds(1));
      expect(step.wanted).toBeNull();
      expect(step.state).toBe(CONTROL_OFF);
    }
  });

  it('wants nothing at once when any mode is left for off', () => {
    for (const mode of MODES) {
      const { state } = stepControl(CONTROL_OFF, orderOf(mode), inputOf(24), instant(0));
      expect(stepControl(state, orderOf('off'), inputOf(24), instant(50_000)).wanted).toBeNull();
    }
  });

  it('wants heat in every other mode when the film is cool', () => {
    for (const mode of ['constant', 'pulse', 'bangbang', 'pid'] as const) {
      const { wanted, state } = stepControl(CONTROL_OFF, orderOf(mode), inputOf(24, 0.5), instant(0));
      expect(wanted?.startUs).toBe(LEAD);
      expect(state.mode).toBe(mode);
    }
  });

  it.each(['bangbang', 'pid'] as const)('wants nothing in %s without a usable temperature', (mode) => {
    expect(stepControl(CONTROL_OFF, orderOf(mode), inputOf(null, 0.5), instant(0)).wanted).toBeNull();
    const heating = stepControl(CONTROL_OFF, orderOf(mode), inputOf(24, 0.5), instant(0)).state;
    const lost = stepControl(heating, orderOf(mode), inputOf(null, 0.5), instant(50_000));
    expect(lost.wanted).toBeNull();
    // And begins afresh when the reading comes back.
    const back = stepControl(lost.state, orderOf(mode), inputOf(24, 0.5), instant(100_000));
    expect(back.wanted?.startUs).toBe(100_000 + LEAD);
  });

  it.each(['constant', 'pulse'] as const)('needs no temperature in %s', (mode) => {
    expect(stepControl(CONTROL_OFF, orderOf(mode), inputOf(null), instant(0)).wanted).not.toBeNull();
  });

  it('starts the new mode afresh whatever the old one did, for every pair of modes', () => {
    for (const from of MODES) {
      for (const to of MODES) {
        const { state } = stepControl(CONTROL_OFF, orderOf(from), inputOf(24, 0.3), instant(0));
        const changed = stepControl(state, orderOf(to), inputOf(24, 0.3), atSeconds(3));
        expect(changed.state.mode).toBe(to);
        if (from === to) continue;
        const fresh = stepControl(CONTROL_OFF, orderOf(to), inputOf(24, 0.3), atSeconds(3));
        expect(changed).toEqual(fresh);
      }
    }
  });

  it('enters PID without a jump: its first window has the duty that was achieved before', () => {
    for (const duty of [0.1, 0.25, 0.55]) {
      const { state } = stepControl(CONTROL_OFF, orderOf('pulse'), inputOf(24), instant(0));
      const { wanted } = stepControl(state, orderOf('pid'), inputOf(24, duty), atSeconds(10));
      expect(dutyOf(wanted)).toBeCloseTo(duty, 6);
    }
  });

  it('is at constant current a whole period on', () => {
    expect(dutyOf(stepControl(CONTROL_OFF, orderOf('constant'), inputOf(24), instant(0)).wanted)).toBe(1);
  });

  it('decides PID once a window and renews the same order in between', () => {
    const first = stepControl(CONTROL_OFF, orderOf('pid'), inputOf(24, 0.4), instant(0));
    let { state } = first;
    const wanted: Wanted[] = [];
    const end = LEAD + 500_000;
    let now = after(instant(0), TICK_US);
    for (; now < end - LEAD; now = after(now, TICK_US)) {
      const step = stepControl(state, orderOf('pid'), inputOf(24, 0.4), now);
      ({ state } = step);
      wanted.push(step.wanted);
    }
    expect(wanted.length).toBeGreaterThan(6);
    for (const one of wanted) expect(one).toBe(first.wanted);
    const next = stepControl(state, orderOf('pid'), inputOf(24, 0.4, millis(200)), now);
    expect(next.wanted?.startUs).toBe(end);
  });
});

describe('temperature control on the paper’s substrate', () => {
  interface Told {
    readonly t: number;
    readonly filmC: number;
    readonly duty: number;
    /** Output of PID before any limit. */
    readonly output: number;
  }
  /** The controller every 50 ms against the two-pole substrate; `allowed` says whether the gate may act. */
  function run(
    spanS: number,
    order: (t: number) => Order,
    allowed: (t: number) => boolean = () => true,
    seen: (t: number, filmC: number) => number | null = (_t, filmC) => filmC,
    recentDuty = 0,
  ): Told[] {
    const substrate = new Substrate(PAPER_SUBSTRATE, 23.8);
    const gate = new PaperGate();
    let state: ControlState = CONTROL_OFF;
    const told: Told[] = [];
    for (let now = instant(0); now < seconds(spanS); now = after(now, TICK_US)) {
      const t = secondsOf(now);
      const { heatedUs } = gate;
      const step = stepControl(state, order(t), inputOf(seen(t, substrate.filmC), recentDuty, micros(heatedUs)), now);
      state = step.state;
      gate.send(allowed(t) ? step.wanted : null, now);
      for (let k = 1; k <= 5; k += 1) {
        const before = gate.heatedUs;
        gate.advance(now + k * 10_000);
        // Power in proportion to the share of the 10 ms that was heated.
        const share = (gate.heatedUs - before) / 10_000;
        substrate.step(0.01, 0.4 * Math.sqrt(share));
      }
      const output = state.mode === 'pid' ? ((state.inner as PidRun | null)?.pid.output ?? 0) : 0;
      told.push({ t, filmC: substrate.filmC, duty: (gate.heatedUs - heatedUs) / TICK_US, output });
    }
    return told;
  }
  const between = (told: readonly Told[], fromS: number, toS: number) =>
    told.filter(({ t }) => t >= fromS && t < toS).map(({ filmC }) => filmC);
  const meanOf = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

  // PID looks once a window, at the trough of its ripple, so the mean is up to 0.2 K above the setpoint.
  const pid = (setpointC = 30) => orderOf('pid', { setpointC: celsius(setpointC) });

  it('by PID settles at 30 °C with less than 1 K of overshoot', () => {
    const order = pid();
    const told = run(300, () => order);
    expect(Math.max(...told.map(({ filmC }) => filmC))).toBeLessThan(31);
    expect(Math.abs(meanOf(between(told, 240, 300)) - 30)).toBeLessThan(0.2);
    for (const filmC of between(told, 60, 300)) expect(Math.abs(filmC - 30)).toBeLessThan(1);
  });

  it('by PID recovers without more overshoot after ten minutes in which the gate gave no heat', () => {
    const order = pid();
    const told = run(
      900,
      () => order,
      (t) => t >= 600,
    );
    expect(Math.max(...between(told, 0, 600))).toBe(23.8);
    expect(Math.max(...between(told, 600, 900))).toBeLessThan(31);
    expect(Math.abs(meanOf(between(told, 840, 900)) - 30)).toBeLessThan(0.2);
  });

  it('by PID does not wind up while the gate gives nothing of what it is asked', () => {
    const order = pid(27);
    const told = run(
      600,
      () => order,
      () => false,
    );
    // The integrator balances the error (3.2 K) against what was not achieved: a third of the range, not all of it.
    expect(told.at(-1)!.output).toBeGreaterThan(0.2);
    expect(Math.max(...told.map(({ output }) => output))).toBeLessThan(0.4);
  });

  it('by PID counts the shortest rest of a window as a limit: a duty just out of reach does not wind it up', () => {
    const order = pid(36.5);
    const told = run(1500, () => order);
    const { filmC, output } = told.at(-1)!;
    expect(filmC).toBeLessThan(36.5);
    expect(output).toBeGreaterThan(0.8);
    expect(output).toBeLessThan(1);
  });

  it('by PID counts the heat budget as a limit: a duty that it does not leave does not wind it up', () => {
    const order = pid(33);
    // The budget leaves pulses of 0.2 s; the integrator balances that against the error that is left.
    const told = run(
      600,
      () => order,
      () => true,
      (_t, filmC) => filmC,
      0.585,
    ).slice(-2000);
    const duty = meanOf(told.map((it) => it.duty));
    const errorK = 33 - meanOf(told.map(({ filmC }) => filmC));
    expect(duty).toBeLessThan(0.65);
    expect(errorK).toBeGreaterThan(0.2);
    const { gainPerK, integralS } = order.tuning;
    const balance = (5 * gainPerK * errorK) / integralS;
    expect(Math.abs(meanOf(told.map(({ output }) => output)) - duty - balance)).toBeLessThan(0.03);
  });

  it('by PID comes back from an unreachable setpoint without sagging below the reachable one', () => {
    const high = pid(40);
    const low = pid(30);
    const told = run(600, (t) => (t < 300 ? high : low));
    expect(Math.max(...between(told, 0, 300))).toBeGreaterThan(30.8);
    expect(Math.min(...between(told, 300, 600))).toBeGreaterThan(29);
    expect(Math.abs(meanOf(between(told, 540, 600)) - 30)).toBeLessThan(0.2);
  });

  it('by PID is not disturbed by a change of gain once settled', () => {
    const one = pid();
    const two: Order = { ...one, tuning: { ...one.tuning, gainPerK: 0.1 } };
    const told = run(400, (t) => (t < 200 ? one : two));
    for (const filmC of between(told, 190, 260)) expect(Math.abs(filmC - 30)).toBeLessThan(0.6);
  });

  it('by bang-bang swings around 30 °C', () => {
    const order = orderOf('bangbang', { setpointC: celsius(30) });
    const told = run(200, () => order);
    const later = between(told, 30, 200);
    expect(Math.min(...later)).toBeGreaterThan(29.4);
    expect(Math.min(...later)).toBeLessThan(29.76);
    expect(Math.max(...later)).toBeLessThan(30.6);
    expect(Math.max(...later)).toBeGreaterThan(30.24);
  });

  it.each(['pid', 'bangbang'] as const)('by %s gives no heat at all while the reading is absent', (mode) => {
    const order = orderOf(mode, { setpointC: celsius(30) });
    const told = run(
      120,
      () => order,
      () => true,
      (t, filmC) => (t < 60 ? filmC : null),
    );
    const heat = (fromS: number, toS: number) =>
      told.filter(({ t }) => t >= fromS && t < toS).reduce((sum, { duty }) => sum + duty, 0);
    expect(heat(0, 60)).toBeGreaterThan(0);
    expect(heat(60, 120)).toBe(0);
  });
});
