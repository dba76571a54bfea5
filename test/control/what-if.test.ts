import { describe, expect, it } from 'vitest';
import { whatIf } from '../../src/control/what-if.ts';
import { meanRiseAfter, patternRise } from '../../src/model/thermal.ts';
import { commissionedPoles } from '../../src/params/heater.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import type { FilmView } from '../../src/params/snapshot.ts';
import { celsius } from '../../src/units.ts';

const S: Settings = { ...defaultSettings(), 'control.mode': 'pulse', 'pulse.onMs': 800, 'pulse.periodMs': 5000 };
const POLES = commissionedPoles(S);

/** A film at rest at 24 °C, whose heater gives `power` of what it should. */
function film(power = 1, slowK = 0, fastK = 0): FilmView {
  const poles = { ...POLES, fastK: power * POLES.fastK, slowK: power * POLES.slowK };
  const view = { errorK: 0.1, gain: 1, gainError: 0.01, power, contactChanged: false, spotChanged: false, pulse: null };
  return { ...view, celsius: celsius(24 + slowK + fastK), levelC: celsius(24), slowK, poles };
}

describe('what a change would do', () => {
  it('is what the model says of the pattern, and says nothing of temperatures that are not known', () => {
    const rise = patternRise(POLES, 0.8, 5);
    const said = whatIf(S, null);
    expect(said).toMatchObject({
      mode: 'pulse',
      duty: 0.16,
      course: null,
      settlesInS: null,
      peakC: null,
      trips: false,
    });
    expect(said.swingK).toBeCloseTo(rise.swingK, 3);
    expect(said.peakRiseK).toBeCloseTo(rise.peakK, 3);
  });

  it('follows the supply and the response as they are measured, beside what was commissioned', () => {
    const said = whatIf(S, film(0.8));
    expect(said.swingK! / said.commissionedSwingK!).toBeCloseTo(0.8, 3);
  });

  it('says how the mean goes on from how warm the film is now', () => {
    const { meanK } = patternRise(POLES, 0.8, 5);
    const cold = whatIf(S, film());
    const warm = whatIf(S, film(1, 4));
    const means = (it: typeof cold): number[] => it.course!.map(({ meanC }) => meanC);
    expect(means(cold)).toEqual([...means(cold)].sort((a, b) => a - b));
    expect(means(warm)).toEqual([...means(warm)].sort((a, b) => b - a));
    expect(means(cold)[2]).toBeCloseTo(24 + meanK, 0);
    // A pulse that was just over is gone within half a minute.
    expect(means(whatIf(S, film(1, 0, 3)))[0]).toBeCloseTo(means(cold)[0]!, 1);
  });

  it('settles when the slow pole has, and at once where it is there already', () => {
    const endK = 0.16 * POLES.slowK;
    const there = whatIf(S, film(1, endK, 0.16 * POLES.fastK)).settlesInS!;
    const cold = whatIf(S, film()).settlesInS!;
    expect(there).toBe(0);
    // The slow pole has endK to go, to within 0.1 K.
    expect(cold).toBeGreaterThan(POLES.slowTauS * Math.log(endK / 0.1) - 6);
    expect(cold).toBeLessThan(POLES.slowTauS * Math.log(endK / 0.1) + 6);
  });

  it('compares the peak with the trip', () => {
    const { peakK } = patternRise(POLES, 0.8, 5);
    const tight = { ...S, 'limits.tripC': 24 + peakK + 0.5 } as Settings;
    expect(whatIf(tight, film())).toMatchObject({ trips: false });
    expect(whatIf(tight, film()).marginK).toBeCloseTo(0.5, 2);
    expect(whatIf({ ...tight, 'limits.tripC': 24 + peakK - 0.1 } as Settings, film())).toMatchObject({ trips: true });
  });

  it('compares the duty with what the gate allows for good, but for constant current, which has a limit of its own', () => {
    const most = (share: number): Settings => ({ ...S, 'gate.dutyMax': share });
    expect(whatIf(most(0.18), film())).toMatchObject({ limited: false, dutyMost: 0.168 });
    expect(whatIf(most(0.17), film())).toMatchObject({ limited: true, dutyMost: 0.158 });
    expect(whatIf({ ...most(0.17), 'control.mode': 'constant' }, film())).toMatchObject({ limited: false, duty: 1 });
  });

  it('judges constant current by its own trip, and only for as long as it lasts', () => {
    const constant = (more: object): Settings => ({ ...S, 'control.mode': 'constant', ...more }) as Settings;
    const riseK = meanRiseAfter(POLES, { fastK: 0, slowK: 0 }, 1, 60);
    const steadyK = POLES.fastK + POLES.slowK;
    expect(riseK).toBeLessThan(steadyK - 2);
    const said = (tripC: number) =>
      whatIf(constant({ 'gate.constantS': 60, 'limits.constantTripC': tripC, 'limits.tripC': 45 }), film());
    expect(said(24 + riseK + 0.1)).toMatchObject({
      trips: false,
      tripC: 24 + riseK + 0.1,
      endsInS: 60,
      settlesInS: null,
    });
    expect(said(24 + riseK - 0.1)).toMatchObject({ trips: true });
    expect(said(42).peakC).toBeCloseTo(24 + riseK, 2);
    expect(said(42).peakRiseK).toBeCloseTo(riseK, 2);
    expect(said(42).course!.map(({ afterS }) => afterS)).toEqual([30]);
  });

  it('lets pulses have the higher trip, and no end', () => {
    expect(whatIf({ ...S, 'limits.constantTripC': 24 }, film())).toMatchObject({
      trips: false,
      endsInS: null,
      tripC: 45,
    });
  });

  it('finds the peak of constant current on a substrate that cools meanwhile', () => {
    const warm = whatIf({ ...S, 'control.mode': 'constant' }, film(1, POLES.slowK + 3));
    expect(warm.peakC!).toBeGreaterThan(24 + POLES.slowK + POLES.fastK + 2.5);
  });

  it('chooses the width of a swing by the plant as it is now', () => {
    const swing = (power: number) =>
      whatIf({ ...S, 'control.mode': 'swing', 'swing.targetK': 2, 'swing.periodMs': 5000 }, film(power));
    expect(swing(1).swingK).toBeCloseTo(2, 2);
    expect(swing(0.8).swingK).toBeCloseTo(2, 2);
    expect(swing(0.8).duty!).toBeGreaterThan(swing(1).duty! * 1.15);
  });

  it('says nothing of a mode that decides its heat while it runs', () => {
    expect(whatIf({ ...S, 'control.mode': 'pid' }, film())).toMatchObject({ mode: 'pid', duty: null, peakC: null });
  });
});
