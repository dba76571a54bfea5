/** Writes the run: a row at a steady pace, every event as a line. A subscriber like any other; it decides nothing. */
import type { RunEvent } from '../params/events.ts';
import type { Snapshot } from '../params/snapshot.ts';
import type { Subscriber } from '../params/subscriber.ts';
import { rowOf } from '../params/telemetry.ts';
import type { Micros } from '../units.ts';
import { eventRecord, type Journal } from './record.ts';

export class Recorder implements Subscriber {
  private since: Snapshot | null = null;
  private rowAt: Micros | null = null;

  /**
   * @param journals the record itself first, then its copies
   * @param rowUs time between two rows
   */
  constructor(
    private readonly journals: readonly Journal[],
    private readonly rowUs: Micros,
  ) {}

  snapshot(now: Snapshot): void {
    if (this.rowAt !== null && now.at < this.rowAt) return;
    this.rowAt = Math.max((this.rowAt ?? now.at) + this.rowUs, now.at + this.rowUs / 2);
    const row = rowOf(now, this.since ?? now);
    this.since = now;
    for (const journal of this.journals) journal.row(row);
  }

  event(event: RunEvent): void {
    const record = eventRecord(event);
    if (record) for (const journal of this.journals) journal.event(record);
  }
}
