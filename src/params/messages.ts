/**
 * What people are told where nobody looks at a screen, as a projection of the events: trips, alarms, verdicts, faults that
 * warn, the end of a run, and trouble of the disk, the clock and the controller itself.
 */
import { alarmRow, alarmText, endLine } from './alarms.ts';
import type { RunEvent } from './events.ts';
import { FAULTS, type FaultName } from './faults.ts';
import { remedyOf } from './severity.ts';
import type { Snapshot } from './snapshot.ts';
import { isRunning } from './states.ts';
import { verdictRow } from './verdict.ts';

interface KindRow {
  /** 1 (min) to 5 (max), as https://docs.ntfy.sh/publish/#message-priority has them. */
  readonly priority: 1 | 2 | 3 | 4 | 5;
  /** Short code of an emoji, for push services. */
  readonly tag: string;
}

export const MESSAGE_KINDS = {
  trip: { priority: 5, tag: 'rotating_light' },
  alarm: { priority: 4, tag: 'warning' },
  'alarm-off': { priority: 3, tag: 'white_check_mark' },
  verdict: { priority: 3, tag: 'eyes' },
  fault: { priority: 3, tag: 'warning' },
  end: { priority: 3, tag: 'checkered_flag' },
  disk: { priority: 3, tag: 'floppy_disk' },
  clock: { priority: 3, tag: 'alarm_clock' },
  trouble: { priority: 3, tag: 'wrench' },
  summary: { priority: 2, tag: 'sunrise' },
  test: { priority: 3, tag: 'test_tube' },
} as const satisfies Record<string, KindRow>;
export type MessageKind = keyof typeof MESSAGE_KINDS;

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

/** A message as it is told, with what stands in each beside what happened. */
export interface Told extends Message {
  /** The same in every try, so that a receiver can tell a repetition. */
  readonly id: string;
  /** So many about the same came together; the newest is told. */
  readonly count: number;
  readonly device: string;
  readonly sample: string;
  readonly simulated: boolean;
  /** Number of the run, 0 before the first. */
  readonly run: number;
  /** When it happened: s since 1970, null while the clock is not set; and monotonic. */
  readonly wall_s: number | null;
  readonly mono_s: number;
}

/** What one way is given. */
export interface Delivery extends Told {
  /** Messages that this way lost since the one before. */
  readonly missed: number;
  /** From when it happened until this try, s. */
  readonly late_s: number;
}

/** 1 to 5. What is not urgent is never above 3, the default of a push service. */
export const priorityOf = ({ kind, urgent }: Message): number =>
  urgent ? MESSAGE_KINDS[kind].priority : Math.min(3, MESSAGE_KINDS[kind].priority);

/** What a message is about: of several about the same, the newest tells it all. Null for a trip, which stands for itself. */
export function subjectOf({ kind, code }: Message): string | null {
  if (kind === 'trip' || kind === 'summary' || kind === 'test') return null;
  if (kind === 'verdict' || kind === 'end') return kind;
  return `${kind === 'alarm-off' ? 'alarm' : kind} ${code}`;
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
    case 'fault':
      return faultMessage(event.fault, now);
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
    case 'trouble': {
      const { kind, title, remedy } = troubleRow(event.code);
      return { kind, code: event.code, urgent: false, title, text: event.text, remedy };
    }
    default:
      return null;
  }
}

function faultMessage(fault: FaultName, { driven }: Snapshot): Message | null {
  const { code, action, label, sentence, cause, remedy } = FAULTS[fault];
  // A run would trip, and says so itself. Otherwise somebody must know before they want to arm.
  if (fault === 'journal-failing' && !driven) {
    const text = `${label}. Usual cause: ${cause}`;
    return { kind: 'disk', code, urgent: false, title: label, text, remedy: remedyOf(fault, false) };
  }
  // A fault that trips has a message of its own, and one that only prevents arming is shown to the person who arms.
  if (action !== 'warn' || !driven) return null;
  return { kind: 'fault', code, urgent: false, title: label, text: sentence, remedy };
}

