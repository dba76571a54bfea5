/** The chart as it is sent, and how its rows fit together: server and page ask the same function for the place of a row. */
import type { HeatSpan } from './page.ts';
import type { Verdict } from './verdict.ts';

/** Every list has one entry a row, and a row of nulls stands where there is a gap. */
export interface ChartData {
  readonly columns: readonly string[];
  /** Length of a row, s. */
  readonly row_s: number;
  /** s of the bench’s time, rising. */
  readonly t: readonly number[];
  /** By column. */
  readonly low: readonly (readonly (number | null)[])[];
  readonly mean: readonly (readonly (number | null)[])[];
  readonly high: readonly (readonly (number | null)[])[];
  readonly verdict: readonly (Verdict | null)[];
  readonly heat: readonly HeatSpan[];
}

/** The number of the row that a time belongs to. @param t s of the bench’s time @param rowS length of a row, s, above 0 */
export const placeOf = (t: number, rowS: number): number => Math.floor(t / rowS);

/** The place of the oldest row of a chart that looks back `spanS` s from `newest`. */
export const firstPlace = (newest: number, spanS: number, rowS: number): number =>
  // A whole number of rows may come out as a little more.
  placeOf(newest, rowS) - Math.ceil(spanS / rowS - 1e-9) + 1;

/**
 * The rows so far with newer ones: the first new row replaces the one at its place, and what is too old goes.
 * @param next what the server gave for `after_s` = the last time of `before`, with the same span and points
 * @param spanS s back from the newest row
 * @returns null where the rows have another length now: then the whole must be asked for
 */
export function joinedCharts(before: ChartData, next: ChartData, spanS: number): ChartData | null {
  const rowS = next.row_s;
  if (rowS !== before.row_s) return null;
  const [first] = next.t;
  const newest = next.t.at(-1);
  if (first === undefined || newest === undefined) return before;
  const oldest = firstPlace(newest, spanS, rowS);
  const upTo = placeOf(first, rowS);
  const isKept = before.t.map((t) => placeOf(t, rowS) >= oldest && placeOf(t, rowS) < upTo);
  const join = <T>(a: readonly T[], b: readonly T[]): T[] => [...a.filter((_, i) => isKept[i]), ...b];
  const columns = (a: ChartData['mean'], b: ChartData['mean']): (number | null)[][] =>
    a.map((column, i) => join(column, b[i] ?? []));
  const heat = new Map([...before.heat, ...next.heat].map((span) => [span[0], span]));
  return {
    columns: next.columns,
    row_s: rowS,
    t: join(before.t, next.t),
    low: columns(before.low, next.low),
    mean: columns(before.mean, next.mean),
    high: columns(before.high, next.high),
    verdict: join(before.verdict, next.verdict),
    heat: [...heat.values()].filter(([, to]) => to >= newest - spanS).sort((a, b) => a[0] - b[0]),
  };
}
