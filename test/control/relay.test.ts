import { describe, expect, it } from 'vitest';
import type { PidTuning } from '../../src/control/pid.ts';
import {
  oscillationOf,
  plantOf,
  type RelayPlant,
  RelayWatch,
  tyreusLuyben,
  ultimateOf,
  ultimateOfPlant,
  zieglerNichols,
} from '../../src/control/relay.ts';
import { expectedStep, judgeStep } from '../../src/control/step-test.ts';

const TUNING: PidTuning = { gainPerK: 1, integralS: 1, derivativeS: 9, filter: 8, setpointWeight: 0.6, byModel: true };

/** G(jω) of a first-order process with delay, as [absolute value, angle]. */
const response = ({ gainK, tauS, delayS }: RelayPlant, omega: number): [number, number] => [
  gainK / Math.sqrt(1 + (omega * tauS) ** 2),
  -Math.atan(omega * tauS) - omega * delayS,
];

describe('the relay experiment', () => {
  it('takes the hysteresis out of the amplitude: Ku = 4d/(π√(a² − ε²))', () => {
    // √(0.5² − 0.3²) = 0.4; without ε it would be 1.146, with the whole hysteresis nothing real, with 2d 2.865.
    const { gainPerK, periodS } = ultimateOf({ halfStep: 0.45, amplitudeK: 0.5, periodS: 2.5 }, 0.3);
    expect(gainPerK).toBeCloseTo(1.8 / (0.4 * Math.PI), 6);
    expect(periodS).toBe(2.5);
  });

  it.each([
    { gainK: 9, tauS: 3, delayS: 0.5 },
    { gainK: 6, tauS: 8, delayS: 1.3 },
    { gainK: 12, tauS: 1.5, delayS: 0.2 },
  ])('finds the process whose response is known at one frequency: %j', (plant) => {
    const omega = 2.5 / (plant.delayS + 1);
    const [size, angle] = response(plant, omega);
    // −1/N(a) = −π/(4d)·(√(a² − ε²) + jε) has the size πa/(4d) and the angle −π + asin(ε/a).
    const amplitudeK = (size * 4 * 0.4) / Math.PI;
    const halfWidthK = amplitudeK * Math.sin(Math.PI + angle);
    const found = plantOf({ halfStep: 0.4, amplitudeK, periodS: (2 * Math.PI) / omega }, halfWidthK, plant.gainK);
    expect(found?.tauS).toBeCloseTo(plant.tauS, 6);
    expect(found?.delayS).toBeCloseTo(plant.delayS, 6);
  });

  it('finds none where the film swings by more than its steady rise allows', () => {
    expect(plantOf({ halfStep: 0.5, amplitudeK: 3, periodS: 4 }, 0.25, 2)).toBeNull();
  });

  it('knows where a process becomes unstable', () => {
    const plant = { gainK: 9, tauS: 3, delayS: 0.9 };
    const { gainPerK, periodS } = ultimateOfPlant(plant);
    const [size, angle] = response(plant, (2 * Math.PI) / periodS);
    expect(gainPerK * size).toBeCloseTo(1, 6);
    expect(angle).toBeCloseTo(-Math.PI, 6);
    expect(ultimateOfPlant({ gainK: 1, tauS: 0, delayS: 1 }).periodS).toBeCloseTo(2, 6);
  });

  it('gives the gains of Tyreus and Luyben, and of Ziegler and Nichols', () => {
    const ultimate = { gainPerK: 3.22, periodS: 2 };
    expect(tyreusLuyben(TUNING, ultimate)).toMatchObject({
      gainPerK: 1,
      integralS: 4.4,
      derivativeS: 0,
      byModel: false,
    });
    const zn = zieglerNichols(TUNING, ultimate);
    expect(zn).toMatchObject({ integralS: 1, derivativeS: 0.25, setpointWeight: 0.6, byModel: false });
    expect(zn.gainPerK).toBeCloseTo(1.932, 6);
  });

  it('cuts a run into cycles, and leaves the time before the first heat out of the relay’s step', () => {
    const watch = new RelayWatch();
    let heatedS = 0;
    for (let i = 0; i <= 100; i += 1) {
      const inCycle = i % 40;
      const heating = inCycle < 20;
      // Heat from the third tick on, at 0.9 of the time: 16 of the 20 ticks that the relay is closed.
      if (heating && inCycle > 2) heatedS += 0.05 * 0.9;
      const filmC = 30 + (inCycle < 20 ? inCycle - 10 : 30 - inCycle) * 0.04;
      watch.take({ atS: i * 0.05, filmC, heating, heatedS });
      watch.take({ atS: i * 0.05, filmC: 99, heating: !heating, heatedS });
    }
    // It began with the relay closed: the first cycle begins at the first closing that is seen.
    expect(watch.cycles).toHaveLength(1);
    const it = oscillationOf(watch.cycles);
    expect(it.periodS).toBeCloseTo(2, 6);
    expect(it.amplitudeK).toBeCloseTo(0.4, 6);
    expect(it.meanC).toBeCloseTo(30, 6);
    expect(it.meanDuty).toBeCloseTo((17 * 0.05 * 0.9) / 2, 6);
    expect(it.halfStep).toBeCloseTo((17 * 0.05 * 0.9) / (18 * 0.05) / 2, 6);
  });

  it('states how much the cycles differ', () => {
    const cycle = { periodS: 2, amplitudeK: 0.4, meanC: 30, duty: 0.5, onDuty: 1 };
    const alike = oscillationOf([cycle, cycle, cycle]);
    expect(alike.cycles).toBe(3);
    expect(alike.periodSpread).toBeCloseTo(0, 9);
    expect(alike.amplitudeSpread).toBeCloseTo(0, 9);
    const other = oscillationOf([cycle, { ...cycle, periodS: 4, duty: 0.2 }]);
    expect(other.periodSpread).toBeCloseTo(1 / 3, 6);
    // The longer cycle counts for longer.
    expect(other.meanDuty).toBeCloseTo(0.3, 6);
  });
});

