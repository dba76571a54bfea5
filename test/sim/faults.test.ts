import { describe, expect, it } from 'vitest';
import type { GateEvent } from '../../src/hal/ports.ts';
import { INJECTION_NAMES, injectionOf } from '../../src/hal/sim/injection.ts';
import { FAULTS, type FaultName } from '../../src/params/faults.ts';
import { after, before, type Instant, millis, seconds } from '../../src/units.ts';
import { PULSE, recipeOf, rig } from '../support/bench.ts';
import { Oracle } from '../support/oracle.ts';

/** Instants around a pulse that is on from 30.105 to 30.605 s: rest, both edges, middle; ENABLE opens at 30.95. */
const PHASES = [29.8, 30.053, 30.108, 30.3, 30.602, 30.608, 32.5];
const RUN_S = 60;

const tripping = INJECTION_NAMES.filter((name) => injectionOf(name).expect.length > 0);
const tolerated = INJECTION_NAMES.filter((name) => injectionOf(name).expect.length === 0);

describe('every fault of the simulated wiring', () => {
  it.each(tripping)('%s: heater off within its bound, latched, with code, cause and remedy', (name) => {
    const { expect: expected, boundS } = injectionOf(name);
    for (const atS of PHASES) {
      const { simulation, events } = rig(recipeOf(PULSE(3600)), { injections: [{ name, atS }] });
      expect(simulation.arm()).toBe(true);
      simulation.run(RUN_S + boundS);
      const [trip] = simulation.trips();
      if (!trip) throw new Error(`${name} at ${atS} s was not noticed`);
      expect(expected, `${name} at ${atS} s was called ${trip.name}`).toContain(trip.name);
      expect(trip.heaterOffAfterMs, `${name} at ${atS} s`).toBeLessThanOrEqual(boundS * 1000);
      expect(['tripped', 'lockout']).toContain(simulation.feed.latest.kernel.name);
      expect(simulation.bench.heaterA).toBe(0);
      expect(simulation.bench.twin.light, 'the light goes off with the heat').toBe(0);
      const { code, cause, remedy } = FAULTS[trip.name as FaultName];
      const state = events.find((e) => e.kind === 'state' && e.text.includes(code));
      expect(state?.text).toContain(`${code} ${trip.name}`);
      if (name === 'controller-dead') continue;
      const told = events.find((e) => e.kind === 'fault' && e.code.startsWith(code));
      expect(told?.text).toContain(cause);
      expect(told?.text).toContain(remedy);
    }
  });

  it.each(tolerated)('%s: the run goes on', (name) => {
    for (const atS of PHASES) {
      const { simulation } = rig(recipeOf(PULSE(3600)), { injections: [{ name, atS }] });
      expect(simulation.arm()).toBe(true);
      simulation.run(RUN_S);
      expect(simulation.trips(), `${name} at ${atS} s`).toEqual([]);
      expect(simulation.feed.latest.kernel.name).toBe('armed');
      expect(simulation.bench.twin.film.segregated).toBeLessThan(0.02);
    }
  });
});

