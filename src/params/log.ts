/** The events as lines of the journal, each with its level. */
import { eventWords } from './event-words.ts';
import type { EventBody, RunEvent } from './events.ts';

/** Levels of syslog (RFC 5424, section 6.2.1), as sd-daemon(3) writes them in front of a line. */
export const LEVEL = { crit: 2, err: 3, warning: 4, notice: 5, info: 6 } as const;
export type Level = (typeof LEVEL)[keyof typeof LEVEL];

/** How much each kind of event matters to a person who reads the journal; null = it is not for the journal. */
const LEVELS: Readonly<Record<EventBody['kind'], Level | null>> = {
  trip: LEVEL.crit,
  disk: LEVEL.err,
  alarm: LEVEL.warning,
  fault: LEVEL.warning,
  trouble: LEVEL.warning,
  refused: LEVEL.warning,
  gate: LEVEL.warning,
  'alarm-off': LEVEL.notice,
  state: LEVEL.notice,
  verdict: LEVEL.notice,
  command: LEVEL.notice,
  tuning: LEVEL.notice,
  clear: LEVEL.info,
  cause: LEVEL.info,
  recipe: LEVEL.info,
  note: LEVEL.info,
  // Twice a period, all day.
  edge: null,
};

export interface LogLine {
  readonly level: Level;
  readonly text: string;
}

/** The line of an event: kind, code, run, and its words; null for one that the journal does without. */
export function logLine(event: RunEvent, simulated: boolean): LogLine | null {
  const level = LEVELS[event.kind];
  if (level === null) return null;
  const { code, text } = eventWords(event);
  const bench = simulated ? 'SIMULATED ' : '';
  const run = event.run === 0 ? '' : ` (run ${event.run})`;
  return { level, text: `${bench}${event.kind} ${code}${run}${text === '' ? '' : `: ${text}`}` };
}
