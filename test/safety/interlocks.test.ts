import { describe, expect, it } from 'vitest';
import type { HalError, Reading } from '../../src/hal/ports.ts';
import { eachChannel } from '../../src/params/channels.ts';
import type { FaultName } from '../../src/params/faults.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import type { GateAccount } from '../../src/safety/gate-keeper.ts';
import { type InterlockInput, Interlocks, thermocoupleFault } from '../../src/safety/interlocks.ts';
import {
  after,
  atSeconds,
  before,
  type Instant,
  instant,
  micros,
  millis,
  NEVER,
  type Span,
  seconds,
} from '../../src/units.ts';

const TICK = millis(50);
const gateAt = (more: Partial<GateAccount> = {}): GateAccount => ({
  high: false,
  lastRiseUs: atSeconds(-1000),
  lastFallUs: atSeconds(-1000),
  unanswered: 0,
  limitsDiffer: false,
  closed: false,
  refused: null,
  leaseExpired: false,
  overrun: false,
  lowByOrderUs: NEVER,
  heatedUs: micros(0),
  edges: 0,
  bucket: 0,
  ...more,
});

const bad = (kind: HalError['kind'], detail = ''): HalError => ({
  kind,
  device: 'test',
  op: 'read',
  errno: null,
  transient: false,
  detail,
});

const IR_CHIP = { emissivity: 0.95, filterLagUs: micros(22_000) };

interface World {
  tc: number | HalError | null;
  raw?: number;
  ir: number | HalError | null;
  room: number;
  amps: number | HalError | null;
  saturated: boolean;
  volts: number;
  pl: number;
  reference: number;
  light: number;
  gate: GateAccount;
  driven: boolean;
  gateTested: boolean;
  pumpFed: boolean;
  pumpSince: Instant;
  constant: boolean;
  duty: number;
  estop: boolean;
  lid: boolean;
  journalFailing: boolean;
  unsound: boolean;
  latchUnsaved: boolean;
  drained: boolean;
  heldBack: boolean;
  powerLateUs: Span;
}

/** Interlocks in a world that a test changes as it likes; everything is healthy to begin with. */
class Bench {
  now = atSeconds(100);
  readonly interlocks: Interlocks;
  readonly world: World = {
    tc: 24,
    ir: 24,
    room: 23.8,
    amps: 0,
    saturated: false,
    volts: 6,
    pl: 2,
    reference: 2,
    light: 1,
    gate: gateAt(),
    driven: true,
    gateTested: false,
    pumpFed: true,
    pumpSince: instant(0),
    constant: false,
    duty: 0,
    estop: true,
    lid: true,
    journalFailing: false,
    unsound: false,
    latchUnsaved: false,
    drained: true,
    heldBack: false,
    powerLateUs: micros(0),
  };
  private count = 0;

  constructor(changes: Partial<Settings> = {}) {
    this.interlocks = new Interlocks({ ...defaultSettings(), ...changes }, this.now);
  }

  /** One tick; thermometers every second one. */
  tick(): readonly FaultName[] {
    this.now = after(this.now, TICK);
    this.count += 1;
    const { world: w, now } = this;
    const thermometers = this.count % 2 === 1;
    const reading = <T>(value: number | HalError | null, make: (n: number) => T, at = now): Reading<T> | null =>
      value === null
        ? null
        : typeof value === 'number'
          ? { ok: true, value: make(value), at }
          : { ok: false, why: value, at };
    const input: InterlockInput = {
      readings: {
        thermocouple: thermometers
          ? reading(w.tc, (celsius) => ({ celsius, coldJunctionC: w.room, raw: w.raw ?? this.count }))
          : null,
        infrared: thermometers ? reading(w.ir, (objectC) => ({ ...IR_CHIP, objectC, ambientC: w.room, raw: 0 })) : null,
        power: reading(
          w.amps,
          (amps) => ({ amps, volts: w.volts, saturated: w.saturated }),
          before(now, w.powerLateUs),
        ),
        photodiodes: {
          ok: true,
          value: {
            green: 0.1,
            red: w.pl,
            broadband: w.pl,
            reference: w.reference,
            full: 4.096,
            takenAt: eachChannel(() => now),
          },
          at: now,
        },
      },
      estopClosed: w.estop,
      lidClosed: w.lid,
      gate: w.gate,
      driven: w.driven,
      gateTested: w.gateTested,
      pumpFed: w.pumpFed,
      pumpSince: w.pumpSince,
      constant: w.constant,
      periodS: null,
      duty: w.duty,
      light: w.light,
      journalFailing: w.journalFailing,
      unsound: w.unsound,
      latchUnsaved: w.latchUnsaved,
      drained: w.drained,
      heldBack: w.heldBack,
    };
    return this.interlocks.step(input, now);
  }

