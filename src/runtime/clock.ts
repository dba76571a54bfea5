/** Time for the controller: monotonic microseconds. Wall time only stamps records and never comes near control. */
import { type Micros, micros } from '../units.ts';

export interface Clock {
  now(): Micros;
}

/** CLOCK_MONOTONIC, in whole microseconds. */
export const monotonicClock: Clock = { now: () => micros(Math.round(performance.now() * 1000)) };
