import { describe, expect, it } from 'vitest';
import { dutyFrom, type PidState, type PidTuning, startPid, stepPid } from '../../src/control/pid.ts';
import { type Celsius, celsius, type Ratio, ratio } from '../../src/units.ts';

const TUNING: PidTuning = { gainPerK: 0.19, integralS: 11.4, derivativeS: 0, filter: 8, setpointWeight: 0.6 };
const DT = 0.5;
const C = (value: number): Celsius => celsius(value);

/** A first-order plant: 15.5 K at full duty, 20 s, from 24 °C. */
class Plant {
  celsius = 24;
  constructor(readonly tauS = 20) {}
  heat(duty: number, dtS = DT): void {
    const end = 24 + 15.5 * duty;
    this.celsius = end + (this.celsius - end) * Math.exp(-dtS / this.tauS);
  }
}

/** A state at rest at its setpoint with the output `duty`. */
const settled = (tuning = TUNING, duty = 0.4, setpointC = 30): PidState =>
  startPid(tuning, C(setpointC), C(setpointC), ratio(duty));

describe('PID at its start', () => {
  it('begins with the duty that was applied before, whatever the error', () => {
    for (const duty of [0, 0.1, 0.73]) {
      for (const measured of [20, 30, 38]) {
        const state = startPid(TUNING, C(30), C(measured), ratio(duty));
        expect(state.output).toBe(duty);
        expect(dutyFrom(state)).toBe(duty);
      }
    }
  });

  it('goes on from there without a jump: at the setpoint it keeps the duty', () => {
    let state = settled();
    for (let i = 0; i < 100; i += 1) state = stepPid(state, TUNING, C(30), C(30), dutyFrom(state), DT);
    expect(state.output).toBeCloseTo(0.4, 9);
  });

  it('with an error moves only by the integral of one step', () => {
    const start = startPid(TUNING, C(30), C(28), ratio(0.4));
    const next = stepPid(start, TUNING, C(30), C(28), ratio(0.4), DT);
    expect(next.output - 0.4).toBeCloseTo((0.19 / 11.4) * 2 * DT, 12);
  });
});

describe('PID output', () => {
  it('as a duty is limited to 0..1', () => {
    const state = settled();
    expect(dutyFrom({ ...state, output: -0.3 })).toBe(0);
    expect(dutyFrom({ ...state, output: 0.3 })).toBe(0.3);
    expect(dutyFrom({ ...state, output: 1.3 })).toBe(1);
  });

  it('answers a setpoint step with the setpoint weight: b times the gain, and no more', () => {
    for (const setpointWeight of [0, 0.6, 1]) {
      const tuning = { ...TUNING, setpointWeight, integralS: 1e9 };
      const next = stepPid(settled(tuning), tuning, C(32), C(30), ratio(0.4), DT);
      expect(next.output - 0.4).toBeCloseTo(0.19 * setpointWeight * 2, 6);
    }
  });

  it('answers a disturbance of the measurement with the full gain', () => {
    const tuning = { ...TUNING, integralS: 1e9 };
    const next = stepPid(settled(tuning), tuning, C(30), C(29), ratio(0.4), DT);
    expect(next.output - 0.4).toBeCloseTo(0.19, 6);
  });

  it('gets no derivative kick from a setpoint step, but does from the measurement', () => {
    const tuning = { ...TUNING, derivativeS: 4, integralS: 1e9 };
    const stepped = stepPid(settled(tuning), tuning, C(34), C(30), ratio(0.4), DT);
    expect(stepped.derivative).toBe(0);
    expect(stepped.output - 0.4).toBeCloseTo(0.19 * 0.6 * 4, 6);
    const moved = stepPid(settled(tuning), tuning, C(30), C(30.5), ratio(0.4), DT);
    expect(moved.derivative).toBeLessThan(-0.1);
  });

  it.each([
    [4, 8, 0.5],
    [1, 8, 0.5],
    [10, 2, 0.5],
    [4, 20, 0.5],
    [4, 8, 2],
    [0.3, 50, 1],
  ])(
    'settles on a ramp at −gain × time × rate for every time %d s, filter %d and step %d s',
    (derivativeS, filter, dtS) => {
      const tuning = { ...TUNING, derivativeS, filter };
      let state = startPid(tuning, C(30), C(25), ratio(0.4));
      for (let k = 1; k <= 400; k += 1) state = stepPid(state, tuning, C(30), C(25 + 0.01 * k * dtS), null, dtS);
      expect(state.derivative).toBeCloseTo(-0.19 * derivativeS * 0.01, 9);
    },
  );

  it('has a derivative that settles at −gain × time × rate on a ramp, and fades after it', () => {
    const tuning = { ...TUNING, derivativeS: 4 };
    let state = settled(tuning);
    let measured = 30;
    for (let i = 0; i < 40; i += 1) {
      measured += 0.1 * DT;
      state = stepPid(state, tuning, C(30), C(measured), null, DT);
    }
    expect(state.derivative).toBeCloseTo(-0.19 * 4 * 0.1, 6);
    for (let i = 0; i < 40; i += 1) state = stepPid(state, tuning, C(30), C(measured), null, DT);
    expect(Math.abs(state.derivative)).toBeLessThan(1e-9);
  });

  it('uses the filter: a larger N lets more of a jump through', () => {
    const jump = (filter: number) => {
      const tuning = { ...TUNING, derivativeS: 4, filter };
      return -stepPid(settled(tuning), tuning, C(30), C(30.5), ratio(0.4), DT).derivative;
    };
    expect(jump(8)).toBeGreaterThan(1.5 * jump(2));
  });
});

