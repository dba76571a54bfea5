/** A guard of the light path that is taken out breaks a figure; the benchmark prints the others. */
import { describe, expect, it } from 'vitest';
import { bounds, earliest, type Looked, noiseOf } from '../../benchmarks/feedback/bound.ts';
import { guardLines, guardRun, guardTasks } from '../../benchmarks/feedback/guards.ts';
import { swap } from '../../benchmarks/feedback/swap.ts';
import { Prng } from '../../src/twin/prng.ts';
import { sampleOf } from '../../src/twin/samples.ts';

const FROM = { folder: null, map: false, hours: null, seed: 31, spread: 0.1, room: [20, 22], plants: 'paper' } as const;

describe('guards of the light path', () => {
  it('show in the figures when they are gone, and are back for the next run', async () => {
    const tasks = guardTasks(FROM, 2, ['anchor']).filter(({ suite }) => suite === 'swallow');
    // Of each bench first the whole light path and then the one without its guard.
    expect(tasks.map(({ isOut }) => isOut)).toEqual([false, true, false, true]);
    const results = [];
    for (const task of tasks) results.push(await guardRun(task));
    const lines = guardLines(tasks, results);
    const value = (name: string): number => lines.find((line) => line.name === name)?.value ?? Number.NaN;
    expect(value('guard-anchor:swallowed-p50:creep')).toBe(0);
    expect(value('without-anchor:swallowed-p50:creep')).toBeGreaterThan(50);
  });

  it('are swapped in the place of a method and back, getters, too', () => {
    class Thing {
      get one(): number {
        return 1;
      }
      two(): number {
        return 2;
      }
    }
    const backs = [swap(Thing.prototype, 'one', () => 10), swap(Thing.prototype, 'two', (two) => () => 10 * two())];
    expect([new Thing().one, new Thing().two()]).toEqual([10, 20]);
    for (const back of backs) back();
    expect([new Thing().one, new Thing().two()]).toEqual([1, 2]);
  });
});

describe('the earliest call that the noise allows', () => {
  it('is that of the matched filter: squares of a signal over its noise add up to 4.87²', () => {
    const looks = (signal: (n: number) => number) =>
      Array.from({ length: 100 }, (_, i) => ({ atS: 4 * (i + 1), signal: signal(i + 1) }));
    // A constant of one standard deviation needs 24 looks, and half of it four times as many.
    expect(
      earliest(
        looks(() => 1),
        1,
      ),
    ).toBe(4 * 24);
    expect(
      earliest(
        looks(() => 0.5),
        1,
      ),
    ).toBe(4 * 95);
    // A ramp of half a standard deviation a look: n·(n + 1)·(2n + 1)/24 first reaches 23.7 at n = 7, not where one look does (10).
    expect(
      earliest(
        looks((n) => 0.5 * n),
        1,
      ),
    ).toBe(4 * 7);
    expect(
      earliest(
        looks((n) => -0.001 * n),
        0.002,
      ),
    ).toBe(4 * 7);
    expect(
      earliest(
        looks(() => 0.1),
        1,
      ),
    ).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes its noise from what bends, not from a trend or a jump', () => {
    const chance = new Prng(3, 1);
    const of = (level: (i: number) => number) =>
      noiseOf(Array.from({ length: 2000 }, (_, i) => level(i) + chance.normal()));
    expect(of(() => 0)).toBeCloseTo(1, 1);
    expect(of((i) => 0.5 * i)).toBeCloseTo(1, 1);
    expect(of((i) => (i > 1000 ? 100 : 0))).toBeCloseTo(1, 1);
  });

  it('is that of the truth after the onset, with the noise before it', () => {
    const chance = new Prng(4, 1);
    const looks = Array.from({ length: 300 }, (_, i): Looked => {
      const atS = 4 * (i - 200);
      const noise = { red: 1e-3 * chance.normal(), rho: 1e-3 * chance.normal() };
      // Both readings are lost after the onset: the bound must not look at them.
      return { atS, ...(atS < 0 ? noise : { red: 5, rho: 5 }), segregated: Math.max(0, atS * 1e-4) };
    });
    const film = sampleOf('feng-2023');
    const bright = bounds(looks, { ...film, segregatedBrightness: 1.4 });
    const faint = bounds(looks, { ...film, segregatedBrightness: 0.3 });
    expect(bright.one).toBe(faint.one);
    expect(bright.two).toBeLessThan(faint.two);
    // 4e-4 a look over 1e-3: n·(n + 1)·(2n + 1)/6 reaches 23.7/0.16 = 148 at n = 7, and the looks begin with none.
    expect(Math.abs(bright.one - 28)).toBeLessThanOrEqual(4);
  });
});
