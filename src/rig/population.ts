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
/** What was drawn before for a seed must not move when the light gets another quantity: light has a stream of its own. */
const LIGHT_STREAM = 78;
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

  const bench: BenchFile = {
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
  return underLaboratoryLight(bench, seed);
}

/** V of the red photodiode in full light, about. */
const FULL_V = 2;
/** Steps of the excitation are drawn for a night. */
const NIGHT_S = 12 * 3600;

/** Adds what the literature gives no number for; docs/MODEL.md has the ranges and why. */
function underLaboratoryLight(bench: BenchFile, seed: number): BenchFile {
  const prng = new Prng(seed, LIGHT_STREAM);
  const between = (low: number, high: number): number => rounded(low + (high - low) * prng.uniform());
  const decades = (low: number, high: number): number => rounded(low * (high / low) ** prng.uniform());
  const leakPerH = rounded((bench.optics?.leak ?? 0) * between(-0.1, 0.1));
  const mainsErrorHz = between(0.02, 0.1);
  const ions = { gain: between(0, 0.3), riseS: decades(300, 1200), decayS: decades(2000, 8000) };
  const onS = decades(5, 600);
  const lamp = {
    volts: rounded(FULL_V * decades(0.01, 0.3)),
    firstS: between(60, 1800),
    everyS: rounded(onS + between(600, 3000)),
    onS,
    // One in four comes and goes gradually, as daylight does.
    riseS: prng.uniform() < 0.25 ? rounded(onS / 2) : 0,
  };
  const changes: NonNullable<BenchFile['changes']> = [];
  for (let atS = between(60, 1800); atS < NIGHT_S; atS += between(900, 3600)) {
    const step = between(0.005, 0.03) * (prng.uniform() < 0.5 ? -1 : 1);
    changes.push({ what: 'optics.excitation', atS: rounded(atS), overS: between(0, 60), to: rounded(1 + step) });
  }
  return { ...bench, ions, optics: { ...bench.optics, leakPerH, mainsErrorHz, lamp }, changes };
}
