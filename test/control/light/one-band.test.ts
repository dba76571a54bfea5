/** The mixed band alone: what creeps is a loss, and temperature, a trend, a step, a lamp or a walk is none. */
import { describe, expect, it } from 'vitest';
import { OneBand } from '../../../src/control/light/one-band.ts';
import type { Cycle } from '../../../src/control/light/share.ts';
import { ONE_BAND_ALARM } from '../../../src/params/cause.ts';
import { Prng } from '../../../src/twin/prng.ts';
import { atSeconds } from '../../../src/units.ts';

const PERIOD_S = 4;
const QUIET = 80;
/** Noise of one conversion, as a share. */
const NOISE = 1.1e-3;

interface World {
  /** ln of the light, by the seconds since the start and by the cycles since the onset. */
  readonly level?: (s: number, n: number) => number;
  readonly filmC?: (s: number) => number;
  readonly alphaPerK?: number;
  readonly doubtV?: (n: number) => number;
  readonly gap?: (n: number) => boolean;
}

/** Evidence after each cycle since the onset. */
function watched({ level, filmC = () => 24, alphaPerK = 0, doubtV, gap }: World, cycles: number, seed = 5) {
  const chance = new Prng(seed, 3);
  const noisy = (volts: number): number => volts * (1 + (NOISE / Math.SQRT2) * chance.normal());
  const band = new OneBand();
  const losses = Array.from({ length: QUIET + cycles }, (_, i) => {
    const [s, n] = [i * PERIOD_S, i - QUIET];
    const light = Math.exp((level?.(s, n) ?? 0) - alphaPerK * (filmC(s) - 24));
    const red = noisy(2 * light);
    const reference = noisy(2);
    const cold = { green: 0.01, red, broadband: 2, reference, n: 2, filmC: filmC(s), saturated: false };
    const dark = { greenDarkErrorV: 2e-4, redDarkErrorV: 2e-4, darkAt: atSeconds(s), restlessV: 0 };
    const cycle: Cycle = { cold, after: null, middle: null, remixes: true, spanS: PERIOD_S, ...dark };
    return gap?.(n) ? { evidence: 0, size: 0 } : band.take(cycle, doubtV?.(n) ?? 0, atSeconds(s));
  });
  return losses.slice(QUIET);
}
const most = (losses: readonly { readonly evidence: number }[]): number =>
  Math.max(...losses.map(({ evidence }) => evidence));
const firstAlarm = (losses: readonly { readonly evidence: number }[]): number =>
  losses.findIndex(({ evidence }) => evidence >= ONE_BAND_ALARM);
const since = (n: number, of: (n: number) => number): number => (n < 0 ? 0 : of(n));