  /** Ticks for `spanUs`; returns every fault seen and when it was first seen, ms after the start. */
  run(spanUs: number): Map<FaultName, number> {
    const from = this.now;
    const first = new Map<FaultName, number>();
    while (this.now - from < spanUs) {
      for (const name of this.tick()) if (!first.has(name)) first.set(name, (this.now - from) / 1000);
    }
    return first;
  }

  /** The gate goes high now. */
  rise(): void {
    this.world.gate = gateAt({ high: true, lastRiseUs: this.now });
  }
  fall(): void {
    this.world.gate = gateAt({ lastFallUs: this.now });
  }
}

const healthy = (changes: Partial<Settings> = {}): Bench => {
  const bench = new Bench(changes);
  expect([...bench.run(seconds(2)).keys()]).toEqual([]);
  return bench;
};

describe('temperature interlocks', () => {
  it('I1 warns at 40 °C and not at 39.9', () => {
    const bench = healthy();
    bench.world.tc = 39.9;
    bench.world.ir = 39.9;
    expect(bench.run(seconds(1)).has('temp-warm')).toBe(false);
    bench.world.tc = 40;
    expect(bench.run(millis(100)).has('temp-warm')).toBe(true);
  });

  it.each(['tc', 'ir'] as const)('I1 trips on the second sample of the %s at 45 °C, and not on one alone', (sensor) => {
    const bench = healthy();
    bench.world[sensor] = 45;
    const once = bench.run(millis(100));
    expect(once.has('over-temperature')).toBe(false);
    bench.world[sensor] = 24;
    expect(bench.run(millis(200)).has('over-temperature')).toBe(false);
    bench.world[sensor] = 45;
    expect(bench.run(millis(200)).has('over-temperature')).toBe(true);
  });

  it('I1 keeps saying so between two readings, so that nobody can acknowledge in the gap', () => {
    const bench = healthy();
    bench.world.tc = 47;
    bench.world.ir = 47;
    bench.run(millis(500));
    for (let i = 0; i < 10; i += 1) expect(bench.tick()).toContain('over-temperature');
  });

  it('I1 does not trip at 44.9 °C', () => {
    const bench = healthy();
    bench.world.tc = 44.9;
    bench.world.ir = 44.9;
    expect(bench.run(seconds(2)).has('over-temperature')).toBe(false);
  });

  it('I7 lowers the trip temperature to 42 °C with constant current', () => {
    const bench = healthy();
    bench.world.constant = true;
    bench.world.tc = 41.9;
    bench.world.ir = 41.9;
    expect(bench.run(seconds(1)).has('over-temperature')).toBe(false);
    bench.world.tc = 42;
    expect(bench.run(seconds(1)).has('over-temperature')).toBe(true);
  });

  it.each([
    ['tc', 'tc-implausible'],
    ['ir', 'ir-implausible'],
  ] as const)('I2 calls a %s below 5 °C implausible, and 5.0 °C not', (sensor, fault) => {
    const bench = healthy();
    bench.world[sensor] = 5;
    expect(bench.run(millis(200)).has(fault)).toBe(false);
    bench.world[sensor] = 4.9;
    expect(bench.run(millis(200)).has(fault)).toBe(true);
  });

  it('I3 trips above 12 K/s over 0.3 s, and not at the 4.5 K/s of the heater', () => {
    const ramp = (rate: number): boolean => {
      const bench = healthy();
      let seen = false;
      for (let i = 0; i < 30; i += 1) {
        bench.world.tc = (bench.world.tc as number) + rate * 0.05;
        bench.world.ir = bench.world.tc;
        seen ||= bench.tick().includes('rise-rate');
      }
      return seen;
    };
    expect(ramp(4.5)).toBe(false);
    expect(ramp(11.5)).toBe(false);
    expect(ramp(12.5)).toBe(true);
  });

  it('I3 does not take one wild reading for a thermal shock', () => {
    const bench = healthy();
    bench.world.tc = 30;
    bench.run(millis(100));
    bench.world.tc = 24;
    expect(bench.run(seconds(1)).has('rise-rate')).toBe(false);
  });

  it('I10 trips when the sensors differ by more than 4 K for 3 s, and not for 2.9 s', () => {
    const bench = healthy();
    bench.world.driven = false;
    bench.world.ir = 28.1;
    expect(bench.run(seconds(2.9)).has('sensor-disagreement')).toBe(false);
    bench.world.ir = 24;
    bench.run(millis(200));
    bench.world.ir = 28.1;
    expect(bench.run(seconds(3.2)).get('sensor-disagreement')).toBeGreaterThanOrEqual(3000);
    bench.world.ir = 27.9;
    bench.run(millis(200));
    expect(bench.run(seconds(5)).has('sensor-disagreement')).toBe(false);
  });

  it('I12 trips when a sensor is 5 K from what the heat explains for 5 s', () => {
    const bench = healthy();
    bench.world.tc = 29.5;
    bench.world.ir = 29.5;
    const seen = bench.run(seconds(6));
    expect(seen.get('model-residual')).toBeGreaterThanOrEqual(5000);
    expect(seen.get('model-residual')).toBeLessThanOrEqual(5200);
  });

  it('I12 lets heat from before the arming fade', () => {
    const bench = new Bench();
    bench.world.driven = false;
    bench.world.tc = 30;
    bench.world.ir = 30;
    bench.run(seconds(2));
    bench.world.driven = true;
    for (let t = 0; t < 1500; t += 0.05) {
      bench.world.tc = 23.8 + 6.2 * Math.exp(-t / 542);
      bench.world.ir = bench.world.tc;
      expect(bench.tick()).toEqual([]);
    }
  });

  it('I12 follows a room that warms up', () => {
    const bench = healthy();
    for (let i = 0; i < 600; i += 1) {
      bench.world.room += 0.01;
      bench.world.tc = bench.world.room + 0.2;
      bench.world.ir = bench.world.tc;
      expect(bench.tick()).toEqual([]);
    }
  });

  it('refuses to arm on a film that is warm before any heat', () => {
    const bench = healthy();
    bench.world.driven = false;
    bench.world.tc = 40;
    expect(bench.run(millis(200)).has('too-warm-to-arm')).toBe(true);
  });

  it('I25 refuses a supply whose constant heating would end above 60 °C', () => {
    const bench = healthy({ 'limits.supplyTolerance': 0.1 });
    bench.world.volts = 12;
    expect(bench.run(millis(200)).has('end-point')).toBe(true);
    bench.world.volts = 6;
    bench.run(millis(200));
    expect(bench.run(seconds(1)).has('end-point')).toBe(false);
  });
});

