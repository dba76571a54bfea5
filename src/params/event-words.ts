/** An event in words: what a record and a log say of it. */
import { ALARMS, alarmText } from './alarms.ts';
import { authorOf } from './commands.ts';
import type { RunEvent } from './events.ts';
import { FAULTS } from './faults.ts';

export interface EventWords {
  /** Which one of its kind: a state, a fault, an alarm, a command. */
  readonly code: string;
  /** Whole words, or empty where kind and code say it all. */
  readonly text: string;
}

export function eventWords(event: RunEvent): EventWords {
  switch (event.kind) {
    case 'trip': {
      const { fault, trip } = event.latch;
      const { code, label, sentence, remedy } = FAULTS[fault];
      return { code: `${code} ${fault}`, text: `trip ${trip}, ${label}. ${sentence} Remedy: ${remedy}` };
    }
    case 'state': {
      const { from, to, latch } = event;
      const why = latch ? ` (trip ${latch.trip}: ${FAULTS[latch.fault].code} ${latch.fault})` : '';
      return { code: to, text: `${from} -> ${to}${why}` };
    }
    case 'fault': {
      const { code, sentence, cause, remedy } = FAULTS[event.fault];
      return { code: `${code} ${event.fault}`, text: `${sentence} Usual cause: ${cause} Remedy: ${remedy}` };
    }
    case 'clear':
      return { code: `${FAULTS[event.fault].code} ${event.fault}`, text: '' };
    case 'alarm':
      return { code: event.alarm, text: `${ALARMS[event.alarm].title}. ${alarmText(event)}` };
    case 'alarm-off':
      return { code: event.alarm, text: '' };
    case 'verdict':
    case 'cause':
      return { code: event.to, text: `${event.from} -> ${event.to}: ${event.text}` };
    case 'edge':
      return { code: event.rising ? 'on' : 'off', text: '' };
    case 'recipe':
      return { code: event.step.mode, text: event.step.note ?? '' };
    case 'command':
    case 'refused': {
      const { name, text, origin, code } = event;
      const number = event.kind === 'refused' && code !== undefined ? `${code} ` : '';
      return { code: name, text: `${number}${text}${origin ? ` (${authorOf(origin)})` : ''}` };
    }
    case 'tuning': {
      const changes = event.changes.map(({ key, before, after }) => `${key} ${String(before)} -> ${String(after)}`);
      const who = authorOf(event.origin);
      return { code: event.what, text: `revision ${event.revision}: ${changes.join(', ')} (${who}; ${event.why})` };
    }
    case 'gate':
    case 'disk':
    case 'note':
    case 'trouble':
      return { code: event.code, text: event.text };
  }
}
