/** The outcome of a search for a person, with a small map of all patterns. */
import { patternWords } from '../film/finder.ts';
import { axesOfMap, isSamePattern, type PulsePattern } from '../film/grid.ts';
import { type Outcome, outcomeOf, type Predicted, type Trial } from '../film/map.ts';
import type { Search } from './find-run.ts';

export interface About {
  readonly simulated: boolean;
  readonly seed: number;
  readonly sample: string;
  readonly svg: string | null;
}

const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`;

export function searchWords({ found, trials, tookS, trouble }: Search, about: About): string {
  const bench = about.simulated ? `SIMULATED bench · sample ${about.sample}` : 'Bench';
  const pattern = found?.pattern ?? null;
  return [
    `${bench} · search for a pattern · seed ${about.seed}`,
    `  pattern   ${pattern ? gentlest(pattern) : 'none'}`,
    `            ${trouble ?? found?.why ?? ''}`,
    `  light     ${(found?.lightS ?? 0).toFixed(0)} s in ${trials.length} trials; ${tookS.toFixed(0)} s in all`,
    ...trials.map(trialLine),
    ...(found && found.map.length > 0 ? ['', ...mapLines(found.map, trials, pattern)] : []),
    ...(about.svg === null ? [] : [`  picture   ${about.svg}`]),
    ...(pattern ? ['', `To play it: --set control.mode=pulse ${assignments(pattern)}`] : []),
  ].join('\n');
}

const gentlest = (it: Predicted): string =>
  `${patternWords(it)}: swing ${it.swingK.toFixed(2)} K, duty ${percent(it.duty, 1)}, mean ${it.meanC.toFixed(1)} °C once it is warm`;

const assignments = ({ onS, periodS }: PulsePattern): string =>
  `--set pulse.onMs=${Math.round(1000 * onS)} --set pulse.periodMs=${Math.round(1000 * periodS)}`;

function trialLine(trial: Trial, i: number): string {
  const { onS, periodS, swingK, meanC, shown, error, lightS } = trial;
  const seen = shown === null ? 'not seen' : `${percent(Math.max(0, shown))} ± ${percent(error)}`;
  const { word } = SHOWN[outcomeOf(trial)];
  return `  trial ${String(i + 1).padStart(2)}  ${`${onS}/${periodS}`.padEnd(8)}${swingK.toFixed(2)} K  ${meanC.toFixed(1)} °C  ${lightS.toFixed(0).padStart(3)} s  ${seen}  ${word}`.trimEnd();
}

/** A digit a cell: probability in tenths; what was tried has a sign behind it. */
function mapLines(map: readonly Predicted[], trials: readonly Trial[], pattern: Predicted | null): string[] {
  const { widths, periods } = axesOfMap(map);
  const cell = (onS: number, periodS: number): string => {
    const it = map.find((one) => isSamePattern(one, { onS, periodS }));
    if (!it) return '';
    const tried = trials.findLast((one) => isSamePattern(one, it));
    const sign = pattern && isSamePattern(pattern, it) ? '*' : tried ? SHOWN[outcomeOf(tried)].sign : ' ';
    return `${Math.min(9, Math.floor(10 * it.holds))}${sign}`;
  };
  return [
    '  map       probability to hold, in tenths: * chosen, + tried and mixed, - tried and segregated, ? tried and not known',
    `  t \\ T s ${periods.map((one) => String(one).padStart(5)).join('')}`,
    ...widths.map((onS) =>
      `  ${String(onS).padStart(6)}  ${periods.map((periodS) => cell(onS, periodS).padStart(6).slice(-5)).join('')}`.trimEnd(),
    ),
  ];
}

const SHOWN: Readonly<Record<Outcome, { readonly word: string; readonly sign: string }>> = {
  mixed: { word: 'stays mixed', sign: '+' },
  segregated: { word: 'segregates', sign: '-' },
  unsure: { word: 'too noisy to tell', sign: '?' },
  unseen: { word: '', sign: '?' },
};