describe('I8: a mean duty above 0.6', () => {
  const open = { 'gate.dutyMax': 0.95 } as const;

  it('is for a commissioned bench that would end 3 K below the trip', () => {
    expect(healthy(open).run(seconds(1)).has('duty-end-point')).toBe(false);
    expect(new Bench({ ...open, 'heater.commissioned': false }).run(seconds(1)).has('duty-end-point')).toBe(true);
  });

  it('is refused where room, supply and gain would end too warm', () => {
    // 0.95 × 6 V² / 15 Ω × 6.48 K/W = 14.8 K: a room of 27.2 °C is the last.
    const bench = healthy(open);
    bench.world.room = 27;
    bench.run(millis(200));
    expect(bench.run(seconds(1)).has('duty-end-point')).toBe(false);
    bench.world.room = 27.5;
    bench.run(millis(200));
    expect(bench.run(seconds(1)).has('duty-end-point')).toBe(true);
    const tight = new Bench({ ...open, 'limits.tripC': 41 });
    expect(tight.run(seconds(1)).has('duty-end-point')).toBe(true);
  });

  it('asks nothing of a bench with the plain limit', () => {
    const bench = healthy({ 'heater.commissioned': false });
    bench.world.room = 32;
    expect(bench.run(seconds(1)).has('duty-end-point')).toBe(false);
  });
});