describe('faults with the other chips and modes', () => {
  const max31855 = { 'hal.thermocouple': 'max31855' } as const;

  it.each(['miso-low', 'miso-high', 'tc-open', 'tc-short-gnd', 'tc-short-vcc', 'tc-detached', 'tc-frozen'] as const)(
    '%s on a MAX31855 is found within the same bound',
    (name) => {
      const { simulation } = rig(recipeOf(PULSE(600)), { settings: max31855, injections: [{ name, atS: 30.25 }] });
      expect(simulation.arm()).toBe(true);
      simulation.run(RUN_S);
      const [trip] = simulation.trips();
      expect(injectionOf(name).expect).toContain(trip?.name);
      expect(trip?.heaterOffAfterMs).toBeLessThanOrEqual(injectionOf(name).boundS * 1000);
    },
  );

  it('an all-zero MAX31855 frame is no reading and never 0 °C', () => {
    const { simulation, rows } = rig(recipeOf(PULSE(600)), {
      settings: max31855,
      injections: [{ name: 'miso-low', atS: 10 }],
    });
    simulation.arm();
    simulation.run(20);
    const late = rows.filter((row) => (row.time_s as number) > 10.2);
    expect(late.length).toBeGreaterThan(10);
    for (const row of late) expect([row.tc_c, row.tc_quality]).toEqual([null, 'implausible all-zero']);
  });

  it('a detached thermocouple is found while PID would drive the heater to its limit', () => {
    const { simulation } = rig(recipeOf({ light: 0, mode: 'pid', setpointC: 32, forS: 600 }), {
      injections: [{ name: 'tc-detached', atS: 60 }],
    });
    simulation.arm();
    simulation.run(120);
    const [trip] = simulation.trips();
    expect(['tc-response', 'sensor-disagreement', 'model-residual']).toContain(trip?.name);
    expect(trip?.heaterOffAfterMs).toBeLessThanOrEqual(17_000);
    expect(simulation.temperature().max).toBeLessThan(40);
  });

  it('the current monitor INA219 sees a stuck MOSFET just as the INA226 does', () => {
    const { simulation } = rig(recipeOf(PULSE(600)), {
      settings: { 'hal.currentSense': 'ina219' },
      injections: [{ name: 'mosfet-stuck-on', atS: 30.25 }],
    });
    simulation.arm();
    simulation.run(10 + 30);
    expect(simulation.trips()[0]?.name).toBe('leak-current');
    expect(simulation.feed.latest.kernel.name).toBe('lockout');
  });

  it('without the electronic fuse the controller alone keeps a 12 V and a 24 V supply from cooking the film', () => {
    for (const [name, limitC] of [
      ['supply-12v', 32],
      ['supply-24v', 45],
    ] as const) {
      for (const atS of PHASES) {
        const { simulation } = rig(recipeOf(PULSE(600)), {
          settings: { 'sim.efuse': false },
          injections: [{ name, atS }],
        });
        simulation.arm();
        simulation.run(45);
        expect(simulation.trips()[0]?.name).toBe('supply-high');
        expect(simulation.temperature().max, `${name} at ${atS}`).toBeLessThan(limitC);
      }
    }
  });
});

describe('faults that are there before arming', () => {
  it.each([
    ['supply-12v', 'safe'],
    ['supply-24v', 'safe'],
    ['tc-open', 'safe'],
    ['ir-pec', 'safe'],
    ['estop', 'safe'],
    ['lid', 'safe'],
    ['heater-open', 'tripped'],
    ['mosfet-stuck-off', 'tripped'],
    ['heater-short', 'tripped'],
    ['current-sense-dead', 'tripped'],
    ['mosfet-stuck-on', 'lockout'],
    ['enable-welded', 'lockout'],
    ['current-sense-high', 'lockout'],
    ['gate-overrun', 'lockout'],
    ['pump-slow', 'lockout'],
    ['line-floating', 'lockout'],
  ] as const)('%s: the bench does not arm and ends %s', (name, state) => {
    const { simulation } = rig(recipeOf(PULSE(600)), { injections: [{ name, atS: -1 }] });
    expect(simulation.arm()).toBe(false);
    expect(simulation.feed.latest.kernel.name).toBe(state);
    expect(simulation.bench.energyJ).toBeLessThan(1);
    expect(simulation.bench.twin.filmC - 23.8).toBeLessThan(0.5);
    expect(simulation.bench.heaterA).toBe(0);
  });

  it('a welded ENABLE switch is latent during a run and found at the next arm', () => {
    const { simulation } = rig(recipeOf(PULSE(20)), { injections: [{ name: 'enable-welded', atS: 10 }] });
    expect(simulation.arm()).toBe(true);
    simulation.run(25);
    expect(simulation.feed.latest.kernel.name).toBe('safe');
    expect(simulation.arm()).toBe(false);
    expect(simulation.trips().map(({ name }) => name)).toEqual(['enable-welded']);
    expect(simulation.feed.latest.kernel.name).toBe('lockout');
  });

  it('a MOSFET that does not open is cut by ENABLE within 0.2 s after the end of the pulse', () => {
    for (const atS of PHASES) {
      // Less than 100 ms before a pulse there is no time to tell a leak from a late edge; the pulse hides it then.
      const left = atS >= 30.005 && atS < 30.605 ? 30.605 - atS : 0;
      const { simulation } = rig(recipeOf(PULSE(600)), { injections: [{ name: 'mosfet-stuck-on', atS }] });
      simulation.arm();
      simulation.run(45);
      expect(simulation.trips()[0]?.heaterOffAfterMs, `at ${atS} s`).toBeLessThanOrEqual(1000 * left + 200);
      expect(simulation.feed.latest.kernel.name).toBe('lockout');
    }
  });

  it('a current monitor that sticks high ends in lockout, whatever it was called first', () => {
    for (const atS of PHASES) {
      const { simulation } = rig(recipeOf(PULSE(600)), { injections: [{ name: 'current-sense-high', atS }] });
      simulation.arm();
      simulation.run(45);
      expect(simulation.feed.latest.kernel.name).toBe('lockout');
    }
  });

  it('a second fault while tripped by a harmless one still locks out', () => {
    const { simulation } = rig(recipeOf(PULSE(600)), {
      injections: [
        { name: 'lid', atS: 31 },
        { name: 'current-sense-high', atS: 35 },
      ],
    });
    simulation.arm();
    simulation.run(40);
    expect(simulation.trips().map(({ name }) => name)).toEqual(['lid', 'leak-current']);
    expect(simulation.feed.latest.kernel.name).toBe('lockout');
  });
});

