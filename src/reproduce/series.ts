/** Reads columns of an experiment: one entry per control tick, `t` in seconds since the recipe started. */

type Columns<K extends string> = Readonly<Record<K | 't', Float64Array>>;

/** Index of the sample at `t` seconds. */
export function indexAt({ t }: { readonly t: Float64Array }, seconds: number): number {
  const tickS = (t[1] ?? 1) - (t[0] ?? 0);
  return Math.max(0, Math.min(t.length - 1, Math.round(seconds / tickS)));
}

export const valueAt = <K extends string>(series: Columns<K>, column: K, seconds: number): number =>
  series[column][indexAt(series, seconds)] ?? Number.NaN;

const slice = <K extends string>(series: Columns<K>, column: K, fromS: number, toS: number): Float64Array =>
  series[column].subarray(indexAt(series, fromS), indexAt(series, toS) + 1);

export function maxOf<K extends string>(series: Columns<K>, column: K, fromS: number, toS: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const value of slice(series, column, fromS, toS)) if (value > top) top = value;
  return top;
}

export function minOf<K extends string>(series: Columns<K>, column: K, fromS: number, toS: number): number {
  let low = Number.POSITIVE_INFINITY;
  for (const value of slice(series, column, fromS, toS)) if (value < low) low = value;
  return low;
}

/** Mean of the readings that exist. */
export function meanOf<K extends string>(series: Columns<K>, column: K, fromS: number, toS: number): number {
  let sum = 0;
  let count = 0;
  for (const value of slice(series, column, fromS, toS)) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return sum / count;
}

/** Seconds from `fromS` until the column is first at or below `level`; Infinity if never. */
export function timeToFall<K extends string>(series: Columns<K>, column: K, fromS: number, level: number): number {
  for (let i = indexAt(series, fromS); i < series.t.length; i += 1) {
    if (series[column][i]! <= level) return series.t[i]! - fromS;
  }
  return Number.POSITIVE_INFINITY;
}
