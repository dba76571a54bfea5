/**
 * A level that follows what goes on slowly and stands still from the moment that something changes faster: otherwise it would swallow
 * the very change that it is there to show. One with a trend goes on as it did before, ever slower: a film that has brightened for ten
 * minutes goes on brightening, and nothing has happened to it.
 */

/** It follows with this time constant, s, and stands still for so long at the most. */
const FOLLOW_S = 300;
const HOLD_S = 600;
/** A trend that nobody learns ends with this time constant, s. */
const TREND_S = 600;

export class Followed {
  level = Number.NaN;
  private cycles = 0;
  private heldS = 0;
  private held = false;

  /** Trend, 1/s. */
  private slope = 0;

  /**
   * @param over a deviation of less than this is no change any more
   * @param hasTrend whether it goes on as it did while it stands still
   */
  constructor(
    private readonly over: number,
    private readonly hasTrend = false,
  ) {}

  get isKnown(): boolean {
    return this.cycles > 0;
  }

  /** How far a value is from the level; 0 where nothing is known of either. */
  off(value: number): number {
    const off = value - this.level;
    return Number.isFinite(off) ? off : 0;
  }

  /** One cycle of a film that is mixed; `changes`: something begins to change, by another test than this level. */
  take(value: number, spanS: number, changes: boolean): void {
    if (!Number.isFinite(value)) return;
    if (this.cycles === 0) this.level = value;
    this.pass(spanS);
    const off = value - this.level;
    if (changes && this.cycles > 0) this.held = true;
    if (Math.abs(off) < this.over) {
      this.held = false;
      this.heldS = 0;
    }
    if (this.held && this.heldS < HOLD_S) {
      this.heldS += spanS;
      return;
    }
    this.cycles += 1;
    const share = -Math.expm1(-spanS / FOLLOW_S);
    this.level += Math.max(1 / this.cycles, share) * off;
    // Critically damped: the level and its trend settle together.
    if (this.hasTrend && 1 / this.cycles < share) this.slope += ((share * share) / (2 - share)) * (off / spanS);
  }

  /** Time without a look: the trend goes on, and ends. */
  pass(spanS: number): void {
    if (!this.hasTrend || this.cycles === 0) return;
    this.level += this.slope * spanS;
    if (this.held) this.slope *= Math.exp(-spanS / TREND_S);
  }
}
