/** ENABLE opens in the rests: no pulse may pay for it, whatever the tick, the pattern or the lateness of ticks. */
import { describe, expect, it } from 'vitest';
import { simBench, simHal } from '../../src/hal/registry.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { Prng } from '../../src/twin/prng.ts';
import { instant } from '../../src/units.ts';
import { looped, PULSE, recipeOf, rig, type Step } from '../support/bench.ts';
import { Oracle } from '../support/oracle.ts';
import { PulseWatch, type SeenPulse } from '../support/pulses.ts';

/** Of pulses, those that heated for at least 1 ms less than the gate was high, in words. */
const cut = (pulses: readonly SeenPulse[]): string[] =>
  pulses
    .filter(({ riseUs, fallUs, flowedUs }) => fallUs - riseUs - flowedUs > 1000)
    .map(({ riseUs, fallUs, flowedUs }) => `${fallUs - riseUs} µs at ${riseUs} heated for ${flowedUs} µs`);

describe('with ticks on time every pulse heats for as long as the gate is high', () => {
  it.each([20, 37, 45, 50])('under PID after an empty window, with ticks of %i ms', (tickMs) => {
    for (const windowMs of [500, 1000, 5000]) {
      const settings = { 'loop.tickMs': tickMs, 'pid.windowMs': windowMs };
      const { simulation } = rig(recipeOf({ light: 0, mode: 'pid', setpointC: 24.2, forS: 900 }), { settings });
      simulation.arm();
      const watch = new PulseWatch(simulation.bench);
      simulation.run(120);
      const pulses = watch.seen();
      expect(pulses.length).toBeGreaterThan(10);
      // Empty windows are there: a pulse in every one would be more.
      if (windowMs < 5000) expect(pulses.length).toBeLessThan(120_000 / windowMs);
      expect(cut(pulses), `${windowMs} ms`).toEqual([]);
    }
  });

  it.each([
    [0.05, 2.5],
    [0.5, 5],
    [2, 4],
  ])('after a pause that ends at any instant of the period (%d s of %d s)', (onS, periodS) => {
    let goneOn = 0;
    for (let atS = 10; atS < 10 + periodS; atS += 0.05) {
      const { simulation } = rig(recipeOf(PULSE(60, onS, periodS)), { injections: [{ name: 'bus-hiccup', atS }] });
      simulation.arm();
      const watch = new PulseWatch(simulation.bench);
      simulation.run(12 + 2 * periodS);
      const pulses = watch.seen().filter(({ fallUs }) => fallUs > simulation.bench.now - 2e6 * periodS);
      goneOn += pulses.length;
      expect(cut(watch.seen()), `paused at ${atS} s`).toEqual([]);
    }
    expect(goneOn).toBeGreaterThan(periodS / 0.05);
  });
});

/** Ticks at instants that the test gives, on a bench with this recipe. */
function ticked(steps: readonly Step[]) {
  const settings = defaultSettings();
  const bench = simBench(settings, null);
  const { feed, loop } = looped(settings, simHal(settings, bench), recipeOf(...steps), { now: () => bench.now });
  return { bench, feed, loop, holdUs: settings['enable.holdMs'] * 1000 };
}

/**
 * For how long within a pulse a pump that got an edge from every tick would have been open: two ticks inside the hold time
 * close it, and it opens when that has passed. So much does lateness explain, by the instants of the ticks alone.
 */
function openUs(ticks: readonly number[], holdUs: number, { riseUs, fallUs }: SeenPulse): number {
  let closed = 0;
  for (let i = 1; i < ticks.length; i += 1) {
    const [before, at, next] = [ticks[i - 1] ?? 0, ticks[i] ?? 0, ticks[i + 1] ?? Number.POSITIVE_INFINITY];
    if (at - before > holdUs) continue;
    closed += Math.max(0, Math.min(fallUs, next, at + holdUs) - Math.max(riseUs, at));
  }
  return fallUs - riseUs - closed;
}

describe('with ticks that come 0 to 60 ms late', () => {
  const RESTS = [0.95, 1, 1.05, 1.1];
  const steady = RESTS.flatMap((restS) =>
    [0.05, 0.5, 0.9].map((onS): [string, Step[]] => [
      `${onS} s and a rest of ${restS} s`,
      [PULSE(600, onS, Number((onS + restS).toFixed(3)))],
    ]),
  );
  const changing = [3.3, 3.6, 4.2, 4.7, 4.95, 5, 5.05].map((forS): [string, Step[]] => [
    `steps of ${forS} s that change the pattern inside a rest`,
    Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? PULSE(forS, 0.3, 1.4) : PULSE(forS, 0.5, 5))),
  ]);

  it.each([...steady, ...changing])('%s: no trip, and a pulse loses what lateness explains', (_, steps) => {
    for (let seed = 1; seed <= 2; seed += 1) {
      const prng = new Prng(seed, 60);
      const { bench, feed, loop, holdUs } = ticked(steps);
      const ticks: number[] = [];
      const oracle = new Oracle(bench);
      let watch: PulseWatch | null = null;
      for (let due = 50_000; due < 60e6; due += 50_000) {
        bench.advanceTo(instant(Math.max(bench.now + 1000, due + Math.floor(60_000 * prng.uniform()))));
        loop.tick();
        oracle.look();
        ticks.push(bench.now);
        const { name, armOrderedAt } = feed.latest.kernel;
        if (!watch && name === 'safe' && armOrderedAt === null) loop.ask({ kind: 'arm' });
        if (name === 'armed') watch ??= new PulseWatch(bench);
      }
      expect([feed.latest.kernel.latch, oracle.longestUs]).toEqual([null, 0]);
      const pulses = watch?.seen() ?? [];
      expect(pulses.length).toBeGreaterThan(15);
      let lostUs = 0;
      for (const pulse of pulses) {
        const lost = pulse.fallUs - pulse.riseUs - pulse.flowedUs;
        lostUs += lost;
        // 5 ms: a pattern that begins anew has a lead of 105 ms, and its second edge may come after 110.
        expect(lost, `at ${pulse.riseUs} µs`).toBeLessThanOrEqual(openUs(ticks, holdUs, pulse) + 5100);
      }
      expect(lostUs, 'ticks this late do open ENABLE').toBeGreaterThan(0);
    }
  });
});
