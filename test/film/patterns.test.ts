import { describe, expect, it } from 'vitest';
import { pulseForSwing } from '../../src/control/swing.ts';
import {
  alike,
  askedOf,
  type Bounds,
  gentleFor,
  isStrong,
  isWarm,
  moved,
  strongFor,
  warmingAheadK,
} from '../../src/film/patterns.ts';
import { patternRise } from '../../src/model/thermal.ts';

const POLES = { fastK: 9, slowK: 6.5, fastTauS: 2.85, slowTauS: 560 };
const BOUNDS: Bounds = { shareMax: 0.55, longestOnS: 5, periodLeastS: 1.5, periodMostS: 12 };

describe('the two kinds of pattern', () => {
  it('gentle pulses are slower in a cool room, and as in the paper in a warm one', () => {
    const [cool, usual, warm] = [18, 24, 28].map((c) => gentleFor(POLES, c).periodS) as [number, number, number];
    expect(cool).toBeGreaterThan(usual * 1.2);
    expect(warm).toBe(4.5);
    expect(gentleFor(POLES, 5).periodS).toBeLessThanOrEqual(4.5 * 1.8 + 1e-9);
  });

  it('a strong pattern reaches its swing with the least share, and with a longer period where the heater is weak', () => {
    const quick = strongFor({ ...POLES, fastK: 12, fastTauS: 2.4 }, BOUNDS);
    const usual = strongFor(POLES, BOUNDS);
    const weak = strongFor({ ...POLES, fastK: 7.5, fastTauS: 3.3 }, BOUNDS);
    expect(quick.share).toBeLessThan(usual.share ?? 0);
    expect(quick.periodS).toBe(5);
    expect(weak.periodS).toBeGreaterThan(usual.periodS);
    for (const pattern of [quick, usual]) {
      const poles = pattern === quick ? { ...POLES, fastK: 12, fastTauS: 2.4 } : POLES;
      expect(patternRise(poles, (pattern.share ?? 0) * pattern.periodS, pattern.periodS).swingK).toBeGreaterThan(4);
    }
  });

  it('a strong pattern never asks for a larger share than is allowed', () => {
    expect(strongFor({ ...POLES, fastK: 4 }, { ...BOUNDS, shareMax: 0.35 }).share).toBe(0.35);
  });

  it('only a warm film begins strong', () => {
    expect(isWarm(POLES, 24)).toBe(false);
    expect(isWarm(POLES, 28)).toBe(true);
  });
});

describe('a pattern in the terms of swing mode', () => {
  it('gives swing mode the width that was meant, although the swing hardly depends on it', () => {
    const pattern = { swingK: null, share: 0.42, periodS: 5.6 };
    const { swingK, periodMs, longestOnMs } = askedOf(pattern, POLES, BOUNDS);
    const onS = pulseForSwing(POLES, swingK, periodMs / 1000, longestOnMs / 1000);
    expect(onS / 5.6).toBeCloseTo(0.42, 2);
  });

  it('caps the width where the plant falls short of the model', () => {
    const pattern = { swingK: null, share: 0.42, periodS: 5.6 };
    const { swingK, longestOnMs } = askedOf(pattern, POLES, BOUNDS);
    const weaker = { ...POLES, fastK: 0.9 * POLES.fastK };
    expect(pulseForSwing(weaker, swingK, 5.6, 0.55 * 5.6) / 5.6).toBeGreaterThan(0.54);
    expect(pulseForSwing(weaker, swingK, 5.6, longestOnMs / 1000) / 5.6).toBeLessThan(0.45);
  });

  it('never asks for a longer pulse than the bounds allow', () => {
    const tight = { ...BOUNDS, longestOnS: 1.5, shareMax: 0.3 };
    expect(askedOf({ swingK: 2, share: null, periodS: 4 }, POLES, tight).longestOnMs).toBe(1200);
    expect(askedOf({ swingK: null, share: 0.42, periodS: 6 }, POLES, tight).longestOnMs).toBe(1500);
  });
});

describe('neighbours', () => {
  it('stay within the bounds and within their kind', () => {
    const strong = moved({ swingK: null, share: 0.5, periodS: 10 }, 1.5, 1.5, BOUNDS);
    expect(strong).toEqual({ swingK: null, share: 0.55, periodS: 12 });
    expect(isStrong(moved({ swingK: 2, share: null, periodS: 4 }, 1.1, 1, BOUNDS))).toBe(false);
  });

  it('are the same pattern within a few per cent, and never across kinds', () => {
    const a = { swingK: 2, share: null, periodS: 4 };
    expect(alike(a, { ...a, swingK: 2.05 })).toBe(true);
    expect(alike(a, { ...a, swingK: 2.2 })).toBe(false);
    expect(alike(a, { ...a, swingK: 2.2 }, 0.12)).toBe(true);
    expect(alike(a, { swingK: null, share: 0.4, periodS: 4 })).toBe(false);
  });

  it('a cold start has the whole rise of the slow pole ahead, and a pattern that cools has less than nothing', () => {
    const pattern = { swingK: null, share: 0.4, periodS: 5 };
    expect(warmingAheadK(pattern, { poles: POLES, slowK: 0 })).toBeCloseTo(2.6, 9);
    expect(warmingAheadK(pattern, { poles: POLES, slowK: 3 })).toBeLessThan(0);
  });
});
