import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONVERTERS, strangerTo, truthOf } from '../../benchmarks/heat/bench.ts';
import {
  CALIBRATED_KEYS,
  type Calibration,
  calibrationPath,
  uncorrected,
  writeCalibration,
} from '../../src/config/calibration.ts';
import { explain } from '../../src/config/explain.ts';
import { hashOf, loadConfig } from '../../src/config/load.ts';
import { BENCH_FORMAT, type BenchFile } from '../../src/params/bench-file.ts';
import { ConfigError } from '../../src/params/problem.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { type Commissioned, commissionSimulated } from '../../src/rig/commissioned.ts';
import { commissionBench, type Outcome } from '../../src/rig/commissioning.ts';
import { sizing } from '../../src/rig/excitation.ts';
import { Guide } from '../../src/rig/guide.ts';
import type { InjectionOrder } from '../../src/rig/simulation.ts';

/** Commissions a simulated bench as fast as it goes. */
async function commissioned(
  changes: Partial<Settings>,
  referenceC: number | null = null,
  injections: readonly InjectionOrder[] = [],
): Promise<{ outcome: Outcome; amps: number; energyJ: number }> {
  const settings = uncorrected({ ...defaultSettings(), ...changes });
  const rig = assembleSimulation({ settings, recipe: sizing(), injections });
  const guide = new Guide(rig, async (tick, over) => {
    while (!over()) tick();
  });
  const order = {
    settings,
    referenceC,
    referenceHotC: null,
    thorough: false,
    light: null,
    wallTime: '2026-01-01T00:00:00.000Z',
    say: () => {},
  };
  const outcome = await commissionBench(guide, order);
  await guide.off();
  return { outcome, amps: rig.heaterA(), energyJ: rig.bench.energyJ };
}

async function good(changes: Partial<Settings>, referenceC: number | null = null): Promise<Calibration> {
  const { outcome, amps } = await commissioned(changes, referenceC);
  if (outcome.kind !== 'good') throw new Error(JSON.stringify(outcome));
  expect(amps).toBe(0);
  return outcome.calibration;
}

