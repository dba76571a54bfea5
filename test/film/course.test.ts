import { describe, expect, it } from 'vitest';
import { drive } from '../../benchmarks/feedback/course.ts';
import { drawBench } from '../../src/rig/population.ts';

/** Draws that no threshold was chosen on. */
const BENCHES = Array.from({ length: 40 }, (_, i) =>
  drawBench({ seed: 31_000 + i, spread: 0.2, room: [20, 27], plants: 'paper' }),
);
const HOUR = { forS: 3600 };

describe('the feedback on drawn benches', () => {
  const adapted = BENCHES.map((bench, i) => drive({ bench, ...HOUR, seed: i }));
  const left = BENCHES.map((bench, i) => drive({ bench, ...HOUR, seed: i, frozen: true }));

  it('holds more of them for an hour than the pattern that it begins with', () => {
    const held = (list: typeof adapted): number => list.filter((one) => one.held).length;
    expect(held(adapted)).toBeGreaterThan(held(left));
  });

  it('exposes no film for long, where the same film left alone segregates for most of the hour', () => {
    // A strong pattern may hide a hot end of ten times what the cold end shows.
    for (const { exposed } of adapted) expect(exposed).toBeLessThan(0.08);
    expect(adapted.filter(({ exposed }) => exposed < 0.01).length).toBeGreaterThanOrEqual(36);
    expect(Math.max(...left.map(({ exposed }) => exposed))).toBeGreaterThan(0.4);
  });

  it('leaves alone what its first pattern keeps mixed without a trace', () => {
    const quiet = adapted.filter((_, i) => (left[i]?.largest ?? 1) < 1e-3);
    expect(quiet.length).toBeGreaterThan(3);
    for (const { words } of quiet) expect(words).toEqual([]);
  });

  it('takes light only where it says so', () => {
    for (const { lit, words } of adapted) {
      if (lit < 0.9) expect(words.join()).toContain('No pattern holds at this light');
    }
  });

  it('changes nothing while it sees nothing', () => {
    const [bench] = BENCHES;
    if (!bench) throw new Error('no bench');
    const { words } = drive({ bench, ...HOUR, seed: 1, blind: [0, 3600] });
    expect(words.length).toBe(1);
    expect(words[0]).toContain('cannot be seen');
  });
});
