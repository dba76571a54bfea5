import { describe, expect, it } from 'vitest';
import { Observer } from '../../src/model/observer.ts';
import { Lag } from '../../src/model/thermal.ts';
import { COMPILED } from '../../src/params/limits.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { LockIn, plantOf } from '../../src/safety/expectation.ts';
import { Lasting } from '../../src/safety/watch.ts';
import { Prng } from '../../src/twin/prng.ts';
import { atSeconds, celsius, instant, micros, ratio } from '../../src/units.ts';

const TICK_S = 0.05;

describe('the expected rise', () => {
  it('ends where gain × power says', () => {
    const rise = new Observer(plantOf(defaultSettings()));
    for (let i = 0; i < 8000 / TICK_S; i += 1) rise.step(TICK_S, ratio(1));
    expect(rise.film.filmK).toBeCloseTo(6.48 * 2.4, 1);
    expect(rise.thermocouple.expectedK).toBeCloseTo(0.97 * rise.film.filmK, 3);
  });

  it('reaches the film before the infrared thermometer, and that before the thermocouple', () => {
    const rise = new Observer(plantOf(defaultSettings()));
    for (let i = 0; i < 20; i += 1) rise.step(TICK_S, ratio(1));
    expect(rise.film.filmK).toBeGreaterThan(rise.infrared.expectedK);
    expect(rise.infrared.expectedK).toBeGreaterThan(rise.thermocouple.expectedK);
    expect(rise.thermocouple.expectedK).toBeGreaterThan(0);
  });
});

interface Sensor {
  /** Resolution, K; lag that was commissioned, s; by how much it is longer now, s, and by how much it may be. */
  readonly stepK?: number;
  readonly lagS?: number;
  readonly longerS?: number;
  readonly mayS?: number;
  readonly offset?: number;
  readonly drift?: number;
  readonly seconds?: number;
  readonly noise?: number;
  readonly power?: number;
  readonly onS?: number;
  readonly periodS?: number;
}

/** Feeds pulses, 0.5/5 s if nothing is said, and a sensor with the given gain; returns when it is called out of band, s, or null. */
function lockIn(gain: number, options: Sensor = {}): number | null {
  const rise = new Observer(plantOf(defaultSettings()));
  const { stepK = 0.01, lagS = 0.6, longerS = 0, mayS = 0, onS = 0.5, periodS = 5 } = options;
  const sensor = new LockIn(stepK, true);
  const [given, slower, shown] = [new Lag(lagS), new Lag(lagS + mayS), new Lag(lagS + longerS)];
  const prng = new Prng(4, 1);
  for (let i = 0; i < (options.seconds ?? 60) / TICK_S; i += 1) {
    const t = i * TICK_S;
    rise.step(TICK_S, ratio(t % periodS < onS ? (options.power ?? 1) : 0));
    for (const lag of [given, slower, shown]) lag.step(TICK_S, rise.film.filmK);
    if (i % 2 > 0) continue;
    const noise = (options.noise ?? 0) * prng.normal();
    const reading = 24 + (options.offset ?? 0) + (options.drift ?? 0) * t + gain * shown.value + noise;
    if (sensor.take(celsius(reading), given.value, slower.value, atSeconds(t))) return t;
  }
  return null;
}

describe('the lock-in of I11', () => {
  it.each([0.35, 0.7, 1, 1.3, 2.4])('accepts a response of %f times the commissioned one', (gain) => {
    expect(lockIn(gain, { seconds: 600 })).toBeNull();
  });

  it.each([0.25, 0, -1, 2.7])('trips on a response of %f times the commissioned one within 15 s', (gain) => {
    expect(lockIn(gain)).toBeLessThanOrEqual(15);
  });

  it('does not care for an offset or a drift of the room', () => {
    expect(lockIn(1, { offset: 5, drift: 0.01, seconds: 600 })).toBeNull();
  });

  it('takes a noisy sensor with a small response for noisy, and still finds one that does not follow', () => {
    expect(lockIn(0.6, { noise: 0.4, seconds: 1800 })).toBeNull();
    expect(lockIn(0.6, { noise: 0.2, power: 0.5, seconds: 1800 })).toBeNull();
    expect(lockIn(0, { noise: 0.4 })).toBeLessThanOrEqual(20);
    expect(lockIn(0, { noise: 0.1 })).toBeLessThanOrEqual(15);
  });

  it.each([
    [0.2, 0.4, 0.455, 1.05],
    [0.2, 0.6, 1, 2],
    [0.2, 0.6, 0.5, 5],
    [0.4, 0.4, 1, 2],
  ])(
    'knows an infrared thermometer of %f s that has become slower, with a response of %f under %f/%f s pulses, from one that does not follow',
    (lagS, gain, onS, periodS) => {
      const mayS = COMPILED.infraredSlowerS;
      const pulses = { lagS, mayS, onS, periodS, noise: 0.05, power: 1.3 };
      for (const longerS of [-lagS / 2, 0, 0.2])
        expect(lockIn(gain, { ...pulses, longerS, seconds: 1800 }), `${longerS} s longer`).toBeNull();
      for (const none of [0, -1]) expect(lockIn(none, pulses), `gain ${none}`).toBeLessThanOrEqual(18);
    },
  );

  it('does not judge while there is too little to see', () => {
    const sensor = new LockIn(0.01, true);
    for (let i = 0; i < 1000; i += 1)
      expect(sensor.take(celsius(24), 0.01 * (i % 2), 0.01 * (i % 2), instant(i * 1e5))).toBe(false);
    expect(sensor.gain).toBeNull();
  });

  it('needs a larger response from a sensor with coarse steps', () => {
    expect(lockIn(0, { stepK: 1 })).toBeNull();
  });
});

describe('a lasting condition', () => {
  it('holds after its time without a break, and starts anew after one', () => {
    const lasting = new Lasting();
    expect(lasting.check(true, instant(0), micros(100))).toBe(false);
    expect(lasting.check(true, instant(99), micros(100))).toBe(false);
    expect(lasting.check(true, instant(100), micros(100))).toBe(true);
    expect(lasting.check(false, instant(101), micros(100))).toBe(false);
    expect(lasting.check(true, instant(102), micros(100))).toBe(false);
    expect(lasting.check(true, instant(202), micros(100))).toBe(true);
  });
});
