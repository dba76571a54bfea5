import { describe, expect, it } from 'vitest';
import { CONVERTERS, strangerTo } from '../../benchmarks/heat/bench.ts';
import { BENCH_FORMAT, type BenchFile } from '../../src/params/bench-file.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { type AutotuneOutcome, autotune, doubtsAbout, worseThan } from '../../src/rig/autotune.ts';
import { sizing } from '../../src/rig/excitation.ts';
import { Guide } from '../../src/rig/guide.ts';
import type { InjectionOrder, Simulation } from '../../src/rig/simulation.ts';

interface Tried {
  readonly settings?: Partial<Settings>;
  readonly bench?: Omit<BenchFile, 'format'>;
  readonly injections?: readonly InjectionOrder[];
  readonly setpointC?: number;
  /** Somebody stops it as soon as this holds. */
  readonly stopWhen?: (rig: Simulation) => boolean;
}

/** Autotunes a simulated bench as fast as it goes, and ends it as the command does. */
async function tuned(
  tried: Tried,
): Promise<{ outcome: AutotuneOutcome; rig: Simulation; peakC: number; armed: number }> {
  const bench: BenchFile = { format: BENCH_FORMAT, ...tried.bench };
  const settings = { ...(tried.bench ? strangerTo(bench, 'max31856') : defaultSettings()), ...tried.settings };
  const rig = assembleSimulation({
    settings,
    bench,
    recipe: sizing(),
    ...(tried.injections && { injections: tried.injections }),
  });
  let peakC = 0;
  const guide: Guide = new Guide(rig, async (tick, over) => {
    while (!over()) {
      tick();
      peakC = Math.max(peakC, rig.bench.twin.filmC);
      if (tried.stopWhen?.(rig)) guide.stopped = true;
    }
  });
  const outcome = await autotune(guide, { settings, setpointC: tried.setpointC ?? null, say: () => {} });
  await guide.off();
  expect(rig.heaterA()).toBe(0);
  return { outcome, rig, peakC, armed: rig.feed.run };
}

describe('autotune', () => {
  for (const converter of CONVERTERS) {
    it.each([true, false])(`gives gains that take a step as expected: ${converter}, commissioned %s`, async (known) => {
      const settings: Partial<Settings> = { 'hal.thermocouple': converter, 'heater.commissioned': known };
      const { outcome, peakC, rig } = await tuned({ settings });
      if (outcome.kind !== 'good') throw new Error(JSON.stringify(outcome));
      const { oscillation, plant, expected, observed, byModel, settings: gains } = outcome.tuned;
      expect(oscillation.cycles).toBeGreaterThanOrEqual(3);
      // Slow pole and substrate: 8.97 K fast, 15.54 K in all; by the thermocouple its lag of 0.9 s is part of the plant.
      expect(plant.gainK).toBeGreaterThan(8);
      expect(plant.gainK).toBeLessThan(11);
      expect(plant.tauS).toBeGreaterThan(known ? 2 : 3);
      expect(plant.tauS).toBeLessThan(known ? 3.3 : 6);
      expect(gains).toMatchObject({ 'pid.tuning': 'manual', 'pid.derivativeS': 0 });
      expect(gains['pid.gainPerK']).toBeGreaterThan(0.1);
      expect(gains['pid.gainPerK']).toBeLessThan(0.4);
      expect(gains['pid.integralS']).toBeGreaterThan(3);
      expect(gains['pid.integralS']).toBeLessThan(12);
      expect(observed.overshootK).toBeLessThan(0.4);
      expect(observed.errorK).toBeLessThan(0.1);
      expect(Math.abs((observed.settlingS ?? 99) - (expected.settlingS ?? 0))).toBeLessThan(5);
      expect(byModel === null).toBe(!known);
      expect(peakC).toBeLessThan(31);
      expect(rig.trips()).toEqual([]);
    });
  }

  it('oscillates where it is asked to', async () => {
    const { outcome } = await tuned({ settings: { 'heater.commissioned': false }, setpointC: 26 });
    if (outcome.kind !== 'good') throw new Error(JSON.stringify(outcome));
    expect(outcome.tuned.setpointC).toBe(26);
    expect(Math.abs(outcome.tuned.oscillation.meanC - 26)).toBeLessThan(0.5);
  });

  it.each([
    ['in the relay run', 1],
    ['in the step', 2],
  ])('ends cold and without a result when it is stopped %s', async (_, nth) => {
    const { outcome, rig, armed } = await tuned({
      settings: { 'heater.commissioned': false },
      stopWhen: ({ feed, bench }) => feed.run === nth && feed.latest.kernel.name === 'armed' && bench.heaterA > 0.3,
    });
    expect(outcome).toEqual({ kind: 'refused', why: ['it was stopped'] });
    expect(armed).toBe(nth);
    expect(rig.feed.latest.kernel.name).toBe('safe');
  });

  it.each([
    ['a bench too weak for the setpoint', { substrate: { fastK: 2.5, slowK: 1.5 } }, 'did not reach'],
    [
      'a bench that loses its heat after the relay run',
      { changes: [{ what: 'substrate.gain', atS: 130, overS: 0, to: 0.4 }] },
      'did not settle',
    ],
  ] as [string, Omit<BenchFile, 'format'>, string][])('refuses %s', async (_, bench, words) => {
    const { outcome } = await tuned({ bench });
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(outcome)).toContain(words);
  });

  it('does not heat where the sensors are not at rest, nor for a setpoint below the film', async () => {
    const drifting = await tuned({ injections: [{ name: 'tc-drift', atS: -1 }] });
    expect(drifting.outcome).toMatchObject({ kind: 'refused', why: [expect.stringContaining('not at rest')] });
    const cold = await tuned({ setpointC: 20 });
    expect(cold.outcome).toMatchObject({ kind: 'refused', why: [expect.stringContaining('at least 24.3 °C')] });
    expect([drifting.armed, cold.armed]).toEqual([0, 0]);
  });

  it('has no result on a bench that trips', async () => {
    const { outcome } = await tuned({ injections: [{ name: 'mosfet-stuck-on', atS: -1 }] });
    expect(outcome).toEqual({ kind: 'tripped' });
  });
});

