/** Writes the run: a row at a steady pace, every event as a line. A subscriber like any other; it decides nothing. */

import { eventRecord } from '../params/event-record.ts';
import type { RunEvent } from '../params/events.ts';
import type { Snapshot } from '../params/snapshot.ts';
import type { Subscriber } from '../params/subscriber.ts';
import { type Beside, NOTHING_BESIDE, rowOf } from '../params/telemetry.ts';
import { after, type Instant, later, type Span, times } from '../units.ts';
import type { Journal } from './record.ts';

export class Recorder implements Subscriber {
  private since: Snapshot | null = null;
  private rowAt: Instant | null = null;

  /**
   * @param journals the record itself first, then its copies
   * @param rowUs time between two rows
   * @param beside what no snapshot knows, at the instant of a call
   */
  constructor(
    private readonly journals: readonly Journal[],
    private readonly rowUs: Span,
    private readonly beside: () => Beside = () => NOTHING_BESIDE,
  ) {}

  snapshot(now: Snapshot): void {
    if (this.rowAt !== null && now.at < this.rowAt) return;
    this.rowAt = later(after(this.rowAt ?? now.at, this.rowUs), after(now.at, times(this.rowUs, 1 / 2)));
    const row = rowOf(now, this.since ?? now, this.beside());
    this.since = now;
    for (const journal of this.journals) journal.row(row);
  }

  event(event: RunEvent): void {
    const record = eventRecord(event, this.beside().wallUtc);
    if (record) for (const journal of this.journals) journal.event(record);
  }
}