describe('an expected step', () => {
  const plant = { gainK: 9, tauS: 3, delayS: 0.4 };
  const step = { fromC: 26, toC: 28.5 };
  const with_ = (share: number) => {
    const { gainPerK } = ultimateOfPlant({ ...plant, delayS: plant.delayS + 0.5 });
    const tuning = { ...TUNING, gainPerK: share * gainPerK, integralS: 200, derivativeS: 0 };
    const record = expectedStep(plant, tuning, step, { zeroC: 24, windowS: 0.5, lastsS: 60 });
    return judgeStep(record, step, 0.05, 0.4);
  };

  it('dies out below the stability limit that windows leave, and swings above it', () => {
    expect(with_(0.8).lastK).toBeLessThan(0.2);
    expect(with_(1.25).lastK).toBeGreaterThan(1);
  });

  it('comes to the setpoint, after the delay, without an overshoot by the gains of Tyreus and Luyben', () => {
    const tuning = tyreusLuyben(TUNING, ultimateOfPlant({ ...plant, delayS: 0.9 }));
    const record = expectedStep(plant, tuning, step, { zeroC: 24, windowS: 0.5, lastsS: 60 });
    expect(record.valueC.slice(0, 8).every((c) => Math.abs(c - 26) < 1e-9)).toBe(true);
    const it = judgeStep(record, step, 0.5, 0.4);
    expect(it.overshootK).toBeLessThan(0.1);
    expect(it.errorK).toBeLessThan(0.02);
    expect(it.settlingS).toBeGreaterThan(2);
    expect(it.settlingS).toBeLessThan(20);
  });
});

describe('a step record', () => {
  const record = (of: (t: number) => number) => ({
    everyS: 0.05,
    valueC: Array.from({ length: 2000 }, (_, i) => of(i * 0.05)),
  });
  const step = { fromC: 26, toC: 28 };

  it('shows overshoot and settling of the means, not of the ripple', () => {
    const it = judgeStep(
      record((t) => (t < 10 ? 26 + 0.3 * t : 28) + 0.5 * Math.sin(4 * Math.PI * t)),
      step,
      0.5,
      0.4,
    );
    expect(it.overshootK).toBeGreaterThan(0.85);
    expect(it.overshootK).toBeLessThan(1.05);
    expect(it.settlingS).toBeGreaterThan(9.9);
    expect(it.settlingS).toBeLessThan(10.6);
    expect(it.errorK).toBeLessThan(0.01);
  });

  it('shows a film that never settles, one that stays away, and an oscillation that grows', () => {
    expect(
      judgeStep(
        record(() => 27),
        step,
        0.5,
        0.4,
      ),
    ).toMatchObject({ settlingS: null, errorK: 1, overshootK: 0 });
    const grows = judgeStep(
      record((t) => 28 + 0.01 * Math.exp(t / 20) * Math.sin(t)),
      step,
      0.5,
      0.4,
    );
    expect(grows.lastK / grows.beforeK).toBeGreaterThan(2);
  });
});
