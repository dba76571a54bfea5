import { describe, expect, it } from 'vitest';
import { gateLimits, simBench } from '../../../src/hal/registry.ts';
import type { SimBench } from '../../../src/hal/sim/bench.ts';
import { SimPump } from '../../../src/hal/sim/pump.ts';
import { defaultSettings, type Settings } from '../../../src/params/settings.ts';
import { after, instant, millis, seconds } from '../../../src/units.ts';

const make = (changes: Partial<Settings> = {}): SimBench => simBench({ ...defaultSettings(), ...changes }, null);
const PATTERN = { onUs: seconds(5), periodUs: seconds(10), startUs: 0 };

/** Feeds pump and gate every 50 ms for `spanUs`. */
function drive(bench: SimBench, spanUs: number, feed: { pump?: boolean; gate?: boolean } = {}): void {
  const { pump = true, gate = true } = feed;
  for (const end = bench.now + spanUs; bench.now < end; ) {
    if (gate) bench.gate.play({ ...PATTERN, startUs: instant(0) }, millis(250));
    if (pump) bench.pump.toggle();
    bench.advanceTo(after(bench.now, millis(50)));
  }
}

describe('the ENABLE pump', () => {
  const pump = (holdMs: number): { pump: SimPump; go: (ms: number) => void } => {
    let now = instant(0);
    const it = new SimPump(() => now, millis(holdMs));
    return {
      pump: it,
      go: (ms) => {
        now = after(now, millis(ms));
        it.advance();
      },
    };
  };

  it('needs two edges to close', () => {
    const { pump: p, go } = pump(100);
    p.toggle();
    expect(p.closed).toBe(false);
    go(50);
    p.toggle();
    expect(p.closed).toBe(true);
  });

  it('opens by itself after its hold time and not before', () => {
    const { pump: p, go } = pump(100);
    p.toggle();
    go(50);
    p.toggle();
    go(99);
    expect(p.closed).toBe(true);
    go(1);
    expect(p.closed).toBe(false);
  });

  it('does not close from two edges that are too far apart', () => {
    const { pump: p, go } = pump(100);
    p.toggle();
    go(101);
    p.toggle();
    expect(p.closed).toBe(false);
  });
});

describe('the simulated power path', () => {
  it('carries 0.4 A only while gate, pump, E-stop and lid agree', () => {
    const bench = make();
    drive(bench, seconds(1));
    expect(bench.heaterA).toBeCloseTo(0.4, 2);
    for (const cut of ['estop', 'lid'] as const) {
      bench[cut].isClosed = false;
      drive(bench, millis(50));
      expect(bench.heaterA).toBe(0);
      bench[cut].isClosed = true;
      drive(bench, millis(50));
      expect(bench.heaterA).toBeCloseTo(0.4, 2);
    }
  });

  it('carries nothing with the gate alone or the pump alone', () => {
    const gateOnly = make();
    drive(gateOnly, seconds(2), { pump: false });
    expect(gateOnly.energyJ).toBe(0);
    const pumpOnly = make();
    drive(pumpOnly, seconds(2), { gate: false });
    expect(pumpOnly.energyJ).toBe(0);
  });

  it('opens by the pump within its hold time when the controller falls silent with a stuck MOSFET', () => {
    const bench = make();
    drive(bench, seconds(1));
    bench.mosfet = 'stuck-on';
    const silentAt = bench.now;
    bench.advanceTo(after(silentAt, seconds(5)));
    expect(bench.heaterA).toBe(0);
    expect(bench.lastHeatUs - silentAt).toBeLessThanOrEqual(millis(200));
  });

  it('takes the energy that P = I²R and the time say', () => {
    const bench = make();
    drive(bench, seconds(2));
    expect(bench.energyJ).toBeGreaterThan(2.3 * 1.85);
    expect(bench.energyJ).toBeLessThan(2.45 * 2);
  });

  it('blows the electronic fuse on 12 V within milliseconds, and not without one', () => {
    const fused = make();
    fused.supplyV = 12;
    drive(fused, seconds(1));
    expect(fused.energyJ).toBeLessThan(0.05);
    const bare = make({ 'sim.efuse': false });
    bare.supplyV = 12;
    drive(bare, seconds(1));
    expect(bare.energyJ).toBeGreaterThan(7);
  });

  it('does what was scheduled at its instant, in order, in the middle of a step', () => {
    const bench = make();
    const seen: number[] = [];
    bench.schedule(instant(130_000), () => seen.push(bench.now));
    bench.schedule(instant(70_000), () => seen.push(bench.now));
    bench.advanceTo(instant(200_000));
    expect(seen).toEqual([millis(70), millis(130)]);
  });

  it('is the same to the last bit however often it is asked', () => {
    const coarse = make();
    const again = make();
    drive(coarse, seconds(3));
    drive(again, seconds(3));
    expect(again.twin.filmC).toBe(coarse.twin.filmC);
    expect(again.energyJ).toBe(coarse.energyJ);
  });

  it('hands the gate the limits of the local file', () => {
    expect(gateLimits(defaultSettings())).toEqual({
      longestOnUs: seconds(5.5),
      leastOffUs: millis(50),
      longestLeaseUs: millis(250),
      dutyMax: 0.6,
      dutyWindowUs: seconds(60),
      constantUs: seconds(900),
      heaterLine: 17,
      enableLine: 27,
    });
  });
});
