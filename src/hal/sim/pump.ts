/** The series ENABLE switch: a charge pump that two edges close and that opens by itself after its hold time. */
import { after, type Instant, LONG_AGO, NEVER, type Span, since } from '../../units.ts';
import type { PumpPort } from '../ports.ts';

export class SimPump implements PumpPort {
  closed = false;
  private lastEdgeUs = LONG_AGO;

  constructor(
    private readonly now: () => Instant,
    public holdUs: Span,
  ) {}

  toggle(): void {
    const now = this.now();
    if (since(now, this.lastEdgeUs) <= this.holdUs) this.closed = true;
    this.lastEdgeUs = now;
  }

  nextUs(): Instant {
    return this.closed ? after(this.lastEdgeUs, this.holdUs) : NEVER;
  }

  /** Opens when its time has come. */
  advance(): void {
    if (this.closed && this.now() >= after(this.lastEdgeUs, this.holdUs)) this.closed = false;
  }
}
