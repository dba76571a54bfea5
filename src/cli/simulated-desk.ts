/** A desk on a bench for one command, with the film’s own place at it; nothing is kept over a restart. */
import { whatIf } from '../control/what-if.ts';
import { Desk } from '../desk/desk.ts';
import { startTuning } from '../desk/tuning.ts';
import { type FilmFront, openFilm } from '../fronts/film/front.ts';
import type { Policy } from '../params/policy.ts';
import type { Recipe } from '../params/recipe.ts';
import type { Settings } from '../params/settings.ts';
import type { Rig } from '../rig/rig.ts';
import { after, seconds } from '../units.ts';

export interface SimulatedDesk {
  readonly desk: Desk;
  readonly film: FilmFront;
  /** One tick of bench, controller, desk and film. */
  tick(): void;
  /** Runs for `spanS` simulated seconds. */
  run(spanS: number): void;
}

/** The recipe that only follows the settings: what film.policy may act on. */
export const followSettings = (title: string): Recipe => ({
  name: 'command-line',
  title,
  followSettings: true,
  light: null,
  steps: [],
});

/** @param policy what film.policy auto stands for */
export function simulatedDesk(simulation: Rig, settings: Settings, recipe: Recipe, policy: Policy): SimulatedDesk {
  const desk = plainDesk(simulation, settings, recipe);
  const film = openFilm(desk, () => policy);
  const tick = (): void => {
    simulation.tick();
    desk.tick();
    film.tick();
  };
  const run = (spanS: number): void => {
    const until = after(simulation.now(), seconds(spanS));
    while (simulation.now() < until) tick();
  };
  return { desk, film, tick, run };
}

/** A desk at which nobody stands yet. */
export function plainDesk(rig: Rig, settings: Settings, recipe: Recipe): Desk {
  const { controls, feed } = rig;
  const nothing = async (): Promise<unknown> => null;
  return new Desk({
    controls,
    snapshots: feed,
    emit: (event) => feed.emit(event, rig.now()),
    tuning: startTuning(settings),
    recipe,
    recipes: [],
    loadRecipe: () => recipe,
    keep: async () => {},
    asks: { history: nothing, runs: nothing, doctor: nothing, whatIf },
  });
}
