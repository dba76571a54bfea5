import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSampleName, SAMPLE_NAMES, sampleOf } from '../../src/twin/samples.ts';
import { Twin, type TwinOptions } from '../../src/twin/twin.ts';

const OPTIONS: TwinOptions = {
  sample: 'feng-2023',
  seed: 1,
  ambientC: 23.8,
  noise: 1,
  plantMismatch: 0,
  thermocoupleContact: 0.97,
  thermocoupleLagS: 0.6,
  infraredLagS: 0.2,
};
const twinOf = (options: Partial<TwinOptions> = {}): Twin => new Twin({ ...OPTIONS, ...options });

const run = (twin: Twin, spanS: number, currentA: number, light = twin.light): Twin => {
  twin.light = light;
  for (let i = 0; i < Math.round(spanS / 0.02); i += 1) twin.step(0.02, currentA);
  return twin;
};

const CHANNELS = ['green', 'red', 'broadband', 'reference'] as const;
const truth = (twin: Twin): number[] => [
  twin.filmC,
  twin.film.segregated,
  twin.film.lost,
  twin.ageing.lightS,
  twin.substrate.resistanceOhm(),
];
const readings = (twin: Twin): number[] =>
  [
    twin.hotJunctionC(),
    twin.coldJunctionC(),
    twin.infraredObjectC(),
    twin.infraredAmbientC(),
    twin.currentNoiseA(),
    twin.voltageNoiseV(),
    ...CHANNELS.map((channel) => twin.photodiodeV(channel)),
    // No noise times a negative number is -0.
  ].map((value) => value + 0);
/** Twenty seconds of pulses in light with all readings on the way. */
const story = (twin: Twin): { truth: number[]; seen: number[] } => {
  const seen: number[] = [];
  const true_: number[] = [];
  for (let pulse = 0; pulse < 4; pulse += 1) {
    run(twin, 0.5, 0.4, 1);
    seen.push(...readings(twin));
    run(twin, 4.5, 0, 1);
    seen.push(...readings(twin));
    true_.push(...truth(twin));
  }
  return { truth: true_, seen };
};

describe('chance in the twin', () => {
  it('comes from the seed alone: the same seed gives the same numbers, all of them', () => {
    expect(story(twinOf())).toEqual(story(twinOf()));
  });

  it('differs with the seed in every reading while the truth stays the same', () => {
    const one = story(twinOf({ seed: 1 }));
    const two = story(twinOf({ seed: 2 }));
    expect(two.truth).toEqual(one.truth);
    for (let i = 0; i < one.seen.length; i += 1) expect(two.seen[i]).not.toBe(one.seen[i]);
  });

  it('is absent at noise 0: then the seed does not matter', () => {
    expect(story(twinOf({ seed: 1, noise: 0 }))).toEqual(story(twinOf({ seed: 2, noise: 0 })));
  });

  it('does not change the truth when it is scaled up', () => {
    expect(story(twinOf({ noise: 5 })).truth).toEqual(story(twinOf({ noise: 0 })).truth);
  });

  it('is kept apart by kind: reading the photodiodes does not change what the thermometers show', () => {
    const quiet = run(twinOf(), 5, 0.4, 1);
    const busy = run(twinOf(), 5, 0.4, 1);
    for (let i = 0; i < 7; i += 1) busy.photodiodeV('red');
    busy.currentNoiseA();
    expect(busy.hotJunctionC()).toBe(quiet.hotJunctionC());
    expect(busy.infraredObjectC()).toBe(quiet.infraredObjectC());
  });

  it('has the stated size: about 0.03 °C at the thermocouple', () => {
    const twin = twinOf();
    const values = Array.from({ length: 2000 }, () => twin.hotJunctionC() - 23.8);
    const sigma = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    expect(sigma).toBeGreaterThan(0.028);
    expect(sigma).toBeLessThan(0.032);
  });
});

