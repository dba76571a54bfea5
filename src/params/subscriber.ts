/** How snapshots and events reach those who look at a running controller. */
import type { RunEvent } from './events.ts';
import type { Snapshot } from './snapshot.ts';

/** Who listens to a running controller. What it throws ends the tick, so it must not. */
export interface Subscriber {
  snapshot?(snapshot: Snapshot): void;
  event?(event: RunEvent): void;
}

/** Where snapshots and events come from. */
export interface Snapshots {
  readonly latest: Snapshot;
  subscribe(subscriber: Subscriber): void;
}
