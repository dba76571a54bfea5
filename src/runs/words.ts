/** Figures of merit as people read them. */
import { type RunFigureName, runFigureRow } from '../params/run-figures.ts';
import type { Figure } from './lifetime.ts';

/** A number with thousands set off and so many digits after the point. */
export const grouped = (value: number, decimals: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** What a record lacks, in sentences: what is missing, and what is damaged. Every screen says it beside the figures. */
export const lacksOf = (missing: readonly string[], damaged: number): readonly string[] => [
  ...missing,
  ...(damaged === 0 ? [] : [`${countOf(damaged, 'row or event is', 'rows or events are')} damaged and left out.`]),
];

/** A number with what is counted. */
export const countOf = (n: number, one: string, many: string): string => `${grouped(n, 0)} ${n === 1 ? one : many}`;

/** A figure with its unit, or the reason why there is none. */
export function inWords(name: RunFigureName, figure: Figure): string {
  const { unit, decimals } = runFigureRow(name);
  if (figure.value === null) return figure.why;
  return `${grouped(figure.value, decimals)}${unit === '' || unit === '1' ? '' : ` ${unit}`}`;
}
