/**
 * Whether the mixed band itself moves: ψ = ln(red / broadband) of the cold film. Excitation and coupling cancel; temperature moves
 * it by some tenths of a per cent a kelvin, which is learnt from the warmth after each pulse. A peak that walks, as in LEDs, leaves
 * the red filter while green shows nothing: such a film must not be called mixed.
 */
import type { Stretch } from './readings.ts';

/** Change of ψ per kelvin before anything was learnt: the mixed band gets broader, 1/K. */
const PRIOR_PER_K = -0.005;
/** A pulse tells the slope when it warms the film by this much, K; so many of them count as much as the prior does. */
const TELLS_K = 0.5;
const PRIOR_PULSES = 8;
const MOST_PULSES = 200;
/** Cycles that the level is a mean of. */
const LEVEL_CYCLES = 6;
/** A film whose ψ is off by more than this for so many cycles has moved, or its optics have. */
const MOVED = 0.05;
const CYCLES = 3;

export class Walk {
  private level = 0;
  private levelC = 0;
  private cycles = 0;
  private slope = PRIOR_PER_K;
  private pulses = PRIOR_PULSES;
  private off = 0;

  /** One cycle of a film with the share `s` segregated. Returns whether the mixed band has moved since it was anchored. */
  take(cold: Stretch, after: Stretch | null, s: number, anchored: boolean): boolean {
    const psi = psiOf(cold);
    if (psi === null || !anchored) return false;
    this.learn(psi, cold.filmC, after);
    if (this.cycles < LEVEL_CYCLES) {
      this.cycles += 1;
      this.level += (psi - this.level) / this.cycles;
      this.levelC += (cold.filmC - this.levelC) / this.cycles;
      return false;
    }
    const warm = Number.isFinite(cold.filmC) ? this.slope * (cold.filmC - this.levelC) : 0;
    // What is segregated is missing in red, and part of it is seen by bare silicon.
    const moved = Math.abs(psi - this.level - warm) > MOVED + 2 * s;
    this.off = moved ? this.off + 1 : 0;
    return this.off >= CYCLES;
  }

  private learn(psi: number, coldC: number, after: Stretch | null): void {
    const psiAfter = after && psiOf(after);
    const warmedK = after ? after.filmC - coldC : 0;
    if (psiAfter === null || !(warmedK > TELLS_K)) return;
    this.pulses = Math.min(MOST_PULSES, this.pulses + 1);
    this.slope += ((psiAfter - psi) / warmedK - this.slope) / this.pulses;
  }
}

const psiOf = ({ red, broadband }: Stretch): number | null =>
  red > 0 && broadband > 0 ? Math.log(red / broadband) : null;
