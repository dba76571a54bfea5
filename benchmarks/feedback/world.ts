/**
 * A controller with the film’s own place at its desk, on a bench whose light is as bad as laboratories report, and the truth
 * beside it. Only the scorer reads the truth.
 */
import { followSettings, simulatedDesk } from '../../src/cli/simulated-desk.ts';
import type { FilmFront } from '../../src/fronts/film/front.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Policy } from '../../src/params/policy.ts';
import type { Settings } from '../../src/params/settings.ts';
import type { Snapshot } from '../../src/params/snapshot.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import type { Simulation } from '../../src/rig/simulation.ts';
import { Prng } from '../../src/twin/prng.ts';
import { inSeconds, millis } from '../../src/units.ts';
import { strangerTo } from '../heat/bench.ts';
import { commissionedSettings } from '../heat/known.ts';

export const CONVERTER = 'max31856';

export interface World {
  readonly simulation: Simulation;
  readonly film: FilmFront;
  readonly snapshot: () => Snapshot;
  /** Truth at this tick. */
  readonly segregated: () => number;
  readonly tick: () => void;
  readonly tickS: number;
}

type Changes = NonNullable<BenchFile['changes']>;

/** Drawn benches have lamps, steps of the excitation, flicker and drifts of their own; here what is collected steps, too. */
export function disturbed(bench: BenchFile, spanS: number): BenchFile {
  const prng = new Prng(bench.seed ?? 1, 99);
  const between = (low: number, high: number): number => low + (high - low) * prng.uniform();
  const changes: Changes = [...(bench.changes ?? [])];
  for (let atS = between(60, 1800); atS < spanS; atS += between(900, 3600)) {
    changes.push({ what: 'optics.coupling', atS, overS: between(0, 60), to: 1 + between(-0.003, 0.003) });
  }
  return { ...bench, changes: changes.sort((a, b) => a.atS - b.atS).slice(0, 500) };
}

/** What a controller knows after the quick commissioning; null where the bench was refused. */
export const known = (bench: BenchFile): Promise<Settings | null> => commissionedSettings(bench, CONVERTER, false);
export const unknown = (bench: BenchFile): Settings => strangerTo(bench, CONVERTER);

/** An armed world, or null where it does not arm. */
export function worldOf(settings: Settings, bench: BenchFile, policy: Policy): World | null {
  const recipe = followSettings('benchmark');
  const asked = { ...settings, 'film.policy': policy };
  const simulation = assembleSimulation({ settings: asked, bench, recipe });
  const { film, tick } = simulatedDesk(simulation, asked, recipe, policy);
  if (!simulation.arm()) return null;
  return {
    simulation,
    film,
    snapshot: () => simulation.feed.latest,
    segregated: () => simulation.truth().segregated,
    tick,
    tickS: inSeconds(millis(settings['loop.tickMs'])),
  };
}

export const isArmed = ({ snapshot }: World): boolean => snapshot().kernel.name === 'armed';