describe('a pump that holds ENABLE closed for three seconds', () => {
  it('is found at every arming, before the first pulse of the run, within 0.4 s of heat', () => {
    const { simulation } = rig(recipeOf(PULSE(60)), { injections: [{ name: 'pump-slow', atS: -1 }] });
    expect(simulation.arm()).toBe(false);
    expect(simulation.trips().map(({ name }) => name)).toEqual(['enable-welded']);
    // 2.4 W.
    expect(simulation.bench.energyJ).toBeLessThan(0.4 * 2.4);
  });

  it('is found at the next arming when it began in a run', () => {
    const { simulation } = rig(recipeOf(PULSE(20)), { injections: [{ name: 'pump-slow', atS: 10 }] });
    expect(simulation.arm()).toBe(true);
    simulation.run(25);
    expect([simulation.arm(), simulation.feed.latest.kernel.name]).toEqual([false, 'lockout']);
  });
});

describe('a second switch in the rests', () => {
  it('is open for most of a rest of 4.5 s, and no pulse is shortened by it', () => {
    const { simulation } = rig(recipeOf(PULSE(3600)));
    simulation.arm();
    simulation.run(10);
    const { bench } = simulation;
    const widths: number[] = [];
    let ticks = 0;
    let open = 0;
    let heatedUs = simulation.feed.latest.gate.heatedUs as number;
    for (let period = 0; period < 20; period += 1) {
      for (let tick = 0; tick < 100; tick += 1) {
        simulation.tick();
        ticks += 1;
        if (!bench.pump.closed) open += 1;
      }
      widths.push(simulation.feed.latest.gate.heatedUs - heatedUs);
      heatedUs = simulation.feed.latest.gate.heatedUs;
    }
    expect(open / ticks).toBeGreaterThan(0.75);
    for (const width of widths) expect(Math.abs(width - 500_000)).toBeLessThan(200);
  });
});

