import { describe, expect, it } from 'vitest';
import type { Hal, Reading, Sensor } from '../../src/hal/ports.ts';
import { simBench, simHal } from '../../src/hal/registry.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { type LatchStore, latchInMemory } from '../../src/runtime/latch.ts';
import { Prng } from '../../src/twin/prng.ts';
import { after, type Instant, micros, millis, type Span, seconds } from '../../src/units.ts';
import { looped, PULSE, recipeOf, rig, type Step } from '../support/bench.ts';

const PID = (setpointC: number, forS: number): Step => ({ light: 0, mode: 'pid', setpointC, forS });
const CONSTANT = (forS: number): Step => ({ light: 0, mode: 'constant', forS });

/** A latch store that fails as often as it is told. */
function flaky(failures: number): LatchStore & { failures: number } {
  const kept = latchInMemory();
  return {
    failures,
    load: () => kept.load(),
    save(record, done) {
      if (this.failures === 0) return kept.save(record, done);
      this.failures -= 1;
      done(new Error('input/output error'));
    },
  };
}

describe('the durable record on a failing disk', () => {
  it('is written again until it is there: a lockout is not lost to one failed save', () => {
    const latch = flaky(1);
    const { simulation } = rig(recipeOf(PULSE(60)), { latch, injections: [{ name: 'current-sense-high', atS: -1 }] });
    simulation.run(5);
    expect(simulation.feed.latest.kernel.name).toBe('lockout');
    expect(latch.load()).toMatchObject({ latch: { kind: 'lockout', fault: 'leak-current' } });
  });

  it('is tried once a second and shown as a fault, and nothing is armed meanwhile', () => {
    const latch = flaky(5);
    const { simulation, events } = rig(recipeOf(PULSE(60)), { latch });
    expect(simulation.arm()).toBe(true);
    expect(latch.failures).toBe(0);
    const faults = events.filter((e) => e.kind === 'fault' && e.code.includes('latch-unwritable'));
    expect(faults).toHaveLength(1);
    expect(events.filter((e) => e.kind === 'disk')).toHaveLength(1);
    expect(simulation.bench.energyJ).toBeLessThan(0.2);
  });
});

describe('a stuck MOSFET while the heater is asked for all it can give', () => {
  it.each([
    ['pid, short window', PID(40, 600), { 'pid.windowMs': 500 }],
    ['pid, long window', PID(40, 600), { 'pid.windowMs': 2000 }],
    ['bang-bang', { light: 0, mode: 'bangbang', setpointC: 40, forS: 600 } as Step, {}],
    ['pulse 0.275/0.5', PULSE(600, 0.275, 0.5), {}],
  ])('%s: locked out within one heating period and 0.4 s', (_, step, settings: Partial<Settings>) => {
    for (let phase = 0; phase < 12; phase += 1) {
      const { simulation } = rig(recipeOf(step), {
        settings: { ...settings, 'sim.plantMismatch': -0.3, 'heater.commissioned': false },
        injections: [{ name: 'mosfet-stuck-on', atS: 40 + phase * 0.19 }],
      });
      simulation.arm();
      simulation.run(50);
      expect(simulation.trips()[0]?.name).toBe('leak-current');
      expect(simulation.trips()[0]?.heaterOffAfterMs).toBeLessThanOrEqual(2600);
      expect(simulation.feed.latest.kernel.name).toBe('lockout');
    }
  });
});

describe('orders in quick succession', () => {
  it('a storm of stops and arms never heats without a proof', () => {
    const prng = new Prng(5);
    const { simulation } = rig(recipeOf(CONSTANT(600)), { settings: { 'enable.holdMs': 200 } });
    const { bench } = simulation;
    let unproven = 0;
    for (let i = 0; i < 4000; i += 1) {
      if (prng.uniform() < 0.3) simulation.controls.ask({ kind: prng.uniform() < 0.5 ? 'stop' : 'arm' });
      simulation.tick();
      const { name } = simulation.feed.latest.kernel;
      if ((name === 'test-enable' || name === 'test-gate') && bench.heaterA > 0.02) unproven += 1;
    }
    expect(unproven).toBe(0);
    expect(simulation.trips()).toEqual([]);
  });

  it('an E-stop that is released does not start a run that was ordered before', () => {
    const { simulation } = rig(recipeOf(PULSE(60)));
    simulation.run(1);
    simulation.controls.ask({ kind: 'arm' });
    simulation.run(0.2);
    simulation.bench.estop.isClosed = false;
    simulation.run(2);
    simulation.bench.estop.isClosed = true;
    simulation.run(30);
    expect([simulation.feed.latest.kernel.name, simulation.bench.energyJ]).toEqual(['safe', 0]);
  });

  it('arming again after much heat waits for the budget and is no trip', () => {
    const { simulation, events } = rig(recipeOf(CONSTANT(60)));
    simulation.arm();
    simulation.run(61);
    expect(simulation.feed.latest.kernel.name).toBe('safe');
    expect(simulation.arm()).toBe(false);
    expect(events.some((e) => e.kind === 'fault' && e.code.includes('heat-budget'))).toBe(true);
    simulation.run(40);
    expect(simulation.arm()).toBe(true);
    expect(simulation.trips()).toEqual([]);
  });

  it('a trip cannot be acknowledged in the gap between two readings of a hot film', () => {
    const { simulation } = rig(recipeOf(CONSTANT(800)), {
      settings: { 'limits.constantTripC': 30, 'limits.tripC': 31, 'limits.warnC': 28, 'sim.ambientC': 26 },
    });
    simulation.arm();
    simulation.run(60);
    expect(simulation.trips()[0]?.name).toBe('over-temperature');
    simulation.bench.twin.substrate.roomC = 44;
    simulation.run(5);
    for (let i = 0; i < 600; i += 1) {
      simulation.controls.ask({ kind: 'acknowledge', trip: 1 });
      simulation.tick();
    }
    expect(simulation.feed.latest.kernel.name).toBe('tripped');
  });
});