describe('an oscillation', () => {
  const good = {
    ...{ cycles: 8, periodS: 2, amplitudeK: 0.5, halfStep: 0.5, meanC: 28, meanDuty: 0.5 },
    ...{ periodSpread: 0.05, amplitudeSpread: 0.1 },
  };

  it.each([
    [{}, []],
    [{ periodSpread: 0.26 }, ['the periods of the cycles differ by 26 %']],
    [{ amplitudeSpread: 0.3 }, ['the amplitudes of the cycles differ by 30 %']],
    [{ periodS: 0.3 }, ['a period of 0.30 s is outside 0.4..60 s']],
    [{ amplitudeK: 0.26 }, [expect.stringContaining('that of the hysteresis')]],
    [{ halfStep: 0.1 }, [expect.stringContaining('had 20 % of the heat')]],
    [{ periodSpread: Number.NaN }, [expect.stringContaining('periods')]],
  ])('is believed or not: %j', (change, words) => {
    expect(doubtsAbout({ ...good, ...change }, 0.25)).toEqual(words);
  });
});

describe('an observed step', () => {
  const expected = { overshootK: 0.1, settlingS: 10, errorK: 0, lastK: 0, beforeK: 0 };
  const good = { overshootK: 0.6, settlingS: 34, errorK: 0.2, lastK: 0.5, beforeK: 0.1 };

  it.each([
    [{}, []],
    [{ overshootK: 0.8 }, ['the step overshot by 0.80 K; 0.10 K were expected']],
    [{ settlingS: 36 }, ['the step took 36 s to settle; 10 s were expected']],
    [{ settlingS: null }, ['the step did not settle within 0.4 K']],
    [{ errorK: 0.31 }, ['the film stayed 0.31 K from the setpoint']],
    [{ lastK: 0.9, beforeK: 0.5 }, ['the film’s oscillation grows: 0.50 K, then 0.90 K']],
    [{ lastK: 0.9, beforeK: 0.8 }, []],
  ])('is as good as expected or refused: %j', (change, words) => {
    expect(worseThan(expected, { ...good, ...change })).toEqual(words);
  });
});
