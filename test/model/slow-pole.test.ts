import { describe, expect, it } from 'vitest';
import { independent } from '../../src/model/independent.ts';
import { SlowFit, type SlowPole, type SlowPrior } from '../../src/model/slow-pole.ts';
import { MOST_MEANS, SlowRecord } from '../../src/model/slow-record.ts';
import { Lag } from '../../src/model/thermal.ts';
import { Prng } from '../../src/twin/prng.ts';

const PRIOR: SlowPrior = {
  fastTauS: 2.5,
  thermocoupleLagS: 1.2,
  infraredLagS: 0.3,
  fastKPerW: 3.5,
  fastError: 0.01,
  slowKPerW: 2,
  slowTauS: 300,
  slowTauError: 0.5,
  contact: 0.95,
  thermocoupleStepK: 0.0078,
  infraredStepK: 0.02,
  infraredError: 0.02,
  scaleError: 0.0176,
};
/** The same initial slope as the prior’s, and another time constant. */
const TRUE = { slowTauS: 420, slowKPerW: 2.8 };
const GAIN = PRIOR.fastKPerW + TRUE.slowKPerW;
const TICK_S = 0.05;

interface Course {
  readonly forS?: number;
  readonly tauS?: number;
  readonly slowKPerW?: number;
  /** Response to heat over the commissioned one. */
  readonly response?: number;
  /** Slow rise that an earlier run has left, K. */
  readonly leftK?: number;
  readonly noiseK?: number;
  readonly seed?: number;
  /** Drift of the room after 5 min, K/s. */
  readonly driftKPerS?: number;
  /** The room becomes so much warmer in the eleventh and twelfth minute, K. */
  readonly stepK?: number;
  /** Pulses every so many seconds. */
  readonly periodS?: number;
}

/** A record of pulses on a bench of two poles, simulated by small steps. */
function recordOf(course: Course = {}): SlowRecord {
  const { forS = 1800, tauS = TRUE.slowTauS, slowKPerW = TRUE.slowKPerW, response = 1, leftK = 0 } = course;
  const { noiseK = 0, seed = 1, driftKPerS = 0, stepK = 0, periodS = 5 } = course;
  const prng = new Prng(seed, 1);
  const [fast, slow] = [new Lag(PRIOR.fastTauS), new Lag(tauS)];
  const [tc, ir] = [new Lag(PRIOR.thermocoupleLagS), new Lag(PRIOR.infraredLagS)];
  const [fastAir, slowAir] = [new Lag(PRIOR.fastTauS), new Lag(tauS)];
  slow.value = leftK / slowKPerW;
  tc.value = leftK;
  ir.value = leftK;
  const record = new SlowRecord(PRIOR, { thermocoupleK: PRIOR.contact * leftK, infraredK: leftK });
  for (let t = 0; t < forS; t += TICK_S) {
    const watts = t % periodS < periodS / 10 ? 2.4 : 0;
    const airK = driftKPerS * Math.max(0, t - 300) + stepK * Math.min(1, Math.max(0, (t - 600) / 120));
    const share = slowKPerW / (slowKPerW + PRIOR.fastKPerW);
    const cold = (1 - share) * fastAir.step(TICK_S, airK) + share * slowAir.step(TICK_S, airK);
    const film = cold + response * (PRIOR.fastKPerW * fast.step(TICK_S, watts) + slowKPerW * slow.step(TICK_S, watts));
    const noise = (): number => noiseK * prng.normal();
    record.see('thermocouple', 22 + PRIOR.contact * tc.step(TICK_S, film) + noise());
    record.see('infrared', 22 + ir.step(TICK_S, film) + noise());
    record.see('ambient', 22 + airK);
    record.step(TICK_S, watts);
  }
  return record;
}

function fitted(record: SlowRecord, prior = PRIOR): SlowPole | null {
  const fit = new SlowFit(record, prior);
  while (!fit.step());
  return fit.found;
}

