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
