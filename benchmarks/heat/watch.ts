/** A run on a drawn bench with the truth beside it: the film at every step of the twin, not only at the ticks. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { type RecipeFile, readRecipe } from '../../src/params/recipe.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import type { Simulation } from '../../src/rig/simulation.ts';
import { inSeconds, millis, since } from '../../src/units.ts';

const DEFAULTS = defaultSettings();
/** An ordinary run in each of the two modes with pulses: the paper’s, and the swing of the settings’ defaults. */
export const ORDINARY = {
  pulse: { mode: 'pulse', onS: 0.5, periodS: 5 },
  swing: { mode: 'swing', swingK: DEFAULTS['swing.targetK'], periodS: inSeconds(millis(DEFAULTS['swing.periodMs'])) },
} as const;

type Step = Omit<RecipeFile['steps'][number], 'light'>;

/** One step of `forS` seconds, in the dark unless `light` says otherwise. */
export function rigOf(settings: Settings, bench: BenchFile, step: Step, light = 0): Simulation {
  const read = readRecipe('benchmark', { title: 'benchmark', steps: [{ light, ...step }] });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return assembleSimulation({ settings, bench, recipe: read.recipe });
}

/** Calls `see` at every step of the twin with the true film temperature and the time since the recipe started, s. */
export function watchFilm(rig: Simulation, see: (filmC: number, atS: number) => void): void {
  const { twin } = rig.bench;
  const step = twin.step.bind(twin);
  twin.step = (dtS, currentA) => {
    step(dtS, currentA);
    const { startedAt } = rig.feed.latest;
    if (startedAt !== null) see(twin.filmC, inSeconds(since(rig.bench.now, startedAt)));
  };
}
