import { describe, expect, it } from 'vitest';
import { CHIPS } from '../../../src/hal/chips.ts';
import { simBench, simHal } from '../../../src/hal/registry.ts';
import { onI2c } from '../../../src/params/sensors.ts';
import { defaultSettings, type Settings } from '../../../src/params/settings.ts';
import { after, millis } from '../../../src/units.ts';

/** Bytes that one more reading of a sensor moves over its bus, addresses included, once the chip is set up. */
function bytesOf(settings: Settings, sensor: 'infrared' | 'power' | 'photodiodes'): number {
  const bench = simBench(settings, null);
  const hal = simHal(settings, bench);
  const bus = bench.i2cOf(sensor);
  let bytes = 0;
  const { readBlock, write } = bus;
  bus.readBlock = (...order) => {
    // The address twice, the command, and what is read.
    bytes += 3 + order[2].length;
    return readBlock.apply(bus, order);
  };
  bus.write = (...order) => {
    bytes += 1 + order[1].length;
    return write.apply(bus, order);
  };
  const counts: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    bench.advanceTo(after(bench.now, millis(200)));
    bytes = 0;
    hal[sensor].read(bench.now, () => {});
    counts.push(bytes);
  }
  return Math.max(...counts.slice(-4));
}

describe('what a reading moves over the I2C bus', () => {
  it.each([
    ['mlx90614', 'infrared', {}],
    ['ina226', 'power', {}],
    ['ina219', 'power', { 'hal.currentSense': 'ina219' }],
    ['ads1115', 'photodiodes', {}],
    ['as7341', 'photodiodes', { 'hal.photodiodes': 'as7341', 'i2c.photodiodeAddress': 0x39 }],
  ] as const)('is what the row of the %s says', (name, sensor, changes) => {
    const settings = { ...defaultSettings(), ...changes } as Settings;
    const row = (CHIPS[sensor] as Record<string, { readonly bytes?: number }>)[name];
    expect(bytesOf(settings, sensor)).toBe(row?.bytes);
  });

  it('knows the buses: the current monitor may have its own, and then another chip may have its address', () => {
    const settings = { ...defaultSettings(), 'i2c.currentBus': 3 };
    expect(onI2c(settings).map(({ sensor, on }) => [sensor, on])).toEqual([
      ['infrared', 1],
      ['power', 3],
      ['photodiodes', 1],
    ]);
  });
});
