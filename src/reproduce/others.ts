/** The other systems: washed LEDs, lead leak, photobrightening, photostability. Each with the parameters of its preset. */
import { assembleTwin } from '../rig/assemble.ts';
import { type Emission, PHOTODIODES, peakOf, photodiodeVolts, spectrumAt } from '../twin/optics.ts';
import { SAMPLES, type SampleName, sampleOf } from '../twin/samples.ts';
import type { Twin } from '../twin/twin.ts';
import { type Experiment, peakAt } from './experiment.ts';
import type { Lab } from './lab.ts';
import { maxOf, meanOf, valueAt } from './series.ts';
import { atLeast, atMost, near, preset, type Statement, statement, within } from './statement.ts';

type Make = (lab: Lab) => Statement;
const HOUR = 3600;

/** A sample that nobody controls: on the shelf or under its lamp, heater off. */
const shelf = (lab: Lab, sample: SampleName): Twin => assembleTwin({ ...lab.settings, 'sim.sample': sample });

const brightness = (bands: readonly Emission[]): number => bands.reduce((sum, band) => sum + band.brightness, 0);

/** The light a sample gives in full excitation now, without disturbing it. */
function look(twin: Twin): Emission[] {
  const { light } = twin;
  twin.light = 1;
  const bands = twin.emissions();
  twin.light = light;
  return bands;
}

const plqyOf = (twin: Twin): number => (twin.sample.plqy ?? 0) * twin.ageing.yield();

const WASHES = [
  ['wash-hexane', 653, 35, 81.9, 21.05, 82],
  ['wash-methyl-acetate', 638, 35, 62.9, 14.58, 55],
  ['wash-acetone', 599, 32, 32.1, 10.25, 37],
  ['wash-butanol', 533, 34, 10.1, 3.67, 25],
] as const;

/** Seconds until the emission has walked half its way to 664 nm. */
function halfWay({ snapshots }: Experiment): number {
  const first = peakOf(snapshots[0]?.bands ?? []).peakNm;
  const half = (first + 664) / 2;
  return snapshots.find(({ bands }) => peakOf(bands).peakNm >= half)?.t ?? Number.POSITIVE_INFINITY;
}

