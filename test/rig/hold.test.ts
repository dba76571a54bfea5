import { describe, expect, it } from 'vitest';
import { strangerTo } from '../../benchmarks/heat/bench.ts';
import { heapOf } from '../../benchmarks/heat/cost.ts';
import { holdFilm, holdLines, holdTasks } from '../../benchmarks/heat/hold.ts';
import { GRID, HELD_BELOW, holds, play, truePoles } from '../../benchmarks/heat/oracle.ts';
import { rigOf } from '../../benchmarks/heat/watch.ts';
import { pulseForSwing } from '../../src/control/swing.ts';
import type { PulsePattern } from '../../src/film/grid.ts';
import { BENCH_FORMAT, type BenchFile } from '../../src/params/bench-file.ts';
import { drawBench } from '../../src/rig/population.ts';
import type { Simulation } from '../../src/rig/simulation.ts';
import { instant } from '../../src/units.ts';

const drawn = (seed: number, celsius: number): BenchFile => ({
  ...drawBench({ seed, spread: 0.2, room: [20, 27], plants: 'paper' }),
  room: { celsius },
});
const settingsOf = (bench: BenchFile) => strangerTo(bench, 'max31856');

/** Segregated fraction after `forS`, and lowest and highest film temperature of the last 20 s, °C. */
function played(bench: BenchFile, pattern: PulsePattern, forS: number) {
  let [segregated, lowC, highC] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  play(settingsOf(bench), bench, pattern, forS, ({ twin, now }) => {
    segregated = twin.film.segregated;
    if (now > (forS - 20) * 1e6) [lowC, highC] = [Math.min(lowC, twin.filmC), Math.max(highC, twin.filmC)];
    return true;
  });
  return { segregated, lowC, highC };
}

describe('the oracle of the suite hold', () => {
  it('searches the 97 patterns of the grid, each once', () => {
    expect(GRID).toHaveLength(97);
    expect(new Set(GRID.map(({ onS, periodS }) => `${onS}/${periodS}`)).size).toBe(97);
    for (const { onS, periodS } of GRID) expect(onS).toBeLessThanOrEqual(0.4 * periodS + 1e-9);
    expect(GRID).toContainEqual({ onS: 0.5, periodS: 5 });
  });

  it.each([
    [3, 26.5],
    [4, 27],
  ])('gives the film of drawn bench %i what the controller gives it with the same pattern', (seed, celsius) => {
    const bench = drawn(seed, celsius);
    const pattern = { onS: 0.5, periodS: 5 };
    const rig = rigOf(settingsOf(bench), bench, { mode: 'pulse', ...pattern, forS: 400 }, 1);
    expect(rig.arm()).toBe(true);
    let [lowC, highC] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const startedAt = rig.now();
    while (rig.now() - startedAt < 240e6) {
      rig.tick();
      const { filmC } = rig.truth();
      if (rig.now() - startedAt > 220e6) [lowC, highC] = [Math.min(lowC, filmC), Math.max(highC, filmC)];
    }
    const alone = played(bench, pattern, 240);
    expect(rig.truth().segregated).toBeGreaterThan(0.01);
    expect(alone.segregated / rig.truth().segregated).toBeCloseTo(1, 1);
    expect(alone.lowC).toBeCloseTo(lowC, 1);
    expect(alone.highC).toBeCloseTo(highC, 1);
  });

  // The slow pole still warms, and the film is looked at every 50 ms.
  it('knows the plant with its supply: the width for a swing makes that swing', () => {
    for (const seed of [5, 6, 7]) {
      const bench = drawn(seed, 23);
      const onS = pulseForSwing(truePoles(settingsOf(bench), bench), 1.8, 4, 2);
      const { lowC, highC } = played(bench, { onS, periodS: 4 }, 120);
      expect((highC - lowC) / 1.8).toBeGreaterThan(0.97);
      expect((highC - lowC) / 1.8).toBeLessThan(1.04);
    }
  });

  it('tells a pattern that holds from one that does not', () => {
    const bench: BenchFile = { format: BENCH_FORMAT, room: { celsius: 24 } };
    expect(holds(settingsOf(bench), bench, { onS: 0.5, periodS: 5 }, 120)).toBe(true);
    expect(holds(settingsOf(bench), bench, { onS: 0.2, periodS: 10 }, 120)).toBe(false);
    expect(HELD_BELOW).toBe(0.02);
  });
});

describe('the suite hold', () => {
  const from = { folder: null, map: false, hours: null, seed: 1, spread: 0, room: [0, 0], plants: 'wide' } as const;

  it('draws its own three populations, and the map only when it is asked for', () => {
    const tasks = holdTasks(from, 2);
    expect(new Set(tasks.map(({ group }) => group))).toEqual(new Set(['-10', '-20', '-30']));
    expect(tasks).toHaveLength(3 * 2 * 4);
    expect(holdTasks({ ...from, map: true }, 2)).toHaveLength(3 * 2 * 4 + 2 * 12);
    for (const { bench, group } of tasks) expect(bench.title).toContain(`spread 0.${group.slice(1, 2)},`);
  });

  it('counts a run that was refused or tripped as not held, and prints it apart', () => {
    const tasks = holdTasks(from, 4).filter(({ group, control }) => group === '-20' && control === 'swing');
    const none = { held: false, refused: false, trip: null, swings: [] };
    const lines = holdLines(tasks, [
      { ...none, held: true },
      { ...none, refused: true },
      { ...none, trip: 'E1' },
      none,
    ]);
    const of = (name: string) => lines.find((line) => line.name === name);
    expect(of('hold-swing-20')).toMatchObject({ value: 25, n: 4, reference: 68 });
    expect(of('hold-trips-20')).toMatchObject({ value: 50, n: 4, reference: 0 });
  });

  it('ends a run as soon as it is lost', async () => {
    const bench = drawn(1, 30);
    const result = await holdFilm({ bench, group: '-30', control: 'pulse', asked: null });
    expect(result).toEqual({ held: false, refused: false, trip: null, swings: [] });
  });
});

describe('the heap of a tick', () => {
  it('is what the tick allocates, whatever the bench and the questions allocate', () => {
    const kept: unknown[] = [];
    const rig = (doubles: number): Simulation => {
      const bench = {
        now: instant(0),
        advanceTo: () => {
          kept[1] = new Array(50).fill(0.5);
        },
      };
      const tick = (): void => {
        kept[0] = new Array(doubles).fill(0.5);
      };
      return { bench, loop: { tick } } as unknown as Simulation;
    };
    heapOf(rig(10));
    const apart = heapOf(rig(300)) - heapOf(rig(100));
    expect(apart / 200).toBeGreaterThan(3.5);
    // 8 bytes a number, and what the version of Node.js adds while it fills the list.
    expect(apart / 200).toBeLessThan(14);
  });
});
