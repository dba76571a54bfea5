/** What every front is to the daemon: it stands at the desk, looks at snapshots, and is ticked after each control tick. */
import type { Micros } from '../units.ts';

export interface Front {
  /** What people should know of it at the start, or null. */
  readonly words: string | null;
  /** After each control tick. Costs it no waiting. */
  tick(): void;
  close(): Promise<void>;
}

/** Time, as fronts may ask for it. */
export interface FrontClock {
  /** The bench’s own time. */
  mono(): Micros;
  /** s since 1970 while the clock is set from a time server; null while nobody knows. */
  wallS(): number | null;
}
