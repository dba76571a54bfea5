/** What is written of a run: rows at a steady pace, and events in the form of a line. */
import { eventWords } from '../params/event-words.ts';
import type { EventBody, RunEvent } from '../params/events.ts';
import type { Row } from '../params/telemetry.ts';
import { type Instant, secondsOf } from '../units.ts';

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

/** Where rows and events are written. */
export interface Journal {
  row(row: Row): void;
  event(event: EventRecord): void;
  /** True while what was handed over cannot be written. */
  readonly failing: boolean;
}

export const NO_JOURNAL: Journal = { row: () => {}, event: () => {}, failing: false };

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
