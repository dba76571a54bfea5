/**
 * Benchmarks. Each figure is one line: {name, value, unit, reference, ratio}. A reference is either measured in the same
 * run (so the ratio survives a slow machine) or the bound that the figure must keep.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { INJECTION_NAMES, injectionOf } from '../src/hal/sim/injection.ts';
import { COMPILED } from '../src/params/limits.ts';
import { readRecipe } from '../src/params/recipe.ts';
import { defaultSettings } from '../src/params/settings.ts';
import { assembleSimulation, assembleTwin } from '../src/rig/assemble.ts';
import type { InjectionOrder, Simulation } from '../src/rig/simulation.ts';
import { type Figure, figure } from './figure.ts';
import { guards } from './guards.ts';
import { type Cost, messageCost } from './message-cost.ts';

const HOUR = 3600;
const SPEED_TARGET = 5000;
const TICKS_TARGET = 20;

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function armed(injections: readonly InjectionOrder[] = []): Simulation {
  const read = readRecipe('bench', {
    title: '0.5/5 s for an hour',
    steps: [{ light: 1, mode: 'pulse', onS: 0.5, periodS: 5, forS: 4 * HOUR }],
  });
  if ('problems' in read) throw new Error('the benchmark’s recipe is wrong');
  // A row of data.csv is built every 100 ms as in a real run; here nobody keeps it.
  const journal = { row: () => {}, event: () => {}, failing: false };
  const simulation = assembleSimulation({
    settings: defaultSettings(),
    recipe: read.recipe,
    injections,
    journals: [journal],
  });
  if (!simulation.arm()) throw new Error('the controller did not arm');
  return simulation;
}

/** Simulated seconds per CPU second of the whole stack, and of the physics alone in the same run. */
function speed(): Figure[] {
  armed().run(HOUR / 2);
  const whole: number[] = [];
  const alone: number[] = [];
  let ticks = 0;
  for (let round = 0; round < 5; round += 1) {
    const simulation = armed();
    const counted = countTicks(simulation);
    let t0 = cpuSeconds();
    simulation.run(HOUR);
    whole.push(HOUR / (cpuSeconds() - t0));
    ticks = counted.ticks / HOUR;
    t0 = cpuSeconds();
    twinAlone(HOUR);
    alone.push(HOUR / (cpuSeconds() - t0));
  }
  const stack = median(whole);
  const physics = median(alone);
  return [
    figure('sim-speed', stack, 'simulated s / CPU s', SPEED_TARGET, 'whole stack, 0.5/5 s pulses, against the aim'),
    figure('sim-speed-over-physics', stack, 'simulated s / CPU s', physics, 'whole stack against the twin alone'),
    figure('control-rate', ticks, 'ticks / simulated s', TICKS_TARGET, 'control ticks, against the aim'),
  ];
}

/** Counts the controller’s ticks from here on. */
function countTicks({ feed }: Simulation): { ticks: number } {
  const counted = { ticks: 0 };
  feed.subscribe({
    snapshot: () => {
      counted.ticks += 1;
    },
  });
  return counted;
}

function twinAlone(spanS: number): void {
  const twin = assembleTwin(defaultSettings());
  twin.light = 1;
  const steps = spanS * 60;
  for (let i = 0; i < steps; i += 1) twin.step(1 / 60, (i / 60) % 5 < 0.5 ? 0.4 : 0);
}

/** Heap after garbage collection over many simulated hours: it must not grow. */
function memory(hours: number): Figure {
  const heapMb = (): number => {
    collect();
    return process.memoryUsage().heapUsed / 1e6;
  };
  let simulation = armed();
  const run = (spanHours: number): void => {
    for (let h = 0; h < spanHours; h += 1) {
      // A recipe may last four hours; the bench itself goes on.
      if (simulation.feed.latest.kernel.name !== 'armed' && !simulation.arm())
        throw new Error('the controller did not arm again');
      simulation.run(HOUR);
    }
  };
  run(Math.max(1, hours / 10));
  const early = heapMb();
  run(hours - hours / 10);
  const late = heapMb();
  simulation = armed();
  return figure('memory-growth', late, 'MB heap', early, `heap after ${hours} simulated hours against a tenth of them`);
}

/** How long heat can still flow after each fault, worst over the phase of the pulse, against its bound. */
function faults(): Figure[] {
  return INJECTION_NAMES.filter((name) => injectionOf(name).expect.length > 0).map((name) => {
    let worst = 0;
    // Through one period soon after the start, while the film still warms up, and through one later.
    for (let phase = 0; phase < 50; phase += 1) {
      const simulation = armed([{ name, atS: (phase < 25 ? 2 : 40) + phase * 0.2 + 0.003 }]);
      // What pauses a run trips only when the pause has lasted too long.
      simulation.run(60 + injectionOf(name).boundS + COMPILED.pauseS);
      const [trip] = simulation.trips();
      worst = Math.max(worst, trip ? trip.heaterOffAfterMs : Number.POSITIVE_INFINITY);
    }
    const { boundS, label } = injectionOf(name);
    return figure(`fault-${name}`, worst, 'ms', boundS * 1000, `${label}: heater off at the latest, against its bound`);
  });
}

/** Aim for the work that one message may cost the ticking thread, ms. */
const MESSAGE_MS = 5;

/** The worst that a hostile message costs the ticking thread, the first of its kind and again. */
function messages(): Figure[] {
  const { cold, warm } = messageCost();
  const about = ({ worst, messages }: Cost): string => `the worst of ${messages} hostile messages (${worst})`;
  return [
    figure('message-cost-ms', cold.ms, 'ms', MESSAGE_MS, `${about(cold)}, the first of its kind`),
    figure('message-cost-warm-ms', warm.ms, 'ms', MESSAGE_MS, `${about(warm)}, least of five`),
  ];
}

function print(f: Figure, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(f)}\n`);
  else {
    const cells = [
      f.name.padEnd(30),
      `${f.value} ${f.unit}`.padEnd(32),
      `ref ${f.reference}`.padEnd(16),
      `× ${f.ratio}`.padEnd(12),
    ];
    process.stdout.write(`${cells.join('')}${f.about}\n`);
  }
}

const args = process.argv.slice(2);
const json = args.includes('--json');
const hoursAt = args.indexOf('--hours');
const hours = hoursAt < 0 ? 100 : Number(args[hoursAt + 1]);
if (!(hours >= 2)) throw new Error('--hours takes a number of at least 2');
for (const f of messages()) print(f, json);
for (const f of speed()) print(f, json);
for (const f of faults()) print(f, json);
for (const f of guards()) print(f, json);
print(memory(hours), json);