describe('the twin’s thermometers', () => {
  const silent = { noise: 0 } as const;

  it('start at room temperature, the cold junction 1.5 °C above it', () => {
    const twin = twinOf(silent);
    expect(twin.hotJunctionC()).toBe(23.8);
    expect(twin.infraredObjectC()).toBe(23.8);
    expect(twin.infraredAmbientC()).toBe(23.8);
    expect(twin.coldJunctionC()).toBeCloseTo(25.3, 12);
  });

  it('see their share of the rise once settled: contact of the thermocouple; the surface in view is the film’s', () => {
    const twin = run(twinOf({ ...silent, thermocoupleContact: 0.9 }), 120, 0.4);
    const rise = twin.filmC - 23.8;
    expect((twin.hotJunctionC() - 23.8) / rise).toBeCloseTo(0.9, 2);
    expect((twin.infraredObjectC() - 23.8) / rise).toBeCloseTo(1, 2);
  });

  it('lag by first order: the slower the lag, the less is seen of a short pulse', () => {
    const seen = (thermocoupleLagS: number) =>
      run(twinOf({ ...silent, thermocoupleLagS, thermocoupleContact: 1 }), 0.5, 0.4).hotJunctionC() - 23.8;
    const rise = run(twinOf(silent), 0.5, 0.4).filmC - 23.8;
    expect(seen(0.05)).toBeGreaterThan(0.8 * rise);
    expect(seen(0.05)).toBeLessThan(rise);
    expect(seen(2)).toBeLessThan(0.2 * rise);
    expect(seen(2)).toBeGreaterThan(0);
  });

  it('read the air when detached and the room when obstructed', () => {
    const twin = run(twinOf(silent), 60, 0.4);
    twin.thermocoupleDetached = true;
    twin.infraredObstructed = true;
    run(twin, 20, 0.4);
    expect(twin.filmC).toBeGreaterThan(30);
    expect(twin.hotJunctionC()).toBeCloseTo(23.8, 6);
    expect(twin.infraredObjectC()).toBeCloseTo(23.8, 6);
  });

  it('follow a plant that differs from the commissioned one', () => {
    const rise = (plantMismatch: number) => run(twinOf({ ...silent, plantMismatch }), 30, 0.4).filmC - 23.8;
    expect(rise(0.3) / rise(0)).toBeGreaterThan(1.28);
    expect(rise(-0.3) / rise(0)).toBeLessThan(0.72);
  });
});

describe('the twin’s photodiodes', () => {
  it('see only room light in the dark', () => {
    const twin = twinOf({ noise: 0 });
    for (const channel of CHANNELS) expect(twin.photodiodeV(channel)).toBe(0.002);
    twin.roomLightV = 0.3;
    expect(twin.photodiodeV('red')).toBe(0.3);
  });

  it('see red of a fresh film and green of a segregated one', () => {
    const twin = run(twinOf({ noise: 0 }), 1, 0, 1);
    expect(twin.photodiodeV('red')).toBeGreaterThan(20 * twin.photodiodeV('green'));
    run(twin, 300, 0, 1);
    expect(twin.film.segregated).toBeGreaterThan(0.75);
    expect(twin.photodiodeV('green')).toBeGreaterThan(3 * twin.photodiodeV('red'));
  });

  it('sit at their rail when saturated', () => {
    const twin = run(twinOf(), 1, 0, 1);
    twin.photodiodesSaturated = true;
    for (const channel of CHANNELS) expect(twin.photodiodeV(channel)).toBe(5);
  });

  it('have a reference that follows the excitation and not the film', () => {
    const twin = run(twinOf({ noise: 0 }), 1, 0, 0.5);
    expect(twin.photodiodeV('reference')).toBeCloseTo(2 * 0.5 + 0.002, 12);
    run(twin, 300, 0, 0.5);
    expect(twin.photodiodeV('reference')).toBeCloseTo(2 * 0.5 + 0.002, 12);
  });

  it('see the excitation warm up by 2 % over minutes, unless there is no noise at all', () => {
    const twin = twinOf();
    const cold = twin.excitation();
    run(twin, 1800, 0, 1);
    expect(cold).toBeCloseTo(0.98, 12);
    expect(Math.abs(twin.excitation() - 1)).toBeLessThan(0.02);
    expect(twin.excitation()).not.toBe(1);
    expect(run(twinOf({ noise: 0 }), 60, 0, 1).excitation()).toBe(1);
  });

  it('see the excitation drift once a second, by far less than a percent', () => {
    const twin = twinOf();
    const drifts = new Set<string>();
    for (let i = 1; i <= 500; i += 1) {
      run(twin, 0.02, 0, 1);
      const warmUp = 1 - 0.02 * Math.exp(-(i * 0.02) / 300);
      drifts.add((twin.excitation() - warmUp).toFixed(9));
    }
    expect(drifts.size).toBeGreaterThanOrEqual(9);
    expect(drifts.size).toBeLessThanOrEqual(11);
    for (const drift of drifts) expect(Math.abs(Number(drift))).toBeLessThan(0.005);
  });

  it('never show a negative voltage, however noisy', () => {
    const twin = twinOf({ noise: 5 });
    twin.roomLightV = 0;
    const values = Array.from({ length: 500 }, () => twin.photodiodeV('green'));
    expect(Math.min(...values)).toBe(0);
    expect(Math.max(...values)).toBeGreaterThan(0);
  });
});

