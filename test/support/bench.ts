/** What the tests share: a controller on a simulated bench with its events kept. */
import type { Hal } from '../../src/hal/ports.ts';
import { gateLimits } from '../../src/hal/registry.ts';
import type { EventRecord } from '../../src/params/event-record.ts';
import type { RecipeFile } from '../../src/params/recipe.ts';
import { type Recipe, readRecipe } from '../../src/params/recipe.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import type { Row } from '../../src/params/telemetry.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import type { InjectionOrder, Simulation } from '../../src/rig/simulation.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { Feed } from '../../src/runtime/feed.ts';
import { type LatchStore, latchInMemory } from '../../src/runtime/latch.ts';
import { Loop } from '../../src/runtime/loop.ts';
import { GateKeeper } from '../../src/safety/gate-keeper.ts';

export type Step = RecipeFile['steps'][number];

export function recipeOf(...steps: Step[]): Recipe {
  const read = readRecipe('test', { title: 'test', steps });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.recipe;
}

export const PULSE = (forS: number, onS = 0.5, periodS = 5): Step => ({ light: 1, mode: 'pulse', onS, periodS, forS });

export interface Rig {
  readonly simulation: Simulation;
  readonly events: EventRecord[];
  readonly rows: Row[];
  readonly latch: LatchStore;
}

export interface RigOptions {
  readonly settings?: Partial<Settings>;
  readonly injections?: readonly InjectionOrder[];
  readonly latch?: LatchStore;
}

/** A bench with a controller on it, not yet armed. */
export function rig(recipe: Recipe, { settings = {}, injections = [], latch = latchInMemory() }: RigOptions = {}): Rig {
  const events: EventRecord[] = [];
  const rows: Row[] = [];
  const journal = {
    row: (row: Row) => void rows.push(row),
    event: (e: EventRecord) => void events.push(e),
    failing: false,
  };
  const all: Settings = { ...defaultSettings(), ...settings };
  const simulation = assembleSimulation({ settings: all, recipe, latch, journals: [journal], injections });
  return { simulation, events, rows, latch };
}

/** A loop on these ports, with a gate-keeper of its own, whose ticks come when the test says. */
export function looped(
  settings: Settings,
  { gate, ...hal }: Hal,
  recipe: Recipe,
  clock: Clock,
  latch: LatchStore = latchInMemory(),
): { feed: Feed; loop: Loop } {
  const feed = new Feed();
  const keeper = new GateKeeper(gate, gateLimits(settings), clock.now());
  return {
    feed,
    loop: new Loop({ clock, hal, keeper, settings, recipe, latch, feed, recordFailing: () => false }),
  };
}
