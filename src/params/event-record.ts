/** An event as a record and a list show it: one line with a code and a sentence. */
import { type Instant, secondsOf } from '../units.ts';
import { eventWords } from './event-words.ts';
import type { EventBody, RunEvent } from './events.ts';

export interface EventRecord {
  /** Monotonic time, s. */
  readonly monoS: number;
  /** Time since the recipe started, s; null before. */
  readonly timeS: number | null;
  /** Wall time when it was recorded, ISO 8601 in UTC; null in virtual time. */
  readonly wallUtc?: string | null;
  /** Number of the run since the program started; 0 before the first. */
  readonly run?: number;
  readonly kind: Exclude<EventBody['kind'], 'trip'>;
  readonly code: string;
  readonly text: string;
  readonly askedUs?: Instant;
  readonly achievedUs?: Instant;
}

/** The line of an event, recorded at `wallUtc` (ISO 8601 or null); null for one that another line tells already. */
export function eventRecord(event: RunEvent, wallUtc: string | null = null): EventRecord | null {
  const { at, timeS, run } = event;
  const words = eventWords(event);
  // The change of state tells a trip, with its number and its fault.
  if (event.kind === 'trip') return null;
  const line = { monoS: secondsOf(at), timeS, wallUtc, run, kind: event.kind, ...words };
  if (event.kind !== 'edge') return line;
  const { askedUs, achievedUs } = event;
  return { ...line, askedUs, achievedUs };
}
