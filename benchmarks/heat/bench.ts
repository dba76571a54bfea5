/** Benches for the heat benchmarks: files of somebody else, or draws that nobody tuned for. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { uncorrected } from '../../src/config/calibration.ts';
import { loadBench } from '../../src/files/bench.ts';
import { type BenchFile, benchSettings } from '../../src/params/bench-file.ts';
import { ConfigError } from '../../src/params/problem.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { drawBench } from '../../src/rig/population.ts';

export interface Population {
  /** A folder of bench files, or null to draw. */
  readonly folder: string | null;
  readonly seed: number;
  readonly spread: number;
  readonly room: readonly [number, number];
  readonly plants: 'paper' | 'wide';
}

/** The first `n` benches; with a folder all of it, again and again with other noise. */
export function benches({ folder, ...draw }: Population, n: number): BenchFile[] {
  if (folder === null)
    return Array.from({ length: n }, (_, i) => drawBench({ ...draw, seed: (draw.seed * 1_000_003 + i) >>> 0 }));
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  if (files.length === 0) throw new Error(`${folder} holds no bench file (*.json)`);
  return files.sort().map((name) => {
    const read = loadBench(join(folder, name));
    if ('problems' in read) throw new ConfigError(read.problems);
    return read.bench;
  });
}

export const CONVERTERS = ['max31856', 'max31855'] as const;
export type Converter = (typeof CONVERTERS)[number];

/** The settings of a controller that knows nothing of the bench it is on. */
export function strangerTo(bench: BenchFile, converter: Converter): Settings {
  return uncorrected({
    ...defaultSettings(),
    ...(benchSettings(bench) as Partial<Settings>),
    'hal.thermocouple': converter,
    'sim.bench': 'drawn',
    'heater.commissioned': false,
    'sim.efuse': true,
  });
}

/** What the bench really is, in the words of a calibration. */
export interface Truth {
  readonly fastKPerW: number;
  readonly gainKPerW: number;
  readonly fastTauS: number;
  readonly slowTauS: number;
  readonly thermocoupleLagS: number;
  readonly infraredLagS: number;
}

export function truthOf({ substrate = {}, thermocouple, infrared }: BenchFile): Truth {
  const { fastK = 8.97, fastTauS = 2.85, slowK = 6.57, slowTauS = 542, ratedW = 2.4 } = substrate;
  const plain = defaultSettings();
  return {
    fastKPerW: fastK / ratedW,
    gainKPerW: (fastK + slowK) / ratedW,
    fastTauS,
    slowTauS,
    thermocoupleLagS: thermocouple?.lagS ?? plain['sim.thermocoupleLagS'],
    infraredLagS: infrared?.lagS ?? plain['sim.infraredLagS'],
  };
}
