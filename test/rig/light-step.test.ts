/** The light of the mixed film at commissioning, on simulated benches. */
import { describe, expect, it } from 'vitest';
import { type Calibration, uncorrected } from '../../src/config/calibration.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { commissionBench, type Outcome } from '../../src/rig/commissioning.ts';
import { sizing } from '../../src/rig/excitation.ts';
import { Guide } from '../../src/rig/guide.ts';

/** Commissions with light, and says what was said and whether anything is on afterwards. */
async function commissioned(bench: BenchFile, changes: Partial<Settings> = {}, stopAt: string | null = null) {
  const settings = uncorrected({ ...defaultSettings(), ...changes });
  const rig = assembleSimulation({ settings, bench, recipe: sizing() });
  const said: string[] = [];
  let [litS, peak] = [0, 0];
  const guide = new Guide(rig, async (tick, over) => {
    while (!over()) {
      tick();
      if (rig.feed.latest.light > 0) litS += 0.05;
      if (rig.feed.latest.light > 0) peak = Math.max(peak, rig.truth().segregated);
      if (stopAt !== null && said.some((text) => text.startsWith(stopAt)) && rig.feed.latest.light > 0)
        guide.stopped = true;
    }
  });
  const order = { settings, referenceC: null, referenceHotC: null, thorough: false, wallTime: '', light: 1 };
  const outcome = await commissionBench(guide, { ...order, say: (text) => void said.push(text) });
  await guide.off();
  return { outcome, said, litS, peak, heaterA: rig.heaterA(), light: rig.feed.latest.light };
}
const calibrationOf = (outcome: Outcome): Calibration => {
  if (outcome.kind !== 'good') throw new Error(JSON.stringify(outcome));
  return outcome.calibration;
};
const benchIn = (celsius: number, optics: BenchFile['optics'] = {}): BenchFile => ({
  format: 'remixd-bench-1',
  room: { celsius },
  optics,
});

describe('commissioning with light', () => {
  it('finds what leaks through the green filter, whatever that is, and keeps the film mixed', async () => {
    const ratios: number[] = [];
    for (const leak of [0.002, 0.005, 0.01]) {
      const { outcome, litS, peak, heaterA, light } = await commissioned(benchIn(22, { leak }));
      const { settings, measured, errors } = calibrationOf(outcome);
      ratios.push((measured['leak'] ?? 0) / leak);
      expect(settings['pl.leakMost']).toBeGreaterThan(1.4 * (measured['leak'] ?? 1));
      expect(settings['pl.leakMost']).toBeLessThan(2 * (measured['leak'] ?? 0) + 0.002);
      expect(errors['pl.leakMost']).toBeGreaterThan(0);
      expect(measured['redV']).toBeGreaterThan(0.5);
      expect([heaterA, light]).toEqual([0, 0]);
      expect(litS).toBeLessThan(60);
      expect(peak).toBeLessThan(0.02);
    }
    // The same factor between a leak of the filter and a ratio of two signals, for all leaks but the part that is always there.
    expect(Math.max(...ratios) / Math.min(...ratios)).toBeLessThan(1.15);
  });

  it('loses nothing of the heat where the film is not seen as mixed, says why, and ends the light', async () => {
    const { outcome, said, heaterA, light } = await commissioned(benchIn(22, { leak: 0.06 }));
    const { settings } = calibrationOf(outcome);
    expect(settings['pl.leakMost']).toBeUndefined();
    expect(settings['heater.gainKPerW']).toBeGreaterThan(0);
    expect(said.at(-1)).toMatch(/^The light was not measured: the film was not seen as mixed for 5 cycles: /);
    expect([heaterA, light]).toEqual([0, 0]);
  });

  it('gives no result when it is stopped in the light, and leaves nothing on', async () => {
    const { outcome, heaterA, light } = await commissioned(benchIn(22), {}, '5/5');
    expect(outcome.kind).toBe('refused');
    expect([heaterA, light]).toEqual([0, 0]);
  });
});
