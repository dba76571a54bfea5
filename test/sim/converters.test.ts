import { describe, expect, it } from 'vitest';
import { CHIPS } from '../../src/hal/chips.ts';
import { INJECTION_NAMES, type InjectionName, injectionOf } from '../../src/hal/sim/injection.ts';
import { checkTogether } from '../../src/params/check.ts';
import { COMPILED } from '../../src/params/limits.ts';
import { fitted, SENSOR_NAMES, SENSORS, type SensorName } from '../../src/params/sensors.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { PULSE, recipeOf, rig } from '../support/bench.ts';

/** Every combination of the chips there are, one for each sensor. */
function combinations(): Partial<Settings>[] {
  let all: Partial<Settings>[] = [{}];
  for (const sensor of SENSOR_NAMES)
    all = all.flatMap((others) =>
      Object.keys(CHIPS[sensor]).map((name) => ({ ...others, [SENSORS[sensor].chip]: name })),
    );
  return all;
}

/** The same chips at places where no chip is by default, where they can be moved. */
const elsewhere = (chips: Partial<Settings>): Partial<Settings> => {
  const settings = { ...defaultSettings(), ...chips };
  const moved = SENSOR_NAMES.map((sensor) => fitted(settings, sensor)).map(({ chip, key, at }) => [
    key,
    chip.bus === 'spi' ? at + 2 : chip.isAddressFixed ? chip.address : at + 3,
  ]);
  return { ...chips, ...Object.fromEntries(moved) };
};

const named = (chips: Partial<Settings>): string => Object.values(chips).join(', ');
const CASES = combinations().map((chips) => [named(chips), elsewhere(chips)] as const);

/** A pulse is on from 30.055 to 30.555 s. */
const AT_S = 30.25;

/** Runs until the controller trips, and for at most `spanS` after the fault. */
function broken(name: InjectionName, settings: Partial<Settings>, spanS: number) {
  const { simulation } = rig(recipeOf(PULSE(3600)), { settings, injections: [{ name, atS: AT_S }] });
  expect(simulation.arm(), `${name}: armed`).toBe(true);
  simulation.run(AT_S + 1);
  for (let s = 0; s < spanS && simulation.trips().length === 0; s += 1) simulation.run(1);
  return simulation;
}

describe('whatever converters are fitted, and wherever they are connected', () => {
  it.each(CASES)('%s: the settings are valid and nothing trips', (_, settings) => {
    expect(checkTogether({ ...defaultSettings(), ...settings })).toEqual([]);
    const { simulation } = rig(recipeOf(PULSE(3600)), { settings });
    expect(simulation.arm()).toBe(true);
    simulation.run(60);
    expect(simulation.trips()).toEqual([]);
    expect(simulation.feed.latest.faults).toEqual([]);
  });

  it.each(CASES)('%s: every fault of the wiring is found for what it is, or tolerated', (_, settings) => {
    for (const name of INJECTION_NAMES) {
      const { expect: expected, boundS } = injectionOf(name);
      // What pauses a run trips only when the pause has lasted too long.
      const simulation = broken(name, settings, expected.length > 0 ? boundS + COMPILED.pauseS + 5 : 10);
      const [trip] = simulation.trips();
      if (expected.length === 0) {
        expect(trip, name).toBeUndefined();
        expect(simulation.feed.latest.kernel.name, name).toBe('armed');
      } else {
        expect(expected, `${name} was called ${trip?.name}`).toContain(trip?.name);
        expect(trip?.heaterOffAfterMs, name).toBeLessThanOrEqual(boundS * 1000);
      }
    }
  });
});

