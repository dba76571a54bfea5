/** The chart’s memory: no pulse vanishes, nothing is drawn across a gap, and what goes on fits to what was sent. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinedCharts } from '../../src/params/chart.ts';
import type { ChartSample } from '../../src/params/page.ts';
import { CHART_COLUMNS } from '../../src/params/web.ts';
import { ChartMemory } from '../../src/web/chart.ts';

const sample = (mono_s: number, film: number | null, verdict: ChartSample['verdict'] = 'MIXED'): ChartSample => ({
  mono_s,
  values: CHART_COLUMNS.map((name) => (name === 'film_c' ? film : null)),
  verdict,
});
const FILM = CHART_COLUMNS.indexOf('film_c');
const filled = (from: number, to: number, step: number, of: (t: number) => number | null): ChartMemory => {
  const chart = new ChartMemory(3);
  for (let t = from; t <= to; t += step) chart.take([sample(t, of(t))]);
  return chart;
};

describe('the chart', () => {
  it('keeps a pulse of one sample, however few rows it has', () => {
    const chart = filled(0, 1000, 0.25, (t) => (t === 333.25 ? 30 : 24));
    const { high, mean, low } = chart.chart(1000, 10);
    expect(Math.max(...high[FILM]!.map(Number))).toBe(30);
    expect(Math.max(...mean[FILM]!.map(Number))).toBeLessThan(24.1);
    expect(Math.min(...low[FILM]!.map(Number))).toBe(24);
  });

  it('draws nothing across a gap', () => {
    const chart = new ChartMemory(3);
    chart.take([sample(0, 24), sample(1, 24), sample(20, 25), sample(21, 25)]);
    const { t, mean, verdict } = chart.chart(60, 600);
    expect(t).toEqual([0, 1, 10.5, 20, 21]);
    expect(mean[FILM]).toEqual([24, 24, null, 25, 25]);
    expect(verdict[2]).toBeNull();
  });

  it('shows no value where none was measured, and 0 where 0 was', () => {
    const chart = new ChartMemory(3);
    chart.take([sample(0, null), sample(1, 0)]);
    expect(chart.chart(60, 60).mean[FILM]).toEqual([null, 0]);
  });

  it('has at most as many rows as asked for, and a day of them after a day', () => {
    const chart = filled(0, 86_400, 1, (t) => 24 + Math.sin(t));
    const day = chart.chart(86_400, 500);
    expect(day.t.length).toBeLessThanOrEqual(501);
    expect(day.t.at(-1)! - day.t[0]!).toBeGreaterThan(86_000);
    expect(chart.chart(60, 500).t.length).toBeGreaterThan(50);
  });

  it('begins with what was measured before the program started', () => {
    const chart = filled(0, 10, 1, () => 24);
    chart.before([sample(-100, 20), sample(-99, 20), sample(5, 99)]);
    const { t, mean } = chart.chart(300, 300);
    expect(t[0]).toBe(-100);
    expect(mean[FILM]).not.toContain(99);
  });

  const goesOn = (to: number, step: number, spanS: number, points: number): void => {
    const chart = filled(0, to, step, (t) => Math.sin(t));
    let known = chart.chart(spanS, points);
    for (let t = to + step; t <= to + spanS; t += step) {
      chart.take([sample(t, Math.sin(t))]);
      known = joinedCharts(known, chart.chart(spanS, points, known.t.at(-1)), spanS) ?? chart.chart(spanS, points);
    }
    const whole = chart.chart(spanS, points);
    expect(whole.t.length).toBeLessThanOrEqual(points);
    expect(known).toEqual(whole);
  };

  it('that goes on is the same as the chart as a whole', () => {
    // Rows whose borders fall on samples, as no number of digits can say them exactly.
    goesOn(50, 0.25, 36, 56);
    goesOn(50, 0.7, 11, 10);
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 60 }),
        fc.integer({ min: 2, max: 80 }),
        fc.constantFrom(0.25, 0.1, 0.7, 1 / 3),
        (spanS, points, step) => goesOn(50, step, spanS, points),
      ),
      { numRuns: 40 },
    );
  });

  it('that goes on is the same as a whole day, too, of which it keeps bins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 7200, max: 86_400 }), fc.integer({ min: 100, max: 900 }), (spanS, points) => {
        const chart = filled(0, 90_000, 5, (t) => Math.sin(t));
        let known = chart.chart(spanS, points);
        for (let t = 90_005; t <= 91_000; t += 5) {
          chart.take([sample(t, Math.sin(t))]);
          known = joinedCharts(known, chart.chart(spanS, points, known.t.at(-1)), spanS) ?? chart.chart(spanS, points);
        }
        const whole = chart.chart(spanS, points);
        expect(whole.t.length).toBeLessThanOrEqual(points);
        expect(known.t).toEqual(whole.t);
        expect(known.mean).toEqual(whole.mean);
      }),
      // In the first, the samples of full pace reach so far back at times, and at others do not.
      { numRuns: 10, examples: [[75_590, 100]] },
    );
  });
});
