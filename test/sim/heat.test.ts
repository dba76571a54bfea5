/** The temperature modes and the swing mode on whole benches. */
import { describe, expect, it } from 'vitest';
import { BENCH_FORMAT, type BenchFile } from '../../src/params/bench-file.ts';
import { type RecipeFile, readRecipe } from '../../src/params/recipe.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import type { Simulation } from '../../src/rig/simulation.ts';

type Step = Omit<RecipeFile['steps'][number], 'light'>;

function rig(step: Step, changes: Partial<Settings> = {}, bench: BenchFile | null = null): Simulation {
  const read = readRecipe('test', { title: 'test', steps: [{ light: 0, ...step }] });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const file = bench ? { 'sim.bench': 'test' } : {};
  return assembleSimulation({ settings: { ...defaultSettings(), ...file, ...changes }, bench, recipe: read.recipe });
}

/** Mean film temperature by the twin over the last `spanS` seconds of `forS` more. */
function meanAfter(run: Simulation, forS: number, spanS = 10): number {
  run.run(forS - spanS);
  let sum = 0;
  const ticks = spanS / 0.05;
  for (let i = 0; i < ticks; i += 1) {
    run.tick();
    sum += run.bench.twin.filmC;
  }
  return sum / ticks;
}

describe.each(['model', 'pid'] as const)('mode %s', (mode) => {
  it.each([['max31855'], ['max31856']] as const)('stands at its setpoint with the %s', (chip) => {
    const run = rig({ mode, setpointC: 28, forS: 600 }, { 'hal.thermocouple': chip });
    expect(run.arm()).toBe(true);
    expect(meanAfter(run, 60)).toBeCloseTo(28, 0);
    expect(Math.abs(meanAfter(run, 300) - 28)).toBeLessThan(0.25);
    expect(run.trips()).toEqual([]);
  });

  it('reaches 35 °C with a duty of up to 0.95, and is refused with 0.6', () => {
    const plain = rig({ mode, setpointC: 35, forS: 600 });
    expect(plain.arm()).toBe(false);
    expect(plain.refused).toContain('out of reach');
    expect(plain.bench.energyJ).toBe(0);
    const open = rig({ mode, setpointC: 35, forS: 600 }, { 'gate.dutyMax': 0.95 });
    expect(open.arm()).toBe(true);
    open.run(60);
    const { saturation } = open.feed.latest;
    expect(saturation?.reachedInS).toBeGreaterThan(10);
    expect(Math.abs(meanAfter(open, 500) - 35)).toBeLessThan(0.4);
    expect(open.feed.latest.saturation).toBeNull();
    expect(open.trips()).toEqual([]);
  });
});

describe.each([
  { mode: 'model', setpointC: 29 },
  { mode: 'pid', setpointC: 35 },
] as const)('with the shortest longest pulse, mode $mode', (step) => {
  it('asks for no pulse that the gate refuses, and still for most of the heat that it may have', () => {
    const run = rig({ ...step, forS: 600 }, { 'gate.longestOnMs': 2000, 'gate.dutyMax': 0.95 });
    expect(run.arm()).toBe(true);
    run.run(60);
    const before = run.feed.latest.gate.heatedUs;
    run.run(100);
    const duty = (run.feed.latest.gate.heatedUs - before) / 100e6;
    expect(run.trips()).toEqual([]);
    expect(run.feed.latest.kernel.name).toBe('armed');
    if (step.mode === 'pid') expect(duty).toBeGreaterThan(0.88);
  });
});

it('with the shortest longest pulse refuses a swing that only longer ones make, before it is armed', () => {
  const wide = (longestOnMs: number): Simulation =>
    rig({ mode: 'swing', swingK: 6, periodS: 20, forS: 60 }, { 'gate.longestOnMs': longestOnMs });
  const run = wide(2000);
  expect(run.arm()).toBe(false);
  expect(run.refused).toContain('out of reach');
  expect(run.trips()).toEqual([]);
  expect(wide(5500).arm()).toBe(true);
});

