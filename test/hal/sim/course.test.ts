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

  it('lets filters, channels and the film’s own rate change', () => {
    const bench = benchWith({
      optics: { leak: 0.002, greenGain: 0.8 },
      changes: [
        { what: 'optics.leak', atS: 10, overS: 10, to: 0.004 },
        { what: 'optics.greenGain', atS: 10, overS: 10, to: 1 },
        { what: 'optics.redGain', atS: 12, overS: 0, to: 0.7 },
        { what: 'film.growth', atS: 0, overS: 40, to: 2 },
      ],
    });
    const { twin } = bench;
    bench.advanceTo(at(9));
    expect([twin.leak, twin.greenGain, twin.redGain]).toEqual([0.002, 0.8, 1]);
    bench.advanceTo(at(15));
    expect(twin.leak).toBeCloseTo(0.003, 5);
    expect(twin.greenGain).toBeCloseTo(0.9, 3);
    expect(twin.redGain).toBe(0.7);
    expect(twin.film.growthScale).toBeCloseTo(1.375, 3);
    bench.advanceTo(at(41));
    expect([twin.leak, twin.greenGain, twin.film.growthScale]).toEqual([0.004, 1, 2]);
  });

  it('has the slow changes of the film that its file names', () => {
    const { sample } = benchWith({
      ions: { gain: 0.2 },
      ligands: { gain: 3.3, riseS: 3600 },
      photoloss: { share: 0.1 },
      leadLeak: { tauS: 86_400 },
    }).twin;
    expect(sample.ions).toEqual({ gain: 0.2, riseS: 600, decayS: 4000 });
    expect(sample.brightening).toMatchObject({ plqyFrom: 1, plqyTo: 4.3, riseS: 3600 });
    expect(sample.photoloss).toEqual({ share: 0.1, tauS: 8 * 3600 });
    expect(sample.leadLeak).toMatchObject({ tauS: 86_400, creepNm: 4 });
    expect(benchWith({}).twin.sample).toMatchObject({ ions: null, brightening: null, photoloss: null, leadLeak: null });
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
