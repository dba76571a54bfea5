/** What a bench file can change in the film, in its light and in the converter. */
import { describe, expect, it } from 'vitest';
import { Twin, type TwinOptions } from '../../src/twin/twin.ts';

const OPTIONS: TwinOptions = {
  sample: 'feng-2023',
  seed: 3,
  ambientC: 23,
  noise: 0,
  plantMismatch: 0,
  thermocoupleContact: 1,
  thermocoupleLagS: 1,
  infraredLagS: 0.3,
};
const lit = (more: Partial<TwinOptions> = {}): Twin => {
  const twin = new Twin({ ...OPTIONS, ...more });
  twin.light = 1;
  return twin;
};
const after = (twin: Twin, spanS: number): Twin => {
  for (let i = 0; i < spanS / 0.02; i += 1) twin.step(0.02, 0);
  return twin;
};

describe('a film that changes', () => {
  it('loses iodine for good: green is up, and nothing brings it back', () => {
    const twin = lit();
    const before = twin.photodiodeV('green');
    twin.film.lose(0.1);
    expect([twin.film.segregated, twin.film.lost]).toEqual([0.1, 0.1]);
    expect(twin.photodiodeV('green')).toBeGreaterThan(before + 0.05);
    twin.light = 0;
    after(twin, 600);
    expect(twin.film.segregated).toBe(0.1);
    twin.film.lose(0.05);
    expect(twin.film.lost).toBe(0.1);
  });

  it('is brighter or darker in all bands alike', () => {
    const twin = lit({ parts: { optics: { roomLightV: 0 } } });
    const channels = ['green', 'red', 'broadband'] as const;
    const before = channels.map((name) => twin.photodiodeV(name));
    const reference = twin.photodiodeV('reference');
    twin.ageing.brightness = 0.8;
    for (const [i, name] of channels.entries()) expect(twin.photodiodeV(name) / (before[i] ?? 0)).toBeCloseTo(0.8, 6);
    expect(twin.photodiodeV('reference')).toBe(reference);
  });

  it('is lost to lead as fast as the air is let in', () => {
    const parts = { slow: { leadLeak: { tauS: 1000 } } };
    const [still, fast] = [0, 10].map((pace) => {
      const twin = lit({ parts });
      twin.ageing.airPace = pace;
      return after(twin, 20).ageing.yield();
    });
    expect(still).toBe(1);
    expect(fast).toBeCloseTo(Math.exp(-0.2), 6);
  });

  it('segregates sooner where its clock runs faster', () => {
    const segregated = [1, 3].map((scale) => {
      const twin = lit();
      twin.film.clockScale = scale;
      return after(twin, 8).film.segregated;
    });
    expect(segregated[0]).toBeLessThan(0.02);
    expect(segregated[1]).toBeGreaterThan(0.1);
  });
});

describe('a converter that changes', () => {
  it('is as many times as noisy', () => {
    const spread = [1, 10].map((scale) => {
      const twin = lit({ noise: 1 });
      twin.noiseScale = scale;
      const values = Array.from({ length: 400 }, () => twin.photodiodeV('red'));
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    });
    expect((spread[1] ?? 0) / (spread[0] ?? 1)).toBeCloseTo(10, 0);
  });

  it('gives each channel’s last reading while it is frozen, in the dark too', () => {
    const twin = lit();
    const [red, green] = [twin.photodiodeV('red'), twin.photodiodeV('green')];
    twin.photodiodesFrozen = true;
    twin.light = 0;
    expect([twin.photodiodeV('red'), twin.photodiodeV('green')]).toEqual([red, green]);
    twin.photodiodesFrozen = false;
    expect(twin.photodiodeV('red')).toBeLessThan(0.1);
  });
});