describe('the slow pole from a run', () => {
  it('is found where there is no noise, whatever the calibration took it for', () => {
    for (const periodS of [3, 4, 5]) {
      const found = fitted(recordOf({ periodS }))!;
      expect(found.slowTauS / TRUE.slowTauS).toBeCloseTo(1, 2);
      expect(found.gainKPerW / GAIN).toBeCloseTo(1, 2);
    }
  });

  it('is found from the mean of the slow pole over each mean of the readings, not from its end', () => {
    const course = { periodS: 400, tauS: 100, slowKPerW: 0.667 };
    const found = fitted(recordOf(course), { ...PRIOR, slowTauS: 150, slowKPerW: 1 })!;
    // With the values at the ends it would be 7 % too small, with those at the beginnings 3 % too large.
    expect(found.slowTauS / course.tauS).toBeGreaterThan(0.975);
    expect(found.slowTauS / course.tauS).toBeLessThan(1.025);
  });

  it('lets the room reach the film through both poles', () => {
    const found = fitted(recordOf({ stepK: 1 }))!;
    expect(found.slowTauS / TRUE.slowTauS).toBeCloseTo(1, 1);
    expect(found.gainKPerW / GAIN).toBeCloseTo(1, 1);
  });

  it('is that of the film, not of what a thermocouple with a poor contact feels', () => {
    const found = fitted(recordOf())!;
    // Without the contact it would be 5 % less.
    expect(Math.abs(found.gainKPerW / GAIN - 1)).toBeLessThan(0.015);
  });

  it('is not mistaken for the rest of an earlier heat, nor for a drift of the room', () => {
    for (const course of [{ leftK: 0.1 }, { leftK: -0.1 }, { driftKPerS: 5e-4 }, { driftKPerS: -5e-4 }]) {
      const found = fitted(recordOf(course))!;
      expect(Math.abs(Math.log(found.slowTauS / TRUE.slowTauS))).toBeLessThan(2 * found.slowTauError);
      expect(Math.abs(Math.log(found.gainKPerW / GAIN))).toBeLessThan(2 * found.gainError);
    }
  });

  it('keeps its share where the bench answers less to all heat than it did at commissioning', () => {
    const found = fitted(recordOf({ response: 0.9 }), { ...PRIOR, fastError: 0.1 })!;
    // Taken as it is, the gain would be 10 % less.
    expect(Math.abs(found.gainKPerW / GAIN - 1)).toBeLessThan(0.04);
  });

  it('has errors that hold the truth, and shrink with the length of the run', () => {
    let [tau, gain] = [0, 0];
    for (let seed = 0; seed < 20; seed += 1) {
      const found = fitted(recordOf({ noiseK: 0.1, seed, tauS: 250, slowKPerW: 1.7 }))!;
      if (Math.abs(Math.log(found.slowTauS / 250)) < 2 * found.slowTauError) tau += 1;
      if (Math.abs(Math.log(found.gainKPerW / (PRIOR.fastKPerW + 1.7))) < 2 * found.gainError) gain += 1;
    }
    expect([tau, gain].every((hits) => hits >= 18)).toBe(true);
    const [short, long] = [1200, 3600].map((forS) => fitted(recordOf({ noiseK: 0.1, forS }))!);
    expect(long!.slowTauError).toBeLessThan(short!.slowTauError);
    expect(short!.slowTauError).toBeLessThan(PRIOR.slowTauError / 2);
    // No run shows the scale of all rises.
    expect(long!.gainError).toBeGreaterThan(PRIOR.scaleError);
  }, 30_000);

  it('is not found in a short run, nor without one of the sensors', () => {
    expect(fitted(recordOf({ forS: 600 }))).toBeNull();
    const blind = new SlowRecord(PRIOR, { thermocoupleK: 0, infraredK: 0 });
    for (let t = 0; t < 1800; t += 1) {
      blind.step(1, 0.24);
      blind.see('infrared', 23);
      blind.see('ambient', 22);
    }
    expect(fitted(blind)).toBeNull();
  });

  it('is found although a sensor is silent for a while', () => {
    const record = recordOf();
    record.means.tcC.fill(Number.NaN, 10, 20);
    record.means.ambientC.fill(Number.NaN, 30, 33);
    expect(fitted(record)!.slowTauS / TRUE.slowTauS).toBeCloseTo(1, 2);
  });

  it('is computed in slices that are short beside a tick of the controller', () => {
    const fit = new SlowFit(recordOf({ forS: 9700 }), PRIOR);
    let slices = 1;
    while (!fit.step()) slices += 1;
    expect(slices).toBeGreaterThan(100);
    expect(fit.found).not.toBeNull();
    const { found } = fit;
    expect(fit.step()).toBe(true);
    expect(fit.found).toBe(found);
  });
});

describe('the record of a run', () => {
  it('has a bounded memory over 168 h, and keeps its beginning', () => {
    const record = new SlowRecord(PRIOR, { thermocoupleK: 0, infraredK: 0 });
    const { tcC } = record.means;
    for (let t = 0; t < 168 * 3600; t += 1) {
      record.see('thermocouple', t);
      record.step(1, 0.24);
    }
    expect(record.count).toBe(MOST_MEANS);
    expect(record.full).toBe(true);
    expect(record.means.tcC).toBe(tcC);
    expect(tcC.length).toBe(MOST_MEANS);
    expect(tcC[0]).toBe(9.5);
    expect(record.lengthS).toBe(MOST_MEANS * 20);
  });

  it('counts heat by the time that it lasted, and readings by their number', () => {
    const record = new SlowRecord({ fastTauS: 1e-3, thermocoupleLagS: 1e-3, infraredLagS: 1e-3 }, NONE);
    record.see('infrared', 20);
    record.see('infrared', 20);
    record.see('infrared', 26);
    record.step(15, 1);
    record.step(5, 3);
    expect(record.means.slowTcW[0]).toBeCloseTo(1.5, 6);
    expect(record.means.irC[0]).toBeCloseTo(22, 9);
    expect(record.means.tcC[0]).toBeNaN();
  });
});
const NONE = { thermocoupleK: 0, infraredK: 0 };

describe('the noise of readings that are not independent', () => {
  it('is their deviation where they are, and more where each keeps part of the one before', () => {
    const prng = new Prng(5, 1);
    const white = Array.from({ length: 4000 }, () => 0.1 * prng.normal());
    expect(independent(white)).toBeGreaterThan(0.09);
    expect(independent(white)).toBeLessThan(0.115);
    let last = 0;
    const slow = white.map((value) => {
      last = 0.8 * last + value;
      return last;
    });
    // Deviation 0.1/√(1 − 0.8²), F = (1 + 0.8)/(1 − 0.8): together 0.1/(1 − 0.8).
    expect(independent(slow)).toBeGreaterThan(0.4);
    expect(independent(slow)).toBeLessThan(0.6);
  });
});
