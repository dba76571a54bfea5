import { describe, expect, it } from 'vitest';
import { Past } from '../../../src/hal/sim/past.ts';
import { instant } from '../../../src/units.ts';

const at = instant;

describe('the past of a current', () => {
  it('has the mean of any window, whole or across changes', () => {
    const past = new Past();
    past.change(at(100), 0.4);
    past.change(at(200), 0);
    past.change(at(300), 0.2);
    expect(past.mean(at(0), at(50))).toBe(0);
    expect(past.mean(at(100), at(200))).toBeCloseTo(0.4, 12);
    expect(past.mean(at(50), at(150))).toBeCloseTo(0.2, 12);
    expect(past.mean(at(150), at(350))).toBeCloseTo((0.4 * 50 + 0.2 * 50) / 200, 12);
    expect(past.mean(at(0), at(400))).toBeCloseTo((0.4 * 100 + 0.2 * 100) / 400, 12);
    expect(past.mean(at(1000), at(1000))).toBe(0.2);
    expect([199, 200, 299].map((us) => past.mean(at(us), at(us)))).toEqual([0.4, 0, 0]);
  });

  it('keeps the last of two changes at one instant, and forgets the oldest', () => {
    const past = new Past();
    past.change(at(10), 1);
    past.change(at(10), 2);
    expect(past.mean(at(10), at(20))).toBe(2);
    for (let us = 100; us <= 20_000; us += 100) past.change(at(us), us);
    expect(past.mean(at(19_900), at(20_100))).toBeCloseTo(19_950, 9);
    expect(Number.isFinite(past.mean(at(0), at(20_100)))).toBe(true);
  });
});
