import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Film, type FilmKinetics } from '../../src/twin/film.ts';
import { FENG_KINETICS, latticeStrain, SAMPLES } from '../../src/twin/samples.ts';
import { Substrate } from '../../src/twin/substrate.ts';
import { FITTED, hold, ROOM_C, ROUNDED, runPattern, segregatedFilm } from './drive.ts';

const PATTERNS = {
  'constant current': [10, 10],
  '0.1 s every 1 s': [0.1, 1],
  '1 s every 10 s': [1, 10],
  '2 s every 10 s': [2, 10],
  '5 s every 10 s': [5, 10],
  '0.5 s every 5 s': [0.5, 5],
} as const;

describe.each([
  ['the fitted', FITTED],
  ['the rounded', ROUNDED],
])('the six patterns of the paper with %s parameter set', (_name, set) => {
  it.each([
    ['constant current', 0.5],
    ['0.1 s every 1 s', 0.5],
  ] as const)('segregates severely under %s (P12)', (name, atLeast) => {
    const { lastMean } = runPattern(set, PATTERNS[name], 180);
    expect(lastMean).toBeGreaterThanOrEqual(atLeast);
  });

  it.each(['1 s every 10 s', '2 s every 10 s', '5 s every 10 s'] as const)(
    'segregates mildly but visibly under %s (P13)',
    (name) => {
      const { lastPeriod } = runPattern(set, PATTERNS[name], 180);
      expect(lastPeriod).toBeGreaterThanOrEqual(0.05);
      expect(lastPeriod).toBeLessThanOrEqual(0.35);
    },
  );

  it('shows no sign of segregation under 0.5 s every 5 s, for an hour (P14)', () => {
    const { largest } = runPattern(set, PATTERNS['0.5 s every 5 s'], 3600);
    expect(largest).toBeLessThanOrEqual(0.02);
    expect(largest).toBeGreaterThan(0);
  });

  it('segregates without heat, and completely so at about 35 °C in 90 s (P5, P7)', () => {
    expect(runPattern(set, null, 300).lastMean).toBeGreaterThan(0.75);
    const warm = new Film(set.kinetics, 35);
    hold(warm, 90, 1, 35);
    expect(warm.segregated).toBeGreaterThan(0.8);
  });

  it('remixes in the dark in about 120 min at room temperature (P6)', () => {
    const film = segregatedFilm(set.kinetics);
    let minutes = 0;
    while (film.segregated - film.lost > 0.05 && minutes < 300) {
      hold(film, 60, 0, ROOM_C);
      minutes += 1;
    }
    expect(Math.abs(minutes - 120)).toBeLessThanOrEqual(30);
  });

  it('remixes in the dark in about 25 min while 400 mA keep it at about 35 °C (P8)', () => {
    const substrate = new Substrate(set.substrate, ROOM_C);
    const film = new Film(set.kinetics, ROOM_C);
    const heat = (spanS: number, light: number) => {
      for (let i = 0; i < spanS * 50; i += 1) {
        substrate.step(0.02, 0.4);
        film.step(0.02, substrate.filmC, light);
      }
    };
    heat(300, 0);
    heat(90, 1);
    expect(film.segregated).toBeGreaterThan(0.8);
    let minutes = 0;
    while (film.segregated - film.lost > 0.05 && minutes < 300) {
      heat(60, 0);
      minutes += 1;
    }
    expect(Math.abs(minutes - 25)).toBeLessThanOrEqual(8);
  });
});

