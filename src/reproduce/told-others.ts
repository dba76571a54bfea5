/** RS2 to RS10: the other systems, as the records tell them. */
import type { SampleName } from '../twin/samples.ts';
import { about, between, figure, least, type Make, most, parted, severe, trueAt, trueLeast, truly } from './figures.ts';
import type { Reading } from './judgement.ts';
import { NONE } from './looks.ts';
import { brightness, lowest, over, share, shareAt } from './reading.ts';
import { meanOf } from './series.ts';

type Stretch = readonly [number, number];
const WASHES = ['wash-methyl-acetate', 'wash-acetone', 'wash-butanol'] as const;
const [BIASED, LIT, PROBED] = ['led-bias', 'three-hours-of-light', 'heat-pulse-probe'];

/** All light late over all light early, by the broadband photodiode over the reference. */
const kept = (see: Parameters<Make>[0], run: Parameters<typeof see>, late: Stretch, early: Stretch): Reading =>
  over(brightness(see(...run), 'broadbandV', ...late), brightness(see(...run), 'broadbandV', ...early));

const brightens =
  (id: string, paper: string, sample: SampleName, bounds: Stretch): Make =>
  (see) => {
    const [late, early] = [
      [10_790, 10_799],
      [1, 10],
    ] as const;
    return {
      id,
      paper,
      figures: [
        figure(
          'lastOverFirst',
          between(...bounds),
          kept(see, [LIT, { sample }], late, early),
          truly(LIT, (s) => meanOf(s, 'totalPl', ...late) / meanOf(s, 'totalPl', ...early), { sample }),
        ),
      ],
    };
  };

export const OTHERS: readonly Make[] = [
  (see) => ({
    id: 'RS2',
    paper: 'Ye 2022: under bias the LEDs shift red to about 664 nm',
    figures: WASHES.map((sample) =>
      figure(
        sample,
        severe,
        share(see(BIASED, { sample }), 1780, 1800),
        truly(BIASED, (series) => meanOf(series, 'segregated', 1780, 1800), { sample }),
      ),
    ),
  }),
  (see) => {
    const [late, early] = [
      [1790, 1799],
      [0.5, 1.5],
    ] as const;
    const more = (a: SampleName, b: SampleName) =>
      figure(
        `${a} over ${b}`,
        least(1),
        over(kept(see, [BIASED, { sample: a }], late, early), kept(see, [BIASED, { sample: b }], late, early)),
        (lab) => {
          const left = (sample: SampleName): number => {
            const { series } = lab.run(BIASED, { sample });
            return meanOf(series, 'totalPl', ...late) / meanOf(series, 'totalPl', ...early);
          };
          return left(a) / left(b);
        },
      );
    return {
      id: 'RS3',
      paper: 'Ye 2022: low-polarity washes give emission that decays less',
      figures: [more('wash-methyl-acetate', 'wash-acetone'), more('wash-acetone', 'wash-butanol')],
    };
  },
  brightens(
    'RS4',
    'Hashimoto 2024: ordered arrays brighten from 16 to 68.3 ± 2.2 % in about 3 h',
    'nanocube-array',
    [3, 6],
  ),
  brightens('RS6', 'Hashimoto 2024: isolated cubes stay as bright', 'nanocube-isolated', [0.9, 1.1]),
  (see) => {
    const leak = { sample: 'lead-leak', agedS: 4 * 86_400, litS: 0 } as const;
    const film = { sample: 'feng-2023', agedS: 0, litS: 300 } as const;
    const [late, early] = [
      [85, 89],
      [15, 19],
    ] as const;
    return {
      id: 'RS10',
      paper:
        'Liu 2021: lead leak is no segregation, and a heat pulse does not bring it back; it does bring a segregated film back',
      figures: [
        figure(
          'leakPlAfterOverBefore',
          about(1, 0.03),
          kept(see, [PROBED, leak], late, early),
          truly(PROBED, (series) => meanOf(series, 'totalPl', ...late) / meanOf(series, 'totalPl', ...early), leak),
        ),
        figure(
          'leakSegregated',
          most(NONE),
          shareAt(see(PROBED, leak), 89.9),
          trueAt(PROBED, 'segregated', 89.9, leak),
        ),
        parted(see, 'film ', { recipe: PROBED, conditions: film, at: 19.9 }),
        figure('film left', most(0.1), lowest(see(PROBED, film), 22, 36), trueLeast(PROBED, 22, 36, film)),
      ],
    };
  },
];
