import { describe, expect, it } from 'vitest';
import type { Stretch } from '../../../src/control/light/readings.ts';
import { type Cycle, TwoBands } from '../../../src/control/light/share.ts';
import { Prng } from '../../../src/twin/prng.ts';
import { instant } from '../../../src/units.ts';

const K = 0.5;
const LEAK_MOST = 0.04;
const RED_V = 2;
const noise = new Prng(5, 1);

interface Film {
  /** Segregated share before the pulse, and after it. */
  readonly s?: number;
  readonly after?: number;
  readonly leak?: number;
  readonly remixes?: boolean;
  readonly coupling?: number;
}

/** What a film shows that is segregated by `s`: green = red · (leak + K·s/(1 − s)). */
function stretch(s: number, { leak = 0.004, coupling = 1 }: Film): Stretch {
  const red = RED_V * coupling * (1 - s);
  const green = red * leak + RED_V * coupling * K * s;
  const noisy = (v: number): number => v + 2e-4 * noise.normal();
  return { green: noisy(green), red: noisy(red), broadband: 2, reference: 2, n: 2, filmC: 25, saturated: false };
}

/** Each cycle has a dark frame of its own, unless the frame of another is told. */
let frames = 0;
const cycle = (film: Film = {}, frame = ++frames): Cycle => ({
  cold: stretch(film.s ?? 0, film),
  after: stretch(film.after ?? film.s ?? 0, film),
  middle: null,
  remixes: film.remixes ?? true,
  spanS: 5,
  greenDarkErrorV: 2e-4,
  redDarkErrorV: 2e-4,
  darkAt: instant(5e6 * frame),
  restlessV: 0,
});

const seen = (film: Film, bands = new TwoBands(K, LEAK_MOST), n = 12): ReturnType<TwoBands['take']> => {
  let share = bands.take(cycle(film));
  for (let i = 1; i < n; i += 1) share = bands.take(cycle(film));
  return share;
};
const mixed = (): TwoBands => {
  const bands = new TwoBands(K, LEAK_MOST);
  seen({}, bands);
  return bands;
};

describe('the segregated share from two bands', () => {
  it.each([0.002, 0.02, 0.3, 0.9])('is what the film has: %d', (s) => {
    const share = mixed().take(cycle({ s }));
    expect(share.s).toBeGreaterThan(s - 4 * share.error - 0.01 * s);
    expect(share.s).toBeLessThan(s + 4 * share.error + 0.01 * s);
  });

  it('has no lower mixed level by cycles that stand on one dark frame: the room may have got darker since', () => {
    const shown = (frame: (i: number) => number): number => {
      const bands = mixed();
      for (let i = 0; i < 3; i += 1) bands.take(cycle({ leak: 0.003 }, frame(i)));
      return bands.take(cycle()).s;
    };
    const one = ++frames;
    expect(shown(() => one)).toBeLessThan(6e-4);
    // With frames of their own the level is lower, and the next film is above it.
    expect(shown(() => ++frames)).toBeGreaterThan(1.2e-3);
  });

  it('does not depend on how much of the light is collected', () => {
    expect(mixed().take(cycle({ s: 0.05, coupling: 0.6 })).s).toBeCloseTo(0.05, 2);
  });

  it('is anchored by pulses that remix nothing, and not by weak ones', () => {
    expect(seen({}).anchored).toBe(true);
    expect(seen({ remixes: false }).anchored).toBe(false);
  });

  it('is not anchored on a film that was segregated when it was first seen: its pulses remix', () => {
    expect(seen({ s: 0.04, after: 0.028 })).toMatchObject({ anchored: false });
  });

  it('takes the most mixed level that it saw for the mixed one', () => {
    const bands = new TwoBands(K, LEAK_MOST);
    seen({ s: 0.04, after: 0.03 }, bands, 2);
    seen({}, bands, 3);
    expect(bands.take(cycle({ s: 0.02, after: 0.01 })).s).toBeCloseTo(0.02, 2);
  });

  it('follows a filter that drifts, and not a film that segregates as slowly', () => {
    const drifting = mixed();
    const creeping = mixed();
    let [drift, creep] = [drifting.take(cycle()), creeping.take(cycle())];
    for (let i = 0; i < 1440; i += 1) {
      // In two hours: the leak from 0.4 to 0.8 %, or the film to 0.8 %, a third of which each pulse remixes.
      drift = drifting.take(cycle({ leak: 0.004 + (i / 1440) * 0.004 }));
      const s = (i / 1440) * 0.02;
      creep = creeping.take(cycle({ s, after: s * 0.66 }));
    }
    expect(drift.s).toBeLessThan(0.003);
    expect(creep.s).toBeGreaterThan(0.012);
  });

  it('does not believe a level beyond any leak that heat does not change', () => {
    expect(seen({ leak: 0.9 })).toMatchObject({ unbelievable: true, anchored: false });
    expect(seen({ s: 0.5, after: 0.4 })).toMatchObject({ unbelievable: false });
  });

  it('knows a green channel that does not answer to the light', () => {
    expect(seen({ leak: 0 }).alive).toBe(false);
    expect(seen({}).alive).toBe(true);
  });

  it('takes no step for noise: a film that segregates and is mixed again is seen as well as before', () => {
    const bands = mixed();
    const before = bands.take(cycle()).error;
    for (let i = 0; i < 12; i += 1) {
      bands.take(cycle({ s: 0.2, after: 0.1 }));
      bands.take(cycle());
    }
    expect(bands.take(cycle()).error).toBeLessThan(1.5 * before);
  });

  it('takes what comes after darkness for no neighbour of what was before it', () => {
    const bands = mixed();
    // A new lamp: the next level is another one, by less than a step.
    expect(bands.isSudden(cycle({ leak: 0.006 }))).toBe(true);
    bands.relit();
    expect(bands.isSudden(cycle({ leak: 0.006 }))).toBe(false);
  });

  it('notices noise that has grown', () => {
    const bands = mixed();
    const before = bands.take(cycle()).error;
    for (let i = 0; i < 60; i += 1) bands.take(cycle({ leak: 0.004 + 8e-4 * noise.normal() }));
    expect(bands.take(cycle()).error).toBeGreaterThan(1.8 * before);
  });
});
