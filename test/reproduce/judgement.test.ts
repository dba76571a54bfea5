import { describe, expect, it } from 'vitest';
import { figure, least, most } from '../../src/reproduce/figures.ts';
import { compare, judge, judged, type Reading } from '../../src/reproduce/judgement.ts';
import type { Lab } from '../../src/reproduce/lab.ts';
import {
  brightness,
  largest,
  less,
  lowest,
  moreThan,
  over,
  secondsToMix,
  share,
  shareAt,
} from '../../src/reproduce/reading.ts';
import {
  detectionLimit,
  foldedSwing,
  type Records,
  type Sighting,
  swingOf,
  toldIn,
  unseenIn,
  withoutLeak,
} from '../../src/reproduce/records.ts';

const INFINITE = Number.POSITIVE_INFINITY;
const atMost = (high: number) => ({ low: -INFINITE, high });
const atLeast = (low: number) => ({ low, high: INFINITE });
const seen = (low: number, limit: number | null = null, high = low): Reading => ({ low, high, limit, doubt: null });
const word = (...order: Parameters<typeof judge>): string => judge(...order).word;

describe('a figure that the records give', () => {
  it('holds a share at most at 2 % only where the detection limit is below that', () => {
    expect(word(seen(0.02, 0.001), atMost(0.02))).toBe('holds');
    expect(word(seen(0.0201, 0.001), atMost(0.02))).toBe('does not hold');
    // Nothing is seen, and 2 % would not have been.
    expect(judge(seen(0, 0.03), atMost(0.02))).toEqual({ word: 'cannot be told', why: 'below the detection limit' });
    expect(word(seen(0.029, 0.03), atMost(0.02))).toBe('cannot be told');
    expect(word(seen(0.031, 0.03), atMost(0.02))).toBe('does not hold');
  });

  it('holds a share at least at 2 % only where so much can be detected', () => {
    expect(word(seen(0.021, 0.001), atLeast(0.02))).toBe('holds');
    expect(word(seen(0.019, 0.001), atLeast(0.02))).toBe('does not hold');
    expect(word(seen(0.021, 0.03), atLeast(0.02))).toBe('cannot be told');
    expect(word(seen(0.001, 0.03), atLeast(0.02))).toBe('cannot be told');
    // A difference below nothing is no question of detection.
    expect(word(seen(-0.5, 0.001), atLeast(0))).toBe('does not hold');
  });

  it('cannot be told where what is not known decides', () => {
    expect(word({ ...seen(0.01, 0.001, 0.03), doubt: 'x' }, atMost(0.02))).toBe('cannot be told');
    expect(judge({ ...seen(0.01, 0.001, 0.03), doubt: 'x' }, atMost(0.02)).why).toBe('x');
    expect(judge(seen(0.5, null, 1.5), atMost(1)).why).toBe('the bound is within the error');
    expect(word({ ...seen(0.6, 0.001, 1), doubt: 'x' }, atLeast(0.4))).toBe('holds');
    expect(word(seen(1.1, null, 1.5), { low: 0, high: 1 })).toBe('does not hold');
    expect(judge({ ...seen(Number.NaN), doubt: 'DARK' }, atMost(1))).toEqual({ word: 'cannot be told', why: 'DARK' });
    expect(judge(seen(Number.NaN), atLeast(0)).word).toBe('cannot be told');
  });
});

const TRUTH = (value: number) => () => value;
const claim = (...figures: Parameters<typeof figure>[]) => ({
  id: 'X',
  paper: 'x',
  figures: figures.map((f) => figure(...f)),
});

describe('a statement by the records', () => {
  it('fails with one figure that fails, and else is as unclear as its least clear one', () => {
    const good = ['a', most(1), seen(0.5, 0.1), TRUTH(0)] as const;
    const bad = ['b', most(1), seen(2, 0.3), TRUTH(0)] as const;
    const unclear = ['c', most(1), seen(Number.NaN), TRUTH(0)] as const;
    expect(judged(claim([...good], [...good])).word).toBe('holds');
    expect(judged(claim([...good], [...unclear])).word).toBe('cannot be told');
    expect(judged(claim([...unclear], [...bad], [...good]))).toMatchObject({ word: 'does not hold', limit: 0.3 });
    expect(judged(claim([...unclear])).limit).toBeNull();
  });

  it('differs from the truth only in figures that could be told', () => {
    const made = claim(
      ['held', most(1), seen(0.5), TRUTH(3)],
      ['unclear', most(1), seen(Number.NaN), TRUTH(0.2)],
      ['failed', least(1), seen(0.5), TRUTH(3)],
      ['agreed', most(1), seen(0.5), TRUTH(0.2)],
    );
    const compared = compare(made, judged(made), {} as Lab);
    expect(compared.differ).toEqual(['held', 'failed']);
    expect(compared.truthHolds).toBe(false);
    expect(compared.truth).toEqual({ held: 3, unclear: 0.2, failed: 3, agreed: 0.2 });
  });
});

