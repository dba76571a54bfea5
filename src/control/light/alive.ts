/**
 * Whether the photodiode of the segregated band answers to the light: every filter leaks a little of a mixed film, so that a
 * channel without any signal is unplugged and would call each film mixed. A mean of many cycles tells it also under a lamp that
 * flickers; a fall below that mean forgets it.
 */

/** The channel is alive when the mean of its signal is above zero by so many standard errors, and stays so by fewer. */
const ERRORS = { first: 4, stays: 2 } as const;
/** The mean has the weight of at most so many of the best cycles, and neighbours repeat each other’s error so far. */
const CYCLES = 10;
const ALIKE = 2;
/** A fall of the signal, summed in standard errors less an allowance (CUSUM), at which the mean is forgotten. */
const ALLOWANCE = 0.5;
const FALLEN = 4;

export class Alive {
  private weight = 0;
  private mean = 0;
  private best = 0;
  private fall = 0;
  private isAlive = false;

  /** One cycle: the signal of the cold film without its dark level, and its standard error, in one and the same unit. */
  take(signal: number, error: number): boolean {
    if (!(Number.isFinite(signal) && error > 0)) return this.isAlive;
    const off = (this.mean - signal) / Math.hypot(error, this.error);
    this.fall = this.weight > 0 ? Math.max(0, this.fall + off - ALLOWANCE) : 0;
    if (this.fall > FALLEN) {
      this.weight = 0;
      this.best = 0;
      this.fall = 0;
      this.isAlive = false;
    }
    const weight = 1 / (error * error);
    // In little light the level that bright light has shown stays.
    this.best = Math.max(this.best, weight);
    this.weight = Math.min(this.weight + weight, CYCLES * this.best);
    this.mean += (weight / this.weight) * (signal - this.mean);
    this.isAlive = this.mean > ERRORS[this.isAlive ? 'stays' : 'first'] * this.error;
    return this.isAlive;
  }

  private get error(): number {
    return this.weight > 0 ? Math.sqrt(ALIKE / this.weight) : 0;
  }
}
