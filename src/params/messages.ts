/**
 * What people are told where nobody looks at a screen, as a projection of the events: trips, alarms, verdicts, faults that
 * warn, the end of a run, and trouble of the controller itself.
 */
import { alarmRow, alarmText, endLine } from './alarms.ts';
import type { RunEvent } from './events.ts';
import { FAULTS } from './faults.ts';
import type { Snapshot } from './snapshot.ts';
import { isRunning } from './states.ts';
import { verdictRow } from './verdict.ts';

export const MESSAGE_KINDS = ['trip', 'alarm', 'alarm-off', 'verdict', 'fault', 'end', 'trouble'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

export interface Message {
  readonly kind: MessageKind;
  /** What kind it is within its kind: a fault, an alarm, a verdict. */
  readonly code: string;
  /** Whether somebody should look now. */
  readonly urgent: boolean;
  /** At most some 40 characters. */
  readonly title: string;
  /** Whole sentences. */
  readonly text: string;
  /** What to do, or null. */
  readonly remedy: string | null;
}

/**
 * The message of an event, or null for one that nobody needs to hear of.
 * @param now the newest snapshot, which may be older than the event
 */
export function messageOf(event: RunEvent, now: Snapshot): Message | null {
  switch (event.kind) {
    case 'trip': {
      const { code, label, sentence, remedy } = FAULTS[event.latch.fault];
      return { kind: 'trip', code, urgent: true, title: `Tripped: ${label}`, text: sentence, remedy };
    }
    case 'fault': {
      const { code, action, label, sentence, remedy } = FAULTS[event.fault];
      // A fault that trips has a message of its own, and one that only prevents arming is shown to the person who arms.
      if (action !== 'warn' || !now.driven) return null;
      return { kind: 'fault', code, urgent: false, title: label, text: sentence, remedy };
    }
    case 'alarm': {
      const { alarm } = event;
      const { title, urgent } = alarmRow(alarm);
      return { kind: 'alarm', code: alarm, urgent, title, text: alarmText(event), remedy: null };
    }
    case 'alarm-off': {
      const { title } = alarmRow(event.alarm);
      const text = `The alarm ${event.alarm} is over.`;
      return { kind: 'alarm-off', code: event.alarm, urgent: false, title: `Over: ${title}`, text, remedy: null };
    }
    case 'verdict': {
      // Where it is urgent, there is an alarm for it.
      const { label } = verdictRow(event.to);
      return { kind: 'verdict', code: event.to, urgent: false, title: label, text: event.text, remedy: null };
    }
    case 'state':
      return isRunning(event.from) && event.to === 'safe' ? ending(now) : null;
    case 'disk':
    case 'trouble':
      return { kind: 'trouble', code: event.code, urgent: false, title: 'Trouble', text: event.text, remedy: null };
    default:
      return null;
  }
}

function ending({ endedBy, finished }: Snapshot): Message {
  const [code, text] = endedBy
    ? ['alarm', endLine(endedBy)]
    : finished
      ? ['finished', 'The recipe came to its end.']
      : ['stopped', 'The run was stopped before its end.'];
  return { kind: 'end', code, urgent: false, title: 'Run ended', text, remedy: null };
}
