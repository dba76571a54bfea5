/** A quantity that changes in steps, remembered for as long as the slowest converter averages. */
import { type Instant, LONG_AGO } from '../../units.ts';

/** Steps that are remembered: with one a tick, and four at the edges of a short pulse, far more than 100 ms. */
const KEPT = 64;

export class Past {
  private readonly at = new Float64Array(KEPT).fill(LONG_AGO);
  private readonly value = new Float64Array(KEPT);
  private newest = 0;

  /** From `at` on, which is not before the last change, it is `value`; 0 before the first change. */
  change(at: Instant, value: number): void {
    if (this.at[this.newest] !== at) this.newest = (this.newest + 1) % KEPT;
    this.at[this.newest] = at;
    this.value[this.newest] = value;
  }

  /**
   * Mean from `from` to `to`; at one instant its value. What is older than the memory counts with the oldest value.
   */
  mean(from: Instant, to: Instant): number {
    let end: number = to;
    let sum = 0;
    let i = this.newest;
    for (let n = 1; n < KEPT && this.at[i]! > from; n += 1) {
      const start = this.at[i]!;
      if (start < end) {
        sum += this.value[i]! * (end - start);
        end = start;
      }
      i = (i + KEPT - 1) % KEPT;
    }
    return to > from ? (sum + this.value[i]! * (end - from)) / (to - from) : this.value[i]!;
  }
}
