/** Where rows and events of a run are written: what a recorder needs of it. */
import type { EventRecord } from '../params/event-record.ts';
import type { Row } from '../params/telemetry.ts';

export interface Journal {
  row(row: Row): void;
  event(event: EventRecord): void;
  /** True while what was handed over cannot be written. */
  readonly failing: boolean;
}

export const NO_JOURNAL: Journal = { row: () => {}, event: () => {}, failing: false };
