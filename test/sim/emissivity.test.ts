/** The infrared thermometer through the whole stack: chip as delivered, driver, correction. */
import { describe, expect, it } from 'vitest';
import { simBench, simHal } from '../../src/hal/registry.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { atSeconds, instant } from '../../src/units.ts';

describe('the infrared thermometer, as delivered with emissivity 1', () => {
  it.each([1, 0.95, 0.8, 0.5, 0.3])('shows a spot of %d at its true temperature when told so', (emissivity) => {
    const settings = { ...defaultSettings(), 'sim.noise': 0, 'sim.emissivity': emissivity };
    const bench = simBench(settings, null);
    bench.twin.infraredExtraK = 21;
    const { infrared } = simHal({ ...settings, 'sensors.infraredEmissivity': emissivity }, bench);
    let shown = Number.NaN;
    for (let ms = 0; ms <= 1000; ms += 50) {
      bench.advanceTo(instant(ms * 1000));
      infrared.read(bench.now, (reading) => {
        if (reading.ok) shown = reading.value.objectC;
      });
    }
    bench.advanceTo(atSeconds(2));
    // One step of the chip is 0.02 K of what it computes, which for a spot of 0.3 is 0.06 K of the spot.
    expect(Math.abs(shown - (settings['sim.ambientC'] + 21))).toBeLessThan(0.05);
  });
});
