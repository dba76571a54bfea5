import { describe, expect, it } from 'vitest';
import {
  Ageing,
  type Emission,
  emissions,
  PHOTODIODES,
  type Photodiode,
  peakOf,
  photodiodeVolts,
  spectrumAt,
} from '../../src/twin/optics.ts';
import { type Sample, type SampleName, sampleOf } from '../../src/twin/samples.ts';
import { ROOM_C } from './drive.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

const bandsOf = (name: SampleName, segregated: number, filmC = ROOM_C, light = 1): Emission[] =>
  emissions(sampleOf(name), { segregated }, new Ageing(sampleOf(name)), filmC, light);

const aged = (name: SampleName, spanS: number, light: number, filmC = 23.5, stepS = 60): Ageing => {
  const ageing = new Ageing(sampleOf(name));
  for (let t = 0; t < spanS; t += stepS) ageing.step(stepS, filmC, light);
  return ageing;
};

/** Trapezoids over the whole spectrum. */
const integral = (f: (nm: number) => number, fromNm = 200, toNm = 1200, stepNm = 0.05): number => {
  let sum = 0;
  for (let nm = fromNm; nm <= toNm; nm += stepNm) sum += f(nm) * stepNm;
  return sum;
};

describe('a spectrum', () => {
  it('integrates to the brightness of its bands', () => {
    const bands = bandsOf('feng-2023', 0.4);
    const whole = bands.reduce((sum, band) => sum + band.brightness, 0);
    expect(Math.abs(integral((nm) => spectrumAt(bands, nm)) / whole - 1)).toBeLessThan(1e-6);
  });

  it.each([
    [626, 37.4],
    [505, 18.4],
    [513.37, 21.9],
    [664.05, 35],
  ])('has the peak that a band at %s nm, %s nm wide, makes', (peakNm, fwhmNm) => {
    const found = peakOf([{ peakNm, fwhmNm, brightness: 1 }]);
    expect(Math.abs(found.peakNm - peakNm)).toBeLessThanOrEqual(0.06);
    expect(Math.abs(found.fwhmNm - fwhmNm)).toBeLessThanOrEqual(0.15);
  });

  it('has no peak in the dark', () => {
    expect(peakOf(bandsOf('feng-2023', 0.4, ROOM_C, 0))).toEqual({ peakNm: 0, fwhmNm: 0 });
    expect(peakOf([])).toEqual({ peakNm: 0, fwhmNm: 0 });
  });
});

describe('the photodiodes', () => {
  const overlap = (band: Emission, diode: Photodiode): number => {
    const { filter, gainV } = diode;
    if (!filter) throw new Error('needs a filter');
    const sigma = filter.fwhmNm / (2 * Math.sqrt(2 * Math.log(2)));
    const silicon = 1 + ((band.peakNm - 626) * 0.35) / 121;
    const through = integral((nm) => spectrumAt([band], nm) * Math.exp(-0.5 * ((nm - filter.peakNm) / sigma) ** 2));
    return gainV * silicon * through;
  };

  it.each([
    ['green', 505, 18.4],
    ['green', 520, 24],
    ['green', 626, 37.4],
    ['red', 626, 37.4],
    ['red', 664, 35],
    ['red', 590, 50],
  ] as const)('%s: the closed form of a band at %s nm equals the integral of spectrum × filter', (name, nm, fwhmNm) => {
    const band = { peakNm: nm, fwhmNm, brightness: 0.7 };
    const exact = overlap(band, PHOTODIODES[name]);
    expect(exact).toBeGreaterThan(0);
    expect(Math.abs(photodiodeVolts([band], PHOTODIODES[name]) - exact)).toBeLessThan(1e-3 * exact);
  });

  it('adds up the bands', () => {
    const bands = bandsOf('feng-2023', 0.4);
    const sum = bands.reduce((volts, band) => volts + photodiodeVolts([band], PHOTODIODES.red), 0);
    expect(bands).toHaveLength(2);
    expect(photodiodeVolts(bands, PHOTODIODES.red)).toBeCloseTo(sum, 12);
  });

  it('see 505 nm at 0.65 of 626 nm with bare silicon', () => {
    const volts = (peakNm: number) => photodiodeVolts([{ peakNm, fwhmNm: 20, brightness: 1 }], PHOTODIODES.broadband);
    expect(volts(505) / volts(626)).toBeCloseTo(0.65, 9);
  });

  it('tell a mixed film from a segregated one: green up, red down', () => {
    const mixed = bandsOf('feng-2023', 0);
    const segregated = bandsOf('feng-2023', 0.86);
    const volts = (bands: Emission[], name: 'green' | 'red') => photodiodeVolts(bands, PHOTODIODES[name]);
    expect(volts(segregated, 'green')).toBeGreaterThan(20 * volts(mixed, 'green'));
    expect(volts(segregated, 'red')).toBeLessThan(0.2 * volts(mixed, 'red'));
  });
});

