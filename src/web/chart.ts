/**
 * Measurements over time for the chart: the newest at full pace, and a day of them in bins that keep the least and the largest
 * value, so that no pulse and no spike vanishes. A gap stays a gap: nothing is drawn across a time without samples.
 */
import { type ChartData, firstPlace, placeOf } from '../params/chart.ts';
import type { ChartSample, HeatSpan } from '../params/page.ts';
import type { Verdict } from '../params/verdict.ts';
import { CHART_COLUMNS } from '../params/web.ts';

const MOST_FINE = 14_400;
const MOST_BINS = 3000;
/** Length of a bin of the coarse memory, s; its rows are whole numbers of bins. */
const BIN_S = 30;
const MOST_SPANS = 20_000;

/** Several samples together. Of each column least, mean and largest value; null where none of the samples had one. */
interface Bin {
  readonly fromS: number;
  toS: number;
  readonly low: (number | null)[];
  readonly high: (number | null)[];
  readonly sum: number[];
  readonly count: number[];
  verdict: Verdict;
}

export class ChartMemory {
  private fine: ChartSample[] = [];
  private bins: Bin[] = [];
  private spans: HeatSpan[] = [];

  /** @param gapS a time without samples that is at least this long, s, or three rows, is a gap */
  constructor(private readonly gapS: number) {}

  take(samples: readonly ChartSample[], heat: readonly HeatSpan[] = []): void {
    for (const sample of samples) {
      this.fine.push(sample);
      collect(this.bins, sample, BIN_S);
    }
    this.spans.push(...heat);
    cut(this.fine, MOST_FINE);
    cut(this.bins, MOST_BINS);
    cut(this.spans, MOST_SPANS);
  }

  /** Samples from before the program started, oldest first; they come once, a moment after the first ones of now. */
  before(samples: readonly ChartSample[]): void {
    const first = this.fine[0]?.mono_s ?? Number.POSITIVE_INFINITY;
    const { fine, spans } = this;
    this.fine = [];
    this.bins = [];
    this.spans = [];
    this.take([...samples.filter(({ mono_s }) => mono_s < first), ...fine], spans);
  }

  /**
   * Rows have places of their own on the time axis, so that a chart that goes on asks only for what is new.
   * @param spanS s back from the newest sample; `points`: most rows, at least 2; `afterS`: only the row with this time and later ones
   */
  chart(spanS: number, points: number, afterS = Number.NEGATIVE_INFINITY): ChartData {
    const newest = this.fine.at(-1)?.mono_s ?? 0;
    const pointS = spanS / points;
    const covered = this.fine.length < MOST_FINE || (this.fine[0]?.mono_s ?? 0) < newest - spanS;
    const rowS = covered ? pointS : BIN_S * Math.ceil(pointS / BIN_S);
    // Places are compared, never times: a sample on the border of a row must not fall out by rounding.
    const first = Math.max(firstPlace(newest, spanS, rowS), placeOf(afterS, rowS));
    const rows = covered
      ? binned(
          this.fine.filter(({ mono_s }) => placeOf(mono_s, rowS) >= first),
          rowS,
        )
      : grouped(
          this.bins.filter(({ fromS }) => placeOf(fromS, rowS) >= first),
          rowS,
        );
    return dataOf(
      rows,
      this.spans.filter(([, to]) => to >= first * rowS),
      rowS,
      Math.max(this.gapS, 3 * rowS),
    );
  }
}

const cut = (list: unknown[], most: number): void => {
  // In pieces: moving a long list for each sample would be most of the work.
  if (list.length > most * 1.1) list.splice(0, list.length - most);
};

const emptyBin = ({ mono_s, verdict }: ChartSample): Bin => ({
  fromS: mono_s,
  toS: mono_s,
  low: CHART_COLUMNS.map(() => null),
  high: CHART_COLUMNS.map(() => null),
  sum: CHART_COLUMNS.map(() => 0),
  count: CHART_COLUMNS.map(() => 0),
  verdict,
});

