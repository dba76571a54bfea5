/** Goes once through a record in the order of time, rows and events together, with the memory of a few batches. */
import type { CsvRow } from '../files/csv-rows.ts';
import type { TelemetryName } from '../params/telemetry.ts';
import { eventsOf, type RecordedEvent, type RecordedRun, rowsOf } from './record.ts';

/** A row by the names of its columns. */
export class RowView {
  private cells: CsvRow = [];
  private readonly places: ReadonlyMap<string, number>;

  constructor(readonly columns: readonly string[]) {
    this.places = new Map(columns.map((name, i) => [name, i]));
  }

  /** Looks at another row. */
  of(cells: CsvRow): this {
    this.cells = cells;
    return this;
  }

  /** NaN for an empty cell, a column that is not recorded, and what is no finite number. */
  number(name: TelemetryName): number {
    const cell = this.text(name);
    const value = cell === null ? Number.NaN : Number(cell);
    return Number.isFinite(value) ? value : Number.NaN;
  }

  /** Null for an empty cell and a column that is not recorded. */
  text(name: TelemetryName): string | null {
    const place = this.places.get(name);
    return place === undefined ? null : (this.cells[place] ?? null);
  }

  get all(): CsvRow {
    return this.cells;
  }
}

export interface Walker {
  /** `row` is valid during the call only. */
  row(row: RowView): void;
  event?(event: RecordedEvent): void;
}

export interface Walked {
  /** Rows and events that were cut off or damaged. */
  readonly damaged: number;
}

/**
 * Calls `walker` with every row and event of a record, or of one run of it, in the order of time. An event comes after the rows
 * of its own instant. Between batches other work may go on.
 * @param run number of a run, or null for everything that was recorded
 */
export async function walk(record: RecordedRun, run: number | null, walker: Walker): Promise<Walked> {
  const view = new RowView(record.columns);
  const events = eventsOf(record);
  let damaged = 0;
  let batch: readonly (RecordedEvent | null)[] = [];
  let at = 0;
  let isOver = walker.event === undefined;
  /** The next event, or null where the batch is used up. */
  const tellUntil = async (monoS: number): Promise<void> => {
    while (!isOver) {
      if (at >= batch.length) {
        const next = await events.next();
        isOver = next.done === true;
        batch = next.done ? [] : next.value;
        at = 0;
        continue;
      }
      const event = batch[at] ?? null;
      if (event && event.monoS >= monoS) return;
      at += 1;
      if (!event) damaged += 1;
      else if (run === null || event.run === run) walker.event?.(event);
    }
  };
  const number = record.columns.indexOf('run');
  const order = new Order();
  const tell = async (timed: Timed | null): Promise<void> => {
    if (!timed) return;
    const { row, monoS } = timed;
    if (!isOver && !((batch[at]?.monoS ?? Number.NEGATIVE_INFINITY) >= monoS)) await tellUntil(monoS);
    if (run === null || Number(row[number] ?? Number.NaN) === run) walker.row(view.of(row));
  };
  const mono = record.columns.indexOf('mono_s');
  for await (const rows of rowsOf(record)) {
    for (const row of rows) {
      const monoS = Number(row?.[mono] ?? Number.NaN);
      // Without a time a row would move every event after it.
      if (!row || !Number.isFinite(monoS)) damaged += 1;
      else {
        const timed = order.next({ row, monoS });
        if (timed) await tell(timed);
      }
    }
  }
  await tell(order.end());
  await tellUntil(Number.POSITIVE_INFINITY);
  return { damaged: damaged + order.wrong };
}

interface Timed {
  readonly row: CsvRow;
  readonly monoS: number;
}

/** So many rows in a row that come too early are no damage: from there on the clock is another one. */
const MOST_EARLY = 3;

/**
 * Leaves out rows whose time does not fit in between their neighbours; each comes one row late, for its successor tells. A time
 * that is too high would bring forward every event until then, one that is too low would be a step back.
 */
class Order {
  wrong = 0;
  private lastS = Number.NEGATIVE_INFINITY;
  private held: Timed | null = null;
  private early = 0;

  /** The row that is told now; null when there is none yet. */
  next(timed: Timed): Timed | null {
    const { held } = this;
    if (held && timed.monoS < held.monoS) {
      this.wrong += 1;
      this.early += 1;
      if (timed.monoS >= this.lastS) this.held = timed;
      if (timed.monoS >= this.lastS || this.early <= MOST_EARLY) return null;
    }
    this.early = 0;
    this.held = timed;
    this.lastS = held?.monoS ?? this.lastS;
    return held;
  }

  end(): Timed | null {
    return this.held;
  }
}
