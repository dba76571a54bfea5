/** R1 to R11 and R16 to R22: temperature, segregation and remixing, as the records tell them. */
import type { SampleName } from '../twin/samples.ts';
import {
  about,
  between,
  type Conditions,
  figure,
  least,
  type Make,
  mixes,
  most,
  parted,
  severe,
  trueAt,
  trueLeast,
  trueMean,
  trueMost,
  trueSeconds,
  truly,
} from './figures.ts';
import { MIXED, NONE } from './looks.ts';
import {
  brightness,
  filmAt,
  filmMean,
  filmRise,
  infrared,
  largest,
  less,
  lowest,
  moreThan,
  over,
  secondsToMix,
  share,
  shareAt,
} from './reading.ts';
import { meanOf, minOf, valueAt } from './series.ts';

// Constant current makes the observer unsure of the response by some tenths of a kelvin; there the infrared thermometer tells more.
export const TEMPERATURE: readonly Make[] = [
  (see) => ({
    id: 'R1',
    paper: 'room temperature 23-24 °C at 0 mA',
    figures: [
      figure('filmC', between(23, 24), filmMean(see('heating-curve'), 0, 9), trueMean('heating-curve', 'filmC', 0, 9)),
    ],
  }),
  (see) => ({
    id: 'R2',
    paper: 'at 400 mA about 32 °C within 10 s; 24 -> 31 °C within about 4 s',
    figures: [
      figure('at10sC', about(32, 1), filmAt(see('heating-curve'), 20), trueAt('heating-curve', 'filmC', 20)),
      figure(
        'riseIn4sK',
        about(7, 0.7),
        filmRise(see('heating-curve'), 10, 14),
        truly('heating-curve', (series) => valueAt(series, 'filmC', 14) - valueAt(series, 'filmC', 10)),
      ),
    ],
  }),
  (see) => ({
    id: 'R3',
    paper: 'at 400 mA about 35 °C after 300 s and 37 °C after about 600 s',
    figures: [
      figure(
        'irAt300sC',
        about(35, 1),
        infrared(see('heating-curve'), 308, 312),
        trueAt('heating-curve', 'filmC', 310),
      ),
      figure(
        'irAt600sC',
        about(37, 1),
        infrared(see('heating-curve'), 605, 609.9),
        trueAt('heating-curve', 'filmC', 607.5),
      ),
    ],
  }),
  (see) => ({
    id: 'R4',
    paper: 'after the current stops 35 -> 27 °C within about 8 s',
    figures: [
      figure(
        'irDropIn8sK',
        about(8, 1),
        less(infrared(see('cool-remix'), 386, 390), infrared(see('cool-remix'), 397, 399)),
        truly('cool-remix', (series) => valueAt(series, 'filmC', 390) - valueAt(series, 'filmC', 398)),
      ),
      figure('filmAt8sC', about(27, 1), filmAt(see('cool-remix'), 398), trueAt('cool-remix', 'filmC', 398)),
    ],
  }),
];

