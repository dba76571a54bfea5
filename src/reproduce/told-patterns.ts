/** R12 to R15 and R24 to R26: the six patterns of heat, as the records tell them. */
import { about, between, figure, least, type Make, most, SEVERE_BY_LIGHT, severe, trueMost, truly } from './figures.ts';
import type { Figure, Reading, See } from './judgement.ts';
import type { Lab } from './lab.ts';
import { NONE, pattern } from './looks.ts';
import { brightness, estimated, filmMean, known, largest, less, moreThan, over, share } from './reading.ts';
import { foldedSwing, type Records, swingOf } from './records.ts';
import { meanOf } from './series.ts';

/** Recipe, and width and period of its pulses, s; of constant current a cycle of the light path. */
const SIX = {
  DC: { recipe: 'pattern-dc', onS: 5, periodS: 5 },
  '0.1/1': { recipe: 'pattern-0p1-1', onS: 0.1, periodS: 1 },
  '0.5/5': { recipe: 'pattern-0p5-5', onS: 0.5, periodS: 5 },
  '1/10': { recipe: 'pattern-1-10', onS: 1, periodS: 10 },
  '2/10': { recipe: 'pattern-2-10', onS: 2, periodS: 10 },
  '5/10': { recipe: 'pattern-5-10', onS: 5, periodS: 10 },
} as const;
type Pattern = keyof typeof SIX;
const BEST: Pattern = '0.5/5';
const MILD: readonly Pattern[] = ['1/10', '2/10', '5/10'];
const PULSED: readonly Pattern[] = ['0.1/1', BEST, ...MILD];
const RUN_S = 180;
const END = [170, RUN_S] as const;
/** From here on a period of heat is like the next one, but for the slow pole. */
const STEADY = [60, RUN_S] as const;

const runOf = (see: See, name: Pattern): Records => see(SIX[name].recipe);
const trueOf = (lab: Lab, name: Pattern) => pattern(lab, SIX[name].recipe, SIX[name].periodS);
const atEnd = (see: See, name: Pattern): Reading => share(runOf(see, name), ...END);
const top = (see: See, name: Pattern): Reading => largest(runOf(see, name), 0, RUN_S);

// The light path reports the highest share of a period, mostly that of its cold end: so does the truth beside it.
const endsSevere = (see: See, name: Pattern): Figure =>
  figure(name, severe, atEnd(see, name), (lab) => trueOf(lab, name).lastPeriod);
const never = (see: See, name: Pattern): Figure =>
  figure(name, most(NONE), top(see, name), (lab) => trueOf(lab, name).largest);
/** Visible, and not severe at the end. */
const visible = (see: See, name: Pattern): Figure[] => [
  figure(`${name} largest`, least(NONE), top(see, name), (lab) => trueOf(lab, name).largest),
  figure(`${name} end`, most(SEVERE_BY_LIGHT), atEnd(see, name), (lab) => trueOf(lab, name).lastPeriod),
];
const worse = (see: See, a: Pattern, b: Pattern): Figure =>
  figure(
    `${a} minus ${b}`,
    least(0),
    moreThan(atEnd(see, a), atEnd(see, b)),
    (lab) => trueOf(lab, a).lastPeriod - trueOf(lab, b).lastPeriod,
  );

export const PATTERNS: readonly Make[] = [
  (see) => ({
    id: 'R12',
    paper: 'DC and 0.1/1 s: severe segregation after 180 s (mean of the last 10 s)',
    figures: [endsSevere(see, 'DC'), endsSevere(see, '0.1/1')],
  }),
  (see) => ({
    id: 'R13',
    paper: '1/10, 2/10, 5/10 s: much milder, visible; worse than 0.5/5 s',
    figures: MILD.flatMap((name) => [...visible(see, name), worse(see, name, BEST)]),
  }),
  (see) => {
    const [first, last] = [
      [1, 60],
      [3540, 3600],
    ] as const;
    return {
      id: 'R14',
      paper: '0.5/5 s: no sign in 180 s and in 3600 s; lower PL from heat build-up',
      figures: [
        never(see, BEST),
        figure('hour', most(NONE), largest(see('hour'), 0, 3600), trueMost('hour', 0, 3600)),
        figure(
          'mixedBandOverFirst',
          between(0.9, 0.995),
          over(brightness(see('hour'), 'redV', ...last), brightness(see('hour'), 'redV', ...first)),
          truly('hour', (series) => {
            // Per unit of excitation, for the laser warms up meanwhile.
            const steady = (fromS: number, toS: number): number =>
              meanOf(series, 'mixedPl', fromS, toS) / meanOf(series, 'excitation', fromS, toS);
            return steady(...last) / steady(...first);
          }),
        ),
      ],
    };
  },
  (see) => {
    const recipe = 'dc-ten-minutes';
    const decays = (
      name: string,
      high: number,
      {
        band,
        late,
        early,
      }: { band: 'redV' | 'broadbandV'; late: readonly [number, number]; early: readonly [number, number] },
    ): Figure =>
      figure(
        name,
        most(high),
        over(brightness(see(recipe), band, ...late), brightness(see(recipe), band, ...early)),
        truly(recipe, (series) => {
          const column = band === 'redV' ? 'mixedPl' : 'totalPl';
          return meanOf(series, column, ...late) / meanOf(series, column, ...early);
        }),
      );
    const last = [590, 599.9] as const;
    return {
      id: 'R15',
      paper: 'DC over time: drastic decay, segregation first and thermal quenching then',
      figures: [
        decays('mixedBandAt60s', 0.5, { band: 'redV', late: [59, 61], early: [0.5, 1.5] }),
        decays('mixedBandAt600s', 0.3, { band: 'redV', late: last, early: [0.5, 1.5] }),
        decays('allLightAt600sOver120s', 0.98, { band: 'broadbandV', late: last, early: [110, 120] }),
      ],
    };
  },
];

