/**
 * Runs one experiment of a paper through the whole stack (drivers, kernel, control) in virtual time and keeps what was
 * seen: the truth from the twin, and beside it what the instruments read.
 */
import { loadRecipe } from '../files/recipes.ts';
import { ConfigError } from '../params/problem.ts';
import { recipeSeconds } from '../params/recipe.ts';
import type { Settings } from '../params/settings.ts';
import { assembleSimulation } from '../rig/assemble.ts';
import type { Simulation } from '../rig/simulation.ts';
import { type Emission, peakOf } from '../twin/optics.ts';
import type { Band, SampleName } from '../twin/samples.ts';
import { inSeconds, millis } from '../units.ts';
import { RecordKeeper, type Records } from './records.ts';
import { meanOf } from './series.ts';

/** One column per quantity, one entry per control tick; `t[i]` in seconds since the recipe started. */
export interface Series {
  readonly t: Float64Array;
  /** Truth: film temperature °C, segregated fraction 0..1, integrated mixed-phase and total PL (1 = fresh film). */
  readonly filmC: Float64Array;
  readonly segregated: Float64Array;
  /** Part of it that could still come back: without the iodine lost for good. */
  readonly recoverable: Float64Array;
  readonly mixedPl: Float64Array;
  readonly totalPl: Float64Array;
  readonly heaterA: Float64Array;
  readonly light: Float64Array;
  /** Excitation that reaches the film over what was asked: it warms up and drifts. */
  readonly excitation: Float64Array;
  /** Instruments; NaN where there was no reading. */
  readonly tcC: Float64Array;
  readonly irC: Float64Array;
  readonly greenV: Float64Array;
  readonly redV: Float64Array;
}

/** The emission bands at an instant: enough to draw the whole spectrum. Only taken while the light is on. */
export interface Snapshot {
  readonly t: number;
  readonly bands: readonly Emission[];
}

export interface Experiment {
  readonly recipe: string;
  readonly title: string;
  readonly sample: SampleName;
  readonly currentA: number;
  readonly series: Series;
  /** The same run by its sensors and its light path alone. */
  readonly records: Records;
  readonly snapshots: readonly Snapshot[];
  /** Unexpected trips; an experiment that tripped proves nothing. */
  readonly trips: readonly { readonly code: string; readonly name: string; readonly atS: number | null }[];
  readonly traceHash: string;
  readonly simulation: Simulation;
}

export interface Conditions {
  readonly sample?: SampleName;
  readonly currentA?: number;
  readonly ambientC?: number;
  /** Length, when the recipe has no end of its own or is to be cut short. */
  readonly seconds?: number;
  /** Before the controller starts: seconds on the shelf in the dark, then seconds in full light. */
  readonly agedS?: number;
  readonly litS?: number;
}

const SNAPSHOTS = 240;
/** After each change of the recipe’s step spectra are taken every half second for a while, as the paper did. */
const CLOSE_EVERY_S = 0.5;
const CLOSE_FOR_S = 15;

/** Runs `recipe` on a bench with `base` settings changed by `conditions`. Throws when the controller does not arm. */
export function runExperiment(base: Settings, recipeName: string, conditions: Conditions = {}): Experiment {
  const recipe = loadRecipe(recipeName);
  const sample = conditions.sample ?? 'feng-2023';
  const currentA = conditions.currentA ?? 0.4;
  const settings: Settings = {
    ...base,
    // The papers’ light was never interrupted.
    'pl.darkFrames': 'off',
    'sim.sample': sample,
    'heater.currentA': currentA,
    'sim.ambientC': conditions.ambientC ?? base['sim.ambientC'],
    // The paper’s dark remixing at 35 °C needs a longer constant current than the default allows.
    'gate.constantS': 2600,
  };
  const spanS = conditions.seconds ?? recipeSeconds(recipe.steps);
  const simulation = assembleSimulation({ settings, recipe });
  const { twin } = simulation.bench;
  if (conditions.agedS) twin.rest(conditions.agedS, 0);
  if (conditions.litS) twin.rest(conditions.litS, 1);
  twin.light = 0;
  if (!simulation.arm()) {
    const { faults, kernel } = simulation.feed.latest;
    const got = [...faults, ...(kernel.latch ? [`tripped by ${kernel.latch.fault}`] : [])].join(', ');
    const remedy = 'Let the settings describe a bench without a fault; docs/reference/faults.md explains each.';
    throw new ConfigError([
      { code: 'NOT_ARMED', path: `experiment ${recipeName}`, got, allowed: 'a bench that arms', remedy },
    ]);
  }
  const seen = record(simulation, spanS, inSeconds(millis(settings['loop.tickMs'])));
  return {
    recipe: recipeName,
    title: recipe.title,
    sample,
    currentA,
    ...seen,
    trips: simulation.trips(),
    traceHash: simulation.digest(),
    simulation,
  };
}

