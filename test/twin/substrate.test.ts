import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CachedDecay } from '../../src/twin/film.ts';
import { PAPER_SUBSTRATE, Substrate } from '../../src/twin/substrate.ts';
import { FITTED, PAPER_A, ROOM_C, ROUNDED } from './drive.ts';

const heat = (substrate: Substrate, spanS: number, currentA: number, stepS = 0.02): number => {
  for (let i = 0; i < Math.round(spanS / stepS); i += 1) substrate.step(stepS, currentA);
  return substrate.filmC;
};

/** The film on the heater as a source meter drives it (constant current, resistance as built). */
const paper = () => new Substrate(PAPER_SUBSTRATE, ROOM_C);
/** The same heater with a resistance that does not change, so both poles are linear. */
const linear = () => new Substrate(FITTED.substrate, ROOM_C);

describe('the heated substrate and the temperatures of the paper', () => {
  it('stays at room temperature without current, however long (P1)', () => {
    const substrate = paper();
    expect(heat(substrate, 600, 0)).toBe(ROOM_C);
  });

  it('reaches about 32 °C within 10 s and gains 7 °C in 4 s at 400 mA (P2)', () => {
    const substrate = paper();
    expect(heat(substrate, 4, PAPER_A) - ROOM_C).toBeGreaterThan(6.3);
    expect(substrate.filmC - ROOM_C).toBeLessThan(7.7);
    const at10 = heat(substrate, 6, PAPER_A);
    expect(at10).toBeGreaterThan(31);
    expect(at10).toBeLessThan(33);
  });

  it('creeps to about 35 °C after 300 s and 37 °C after 600 s at 400 mA (P3)', () => {
    const substrate = paper();
    const at300 = heat(substrate, 300, PAPER_A);
    const at600 = heat(substrate, 300, PAPER_A);
    expect(Math.abs(at300 - 35)).toBeLessThan(1);
    expect(Math.abs(at600 - 37)).toBeLessThan(1);
  });

  it('falls by about 8 °C to about 27 °C within 8 s after the current stops (P4)', () => {
    const substrate = paper();
    const hot = heat(substrate, 390, PAPER_A);
    const after = heat(substrate, 8, 0);
    expect(Math.abs(hot - after - 8)).toBeLessThan(1);
    expect(Math.abs(after - 27)).toBeLessThan(1);
  });

  it('heats with the square of the current: 500 mA gives 25/16 of the rise of 400 mA', () => {
    const four = linear();
    const five = linear();
    const ratio = (heat(five, 30, 0.5) - ROOM_C) / (heat(four, 30, 0.4) - ROOM_C);
    expect(ratio).toBeCloseTo(25 / 16, 9);
  });

  it('gives the same figures with the second, rounded parameter set, within a kelvin', () => {
    const substrate = new Substrate(ROUNDED.substrate, ROOM_C);
    expect(Math.abs(heat(substrate, 10, PAPER_A) - 32)).toBeLessThan(1);
    expect(Math.abs(heat(substrate, 290, PAPER_A) - 35)).toBeLessThan(1);
    expect(Math.abs(heat(substrate, 300, PAPER_A) - 37)).toBeLessThan(1);
  });
});

