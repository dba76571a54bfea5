/**
 * When a free-running converter finishes its conversions. A simulated chip cannot look into the past: it takes the
 * analogue value at the first moment it is asked after a conversion was due. Calling the chip's `advance()` every tick
 * makes that moment exact to a tick, whatever the polling rate; the due times themselves stay on the chip's own grid.
 */
import { after, type Instant, LONG_AGO, type Span, since, times } from '../../../units.ts';

export class ConversionClock {
  private due: Instant;

  /** @param due the end of the first conversion; LONG_AGO: the first question is answered at once */
  constructor(due: Instant) {
    this.due = due;
  }

  /** The next conversion ends at `due`; NEVER: the converter stands still. */
  restart(due: Instant): void {
    this.due = due;
  }

  /** The end of the conversion under way. */
  get nextEnd(): Instant {
    return this.due;
  }

  /** Whether the conversion under way ends within `periodUs` from `now`: it has begun. */
  isBefore(now: Instant, periodUs: Span): boolean {
    return this.due <= after(now, periodUs);
  }

  /** How many conversions ended since it was last asked, up to `now`. */
  tick(now: Instant, periodUs: Span): number {
    if (now < this.due) return 0;
    if (this.due === LONG_AGO) {
      this.due = after(now, periodUs);
      return 1;
    }
    const ended = Math.floor(since(now, this.due) / periodUs) + 1;
    this.due = after(this.due, times(periodUs, ended));
    return ended;
  }
}

/** Nearest whole step, kept between the ends of the register: converters saturate, they do not wrap. */
export function code(value: number, low: number, high: number): number {
  const rounded = Math.round(value);
  return rounded < low ? low : rounded > high ? high : rounded;
}
