/** Benches for the heat benchmarks: files of somebody else, or draws that nobody tuned for. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { uncorrected } from '../../src/config/calibration.ts';
import { loadBench } from '../../src/files/bench.ts';
import { type BenchFile, benchSettings } from '../../src/params/bench-file.ts';
import { ConfigError } from '../../src/params/problem.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { type Draw, drawBench } from '../../src/rig/population.ts';
import { differing } from '../../src/twin/delivered.ts';
import { PAPER_SUBSTRATE } from '../../src/twin/substrate.ts';

export interface Population extends Draw {
  /** A folder of bench files, or null to draw. */
  readonly folder: string | null;
  /** Whether a suite shall print its map of other set values, too. */
  readonly map: boolean;
  /** How many hours a suite shall simulate in all; null = as many as its figures need. */
  readonly hours: number | null;
}

/** The populations of the hold suites, by the spread in per cent; hotter rooms come with wider spreads. */
export const POPULATIONS = {
  '-10': { spread: 0.1, room: [22, 25.5] },
  '-20': { spread: 0.2, room: [20, 27] },
  '-30': { spread: 0.3, room: [18, 30] },
} as const satisfies Record<string, Pick<Draw, 'spread' | 'room'>>;
/** Empty for the benches of a folder. */
export type Group = keyof typeof POPULATIONS | '';

/** Benches of every population, or those of a folder. */
export function groupedBenches(from: Population, n: number): { readonly bench: BenchFile; readonly group: Group }[] {
  const groups: readonly Group[] = from.folder === null ? (Object.keys(POPULATIONS) as Group[]) : [''];
  return groups.flatMap((group) => {
    const drawn: Population = group === '' ? from : { ...from, ...POPULATIONS[group], plants: 'paper' };
    return benches(drawn, n).map((bench) => ({ bench, group }));
  });
}

/** `n` drawn benches, or all of a folder. */
export function benches({ folder, map: _map, hours: _hours, ...draw }: Population, n: number): BenchFile[] {
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
  });
}

/** What the bench really is, in the words of a calibration. */
export interface Truth {
  readonly fastKPerW: number;
  readonly gainKPerW: number;
  readonly fastTauS: number;
  readonly slowTauS: number;
  readonly thermocoupleLagS: number;
}

export function truthOf({ substrate, thermocouple }: BenchFile): Truth {
  const { fastK, fastTauS, slowK, slowTauS, ratedW } = differing(PAPER_SUBSTRATE, substrate);
  return {
    fastKPerW: fastK / ratedW,
    gainKPerW: (fastK + slowK) / ratedW,
    fastTauS,
    slowTauS,
    thermocoupleLagS: thermocouple?.lagS ?? defaultSettings()['sim.thermocoupleLagS'],
  };
}