describe('I13: samples that are bad or old', () => {
  it.each([
    [bad('sensorfault', 'open'), 'tc-open'],
    [bad('sensorfault', 'shortGnd'), 'tc-short-gnd'],
    [bad('sensorfault', 'shortVcc'), 'tc-short-vcc'],
    [bad('sensorfault', 'range'), 'tc-implausible'],
    [bad('implausible', 'all-zero'), 'tc-frame'],
    [bad('implausible', 'cold-junction'), 'tc-implausible'],
    [bad('timeout'), 'tc-stale'],
    [bad('bus'), 'tc-stale'],
  ] as const)('names %o as %s', (why, fault) => {
    expect(thermocoupleFault(why)).toBe(fault);
    const bench = healthy();
    bench.world.tc = why;
    const seen = bench.run(seconds(1));
    expect([...seen.keys()]).toContain(fault);
    expect(seen.get(fault)).toBeLessThanOrEqual(300);
  });

  it('tolerates two bad readings in a row and not three', () => {
    const bench = healthy();
    bench.world.tc = bad('pec');
    expect(bench.run(millis(200)).size).toBe(0);
    bench.world.tc = 24;
    bench.run(seconds(11));
    bench.world.tc = bad('pec');
    expect(bench.run(millis(300)).size).toBeGreaterThan(0);
  });

  it('tolerates three bad readings in ten seconds and not four', () => {
    const bench = healthy();
    const one = (): ReadonlyMap<FaultName, number> => {
      bench.world.ir = bad('pec');
      const seen = bench.run(millis(100));
      bench.world.ir = 24;
      bench.run(seconds(2));
      return seen;
    };
    expect([one().size, one().size, one().size]).toEqual([0, 0, 0]);
    expect(one().has('ir-unreadable')).toBe(true);
  });

  it.each([
    ['tc', 'tc-stale'],
    ['ir', 'ir-stale'],
    ['amps', 'power-unreadable'],
  ] as const)('calls %s stale after 500 ms without any answer, and not before', (sensor, fault) => {
    const bench = healthy();
    bench.world[sensor] = null;
    const seen = bench.run(seconds(1));
    expect(seen.get(fault)).toBeGreaterThan(450);
    expect(seen.get(fault)).toBeLessThanOrEqual(600);
  });

  it('believes no reading that is not a finite number', () => {
    for (const sensor of ['tc', 'ir', 'amps'] as const) {
      const bench = healthy();
      bench.world[sensor] = Number.NaN;
      const seen = bench.run(seconds(1));
      expect([...seen.keys()]).toContain({ tc: 'tc-frame', ir: 'ir-unreadable', amps: 'power-unreadable' }[sensor]);
    }
  });

  it('takes a chip that was just set up for absent and not for bad, until its age says otherwise', () => {
    const bench = healthy();
    bench.world.tc = bad('stale', 'first-conversion');
    expect(bench.run(millis(450)).size).toBe(0);
    expect(bench.run(millis(300)).has('tc-stale')).toBe(true);
  });

  it('never hands a bad reading’s predecessor on', () => {
    const bench = healthy();
    bench.world.tc = bad('pec');
    bench.run(millis(100));
    expect(bench.interlocks.thermocouple.value).toBeNull();
  });
});

