/** Time for the controller: monotonic microseconds. Wall time only stamps records and never comes near control. */
import { type Micros, micros } from '../units.ts';

export interface Clock {
  now(): Micros;
}

/** CLOCK_MONOTONIC, the clock that the gate plays its patterns on. */
export const MONOTONIC: Clock = {
  now: () => {
    const [whole, nanos] = process.hrtime();
    return micros(whole * 1e6 + Math.floor(nanos / 1e3));
  },
};