const S: readonly Make[] = [
  (lab) => {
    const checks = WASHES.flatMap(([name, peakNm, fwhmNm, plqy, lifetime, iodide]) => {
      const twin = shelf(lab, name);
      const seen = peakOf(look(twin));
      return [
        preset(near(`${name} peakNm`, seen.peakNm, peakNm, 1)),
        preset(near(`${name} fwhmNm`, seen.fwhmNm, fwhmNm, 1)),
        preset(near(`${name} plqyPercent`, 100 * plqyOf(twin), plqy, 1)),
        preset(near(`${name} lifetimeNs`, twin.ageing.lifetimeNs() ?? Number.NaN, lifetime, 0.1)),
        preset(near(`${name} iodideAtPercent`, sampleOf(name).iodideAtPercent ?? Number.NaN, iodide, 1)),
      ];
    });
    return statement('S1', 'Ye 2022: peak, FWHM, PLQY, lifetime and iodide after each wash', checks);
  },
  (lab) => {
    const runs = (['wash-methyl-acetate', 'wash-acetone', 'wash-butanol'] as const).map((sample) =>
      lab.run('led-bias', { sample }),
    );
    const [acetate, acetone, butanol] = runs.map(halfWay);
    return statement('S2', 'Ye 2022: under bias the LEDs shift red to about 664 nm, slower after a low-polarity wash', [
      ...runs.map((run) => preset(near(`${run.sample} lastPeakNm`, peakAt(run, 1800).peakNm, 664, 1))),
      atLeast('acetoneFasterThanMethylAcetate', (acetate ?? 0) / (acetone ?? Number.NaN), 1.2),
      atLeast('butanolFasterThanAcetone', (acetone ?? 0) / (butanol ?? Number.NaN), 1.05),
    ]);
  },
  (lab) => {
    const left = (['wash-methyl-acetate', 'wash-acetone', 'wash-butanol'] as const).map((sample) => {
      const { series } = lab.run('led-bias', { sample });
      return meanOf(series, 'totalPl', 1790, 1799) / meanOf(series, 'totalPl', 0, 1);
    });
    const [acetate = Number.NaN, acetone = Number.NaN, butanol = Number.NaN] = left;
    return statement(
      'S3',
      'Ye 2022: low-polarity washes give brighter emission that decays less; barriers 2.80 and 2.49 eV',
      [
        within('methylAcetateLeft', acetate, acetone, 1),
        within('acetoneLeft', acetone, butanol, 1),
        preset(near('lowVacancyEv', SAMPLES['wash-methyl-acetate'].barrierEv ?? Number.NaN, 2.8, 0.005)),
        preset(near('highVacancyEv', SAMPLES['wash-acetone'].barrierEv ?? Number.NaN, 2.49, 0.005)),
      ],
    );
  },
  (lab) => {
    const experiment = lab.run('three-hours-of-light', { sample: 'nanocube-array' });
    const { twin } = experiment.simulation.bench;
    const { series } = experiment;
    const ratio = meanOf(series, 'greenV', 10790, 10799) / meanOf(series, 'greenV', 1, 10);
    return statement(
      'S4',
      'Hashimoto 2024: ordered arrays brighten from 16 to 68.3 ± 2.2 % in about 3 h, peak unchanged, 10.5 -> 22.6 ns',
      [
        preset(near('plqyFirstPercent', 100 * (twin.sample.plqy ?? 0), 16, 0.5)),
        preset(near('plqyLastPercent', 100 * plqyOf(twin), 68.3, 2.2)),
        near('peakMovedNm', peakAt(experiment, 10799).peakNm - peakAt(experiment, 0).peakNm, 0, 0.2),
        preset(near('lifetimeLastNs', twin.ageing.lifetimeNs() ?? Number.NaN, 22.6, 1)),
      ],
      { greenLastOverFirst: within('', ratio, 3, 6) },
    );
  },
  (lab) => {
    const twin = shelf(lab, 'nanocube-array');
    twin.rest(3 * HOUR, 1);
    const bright = plqyOf(twin);
    const after: number[] = [];
    for (const hours of [100, 200, 300]) {
      twin.rest(hours * HOUR, 0);
      after.push(plqyOf(twin));
    }
    twin.rest(3 * HOUR, 1);
    const [h100 = Number.NaN, h300 = Number.NaN, h600 = Number.NaN] = after;
    return statement('S5', 'Hashimoto 2024: the gain falls in the dark over about 600 h and comes back in light', [
      preset(near('plqyBrightPercent', 100 * bright, 68.3, 2.2)),
      within('plqyAfter100hPercent', 100 * h100, 100 * h300, 100 * bright),
      within('plqyAfter300hPercent', 100 * h300, 100 * h600, 100 * h100),
      within('plqyAfter600hPercent', 100 * h600, 16, 25),
      preset(near('plqyBrightAgainPercent', 100 * plqyOf(twin), 68.3, 2.2)),
    ]);
  },
  (lab) => {
    const experiment = lab.run('three-hours-of-light', { sample: 'nanocube-isolated' });
    const { twin } = experiment.simulation.bench;
    const { series } = experiment;
    return statement(
      'S6',
      'Hashimoto 2024: isolated cubes stay at 19.4 %',
      [
        preset(near('plqyFirstPercent', 100 * (twin.sample.plqy ?? 0), 19.4, 0.1)),
        preset(near('plqyLastPercent', 100 * plqyOf(twin), 19.4, 0.5)),
      ],
      {
        greenLastOverFirst: near('', meanOf(series, 'greenV', 10790, 10799) / meanOf(series, 'greenV', 1, 10), 1, 0.1),
      },
    );
  },
  (lab) => {
    const loss = (sample: SampleName): number => {
      const twin = shelf(lab, sample);
      const first = brightness(look(twin));
      twin.rest(1440 * 60, 1);
      return 100 * (1 - brightness(look(twin)) / first);
    };
    return statement('S7', 'Zhang 2021: after 1440 min of laser FAPbBr3 lost up to 40 %, core-shell 10 %', [
      preset(near('bareLostPercent', loss('bare-fapbbr3'), 40, 2.5)),
      preset(near('coreShellLostPercent', loss('core-shell'), 10, 2.5)),
    ]);
  },
  () => {
    const shift = (name: SampleName): number => {
      const sample = sampleOf(name);
      const ev = 1239842 / sample.mixed.peakNm;
      return 1239842 / (sample.mixed.peakNm + sample.shiftNmPerK) - ev;
    };
    return statement('S8', 'Zhang 2021: blueshift of 0.359 meV/K with temperature', [
      preset(near('bareMeVPerK', shift('bare-fapbbr3'), 0.359, 0.01)),
      preset(near('coreShellMeVPerK', shift('core-shell'), 0.359, 0.01)),
    ]);
  },
  (lab) => {
    const twin = shelf(lab, 'lead-leak');
    const fresh = look(twin);
    const freshPeak = peakOf(fresh);
    twin.rest(4 * 86400, 0);
    const aged = look(twin);
    const red = (bands: readonly Emission[]): number =>
      spectrumAt(bands, 620) / spectrumAt(bands, peakOf(bands).peakNm);
    return statement(
      'S9',
      'Liu 2021: over four days in air the 513 nm peak (21.9 nm, PLQY 88 %) creeps red and shrinks, a broad red band grows',
      [
        preset(near('firstPeakNm', freshPeak.peakNm, 513, 1)),
        preset(near('firstFwhmNm', freshPeak.fwhmNm, 21.9, 1)),
        preset(near('plqyFirstPercent', 100 * (twin.sample.plqy ?? 0), 88, 1)),
        within('creepNm', peakOf(aged).peakNm - freshPeak.peakNm, 0.5, 10),
        atMost('peakLeft', spectrumAt(aged, peakOf(aged).peakNm) / spectrumAt(fresh, freshPeak.peakNm), 0.5),
        atLeast('redBandOverPeak', red(aged), 5 * red(fresh) + 0.01),
      ],
      { greenV: photodiodeVolts(aged, PHOTODIODES.green) },
    );
  },
  (lab) => {
    const pulse = (sample: SampleName, days: number, segregateS: number) => {
      const experiment = lab.run('heat-pulse-probe', { sample, agedS: days * 86400, litS: segregateS });
      const { series } = experiment;
      return {
        before: meanOf(series, 'mixedPl', 15, 19),
        after: meanOf(series, 'mixedPl', 22, 30),
        late: meanOf(series, 'totalPl', 85, 89),
        first: meanOf(series, 'totalPl', 15, 19),
        segregated: valueAt(series, 'segregated', 19),
        left: maxOf(series, 'segregated', 25, 27),
      };
    };
    const leak = pulse('lead-leak', 4, 0);
    const film = pulse('feng-2023', 0, 300);
    return statement(
      'S10',
      'Liu 2021: a heat pulse does not bring lead leak back; it does bring a segregated film back',
      [
        near('leakPlAfterOverBefore', leak.late / leak.first, 1, 0.03),
        atLeast('filmSegregatedBefore', film.segregated, 0.5),
        atMost('filmSegregatedAfter', film.left, 0.1),
        atLeast('filmMixedPlAfterOverBefore', film.after / film.before, 2),
      ],
    );
  },
];

export const OTHER_STATEMENTS = S;