describe('electrical interlocks', () => {
  it.each([0.4, -0.4])(
    'I4 trips on the second sample at an end of the monitor’s range, though it reads %d A',
    (amps) => {
      const bench = healthy();
      bench.rise();
      bench.world.amps = amps;
      bench.world.saturated = true;
      expect(bench.run(millis(400)).get('current-envelope')).toBe(100);
    },
  );

  it('I4 takes 15 % more or less current and trips on 16 %, from 20 ms after the edge, on two samples', () => {
    for (const [share, trips] of [
      [1.14, false],
      [0.86, false],
      [1.16, true],
      [0.84, true],
    ] as const) {
      const bench = healthy();
      bench.rise();
      bench.world.amps = 0.4 * share;
      const seen = bench.run(millis(400));
      expect(seen.has('current-envelope'), `${share}`).toBe(trips);
      if (trips) expect(seen.get('current-envelope')).toBe(100);
    }
  });

  it('I4 trips on more than 3.0 W for 50 ms', () => {
    const bench = healthy({ 'limits.currentTolerance': 0.15 });
    bench.rise();
    bench.world.amps = 0.455;
    bench.world.volts = 6.59;
    expect(bench.run(millis(200)).has('over-power')).toBe(false);
    bench.world.amps = 0.459;
    expect(bench.run(millis(200)).has('over-power')).toBe(true);
  });

  it('I4 trips above 6.6 V on the second sample, far above at once, and not at 6.59 V', () => {
    const bench = healthy();
    bench.world.volts = 6.59;
    expect(bench.run(seconds(1)).has('supply-high')).toBe(false);
    bench.world.volts = 6.61;
    expect(bench.run(millis(200)).get('supply-high')).toBe(100);
    const gross = healthy();
    gross.world.volts = 12;
    expect(gross.run(millis(200)).get('supply-high')).toBe(50);
  });

  it('I4 trips below 5.4 V after 200 ms and not before', () => {
    const bench = healthy();
    bench.world.volts = 5.39;
    expect(bench.run(seconds(1)).get('supply-low')).toBe(250);
    const good = healthy();
    good.world.volts = 5.41;
    expect(good.run(seconds(1)).has('supply-low')).toBe(false);
  });

  it('I5 locks out on more than 20 mA from 100 ms after the gate went low, not on 19 mA, not earlier', () => {
    const bench = healthy();
    bench.rise();
    bench.world.amps = 0.4;
    bench.run(millis(300));
    bench.fall();
    const seen = bench.run(millis(400));
    expect(seen.get('leak-current')).toBe(100);
    const small = healthy();
    small.fall();
    small.world.amps = 0.019;
    expect(small.run(seconds(1)).has('leak-current')).toBe(false);
  });

  it('needs a second sample for a leak, a welded switch and too much power: one wild one is none of them', () => {
    const leak = healthy();
    leak.world.amps = 0.4;
    expect(leak.tick()).not.toContain('leak-current');
    expect(leak.tick()).toContain('leak-current');

    const welded = healthy();
    welded.world.pumpFed = false;
    welded.rise();
    welded.world.amps = 0.4;
    expect(welded.tick()).not.toContain('enable-welded');
    expect(welded.tick()).toContain('enable-welded');

    const power = healthy();
    power.rise();
    power.world.amps = 0.459;
    power.world.volts = 6.59;
    expect(power.tick()).not.toContain('over-power');
    expect(power.tick()).toContain('over-power');
  });

  it('I5 forgives one tick of skew at the falling edge', () => {
    const bench = healthy();
    bench.rise();
    bench.world.amps = 0.4;
    bench.run(millis(300));
    bench.fall();
    bench.run(millis(50));
    bench.world.amps = 0;
    expect(bench.run(seconds(1)).size).toBe(0);
  });

  it('I5 watches in every state, also while nothing is driven', () => {
    const bench = healthy();
    bench.world.driven = false;
    bench.world.pumpFed = false;
    bench.world.amps = 0.25;
    expect(bench.run(millis(200)).has('leak-current')).toBe(true);
  });

  it('I6 trips after 100 ms without current inside one pulse', () => {
    const bench = healthy();
    bench.rise();
    const seen = bench.run(millis(400));
    expect(seen.get('no-current')).toBe(150);
  });

  it('I6 trips on the third short pulse without current, and not on the second', () => {
    const bench = healthy();
    const pulse = (): ReadonlyMap<FaultName, number> => {
      bench.rise();
      const seen = bench.run(millis(100));
      bench.fall();
      bench.run(millis(900));
      return seen;
    };
    expect(pulse().has('no-current')).toBe(false);
    expect(pulse().has('no-current')).toBe(false);
    expect(pulse().has('no-current')).toBe(true);
  });

  it('I6 does not look while the pump is open or has just been fed', () => {
    const bench = healthy();
    bench.world.pumpFed = false;
    bench.rise();
    expect(bench.run(millis(400)).has('no-current')).toBe(false);
  });

  it('I7 trips when the gate stays high beyond the longest pulse, later with constant current', () => {
    const bench = healthy();
    bench.rise();
    bench.world.amps = 0.4;
    const seen = bench.run(seconds(6));
    expect(seen.get('conduction-too-long')).toBeGreaterThan(5500);
    expect(seen.get('conduction-too-long')).toBeLessThanOrEqual(5700);
  });

  it('judges a current reading by what the gate did when it was taken, not when it arrived', () => {
    const bench = healthy();
    bench.world.powerLateUs = millis(49);
    for (let pulse = 0; pulse < 20; pulse += 1) {
      bench.rise();
      // The reading that arrives first was taken before the edge.
      bench.world.amps = 0;
      expect(bench.tick()).toEqual([]);
      bench.world.amps = 0.4;
      expect([...bench.run(millis(450)).keys()]).toEqual([]);
      const { lastRiseUs } = bench.world.gate;
      bench.world.gate = gateAt({ lastRiseUs, lastFallUs: bench.now });
      expect(bench.tick()).toEqual([]);
      bench.world.amps = 0;
      expect([...bench.run(millis(450)).keys()]).toEqual([]);
    }
  });

  it('I17 counts a switch as open only while it alone is commanded open', () => {
    const bench = healthy();
    const { electrical } = bench.interlocks;
    expect([electrical.gateOpenUs > 0, electrical.enableOpenUs]).toEqual([true, 0]);
    bench.world.pumpFed = false;
    bench.world.pumpSince = before(bench.now, seconds(1));
    bench.tick();
    expect([electrical.gateOpenUs, electrical.enableOpenUs]).toEqual([0, 0]);
    bench.rise();
    bench.run(millis(200));
    expect(electrical.enableOpenUs).toBe(millis(150));
  });

  it('I17 finds current with the gate high and the pump off: a welded ENABLE switch', () => {
    const bench = healthy();
    bench.world.pumpFed = false;
    bench.rise();
    bench.world.amps = 0.4;
    expect(bench.run(millis(300)).has('enable-welded')).toBe(true);
  });

  it('I17 proves a pulse only when current, voltage and power are inside their envelopes', () => {
    for (const [amps, volts, proven] of [
      [0.4, 6, true],
      [0.341, 5.41, true],
      [0.33, 6, false],
      [0.4, 5.3, false],
      [0.4, 6.7, false],
      [0, 6, false],
    ] as const) {
      const bench = healthy();
      bench.rise();
      bench.world.amps = amps;
      bench.world.volts = volts;
      bench.run(millis(50));
      expect(bench.interlocks.electrical.proven, `${amps} A ${volts} V`).toBe(proven);
    }
  });

  it('counts the time without current only from real samples', () => {
    const bench = healthy();
    expect(bench.interlocks.electrical.quietUs).toBeGreaterThan(seconds(1));
    bench.world.amps = bad('nak');
    bench.run(millis(50));
    expect(bench.interlocks.electrical.quietUs).toBe(0);
  });
});