describe('timing against mean power', () => {
  it('parts 0.1/1 s from 0.5/5 s although duty, mean power and mean temperature are the same', () => {
    const fast = runPattern(FITTED, [0.1, 1], 180);
    const right = runPattern(FITTED, [0.5, 5], 180);
    expect(fast.meanA2).toBeCloseTo(right.meanA2, 12);
    expect(Math.abs(fast.substrate.filmC - right.substrate.filmC)).toBeLessThan(0.5);
    expect(fast.lastMean).toBeGreaterThan(0.5);
    expect(right.largest).toBeLessThan(0.02);
  });

  it('gives the fractions that the fit was made for', () => {
    expect(runPattern(FITTED, [10, 10], 180).lastMean).toBeCloseTo(0.89, 2);
    const fine = { stepS: 0.002 };
    expect(Math.abs(runPattern(FITTED, [0.1, 1], 180, fine).lastMean - 0.64)).toBeLessThan(0.02);
    expect(Math.abs(runPattern(FITTED, [1, 10], 180, fine).lastPeriod - 0.071)).toBeLessThan(0.001);
    expect(Math.abs(runPattern(FITTED, [2, 10], 180, fine).lastPeriod - 0.063)).toBeLessThan(0.001);
    expect(Math.abs(runPattern(FITTED, [5, 10], 180, fine).lastPeriod - 0.078)).toBeLessThan(0.001);
  });

  it.each(['constant current', '0.1 s every 1 s', '1 s every 10 s', '2 s every 10 s', '5 s every 10 s'] as const)(
    'does not depend on the step: 20 ms and 2 ms agree to 3 % for %s',
    (name) => {
      const coarse = runPattern(FITTED, PATTERNS[name], 180, { stepS: 0.02 });
      const fine = runPattern(FITTED, PATTERNS[name], 180, { stepS: 0.002 });
      expect(fine.lastPeriod).toBeGreaterThan(0.05);
      expect(Math.abs(coarse.lastPeriod / fine.lastPeriod - 1)).toBeLessThan(0.03);
      expect(Math.abs(coarse.lastMean / fine.lastMean - 1)).toBeLessThan(0.03);
    },
  );
});

describe('the temperature shock', () => {
  const remaining = (course: (t: number) => number, spanS: number): number => {
    const film = segregatedFilm();
    const before = film.segregated;
    hold(film, spanS, 0, course);
    return film.segregated / before;
  };

  it('of 2 °C remixes the film within seconds', () => {
    expect(remaining((t) => (t > 1 ? ROOM_C + 2 : ROOM_C), 5)).toBeLessThan(0.35);
  });

  it('does nothing as a slow swing of 0.5 °C', () => {
    const swing = (t: number) => ROOM_C + 0.25 * Math.sin((2 * Math.PI * t) / 20);
    const still = remaining(() => ROOM_C, 100);
    expect(Math.abs(remaining(swing, 100) - still)).toBeLessThan(1e-3);
  });

  it('does nothing when the same 2 °C come slowly', () => {
    const still = remaining(() => ROOM_C, 60);
    expect(Math.abs(remaining((t) => ROOM_C + (2 * t) / 60, 60) - still)).toBeLessThan(0.01);
  });

  it('has its threshold near 0.18 °C: half of that does nothing, twice that remixes at full rate', () => {
    const k = FENG_KINETICS;
    // The film’s recent past follows within a second, so the size is kept up by a ramp of size/τ.
    const ramp = (sizeK: number) => remaining((t) => ROOM_C + (sizeK / k.shockTauS) * t, 10);
    const still = ramp(0);
    expect(ramp(k.remixShockK / 2) / still).toBeGreaterThan(0.98);
    expect(ramp(k.remixShockK) / still).toBeLessThan(0.2);
    expect(ramp(k.remixShockK * 2)).toBeLessThan(ramp(k.remixShockK) * 0.7);
  });

  it('remixes downwards too, a little slower; in a bulk plate only in part (P10, P21)', () => {
    const after = (kinetics: typeof FENG_KINETICS, deltaK: number): number => {
      const film = segregatedFilm(kinetics);
      const before = film.segregated;
      hold(film, 3, 0, ROOM_C + deltaK);
      return film.segregated / before;
    };
    const bulk = SAMPLES['feng-2023-bulk'].kinetics;
    // Cooling also slows every rate a little, so the shares are compared at the same small step.
    const heated = -Math.log(after(FENG_KINETICS, 1));
    const cooled = -Math.log(after(FENG_KINETICS, -1));
    const bulkHeated = -Math.log(after(bulk, 1));
    const bulkCooled = -Math.log(after(bulk, -1));
    expect(cooled / heated).toBeGreaterThan(0.6);
    expect(cooled / heated).toBeLessThan(0.75);
    expect(bulkHeated).toBeCloseTo(heated, 9);
    expect(bulkCooled / bulkHeated).toBeGreaterThan(0.12);
    expect(bulkCooled / bulkHeated).toBeLessThan(0.2);
  });

  it('leaves a bulk plate half segregated after a fall that mixes a nanocrystal film', () => {
    const fall = (kinetics: typeof FENG_KINETICS): number => {
      const film = segregatedFilm(kinetics, 35);
      const substrate = new Substrate(FITTED.substrate, ROOM_C);
      for (let i = 0; i < 390 * 50; i += 1) substrate.step(0.02, 0.4);
      for (let i = 0; i < 8 * 50; i += 1) {
        substrate.step(0.02, 0);
        film.step(0.02, substrate.filmC, 1);
      }
      return film.segregated;
    };
    expect(fall(FENG_KINETICS)).toBeLessThan(0.1);
    expect(fall(SAMPLES['feng-2023-bulk'].kinetics)).toBeGreaterThan(0.2);
  });

  it('mixes faster from a warmer start and from a larger current (P16, P17)', () => {
    const secondsToMix = (currentA: number, ambientC: number): number => {
      const film = segregatedFilm();
      film.step(0.02, ambientC, 0);
      const substrate = new Substrate(FITTED.substrate, ambientC);
      const fresh = new Film(FENG_KINETICS, ambientC);
      fresh.segregated = film.segregated;
      let t = 0;
      while (fresh.segregated > 0.05 && t < 60) {
        substrate.step(0.02, currentA);
        fresh.step(0.02, substrate.filmC, 0);
        t += 0.02;
      }
      return t;
    };
    const at400 = secondsToMix(0.4, ROOM_C);
    expect(at400).toBeGreaterThan(3);
    expect(at400).toBeLessThan(5);
    expect(secondsToMix(0.3, ROOM_C)).toBeGreaterThan(at400);
    expect(secondsToMix(0.5, ROOM_C)).toBeLessThan(at400);
    expect(secondsToMix(0.4, ROOM_C + 5)).toBeLessThan(at400);
  });
});

