import { describe, expect, it } from 'vitest';
import { Lag, meanRiseAfter, type Poles, patternRise, TwoPole } from '../../src/model/thermal.ts';

const PAPER: Poles = { fastK: 8.97, slowK: 6.57, fastTauS: 2.85, slowTauS: 542 };

/** Plays pulses for many slow time constants and looks at the last period. */
function played(poles: Poles, onS: number, periodS: number): { swingK: number; meanK: number; peakK: number } {
  const film = new TwoPole(poles);
  const periods = Math.ceil((12 * poles.slowTauS) / periodS);
  let [first, sum, peak] = [0, 0, 0];
  for (let i = 0; i < periods; i += 1) {
    first = film.filmK;
    peak = film.step(onS, 1);
    film.step(periodS - onS, 0);
  }
  const steps = 1000;
  for (let k = 0; k < steps; k += 1) sum += film.step(periodS / steps, (k + 0.5) / steps < onS / periodS ? 1 : 0);
  return { swingK: peak - first, meanK: sum / steps, peakK: peak };
}

describe('the two-pole model', () => {
  it.each([
    [0.5, 5],
    [0.1, 1],
    [5, 10],
    [2, 10],
    [6, 600],
  ])('has the steady state that stepping it for long comes to, for %d s every %d s', (onS, periodS) => {
    const said = patternRise(PAPER, onS, periodS);
    const seen = played(PAPER, onS, periodS);
    expect(said.swingK).toBeCloseTo(seen.swingK, 3);
    expect(said.peakK).toBeCloseTo(seen.peakK, 2);
    expect(said.meanK / seen.meanK).toBeCloseTo(1, 2);
  });

  it('does not swing under constant heat, and reaches the sum of both poles', () => {
    const { swingK, meanK, peakK } = patternRise(PAPER, 5, 5);
    expect([swingK, meanK, peakK].map((k) => Number(k.toFixed(9)))).toEqual([0, 15.54, 15.54]);
  });

  it('tells equal mean power apart: 0.5/5 s swings more than 0.1/1 s', () => {
    expect(patternRise(PAPER, 0.5, 5).swingK).toBeGreaterThan(3 * patternRise(PAPER, 0.1, 1).swingK);
    expect(patternRise(PAPER, 0.5, 5).meanK).toBeCloseTo(patternRise(PAPER, 0.1, 1).meanK, 9);
  });

  it('is exact for any step: one long step and many short ones agree', () => {
    const [one, many] = [new TwoPole(PAPER), new TwoPole(PAPER)];
    one.step(10, 0.5);
    for (let i = 0; i < 1000; i += 1) many.step(0.01, 0.5);
    expect(many.filmK).toBeCloseTo(one.filmK, 9);
  });
});

describe('a lag', () => {
  it('is at 1 − 1/e of a step after its time constant', () => {
    expect(new Lag(2).step(2, 1)).toBeCloseTo(1 - Math.exp(-1), 12);
  });
});

describe('the mean of the film after a change of heat', () => {
  it.each([0, 3, 60, 3000])('is what stepping the model gives after %d s', (afterS) => {
    const film = new TwoPole(PAPER);
    film.step(400, 0.3);
    const { fastK, slowK } = film;
    expect(meanRiseAfter(PAPER, { fastK, slowK }, 0.1, afterS)).toBeCloseTo(film.step(afterS, 0.1), 9);
  });
});