describe('one flipped bit in every frame of the thermocouple', () => {
  const NAME = 'spi-bit-errors';
  const { expect: expected, boundS } = injectionOf(NAME);

  /** How long heat could flow after the fault, ms. */
  function offAfterMs(chip: Settings['hal.thermocouple'], atS: number, seed?: number): number {
    const settings = { 'hal.thermocouple': chip, ...(seed !== undefined && { 'sim.seed': seed }) };
    const { simulation } = rig(recipeOf(PULSE(3600)), { settings, injections: [{ name: NAME, atS }] });
    expect(simulation.arm()).toBe(true);
    simulation.run(atS + COMPILED.pauseS + 10);
    const [trip] = simulation.trips();
    expect(expected, `${chip} at ${atS} s: ${trip?.name}`).toContain(trip?.name);
    return trip?.heaterOffAfterMs ?? Number.POSITIVE_INFINITY;
  }

  it.each(Object.keys(CHIPS.thermocouple) as Settings['hal.thermocouple'][])(
    'ends the heat on a %s, before a pulse and in it: mostly within six readings, never late',
    (chip) => {
      // A pulse is on from 20.105 to 20.605 s.
      const phases = [19.35, 19.5, 19.65, 19.8, 19.95, 20.08, 20.11, 20.3, 20.55];
      const all = phases.flatMap((atS) => Array.from({ length: 20 }, (_, n) => offAfterMs(chip, atS, n + 1)));
      expect(Math.max(...all)).toBeLessThanOrEqual(boundS * 1000);
      // Six readings of a MAX31855 are 900 ms, of a MAX31856 660 ms.
      const soon = chip === 'max31855' ? 900 : 660;
      expect(all.filter((ms) => ms > soon).length / all.length).toBeLessThanOrEqual(0.15);
    },
  );

  it.each([19.35, 19.5, 19.65, 19.8])('is seen on a MAX31855 in the very pulse that follows %f s', (atS) => {
    expect(offAfterMs('max31855', atS)).toBeLessThanOrEqual(600);
  });
});

describe('a chip that is taken away', () => {
  const MISSING: Record<SensorName, readonly string[]> = {
    thermocouple: ['tc-frame'],
    infrared: ['ir-unreadable'],
    power: ['power-unreadable'],
    photodiodes: [],
  };

  it.each(CASES)('%s: trips with the fault of its sensor, or leaves the run alone', (_, settings) => {
    for (const sensor of SENSOR_NAMES) {
      const { simulation } = rig(recipeOf(PULSE(3600)), { settings });
      expect(simulation.arm()).toBe(true);
      simulation.bench.unplug(sensor);
      simulation.run(COMPILED.pauseS + 5);
      expect(
        simulation.trips().map(({ name }) => name),
        sensor,
      ).toEqual(MISSING[sensor]);
      if (sensor === 'photodiodes') expect(simulation.feed.latest.faults).toEqual(['pl-unreadable']);
    }
  });
});

describe('the shunt of the current monitor', () => {
  it.each(Object.keys(CHIPS.power) as Settings['hal.currentSense'][])(
    'of an %s so large that any over-current reads as 0.42 A: trips at its end, on the second sample',
    (monitor) => {
      const shuntOhm = CHIPS.power[monitor].fullScaleV / 0.42;
      const settings = { 'hal.currentSense': monitor, 'heater.shuntOhm': shuntOhm, 'sim.efuse': false } as const;
      const { simulation } = rig(recipeOf(PULSE(3600)), { settings });
      expect(simulation.arm()).toBe(true);
      simulation.run(10);
      expect(simulation.trips()).toEqual([]);
      // 0.52 A: 30 % too much, and more power than allowed, of which the monitor shows 0.42 A and 2.5 W.
      simulation.bench.twin.substrate.resistanceScale = 0.77;
      simulation.run(10);
      expect(simulation.trips().map(({ name }) => name)).toEqual(['current-envelope']);
    },
  );

  const currents = (settings: Partial<Settings>): number[] => {
    const { simulation, rows } = rig(recipeOf(PULSE(3600)), { settings });
    expect(simulation.arm()).toBe(true);
    simulation.run(20);
    expect(simulation.trips()).toEqual([]);
    return rows
      .map(({ heater_a }) => heater_a)
      .filter((amps): amps is number => typeof amps === 'number' && amps > 0.2);
  };

  it.each(Object.keys(CHIPS.power) as Settings['hal.currentSense'][])(
    'on an %s is the one of the settings, from 2 mΩ to the largest that is allowed',
    (monitor) => {
      const largest = CHIPS.power[monitor].fullScaleV / 0.47;
      for (const shuntOhm of [0.002, 0.005, 0.02, 0.1, largest]) {
        const on = currents({ 'hal.currentSense': monitor, 'heater.shuntOhm': shuntOhm });
        expect(on.length, `${shuntOhm} Ω`).toBeGreaterThan(10);
        const mean = on.reduce((sum, amps) => sum + amps, 0) / on.length;
        expect(mean, `${shuntOhm} Ω`).toBeGreaterThan(0.39);
        expect(mean, `${shuntOhm} Ω`).toBeLessThan(0.41);
      }
    },
  );
});