describe('the substrate’s integrator', () => {
  it('is exact: the linear poles follow their exponentials to 1e-9', () => {
    const { fastK, slowK, fastTauS, slowTauS } = FITTED.substrate;
    for (const t of [1, 10, 100, 600]) {
      const fresh = linear();
      heat(fresh, t, PAPER_A);
      const rise = fastK * (1 - Math.exp(-t / fastTauS)) + slowK * (1 - Math.exp(-t / slowTauS));
      expect(Math.abs((fresh.filmC - ROOM_C) / rise - 1)).toBeLessThan(1e-9);
    }
  });

  it('gives the same temperature with 20 ms and with 2 ms steps to 1e-9, through pulses too', () => {
    const coarse = linear();
    const fine = linear();
    for (let pulse = 0; pulse < 20; pulse += 1) {
      heat(coarse, 0.5, PAPER_A, 0.02);
      heat(fine, 0.5, PAPER_A, 0.002);
      heat(coarse, 4.5, 0, 0.02);
      heat(fine, 4.5, 0, 0.002);
      expect(Math.abs(coarse.filmC / fine.filmC - 1)).toBeLessThan(1e-9);
    }
    expect(fine.filmC - ROOM_C).toBeGreaterThan(0.4);
  });

  it('keeps that accuracy to a part in ten thousand with a resistance that follows temperature', () => {
    const coarse = heat(paper(), 60, PAPER_A, 0.02) - ROOM_C;
    const fine = heat(paper(), 60, PAPER_A, 0.002) - ROOM_C;
    expect(Math.abs(coarse / fine - 1)).toBeLessThan(1e-4);
    expect(coarse).not.toBe(fine);
  });

  it('is not led astray by step lengths that change all the time', () => {
    const decay = new CachedDecay();
    for (const dt of [0.02, 0.01, 0.02, 0.005, 0.01, 0.02, 0.005, 0.005, 0.02]) {
      expect(decay.at(dt, 2.85)).toBe(Math.exp(-dt / 2.85));
    }
  });

  it('never leaves the range between the room and the steady rise, whatever the current does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 0.5, noNaN: true }), fc.integer({ min: 1, max: 3000 })), {
          minLength: 1,
          maxLength: 30,
        }),
        (parts) => {
          const substrate = linear();
          const most = (FITTED.substrate.fastK + FITTED.substrate.slowK) * (0.5 / 0.4) ** 2;
          for (const [amps, steps] of parts) {
            for (let i = 0; i < steps; i += 1) substrate.step(0.02, amps);
            expect(substrate.filmC).toBeGreaterThanOrEqual(ROOM_C);
            expect(substrate.filmC).toBeLessThanOrEqual(ROOM_C + most + 1e-9);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the heater as a resistor', () => {
  it('draws its nominal current from its nominal supply while cold', () => {
    const substrate = paper();
    expect(substrate.currentA(substrate.nominalSupplyV(0.4))).toBeCloseTo(0.4, 12);
    expect(substrate.nominalSupplyV(0.4)).toBeGreaterThan(6);
    expect(substrate.nominalSupplyV(0.4)).toBeLessThan(6.2);
  });

  it('loses current as it warms: 0.05 % of resistance per kelvin', () => {
    const substrate = paper();
    const supplyV = substrate.nominalSupplyV(0.4);
    heat(substrate, 300, 0.4);
    const rise = substrate.filmC - ROOM_C;
    expect(rise).toBeGreaterThan(10);
    expect(substrate.resistanceOhm()).toBeCloseTo(15 * (1 + 5e-4 * rise), 9);
    const amps = substrate.currentA(supplyV);
    expect(amps).toBeLessThan(0.4);
    expect(amps).toBeCloseTo(supplyV / (15 * (1 + 5e-4 * rise) + 0.15), 9);
  });

  it('takes a little more power warm than cold at constant current, and a little less at constant voltage', () => {
    const byCurrent = heat(paper(), 120, 0.4);
    const cold = heat(linear(), 120, 0.4);
    const driven = paper();
    const supplyV = driven.nominalSupplyV(0.4);
    for (let i = 0; i < 6000; i += 1) driven.step(0.02, driven.currentA(supplyV));
    expect(byCurrent).toBeGreaterThan(cold + 0.02);
    expect(driven.filmC).toBeLessThan(cold - 0.02);
    expect(Math.abs(driven.filmC - cold)).toBeLessThan(0.2);
  });

  it('draws no current and no heat when it is open', () => {
    const substrate = paper();
    substrate.resistanceScale = Number.POSITIVE_INFINITY;
    expect(substrate.currentA(6.06)).toBe(0);
    expect(heat(substrate, 10, substrate.currentA(6.06))).toBe(ROOM_C);
  });

  it('draws less current when it is cracked, and cools as ever after it opens while hot', () => {
    const substrate = paper();
    const supplyV = substrate.nominalSupplyV(0.4);
    const whole = substrate.currentA(supplyV);
    substrate.resistanceScale = 1.3;
    expect(substrate.currentA(supplyV)).toBeCloseTo(supplyV / (15 * 1.3 + 0.15), 9);
    expect(substrate.currentA(supplyV)).toBeLessThan(0.8 * whole);
    substrate.resistanceScale = 1;
    const hot = heat(substrate, 20, 0.4);
    substrate.resistanceScale = Number.POSITIVE_INFINITY;
    const cooled = heat(substrate, 20, substrate.currentA(supplyV));
    expect(Number.isFinite(cooled)).toBe(true);
    expect(cooled).toBeLessThan(hot - 5);
  });

  it('heats in proportion to its gain: a plant 30 % below the commissioned one rises 30 % less', () => {
    const weak = linear();
    weak.gain = 0.7;
    expect((heat(weak, 60, 0.4) - ROOM_C) / (heat(linear(), 60, 0.4) - ROOM_C)).toBeCloseTo(0.7, 9);
  });
});
