/** The block of `remixd reproduce` that is judged by the records of the runs, for a person. */
import type { Compared } from '../reproduce/judgement.ts';
import { comparison, countWords, limitWords, reasonsOf, spanOf } from '../reproduce/records-table.ts';

const LABEL = 10;
const line = (label: string, text: string): string => `       ${label.padEnd(LABEL)}${text}`;
const MARK = { holds: 'ok', 'does not hold': 'NO', 'cannot be told': '?' } as const;

function block(one: Compared): string {
  const { id, paper, word, limit, figures, truth } = one;
  const seen = figures.map((figure) => `${figure.name} ${spanOf(figure)}`).join(', ');
  const failed = figures.filter((figure) => figure.word === 'does not hold').map(({ allowed }) => allowed);
  const truths = Object.entries(truth)
    .map(([name, value]) => `${name} ${spanOf({ low: value, high: value })}`)
    .join(', ');
  return [
    `${MARK[word].padEnd(5)}${id.padEnd(5)}${paper}: ${word}`,
    line('records', `${seen}${limit === null ? '' : ` (detection limit ${limitWords(limit)})`}`),
    ...(failed.length > 0 ? [line('allowed', failed.join('; '))] : []),
    ...reasonsOf(figures).map((reason) => line('unclear', reason)),
    line('truth', `${comparison(one)}: ${truths}`),
  ].join('\n');
}

/** All statements by the records, with the truth of each as its last line. */
export function recordsWords(records: readonly Compared[]): string {
  return [
    '',
    'By the records alone: photodiodes and light path, thermometers and observer, power meter.',
    'The truth of the simulated film was opened after the judgement, for the lines "truth". The scale of a share is known to a',
    'factor of about two; the detection limit is 3.29 standard errors of a cycle, median of a run.',
    ...records.map(block),
    '',
    `By the records: ${countWords(records)}.`,
  ].join('\n');
}