interface TroubleRow {
  readonly kind: MessageKind;
  readonly title: string;
  readonly remedy: string | null;
}

/** Troubles of the controller that are more than a text, by the code of their event. */
export const TROUBLES = {
  'latch-unwritable': {
    kind: 'disk',
    title: FAULTS['latch-unwritable'].label,
    remedy: FAULTS['latch-unwritable'].remedy,
  },
  history: { kind: 'disk', title: 'History is not durable', remedy: 'Run remixd doctor.' },
  'history-unwritable': {
    kind: 'disk',
    title: 'History cannot be written',
    remedy: 'Free some disk space, and run remixd doctor.',
  },
  'disk-nearly-full': {
    kind: 'disk',
    title: 'Disk nearly full',
    remedy: 'Move old runs to another disk, or lower runs.maxMb.',
  },
  'not-kept': {
    kind: 'disk',
    title: 'Settings could not be kept',
    remedy: 'Free some disk space, then confirm again.',
  },
  retention: { kind: 'disk', title: 'Old runs could not be removed', remedy: 'Remove or move them by hand.' },
  'clock-jumped': { kind: 'clock', title: 'Clock jumped', remedy: 'Check the time server of this computer.' },
  'clock-unset': {
    kind: 'clock',
    title: 'Clock not synchronised',
    remedy: 'Check the network and the time server of this computer.',
  },
} as const satisfies Record<string, TroubleRow>;

const troubleRow = (code: string): TroubleRow =>
  Object.hasOwn(TROUBLES, code)
    ? TROUBLES[code as keyof typeof TROUBLES]
    : { kind: 'trouble', title: 'Trouble', remedy: null };

function ending({ endedBy, finished }: Snapshot): Message {
  const [code, text] = endedBy
    ? ['alarm', endLine(endedBy)]
    : finished
      ? ['finished', 'The recipe came to its end.']
      : ['stopped', 'The run was stopped before its end.'];
  return { kind: 'end', code, urgent: false, title: 'Run ended', text, remedy: null };
}

const lastOf = (count: number): string => (count === 1 ? '' : ` (the last of ${count})`);

/** One message in place of several that were held back. */
export function summaryOf(held: readonly Told[]): Message {
  const all = held.reduce((sum, { count }) => sum + count, 0);
  const title = all === 1 ? '1 message was held back' : `${all} messages were held back`;
  const text = held.map((one) => `${one.title}${lastOf(one.count)}: ${one.text}`).join('\n');
  return { kind: 'summary', code: 'held-back', urgent: false, title, text, remedy: null };
}

/** The message of `remixd messages test`. */
export const TEST_MESSAGE: Message = {
  kind: 'test',
  code: 'test',
  urgent: false,
  title: 'Test message',
  text: 'Somebody tried whether messages of this bench arrive.',
  remedy: null,
};

/** The first line: which bench, what happened. */
export const headlineOf = ({ device, simulated, title, count }: Told): string =>
  `${simulated ? 'SIMULATED ' : ''}${device}: ${title}${lastOf(count)}`;

/** Older messages say how old they are, s. */
const LATE_S = 120;
const ageText = (s: number): string => (s < 7200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`);

/** What follows: what was seen, what to do, and what else a reader must know. */
export function bodyOf({ text, remedy, sample, simulated, late_s, missed, link }: Delivery & { link: string }): string {
  const lines = [
    text,
    remedy === null ? '' : `What to do: ${remedy}`,
    simulated ? 'The bench is simulated.' : '',
    sample === 'none' ? '' : `Sample: ${sample}`,
    late_s < LATE_S ? '' : `It happened ${ageText(late_s)} before this was sent.`,
    missed === 0 ? '' : `${missed} messages before this one are lost; the record has them.`,
    link === 'none' ? '' : link,
  ];
  return lines.filter((line) => line !== '').join('\n');
}