describe('the induction clock', () => {
  const litS = (spanS: number): Film => {
    const film = new Film(FENG_KINETICS, 23.5);
    hold(film, spanS, 1, 23.5);
    return film;
  };

  it('lets nothing segregate in the first half of the induction time', () => {
    expect(litS(FENG_KINETICS.inductionS / 2).segregated).toBeLessThan(1e-4);
  });

  it('lets the film segregate after twice the induction time', () => {
    expect(litS(2 * FENG_KINETICS.inductionS).segregated).toBeGreaterThan(0.1);
  });

  it('runs faster in a warmer film', () => {
    const warm = new Film(FENG_KINETICS, 35);
    hold(warm, FENG_KINETICS.inductionS / 2, 1, 35);
    expect(warm.segregated).toBeGreaterThan(0.05);
  });

  /** Nine seconds of light, a change of temperature to and fro in the dark, nine seconds of light again. */
  const interrupted = (deltaK: number): number => {
    const film = new Film(FENG_KINETICS, 23.5);
    hold(film, 9, 1, 23.5);
    hold(film, 0.2, 0, 23.5 + deltaK);
    hold(film, 9, 1, 23.5);
    return film.segregated;
  };

  it('is set back by a shock of 3 °C and not by one of 0.3 °C', () => {
    expect(interrupted(0)).toBeGreaterThan(0.1);
    expect(interrupted(3)).toBeLessThan(0.01);
    expect(interrupted(0.3)).toBeGreaterThan(0.1);
  });

  it('is set back as easily after an hour of light as after a minute', () => {
    const growthAfterShock = (litS: number): number => {
      const film = new Film(FENG_KINETICS, 23.5);
      hold(film, litS, 1, 23.5);
      hold(film, 0.06, 0, 26.5);
      film.segregated = film.lost;
      hold(film, 3, 1, 23.5);
      return film.segregated - film.lost;
    };
    expect(growthAfterShock(60)).toBeLessThan(0.01);
    expect(growthAfterShock(3600)).toBeLessThan(0.01);
  });

  it('stands still in the dark and goes on in the light', () => {
    const film = new Film(FENG_KINETICS, 23.5);
    hold(film, 9, 1, 23.5);
    hold(film, 300, 0, 23.5);
    const before = film.segregated;
    hold(film, 9, 1, 23.5);
    expect(before).toBeLessThan(0.01);
    expect(film.segregated).toBeGreaterThan(0.1);
  });
});

