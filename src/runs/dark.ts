/** What the photodiodes show while the light is off, learnt from the rows of a run. */
import { type RunJson, recordedNumber } from '../params/run-json.ts';
import type { RowView } from './walk.ts';

/**
 * Readings so soon after another light may still be of the one before, s: a scanner holds each channel for four ticks of 50 ms,
 * and hands over what the tick before has started.
 */
export const RELIT_S = 0.3;

/** The mean of what a photodiode shows in the dark, or the setting where it never was. */
class DarkLevel {
  private sum = 0;
  private n = 0;

  constructor(private readonly set: number) {}

  take(volts: number): void {
    if (Number.isNaN(volts)) return;
    this.sum += volts;
    this.n += 1;
  }

  get volts(): number {
    return this.n > 0 ? this.sum / this.n : this.set;
  }
}

export class DarkLevels {
  private readonly red: DarkLevel;
  private readonly reference: DarkLevel;
  /** The first dark row of this stretch, and the row before, s of monotonic time. */
  private sinceS: number | null = null;
  private lastS = Number.NEGATIVE_INFINITY;

  /** @param gapS rows that are farther apart than this have one missing between them, s */
  constructor(
    facts: RunJson,
    private readonly gapS: number,
  ) {
    this.red = new DarkLevel(recordedNumber(facts, 'photodiodes.redDarkV') ?? 0);
    this.reference = new DarkLevel(recordedNumber(facts, 'photodiodes.referenceDarkV') ?? 0);
  }

  /** V */
  get redV(): number {
    return this.red.volts;
  }

  /** V */
  get referenceV(): number {
    return this.reference.volts;
  }

  /** Looks at every row, in the order of time. Returns whether the light is off in it. */
  look(row: RowView): boolean {
    const isDark = row.number('light') === 0;
    const atS = row.number('mono_s');
    // In a row that is missing the light may have been on.
    if (!isDark || atS - this.lastS > this.gapS) this.sinceS = null;
    this.lastS = atS;
    if (!isDark) return false;
    this.sinceS ??= atS;
    if (atS - this.sinceS < RELIT_S) return true;
    this.red.take(row.number('pl_red_v'));
    this.reference.take(row.number('pl_reference_v'));
    return true;
  }
}
