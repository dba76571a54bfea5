import { beforeAll, describe, expect, it } from 'vitest';
import { strangerTo, truthOf } from '../../benchmarks/heat/bench.ts';
import { learnSlow } from '../../benchmarks/heat/slow.ts';
import { rigOf } from '../../benchmarks/heat/watch.ts';
import type { CalibratedKey, Calibration } from '../../src/config/calibration.ts';
import { BENCH_FORMAT, type BenchFile } from '../../src/params/bench-file.ts';
import type { Settings } from '../../src/params/settings.ts';
import { calibratedBy, commissionSimulated } from '../../src/rig/commissioned.ts';
import type { Simulation } from '../../src/rig/simulation.ts';
import { type Learnt, SlowWatch } from '../../src/rig/slow-watch.ts';
import { after, seconds } from '../../src/units.ts';

const BENCH: BenchFile = {
  format: BENCH_FORMAT,
  substrate: { fastK: 8, fastTauS: 2.2, slowK: 6, slowTauS: 430 },
  thermocouple: { contact: 0.95, lagS: 0.9 },
  infrared: { emissivity: 0.8 },
};
const PULSES = { mode: 'pulse', onS: 0.5, periodS: 5, forS: 4000 } as const;
const LONG_S = 1260;

let calibration: Calibration;
let settings: Settings;
beforeAll(async () => {
  const stranger = strangerTo(BENCH, 'max31856');
  const { outcome } = await commissionSimulated(stranger, BENCH);
  if (outcome.kind !== 'good') throw new Error(JSON.stringify(outcome));
  ({ calibration } = outcome);
  settings = calibratedBy(stranger, calibration);
});

/** A rig, what is learnt on it, and time that passes as in the daemon. */
function watched(bench = BENCH, from = calibration) {
  const rig = rigOf(settings, bench, PULSES);
  const learnt: Learnt[] = [];
  const watch = new SlowWatch(from, settings, (one) => learnt.push(one));
  rig.feed.subscribe(watch);
  const pass = (spanS: number): void => {
    const until = after(rig.now(), seconds(spanS));
    while (rig.now() < until) {
      rig.tick();
      watch.tick();
    }
  };
  return { rig, learnt, watch, pass };
}

/** The person stops, waits, and arms again. */
function again({ rig, pass }: { rig: Simulation; pass: (spanS: number) => void }, restS: number): void {
  rig.controls.ask({ kind: 'stop' });
  pass(restS);
  expect(rig.arm()).toBe(true);
}

const truth = truthOf(BENCH);

