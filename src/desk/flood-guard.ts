/** Refusals, and stops that stop nothing, may come by the thousand: of a flood one event a second is written down. */
import type { EventBody } from '../params/events.ts';
import { inSeconds, type Micros } from '../units.ts';

/** So many at once, then one a second. */
const BURST = 20;

type Told = Extract<EventBody, { kind: 'command' | 'refused' }>;

export class FloodGuard {
  private left = BURST;
  private at: Micros = 0;
  private skipped = 0;

  constructor(private readonly tell: (event: EventBody) => void) {}

  emit(event: Told, now: Micros): void {
    this.left = Math.min(BURST, this.left + inSeconds(now - this.at));
    this.at = now;
    if (this.left < 1) {
      this.skipped += 1;
      return;
    }
    this.left -= 1;
    const more = this.skipped > 0 ? ` (${this.skipped} more like it before)` : '';
    this.skipped = 0;
    this.tell({ ...event, text: `${event.text}${more}` });
  }
}
