/** Runs the search for a pattern on a bench, simulated or real, and says what came of it. */
import type { Found } from '../film/finder.ts';
import type { Trial } from '../film/map.ts';
import { FinderFront } from '../fronts/film/finder.ts';
import type { Settings } from '../params/settings.ts';
import type { Rig } from '../rig/rig.ts';
import { searchChance } from '../rig/search-chance.ts';
import type { Simulation } from '../rig/simulation.ts';
import { inSeconds, since } from '../units.ts';
import { followSettings, plainDesk } from './simulated-desk.ts';

export interface Search {
  readonly found: Found | null;
  readonly trials: readonly Trial[];
  /** The whole search, dark time included, s. */
  readonly tookS: number;
  /** Why it did not come to its end; null = it did. */
  readonly trouble: string | null;
}

export const SEARCH = followSettings('search for a pattern');

/** Settings under which a search runs: nothing else turns heat or light, and it begins in the dark. */
export const searchSettings = (settings: Settings): Settings => ({
  ...settings,
  'film.policy': 'tell',
  'control.mode': 'pulse',
  'light.level': 0,
});

export interface SearchRun {
  readonly front: FinderFront;
  /** After each tick of the rig. */
  readonly tick: () => void;
  readonly search: () => Search;
}

/** @param light level of a trial, above 0..1 */
export function openSearch(rig: Rig, settings: Settings, light: number, seed: number): SearchRun {
  const desk = plainDesk(rig, searchSettings(settings), SEARCH);
  const front = new FinderFront(desk, light, searchChance(seed));
  const begun = rig.now();
  let at = begun;
  return {
    front,
    tick: () => {
      if (rig.now() === at) return;
      at = rig.now();
      desk.tick();
      front.tick();
    },
    search: () => ({
      found: front.found(),
      trials: front.searched?.trials ?? [],
      tookS: inSeconds(since(at, begun)),
      trouble: front.trouble,
    }),
  };
}

/** The whole search on a simulated bench that is armed, as fast as it goes. */
export function searchSimulated(
  simulation: Simulation,
  settings: Settings,
  { light, seed }: { readonly light: number; readonly seed: number },
  each: (search: () => Search) => void = () => {},
): Search {
  const run = openSearch(simulation, settings, light, seed);
  while (!run.front.over) {
    simulation.tick();
    run.tick();
    each(run.search);
  }
  return run.search();
}
