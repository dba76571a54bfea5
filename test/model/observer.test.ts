import { describe, expect, it } from 'vitest';
import { Observer, type Plant, reachOf, timeToReachS } from '../../src/model/observer.ts';
import { Lag, patternRise, TwoPole } from '../../src/model/thermal.ts';
import { Prng } from '../../src/twin/prng.ts';
import { celsius, type Ratio, ratio } from '../../src/units.ts';

const PLANT: Plant = {
  poles: { fastK: 9, slowK: 6, fastTauS: 2.5, slowTauS: 400 },
  fullW: 2.4,
  thermocoupleLagS: 1.2,
  infraredLagS: 0.3,
  contact: 0.97,
  thermocoupleStepK: 0.0078,
  infraredStepK: 0.02,
  known: true,
};
const TICK_S = 0.05;

/** What differs on the real bench. */
interface Truth {
  readonly gain?: number;
  readonly watts?: number;
  readonly roomC?: number;
  readonly contact?: number;
  /** Share of the film’s rise that the infrared thermometer shows. */
  readonly spot?: number;
  readonly slowTauS?: number;
  readonly stepK?: number;
}

/** A bench that departs from the commissioned one, and an observer that watches it. */
class Bench {
  readonly observer: Observer;
  filmC = 24;
  timeS = 0;
  truth: Truth;
  private readonly film: TwoPole;
  private readonly tc = new Lag(PLANT.thermocoupleLagS);
  private readonly ir = new Lag(PLANT.infraredLagS);
  private readonly prng = new Prng(3, 1);
  private count = 0;

  constructor(truth: Truth = {}, plant: Plant = PLANT) {
    this.truth = truth;
    this.observer = new Observer(plant);
    this.film = new TwoPole({ ...plant.poles, slowTauS: truth.slowTauS ?? plant.poles.slowTauS });
  }

  /** Pulses of `onS` every `periodS` for `spanS`. */
  pulse(onS: number, periodS: number, spanS: number): this {
    const { gain = 1, watts = PLANT.fullW, roomC = 24, contact = PLANT.contact, spot = 1, stepK = 0.0078 } = this.truth;
    const until = this.timeS + spanS - 1e-9;
    while (this.timeS < until) {
      const on = this.timeS % periodS < onS - 1e-9;
      const riseK = gain * this.film.step(TICK_S, (on ? watts / PLANT.fullW : 0) as Ratio);
      const tcK = this.tc.step(TICK_S, contact * riseK);
      const irK = this.ir.step(TICK_S, spot * riseK);
      if (on) this.observer.seePower(watts);
      this.observer.step(TICK_S, ratio(on ? 1 : 0));
      this.timeS += TICK_S;
      this.filmC = roomC + riseK;
      this.count += 1;
      if (this.count % 2 > 0) continue;
      const read = (c: number, noise: number, step: number): number =>
        Math.round((c + noise * this.prng.normal()) / step) * step;
      this.observer.see('thermocouple', celsius(read(roomC + tcK, 0.03, stepK)), periodS);
      this.observer.see('infrared', celsius(read(roomC + irK, 0.06, 0.02)), periodS);
    }
    return this;
  }

  get estimate() {
    const estimate = this.observer.estimate();
    if (!estimate) throw new Error('no estimate');
    return estimate;
  }
}

