/** The series ENABLE switch: a charge pump that two edges close and that opens by itself after its hold time. */
import { type Micros, micros } from '../../units.ts';
import type { PumpPort } from '../ports.ts';

const NEVER = micros(Number.MAX_SAFE_INTEGER);

export class SimPump implements PumpPort {
  closed = false;
  private lastEdgeUs: Micros = -NEVER;

  constructor(
    private readonly now: () => Micros,
    private readonly holdUs: Micros,
  ) {}

  toggle(): void {
    const now = this.now();
    if (now - this.lastEdgeUs <= this.holdUs) this.closed = true;
    this.lastEdgeUs = now;
  }

  nextUs(): Micros {
    return this.closed ? this.lastEdgeUs + this.holdUs : NEVER;
  }

  /** Opens when its time has come. */
  advance(): void {
    if (this.closed && this.now() >= this.lastEdgeUs + this.holdUs) this.closed = false;
  }
}
