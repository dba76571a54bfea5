/** The series ENABLE switch (I16): when it is needed, and its pump, which holds it closed for as long as it gets edges. */
import type { GatePattern, PumpPort } from '../hal/ports.ts';
import { COMPILED } from '../params/limits.ts';
import { after, type Instant, LONG_AGO, type Span, seconds, since } from '../units.ts';

const LEAK_CHECK = seconds(COMPILED.leakCheckS);
const CLOSE_AHEAD = seconds(COMPILED.closeAheadS);
const OPEN_REST = seconds(COMPILED.openRestS);

/**
 * Whether ENABLE must be closed at `now`: in a pulse and shortly before it, and for a while after it, so that a MOSFET
 * that does not open is seen (I5); always where the rests are short. A second switch that stays closed through every rest
 * is no second switch.
 *
 * @param pattern what the gate is ordered to play, null = off
 * @param lowSinceUs when the gate last went low, by its own account or at the latest by its orders
 */
export function enableNeeded(pattern: GatePattern | null, lowSinceUs: Instant, now: Instant): boolean {
  if (since(now, lowSinceUs) < LEAK_CHECK) return true;
  if (!pattern) return false;
  const { onUs, periodUs, startUs } = pattern;
  if (now < startUs) return since(startUs, now) <= CLOSE_AHEAD;
  if (periodUs - onUs <= OPEN_REST) return true;
  const phase = since(now, startUs) % periodUs;
  return phase < onUs + LEAK_CHECK || phase >= periodUs - CLOSE_AHEAD;
}

/** Feeds the pump, and knows what follows for the switch. */
export class EnablePump {
  /** Whether the pump gets its edges, and since when it has got them, or not, without a break. */
  fed = false;
  since: Instant;
  /** How long the edges so far hold ENABLE closed. */
  closedUntil = LONG_AGO;
  private edgeAt = LONG_AGO;

  /** `holdUs`: how long the pump holds ENABLE closed after an edge. */
  constructor(
    private readonly port: PumpPort,
    private readonly holdUs: Span,
    now: Instant,
  ) {
    this.since = now;
  }

  /** Whether it is to be fed from this tick on. */
  order(fed: boolean, now: Instant): void {
    if (fed !== this.fed) this.since = now;
    this.fed = fed;
  }

  /** A tick later than the hold time has opened ENABLE; it needs its edges anew. */
  noteLateness(now: Instant): void {
    if (this.fed && since(now, this.edgeAt) > this.holdUs && now > this.since) this.since = now;
  }

  /** One edge, if it is fed. Call at the end of a full good tick only. */
  edge(now: Instant): void {
    if (!this.fed) return;
    this.port.toggle();
    // Two edges inside the hold time close the switch; one alone does not.
    if (since(now, this.edgeAt) <= this.holdUs) this.closedUntil = after(now, this.holdUs);
    this.edgeAt = now;
  }
}
