import { describe, expect, it } from 'vitest';
import { anyStep, between, pick, world } from '../../benchmarks/worlds.ts';
import { INJECTION_NAMES, type InjectionName, injectionOf } from '../../src/hal/sim/injection.ts';
import { Prng } from '../../src/twin/prng.ts';
import { recipeOf, rig } from '../support/bench.ts';
import { Oracle } from '../support/oracle.ts';

/** CI seeds the campaigns by commit; a failure prints the seed of its run, which alone repeats it. */
const SEED = Number(process.env['CAMPAIGN_SEED'] ?? 1) >>> 0;
const CALM_RUNS = Number(process.env['CAMPAIGN_RUNS'] ?? 60);
const FAULT_RUNS = 10 * CALM_RUNS;
/** A longer campaign takes longer; this only ends one that hangs. */
const LIMIT_MS = 60_000 + 2_000 * CALM_RUNS;

describe(`a campaign of ${CALM_RUNS} fault-free half hours (seed ${SEED})`, () => {
  it(
    'has no trip, and control always gets what it wants or less',
    () => {
      const trips: string[] = [];
      for (let run = 0; run < CALM_RUNS; run += 1) {
        const prng = new Prng(SEED, 1000 + run);
        const chosen = anyStep(prng, 1800);
        // Constant current ends near its trip temperature, so a plant with much more heat trips rightly.
        const settings = world(prng, chosen.mode === 'constant' ? 0.1 : 0.3);
        const { simulation } = rig(recipeOf(chosen), { settings });
        // What cannot be reached is refused before anything heats.
        if (!simulation.arm() && simulation.refused === null)
          trips.push(`run ${run} did not arm: ${simulation.feed.latest.faults.join(' ')}`);
        simulation.run(1800);
        for (const { name, atS } of simulation.trips())
          trips.push(`run ${run}: ${name} at ${atS} s in ${JSON.stringify(chosen)}`);
      }
      expect(trips).toEqual([]);
    },
    LIMIT_MS,
  );
});

/** What a healthy arm excludes. A sensor that does not follow heat, or drifts, shows only later. */
const ARMING_FINDS = (name: InjectionName): boolean => {
  const { expect: found, boundS } = injectionOf(name);
  return (
    found.length > 0 && boundS < 20 && name !== 'controller-dead' && !found.some((fault) => fault.endsWith('-response'))
  );
};

describe(`a campaign of ${FAULT_RUNS} runs with one or two faults at random instants (seed ${SEED})`, () => {
  /** What leaves the first switch closed. */
  const FIRST_SWITCH: readonly InjectionName[] = ['mosfet-stuck-on', 'line-floating', 'gate-dead', 'gate-overrun'];
  /** A pump that became slow in the run keeps ENABLE closed for 3 s; the next arming finds it. */
  const boundMs = (names: readonly string[]): number => (names.includes('pump-slow') ? 3500 : 500);
  /** Both switches gone at once is the one pair that software cannot cut; the thermal cutout is for that. */
  const cuttable = (names: readonly string[]): boolean =>
    !(names.includes('enable-welded') && FIRST_SWITCH.some((name) => names.includes(name)));

  it(
    'never leaves heat on: current ends within 0.5 s of the last moment the orders permitted it, and the film stays below 46 °C',
    () => {
      const broken: string[] = [];
      for (let run = 0; run < FAULT_RUNS; run += 1) {
        const prng = new Prng(SEED, 500_000 + run);
        const settings = { ...world(prng, 0.2), 'sim.efuse': false };
        const injections = Array.from({ length: 1 + (run % 2) }, () => ({
          name: pick(prng, INJECTION_NAMES),
          atS: between(prng, -1, 30),
        }));
        const names = injections.map(({ name }) => name);
        if (!cuttable(names)) continue;
        const { simulation } = rig(recipeOf(anyStep(prng, 600)), { settings, injections });
        const say = (what: string): void => {
          broken.push(
            `run ${run}: ${what} with ${injections.map(({ name, atS }) => `${name}@${atS.toFixed(3)}`).join(' ')}`,
          );
        };
        const oracle = new Oracle(simulation.bench);
        simulation.arm();
        for (let tick = 0; tick < 60 * 20; tick += 1) {
          simulation.tick();
          oracle.look();
          const { bench } = simulation;
          if (bench.twin.filmC > 46) say(`the film reached ${bench.twin.filmC.toFixed(1)} °C`);
          if (bench.twin.filmC > 46) break;
        }
        const strayMs = oracle.longestUs / 1000;
        if (strayMs > boundMs(names)) say(`current flowed for ${strayMs.toFixed(0)} ms without a permit`);
        const trips = simulation.trips();
        const must = injections.some(({ name, atS }) => atS < 0 && ARMING_FINDS(name));
        if (must && simulation.feed.latest.kernel.name === 'armed') say('armed in spite of a fault');
        if (trips.length > 0 && simulation.feed.latest.kernel.latch === null) say('a trip did not stay latched');
      }
      expect(broken).toEqual([]);
    },
    LIMIT_MS,
  );
});
