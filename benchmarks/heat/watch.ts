/** A run on a drawn bench with the truth beside it: the film at every step of the twin, not only at the ticks. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { type RecipeFile, readRecipe } from '../../src/params/recipe.ts';
import type { Settings } from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import type { Simulation } from '../../src/rig/simulation.ts';
import { inSeconds, since } from '../../src/units.ts';

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
