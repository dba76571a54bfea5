/** Drives film and substrate by hand, as the paper drove its sample: a constant current in pulses, light on. */
import { Film, type FilmKinetics } from '../../src/twin/film.ts';
import { FENG_KINETICS } from '../../src/twin/samples.ts';
import { PAPER_SUBSTRATE, Substrate, type SubstrateParameters } from '../../src/twin/substrate.ts';

export const ROOM_C = 23.8;
export const PAPER_A = 0.4;

export interface ParameterSet {
  readonly kinetics: FilmKinetics;
  readonly substrate: SubstrateParameters;
}

/** The set the product runs with, its heater a constant resistance as in the fit. */
export const FITTED: ParameterSet = {
  kinetics: FENG_KINETICS,
  substrate: { ...PAPER_SUBSTRATE, resistancePerK: 0 },
};

/** The second, rounded set of the fit: the parameters are not unique, the categories must not depend on which is true. */
export const ROUNDED: ParameterSet = {
  kinetics: {
    ...FENG_KINETICS,
    shockTauS: 0.69,
    growthPerS: 0.054,
    inductionEnergy: 172,
    inductionS: 10,
    restPerS: 3.75e-4,
    restEnergy: 82,
    remixShockK: 0.158,
    remixPerS: 0.59,
    coolingShare: 0.83,
    remixEnergy: 22,
    clockShockK: 0.95,
  },
  substrate: { ...FITTED.substrate, fastK: 9.07, fastTauS: 2.84, slowK: 6.4, slowTauS: 600 },
};

export interface Course {
  readonly film: Film;
  readonly substrate: Substrate;
  /** Segregated fraction: the largest ever, the largest over the last period, and the mean of the last 10 s. */
  readonly largest: number;
  readonly lastPeriod: number;
  readonly lastMean: number;
  readonly meanA2: number;
}

/** Runs t every T (seconds; null = no heat) for `spanS`; every span must be a whole number of steps. */
export function runPattern(
  set: ParameterSet,
  pattern: readonly [onS: number, periodS: number] | null,
  spanS: number,
  options: { light?: number; stepS?: number; currentA?: number } = {},
): Course {
  const { light = 1, stepS = 0.02, currentA = PAPER_A } = options;
  const substrate = new Substrate(set.substrate, ROOM_C);
  const film = new Film(set.kinetics, ROOM_C);
  const steps = Math.round(spanS / stepS);
  const [onS, periodS] = pattern ?? [0, 10];
  const on = Math.round(onS / stepS);
  const period = Math.round(periodS / stepS);
  const tail = Math.round(10 / stepS);
  let largest = 0;
  let lastPeriod = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < steps; i += 1) {
    const amps = i % period < on ? currentA : 0;
    squares += amps * amps;
    substrate.step(stepS, amps);
    film.step(stepS, substrate.filmC, light);
    largest = Math.max(largest, film.segregated);
    if (i >= steps - period) lastPeriod = Math.max(lastPeriod, film.segregated);
    if (i >= steps - tail) sum += film.segregated;
  }
  return { film, substrate, largest, lastPeriod, lastMean: sum / tail, meanA2: squares / steps };
}

/** Steps a film at a given course of temperature. */
export function hold(
  film: Film,
  spanS: number,
  light: number,
  filmC: number | ((t: number) => number),
  stepS = 0.02,
): void {
  const steps = Math.round(spanS / stepS);
  for (let i = 1; i <= steps; i += 1) film.step(stepS, typeof filmC === 'number' ? filmC : filmC(i * stepS), light);
}

/** A film that ten minutes of light at room temperature have segregated, at rest since. */
export function segregatedFilm(kinetics: FilmKinetics = FENG_KINETICS, filmC = ROOM_C): Film {
  const film = new Film(kinetics, filmC);
  hold(film, 600, 1, filmC);
  return film;
}
