/**
 * When a free-running converter finishes its conversions. A simulated chip cannot look into the past: it takes the
 * analogue value at the first moment it is asked after a conversion was due. Calling the chip's `advance()` every tick
 * makes that moment exact to a tick, whatever the polling rate; the due times themselves stay on the chip's own grid.
 */
import { type Micros, micros } from '../../../units.ts';

export class ConversionClock {
  #due: Micros;

  /** @param due the end of the first conversion; −Infinity = long ago, so the first question is answered at once */
  constructor(due: Micros) {
    this.#due = due;
  }

  /** The next conversion ends at `due`; Infinity = the converter stands still. */
  restart(due: Micros): void {
    this.#due = due;
  }

  /** True once for every conversion that ended up to `now`, several missed ones counting as one. */
  tick(now: Micros, periodUs: Micros): boolean {
    if (now < this.#due) return false;
    this.#due =
      this.#due === Number.NEGATIVE_INFINITY
        ? micros(now + periodUs)
        : micros(this.#due + (Math.floor((now - this.#due) / periodUs) + 1) * periodUs);
    return true;
  }
}

export const LONG_AGO: Micros = micros(Number.NEGATIVE_INFINITY);
export const NEVER: Micros = micros(Number.POSITIVE_INFINITY);

/** Nearest whole step, kept between the ends of the register: converters saturate, they do not wrap. */
export function code(value: number, low: number, high: number): number {
  const rounded = Math.round(value);
  return rounded < low ? low : rounded > high ? high : rounded;
}
