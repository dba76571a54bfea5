/** An event as a record and a list show it: one line with a code and a sentence. */
import { type Instant, secondsOf } from '../units.ts';
import { ALARMS, alarmText } from './alarms.ts';
import { authorOf } from './commands.ts';
import type { EventBody, RunEvent } from './events.ts';
import { FAULTS } from './faults.ts';

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
