/** Time for the controller: an instant on a monotonic clock. Wall time only stamps records and never comes near control. */
import { type Instant, instant } from '../units.ts';

export interface Clock {
  now(): Instant;
}

/** CLOCK_MONOTONIC, the clock that the gate plays its patterns on. */
export const MONOTONIC: Clock = {
  now: () => {
    const [whole, nanos] = process.hrtime();
    return instant(whole * 1e6 + Math.floor(nanos / 1e3));
  },
};
