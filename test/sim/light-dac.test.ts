/** The light through its converter on the simulated bus: levels, dark frames of one tick, and what a broken bus leaves. */
import { describe, expect, it } from 'vitest';
import type { Settings } from '../../src/params/settings.ts';
import { PULSE, recipeOf, rig } from '../support/bench.ts';

const DAC = { 'light.drive': 'dac' } as const;
const lit = (settings: Partial<Settings>, light = 1) => {
  const { simulation } = rig(recipeOf({ ...PULSE(600), light }), { settings });
  simulation.arm();
  return simulation;
};

describe('a light that a converter drives', () => {
  it('is as bright as was asked, down to 3 %', () => {
    for (const level of [1, 0.3, 0.03]) {
      const simulation = lit(DAC, level);
      simulation.run(2);
      expect(simulation.bench.twin.light).toBeCloseTo(level, 3);
    }
  });

  it('lets 3 % of the light reach the photodiodes', () => {
    const reference = (light: number): number => {
      const simulation = lit({ ...DAC, 'sim.noise': 0, 'pl.darkFrames': 'off' }, light);
      simulation.run(10);
      return simulation.bench.twin.photodiodeV('reference') - simulation.bench.twin.roomLightV;
    };
    expect(reference(0.03) / reference(1)).toBeCloseTo(0.03, 3);
  });

  it('does to a run what a line does, to the last byte, where transfers take no time', () => {
    const digest = (settings: Partial<Settings>): string => {
      const simulation = lit(settings);
      simulation.run(60);
      return simulation.digest();
    };
    expect(digest(DAC)).toBe(digest({}));
  });

  it.each(['line', 'dac'] as const)(
    'has dark frames of one tick that are seen as dark, on a bus that takes its time (%s)',
    (drive) => {
      const simulation = lit({ 'light.drive': drive, 'sim.busTimes': true });
      const darkMs: number[] = [];
      let dark = 0;
      for (let ms = 0; ms < 60_000; ms += 50) {
        simulation.run(0.05);
        if (simulation.bench.twin.light === 0) dark += 50;
        else if (dark > 0) {
          darkMs.push(dark);
          dark = 0;
        }
      }
      expect(darkMs.length).toBeGreaterThan(10);
      expect(Math.max(...darkMs)).toBe(50);
      expect(simulation.feed.latest.sight.verdict).toBe('MIXED');
    },
  );

  it('stays as it was when the converter is gone, and is as asked again when it is back', () => {
    const simulation = lit(DAC);
    simulation.run(5);
    const { bench } = simulation;
    bench.i2c.disturb(0x60, 'unplugged');
    bench.lightDac?.powerCycle();
    simulation.run(5);
    expect(bench.twin.light).toBe(0);
    bench.i2c.disturb(0x60, 'none');
    simulation.run(1.2);
    expect(bench.twin.light).toBe(1);
  });
});
