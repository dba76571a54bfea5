/**
 * Draws benches from a population, so that nothing is tuned to one of them. The film lies between both fits to Feng 2023
 * (the data do not tell them apart), then every rate, threshold and time constant moves by up to `spread`; sensors and light
 * path come from the ranges that laboratories report.
 */
import { BENCH_FORMAT, type BenchFile } from '../params/bench-file.ts';
import type { FilmKinetics } from '../twin/film.ts';
import { Prng } from '../twin/prng.ts';
import { FENG_KINETICS, FENG_KINETICS_ROUNDED } from '../twin/samples.ts';

export interface Draw {
  /** Any whole number 0..2^32−1; the same draw gives the same bench. */
  readonly seed: number;
  /** Largest relative change, 0..0.5. */
  readonly spread: number;
  /** Room temperature, °C, from the first to the second. */
  readonly room: readonly [number, number];
  /** wide = the thermal plants that a laboratory may build; paper = both fits to the paper’s, moved by `spread`. */
  readonly plants: 'paper' | 'wide';
}

/** Moved by the whole spread; energies by a third of it, because rates at another temperature follow them exponentially. */
const MOVED = [
  'shockTauS',
  'remixPerS',
  'remixShockK',
  'clockShockK',
  'clockResetPerS',
  'inductionS',
  'growthPerS',
  'restPerS',
] as const satisfies readonly (keyof FilmKinetics)[];
const ENERGIES = ['remixEnergy', 'inductionEnergy', 'growthEnergy', 'restEnergy'] as const;

/** The two thermal fits of the same figures. */
const PLANTS = [
  { fastK: 8.97, fastTauS: 2.85, slowK: 6.57, slowTauS: 542 },
  { fastK: 9.07, fastTauS: 2.84, slowK: 6.4, slowTauS: 600 },
] as const;

const STREAM = 77;
const rounded = (value: number): number => Number(value.toPrecision(5));

/** One bench of the population. Its noise has the seed of the draw. */
export function drawBench({ seed, spread, room, plants }: Draw): BenchFile {
  const prng = new Prng(seed, STREAM);
  const between = (low: number, high: number): number => rounded(low + (high - low) * prng.uniform());
  const decades = (low: number, high: number): number => rounded(low * (high / low) ** prng.uniform());
  const moved = (value: number, by: number): number => rounded(value * (1 + by * (2 * prng.uniform() - 1)));
  const mixture = prng.uniform();
  const mixed = (a: number, b: number): number => a ** (1 - mixture) * b ** mixture;

  const film: Partial<Record<keyof FilmKinetics, number>> = {};
  for (const key of MOVED) film[key] = moved(mixed(FENG_KINETICS[key], FENG_KINETICS_ROUNDED[key]), spread);
  for (const key of ENERGIES) film[key] = moved(mixed(FENG_KINETICS[key], FENG_KINETICS_ROUNDED[key]), spread / 3);
  film.coolingShare = Math.min(1, moved(mixed(FENG_KINETICS.coolingShare, FENG_KINETICS_ROUNDED.coolingShare), spread));

  const [one, other] = PLANTS;
  const near = (key: keyof typeof one): number => moved(mixed(one[key], other[key]), spread);
  const substrate =
    plants === 'wide'
      ? { fastK: between(6, 10), fastTauS: between(1.4, 3), slowK: between(4, 8), slowTauS: decades(120, 700) }
      : { fastK: near('fastK'), fastTauS: near('fastTauS'), slowK: near('slowK'), slowTauS: near('slowTauS') };
  // Power goes with the square of the voltage: ±10 % of power, or less where the spread is.
  const power = plants === 'wide' ? 0.1 : Math.min(0.1, spread);

  return {
    format: BENCH_FORMAT,
    title: `drawn: seed ${seed}, spread ${spread}, room ${room[0]}..${room[1]} °C, ${plants} plants`,
    sample: 'feng-2023',
    seed,
    room: { celsius: between(...room) },
    supply: { scale: rounded(Math.sqrt(1 + power * (2 * prng.uniform() - 1))) },
    substrate,
    thermocouple: { contact: between(0.93, 1), lagS: between(0.3, 2.5), noiseK: between(0.02, 0.05) },
    infrared: { emissivity: between(0.55, 1), lagS: between(0.12, 0.65), noiseK: between(0.04, 0.09) },
    film,
    emission: { quenchPerK: between(0.005, 0.03), segregatedBrightness: between(0.3, 1.4) },
    optics: {
      leak: decades(2e-3, 1e-2),
      couplingWalk: between(0, 0.003),
      warmUp: between(0.01, 0.04),
      warmUpTauS: between(120, 600),
      walk: between(0.005, 0.02),
      roomLightV: decades(5e-4, 2e-2),
      flickerShare: between(0, 0.3),
    },
  };
}