describe('the light of a laboratory', () => {
  const quiet = (optics: NonNullable<TwinOptions['parts']>['optics']) => twinOf({ noise: 0, parts: { optics } });
  const dark = (twin: Twin, atS: number): number => {
    while (seconds < atS - 1e-9) {
      twin.step(0.02, 0);
      seconds += 0.02;
    }
    return twin.photodiodeV('red');
  };
  let seconds = 0;

  it('has a lamp that comes and goes by itself', () => {
    seconds = 0;
    const twin = quiet({ lamp: { volts: 0.2, firstS: 10, everyS: 60, onS: 20, riseS: 0 } });
    const seen = [9, 11, 29, 31, 69, 71, 91].map((atS) => dark(twin, atS));
    expect(seen.map((volts) => Math.round((volts - 0.002) * 1e6) / 1e6)).toEqual([0, 0.2, 0.2, 0, 0, 0.2, 0]);
  });

  it('has a sun that takes its time', () => {
    seconds = 0;
    const twin = quiet({ lamp: { volts: 0.3, firstS: 0, everyS: 1000, onS: 100, riseS: 30 } });
    const seen = [10, 20, 50, 90, 99].map((atS) => dark(twin, atS) - 0.002);
    expect(seen.map((volts) => Math.round(volts * 1e6) / 1e6)).toEqual([0.1, 0.2, 0.3, 0.1, 0.01]);
  });

  /** Room light as a control tick sees it, once every 50 ms. */
  const ticks = (mainsErrorHz: number, noise = 1, overS = 0): number[] => {
    const optics = { roomLightV: 0.1, flickerShare: 0.3, mainsErrorHz, noiseV: 0, noiseShare: 0 };
    const twin = twinOf({ noise, parts: { optics } });
    return Array.from({ length: 1200 }, () => {
      for (let i = 0; i < 5; i += 1) twin.step(0.01, 0);
      return twin.photodiodeV('red', overS);
    });
  };
  const range = (list: number[]): number => Math.max(...list) - Math.min(...list);

  it('flickers through all phases of the ticks when the mains wanders, and through one when it is exact', () => {
    expect(range(ticks(0))).toBeLessThan(1e-6);
    expect(range(ticks(0.1))).toBeGreaterThan(0.05);
    expect(Math.max(...ticks(0.1))).toBeLessThanOrEqual(0.13 + 1e-9);
    // Of 100 Hz a conversion of 16.4 ms lets 17 % through, one of two whole periods nothing.
    expect(range(ticks(0.1, 1, 0.0164)) / range(ticks(0.1))).toBeCloseTo(0.176, 2);
    expect(range(ticks(0.1, 1, 0.02))).toBeLessThan(1e-9);
    expect(range(ticks(0.1, 0))).toBeLessThan(1e-6);
  });

  it('flickers with a lamp that is switched on, and not with daylight that comes gradually', () => {
    const spread = (riseS: number): number => {
      const lamp = { volts: 1, firstS: 0, everyS: 1e5, onS: 1e5, riseS };
      const twin = quiet({ roomLightV: 0, flickerShare: 0.2, lamp });
      for (let i = 0; i < 1000; i += 1) twin.step(0.01, 0);
      const seen = Array.from({ length: 20 }, () => {
        twin.step(0.0005, 0);
        return twin.photodiodeV('red');
      });
      return range(seen);
    };
    expect(spread(0)).toBeCloseTo(0.4, 2);
    expect(spread(5)).toBeLessThan(1e-3);
  });

  it('beats slowly: the mains is off by no more than it is said to be', () => {
    const seen = ticks(0.1);
    // 0.1 Hz of the mains are 0.2 Hz of its flicker: 0.2 · 0.05 turns a tick, each worth at most 2π · 0.03 V.
    const fastest = Math.max(...seen.slice(1).map((volts, i) => Math.abs(volts - (seen[i] ?? 0))));
    expect(fastest).toBeLessThanOrEqual(2 * Math.PI * 0.03 * 0.01 + 1e-9);
    expect(fastest).toBeGreaterThan(1e-4);
  });

  it('ends at the rail of the amplifiers', () => {
    const twin = run(quiet({ railV: 1.2 }), 1, 0, 1);
    expect(twin.photodiodeV('red')).toBe(1.2);
    expect(twin.photodiodeV('green')).toBeLessThan(0.2);
    twin.photodiodesSaturated = true;
    expect(twin.photodiodeV('green')).toBe(1.2);
    expect(run(quiet({}), 1, 0, 1).photodiodeV('red')).toBeGreaterThan(1.5);
  });

  it('follows a leak and sensitivities that change on the way', () => {
    const twin = run(quiet({}), 1, 0, 1);
    const [green, red] = [twin.photodiodeV('green') - 0.002, twin.photodiodeV('red') - 0.002];
    twin.redGain = 0.5;
    expect(twin.photodiodeV('red') - 0.002).toBeCloseTo(red / 2, 9);
    twin.leak = 0.008;
    expect((twin.photodiodeV('green') - 0.002) / green).toBeCloseTo(2, 1);
    twin.greenGain = 3;
    expect((twin.photodiodeV('green') - 0.002) / green).toBeCloseTo(6, 0);
  });
});

