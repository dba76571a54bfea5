/** The table of the report that shows the statements by the records, with the truth in a column of its own. */

import { escapeHtml, typeset } from '../charts/plot.ts';
import type { Compared, JudgedFigure, Reading } from './judgement.ts';
import { round } from './statement.ts';

const short = (value: number): string => String(Number(round(value).toPrecision(3)));

/** What a figure may be: one value where its ends agree in three digits. */
export function spanOf({ low, high }: Pick<Reading, 'low' | 'high'>): string {
  if (Number.isNaN(low) || Number.isNaN(high)) return 'not seen';
  if (high === Number.POSITIVE_INFINITY) return `${short(low)} or more`;
  return short(low) === short(high) ? short(low) : `${short(low)}..${short(high)}`;
}

/** The reasons why figures cannot be told, each with its figures. */
export function reasonsOf(figures: readonly JudgedFigure[]): string[] {
  const reasons = [...new Set(figures.flatMap(({ why }) => (why === null ? [] : [why])))];
  return reasons.map((reason) => {
    const names = figures.filter(({ why }) => why === reason).map(({ name }) => name.trim());
    return `${names.join(', ')}: ${reason}`;
  });
}

/** How the truth compares: only what could be told can disagree. */
export const comparison = ({ word, truthHolds, differ }: Compared): string => {
  if (differ.length > 0) return `DISAGREES in ${differ.join(', ')}`;
  return word === 'cannot be told' ? (truthHolds ? 'holds' : 'does not hold') : 'agrees';
};

export const limitWords = (limit: number | null): string =>
  limit === null ? 'none' : `${Number((100 * limit).toPrecision(2))} %`;

export function countWords(records: readonly Compared[]): string {
  const count = (word: Compared['word']): number => records.filter((one) => one.word === word).length;
  const differ = records.filter((one) => one.differ.length > 0).map(({ id }) => id);
  const truth = differ.length > 0 ? `the truth disagrees with ${differ.join(', ')}` : 'the truth disagrees with none';
  return `${count('holds')} of ${records.length} statements hold, ${count('does not hold')} do not, ${count('cannot be told')} cannot be told; ${truth}`;
}

const lines = (list: readonly string[]): string => list.map(typeset).join('<br>') || '–';

function row(one: Compared): string {
  const { id, paper, word, limit, figures, truth, differ } = one;
  const cells = [
    lines(figures.map((figure) => `${figure.name} = ${spanOf(figure)}`)),
    lines(figures.map(({ allowed }) => allowed)),
    limit === null ? '–' : limitWords(limit),
    lines(reasonsOf(figures)),
    lines(Object.entries(truth).map(([name, value]) => `${name} = ${short(value)}`)),
  ];
  const words = `${word}; truth ${comparison(one)}`;
  return (
    `<tr${differ.length > 0 ? ' class="bad"' : ''}><th scope="row">${escapeHtml(id)}</th><td>${typeset(paper)}</td>` +
    `${cells.map((cell) => `<td>${cell}</td>`).join('')}<td>${escapeHtml(words)}</td></tr>`
  );
}

/** Nothing without records. */
export function recordsTable(records: readonly Compared[]): string {
  if (records.length === 0) return '';
  return `<h2>By the records alone</h2>
<p>${escapeHtml(countWords(records))}.</p>
<div class="scroll"><table><caption>Judged by photodiodes and light path, thermometers and observer, and the power meter. The truth of the simulated film was opened after the judgement. The detection limit is 3.29 standard errors of a cycle, median of a run; the scale of a share is known to a factor of about two.</caption>
<thead><tr><th scope="col">Id<th scope="col">The paper says<th scope="col">By the records<th scope="col">Tolerance<th scope="col">Detection limit<th scope="col">Cannot be told<th scope="col">Truth, opened afterwards<th scope="col">Result</tr></thead>
<tbody>${records.map(row).join('\n')}</tbody></table></div>`;
}