// --- all six, and what their power and their swing are

/** Of the paper’s heater, V. */
const SUPPLY_V = 6;
const watts = (see: See, name: Pattern): number => meanOf(runOf(see, name).readings, 'watts', 0, RUN_S);
const trueWatts = (lab: Lab, name: Pattern): number =>
  SUPPLY_V * meanOf(lab.run(SIX[name].recipe).series, 'heaterA', 0, RUN_S);
const trueC = (lab: Lab, name: Pattern): number => meanOf(lab.run(SIX[name].recipe).series, 'filmC', 0, RUN_S);
const warmth = (see: See, name: Pattern): Reading => filmMean(runOf(see, name), 0, RUN_S);

/** The same power, within 3 %, and the same temperature, within 0.5 K, as the best one. */
const alike = (see: See, name: Pattern): Figure[] => [
  figure(
    `${name} W over ${BEST}`,
    about(1, 0.03),
    known(watts(see, name) / watts(see, BEST)),
    (lab) => trueWatts(lab, name) / trueWatts(lab, BEST),
  ),
  figure(
    `${name} warmer by K`,
    about(0, 0.5),
    less(warmth(see, name), warmth(see, BEST)),
    (lab) => trueC(lab, name) - trueC(lab, BEST),
  ),
];

/** 24 to 31 °C in 4 s. */
const PAPER = { riseK: 7, inS: 4 } as const;

/** Heat from the cold slows down, so that t seconds give at least t/4 of 7 K, within a tenth, and never more than 7 K. */
function swings(see: See, name: Pattern): Figure[] {
  const { recipe, onS, periodS } = SIX[name];
  const { readings } = runOf(see, name);
  const bound = between((0.9 * PAPER.riseK * onS) / PAPER.inS, PAPER.riseK);
  const truth = truly(recipe, (series) => swingOf(series, periodS, ...STEADY).meanK);
  const film = swingOf(readings, periodS, ...STEADY);
  const ir = foldedSwing(readings, periodS, ...STEADY);
  return [
    figure(`${name} filmK`, bound, estimated(film.meanK, film.errorK), truth),
    // The thermometer is too slow for a tenth of a second.
    ...(onS < 0.5 ? [] : [figure(`${name} irK`, bound, estimated(ir.meanK, ir.errorK), truth)]),
  ];
}

export const SIX_TOGETHER: readonly Make[] = [
  (see) => ({
    id: 'R24',
    paper: 'the order of the six: DC, 0.1/1 s, then 1/10, 2/10 and 5/10 s, and 0.5/5 s best',
    figures: [
      worse(see, 'DC', '0.1/1'),
      ...MILD.map((name) => worse(see, '0.1/1', name)),
      ...MILD.map((name) => worse(see, name, BEST)),
    ],
  }),
  (see) => ({
    id: 'R25',
    paper:
      '0.1/1, 0.5/5 and 1/10 s: one mean power, 0.24 W, and one mean temperature; one fails, one works, one half works',
    figures: [
      figure(`${BEST} W`, about(0.24, 0.01), known(watts(see, BEST)), (lab) => trueWatts(lab, BEST)),
      ...alike(see, '0.1/1'),
      ...alike(see, '1/10'),
      endsSevere(see, '0.1/1'),
      never(see, BEST),
      ...visible(see, '1/10'),
    ],
  }),
  (see) => ({
    id: 'R26',
    paper: 'swing of a period: pulses of t <= 4 s at least 7 K · t/4, by 24 -> 31 °C in about 4 s',
    figures: PULSED.filter((name) => SIX[name].onS <= PAPER.inS).flatMap((name) => swings(see, name)),
  }),
];