describe('commissioning', () => {
  it.each([
    { 'sim.seed': 1 },
    { 'sim.seed': 2, 'sim.plantMismatch': 0.2 },
    { 'sim.seed': 3, 'sim.plantMismatch': -0.2, 'sim.thermocoupleLagS': 1 },
    { 'sim.seed': 4, 'sim.emissivity': 0.7, 'sim.infraredLagS': 0.1 },
    { 'sim.seed': 5, 'hal.thermocouple': 'max31855', 'hal.currentSense': 'ina219', 'hal.photodiodes': 'mcp3208' },
    { 'sim.seed': 6, 'sim.noise': 3, 'sim.ambientC': 18 },
  ] as Partial<Settings>[])('finds what the bench is, inside of what it says: %j', async (changes) => {
    const s = { ...defaultSettings(), ...changes };
    const { settings: found, measured, errors, intervals = {} } = await good(changes);
    const inside = (key: string, truth: number) => {
      const [low, high] = intervals[key] ?? [Number.NaN, Number.NaN];
      expect(truth, `${key} ${truth} in ${low}..${high}`).toBeGreaterThan(low);
      expect(truth, `${key} ${truth} in ${low}..${high}`).toBeLessThan(high);
    };
    const scale = 1 + s['sim.plantMismatch'];
    inside('heater.gainKPerW', (15.54 / 2.4) * scale);
    inside('heater.fastKPerW', (8.97 / 2.4) * scale);
    inside('heater.slowTauS', 542);
    inside('sensors.thermocoupleContact', s['sim.thermocoupleContact']);
    inside('sensors.infraredEmissivity', s['sim.emissivity']);
    expect(Math.abs(found['heater.fastTauS'] / 2.85 - 1)).toBeLessThan(0.03);
    expect(Math.abs(found['sensors.thermocoupleLagS'] - s['sim.thermocoupleLagS'])).toBeLessThan(0.06);
    expect(Math.abs(found['sensors.infraredLagS'] - s['sim.infraredLagS'])).toBeLessThan(0.06);
    expect(Math.abs(found['sensors.infraredOffsetK'])).toBeLessThan(0.1);
    expect(found['photodiodes.redDarkV']).toBeGreaterThan(0.001);
    expect(found['photodiodes.redDarkV']).toBeLessThan(0.004);
    expect(measured['heaterOhm']).toBeGreaterThan(14.5);
    expect(measured['heaterOhm']).toBeLessThan(15.7);
    expect(errors['heater.gainKPerW']).toBeGreaterThan(0);
    // A pole of minutes is not known after 100 s, and the error says so.
    expect(errors['heater.gainKPerW']! / found['heater.gainKPerW']).toBeGreaterThan(0.05);
  });

  it.each([
    ['a slow thermocouple with poor contact', { thermocouple: { lagS: 6, contact: 0.94 } }],
    ['polished metal', { infrared: { emissivity: 0.15, lagS: 0.7 } }],
    ['twice the heat', { substrate: { fastK: 18, slowK: 13 } }],
    ['half the heat in a cold room', { substrate: { fastK: 4.5, slowK: 3.3 }, room: { celsius: 15 } }],
    ['a quick substrate in a warm room', { substrate: { fastTauS: 1.4 }, room: { celsius: 32 } }],
  ] as [string, Omit<BenchFile, 'format'>][])('measures %s without a trip, and below 40 °C', async (_, file) => {
    const bench: BenchFile = { format: BENCH_FORMAT, ...file };
    for (const converter of CONVERTERS) {
      const { outcome, peakC } = await commissionSimulated(strangerTo(bench, converter), bench);
      expect(outcome).toMatchObject({ kind: 'good' });
      expect(peakC).toBeLessThan(40);
      if (outcome.kind !== 'good') continue;
      const { intervals = {}, settings } = outcome.calibration;
      const truth = truthOf(bench);
      expect(intervals['heater.fastKPerW']?.[0]).toBeLessThan(truth.fastKPerW);
      expect(intervals['heater.fastKPerW']?.[1]).toBeGreaterThan(truth.fastKPerW);
      expect(Math.abs(settings['sensors.thermocoupleLagS'] / truth.thermocoupleLagS - 1)).toBeLessThan(0.08);
      expect(Math.abs(settings['sensors.infraredEmissivity'] / (file.infrared?.emissivity ?? 0.95) - 1)).toBeLessThan(
        0.08,
      );
    }
  });

  it('refuses a bench that constant current would overheat, and a thermocouple that fell off', async () => {
    const hot: BenchFile = { format: BENCH_FORMAT, substrate: { fastK: 27, slowK: 20 } };
    expect(await commissionSimulated(strangerTo(hot, 'max31856'), hot)).toMatchObject({
      outcome: { kind: 'refused', why: [expect.stringContaining('I25')] },
    });
    const { outcome } = await commissioned({ 'heater.commissioned': false }, null, [{ name: 'tc-detached', atS: -1 }]);
    expect(outcome.kind).not.toBe('good');
  });

  it('sees the slow pole when it is given twenty minutes', async () => {
    const bench: BenchFile = { format: BENCH_FORMAT, substrate: { slowTauS: 300 } };
    const { outcome, peakC } = await commissionSimulated(strangerTo(bench, 'max31855'), bench, {
      thorough: true,
      reference: { coldC: 23.8, hotC: 23.8 + 10 },
    });
    expect(peakC).toBeLessThan(40);
    if (outcome.kind !== 'good') throw new Error(JSON.stringify(outcome));
    const [low = 0, high = 0] = outcome.calibration.intervals?.['heater.slowTauS'] ?? [];
    expect(low).toBeGreaterThan(270);
    expect(low).toBeLessThan(300);
    expect(high).toBeGreaterThan(300);
    expect(high).toBeLessThan(330);
  });

  it('takes the scale of a reference thermometer beside the sample', async () => {
    const bench: BenchFile = { format: BENCH_FORMAT, thermocouple: { contact: 0.85 } };
    const plain = await commissionSimulated(strangerTo(bench, 'max31856'), bench);
    // The longest heat lasts 25 s: 8.97·(1 − e^(−25/2.85)) + 6.57·(1 − e^(−25/542)) K, a little less as the heater warms.
    const hotC = 23.8 + 8.97 * 0.9998 + 6.57 * 0.0451;
    const measured = await commissionSimulated(strangerTo(bench, 'max31856'), bench, {
      reference: { coldC: 23.8, hotC },
    });
    const fast = ({ outcome }: Commissioned) =>
      outcome.kind === 'good' ? outcome.calibration.measured['fastKPerW']! : 0;
    expect(fast(plain) / (8.97 / 2.4)).toBeLessThan(0.9);
    expect(Math.abs(fast(measured) / (8.97 / 2.4) - 1)).toBeLessThan(0.02);
  });

  it('takes a reference thermometer for the offsets of both sensors', async () => {
    const { settings } = await good({}, 24.3);
    expect(settings['sensors.thermocoupleOffsetK']).toBeCloseTo(24.3 - 23.8, 1);
    expect(settings['sensors.infraredOffsetK']).toBeCloseTo(24.3 - 23.8, 1);
  });

  it('writes no calibration that a configuration would refuse, and does not heat for it', async () => {
    const wrong = await commissioned({}, 500);
    expect(wrong).toMatchObject({ outcome: { kind: 'refused' }, energyJ: 0 });
    const text = JSON.stringify(wrong.outcome);
    expect(text).toContain('sensors.thermocoupleOffsetK would be 476.');
    expect(text).toContain('a number from -2 to 2 K');
  });

  it('says that the channels are swapped when the thermocouple answers first', async () => {
    const { outcome, amps } = await commissioned({ 'sim.thermocoupleLagS': 0.2, 'sim.infraredLagS': 0.6 });
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(outcome)).toContain('swapped');
    expect(amps).toBe(0);
  });

  it('writes nothing of a bench that trips: a MOSFET that does not open is found by the proof test', async () => {
    const { outcome, amps } = await commissioned({}, null, [{ name: 'mosfet-stuck-on', atS: -1 }]);
    expect(outcome).toEqual({ kind: 'tripped' });
    expect(amps).toBe(0);
  });

  it('ends cold and without a result when it is stopped while heat flows', async () => {
    const settings = uncorrected(defaultSettings());
    const rig = assembleSimulation({ settings, recipe: sizing() });
    let hottest = 0;
    const guide: Guide = new Guide(rig, async (tick, over) => {
      while (!over()) {
        tick();
        hottest = Math.max(hottest, rig.heaterA());
        if (rig.feed.latest.kernel.name === 'armed' && rig.heaterA() > 0.3) guide.stopped = true;
      }
    });
    const order = {
      settings,
      referenceC: null,
      referenceHotC: null,
      thorough: false,
      light: null,
      wallTime: '2026-01-01T00:00:00.000Z',
      say: () => {},
    };
    expect(await commissionBench(guide, order)).toEqual({ kind: 'refused', why: ['it was stopped'] });
    await guide.off();
    expect(hottest).toBeGreaterThan(0.3);
    expect(rig.heaterA()).toBe(0);
    expect(rig.feed.latest.kernel.name).toBe('safe');
  });

  it('does not heat a bench whose sensors are not at rest', async () => {
    const { outcome } = await commissioned({}, null, [{ name: 'tc-drift', atS: -1 }]);
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(outcome)).toContain('not at rest');
  });
});

