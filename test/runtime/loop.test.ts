import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../src/params/settings.ts';
import { latchInMemory } from '../../src/runtime/latch.ts';
import { millis } from '../../src/units.ts';
import { PULSE, recipeOf, rig } from '../support/bench.ts';

const FOLLOW = { name: 'follow', title: 'follow', followSettings: true, light: null, steps: [] };
const edgesOf = (events: ReturnType<typeof rig>['events'], code: 'on' | 'off'): number[] =>
  events.filter((e) => e.kind === 'edge' && e.code === code && (e.timeS ?? -1) > 0).map((e) => e.achievedUs ?? 0);

describe('the loop', () => {
  it('arms through the whole proof test, in order, and only then starts the recipe', () => {
    const { simulation, events } = rig(recipeOf(PULSE(20)));
    expect(simulation.arm()).toBe(true);
    const states = events.filter((e) => e.kind === 'state').map((e) => e.code);
    expect(states).toEqual(['safe', 'test-enable', 'test-gate', 'prove', 'test-opening', 'armed']);
    expect(simulation.bench.energyJ).toBeLessThan(0.2);
    expect(simulation.bench.twin.film.segregated).toBe(0);
  });

  it('has the light and the heater off in safe, and both as the recipe says while armed', () => {
    const { simulation } = rig(recipeOf(PULSE(5), { light: 0.5, mode: 'off', forS: 5 }));
    expect(simulation.bench.twin.light).toBe(0);
    simulation.arm();
    simulation.run(1);
    expect(simulation.bench.twin.light).toBe(1);
    simulation.run(5);
    expect(simulation.bench.twin.light).toBe(0.5);
    simulation.run(6);
    expect([simulation.feed.latest.kernel.name, simulation.bench.twin.light, simulation.bench.heaterA]).toEqual([
      'safe',
      0,
      0,
    ]);
    expect(simulation.feed.latest.finished).toBe(true);
  });

  it('disarms within a tick and lets the pump fall open', () => {
    const { simulation } = rig(recipeOf({ light: 0, mode: 'constant', forS: 60 }));
    simulation.arm();
    simulation.run(5);
    expect(simulation.bench.heaterA).toBeGreaterThan(0.3);
    simulation.controls.ask({ kind: 'stop' });
    simulation.tick();
    simulation.tick();
    expect(simulation.bench.heaterA).toBe(0);
    simulation.run(1);
    expect([simulation.feed.latest.kernel.name, simulation.bench.pump.closed]).toEqual(['safe', false]);
  });

  it('changes t and T phase-continuously at a period boundary, through the gate', () => {
    const { simulation, events } = rig(FOLLOW);
    simulation.arm();
    simulation.run(12);
    simulation.controls.retune({ ...defaultSettings(), 'pulse.onMs': 300, 'pulse.periodMs': 3000 }, 1);
    simulation.run(20);
    const on = edgesOf(events, 'on');
    const off = edgesOf(events, 'off').filter((at) => at > (on[0] ?? 0));
    const periods = on.slice(1).map((at, i) => Math.round((at - (on[i] ?? 0)) / 1000));
    const widths = on.map((at, i) => Math.round(((off[i] ?? Number.NaN) - at) / 1000));
    expect(periods.slice(0, 6)).toEqual([5000, 5000, 5000, 3000, 3000, 3000]);
    expect(widths.slice(0, 6)).toEqual([500, 500, 500, 300, 300, 300]);
  });

  it('keeps its edges within 100 µs of the asked instants for an hour', () => {
    const { simulation, events } = rig(recipeOf(PULSE(3600)));
    simulation.arm();
    simulation.run(3600);
    const edges = events.filter((e) => e.kind === 'edge' && e.achievedUs !== undefined);
    expect(edges.length).toBeGreaterThan(1400);
    for (const { askedUs = 0, achievedUs = 0 } of edges.slice(4)) expect(achievedUs - askedUs).toBeLessThan(100);
    const on = edgesOf(events, 'on');
    expect(((on.at(-1) ?? 0) - (on[0] ?? 0)) / (on.length - 1) / 1000).toBeCloseTo(5000, 1);
  });

  it('writes the record of being armed before anything is energised', () => {
    const latch = latchInMemory();
    const seen: { armed: boolean; energyJ: number; high: boolean }[] = [];
    const { simulation } = rig(recipeOf(PULSE(20)), {
      latch: {
        load: () => latch.load(),
        save: (record, done) => {
          const { bench } = simulation;
          seen.push({ armed: record.armed, energyJ: bench.energyJ, high: bench.gate.high });
          latch.save(record, done);
        },
      },
    });
    simulation.arm();
    expect(seen[0]).toEqual({ armed: true, energyJ: 0, high: false });
  });

  it('does not arm when that record cannot be written', () => {
    const { simulation, events } = rig(recipeOf(PULSE(20)), {
      latch: {
        load: () => null,
        save: (_record, done) => done(new Error('no space left')),
      },
    });
    expect(simulation.arm()).toBe(false);
    expect(simulation.bench.energyJ).toBe(0);
    expect(events.find((e) => e.code === 'latch-unwritable')?.text).toContain('no space left');
  });

  it('has the heater off before it records a trip', () => {
    const latch = latchInMemory();
    let highAtTrip: boolean | null = null;
    const { simulation } = rig(recipeOf({ light: 0, mode: 'constant', forS: 60 }), {
      injections: [{ name: 'tc-open', atS: 5 }],
      latch: {
        load: () => latch.load(),
        save: (record, done) => {
          if (record.latch) highAtTrip ??= simulation.bench.gate.high;
          latch.save(record, done);
        },
      },
    });
    simulation.arm();
    simulation.run(10);
    expect(highAtTrip).toBe(false);
  });

  it('comes back tripped after a crash while armed, and resumes nothing', () => {
    const latch = latchInMemory();
    const first = rig(recipeOf(PULSE(60)), { latch });
    first.simulation.arm();
    first.simulation.run(7);
    const second = rig(recipeOf(PULSE(60)), { latch });
    second.simulation.run(30);
    const { kernel } = second.simulation.feed.latest;
    expect([kernel.name, kernel.latch?.fault]).toEqual(['tripped', 'restart-while-armed']);
    expect(second.simulation.bench.energyJ).toBe(0);
  });

  it('is acknowledged only by the trip’s own number, after 10 s, and then needs a fresh order', () => {
    const { simulation } = rig(recipeOf(PULSE(60)), { injections: [{ name: 'lid', atS: 3 }] });
    simulation.arm();
    simulation.run(5);
    const { feed, bench } = simulation;
    // The controls are those of the moment: a restarted controller has others.
    const { controls } = simulation;
    const trip = feed.latest.kernel.latch?.trip ?? 0;
    controls.ask({ kind: 'acknowledge', trip });
    simulation.run(1);
    expect(feed.latest.kernel.name).toBe('tripped');
    bench.lid.isClosed = true;
    simulation.run(12);
    controls.ask({ kind: 'acknowledge', trip: trip + 1 });
    simulation.run(1);
    expect(feed.latest.kernel.name).toBe('tripped');
    controls.ask({ kind: 'acknowledge', trip });
    simulation.run(10);
    expect(feed.latest.kernel.name).toBe('safe');
    expect(simulation.arm()).toBe(true);
  });

  it('locks out after the third trip in ten minutes and survives a restart locked out', () => {
    const latch = latchInMemory();
    const { simulation } = rig(recipeOf(PULSE(600)), { latch });
    for (let i = 0; i < 3; i += 1) {
      simulation.arm();
      simulation.bench.lid.isClosed = false;
      simulation.run(1);
      simulation.bench.lid.isClosed = true;
      simulation.run(11);
      simulation.controls.ask({ kind: 'acknowledge', trip: simulation.feed.latest.kernel.latch?.trip ?? 0 });
      simulation.run(1);
    }
    expect(simulation.feed.latest.kernel.name).toBe('lockout');
    const again = rig(recipeOf(PULSE(600)), { latch });
    expect(again.simulation.arm()).toBe(false);
    expect(again.simulation.feed.latest.kernel.name).toBe('lockout');
    again.simulation.controls.ask({ kind: 'reset' });
    again.simulation.run(1);
    expect(again.simulation.feed.latest.kernel.name).toBe('safe');
  });

  it('bounds its mailbox, and a stop always fits and clears what waited', () => {
    const { simulation } = rig(recipeOf(PULSE(60)));
    let taken = 0;
    for (let i = 0; i < 100; i += 1) if (simulation.controls.ask({ kind: 'arm' })) taken += 1;
    expect(taken).toBe(16);
    expect(simulation.controls.ask({ kind: 'stop' })).toBe(true);
    simulation.run(12);
    expect(simulation.feed.latest.kernel.name).toBe('safe');
  });

  it('keeps a saturated PID inside the duty budget, evenly, and says that it is saturated', () => {
    const { simulation, rows, events } = rig(recipeOf({ light: 0, mode: 'pid', setpointC: 32.5, forS: 600 }), {
      settings: { 'sim.plantMismatch': -0.3 },
    });
    simulation.arm();
    // At first the empty bucket allows more.
    simulation.run(200);
    const before = simulation.feed.latest.gate.heatedUs;
    simulation.run(300);
    expect(simulation.trips()).toEqual([]);
    const { gate, saturation } = simulation.feed.latest;
    expect((gate.heatedUs - before) / 300e6).toBeGreaterThan(0.57);
    expect((gate.heatedUs - before) / 300e6).toBeLessThan(0.6);
    expect(saturation?.reachedInS).toBeNull();
    expect(events.filter(({ kind, code }) => kind === 'fault' && code.includes('heat-budget'))).toEqual([]);
    const late = rows.slice(-200).map((row) => row.sim_true_film_c as number);
    expect(Math.max(...late) - Math.min(...late)).toBeLessThan(1.2);
  });

  it('holds a setpoint with PID to a quarter of a kelvin on average, at ±20 % plant mismatch', () => {
    for (const mismatch of [-0.2, 0, 0.2]) {
      const { simulation } = rig(recipeOf({ light: 0, mode: 'pid', setpointC: 29, forS: 600 }), {
        settings: { 'sim.plantMismatch': mismatch, 'sim.thermocoupleContact': 1 },
      });
      simulation.arm();
      simulation.run(240);
      let sum = 0;
      for (let i = 0; i < 2000; i += 1) {
        simulation.tick();
        sum += simulation.bench.twin.filmC;
      }
      expect(sum / 2000).toBeGreaterThan(28.75);
      expect(sum / 2000).toBeLessThan(29.25);
      expect(simulation.temperature().max).toBeLessThan(30.5);
      expect(simulation.trips()).toEqual([]);
    }
  });

  it('ticks at the declared rate', () => {
    const { simulation } = rig(recipeOf(PULSE(60)));
    const from = simulation.bench.now;
    for (let i = 0; i < 20; i += 1) simulation.tick();
    expect(simulation.bench.now - from).toBe(millis(1000));
  });
});