describe('a change of tuning', () => {
  it.each([
    ['gain', { gainPerK: 0.9 }],
    ['gain and weight', { gainPerK: 0.05, setpointWeight: 0 }],
    ['weight', { setpointWeight: 1 }],
    ['integral time', { integralS: 2 }],
  ])('of %s is bumpless: the output goes on where it was', (_name, change) => {
    const changed = { ...TUNING, ...change };
    const before = stepPid(settled(), TUNING, C(30), C(30), ratio(0.4), DT);
    const after = stepPid(before, changed, C(30), C(30), dutyFrom(before), DT);
    expect(after.output).toBeCloseTo(before.output, 9);
  });

  it('is bumpless off the setpoint too, but for the integral of one step', () => {
    const changed = { ...TUNING, gainPerK: 0.6, setpointWeight: 0.2 };
    const before = startPid(TUNING, C(31), C(29), ratio(0.4));
    const after = stepPid(before, changed, C(31), C(29), ratio(0.4), DT);
    expect(after.output - 0.4).toBeCloseTo((0.6 / 11.4) * 2 * DT, 9);
  });

  it('does take effect', () => {
    const changed = { ...TUNING, gainPerK: 0.9 };
    const after = stepPid(settled(), changed, C(30), C(30), ratio(0.4), DT);
    const moved = stepPid(after, changed, C(30), C(29.9), null, DT);
    expect(moved.output - after.output).toBeGreaterThan(0.9 * 0.09);
  });
});

describe('the integrator', () => {
  interface Run {
    readonly outputs: number[];
    readonly temperatures: number[];
  }
  /** PID on the plant; `gate` says what becomes of the asked duty, `report` what PID hears of it. */
  const run = (
    spanS: number,
    setpoint: (t: number) => number,
    gate: (duty: Ratio, t: number) => Ratio,
    report: (duty: Ratio) => Ratio | null = (duty) => duty,
    plant = new Plant(),
  ): Run => {
    let state = startPid(TUNING, C(setpoint(0)), C(plant.celsius), ratio(0));
    const outputs: number[] = [];
    const temperatures: number[] = [];
    let achieved: Ratio | null = null;
    for (let t = 0; t < spanS; t += DT) {
      state = stepPid(state, TUNING, C(setpoint(t)), C(plant.celsius), achieved, DT);
      const duty = gate(dutyFrom(state), t);
      achieved = report(duty);
      plant.heat(duty);
      outputs.push(state.output);
      temperatures.push(plant.celsius);
    }
    return { outputs, temperatures };
  };
  const blockedFor = (blockedS: number) => (duty: Ratio, t: number) => (t < blockedS ? ratio(0) : duty);

  it('reaches the setpoint and stays: 30 °C to within 0.05 K, with little overshoot', () => {
    const { temperatures } = run(
      300,
      () => 30,
      (duty) => duty,
    );
    expect(Math.max(...temperatures)).toBeLessThan(30.6);
    for (const celsiusNow of temperatures.slice(-100)) expect(Math.abs(celsiusNow - 30)).toBeLessThan(0.05);
  });

  it('does not wind up while the gate achieves nothing: the output stays near the range', () => {
    const { outputs } = run(3600, () => 30, blockedFor(3600));
    expect(Math.max(...outputs)).toBeLessThan(1);
    const { outputs: blind } = run(
      3600,
      () => 30,
      blockedFor(3600),
      () => null,
    );
    expect(Math.max(...blind)).toBeGreaterThan(2);
  });

  it('recovers without overshoot after an hour in which nothing was achieved', () => {
    const informed = run(4200, () => 30, blockedFor(3600)).temperatures;
    expect(Math.max(...informed)).toBeLessThan(30.6);
    expect(Math.abs(informed.at(-1)! - 30)).toBeLessThan(0.05);
    // The same without the account of what was achieved: it must pay its wind-up back in heat.
    const blind = run(
      4200,
      () => 30,
      blockedFor(3600),
      () => null,
    ).temperatures;
    expect(Math.max(...blind)).toBeGreaterThan(32);
  });

  it('leaves saturation at once when an unreachable setpoint comes back into reach', () => {
    const { temperatures } = run(
      1200,
      (t) => (t < 900 ? 42 : 30),
      (duty) => duty,
    );
    const after = temperatures.slice(900 / DT);
    expect(Math.max(...temperatures)).toBeGreaterThan(39);
    expect(Math.min(...after)).toBeGreaterThan(29.2);
    expect(Math.abs(after.at(-1)! - 30)).toBeLessThan(0.05);
  });

  it('goes on without conditioning while the achieved duty is not known', () => {
    const state = startPid(TUNING, C(30), C(28), ratio(0.4));
    const unknown = stepPid(state, TUNING, C(30), C(28), null, DT);
    const lower = stepPid(state, TUNING, C(30), C(28), ratio(0), DT);
    expect(unknown.output - 0.4).toBeCloseTo((0.19 / 11.4) * 2 * DT, 12);
    expect(unknown.output - lower.output).toBeCloseTo((0.4 / 5) * DT, 12);
  });

  it('is bounded even without any account, whatever the error and however long', () => {
    let state = settled();
    for (let i = 0; i < 100_000; i += 1) state = stepPid(state, TUNING, C(40), C(0), null, DT);
    expect(state.integral).toBeLessThanOrEqual(1 + 0.19 * 40);
    for (let i = 0; i < 100_000; i += 1) state = stepPid(state, TUNING, C(15), C(60), null, DT);
    expect(state.integral).toBeGreaterThanOrEqual(-1 - 0.19 * 15);
  });
});
