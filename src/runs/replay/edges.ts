/** The edges of the gate in a record: what the light path knew of the heat at an instant. */
import type { LightInput } from '../../control/light/input.ts';
import { after, type Instant, instant, LONG_AGO, micros, type Span, seconds } from '../../units.ts';
import { eventsOf, type RecordedRun } from '../record.ts';

/** A pattern is over when its pulse is late by so many periods. */
const LATE = 2;
/** Windows of the modes without t/T are some seconds long. */
const UNKNOWN = seconds(5);

export class Edges {
  private readonly rises: Instant[] = [];
  private readonly falls: Instant[] = [];
  private nextRise = 0;
  private nextFall = 0;

  /** All edges of a record. Rejects with a file error. */
  static async of(record: RecordedRun): Promise<Edges> {
    const edges = new Edges();
    for await (const events of eventsOf(record))
      for (const event of events) {
        if (event?.kind !== 'edge' || event.achievedS === null) continue;
        (event.code === 'on' ? edges.rises : edges.falls).push(instant(Math.round(event.achievedS * 1e6)));
      }
    return edges;
  }

  /** What was known at `now`, which never goes back. */
  at(now: Instant): Pick<LightInput, 'gateHigh' | 'lastRiseUs' | 'lastFallUs'> {
    while ((this.rises[this.nextRise] ?? Number.POSITIVE_INFINITY) <= now) this.nextRise += 1;
    while ((this.falls[this.nextFall] ?? Number.POSITIVE_INFINITY) <= now) this.nextFall += 1;
    const lastRiseUs = this.rises[this.nextRise - 1] ?? LONG_AGO;
    const lastFallUs = this.falls[this.nextFall - 1] ?? LONG_AGO;
    return { gateHigh: lastRiseUs > lastFallUs, lastRiseUs, lastFallUs };
  }

  /** From the last pulse to the next one, after a call of `at(now)`; a long time where there is none. */
  get periodUs(): Span {
    const [last, next] = [this.rises[this.nextRise - 1], this.rises[this.nextRise]];
    return last === undefined || next === undefined ? UNKNOWN : micros(next - last);
  }

  /**
   * The next pulse that was planned at `now`, after a call of `at(now)`: the next one that came, or where none came any more the
   * one that the period asks for.
   */
  planned(now: Instant, periodUs: Span): LightInput['pulses'] {
    const next = this.rises[this.nextRise];
    if (next !== undefined && next - now <= LATE * periodUs) return { nextUs: next, periodUs };
    const last = this.rises[this.nextRise - 1];
    if (last === undefined) return { nextUs: after(now, periodUs), periodUs };
    const periods = Math.floor((now - last) / periodUs) + 1;
    return { nextUs: after(last, micros(periods * periodUs)), periodUs };
  }
}
