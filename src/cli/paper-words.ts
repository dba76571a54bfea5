/** The paper’s figure for a person: a row a pattern, and what so few repeats can prove. */
import { BEST, CONDITIONS, choose, type PaperFigure, type Played } from './paper-figure.ts';

const percent = (share: number | null): string =>
  share === null ? 'not seen' : `${(100 * Math.max(0, share)).toFixed(2)} %`;
const p = (value: number): string => (value < 0.001 ? value.toExponential(1) : value.toFixed(3));
/** What counts as proven. */
const LEVEL = 0.05;

export function paperWords(figure: PaperFigure): string {
  const { sample, seed, repeats, runs, comparisons, leastP, lowestP, trouble } = figure;
  const rows = CONDITIONS.map(({ name, paper }) => {
    const of = runs.filter((one) => one.name === name);
    const shares = of.map(({ end }) => percent(end)).join(', ');
    return `  ${name.padEnd(8)}${paper.padEnd(8)}${unique(of.map((one) => one.class))
      .join(', ')
      .padEnd(14)}${shares}`;
  });
  return [
    `SIMULATED bench · Feng 2023, Fig. 3 · sample ${sample} · seed ${seed} · ${repeats} repeats in an order by chance, 180 s of light each`,
    '  pattern paper   by the light  segregated at the end',
    ...rows,
    `  detection limit   ${percent(limitOf(runs))} (3.29 standard errors of a cycle)`,
    '',
    `Whether ${BEST} is better, by an exact permutation test on the share at the end, one-sided:`,
    ...comparisons.map(({ name, decades, p: value }) => {
      const words =
        decades === null || value === null ? 'not seen' : `${decades.toFixed(1)} decades more, p = ${p(value)}`;
      return `  ${name.padEnd(8)}${words}`;
    }),
    `  With ${repeats} repeats no single comparison can give less than p = ${p(leastP)}${leastP > LEVEL ? `: it proves nothing at ${LEVEL}; ${needed()} repeats can` : ''}.`,
    lowestP === null
      ? runs.length === 0 || runs.some((one) => one.class === 'not-seen')
        ? `  Not every run was seen: whether those of ${BEST} are the lowest of all is not known.`
        : `  The runs of ${BEST} are not the lowest of all.`
      : `  All runs of ${BEST} are the lowest of all: p = ${p(lowestP)} by chance${lowestP <= LEVEL ? `, which proves that it is better than these ${CONDITIONS.length - 1} together` : ''}.`,
    ...(trouble === null ? [] : [`  ✖ ${trouble}`]),
  ].join('\n');
}

const unique = (list: readonly string[]): string[] => [...new Set(list)];

/** The median of the runs. */
function limitOf(runs: readonly Played[]): number | null {
  const list = runs.flatMap(({ limit }) => (limit === null ? [] : [limit])).sort((a, b) => a - b);
  return list[Math.floor(list.length / 2)] ?? null;
}

/** Repeats with which a comparison can reach the level. */
function needed(): number {
  let repeats = 1;
  while (1 / choose(2 * repeats, repeats) > LEVEL) repeats += 1;
  return repeats;
}
