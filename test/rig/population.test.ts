import { describe, expect, it } from 'vitest';
import { readBench } from '../../src/params/bench-file.ts';
import { type Draw, drawBench } from '../../src/rig/population.ts';
import { FENG_KINETICS, FENG_KINETICS_ROUNDED } from '../../src/twin/samples.ts';

const PAPER: Draw = { seed: 1, spread: 0.2, room: [20, 27], plants: 'paper' };
const many = (draw: Partial<Draw> = {}) =>
  Array.from({ length: 200 }, (_, i) => drawBench({ ...PAPER, ...draw, seed: 1000 + i }));

describe('a drawn bench', () => {
  it('is the same for the same draw and another for another seed', () => {
    expect(drawBench(PAPER)).toEqual(drawBench(PAPER));
    expect(drawBench(PAPER)).not.toEqual(drawBench({ ...PAPER, seed: 2 }));
  });

  it('is a valid bench file, whatever the draw', () => {
    for (const spread of [0, 0.1, 0.5]) {
      for (const plants of ['paper', 'wide'] as const) {
        for (const bench of many({ spread, plants })) expect(readBench('b', bench)).toEqual({ bench: { ...bench } });
      }
    }
  });

  it('stays inside its ranges and fills them', () => {
    const rooms = many().map(({ room }) => room?.celsius ?? 0);
    expect(Math.min(...rooms)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...rooms)).toBeLessThanOrEqual(27);
    expect(Math.max(...rooms) - Math.min(...rooms)).toBeGreaterThan(6.5);
    const growth = many().map(({ film }) => film?.growthPerS ?? 0);
    expect(Math.min(...growth)).toBeGreaterThan(FENG_KINETICS.growthPerS * 0.799);
    expect(Math.max(...growth)).toBeLessThan(FENG_KINETICS_ROUNDED.growthPerS * 1.201);
    expect(Math.max(...growth) / Math.min(...growth)).toBeGreaterThan(1.5);
  });

  it('has light as laboratories have it, within its ranges', () => {
    const drawn = many();
    const spans = (list: (number | undefined)[]): [number, number] => {
      const numbers = list.map((value) => value ?? Number.NaN);
      return [Math.min(...numbers), Math.max(...numbers)];
    };
    const inside = (list: (number | undefined)[], low: number, high: number): void => {
      const [least, most] = spans(list);
      expect(least).toBeGreaterThanOrEqual(low);
      expect(most).toBeLessThanOrEqual(high);
      expect(most - least).toBeGreaterThan(0.8 * (high - low));
    };
    inside(
      drawn.map(({ optics }) => (optics?.leakPerH ?? Number.NaN) / (optics?.leak ?? Number.NaN)),
      -0.1001,
      0.1001,
    );
    inside(
      drawn.map(({ ions }) => ions?.gain),
      0,
      0.3,
    );
    inside(
      drawn.map(({ optics }) => optics?.mainsErrorHz),
      0.02,
      0.1,
    );
    inside(
      drawn.map(({ optics }) => optics?.lamp?.volts),
      0.02,
      0.6,
    );
    const steps = drawn.flatMap(({ changes }) => changes ?? []);
    expect(new Set(steps.map(({ what }) => what))).toEqual(new Set(['optics.excitation']));
    inside(
      steps.map(({ to }) => to),
      0.97,
      1.03,
    );
    expect(Math.min(...steps.map(({ to }) => Math.abs(to - 1)))).toBeGreaterThan(0.0049);
    for (const { changes } of drawn) expect(changes?.length).toBeGreaterThan(10);
  });

  it('keeps for a seed what was drawn before the light had more to draw', () => {
    const bench = drawBench({ seed: 1, spread: 0.2, room: [20, 27], plants: 'paper' });
    expect(bench).toMatchObject({
      room: { celsius: 24.701 },
      supply: { scale: 1.0327 },
      substrate: { fastK: 8.7647, fastTauS: 2.3348, slowK: 6.2831, slowTauS: 476.31 },
      thermocouple: { contact: 0.954, lagS: 0.872, noiseK: 0.033661 },
      infrared: { emissivity: 0.93117, lagS: 0.36439, noiseK: 0.041577 },
      film: { inductionS: 11.099, growthPerS: 0.055243, coolingShare: 0.75204 },
      emission: { quenchPerK: 0.010738, segregatedBrightness: 0.51882 },
      optics: { leak: 0.0040674, walk: 0.0070815, roomLightV: 0.0031614, flickerShare: 0.22503 },
    });
  });

  it('lies between both fits to the paper where nothing is spread', () => {
    for (const { film } of many({ spread: 0 })) {
      for (const key of ['inductionS', 'restPerS', 'remixPerS', 'coolingShare'] as const) {
        const [a, b] = [FENG_KINETICS[key], FENG_KINETICS_ROUNDED[key]];
        expect(film?.[key]).toBeGreaterThanOrEqual(Math.min(a, b) * (1 - 1e-4));
        expect(film?.[key]).toBeLessThanOrEqual(Math.max(a, b) * (1 + 1e-4));
      }
    }
  });
});