describe('slow changes of the film that a bench file names', () => {
  const brightness = (slow: NonNullable<TwinOptions['parts']>['slow'], sample: TwinOptions['sample'] = 'feng-2023') => {
    const twin = twinOf({ noise: 0, sample, parts: { slow } });
    for (let t = 0; t < 3600; t += 1) twin.ageing.step(1, 23.5, 1);
    return twin.ageing.yield();
  };

  it('come beside what the sample does, each by itself', () => {
    expect(brightness({})).toBe(1);
    expect(brightness({ ions: { gain: 0.5 } })).toBeCloseTo(1 + 0.5 * (1 - Math.exp(-6)), 5);
    expect(brightness({ brightening: { plqyFrom: 1, plqyTo: 4.3, riseS: 3600 } })).toBeCloseTo(
      1 + 3.3 * (1 - Math.exp(-1)),
      5,
    );
    expect(brightness({ photoloss: { share: 0.2, tauS: 1800 } })).toBeCloseTo(1 - 0.2 * (1 - Math.exp(-2)), 9);
    expect(brightness({ leadLeak: { tauS: 7200 } })).toBeCloseTo(Math.exp(-0.5), 9);
  });

  it('without an effect of their own do nothing, and what is left out is the sample’s', () => {
    expect(brightness({ ions: { riseS: 30 }, photoloss: { tauS: 60 }, leadLeak: { creepNm: 9 } })).toBe(1);
    expect(brightness({ brightening: { riseS: 5400 } }, 'nanocube-array')).toBeLessThan(
      brightness({}, 'nanocube-array'),
    );
    expect(brightness({ brightening: { plqyFrom: 1, plqyTo: 1 } }, 'nanocube-array')).toBeLessThan(1);
  });

  it('grow a red band in an LED, too, whose peak walks', () => {
    const twin = twinOf({ noise: 0, sample: 'wash-butanol', parts: { slow: { leadLeak: { tauS: 3600 } } } });
    twin.light = 1;
    for (let t = 0; t < 3600; t += 1) twin.ageing.step(1, 23.5, 1);
    const bands = twin.emissions();
    expect(bands).toHaveLength(2);
    expect(bands.map(({ peakNm }) => Math.round(peakNm)).sort()).toEqual([536, 620]);
  });
});

