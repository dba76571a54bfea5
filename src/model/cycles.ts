/**
 * Thermal cycles of the film: how often its temperature rose and fell again by at least `LEAST_K` between two turning points
 * (a hysteresis count, as ASTM E1049 counts ranges without pairing them). Each cycle ages the layers a little; ripple below
 * the threshold does not count.
 */
import type { Celsius } from '../units.ts';

/** Smallest rise and fall that make a cycle, K: the paper’s gentlest pulse that does anything swings by more. */
export const LEAST_K = 0.5;

export class CycleCounter {
  /** Whole cycles so far: up and down again. */
  count = 0;
  private turnC = Number.NaN;
  private rising = false;

  /** A new film temperature. */
  take(filmC: Celsius): void {
    if (Number.isNaN(this.turnC)) this.turnC = filmC;
    const beyond = this.rising ? filmC - this.turnC : this.turnC - filmC;
    if (beyond > 0) this.turnC = filmC;
    else if (beyond <= -LEAST_K) {
      if (this.rising) this.count += 1;
      this.rising = !this.rising;
      this.turnC = filmC;
    }
  }
}
