/**
 * In little light one cycle says little: what is judged then is the mean of the last cycles, each weighted by its error. A film
 * that segregates in a few per cent of light takes as much longer.
 */

/** A cycle that is off the mean by so many standard errors begins another: the film has changed. */
const CHANGED = 4;
/** What is kept of the weight of earlier cycles at each, and how far neighbouring cycles repeat each other’s error. */
const KEPT = 0.9;
const ALIKE = 2;

interface Seen {
  readonly s: number;
  readonly error: number;
}

export class DimMean {
  private weight = 0;
  private mean = 0;

  /** The light is another one. */
  clear(): void {
    this.weight = 0;
    this.mean = 0;
  }

  /** The segregated share of one cycle with its standard error by noise; returns what is judged. */
  take({ s, error }: Seen): Seen {
    if (!(Number.isFinite(s) && error > 0)) return { s, error };
    if (Math.abs(s - this.mean) > CHANGED * Math.hypot(error, this.error)) this.clear();
    const weight = 1 / (error * error);
    this.weight = KEPT * this.weight + weight;
    this.mean += (weight / this.weight) * (s - this.mean);
    return { s: this.mean, error: Math.min(error, this.error) };
  }

  private get error(): number {
    return this.weight > 0 ? Math.sqrt(ALIKE / this.weight) : Number.POSITIVE_INFINITY;
  }
}