describe('a twin at rest', () => {
  it('does the same as small steps: five minutes of light segregate the film alike', () => {
    const shelf = twinOf({ noise: 0 });
    shelf.rest(300, 1);
    const stepped = run(twinOf({ noise: 0 }), 300, 0, 1);
    expect(shelf.film.segregated).toBeCloseTo(stepped.film.segregated, 6);
    expect(shelf.film.segregated).toBeGreaterThan(0.75);
    expect(shelf.ageing.lightS).toBeCloseTo(300, 6);
  });

  it('in the dark stays mixed and only grows older', () => {
    const twin = twinOf({ noise: 0 });
    twin.rest(3600, 0);
    expect(twin.film.segregated).toBe(0);
    expect(twin.ageing.lightS).toBe(0);
    expect(twin.ageing.airS).toBe(3600);
    expect(twin.hotJunctionC()).toBe(twin.filmC);
  });
});

describe('any twin under any current and light', () => {
  it('stays within the bounds of physics, and its readings are numbers', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLE_NAMES),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.array(
          fc.tuple(
            fc.double({ min: 0, max: 0.5, noNaN: true }),
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.double({ min: 0.1, max: 20, noNaN: true }),
          ),
          { minLength: 1, maxLength: 8 },
        ),
        (sample, seed, parts) => {
          const twin = twinOf({ sample, seed });
          let { lost } = twin.film;
          for (const [amps, light, spanS] of parts) {
            run(twin, spanS, amps, light);
            expect(twin.filmC).toBeGreaterThanOrEqual(23.8);
            expect(twin.filmC).toBeLessThanOrEqual(23.8 + 25);
            expect(twin.film.segregated).toBeGreaterThanOrEqual(twin.film.lost);
            expect(twin.film.segregated).toBeLessThanOrEqual(1);
            expect(twin.film.lost).toBeGreaterThanOrEqual(lost);
            if (light === 0) expect(twin.film.lost).toBe(lost);
            lost = twin.film.lost;
            expect(readings(twin).every(Number.isFinite)).toBe(true);
            for (const band of twin.emissions()) {
              expect(band.brightness).toBeGreaterThanOrEqual(0);
              expect(band.fwhmNm).toBeGreaterThan(0);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the sample presets', () => {
  it('are found by name, and nothing else is', () => {
    for (const name of SAMPLE_NAMES) expect(isSampleName(name)).toBe(true);
    for (const name of ['', 'feng', 'toString', 'constructor', '__proto__']) expect(isSampleName(name)).toBe(false);
  });

  it.each(SAMPLE_NAMES)('%s says where its numbers come from and what was assumed', (name) => {
    const sample = sampleOf(name);
    expect(sample.title).not.toBe('');
    expect(sample.source).toMatch(/^[a-z]+-20\d\d$/);
    expect(sample.assumed).not.toBe('');
    expect(sample.kinetics.segregatedMax).toBeLessThanOrEqual(1);
    expect(sample.segregatedBrightness).toBeGreaterThanOrEqual(0.3);
    expect(sample.segregatedBrightness).toBeLessThanOrEqual(1.4);
  });

  it('order the washes of ye-2022: the lower the polarity, the redder, brighter and slower to shift', () => {
    const washes = (['wash-hexane', 'wash-methyl-acetate', 'wash-acetone', 'wash-butanol'] as const).map(sampleOf);
    for (let i = 1; i < washes.length; i += 1) {
      const [better, worse] = [washes[i - 1]!, washes[i]!];
      expect(worse.mixed.peakNm).toBeLessThan(better.mixed.peakNm);
      expect(worse.plqy!).toBeLessThan(better.plqy!);
      expect(worse.lifetimeNs!).toBeLessThan(better.lifetimeNs!);
      expect(worse.kinetics.growthPerS).toBeGreaterThan(better.kinetics.growthPerS);
    }
  });
});
