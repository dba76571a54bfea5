/**
 * Fault-free benches of every kind, one after the other: nothing may trip on them. Prints the simulated hours, the trips
 * that nothing justified, and what stopped arming. `--hours N` (default 100), `--seed N`, `--json`.
 *
 * A trip is justified when the film itself was hotter than the trip temperature less one kelvin.
 */
import { recipeLimitProblems } from '../src/params/recipe-limits.ts';
import { defaultSettings } from '../src/params/settings.ts';
import { assembleSimulation } from '../src/rig/assemble.ts';
import { Prng } from '../src/twin/prng.ts';
import { anyRecipe, world } from './worlds.ts';

const RUN_S = 1800;
const HEAT = 0.3;

const args = process.argv.slice(2);
const json = args.includes('--json');
const option = (name: string, otherwise: number): number => {
  const at = args.indexOf(name);
  return at < 0 ? otherwise : Number(args[at + 1]);
};
const hours = option('--hours', 100);
const seed = option('--seed', 90_001);
if (!(hours > 0) || !Number.isSafeInteger(seed)) throw new Error('--hours takes a number, --seed a whole number');

const say = (figure: Record<string, unknown>): void => {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
};

let falseTrips = 0;
let justified = 0;
let unarmed = 0;
let simulatedS = 0;
for (let run = 0; simulatedS < hours * 3600; run += 1) {
  const prng = new Prng(seed, run);
  const other = world(prng, HEAT);
  const recipe = anyRecipe(prng, RUN_S);
  const settings = { ...defaultSettings(), ...other };
  if (recipeLimitProblems(recipe, settings).length > 0) continue;
  const journal = { row: () => {}, event: () => {}, failing: false };
  const simulation = assembleSimulation({ settings, recipe, journals: [journal] });
  const constant = recipe.steps.some(({ mode }) => mode === 'constant');
  const limitC = settings[constant ? 'limits.constantTripC' : 'limits.tripC'] - 1;
  simulatedS += RUN_S;
  if (!simulation.arm()) {
    unarmed += 1;
    say({ run, unarmed: simulation.feed.latest.faults, recipe: recipe.title });
    continue;
  }
  simulation.run(RUN_S);
  for (const { name, atS } of simulation.trips()) {
    const hot = simulation.temperature().max >= limitC;
    if (hot && name === 'over-temperature') justified += 1;
    else {
      falseTrips += 1;
      say({
        run,
        trip: name,
        atS,
        recipe: recipe.title,
        steps: recipe.steps.slice(0, 2),
        settings: other,
      });
    }
  }
}
const simulatedHours = simulatedS / 3600;
const per1000 = (1000 * falseTrips) / simulatedHours;
say({
  name: 'false-trips',
  value: falseTrips,
  unit: `in ${simulatedHours} simulated h`,
  reference: 0,
  per1000h: per1000,
  justified,
  unarmed,
  seed,
});
if (!json) process.stdout.write(`${falseTrips} false trips in ${simulatedHours} fault-free hours (seed ${seed})\n`);
process.exitCode = falseTrips > 0 ? 1 : 0;