const TICK_S = 0.5;
const column = (of: (t: number) => number, seconds = 60): Float64Array =>
  Float64Array.from({ length: seconds / TICK_S + 1 }, (_, i) => of(i * TICK_S));
const cycle = (t: number, segregated: number, changes: Partial<Sighting> = {}): Sighting => ({
  t,
  verdict: 'SEGREGATED',
  sight: null,
  segregated,
  error: 0.001,
  anchored: true,
  isCycle: true,
  ...changes,
});
const UNANCHORED = { verdict: 'CANNOT_SEE', sight: 'not-anchored', anchored: false } as const;
const recorded = (sightings: readonly Sighting[], changes: Partial<Records['readings']> = {}): Records => {
  const flat = (value: number) => column(() => value);
  const readings = {
    t: column((t) => t),
    tcC: flat(24),
    irC: flat(24),
    filmC: flat(24),
    filmErrorK: flat(0.1),
    watts: flat(0),
    greenV: flat(0.045),
    redV: flat(1),
    broadbandV: flat(1),
    referenceV: flat(1),
    ...changes,
  };
  return { readings, sightings, ratio: 0.45 };
};

describe('what the light path says', () => {
  it('is not believed where it says CANNOT_SEE, unless only the verification was missing and came later', () => {
    const blind = cycle(5, 0, UNANCHORED);
    expect(toldIn(recorded([blind]), 0, 60)).toEqual([]);
    expect(unseenIn(recorded([blind]), 0, 60)).toBe('CANNOT_SEE, not-anchored');
    const later = recorded([blind, cycle(10, 0.001, { verdict: 'MIXED' })]);
    expect(toldIn(later, 0, 60).map(({ t }) => t)).toEqual([5, 10]);
    expect(unseenIn(later, 0, 60)).toBeNull();
    const dim = recorded([{ ...blind, sight: 'little-light' }, cycle(10, 0.001, { verdict: 'MIXED' })]);
    expect(toldIn(dim, 0, 60).map(({ t }) => t)).toEqual([10]);
    expect(unseenIn(dim, 0, 60)).toBe('CANNOT_SEE, little-light');
    // Verified before says nothing of a level that is in doubt now.
    const lost = recorded([cycle(5, 0.001, { verdict: 'MIXED' }), cycle(10, 0.001, UNANCHORED)]);
    expect(toldIn(lost, 0, 60).map(({ t }) => t)).toEqual([5]);
  });

  it('is nothing in the dark', () => {
    const dark = recorded([cycle(5, 0.5), { ...cycle(10, 0), verdict: 'DARK', segregated: null, isCycle: false }]);
    expect(share(dark, 20, 30)).toMatchObject({ low: Number.NaN, doubt: 'DARK' });
    expect(shareAt(dark, 30)).toMatchObject({ low: Number.NaN, doubt: 'DARK' });
    expect(unseenIn(dark, 0, 9)).toBeNull();
  });

  it('counts a level that was not verified as segregated film, at the most', () => {
    // D = 0.45 at a share of 0.5; 0.045 of leak make it 0.495 of 0.945.
    expect(withoutLeak(0.5, 0.045, 0.45)).toBeCloseTo(0.495 / 0.945, 12);
    expect(withoutLeak(0, 0.045, 0.45)).toBeCloseTo(0.045 / 0.495, 12);
    const [first] = toldIn(recorded([cycle(5, 0.5, { anchored: false })]), 0, 60);
    expect(first).toMatchObject({ share: 0.5 });
    expect(first?.most).toBeCloseTo(0.495 / 0.945, 12);
    expect(toldIn(recorded([cycle(5, 0.5)]), 0, 60)[0]).toMatchObject({ share: 0.5, most: 0.5 });
  });

  it('has a detection limit of 3.29 standard errors, by the median', () => {
    expect(detectionLimit([0.001, 0.001, 0.01])).toBeCloseTo(0.00329, 12);
    expect(detectionLimit([])).toBeNull();
    expect(share(recorded([cycle(5, 0.5), cycle(10, 0.5), cycle(15, 0.5, { error: 0.01 })]), 0, 12).limit).toBeCloseTo(
      0.00329,
      12,
    );
    expect(share(recorded([cycle(5, 0.5), cycle(10, 0.5, { error: 0.01 })]), 6, 12).limit).toBeCloseTo(0.0329, 12);
  });

  it('is the mean of the cycles of a stretch, or their largest, and anything while it was not seen', () => {
    const run = recorded([cycle(5, 0.01), cycle(10, 0.04), cycle(15, 0.01)]);
    expect(share(run, 5, 15)).toMatchObject({ low: 0.025, high: 0.025 });
    expect(largest(run, 0, 60)).toMatchObject({ low: 0.04, high: 0.04, doubt: null });
    const gap = recorded([...run.sightings, { ...cycle(20, 0), ...UNANCHORED, sight: 'room-light', segregated: null }]);
    expect(largest(gap, 0, 60)).toMatchObject({ low: 0.04, high: 1, doubt: 'CANNOT_SEE, room-light' });
    expect(shareAt(run, 12)).toMatchObject({ low: 0.04 });
    expect(shareAt(run, 60).doubt).toBe('no cycle was measured');
  });

  it('shows a mixed film only by a cycle that began after the change, and its time between two cycles', () => {
    // The cycle concluded at 31 s began before the change at 30 s; the film was mixed by then.
    const run = recorded([cycle(31, 0), cycle(35, 0.4), cycle(40, 0.03), cycle(45, 0.2)]);
    expect(lowest(run, 30, 60)).toMatchObject({ low: 0, high: 0.03 });
    expect(secondsToMix(run, 30, 60)).toMatchObject({ low: 1.5, high: 10 });
    const never = recorded([cycle(35, 0.4), cycle(40, 0.06)]);
    expect(secondsToMix(never, 30, 60)).toMatchObject({ low: 0, high: INFINITE, doubt: 'no cycle shows a mixed film' });
    // A cycle that would not have shown 5 % proves nothing.
    expect(secondsToMix(recorded([cycle(40, 0.03, { error: 0.02 })]), 30, 60).high).toBe(INFINITE);
  });

  it('tells shares apart by more than both detection limits', () => {
    const both = moreThan(seen(0.5, 0.03), seen(0.2, 0.04, 0.25));
    expect(both.low).toBeCloseTo(0.5 - 0.25 - 0.05, 12);
    expect(both.high).toBeCloseTo(0.5 - 0.2 + 0.05, 12);
    expect(moreThan(seen(0.5), { ...seen(Number.NaN), doubt: 'DARK' }).doubt).toBe('DARK');
    expect(over(seen(2, null, 3), seen(4, null, 5))).toMatchObject({ low: 0.4, high: 0.75 });
    const difference = less(seen(9, null, 15), seen(1, null, 9));
    expect(difference).toMatchObject({ low: 2, high: 12 });
  });
});