export const FILM: readonly Make[] = [
  (see) => {
    const run = see('room-temperature');
    return {
      id: 'R5',
      paper: 'in light at room temperature complete in about 10 min, segregated at 300 s',
      figures: [
        figure('at300s', severe, shareAt(run, 300), trueAt('room-temperature', 'segregated', 300)),
        figure(
          'noHeatAt180s',
          severe,
          shareAt(see('pattern-none'), 179.9),
          trueAt('pattern-none', 'segregated', 179.9),
        ),
        figure('at600s', severe, shareAt(run, 599.9), trueAt('room-temperature', 'segregated', 599.9)),
        figure(
          'growthPerMinute',
          most(0.01),
          moreThan(shareAt(run, 599.9), shareAt(run, 539.9)),
          truly(
            'room-temperature',
            (series) => valueAt(series, 'segregated', 599.9) - valueAt(series, 'segregated', 539.9),
          ),
        ),
      ],
    };
  },
  (see) => ({
    id: 'R6',
    paper: 'remixing in the dark at room temperature in about 120 min',
    figures: [
      figure(
        'leftAfter150min',
        most(MIXED),
        share(see('room-temperature'), 9590, 9600),
        trueAt('room-temperature', 'recoverable', 9600),
      ),
    ],
  }),
  (see) => ({
    id: 'R7',
    paper: 'in light at about 35 °C in about 90 s',
    figures: [
      figure('irC', about(35, 1), infrared(see('static-35c'), 298, 302), trueAt('static-35c', 'filmC', 300)),
      figure('at90s', severe, shareAt(see('static-35c'), 389.9), trueAt('static-35c', 'segregated', 389.9)),
    ],
  }),
  (see) => ({
    id: 'R8',
    paper: 'remixing in the dark at about 35 °C (with the current left on, warmer) in about 25 min',
    figures: [
      figure(
        'irMeanC',
        between(35, 40),
        infrared(see('static-35c'), 400, 2370),
        trueMean('static-35c', 'filmC', 400, 2370),
      ),
      figure(
        'leftAfter31min',
        most(MIXED),
        share(see('static-35c'), 2240, 2250),
        trueAt('static-35c', 'recoverable', 2250),
      ),
    ],
  }),
  (see) => ({
    id: 'R9',
    paper: 'heating while lit mixes the segregated film within about 4 s; PL then lower than before segregation',
    figures: [
      parted(see, '', { recipe: 'heat-remix', at: 300 }),
      ...mixes(see, '', { recipe: 'heat-remix', at: 300, withinS: 4.5 }),
      figure(
        'plOverFirst',
        between(0.5, 0.97),
        over(
          brightness(see('heat-remix'), 'broadbandV', 304.5, 305.5),
          brightness(see('heat-remix'), 'broadbandV', 0.5, 1.5),
        ),
        truly('heat-remix', (series) => meanOf(series, 'totalPl', 304.5, 305.5) / meanOf(series, 'totalPl', 0.5, 1.5)),
      ),
    ],
  }),
  (see) => {
    const conditions = { currentA: 0.4 };
    return {
      id: 'R10',
      paper: 'removing the heat while lit mixes the film within about 8 s',
      figures: [
        parted(see, 'warm ', { recipe: 'cool-remix', at: 390 }),
        ...mixes(see, 'warm ', { recipe: 'cool-remix', at: 390, withinS: 8.5 }),
        parted(see, 'short ', { recipe: 'short-cool-remix', conditions, at: 90 }),
        ...mixes(see, 'short ', { recipe: 'short-cool-remix', conditions, at: 90, withinS: 8.5 }),
      ],
    };
  },
  (see) => ({
    id: 'R11',
    paper: 'after R9 or R10 with the light on it segregates again',
    figures: [
      figure('afterHeating', severe, largest(see('heat-remix'), 310, 420), trueMost('heat-remix', 310, 420)),
      figure('afterCooling', severe, largest(see('cool-remix'), 400, 510), trueMost('cool-remix', 400, 510)),
    ],
  }),
];

const CURRENTS = [0.3, 0.4, 0.5] as const;
const SAMPLES: readonly SampleName[] = ['cspb-br0.9-i2.1', 'cspb-br1.5-i1.5', 'fapb-br0.9-i2.1'];
const heated = (currentA: number) => ({ currentA, seconds: 330 });

