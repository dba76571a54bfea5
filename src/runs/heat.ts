/**
 * For how long the gate was high while rows were recorded. A pulse counts from edge to edge, one that is still on until the last
 * row, and nothing counts across missing rows: an edge that is not in the record may lie among them.
 */
export class HeatTime {
  private closedS = 0;
  /** What a pulse heated after the last row; counts when the next one shows that nothing is missing. */
  private sinceRowS = 0;
  private riseS: number | null = null;
  private lastRowS = Number.NEGATIVE_INFINITY;
  private isAfterGap = false;
  /** The first row after a gap shows current: should a falling edge come first, the gate was high from here on. */
  private maybeFromS: number | null = null;

  /** Up to the last row, s. */
  get totalS(): number {
    return this.closedS + this.openS;
  }

  /** Whether the gate is high, as far as the edges tell. */
  get isHigh(): boolean {
    return this.riseS !== null;
  }

  private get openS(): number {
    return this.riseS === null ? 0 : Math.max(0, this.lastRowS - this.riseS);
  }

  /** An edge of the gate, s. Of two rising ones in a row the fall between them is lost, and with it the first pulse. */
  edge(isRising: boolean, timeS: number): void {
    const fromS = this.riseS ?? this.maybeFromS;
    if (!isRising && fromS !== null) {
      const untilRowS = Math.max(0, Math.min(timeS, this.lastRowS) - fromS);
      this.closedS += untilRowS;
      this.sinceRowS += timeS - fromS - untilRowS;
    }
    this.riseS = isRising ? timeS : null;
    this.maybeFromS = null;
  }

  /** A row with none missing before it, s. */
  row(timeS: number): void {
    this.closedS += this.sinceRowS;
    this.sinceRowS = 0;
    this.lastRowS = timeS;
  }

  /** The first row of a stretch: heat before it fell into time that was not recorded. */
  begin(timeS: number, showsCurrent: boolean): void {
    this.sinceRowS = 0;
    if (this.riseS !== null) this.riseS = Math.max(this.riseS, timeS);
    else if (this.isAfterGap && showsCurrent) this.maybeFromS = timeS;
    this.isAfterGap = false;
    this.lastRowS = timeS;
  }

  /** Rows are missing after the last one: what was on until then is all that is known of a pulse. */
  gap(): void {
    this.closedS += this.openS;
    this.sinceRowS = 0;
    this.riseS = null;
    this.maybeFromS = null;
    this.isAfterGap = true;
  }
}
