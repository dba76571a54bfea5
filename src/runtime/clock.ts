/** Time for the controller: monotonic microseconds. Wall time only stamps records and never comes near control. */
import type { Micros } from '../units.ts';

export interface Clock {
  now(): Micros;
}
