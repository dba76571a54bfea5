/**
 * The light of the mixed film: what leaks through the green filter, and what the photodiodes show in the light that the bench
 * gives. The film is mixed by pulses in the dark first, and lit only while pulses keep it mixed.
 */
import type { Recipe } from '../params/recipe.ts';
import { verdictRow, verdictWhy } from '../params/verdict.ts';
import { madeRecipe } from './excitation.ts';
import type { Guide } from './guide.ts';
import { type Failure, play, refused } from './play.ts';
import { meanOf } from './readings.ts';

/** Mixing in the dark, and the time in the light, s. */
const DARK_S = 20;
const LIT_S = 60;
/** Pulses that keep most films mixed for a minute, also one that identification has warmed, s. */
const HOLDS = { onS: 1, periodS: 3.5 } as const;
/** Cycles whose leak counts, once the mixed level is verified. */
const CYCLES = 5;
/** A filter drifts, and another sample has another spectrum: a leak of so many times the measured one is still a leak. */
const MARGIN = 1.5;
const MARGIN_ERRORS = 5;
/** Noise of a dark level over a small red signal, as a part of the leak that is allowed. */
const MARGIN_LEAST = 1e-3;

export interface LightFound {
  /** Green over red of the mixed film, and its standard error. */
  readonly leak: number;
  readonly leakError: number;
  /** What is no leak any more. */
  readonly leakMost: number;
  /** Mixed band and excitation in this light without their dark levels, V. */
  readonly redV: number;
  readonly referenceV: number;
}

const lighting = (light: number, longestOnS: number): Recipe =>
  madeRecipe('light', 'Light of the mixed film', [
    { light: 0, mode: 'pulse', onS: Math.min(2, longestOnS), periodS: 5, forS: DARK_S },
    { light, mode: 'pulse', ...HOLDS, forS: LIT_S },
  ]);

/** @param light excitation to measure in, above 0..1. It ends with the light off, whatever comes of it. */
export async function measureLight(guide: Guide, light: number): Promise<LightFound | Failure> {
  const { feed } = guide.rig;
  const longestOnS = feed.latest.settings['gate.longestOnMs'] / 1000;
  const leaks: number[] = [];
  const bands: { redV: number; referenceV: number }[] = [];
  let cycle = feed.latest.sight.cycle;
  let why = 'there was no cycle';
  let isLost = false;
  const enough = (): boolean => {
    const { sight, photodiodes } = feed.latest;
    if (sight.cycle === cycle) return isLost || leaks.length >= CYCLES;
    cycle = sight.cycle;
    why = verdictWhy(sight);
    isLost = verdictRow(sight.verdict).alarming;
    if (sight.leak !== null && sight.verdict === 'MIXED') {
      leaks.push(sight.leak);
      if (photodiodes.value) bands.push({ redV: photodiodes.value.red, referenceV: photodiodes.value.reference });
    }
    return isLost || leaks.length >= CYCLES;
  };
  const failure = await play(guide, lighting(light, longestOnS), enough);
  if (failure) return failure;
  if (leaks.length < CYCLES) return refused([`the film was not seen as mixed for ${CYCLES} cycles: ${why}`]);
  const leak = meanOf(leaks);
  return {
    leak: leak.value,
    leakError: leak.error,
    leakMost: MARGIN * Math.max(0, leak.value) + MARGIN_ERRORS * leak.error + MARGIN_LEAST,
    redV: meanOf(bands.map(({ redV }) => redV)).value,
    referenceV: meanOf(bands.map(({ referenceV }) => referenceV)).value,
  };
}