describe('what thermometers and photodiodes say', () => {
  it('a swing is the mean of the periods, whatever drifts below them', () => {
    const saw = column((t) => 20 + (t % 5) + t / 10);
    const swing = swingOf({ t: column((t) => t), filmC: saw }, 5, 10, 60);
    // From 0 to 4.5 s within a period and 0.45 K of drift; the first tick of the next period is 0.5 K above the first.
    expect(swing.meanK).toBeCloseTo(4.95, 6);
    expect(swing.errorK).toBeLessThan(1e-9);
  });

  it('a thermometer is averaged by its place in the period, so that its noise is no swing', () => {
    const noisy = column((t) => (t % 5 < 1 ? 26 : 24) + (Math.floor(t / 5) % 2 === 0 ? 0.4 : -0.4));
    const { readings } = recorded([], { irC: noisy });
    const swing = foldedSwing(readings, 5, 10, 60);
    expect(swing.meanK).toBeCloseTo(2, 9);
    expect(swing.errorK).toBeCloseTo(Math.sqrt((2 * 0.16) / 10), 6);
  });

  it('a brightness is held against the excitation', () => {
    const warming = { redV: column((t) => 2 + t / 60), referenceV: column((t) => 1 + t / 120) };
    const [early, late] = [
      brightness(recorded([], warming), 'redV', 0, 5),
      brightness(recorded([], warming), 'redV', 50, 60),
    ];
    expect((early.low + early.high) / 2).toBeCloseTo(2, 9);
    expect((late.low + late.high) / 2).toBeCloseTo(2, 9);
  });
});
