/** What is written of a run: rows at a steady pace, and events in the form of a line. */
import { ALARMS, alarmText } from '../params/alarms.ts';
import { authorOf } from '../params/commands.ts';
import type { EventBody, RunEvent } from '../params/events.ts';
import { FAULTS } from '../params/faults.ts';
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
  const line = (code: string, text: string): EventRecord => ({
    monoS: secondsOf(at),
    timeS,
    wallUtc,
    run,
    kind: event.kind as EventRecord['kind'],
    code,
    text,
  });
  switch (event.kind) {
    case 'trip':
      // The change of state tells it, with its number and its fault.
      return null;
    case 'state': {
      const { from, to, latch } = event;
      const why = latch ? ` (trip ${latch.trip}: ${FAULTS[latch.fault].code} ${latch.fault})` : '';
      return line(to, `${from} -> ${to}${why}`);
    }
    case 'fault': {
      const { code, sentence, cause, remedy } = FAULTS[event.fault];
      return line(`${code} ${event.fault}`, `${sentence} Usual cause: ${cause} Remedy: ${remedy}`);
    }
    case 'clear':
      return line(`${FAULTS[event.fault].code} ${event.fault}`, '');
    case 'alarm':
      return line(event.alarm, `${ALARMS[event.alarm].title}. ${alarmText(event)}`);
    case 'alarm-off':
      return line(event.alarm, '');
    case 'verdict':
      return line(event.to, `${event.from} -> ${event.to}: ${event.text}`);
    case 'cause':
      return line(event.to, `${event.from} -> ${event.to}: ${event.text}`);
    case 'edge': {
      const { rising, askedUs, achievedUs } = event;
      return { ...line(rising ? 'on' : 'off', ''), askedUs, achievedUs };
    }
    case 'recipe':
      return line(event.step.mode, event.step.note ?? '');
    case 'command':
    case 'refused': {
      const { name, text, origin, code } = event;
      const number = event.kind === 'refused' && code !== undefined ? `${code} ` : '';
      return line(name, `${number}${text}${origin ? ` (${authorOf(origin)})` : ''}`);
    }
    case 'tuning': {
      const changes = event.changes.map(({ key, before, after }) => `${key} ${String(before)} -> ${String(after)}`);
      const who = authorOf(event.origin);
      return line(event.what, `revision ${event.revision}: ${changes.join(', ')} (${who}; ${event.why})`);
    }
    case 'gate':
    case 'disk':
    case 'note':
    case 'trouble':
      return line(event.code, event.text);
  }
}
