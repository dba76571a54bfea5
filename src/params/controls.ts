/** What the loop can be asked to do. Requests wait in its mailbox for the next tick; nothing here acts at once. */
import type { CommandName } from './commands.ts';
import type { Recipe } from './recipe.ts';
import type { Settings } from './settings.ts';

/** A request to the safety kernel, by the words of params/commands. An acknowledgement must name the trip. */
export type Ask =
  | { readonly kind: Extract<CommandName, 'arm' | 'stop' | 'reset'> }
  | { readonly kind: Extract<CommandName, 'acknowledge'>; readonly trip: number };

export interface Controls {
  /** False when the mailbox is full; a stop always fits. */
  ask(ask: Ask): boolean;
  /** Another recipe for the next run. False while something is driven. */
  use(recipe: Recipe): boolean;
  /** Settings in force from the next period on, the revision that they belong to, and whether they are on trial. */
  retune(settings: Settings, revision: number, trial?: boolean): void;
  /**
   * Why settings, or a run with this recipe, would ask for more than the heat that is allowed can do: a sentence with the
   * remedy; null = they would not, or nothing is known yet. `recipe` null = of the settings alone.
   */
  outOfReach(settings: Settings, recipe: Recipe | null): string | null;
}
