import { describe, expect, it } from 'vitest';
import type { Stretch } from '../../../src/control/light/readings.ts';
import { Walk } from '../../../src/control/light/walk.ts';

const SLOPE = -0.008;
const at = (filmC: number, walked = 0, coupling = 1): Stretch => ({
  green: 0.01,
  red: 2 * coupling * Math.exp(walked + SLOPE * (filmC - 25)),
  broadband: 2 * coupling,
  reference: 2,
  n: 2,
  filmC,
  saturated: false,
});

/** Plays cycles that end at `filmC`; returns the last answer. */
function play(walk: Walk, n: number, filmC: (i: number) => number, walked: (i: number) => number = () => 0): boolean {
  let moved = false;
  for (let i = 0; i < n; i += 1) {
    const coupling = 1 + 0.2 * Math.sin(i);
    moved = walk.take(at(filmC(i), walked(i), coupling), at(filmC(i) + 1.2, walked(i), coupling), 0, true);
  }
  return moved;
}

describe('a mixed band that moves', () => {
  it('is found where red falls or rises, and not without an anchor', () => {
    for (const way of [-0.1, 0.1]) {
      const walk = new Walk();
      play(walk, 20, () => 25);
      expect(
        play(
          walk,
          3,
          () => 25,
          () => way,
        ),
      ).toBe(true);
    }
    expect(new Walk().take(at(25, 1), null, 0, false)).toBe(false);
  });

  it('is not found in a film that only gets warmer, once pulses have shown what warmth does', () => {
    const walk = new Walk();
    play(walk, 60, () => 25);
    expect(play(walk, 200, (i) => 25 + i * 0.05)).toBe(false);
  });

  it('is not told from one cycle', () => {
    const walk = new Walk();
    play(walk, 20, () => 25);
    expect(
      play(
        walk,
        1,
        () => 25,
        () => 0.3,
      ),
    ).toBe(false);
  });
});