describe('a calibration', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'remixd-calibration-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const loaded = (...set: string[]) =>
    loadConfig({ set: [`runtime.stateDir=${folder}`, ...set], env: { REMIXD_HEATER_FAST_SHARE: '0.5' }, state: true });
  const example = (changes: Partial<Calibration> = {}): Calibration => ({
    format: 1,
    wallTime: '2026-01-01T00:00:00.000Z',
    bench: {
      'hal.kind': 'sim',
      'sim.bench': 'none',
      'hal.thermocouple': 'max31856',
      'hal.infrared': 'mlx90614',
      'hal.currentSense': 'ina226',
      'hal.photodiodes': 'ads1115',
      'heater.currentA': 0.4,
      'heater.resistanceOhm': 15,
      'heater.shuntOhm': 0.1,
    },
    settings: {
      ...(Object.fromEntries(CALIBRATED_KEYS.map((key) => [key, defaultSettings()[key]])) as Calibration['settings']),
      'heater.gainKPerW': 6,
      'heater.fastShare': 0.6,
      'sensors.infraredOffsetK': 0.2,
    },
    errors: {},
    measured: {},
    ...changes,
  });
  const problems = (work: () => unknown): string[] => {
    try {
      work();
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(({ code }) => code);
      throw error;
    }
    return [];
  };

  it('stands above the file and below the environment and --set, and its id is the origin', () => {
    const id = writeCalibration(folder, example());
    const { settings, origin, calibration, hash } = loaded('sensors.infraredOffsetK=0.1');
    expect(calibration).toBe(id);
    expect(settings['heater.gainKPerW']).toBe(6);
    expect(origin['heater.gainKPerW']).toBe('calibration');
    expect(explain('heater.gainKPerW', loaded())).toContain(`6   (calibration ${id})`);
    expect(settings['heater.fastShare']).toBe(0.5);
    expect(settings['sensors.infraredOffsetK']).toBe(0.1);
    expect(hash).toBe(hashOf(settings));
    expect([origin['heater.fastShare'], origin['sensors.infraredOffsetK']]).toEqual(['environment', '--set']);
  });

  it('changes nothing where there is none, and does not count for commands that leave the state folder out', () => {
    const plain = { set: [`runtime.stateDir=${folder}`], env: {} };
    expect(loadConfig({ ...plain, state: true })).toEqual(loadConfig(plain));
    writeCalibration(folder, example());
    expect(loadConfig(plain).settings['heater.gainKPerW']).toBe(defaultSettings()['heater.gainKPerW']);
  });

  it('is refused when a byte of it changed, when it is no calibration, and when it belongs to another bench', () => {
    writeCalibration(folder, example());
    const path = calibrationPath(folder);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"heater.gainKPerW": 6,', '"heater.gainKPerW": 9,'));
    expect(problems(() => loaded())).toEqual(['CALIBRATION_DAMAGED']);
    for (const text of ['', '{}', 'null', '[]', '{"id":"cal-0"}']) {
      writeFileSync(path, text);
      expect(problems(() => loaded())).toEqual(['CALIBRATION_DAMAGED']);
    }
    writeCalibration(folder, example({ bench: { ...example().bench, 'hal.kind': 'linux' } }));
    expect(problems(() => loaded())).toEqual(['CALIBRATION_FOREIGN']);
  });

  it('of the delivered bench is not taken for one that a file describes', () => {
    writeCalibration(folder, example());
    const other = join(folder, 'other.json');
    writeFileSync(other, JSON.stringify({ format: BENCH_FORMAT }));
    expect(problems(() => loaded())).toEqual([]);
    expect(problems(() => loaded(`sim.bench=${other}`))).toEqual(['CALIBRATION_FOREIGN']);
  });

  it('cannot loosen a limit: values outside a setting’s range are refused, other settings are not looked at', () => {
    const wide = { ...example().settings, 'heater.gainKPerW': 1000, 'limits.tripC': 99 };
    writeCalibration(folder, example({ settings: wide as Calibration['settings'] }));
    expect(problems(() => loaded())).toEqual(['CONFIG_VALUE']);
    const hidden = { ...example().settings, 'limits.tripC': 30 };
    writeCalibration(folder, example({ settings: hidden as Calibration['settings'] }));
    expect(loaded().settings['limits.tripC']).toBe(45);
  });
});