describe('light', () => {
  it('of 5 W/cm² does almost what 50 W/cm² do (P19)', () => {
    const full = runPattern(FITTED, null, 300, { light: 1 }).lastMean;
    const dim = runPattern(FITTED, null, 300, { light: 0.1 }).lastMean;
    expect(dim / full).toBeGreaterThan(0.95);
    expect(dim).toBeLessThan(full);
  });

  it('is full light at 1, whatever the half response', () => {
    const after = (lightHalf: number): number => {
      const film = new Film({ ...FENG_KINETICS, lightHalf }, 23.5);
      hold(film, 30, 1, 23.5);
      return film.segregated;
    };
    expect(after(1)).toBeCloseTo(after(0.04), 9);
    expect(after(0.04)).toBeGreaterThan(0.1);
  });

  it('far below half response does almost nothing, and none at all does nothing', () => {
    expect(runPattern(FITTED, null, 300, { light: 0.004 }).largest).toBeLessThan(0.01);
    expect(runPattern(FITTED, null, 300, { light: 0 }).largest).toBe(0);
    expect(runPattern(FITTED, null, 300, { light: -1 }).largest).toBe(0);
  });

  it('is needed: in the dark no course of heating segregates or costs iodine', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(0, 0.2, 0.4, 0.5), fc.integer({ min: 1, max: 800 }))), (parts) => {
        const substrate = new Substrate(FITTED.substrate, ROOM_C);
        const film = new Film(FENG_KINETICS, ROOM_C);
        for (const [amps, steps] of parts) {
          for (let i = 0; i < steps; i += 1) {
            substrate.step(0.02, amps);
            film.step(0.02, substrate.filmC, 0);
          }
          expect(film.segregated).toBe(0);
          expect(film.lost).toBe(0);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('segregation that goes on in the dark', () => {
  const DARK = { ...FENG_KINETICS, darkGrowthPerS: 0.01, darkGrowthTauS: 200 };
  const partly = (kinetics: FilmKinetics): Film => {
    const film = new Film(kinetics, 23.5);
    hold(film, 12, 1, 23.5);
    return film;
  };

  it('takes a partly segregated film further for minutes before it recovers', () => {
    const film = partly(DARK);
    const before = film.segregated;
    expect(before).toBeGreaterThan(0.02);
    expect(before).toBeLessThan(0.4);
    const course: number[] = [];
    for (let minute = 0; minute < 60; minute += 1) {
      hold(film, 60, 0, 23.5);
      course.push(film.segregated);
    }
    const top = Math.max(...course);
    expect(top).toBeGreaterThan(1.5 * before);
    // Growth has fallen to the rate of recovery after about τ · ln(0.01 / 3.4e-4), and sooner in a film that fills up.
    expect(course.indexOf(top)).toBeGreaterThanOrEqual(4);
    expect(course.indexOf(top)).toBeLessThanOrEqual(11);
    expect(course.at(-1)).toBeLessThan(0.75 * top);
  });

  it('follows the logistic law: two minutes of a memory that hardly fades', () => {
    const film = partly({ ...DARK, darkGrowthTauS: 1e4, restPerS: 0 });
    const { segregatedMax: most } = DARK;
    const odds = (x: number): number => x / (most - x);
    const before = film.segregated;
    hold(film, 120, 0, 23.5);
    // ∫ exp(−t/τ) dt over 120 s.
    const grown = 0.01 * 1e4 * (1 - Math.exp(-120 / 1e4));
    expect(Math.log(odds(film.segregated) / odds(before))).toBeCloseTo(grown, 3);
  });

  it('does nothing to a mixed film, nor where it is off, and a shock still mixes the film', () => {
    const mixed = new Film(DARK, 23.5);
    hold(mixed, 600, 0, 23.5);
    expect(mixed.segregated).toBe(0);
    const plain = partly(FENG_KINETICS);
    const before = plain.segregated;
    hold(plain, 60, 0, 23.5);
    expect(plain.segregated).toBeLessThan(before);
    const shocked = partly(DARK);
    hold(shocked, 4, 0, (t) => 23.5 + 2 * t);
    expect(shocked.segregated).toBeLessThan(0.2 * before);
  });
});

describe('how much light', () => {
  const after300 = (kinetics: FilmKinetics, light: number, from = 0): number => {
    const film = new Film(kinetics, 23.5);
    film.segregated = from;
    hold(film, 300, light, 23.5);
    return film.segregated;
  };

  it('up to a threshold segregates nothing, and full light stays full light', () => {
    const kinetics = { ...FENG_KINETICS, lightThreshold: 0.05 };
    expect(after300(kinetics, 0.05)).toBe(0);
    expect(after300(kinetics, 0.2)).toBeGreaterThan(0.5);
    expect(after300(kinetics, 1)).toBeCloseTo(after300(FENG_KINETICS, 1), 12);
    expect(after300(FENG_KINETICS, 0.05)).toBeGreaterThan(0.3);
  });

  it('above another remixes a segregated film, which that much less light leaves as it is', () => {
    const kinetics = { ...FENG_KINETICS, strongLight: 0.8, strongRemixPerS: 0.01 };
    expect(after300(kinetics, 1)).toBe(0);
    expect(after300(kinetics, 0.8)).toBeCloseTo(after300(FENG_KINETICS, 0.8), 12);
    // The rest remixes as in the dark.
    expect(after300(kinetics, 1, 0.5)).toBeCloseTo(0.5 * Math.exp(-300 * (0.01 + FENG_KINETICS.restPerS)), 6);
    expect(after300(kinetics, 0.8, 0.5)).toBeGreaterThan(0.7);
  });

  it('a growth twice as fast is what twice the rate does', () => {
    const film = new Film(FENG_KINETICS, 23.5);
    film.growthScale = 2;
    hold(film, 15, 1, 23.5);
    const other = new Film({ ...FENG_KINETICS, growthPerS: 2 * FENG_KINETICS.growthPerS }, 23.5);
    hold(other, 15, 1, 23.5);
    expect(film.segregated).toBe(other.segregated);
    expect(film.segregated).toBeGreaterThan(0.05);
  });
});

describe('iodine', () => {
  it('is lost in light, the more the longer', () => {
    const five = new Film(FENG_KINETICS, ROOM_C);
    hold(five, 300, 1, ROOM_C);
    const thirty = new Film(FENG_KINETICS, ROOM_C);
    hold(thirty, 1800, 1, ROOM_C);
    expect(five.lost).toBeGreaterThan(0.001);
    expect(thirty.lost).toBeGreaterThan(5 * five.lost);
  });

  it('does not come back in a heat shock, however strong: a residue stays (P22)', () => {
    const film = segregatedFilm();
    const { lost } = film;
    for (let i = 0; i < 40; i += 1) hold(film, 5, 0, i % 2 ? ROOM_C : 38);
    expect(film.lost).toBe(lost);
    expect(film.segregated).toBeGreaterThanOrEqual(lost);
    expect(film.segregated - lost).toBeLessThan(1e-6);
  });

  it('is lost as slowly in dim light as the film responds to it', () => {
    const lost = (light: number): number => {
      const film = new Film(FENG_KINETICS, ROOM_C);
      film.segregated = 0.9;
      hold(film, 10, light, ROOM_C);
      return film.lost;
    };
    const { lightHalf } = FENG_KINETICS;
    const response = (0.02 ** 2 / (0.02 ** 2 + lightHalf ** 2)) * (1 + lightHalf ** 2);
    expect(lost(1)).toBeGreaterThan(0);
    expect(lost(0.02) / lost(1)).toBeCloseTo(response, 2);
  });

  it('is not lost in the dark', () => {
    const film = segregatedFilm();
    const { lost } = film;
    hold(film, 3600, 0, ROOM_C);
    expect(film.lost).toBe(lost);
  });

  it('stays put in a film that never segregates', () => {
    const film = new Film(SAMPLES['nanocube-array'].kinetics, ROOM_C);
    hold(film, 1800, 1, ROOM_C);
    expect(film.segregated).toBe(0);
    expect(film.lost).toBe(0);
  });
});

describe('any film under any current and any light', () => {
  it('keeps its segregated fraction between the lost part and 1, and never regains lost iodine', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(SAMPLES)),
        fc.array(
          fc.tuple(
            fc.double({ min: 0, max: 0.5, noNaN: true }),
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.integer({ min: 1, max: 1500 }),
          ),
          { minLength: 1, maxLength: 12 },
        ),
        (sample, parts) => {
          const substrate = new Substrate(FITTED.substrate, ROOM_C);
          const film = new Film(sample.kinetics, ROOM_C);
          let lost = 0;
          for (const [amps, light, steps] of parts) {
            for (let i = 0; i < steps; i += 1) {
              substrate.step(0.02, amps);
              film.step(0.02, substrate.filmC, light);
              if (!(film.segregated >= film.lost && film.segregated <= 1 && film.lost >= lost)) {
                throw new Error(`segregated ${film.segregated}, lost ${film.lost}, before ${lost}`);
              }
              lost = film.lost;
            }
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('the lattice', () => {
  it('shrinks by 0.086 % (CsPbBr3) and 0.082 % (CsPbI3) from 310 to 300 K (P23)', () => {
    expect(latticeStrain('CsPbBr3', 10) * 100).toBeCloseTo(0.086, 3);
    expect(latticeStrain('CsPbI3', 10) * 100).toBeCloseTo(0.082, 3);
    expect(latticeStrain('CsPbBr3', 0)).toBe(0);
  });
});