describe('a run of twenty minutes', () => {
  it('tells the slow pole far better than the commissioning, inside of what it says', async () => {
    for (const run of ['pulse', 'swing'] as const) {
      const { before, after } = (await learnSlow(BENCH, 'max31855', run))!;
      for (const of of ['tau', 'gain'] as const) {
        expect(Math.abs(Math.log(after![of].ratio))).toBeLessThan(2 * after![of].error);
        expect(after![of].error).toBeLessThan(before[of].error);
      }
      expect(after!.tau.error).toBeLessThan(0.08);
    }
  }, 60_000);

  it('is fitted while it goes on, and again when it ends; a shorter one is not', () => {
    const { rig, learnt, watch, pass } = watched();
    expect(rig.arm()).toBe(true);
    pass(1180);
    expect(learnt).toEqual([]);
    pass(80);
    expect(learnt).toHaveLength(1);
    pass(300);
    watch.finish();
    expect(learnt).toHaveLength(2);
    const [first, last] = learnt.map((one) => (one.kind === 'better' ? one.found : null));
    expect(last!.slowTauError).toBeLessThan(first!.slowTauError);
    expect(Math.abs(Math.log(last!.slowTauS / truth.slowTauS))).toBeLessThan(2 * last!.slowTauError);
    watch.finish();
    expect(learnt).toHaveLength(2);
  }, 60_000);

  it('goes exactly as it does when nobody learns from it', () => {
    const digest = (learning: boolean): string => {
      const { rig, learnt, pass } = watched();
      if (!learning) {
        const alone = rigOf(settings, BENCH, PULSES);
        alone.arm();
        alone.run(LONG_S);
        return alone.digest();
      }
      rig.arm();
      pass(LONG_S);
      expect(learnt).toHaveLength(1);
      return rig.digest();
    };
    expect(digest(true)).toBe(digest(false));
  }, 60_000);

  it('counts the heat of the film alone, not what is lost in MOSFET, shunt and leads', () => {
    const { rig, watch, pass } = watched();
    const { twin } = rig.bench;
    const step = twin.step.bind(twin);
    let joules = 0;
    twin.step = (dtS, currentA) => {
      joules += currentA ** 2 * twin.substrate.resistanceOhm() * dtS;
      step(dtS, currentA);
    };
    rig.arm();
    const record = watch['record']!;
    while (record.count < 30) pass(0.05);
    const { slowIrW, lastsS } = record.means;
    const counted = slowIrW.slice(0, 30).reduce((sum, watts, i) => sum + watts * lastsS[i]!, 0);
    // As measured it would be 1 % more.
    expect(counted / joules).toBeGreaterThan(0.995);
    expect(counted / joules).toBeLessThan(1.005);
  }, 60_000);

  it('teaches nothing, and says so once, on a bench that is warm from an earlier heat', () => {
    const { rig, learnt, watch, pass } = watched();
    rig.bench.twin.substrate.step(100, 0.4);
    rig.bench.twin.rest(20, 0);
    expect(rig.arm()).toBe(true);
    pass(2 * LONG_S);
    watch.finish();
    expect(learnt).toEqual([{ kind: 'unfit', why: expect.stringContaining('not known to be at rest') }]);
  }, 60_000);

  it('teaches nothing under a calibration that does not say how the bench was at rest', () => {
    const { ambientC: _, ...measured } = calibration.measured;
    const { rig, learnt, pass } = watched(BENCH, { ...calibration, measured });
    rig.arm();
    pass(LONG_S);
    expect(learnt).toMatchObject([{ kind: 'unfit' }]);
  }, 60_000);

  it('teaches nothing when a sensor comes off in it', () => {
    const changes = [{ what: 'infrared.emissivity', atS: 300, overS: 1, to: 0.5 }] as const;
    const { rig, learnt, pass } = watched({ ...BENCH, changes: [...changes] });
    rig.arm();
    pass(LONG_S);
    expect(learnt).toEqual([{ kind: 'unfit', why: expect.stringContaining('a sensor does not show') }]);
  }, 60_000);

  it('teaches nothing but that it is another bench, where the slow pole is far from what was commissioned', () => {
    const other = { ...BENCH, substrate: { ...BENCH.substrate, slowTauS: 150, slowK: 6 * (150 / 430) } };
    const key = 'heater.slowTauS';
    const { rig, learnt, watch, pass } = watched(other, {
      ...calibration,
      intervals: { ...calibration.intervals, [key]: [300, 600] },
      settings: { ...calibration.settings, [key]: 424 },
    });
    rig.arm();
    pass(2 * LONG_S);
    watch.finish();
    expect(learnt).toEqual([{ kind: 'unfit', why: expect.stringContaining('commission it again') }]);
  }, 60_000);

  it('may be made of several: the heat of the ones before is known', () => {
    const it = watched();
    it.rig.arm();
    it.pass(500);
    again(it, 60);
    it.pass(700);
    expect(it.learnt).toHaveLength(1);
    const [one] = it.learnt;
    const found = one?.kind === 'better' ? one.found : null;
    expect(Math.abs(Math.log(found!.slowTauS / truth.slowTauS))).toBeLessThan(2 * found!.slowTauError);
  }, 60_000);

  it('is not offered where the calibration already knows as much', () => {
    const interval = (key: string): [number, number] => {
      const value = calibration.settings[key as CalibratedKey];
      return [value * 0.92, value * 1.08];
    };
    const key = 'heater.slowTauS';
    const known = { ...calibration, intervals: { ...calibration.intervals, [key]: interval(key) } };
    const { rig, learnt, pass } = watched(BENCH, known);
    rig.arm();
    pass(LONG_S);
    expect(learnt).toEqual([]);
  }, 60_000);
});