describe('the light of a film', () => {
  it('is 626 nm wide 37.4 nm when fresh and mixed at room temperature', () => {
    const [band, ...rest] = bandsOf('feng-2023', 0);
    expect(rest).toEqual([]);
    expect(band).toEqual({ peakNm: 626, fwhmNm: 37.4, brightness: 1 });
  });

  it('is 1.2 nm to the blue, 42.3 nm wide and dimmer at 35 °C (P7)', () => {
    const [band] = bandsOf('feng-2023', 0, 35);
    expect(band?.peakNm).toBeCloseTo(624.8, 6);
    expect(band?.fwhmNm).toBeCloseTo(42.3, 6);
    expect(band?.brightness).toBeCloseTo(Math.exp(-0.015 * 11.2), 6);
  });

  it('splits into two bands when it segregates; the higher one jumps from red to green', () => {
    const [mixed, green] = bandsOf('feng-2023', 0.25);
    expect(mixed?.brightness).toBeCloseTo(0.75, 9);
    expect(green).toEqual({ peakNm: 505, fwhmNm: 18.4, brightness: 0.25 * 0.8 });
    const peaks = [0, 0.2, 0.4, 0.6, 0.86].map((x) => peakOf(bandsOf('feng-2023', x)).peakNm);
    for (const nm of peaks) expect(Math.min(Math.abs(nm - 626), Math.abs(nm - 505))).toBeLessThan(0.5);
    expect(peaks[0]).toBeGreaterThan(600);
    expect(peaks[4]).toBeLessThan(520);
  });

  it('walks as one peak to the red, to 664 nm, in an LED (moving peak)', () => {
    const shares = [0, 0.05, 0.2, 0.5, 1];
    const peaks = shares.map((x) => {
      const bands = bandsOf('wash-methyl-acetate', x);
      expect(bands).toHaveLength(1);
      return bands[0]!.peakNm;
    });
    for (let i = 1; i < peaks.length; i += 1) expect(peaks[i]!).toBeGreaterThan(peaks[i - 1]!);
    expect(peaks[0]).toBeCloseTo(638, 9);
    expect(peaks[4]).toBeCloseTo(664, 9);
    // Carriers funnel into iodide-rich domains: a fifth of the film already makes most of the shift.
    expect(peaks[2]! - 638).toBeGreaterThan(0.6 * 26);
  });

  it('is proportional to the excitation and nothing without it', () => {
    const at = (light: number) => bandsOf('feng-2023', 0.3, ROOM_C, light).map((band) => band.brightness);
    expect(at(0.5)[0]).toBeCloseTo(0.5 * at(1)[0]!, 12);
    expect(at(0.5)[1]).toBeCloseTo(0.5 * at(1)[1]!, 12);
    expect(at(0)).toEqual([0, 0]);
  });

  it('never gets narrower than 1 nm, however cold', () => {
    expect(bandsOf('feng-2023', 0, -200)[0]?.fwhmNm).toBe(1);
  });

  it('shifts by 0.359 meV/K to the blue in the FAPbBr3 of zhang-2021', () => {
    const nm = (filmC: number) => bandsOf('bare-fapbbr3', 0, filmC)[0]!.peakNm;
    const meV = (peakNm: number) => (1239.842 / peakNm) * 1000;
    expect(meV(nm(ROOM_C + 1)) - meV(nm(ROOM_C))).toBeCloseTo(0.359, 3);
  });
});

describe('photobrightening (hashimoto-2024)', () => {
  it('reaches 1 − 1/e of its gain after its rise constant of 45 minutes', () => {
    const ageing = aged('nanocube-array', 2700, 1);
    expect(ageing.bright).toBeCloseTo(1 - Math.exp(-1), 9);
    expect(ageing.yield()).toBeCloseTo(1 + (0.692 / 0.16 - 1) * (1 - Math.exp(-1)), 3);
  });

  it('brings the quantum yield from 16 to 68 % and the lifetime to 22.6 ns in three hours', () => {
    const ageing = aged('nanocube-array', 3 * HOUR, 1);
    expect(Math.abs(0.16 * ageing.yield() - 0.683)).toBeLessThan(0.022);
    expect(Math.abs((ageing.lifetimeNs() ?? 0) - 22.6)).toBeLessThan(0.3);
    expect(aged('nanocube-array', 0, 1).lifetimeNs()).toBe(10.5);
  });

  it('leaves a tenth of the gain after 600 h in the dark, and less when warmer', () => {
    const dark = (filmC: number): number => {
      const ageing = new Ageing(sampleOf('nanocube-array'));
      ageing.bright = 1;
      for (let t = 0; t < 600 * HOUR; t += HOUR) ageing.step(HOUR, filmC, 0);
      return ageing.bright;
    };
    expect(dark(23.5)).toBeCloseTo(0.1, 6);
    const speed = Math.exp((42.1 * (1 / 296.65 - 1 / 308.15)) / 8.314e-3);
    expect(dark(35)).toBeCloseTo(1 / (1 + 9 * speed), 6);
    expect(dark(35)).toBeLessThan(0.07);
  });

  it('does not move the peak, and does not happen to isolated cubes', () => {
    const sample = sampleOf('nanocube-array');
    const bright = aged('nanocube-array', 3 * HOUR, 1);
    const peak = emissions(sample, { segregated: 0 }, bright, ROOM_C, 1)[0]?.peakNm;
    expect(peak).toBe(sample.mixed.peakNm);
    expect(aged('nanocube-isolated', 3 * HOUR, 1).yield()).toBe(1);
  });

  it('is as fast in dim light as the light is dim, and no faster above full light', () => {
    expect(aged('nanocube-array', 2700, 0.5).bright).toBeCloseTo(1 - Math.exp(-0.5), 9);
    expect(aged('nanocube-array', 2700, 2).bright).toBeCloseTo(1 - Math.exp(-1), 9);
  });
});