it('follows the thermocouple, not an infrared thermometer that comes to show less and less', () => {
  const changes: BenchFile['changes'] = [{ what: 'infrared.emissivity', atS: 200, overS: 700, to: 0.7 }];
  const run = rig(
    { mode: 'model', setpointC: 33, forS: 3000 },
    { 'heater.commissioned': true, 'gate.dutyMax': 0.95 },
    { format: BENCH_FORMAT, changes },
  );
  expect(run.arm()).toBe(true);
  expect(meanAfter(run, 1000, 60)).toBeLessThan(34.5);
  expect(run.feed.latest.film?.contactChanged).toBe(false);
});

describe('swing mode', () => {
  /** Peak to peak of the film over the last minute, K. */
  const swingAfter = (run: Simulation, forS: number): number => {
    run.run(forS);
    return run.temperature().swing;
  };

  it('swings the delivered bench by what is asked, and counts its cycles', () => {
    const run = rig({ mode: 'swing', swingK: 2.1, periodS: 4, forS: 600 });
    expect(run.arm()).toBe(true);
    expect(Math.abs(swingAfter(run, 300) - 2.1)).toBeLessThan(0.12);
    expect(run.feed.latest.cycles).toBeGreaterThanOrEqual(74);
    expect(run.feed.latest.cycles).toBeLessThanOrEqual(76);
  });

  it('holds it when supply, room, contact and plant change', () => {
    const bench: BenchFile = {
      format: BENCH_FORMAT,
      changes: [
        { what: 'supply.scale', atS: 100, overS: 0, to: Math.sqrt(0.88) },
        { what: 'thermocouple.contact', atS: 100, overS: 0, to: 0.75 },
        { what: 'room.celsius', atS: 220, overS: 30, to: 20 },
        { what: 'substrate.gain', atS: 340, overS: 0, to: 1.3 },
      ],
    };
    const known = { 'heater.commissioned': true };
    const run = rig({ mode: 'swing', swingK: 2.1, periodS: 4, forS: 900 }, known, bench);
    expect(run.arm()).toBe(true);
    for (const untilS of [210, 120, 120]) expect(Math.abs(swingAfter(run, untilS) - 2.1)).toBeLessThan(0.2);
    expect(run.feed.latest.film?.contactChanged).toBe(true);
    expect(run.trips()).toEqual([]);
  });

  it('holds it when the infrared spot radiates less, by a slow thermocouple', () => {
    const bench: BenchFile = {
      format: BENCH_FORMAT,
      changes: [{ what: 'infrared.emissivity', atS: 100, overS: 0, to: 0.6 }],
    };
    const known = { 'heater.commissioned': true, 'sim.thermocoupleLagS': 6, 'sensors.thermocoupleLagS': 6 };
    const run = rig({ mode: 'swing', swingK: 1.2, periodS: 5, forS: 600 }, known, bench);
    expect(run.arm()).toBe(true);
    // Over the last minute: it is wrong while the disagreement grows out of the noise.
    expect(Math.abs(swingAfter(run, 500) - 1.2)).toBeLessThan(0.12);
    expect(run.feed.latest.film?.spotChanged).toBe(true);
    expect(run.trips()).toEqual([]);
  });

  it('takes another swing while it runs, without a break in its phase', () => {
    const read = readRecipe('follow', { title: 'follow', followSettings: true, steps: [] });
    if ('problems' in read) throw new Error('recipe');
    const settings = { ...defaultSettings(), 'control.mode': 'swing' as const, 'swing.targetK': 1.5 };
    const run = assembleSimulation({ settings, recipe: read.recipe });
    expect(run.arm()).toBe(true);
    expect(Math.abs(swingAfter(run, 120) - 1.5)).toBeLessThan(0.15);
    run.controls.retune({ ...settings, 'swing.targetK': 2.4 }, 1);
    // The mean of the film still rises after the change, which adds to peak and trough.
    expect(Math.abs(swingAfter(run, 120) - 2.4)).toBeLessThan(0.25);
  });

  it('needs a bench whose response is known', () => {
    const run = rig({ mode: 'swing', swingK: 2.1, periodS: 4, forS: 60 }, { 'heater.commissioned': false });
    expect(run.arm()).toBe(false);
    expect(run.refused).toContain('remixd commission');
  });
});
