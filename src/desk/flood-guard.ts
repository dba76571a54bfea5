/**
 * Refusals, and stops that stop nothing, may come by the thousand. Of each author so many are written down at once, then one
 * a second; and of all authors together so many, then five a second, so that they hide few of anybody else’s refusals. Authors
 * without a proven name share one budget. What was left out is counted in the author’s next event.
 */
import type { EventBody } from '../params/events.ts';
import { type Instant, instant } from '../units.ts';
import { Buckets, SHARED } from './buckets.ts';

const EACH = { burst: 20, perS: 1 };
/** A record of events stays readable, and its disk alive. */
const TOGETHER = { burst: 60, perS: 5 };
const MOST_AUTHORS = 16;

type Told = Extract<EventBody, { kind: 'command' | 'refused' }>;

export class FloodGuard {
  private readonly buckets = new Buckets(EACH, TOGETHER, MOST_AUTHORS, instant(0));
  private readonly skipped = new Map<string, number>();

  constructor(private readonly tell: (event: EventBody) => void) {}

  /** Writes an event down, or counts it for the next one of its author. */
  emit(event: Told, now: Instant): void {
    const { origin } = event;
    const slot = this.buckets.slot(origin?.proven ? `${origin.via} ${origin.by}` : SHARED, now);
    const skipped = this.skipped.get(slot) ?? 0;
    if (this.buckets.take(slot, now) !== null) {
      this.skipped.set(slot, skipped + 1);
      // Authors come and go; what is left of them is not counted for ever.
      if (this.skipped.size > 2 * MOST_AUTHORS) this.skipped.clear();
      return;
    }
    this.skipped.delete(slot);
    const more = skipped > 0 ? ` (${skipped} more like it before)` : '';
    this.tell({ ...event, text: `${event.text}${more}` });
  }
}
