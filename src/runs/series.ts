/**
 * Columns of a run for a picture: the lowest and the highest value of each stretch of time, so that no pulse vanishes, in a
 * memory that does not grow with the run. A gap in the record is an entry without a value, so that no line bridges it.
 */
import type { TelemetryName } from '../params/telemetry.ts';
import { gapLimitS, plays } from './observed.ts';
import type { RecordedRun } from './record.ts';
import { type RowView, type Walker, walk } from './walk.ts';

export interface SeriesRange {
  /** s since the recipe started; left out = all of it. */
  readonly fromS?: number;
  readonly toS?: number;
  /** At most so many stretches, default 2000. */
  readonly most?: number;
}

export interface RunSeries<N extends TelemetryName = TelemetryName> {
  /** Length of a stretch, s. */
  readonly binS: number;
  /** When each stretch begins, s since the recipe started; a gap has an entry of its own. */
  readonly t: Float64Array;
  /** Of each column; NaN where nothing was recorded, and for a gap. */
  readonly columns: Readonly<Record<N, { readonly min: Float64Array; readonly max: Float64Array }>>;
}

interface Bin {
  readonly index: number;
  readonly fromS: number;
  toS: number;
  /** Rows are missing inside. */
  broken: boolean;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

const LEAST_BIN_S = 0.05;
const MOST = 2000;

class Binner implements Walker {
  private bins: Bin[] = [];
  private binS = LEAST_BIN_S;
  private lastS = Number.NaN;

  constructor(
    private readonly names: readonly TelemetryName[],
    private readonly range: Required<SeriesRange>,
    private readonly gapS: number,
  ) {}

  row(row: RowView): void {
    const t = row.number('time_s');
    const { fromS, toS, most } = this.range;
    if (!plays(row)) return;
    if (!(t >= fromS && t <= toS)) return;
    const isBroken = t - this.lastS > this.gapS;
    this.lastS = t;
    let bin = this.bins.at(-1);
    const index = Math.floor(t / this.binS);
    if (!bin || bin.index !== index) {
      const empty = (): Float64Array => new Float64Array(this.names.length).fill(Number.NaN);
      bin = { index, fromS: t, toS: t, broken: false, min: empty(), max: empty() };
      this.bins.push(bin);
    } else bin.broken ||= isBroken;
    bin.toS = t;
    this.names.forEach((name, i) => {
      const value = row.number(name);
      if (Number.isNaN(value)) return;
      // Comparisons with NaN are false: the first value always counts.
      if (!(value >= bin.min[i]!)) bin.min[i] = value;
      if (!(value <= bin.max[i]!)) bin.max[i] = value;
    });
    while (this.bins.length > most) this.halve();
  }

  /** Two stretches become one that is twice as long. */
  private halve(): void {
    this.binS *= 2;
    const merged: Bin[] = [];
    for (const bin of this.bins) {
      const index = Math.floor(bin.index / 2);
      const last = merged.at(-1);
      if (last?.index !== index) {
        merged.push({ ...bin, index });
        continue;
      }
      last.broken ||= bin.broken || bin.fromS - last.toS > this.gapS;
      last.toS = bin.toS;
      for (let i = 0; i < this.names.length; i += 1) {
        if (bin.min[i]! < last.min[i]! || Number.isNaN(last.min[i]!)) last.min[i] = bin.min[i]!;
        if (bin.max[i]! > last.max[i]! || Number.isNaN(last.max[i]!)) last.max[i] = bin.max[i]!;
      }
    }
    this.bins = merged;
  }

  /** The stretches, and an entry without a value for each gap. */
  entries(): { readonly binS: number; readonly list: readonly (Bin | number)[] } {
    const list: (Bin | number)[] = [];
    this.bins.forEach((bin, i) => {
      const before = this.bins[i - 1];
      if (before && (before.broken || bin.fromS - before.toS > this.gapS)) list.push(before.toS);
      list.push(bin);
    });
    return { binS: this.binS, list };
  }
}

/** Columns of one run. Rejects with a file error. */
export async function seriesOf<N extends TelemetryName>(
  record: RecordedRun,
  run: number | null,
  names: readonly N[],
  { fromS = 0, toS = Number.POSITIVE_INFINITY, most = MOST }: SeriesRange = {},
): Promise<RunSeries<N>> {
  const binner = new Binner(names, { fromS, toS, most }, gapLimitS(record.facts));
  await walk(record, run, binner);
  const { binS, list } = binner.entries();
  const of = (value: (bin: Bin) => number): Float64Array =>
    Float64Array.from(list, (one) => (typeof one === 'number' ? Number.NaN : value(one)));
  return {
    binS,
    t: Float64Array.from(list, (one) => (typeof one === 'number' ? one : one.fromS)),
    columns: Object.fromEntries(
      names.map((name, i) => [name, { min: of(({ min }) => min[i]!), max: of(({ max }) => max[i]!) }]),
    ) as RunSeries<N>['columns'],
  };
}