describe('one band alone', () => {
  it('sees nothing in a level that is still', () => {
    expect(most(watched({}, 400))).toBeLessThan(ONE_BAND_ALARM / 2);
  });

  it('sees growth to 10 % in ten minutes before 2 % is lost, and knows how much it is', () => {
    const losses = watched({ level: (_, n) => since(n, (x) => Math.log1p((-0.1 * PERIOD_S * x) / 600)) }, 60);
    const at = firstAlarm(losses);
    expect(at).toBeGreaterThan(2);
    expect(at * PERIOD_S).toBeLessThan(120);
    expect(losses[45]?.size).toBeGreaterThan(0.025);
    expect(losses[45]?.size).toBeLessThan(0.035);
  });

  it('sees growth to 50 % in 90 s in its third cycle', () => {
    const losses = watched({ level: (_, n) => since(n + 1, (x) => Math.log1p(-0.022 * x)) }, 20);
    expect(firstAlarm(losses)).toBe(2);
  });

  it('sees no loss in light that rises', () => {
    expect(most(watched({ level: (_, n) => since(n, (x) => 7e-4 * x) }, 80))).toBeLessThan(1);
  });

  it.each([400, 900])('takes a film that brightens ever slower, with %d s, for no loss', (tauS) => {
    expect(most(watched({ level: (s) => -0.25 * Math.expm1(-s / tauS) }, 400))).toBeLessThan(ONE_BAND_ALARM / 2);
  });

  it('still sees a loss in such a film', () => {
    const level = (s: number, n: number): number => -0.2 * Math.expm1(-s / 500) - since(n, (x) => 7e-4 * x);
    const losses = watched({ level }, 60);
    expect(firstAlarm(losses) * PERIOD_S).toBeGreaterThan(0);
    expect(firstAlarm(losses) * PERIOD_S).toBeLessThan(150);
  });

  it.each([0.011, 0.02, 0.034])(
    'learns what warmth takes of the light, %d /K, while the room gets warmer',
    (alphaPerK) => {
      const from = QUIET * PERIOD_S;
      const filmC = (s: number): number => 24 + 5 * Math.min(1, Math.max(0, (s - from) / 60));
      expect(most(watched({ filmC, alphaPerK }, 100))).toBeLessThan(ONE_BAND_ALARM / 2);
      // What is lost beside that shows all the same.
      const level = (_: number, n: number): number => since(n - 25, (x) => -7e-4 * x);
      expect(firstAlarm(watched({ filmC, alphaPerK, level }, 100))).toBeGreaterThan(25);
    },
  );

  it.each([0.01, 0.05, 0.3])('takes a loss of %d at once, or in the middle of a cycle, for a step', (size) => {
    for (const first of [1, 0.4]) {
      const level = (_: number, n: number): number => since(n, (x) => Math.log1p(-size * (x < 1 ? first : 1)));
      expect(most(watched({ level }, 120))).toBeLessThan(ONE_BAND_ALARM);
    }
  });

  it('sees a loss that creeps after a step', () => {
    const level = (_: number, n: number): number => since(n, () => -0.05) - since(n - 40, (x) => 7e-4 * x);
    const at = firstAlarm(watched({ level }, 100));
    expect(at).toBeGreaterThan(40);
    expect(at).toBeLessThan(75);
  });

  it.each([0.011, 0.034])(
    'takes neither warmth that comes at once for a step, nor what follows for a loss, at %d /K',
    (alphaPerK) => {
      // Another pattern of heat: the film is 1.4 K warmer within a cycle, and a kelvin more in the next minutes.
      const from = QUIET * PERIOD_S;
      const filmC = (s: number): number => (s < from ? 24 : 25.4 - Math.expm1(-(s - from) / 300));
      for (const seed of [5, 6, 7, 8])
        expect(most(watched({ filmC, alphaPerK }, 150, seed))).toBeLessThan(ONE_BAND_ALARM / 2);
    },
  );

  it('begins anew after more than a minute without a reading, and not before', () => {
    const after = (cycles: number): number => {
      const gap = (n: number): boolean => n >= 0 && n < cycles;
      const level = (_: number, n: number): number => since(n, (x) => -7e-4 * x);
      return firstAlarm(watched({ gap, level }, 90)) - cycles;
    };
    expect(after(13)).toBeLessThan(12);
    expect(after(20)).toBeGreaterThan(15);
  });

  it('does not believe what a lamp may have left behind', () => {
    const level = (_: number, n: number): number => since(n, (x) => -0.015 * Math.min(1, x / 8));
    expect(most(watched({ level, doubtV: (n) => (n < 0 ? 0 : 0.04) }, 40))).toBeLessThan(ONE_BAND_ALARM);
    expect(most(watched({ level }, 40))).toBeGreaterThan(ONE_BAND_ALARM);
  });

  it('asks for more where the level has walked more than those of films do', () => {
    for (const seed of [11, 12, 13]) {
      const chance = new Prng(seed, 1);
      let walk = 0;
      const path = Array.from({ length: 900 }, () => (walk += 1.6e-3 * chance.normal()));
      const losses = watched({ level: (s) => path[s / PERIOD_S] ?? 0 }, 800);
      expect(most(losses.slice(120))).toBeLessThan(ONE_BAND_ALARM);
    }
  });
});