describe('gate, contacts, optics and journal', () => {
  it.each([
    ['estop', 'estop'],
    ['lid', 'lid'],
  ] as const)('I18 sees the %s contact open in the same tick', (contact, fault) => {
    const bench = healthy();
    bench.world[contact] = false;
    expect(bench.tick()).toContain(fault);
  });

  it('I14 misses a gate that closed its line at once, and one that leaves two orders unanswered', () => {
    const bench = healthy();
    bench.world.gate = gateAt({ closed: true });
    expect(bench.tick()).toContain('gate-lost');
    bench.world.gate = gateAt({ unanswered: 1 });
    expect(bench.tick()).toEqual([]);
    bench.world.gate = gateAt({ unanswered: 2 });
    expect(bench.tick()).toContain('gate-lost');
  });

  it('I26 refuses to arm with a gate that has other limits, I22 without a durable record, I8 without budget', () => {
    const bench = healthy();
    bench.world.driven = false;
    bench.world.gate = gateAt({ limitsDiffer: true });
    bench.world.latchUnsaved = true;
    bench.world.drained = false;
    expect(bench.tick()).toEqual(expect.arrayContaining(['gate-limits', 'latch-unwritable', 'heat-budget']));
  });

  it('I8 tells while driven that control is being held back, and not merely that the budget is in use', () => {
    const bench = healthy();
    bench.world.drained = false;
    expect(bench.tick()).toEqual([]);
    bench.world.heldBack = true;
    expect(bench.tick()).toEqual(['heat-budget']);
  });

  it('takes a refusal or an expired lease for a fault only while driven', () => {
    const bench = healthy();
    bench.world.gate = gateAt({ refused: 'pulse too long', leaseExpired: true });
    expect(bench.tick()).toEqual(expect.arrayContaining(['gate-refused', 'lease-expired']));
    bench.world.driven = false;
    expect(bench.tick()).toEqual([]);
  });

  it('I21 warns of a photodiode above 98 % for 1 s, and of no light, and never trips', () => {
    const bench = healthy();
    bench.world.pl = 4.03;
    expect(bench.run(millis(900)).has('pl-saturated')).toBe(false);
    expect(bench.run(millis(300)).has('pl-saturated')).toBe(true);
    bench.world.pl = 2;
    bench.world.reference = 0.01;
    expect([...bench.run(seconds(2)).keys()].filter((name) => name !== 'pl-dark')).toEqual([]);
    expect(bench.tick()).toEqual(['pl-dark']);
    bench.world.light = 0;
    expect(bench.tick()).toEqual([]);
  });

  it('I22 stops a run whose record fails for 10 s', () => {
    const bench = healthy();
    bench.world.journalFailing = true;
    expect(bench.run(seconds(11)).get('journal-failing')).toBeGreaterThanOrEqual(10_000);
  });

  it('I9 trips when control asked for something outside the bounds', () => {
    const bench = healthy();
    bench.world.unsound = true;
    expect(bench.tick()).toContain('run-order');
  });
});
