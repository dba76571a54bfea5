/** The trips of a run. */
import type { RunEvent } from '../params/events.ts';
import type { Latch } from '../params/states.ts';
import type { Subscriber } from '../params/subscriber.ts';

export interface Trip {
  readonly code: string;
  readonly name: string;
  /** Seconds after the recipe started; null before. */
  readonly atS: number | null;
  /** From the injected fault (without one: from the trip) to the last instant at which heat could flow. */
  readonly heaterOffAfterMs: number;
}

/** As much as is kept of a run that trips again and again; three in ten minutes lock out anyway. */
export const MOST_TRIPS = 1000;

/** Calls `note` once for each trip: a controller that was restarted finds its latch again. */
export class TripWatch implements Subscriber {
  private last: number | null = null;

  constructor(private readonly note: (latch: Latch, event: RunEvent) => void) {}

  event(event: RunEvent): void {
    if (event.kind !== 'trip' || event.latch.trip === this.last) return;
    this.last = event.latch.trip;
    this.note(event.latch, event);
  }
}