describe('the observer of the film', () => {
  it('says nothing before a sensor was read', () => {
    expect(new Observer(PLANT).estimate()).toBeNull();
  });

  it('follows the film of the commissioned plant within 0.1 K, at every phase of the pulses', () => {
    const bench = new Bench();
    bench.pulse(0.5, 4, 40);
    for (let i = 0; i < 80; i += 1) {
      bench.pulse(0.5, 4, TICK_S);
      expect(Math.abs(bench.estimate.filmC - bench.filmC)).toBeLessThan(0.1);
    }
  });

  it.each([0.7, 1.3])('finds a plant that answers %f times as much within ten cycles', (gain) => {
    const bench = new Bench({ gain }).pulse(0.5, 4, 40);
    expect(bench.estimate.gain).toBeGreaterThan(gain - 0.04);
    expect(bench.estimate.gain).toBeLessThan(gain + 0.04);
    expect(bench.estimate.poles.fastK).toBeCloseTo(9 * bench.estimate.gain * bench.estimate.power, 6);
    expect(Math.abs(bench.estimate.filmC - bench.filmC)).toBeLessThan(0.3);
  });

  it('takes a weaker supply from the measured power, not from the gain', () => {
    const { estimate } = new Bench({ watts: 2.4 * 0.88 }).pulse(0.5, 4, 40);
    expect(estimate.power).toBeCloseTo(0.88, 2);
    expect(estimate.gain).toBeCloseTo(1, 1);
    expect(estimate.poles.fastK / 9).toBeCloseTo(0.88, 1);
  });

  it('follows a room that changes, and a slow pole that is not the commissioned one', () => {
    const bench = new Bench({ slowTauS: 200 }).pulse(1, 4, 120);
    expect(Math.abs(bench.estimate.filmC - bench.filmC)).toBeLessThan(0.2);
    bench.truth = { ...bench.truth, roomC: 20 };
    bench.pulse(1, 4, 40);
    expect(Math.abs(bench.estimate.filmC - bench.filmC)).toBeLessThan(0.2);
  });

  it('notices a thermocouple that has lost contact, and follows the infrared thermometer', () => {
    const bench = new Bench().pulse(0.5, 4, 40);
    expect(bench.estimate.contactChanged).toBe(false);
    bench.truth = { contact: 0.7 };
    bench.pulse(0.5, 4, 60);
    expect(bench.estimate.contactChanged).toBe(true);
    expect(Math.abs(bench.estimate.gain - 1)).toBeLessThan(0.06);
    expect(Math.abs(bench.estimate.filmC - bench.filmC)).toBeLessThan(0.15);
  });

  it('notices an infrared spot that radiates less, and follows the thermocouple', () => {
    const bench = new Bench().pulse(0.5, 4, 40);
    bench.truth = { spot: 0.65 };
    bench.pulse(0.5, 4, 60);
    expect(bench.estimate).toMatchObject({ contactChanged: false, spotChanged: true });
    expect(Math.abs(bench.estimate.gain - 1)).toBeLessThan(0.06);
    expect(Math.abs(bench.estimate.filmC - bench.filmC)).toBeLessThan(0.15);
  });

  it('stands by that while heat without movement shows nothing', () => {
    const bench = new Bench().pulse(0.5, 4, 40);
    bench.truth = { spot: 0.65 };
    bench.pulse(0.5, 4, 60).pulse(0.05, 0.5, 600);
    expect(bench.estimate.spotChanged).toBe(true);
    expect(Math.abs(bench.estimate.filmC - bench.filmC)).toBeLessThan(0.15);
  });

  it('believes no coarse converter against the infrared thermometer', () => {
    const bench = new Bench({ stepK: 0.25 }, { ...PLANT, thermocoupleStepK: 0.25 }).pulse(0.02, 0.5, 40);
    bench.truth = { stepK: 0.25, gain: 0.6 };
    bench.pulse(0.02, 0.5, 200);
    expect(bench.estimate.spotChanged).toBe(false);
  });

  it('keeps its gain where nothing shows one: a coarse converter on a film at rest', () => {
    const coarse = { ...PLANT, thermocoupleStepK: 0.25 };
    const bench = new Bench({ stepK: 0.25 }, coarse).pulse(0.5, 4, 60);
    const before = bench.estimate.gain;
    bench.pulse(0.02, 0.5, 300);
    expect(Math.abs(bench.estimate.gain - before)).toBeLessThan(0.03);
  });

  it('goes on with one sensor while the other is not read', () => {
    const bench = new Bench().pulse(0.5, 4, 40);
    for (let i = 0; i < 100; i += 1) {
      bench.observer.step(TICK_S, ratio(0));
      bench.observer.see('infrared', celsius(24), null);
    }
    expect(bench.estimate.levelC).toBeLessThan(25);
    for (let i = 0; i < 100; i += 1) bench.observer.step(TICK_S, ratio(0));
    expect(bench.observer.estimate()).toBeNull();
  });
});

