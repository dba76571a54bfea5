/** A controller on its bench, simulated or real, as the commands see it: something that ticks and can be looked at. */
import type { Controls } from '../params/controls.ts';
import type { Feed } from '../runtime/feed.ts';
import type { Micros } from '../units.ts';
import type { Trip } from './trips.ts';

export interface Rig {
  /** Snapshots and events of the controller, also across its restarts. */
  readonly feed: Feed;
  readonly controls: Controls;
  /** The bench’s own time. */
  now(): Micros;
  /** One control tick. */
  tick(): void;
  /** The trips so far. */
  trips(): readonly Trip[];
  /** The simulation’s own knowledge; null on hardware. */
  truth(): { readonly segregated: number; readonly filmC: number } | null;
  /** Heater current: the truth of the simulated bench, the newest measurement on hardware; null = not known. */
  heaterA(): number | null;
  /** Gives back what the bench was opened with; every output is low then. */
  close(): Promise<void>;
}
