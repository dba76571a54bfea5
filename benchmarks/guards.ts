/** What the guards cost and how soon they act, where that is not “the time from a fault to the end of heat”. */
import { type Recipe, readRecipe } from '../src/params/recipe.ts';
import { defaultSettings } from '../src/params/settings.ts';
import { assembleSimulation } from '../src/rig/assemble.ts';
import type { InjectionOrder, Simulation } from '../src/rig/simulation.ts';
import { inSeconds, since } from '../src/units.ts';
import { type Figure, figure } from './figure.ts';

const SPAN_S = 300;
const PHASES = 25;

function recipe(): Recipe {
  const read = readRecipe('guards', {
    title: '0.5/5 s',
    steps: [{ light: 1, mode: 'pulse', onS: 0.5, periodS: 5, forS: SPAN_S }],
  });
  if ('problems' in read) throw new Error('the benchmark’s recipe is wrong');
  return read.recipe;
}

const on = (...injections: InjectionOrder[]): Simulation =>
  assembleSimulation({ settings: defaultSettings(), recipe: recipe(), injections });

/** Pulses that began in the run. */
function pulses(simulation: Simulation): number {
  let count = 0;
  simulation.feed.subscribe({
    event: (event) => {
      if (event.kind === 'edge' && event.rising && event.timeS !== null) count += 1;
    },
  });
  simulation.arm();
  simulation.run(SPAN_S);
  return count;
}

/** A pump that holds for 3 s: how long current flowed before the proof test locked it out, s. */
function slowPump(): Figure {
  const simulation = on({ name: 'pump-slow', atS: -1 });
  const armed = simulation.arm();
  const watts = 2.4;
  const heatS = armed ? Number.POSITIVE_INFINITY : simulation.bench.energyJ / watts;
  return figure(
    'pump-slow-heat-s',
    heatS,
    's of current',
    0.5,
    'a pump that holds for 3 s: current until the proof test locks out',
  );
}

/** One transfer that hangs for a second: pulses lost, worst over the phase of the pulse. */
function hiccup(): Figure {
  const calm = pulses(on());
  let lost = 0;
  for (let phase = 0; phase < PHASES; phase += 1) {
    lost = Math.max(lost, calm - pulses(on({ name: 'bus-hiccup', atS: 30 + (phase * 5) / PHASES })));
  }
  return figure('bus-hiccup-pulses-lost', lost, 'pulses', 2, 'one I2C transfer hangs for 1 s, the worst of 25 phases');
}

/** A disk that takes three seconds for each record: by how much it delays arming. */
function slowDisk(): Figure {
  const quick = on();
  const slow = on({ name: 'disk-slow', atS: -1 });
  quick.arm();
  const armed = slow.arm();
  return figure(
    'disk-slow-delay-s',
    armed ? inSeconds(since(slow.bench.now, quick.bench.now)) : Number.POSITIVE_INFINITY,
    's',
    3.1,
    'every safety record takes 3 s: arming is later by this, and nothing trips',
  );
}

/** How much of a rest of 4.5 s the second switch is open. */
function openRest(): Figure {
  const simulation = on();
  simulation.arm();
  let open = 0;
  let ticks = 0;
  for (; ticks < 100 * 20; ticks += 1) {
    simulation.tick();
    if (!simulation.bench.pump.closed) open += 1;
  }
  return figure(
    'enable-closed-share',
    1 - open / ticks,
    'of the time',
    0.25,
    'ENABLE closed in 0.5/5 s pulses; before it opened in rests it was always',
  );
}

export const guards = (): Figure[] => [slowPump(), hiccup(), slowDisk(), openRest()];