describe('limits that many short breaks must not evade', () => {
  it('constant current with a short break every 29 s ends when its longest time is used up', () => {
    const steps = Array.from({ length: 6 }, (): Step[] => [CONSTANT(29), { light: 0, mode: 'off', forS: 0.2 }]).flat();
    const { simulation } = rig(recipeOf(...steps), { settings: { 'gate.constantS': 60 } });
    simulation.arm();
    simulation.run(175);
    expect(simulation.feed.latest.gate.heatedUs).toBeLessThan(seconds(61));
    expect(simulation.trips()[0]?.name).toBe('gate-refused');
  });

  it('heat that is held back for the budget is told, and comes back with whole pulses', () => {
    const { simulation, events } = rig(recipeOf(CONSTANT(100), PULSE(200)));
    simulation.arm();
    simulation.run(300);
    expect(simulation.trips()).toEqual([]);
    expect(events.some((e) => e.kind === 'fault' && e.code.includes('heat-budget'))).toBe(true);
    const edges = events.filter((e) => e.kind === 'edge' && (e.timeS ?? 0) > 101);
    for (const [i, edge] of edges.entries()) {
      const next = edges[i + 1];
      if (edge.code === 'on' && next)
        expect(((next.achievedUs ?? 0) - (edge.achievedUs ?? 0)) / 1000).toBeCloseTo(500, 0);
    }
    expect(edges.length).toBeGreaterThan(40);
  });

  it('a pulse step does not wait for the long period of the step before', () => {
    const { simulation, events } = rig(recipeOf(PULSE(61, 0.5, 60), PULSE(30)));
    simulation.arm();
    simulation.run(91);
    const rises = events.filter((e) => e.kind === 'edge' && e.code === 'on' && (e.timeS ?? -1) >= 61);
    expect(rises).toHaveLength(6);
  });
});

/** Hands a sensor’s readings over later than they were taken, as a real bus does. */
function late<T>(
  sensor: Sensor<T>,
  clock: () => Instant,
  queue: { due: Instant; act: () => void }[],
  byUs: Span,
): Sensor<T> {
  return {
    device: sensor.device,
    intervalUs: sensor.intervalUs,
    read: (now, done) =>
      sensor.read(now, (reading: Reading<T>) => queue.push({ due: after(clock(), byUs), act: () => done(reading) })),
  };
}

/** A controller whose ticks and answers come when the test says. */
function bench(settings: Settings, lateUs: Span) {
  const world = simBench(settings, null);
  const queue: { due: Instant; act: () => void }[] = [];
  const clock = { now: () => world.now };
  const hal: Hal = simHal(settings, world);
  const slow: Hal = {
    ...hal,
    thermocouple: late(hal.thermocouple, clock.now, queue, lateUs),
    infrared: late(hal.infrared, clock.now, queue, lateUs),
    power: late(hal.power, clock.now, queue, lateUs),
    photodiodes: late(hal.photodiodes, clock.now, queue, lateUs),
  };
  const recipe = recipeOf(PULSE(600));
  const { feed, loop } = looped(settings, slow, recipe, clock);
  const tick = (afterUs: Span): void => {
    const target = after(world.now, afterUs);
    for (;;) {
      queue.sort((a, b) => a.due - b.due);
      const next = queue[0];
      if (!next || next.due > target) break;
      queue.shift();
      world.advanceTo(next.due);
      next.act();
    }
    world.advanceTo(target);
    loop.tick();
    const { name, armOrderedAt, calmSince } = feed.latest.kernel;
    if (name === 'safe' && armOrderedAt === null && calmSince !== null) loop.ask({ kind: 'arm' });
  };
  return { world, feed, tick };
}

