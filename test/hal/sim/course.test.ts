import { describe, expect, it } from 'vitest';
import { simBench } from '../../../src/hal/registry.ts';
import { BENCH_FORMAT, type BenchFile } from '../../../src/params/bench-file.ts';
import { defaultSettings } from '../../../src/params/settings.ts';
import { instant, seconds } from '../../../src/units.ts';

const at = (s: number) => instant(seconds(s));
const benchWith = (file: Omit<BenchFile, 'format'>) =>
  simBench({ ...defaultSettings(), 'sim.bench': 'b.json' }, { format: BENCH_FORMAT, ...file });

describe('a bench that changes while time passes', () => {
  it('needs its file once the settings name one', () => {
    expect(() => simBench({ ...defaultSettings(), 'sim.bench': 'b.json' }, null)).toThrow('bench file');
  });

  it('steps and ramps as its file says', () => {
    const bench = benchWith({
      changes: [
        { what: 'supply.scale', atS: 10, overS: 0, to: 0.88 },
        { what: 'infrared.emissivity', atS: 10, overS: 20, to: 0.55 },
        { what: 'optics.coupling', atS: 5, overS: 0, to: 0.5 },
      ],
    });
    const nominal = bench.nominalV;
    bench.advanceTo(at(9.9));
    expect(bench.supplyV / nominal).toBe(1);
    expect(bench.emissivity).toBe(0.95);
    bench.advanceTo(at(20));
    expect(bench.supplyV / nominal).toBeCloseTo(0.88, 12);
    expect(bench.emissivity).toBeCloseTo(0.75, 3);
    bench.advanceTo(at(31));
    expect(bench.emissivity).toBeCloseTo(0.55, 12);
    expect(bench.twin.couplingScale).toBe(0.5);
  });

  it('lets the film follow the room through its own time constants, without a shock', () => {
    const bench = benchWith({ changes: [{ what: 'room.celsius', atS: 1, overS: 0, to: 27.8 }] });
    bench.advanceTo(at(1.1));
    expect(bench.twin.substrate.roomC).toBe(27.8);
    expect(bench.twin.filmC - 23.8).toBeLessThan(0.2);
    bench.advanceTo(at(1 + 2.85));
    // One fast time constant: 1 − 1/e of the fast share, and next to nothing of the slow one.
    expect(bench.twin.filmC - 23.8).toBeCloseTo(4 * (8.97 / 15.54) * (1 - Math.exp(-1)), 1);
    bench.advanceTo(at(4000));
    expect(bench.twin.filmC).toBeCloseTo(27.8, 1);
  });

  it('swings the room about where its changes put it', () => {
    const bench = benchWith({
      room: { swingK: 2, periodS: 400 },
      changes: [{ what: 'room.celsius', atS: 150, overS: 0, to: 25 }],
    });
    bench.advanceTo(at(100));
    expect(bench.twin.substrate.roomC).toBeCloseTo(25.8, 3);
    bench.advanceTo(at(300));
    expect(bench.twin.substrate.roomC).toBeCloseTo(23, 3);
  });
});