describe('brightening by ions', () => {
  const IONS = { gain: 0.4, riseS: 600, decayS: 4000 };
  const sample: Sample = { ...sampleOf('feng-2023'), ions: IONS };
  const after = (spanS: number, light: number, from = new Ageing(sample)): Ageing => {
    for (let t = 0; t < spanS; t += 1) from.step(1, 23.5, light);
    return from;
  };

  it('reaches 1 − 1/e of its gain after its time constant in full light, and loses as much in the dark', () => {
    const lit = after(600, 1);
    expect(lit.yield()).toBeCloseTo(1 + 0.4 * (1 - Math.exp(-1)), 6);
    expect(after(4000, 0, lit).yield()).toBeCloseTo(1 + 0.4 * (1 - Math.exp(-1)) * Math.exp(-1), 6);
  });

  it('ends in between under dim light: the rates of rise and decay meet', () => {
    const rise = 0.1 / 600;
    const fall = 0.9 / 4000;
    expect(after(40_000, 0.1).yield()).toBeCloseTo(1 + (0.4 * rise) / (rise + fall), 4);
  });

  it('adds to the slow brightening and is absent from the presets', () => {
    const both: Sample = { ...sampleOf('nanocube-array'), ions: IONS };
    const one = new Ageing(both);
    const other = new Ageing(sampleOf('nanocube-array'));
    for (let t = 0; t < 3600; t += 1) {
      one.step(1, 23.5, 1);
      other.step(1, 23.5, 1);
    }
    expect(one.yield() / other.yield()).toBeCloseTo(1 + 0.4 * (1 - Math.exp(-6)), 4);
    expect(sampleOf('feng-2023').ions).toBeNull();
  });
});

describe('slow loss', () => {
  it.each([
    ['bare-fapbbr3', 0.4],
    ['core-shell', 0.1],
  ] as const)('costs %s a share of %s after 1440 minutes of light (zhang-2021)', (name, share) => {
    expect(aged(name, 1440 * 60, 1).yield()).toBeCloseTo(1 - share, 6);
  });

  it('in light depends on the dose: half the light takes twice the time', () => {
    expect(aged('bare-fapbbr3', 12 * HOUR, 1).yield()).toBeCloseTo(aged('bare-fapbbr3', DAY, 0.5).yield(), 9);
    expect(aged('bare-fapbbr3', DAY, 0).yield()).toBe(1);
  });

  it('by lead leaks follows an exponential of 2 days in air, in the dark as in the light (liu-2021)', () => {
    expect(aged('lead-leak', 2 * DAY, 0).yield()).toBeCloseTo(Math.exp(-1), 9);
    expect(aged('lead-leak', 2 * DAY, 1).yield()).toBeCloseTo(Math.exp(-1), 9);
    expect(aged('lead-leak', 4 * DAY, 0).yield()).toBeCloseTo(Math.exp(-2), 9);
  });

  it('by lead leaks creeps to the red and grows a broad red band', () => {
    const sample: Sample = sampleOf('lead-leak');
    const bands = (days: number) => emissions(sample, { segregated: 0 }, aged('lead-leak', days * DAY, 0), ROOM_C, 1);
    const [defect, main] = bands(4);
    const grown = 1 - Math.exp(-2);
    expect(main?.peakNm).toBeCloseTo(513 + 4 * grown, 6);
    expect(defect).toMatchObject({ peakNm: 620, fwhmNm: 120 });
    expect(defect?.brightness).toBeCloseTo((0.88 / 0.6) * 0.06 * grown, 9);
    expect(bands(0)[0]?.brightness).toBe(0);
    expect(main!.brightness).toBeLessThan(bands(0)[1]!.brightness * 0.2);
  });

  it('does not touch the film of feng-2023', () => {
    expect(aged('feng-2023', 30 * DAY, 1, 23.5, HOUR).yield()).toBe(1);
  });
});

describe('a filter that leaks', () => {
  it('lets its share of everything outside the band through, and takes none from inside', () => {
    const mixed = bandsOf('feng-2023', 0);
    const green = (leak: number) => photodiodeVolts(mixed, PHOTODIODES.green, leak);
    const bare = photodiodeVolts(mixed, { filter: null, gainV: PHOTODIODES.green.gainV });
    expect(green(0.01)).toBeCloseTo(green(0) + 0.01 * (bare - green(0)), 12);
    expect(green(0.01) / green(0)).toBeGreaterThan(50);
    expect(green(1)).toBeCloseTo(bare, 12);
  });
});