describe('a sensor that cannot be read for a moment', () => {
  const on = (events: { kind: string; code: string }[]): number =>
    events.filter((e) => e.kind === 'edge' && e.code === 'on').length;

  it('a transfer that hangs for a second costs at most two pulses, at whatever phase, and nothing latches', () => {
    for (const atS of PHASES) {
      const hung = rig(recipeOf(PULSE(120)), { injections: [{ name: 'bus-hiccup', atS }] });
      const calm = rig(recipeOf(PULSE(120)));
      for (const { simulation } of [hung, calm]) {
        simulation.arm();
        simulation.run(110);
      }
      expect(hung.simulation.trips()).toEqual([]);
      expect(on(calm.events) - on(hung.events), `at ${atS} s`).toBeLessThanOrEqual(2);
    }
  });

  it('does not blind the current monitor where that has a bus of its own', () => {
    const qualities = (currentBus: number): Set<string> => {
      const { simulation } = rig(recipeOf(PULSE(120)), { settings: { 'i2c.currentBus': currentBus } });
      simulation.arm();
      simulation.bench.hiccup();
      const seen = new Set<string>();
      for (let i = 0; i < 30; i += 1) {
        simulation.tick();
        seen.add(simulation.feed.latest.power.quality);
      }
      return seen;
    };
    expect([...qualities(3)]).toEqual(['ok']);
    expect(qualities(-1).size).toBeGreaterThan(1);
  });

  it('takes the heat within the time of a trip, and goes on with a whole pulse', () => {
    const { simulation, events } = rig(recipeOf(PULSE(120, 2, 4)), { injections: [{ name: 'bus-hiccup', atS: 16.3 }] });
    simulation.arm();
    simulation.run(60);
    const edges = events.filter((e) => e.kind === 'edge' && (e.timeS ?? 0) > 16);
    const [on0, off0, on1] = edges.map((e) => e.timeS ?? 0);
    expect(on0).toBeCloseTo(16.105, 2);
    expect((off0 ?? 0) - 16.3).toBeLessThan(0.6);
    expect(on1).toBeCloseTo(20.105, 2);
    expect(events.filter((e) => e.kind === 'state').map((e) => e.text)).toContain('armed -> paused');
  });

  it('trips when it does not come back, or goes again and again', () => {
    for (const name of ['i2c-hang', 'bus-hiccups'] as const) {
      const { simulation, events } = rig(recipeOf(PULSE(600)), { injections: [{ name, atS: 30.3 }] });
      simulation.arm();
      simulation.run(90);
      expect(simulation.feed.latest.kernel.name, name).toBe('tripped');
      expect(events.filter((e) => e.text.startsWith('armed -> paused')).length).toBeLessThanOrEqual(6);
    }
  });

  it('in the proof test begins it anew, without a trip', () => {
    const { simulation } = rig(recipeOf(PULSE(60)));
    simulation.run(6);
    simulation.controls.ask({ kind: 'arm' });
    while (simulation.feed.latest.kernel.name !== 'test-gate') simulation.tick();
    simulation.bench.hiccup();
    simulation.run(2);
    expect([simulation.feed.latest.kernel.name, simulation.trips()]).toEqual(['safe', []]);
    simulation.run(8);
    expect(simulation.feed.latest.kernel.name).toBe('armed');
  });
});

describe('a gate that lies about its edges while the line stays high', () => {
  /** What it says instead of taking the line low. */
  const LIES: Readonly<Record<string, (at: Instant) => { once: GateEvent[]; always: GateEvent[] }>> = {
    'that it fell, again and again': (at) => ({ once: [fell(at, at)], always: [fell(at, before(at, millis(1)))] }),
    'that it will have fallen in an hour': (at) => ({ once: [fell(at, after(at, seconds(3600)))], always: [] }),
    'that it fell a second ago': (at) => ({ once: [fell(at, before(at, seconds(1)))], always: [] }),
    nothing: () => ({ once: [], always: [] }),
    'that it rose and fell, again and again': (at) => ({
      once: [],
      always: [{ kind: 'edge', rising: true, askedUs: at, achievedUs: before(at, millis(2)) }, fell(at, at)],
    }),
  };
  const fell = (askedUs: Instant, achievedUs: Instant): GateEvent => ({
    kind: 'edge',
    rising: false,
    askedUs,
    achievedUs,
  });
  const STEPS = [PULSE(900), PULSE(900, 2, 10), { light: 0, mode: 'pid', setpointC: 28, forS: 900 } as const];

  it.each(Object.keys(LIES))(
    'says %s: current ends half a second after it was last permitted, in every mode',
    (lie) => {
      for (const [n, step] of STEPS.entries()) {
        const { simulation } = rig(recipeOf(step));
        simulation.arm();
        const oracle = new Oracle(simulation.bench);
        simulation.run(30);
        const { bench } = simulation;
        let stuck = false;
        const say = (of: 'once' | 'always'): GateEvent[] => LIES[lie]?.(bench.now)[of] ?? [];
        const drain = bench.gate.drain.bind(bench.gate);
        const pending: GateEvent[] = [];
        bench.gate.overrun(() => {
          if (!stuck) pending.push(...say('once'));
          stuck = true;
        });
        bench.gate.drain = () => [...drain(), ...pending.splice(0), ...(stuck ? say('always') : [])];
        for (let tick = 0; tick < 120 * 20; tick += 1) {
          simulation.tick();
          oracle.look();
        }
        expect(oracle.longestUs / 1000, `step ${n}`).toBeLessThanOrEqual(500);
        expect(simulation.trips(), `step ${n}`).toHaveLength(1);
      }
    },
  );
});