function add(bin: Bin, { mono_s, values, verdict }: ChartSample): Bin {
  bin.toS = mono_s;
  bin.verdict = verdict;
  values.forEach((value, i) => {
    if (value === null) return;
    bin.low[i] = Math.min(bin.low[i] ?? value, value);
    bin.high[i] = Math.max(bin.high[i] ?? value, value);
    bin.sum[i] = (bin.sum[i] ?? 0) + value;
    bin.count[i] = (bin.count[i] ?? 0) + 1;
  });
  return bin;
}

/** Adds a sample to the newest bin, or begins another one where it has another place. */
function collect(bins: Bin[], sample: ChartSample, rowS: number): void {
  const last = bins.at(-1);
  if (last && placeOf(last.fromS, rowS) === placeOf(sample.mono_s, rowS)) add(last, sample);
  else bins.push(add(emptyBin(sample), sample));
}

function binned(samples: readonly ChartSample[], rowS: number): Bin[] {
  const bins: Bin[] = [];
  for (const sample of samples) collect(bins, sample, rowS);
  return bins;
}

/** Bins of the same row together. */
function grouped(bins: readonly Bin[], rowS: number): Bin[] {
  const rows: Bin[] = [];
  for (const bin of bins) {
    const last = rows.at(-1);
    if (last && placeOf(last.fromS, rowS) === placeOf(bin.fromS, rowS)) rows[rows.length - 1] = joined(last, bin);
    else rows.push(bin);
  }
  return rows;
}

function joined(a: Bin, b: Bin): Bin {
  const both = (pick: (x: number, y: number) => number, x: number | null, y: number | null): number | null =>
    x === null ? y : y === null ? x : pick(x, y);
  return {
    fromS: a.fromS,
    toS: b.toS,
    low: a.low.map((x, i) => both(Math.min, x, b.low[i] ?? null)),
    high: a.high.map((x, i) => both(Math.max, x, b.high[i] ?? null)),
    sum: a.sum.map((x, i) => x + (b.sum[i] ?? 0)),
    count: a.count.map((x, i) => x + (b.count[i] ?? 0)),
    verdict: b.verdict,
  };
}

function dataOf(bins: readonly Bin[], heat: readonly HeatSpan[], rowS: number, gapS: number): ChartData {
  const t: number[] = [];
  const verdict: (Verdict | null)[] = [];
  const low: (number | null)[][] = CHART_COLUMNS.map(() => []);
  const mean: (number | null)[][] = CHART_COLUMNS.map(() => []);
  const high: (number | null)[][] = CHART_COLUMNS.map(() => []);
  let before: Bin | null = null;
  for (const bin of bins) {
    if (before && bin.fromS - before.toS > gapS) {
      t.push((bin.fromS + before.toS) / 2);
      verdict.push(null);
      for (const list of [...low, ...mean, ...high]) list.push(null);
    }
    t.push((bin.fromS + bin.toS) / 2);
    verdict.push(bin.verdict);
    CHART_COLUMNS.forEach((_, i) => {
      const count = bin.count[i] ?? 0;
      low[i]?.push(rounded(bin.low[i] ?? null));
      high[i]?.push(rounded(bin.high[i] ?? null));
      mean[i]?.push(count === 0 ? null : rounded((bin.sum[i] ?? 0) / count));
    });
    before = bin;
  }
  return { columns: CHART_COLUMNS, row_s: rowS, t: t.map((s) => inRow(s, rowS)), low, mean, high, verdict, heat };
}

/** To the millisecond, without leaving its row. */
function inRow(s: number, rowS: number): number {
  const down = Math.floor(1000 * s) / 1000;
  return placeOf(down, rowS) === placeOf(s, rowS) ? down : Math.ceil(1000 * s) / 1000;
}

/** Six digits are more than any column has. */
const rounded = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(6)));
