/**
 * A gate on paper: a pattern plays from its start on, and the newest pattern sent replaces the one before at once. It
 * keeps every pulse it made, so a test can look at what the heater would really have done.
 */
import type { Pattern, Wanted } from '../../src/control/wanted.ts';
import { millis } from '../../src/units.ts';

export interface Pulse {
  readonly riseUs: number;
  readonly fallUs: number;
}

export const TICK_US = millis(50);

export class PaperGate {
  readonly pulses: Pulse[] = [];
  private pattern: Wanted = null;
  private at = 0;
  private roseAt: number | null = null;
  private fallen = 0;

  /** Sends an order at `now`. */
  send(pattern: Wanted, now: number): void {
    this.advance(now);
    this.pattern = pattern;
    this.settle(now);
  }

  /** Lets time pass until `to`. */
  advance(to: number): void {
    for (;;) {
      const edge = this.pattern ? nextEdge(this.pattern, this.at) : Number.POSITIVE_INFINITY;
      if (edge > to) break;
      this.at = edge;
      this.settle(edge);
    }
    this.at = Math.max(this.at, to);
  }

  /** Time in all that the heater was on. */
  get heatedUs(): number {
    return this.fallen + (this.roseAt === null ? 0 : this.at - this.roseAt);
  }

  get high(): boolean {
    return this.roseAt !== null;
  }

  private settle(at: number): void {
    const high = this.pattern !== null && isOn(this.pattern, at);
    if (high && this.roseAt === null) this.roseAt = at;
    else if (!high && this.roseAt !== null) {
      this.pulses.push({ riseUs: this.roseAt, fallUs: at });
      this.fallen += at - this.roseAt;
      this.roseAt = null;
    }
  }
}

export function isOn({ onUs, periodUs, startUs }: Pattern, at: number): boolean {
  return at >= startUs && (at - startUs) % periodUs < onUs;
}

function nextEdge({ onUs, periodUs, startUs }: Pattern, at: number): number {
  if (at < startUs) return startUs;
  if (onUs === periodUs) return Number.POSITIVE_INFINITY;
  const phase = (at - startUs) % periodUs;
  return phase < onUs ? at - phase + onUs : at - phase + periodUs;
}