export const LATER: readonly Make[] = [
  (see) => {
    const swings = (name: string, high: number, low: number) =>
      figure(
        name,
        least(1.3),
        over(filmRise(see('heat-remix', heated(high)), 300, 304), filmRise(see('heat-remix', heated(low)), 300, 304)),
        (lab) => {
          const rise = (currentA: number): number => {
            const { series } = lab.run('heat-remix', heated(currentA));
            return valueAt(series, 'filmC', 304) - valueAt(series, 'filmC', 300);
          };
          return rise(high) / rise(low);
        },
      );
    return {
      id: 'R16',
      paper: '300 and 500 mA behave similarly; more current swings faster',
      figures: [
        swings('swing400Over300', 0.4, 0.3),
        swings('swing500Over400', 0.5, 0.4),
        ...CURRENTS.flatMap((currentA) => [
          ...mixes(see, `heating ${1000 * currentA} mA `, {
            recipe: 'heat-remix',
            conditions: heated(currentA),
            at: 300,
            withinS: 5.5,
          }),
          ...mixes(see, `cooling ${1000 * currentA} mA `, {
            recipe: 'short-cool-remix',
            conditions: { currentA },
            at: 90,
            withinS: 10,
          }),
        ]),
      ],
    };
  },
  (see) => {
    const plain = heated(0.4);
    const seconds = (conditions: Conditions) => secondsToMix(see('heat-remix', conditions), 300, 330);
    const faster = (name: string, a: Conditions, b: Conditions, high: number) =>
      figure(name, most(high), over(seconds(a), seconds(b)), (lab) => {
        const of = (conditions: Conditions) => trueSeconds('heat-remix', 300, conditions)(lab);
        return of(a) / of(b);
      });
    return {
      id: 'R17',
      paper: 'a faster change, or a higher starting temperature, mixes more quickly',
      figures: [
        faster('s400Over300mA', plain, heated(0.3), 0.99),
        faster('s500Over400mA', heated(0.5), plain, 0.99),
        faster('sFrom5KWarmerOverPlain', { ambientC: 28.8, seconds: 330 }, plain, 0.95),
      ],
    };
  },
  (see) => ({
    id: 'R18',
    paper: 'in the dark a sudden change also mixes quickly, and nothing segregates afterwards',
    figures: [
      figure(
        'afterHeating',
        most(MIXED),
        share(see('dark-heat-remix'), 310, 600),
        trueMost('dark-heat-remix', 310, 600),
      ),
      figure(
        'afterCooling',
        most(MIXED),
        share(see('dark-cool-remix'), 400, 690),
        trueMost('dark-cool-remix', 400, 690),
      ),
    ],
  }),
  (see) => ({
    id: 'R19',
    paper: '5 W/cm²: similar',
    figures: [
      parted(see, 'heating ', { recipe: 'dim-heat-remix', at: 300 }),
      ...mixes(see, 'heating ', { recipe: 'dim-heat-remix', at: 300, withinS: 4.5 }),
      parted(see, 'cooling ', { recipe: 'dim-cool-remix', at: 390 }),
      ...mixes(see, 'cooling ', { recipe: 'dim-cool-remix', at: 390, withinS: 8.5 }),
    ],
  }),
  (see) => ({
    id: 'R20',
    paper: 'other compositions and FAPbBr0.9I2.1 nanocrystals: similar',
    figures: SAMPLES.flatMap((sample) => {
      const heat = { recipe: 'heat-remix', conditions: { sample, seconds: 330 }, at: 300, withinS: 6 };
      return [
        parted(see, `${sample} `, heat),
        ...mixes(see, `${sample} `, heat),
        figure(
          `${sample} held`,
          most(NONE),
          largest(see('pattern-0p5-5', { sample }), 0, 180),
          trueMost('pattern-0p5-5', 0, 180, { sample }),
        ),
      ];
    }),
  }),
  (see) => {
    const conditions = { sample: 'feng-2023-bulk' } as const;
    const heat = { recipe: 'heat-remix', conditions: { ...conditions, seconds: 330 }, at: 300, withinS: 5.5 };
    const run = see('cool-remix', conditions);
    return {
      id: 'R21',
      paper: 'bulk CsPbBr2I microplates: heating remixes, cooling only in part',
      figures: [
        parted(see, 'heating ', heat),
        ...mixes(see, 'heating ', heat),
        figure(
          'leftAfterCooling',
          between(0.2, 0.9),
          over(lowest(run, 390, 410), shareAt(run, 390)),
          truly(
            'cool-remix',
            (series) => minOf(series, 'segregated', 390, 410) / valueAt(series, 'segregated', 390),
            conditions,
          ),
        ),
      ],
    };
  },
  (see) => ({
    id: 'R22',
    paper: 'residual 505 nm after remixing (iodine lost): small, grows with light exposure',
    figures: [
      figure(
        'after300s',
        between(0.001, 0.03),
        share(see('short-exposure'), 300, 360),
        trueLeast('short-exposure', 300, 360),
      ),
      figure(
        'after1800s',
        between(0.01, 0.15),
        share(see('long-exposure'), 1800, 1860),
        trueLeast('long-exposure', 1800, 1860),
      ),
    ],
  }),
];