describe('a computer that is not on time', () => {
  it.each([0, 5, 20, 49])('arms and pulses with every sensor answering %i ms late', (lateMs) => {
    const { world, feed, tick } = bench(defaultSettings(), millis(lateMs));
    for (let i = 0; i < 20 * 60; i += 1) tick(millis(50));
    expect([feed.latest.kernel.name, feed.latest.faults]).toEqual(['armed', []]);
    expect(world.twin.film.segregated).toBeLessThan(0.02);
  });

  it('keeps its pulses exact and does not trip when ticks come anywhere between 20 and 85 ms', () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const prng = new Prng(seed);
      const { world, feed, tick } = bench(defaultSettings(), micros(0));
      while (world.now < seconds(120)) tick(millis(20 + Math.floor(65 * prng.uniform())));
      expect([feed.latest.kernel.name, feed.latest.kernel.latch]).toEqual(['armed', null]);
      expect(world.twin.film.segregated).toBeLessThan(0.02);
    }
  });

  it('with a pump that holds 200 ms takes single ticks of up to 190 ms', () => {
    const settings = { ...defaultSettings(), 'enable.holdMs': 200 };
    const { world, feed, tick } = bench(settings, micros(0));
    for (let i = 0; i < 2400; i += 1) tick(millis(i % 7 === 0 ? 190 : 50));
    expect([feed.latest.kernel.name, feed.latest.kernel.latch]).toEqual(['armed', null]);
    expect(world.twin.film.segregated).toBeLessThan(0.02);
  });

  it('a stall of half a second while heating ends the heat and is called by its name', () => {
    const { world, feed, tick } = bench(defaultSettings(), micros(0));
    while (feed.latest.kernel.name !== 'armed') tick(millis(50));
    while (!world.gate.high) tick(millis(50));
    tick(millis(500));
    expect(feed.latest.kernel.latch?.fault).toBe('lease-expired');
    expect(world.heaterA).toBe(0);
  });

  it('a tick that throws anywhere does not feed the pump, and the heater falls off', () => {
    const parts = ['thermocouple', 'infrared', 'power', 'photodiodes', 'estop', 'lid', 'light', 'gate'] as const;
    for (const part of parts) {
      const settings = defaultSettings();
      const world = simBench(settings, null);
      const hal = simHal(settings, world);
      let broken = false;
      const guarded = new Proxy(hal[part], {
        get: (target, key) => {
          if (broken) throw new Error(`${part} is broken`);
          const value = Reflect.get(target, key) as unknown;
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const recipe = recipeOf({ light: 1, mode: 'constant', forS: 30 }, { light: 0.5, mode: 'constant', forS: 30 });
      const { feed, loop } = looped(settings, { ...hal, [part]: guarded }, recipe, { now: () => world.now });
      const tick = (): void => {
        world.advanceTo(after(world.now, millis(50)));
        loop.tick();
      };
      while (feed.latest.kernel.name !== 'armed') {
        tick();
        if (feed.latest.kernel.name === 'safe' && feed.latest.kernel.armOrderedAt === null) loop.ask({ kind: 'arm' });
      }
      for (let i = 0; i < 40; i += 1) tick();
      expect(world.heaterA).toBeGreaterThan(0.3);
      let fed = 0;
      const toggle = world.pump.toggle.bind(world.pump);
      world.pump.toggle = () => {
        fed += 1;
        toggle();
      };
      broken = true;
      // The light is only touched when it changes, at the end of its step; an exception ends the process.
      let threw = false;
      for (let i = 0; i < 700 && !threw; i += 1) {
        const before = fed;
        try {
          tick();
        } catch {
          threw = true;
          expect(fed, part).toBe(before);
        }
      }
      expect(threw, part).toBe(true);
      world.advanceTo(after(world.now, millis(300)));
      expect(world.heaterA, part).toBe(0);
    }
  });

  it('books as heat only what flowed, also when the pump opened under a late tick', () => {
    const { world, feed, tick } = bench(defaultSettings(), micros(0));
    while (feed.latest.kernel.name !== 'armed') tick(millis(50));
    let flowed = 0;
    const { heatedUs } = feed.latest.gate;
    const energyJ = world.energyJ;
    for (let i = 0; i < 40; i += 1) tick(millis(i % 5 === 0 ? 120 : 50));
    flowed = (world.energyJ - energyJ) / 2.38;
    expect((feed.latest.gate.heatedUs - heatedUs) / 1e6).toBeCloseTo(flowed, 1);
  });

  it('tolerates a converter that resets once, at any tick length', () => {
    for (const tickMs of [20, 25, 30, 33, 40, 45, 49, 50]) {
      for (let phase = 0; phase < 10; phase += 1) {
        const { simulation } = rig(recipeOf(PULSE(60)), {
          settings: { 'loop.tickMs': tickMs },
          injections: [{ name: 'tc-brown-out', atS: 10 + phase * 0.033 }],
        });
        simulation.arm();
        simulation.run(15);
        expect(simulation.trips(), `${tickMs} ms`).toEqual([]);
      }
    }
  });
});