function record(
  simulation: Simulation,
  spanS: number,
  tickS: number,
): Pick<Experiment, 'series' | 'records' | 'snapshots'> {
  const n = Math.round(spanS / tickS) + 1;
  const column = (): Float64Array => new Float64Array(n);
  const keeper = new RecordKeeper(n, simulation.feed.latest.settings['pl.segregatedRatio']);
  const { t, tcC, irC, greenV, redV } = keeper.readings;
  const s: Series = {
    t,
    filmC: column(),
    segregated: column(),
    recoverable: column(),
    mixedPl: column(),
    totalPl: column(),
    heaterA: column(),
    light: column(),
    excitation: column(),
    tcC,
    irC,
    greenV,
    redV,
  };
  const snapshots: Snapshot[] = [];
  const even = Math.max(1, Math.floor(n / SNAPSHOTS));
  // Not a multiple of any heating period, or every spectrum of an hour would show the same phase of it.
  const every = even > 20 ? even - 13 : even;
  const closeEvery = Math.max(1, Math.round(CLOSE_EVERY_S / tickS));
  let { step } = simulation.feed.latest.progress;
  let changedAt = 0;
  for (let i = 0; i < n; i += 1) {
    if (i > 0) simulation.tick();
    const { bench, feed } = simulation;
    const { progress } = feed.latest;
    const { twin } = bench;
    if (progress.step !== step) {
      ({ step } = progress);
      changedAt = i;
    }
    keeper.take(i, i * tickS, feed.latest);
    s.filmC[i] = twin.filmC;
    s.segregated[i] = twin.film.segregated;
    s.recoverable[i] = twin.film.segregated - twin.film.lost;
    s.heaterA[i] = bench.heaterA;
    s.light[i] = twin.light;
    s.excitation[i] = twin.excitation();
    if (twin.light > 0) {
      const bands = twin.emissions();
      for (const band of bands) {
        s.totalPl[i] = s.totalPl[i]! + band.brightness;
        if (Math.abs(band.peakNm - twin.sample.mixed.peakNm) < 20) s.mixedPl[i] = s.mixedPl[i]! + band.brightness;
      }
      const close = (i - changedAt) * tickS <= CLOSE_FOR_S && (i - changedAt) % closeEvery === 0;
      if (close || i % every === 0) snapshots.push({ t: i * tickS, bands });
    }
  }
  return { series: s, records: keeper.records, snapshots };
}

// --- reading a series

/** Share of the green photodiode in green + red, dark level taken off: what the instrument sees of segregation. */
export function greenShare(series: Series, fromS: number, toS: number): number {
  const dark = 0.002;
  const green = Math.max(0, meanOf(series, 'greenV', fromS, toS) - dark);
  const red = Math.max(0, meanOf(series, 'redV', fromS, toS) - dark);
  return green / Math.max(1e-9, green + red);
}

/** The spectrometer’s peak and width from the snapshot nearest to `t`. */
export function peakAt(experiment: Experiment, t: number): Band {
  return peakOf(nearestSnapshot(experiment, t).bands);
}

export function nearestSnapshot({ snapshots }: Experiment, t: number): Snapshot {
  let best = snapshots[0];
  for (const shot of snapshots) if (!best || Math.abs(shot.t - t) < Math.abs(best.t - t)) best = shot;
  if (!best) throw new Error('no spectrum: the light was never on');
  return best;
}
