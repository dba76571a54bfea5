/**
 * Puts a controller on its bench: ports -> drivers -> gate-keeper -> loop, and the recorder behind it. The rooms only know
 * the small interfaces they were given; who asks and where a run is recorded is the daemon’s business.
 */
import type { Hal } from '../hal/ports.ts';
import { gateLimits, linuxHal, simBench, simHal } from '../hal/registry.ts';
import type { SimBench } from '../hal/sim/bench.ts';
import type { BenchFile } from '../params/bench-file.ts';
import { ConfigError, type Problem } from '../params/problem.ts';
import type { Recipe } from '../params/recipe.ts';
import type { Settings } from '../params/settings.ts';
import type { Beside } from '../params/telemetry.ts';
import { type Clock, MONOTONIC } from '../runtime/clock.ts';
import { Feed } from '../runtime/feed.ts';
import { type LatchStore, latchInMemory } from '../runtime/latch.ts';
import { Loop } from '../runtime/loop.ts';
import type { Journal } from '../runtime/record.ts';
import { Recorder } from '../runtime/recorder.ts';
import { GateKeeper } from '../safety/gate-keeper.ts';
import { isSampleName, SAMPLE_NAMES } from '../twin/samples.ts';
import type { Twin } from '../twin/twin.ts';
import { after, millis } from '../units.ts';
import { Hardware } from './hardware.ts';
import { type InjectionOrder, Simulation } from './simulation.ts';

export interface Assembly {
  readonly settings: Settings;
  /** What the bench file of the settings says; left out where they name none. */
  readonly bench?: BenchFile | null;
  readonly recipe: Recipe;
  readonly latch?: LatchStore;
  /** The run’s record first, then its copies; a record that fails ends the run (I22). Left out: nothing is recorded. */
  readonly journals?: readonly Journal[];
  readonly injections?: readonly InjectionOrder[];
  /** Wall time for the record, ISO 8601 in UTC. Left out: virtual time, and the record has none. */
  readonly wallUtc?: () => string;
}

/** The controller on the simulated bench. */
export function assembleSimulation(a: Assembly): Simulation {
  const { settings, injections } = a;
  requireSimulated(settings);
  checkSample(settings);
  const bench = simBench(settings, a.bench ?? null);
  const { twin } = bench;
  const feed = recordedFeed(a, () => ({ filmC: twin.filmC, segregated: twin.film.segregated }));
  const latch = onDisk(a.latch ?? latchInMemory(), bench);
  const clock = { now: () => bench.now };
  const startLoop = (): Loop => loopOn({ ...a, latch }, simHal(settings, bench), clock, feed);
  return new Simulation({ bench, feed, tickUs: millis(settings['loop.tickMs']), startLoop }, injections);
}

/** The record is stored on the bench’s disk, which may be slow. */
const onDisk = (latch: LatchStore, bench: SimBench): LatchStore => ({
  load: () => latch.load(),
  save: (record, done) => {
    if (bench.diskUs === 0) latch.save(record, done);
    else bench.schedule(after(bench.now, bench.diskUs), () => latch.save(record, done));
  },
});

/** The controller on the real bench. Resolves with every output low and the heater off. */
export async function assembleHardware(a: Omit<Assembly, 'injections'>): Promise<Hardware> {
  const clock = MONOTONIC;
  const hal = await linuxHal(a.settings, () => clock.now());
  const feed = recordedFeed(a, () => null);
  const loop = loopOn(a, hal, clock, feed);
  hal.watch((text) => feed.emit({ kind: 'trouble', code: 'lines-lost', text }, clock.now()));
  return new Hardware({ loop, feed, clock, close: () => hal.close() });
}

/** Snapshots and events, written down by the recorder. */
function recordedFeed({ journals = [], settings, wallUtc }: Assembly, truth: () => Beside['truth']): Feed {
  const feed = new Feed();
  const beside = (): Beside => ({ wallUtc: wallUtc?.() ?? null, truth: truth() });
  if (journals.length > 0) feed.subscribe(new Recorder(journals, millis(settings['journal.rowMs']), beside));
  return feed;
}

/** The loop gets every port but the gate, which only its keeper is handed. */
function loopOn(a: Assembly, { gate, ...hal }: Hal, clock: Clock, feed: Feed): Loop {
  const { settings, recipe, latch = latchInMemory(), journals: [record] = [] } = a;
  const keeper = new GateKeeper(gate, gateLimits(settings), clock.now());
  return new Loop({ clock, hal, keeper, settings, recipe, latch, feed, recordFailing: () => record?.failing ?? false });
}

/** The sample of the settings alone, with no controller on it. */
export function assembleTwin(settings: Settings, bench: BenchFile | null = null): Twin {
  checkSample(settings);
  return simBench(settings, bench).twin;
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

/** What is wrong with the sample’s name. */
export function sampleProblems(settings: Settings): Problem[] {
  const name = settings['sim.sample'];
  if (isSampleName(name)) return [];
  const allowed = SAMPLE_NAMES.join(' | ');
  const remedy = 'Give one of the sample names.';
  return [{ code: 'SAMPLE_UNKNOWN', path: 'sim.sample', got: JSON.stringify(name), allowed, remedy }];
}

function checkSample(settings: Settings): void {
  const problems = sampleProblems(settings);
  if (problems.length > 0) throw new ConfigError(problems);
}
