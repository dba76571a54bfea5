/**
 * The composition root: reads as the wiring diagram of bench and controller. The rooms only know the small interfaces
 * they were given; where a run is recorded is the command’s own business.
 */
import { gateLimits, linuxHal, simBench, simHal } from '../hal/registry.ts';
import { ConfigError } from '../params/problem.ts';
import type { Recipe } from '../params/recipe.ts';
import type { Settings } from '../params/settings.ts';
import { MONOTONIC } from '../runtime/clock.ts';
import { type LatchStore, latchInMemory } from '../runtime/latch.ts';
import { Loop } from '../runtime/loop.ts';
import { type Journal, NO_JOURNAL } from '../runtime/record.ts';
import { isSampleName, SAMPLE_NAMES } from '../twin/samples.ts';
import type { Twin } from '../twin/twin.ts';
import { millis } from '../units.ts';
import { Hardware } from './hardware.ts';
import { type InjectionOrder, Simulation } from './simulation.ts';

export { gateLimitsFile, HalOpenError } from '../hal/registry.ts';

export interface Assembly {
  readonly settings: Settings;
  readonly recipe: Recipe;
  readonly latch?: LatchStore;
  readonly journal?: Journal;
  readonly injections?: readonly InjectionOrder[];
}

/** The controller on the simulated bench: bench -> chips -> buses -> drivers -> loop. */
export function assembleSimulation(a: Assembly): Simulation {
  const { settings, recipe } = a;
  requireSimulated(settings);
  checkSample(settings['sim.sample']);
  const bench = simBench(settings);
  const latch = a.latch ?? latchInMemory();
  const journal = a.journal ?? NO_JOURNAL;
  const clock = { now: () => bench.now };
  const startLoop = () =>
    new Loop({
      clock,
      hal: simHal(settings, bench),
      gateLimits: gateLimits(settings),
      settings,
      recipe,
      latch,
      journal,
    });
  return new Simulation({ bench, tickUs: millis(settings['loop.tickMs']), startLoop }, a.injections);
}

/**
 * The controller on the real bench: gate process, GPIO lines and buses -> drivers -> loop. Resolves with every output
 * low and the heater off.
 */
export async function assembleHardware(a: Omit<Assembly, 'injections'>): Promise<Hardware> {
  const { settings, recipe } = a;
  const clock = MONOTONIC;
  const hal = await linuxHal(settings, () => clock.now());
  const loop = new Loop({
    clock,
    hal,
    gateLimits: gateLimits(settings),
    settings,
    recipe,
    latch: a.latch ?? latchInMemory(),
    journal: a.journal ?? NO_JOURNAL,
  });
  return new Hardware({ loop, clock, close: () => hal.close() });
}

/** The sample of the settings alone, with no controller on it. */
export function assembleTwin(settings: Settings): Twin {
  checkSample(settings['sim.sample']);
  return simBench(settings).twin;
}

/** Refuses settings that name hardware where only the simulated bench will do. */
export function requireSimulated(settings: Settings): void {
  const kind = settings['hal.kind'];
  if (kind === 'sim') return;
  throw new ConfigError([
    {
      code: 'HAL_UNAVAILABLE',
      path: 'hal.kind',
      got: JSON.stringify(kind),
      allowed: 'sim (this command plays on the simulated bench only)',
      remedy: 'Use config/default.json for the simulated bench, or "remixd run" for the hardware.',
    },
  ]);
}

function checkSample(name: string): void {
  if (isSampleName(name)) return;
  throw new ConfigError([
    {
      code: 'SAMPLE_UNKNOWN',
      path: 'sim.sample',
      got: JSON.stringify(name),
      allowed: SAMPLE_NAMES.join(' | '),
      remedy: 'Give one of the sample names.',
    },
  ]);
}
