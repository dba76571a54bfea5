import { describe, expect, it } from 'vitest';
import { injectionOf } from '../../src/hal/sim/injection.ts';
import { PULSE, recipeOf, rig } from '../support/bench.ts';

/** While the film warms up, the memory of a good response is strongest. */
describe('a sensor that stops following within the first pulses', () => {
  it.each(['tc-shorted-far', 'tc-detached', 'tc-reversed', 'ir-obstructed'] as const)(
    '%s is found within its bound, in whatever phase',
    (name) => {
      const { boundS } = injectionOf(name);
      const late: string[] = [];
      for (let seed = 1; seed <= 4; seed += 1)
        for (let atS = 0.25; atS < 7; atS += 0.5) {
          const { simulation } = rig(recipeOf(PULSE(3600)), {
            settings: { 'sim.seed': seed },
            injections: [{ name, atS }],
          });
          simulation.arm();
          simulation.run(atS + boundS + 2);
          const [trip] = simulation.trips();
          if (!trip || trip.heaterOffAfterMs > boundS * 1000)
            late.push(`seed ${seed}, at ${atS} s: ${trip?.heaterOffAfterMs ?? 'never'} ms`);
        }
      expect(late).toEqual([]);
    },
  );
});