describe('what is within reach', () => {
  const at = { levelC: celsius(24), fastK: 0, slowK: 0, poles: PLANT.poles } as never;

  it('is the fast pole now and both in the end', () => {
    const { nowC, endC } = reachOf(at, 0.5, 1e6);
    expect(nowC).toBeCloseTo(24 + 4.5, 6);
    expect(endC).toBeCloseTo(24 + 7.5, 6);
    expect(reachOf(at, 0.5, 400).endC).toBeCloseTo(24 + 4.5 + 3 * (1 - Math.exp(-1)), 6);
  });

  it('tells how long the slow pole takes: A2·u·(1 − e^(−t/τ2)) = what is missing', () => {
    expect(timeToReachS(at, 0.5, 28)).toBe(0);
    expect(timeToReachS(at, 0.5, 24 + 4.5 + 3 * (1 - Math.exp(-0.5)))).toBeCloseTo(200, 6);
    expect(timeToReachS(at, 0.5, 31.5)).toBeNull();
    expect(timeToReachS(at, 0.5, 35)).toBeNull();
  });
});

describe('the swing of a period', () => {
  /** Swing of the commissioned bench by its pattern. */
  const planned = patternRise(PLANT.poles, 0.5, 5).swingK;

  it('is expected by the commissioned model, and measured by the sensors', () => {
    const pulse = new Bench({ gain: 0.8 }).pulse(0.5, 5, 300).observer.estimate()?.pulse;
    expect(pulse?.expectedK).toBeCloseTo(planned, 1);
    expect(pulse?.measuredK).toBeGreaterThan(0.74 * planned);
    expect(pulse?.measuredK).toBeLessThan(0.86 * planned);
  });

  it('shows a supply that sags against what was expected of the declared one', () => {
    const pulse = new Bench({ watts: 0.8 * PLANT.fullW }).pulse(0.5, 5, 300).observer.estimate()?.pulse;
    expect(pulse?.expectedK).toBeCloseTo(planned, 1);
    expect((pulse?.measuredK ?? 0) / planned).toBeCloseTo(0.8, 1);
  });

  it('lies within two of its errors in nine periods of ten, in a room that drifts', () => {
    const bench = new Bench({ gain: 1.15 });
    let [within, periods] = [0, 0];
    for (; periods < 200; periods += 1) {
      bench.truth = { gain: 1.15, roomC: 24 - 0.01 * periods };
      const pulse = bench.pulse(0.5, 5, 5).observer.estimate()?.pulse;
      if (pulse && Math.abs(pulse.measuredK - 1.15 * pulse.expectedK) < 2 * pulse.errorK) within += 1;
    }
    expect(within).toBeGreaterThan(180);
  });

  it('answers in the next period to a response that changes, and not over minutes', () => {
    const bench = new Bench().pulse(0.5, 5, 300);
    bench.truth = { gain: 0.5 };
    const { pulse, gain } = bench.pulse(0.5, 5, 15).observer.estimate() ?? {};
    expect(pulse?.measuredK).toBeLessThan(0.6 * planned);
    expect(gain).toBeGreaterThan(0.7);
  });

  it('leaves out a thermocouple that has lost contact', () => {
    const pulse = new Bench({ contact: 0.5 }).pulse(0.5, 5, 300).observer.estimate()?.pulse;
    expect((pulse?.measuredK ?? 0) / planned).toBeCloseTo(1, 1);
  });

  it('is none before a period is over, and where the heat has no period any more', () => {
    const bench = new Bench().pulse(0.5, 5, 4);
    expect(bench.observer.estimate()?.pulse).toBeNull();
    bench.pulse(0.5, 5, 10);
    expect(bench.observer.estimate()?.pulse).not.toBeNull();
    bench.observer.see('infrared', celsius(24), null);
    expect(bench.observer.estimate()?.pulse).toBeNull();
  });
});
