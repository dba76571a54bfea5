/**
 * The content of a device’s message: records, parts of a record that was too long for one message, and what could not be
 * used. Any client of the broker may send messages, so nothing is trusted: names, numbers, depth and length are checked,
 * and a failed check becomes a note, never an exception.
 */
import { NAME_PATTERN } from '../params/commands.ts';
import { isDeeperThan, isObject } from '../params/json.ts';
import { type Instant, instant } from '../units.ts';
import { jsonbText, printable } from './text.ts';

/** A record of a device’s history, ready for its row. */
export interface FleetRecord {
  readonly device: string;
  readonly stream: string;
  /** 1 to 2^53 − 1. */
  readonly seq: number;
  readonly boot: string;
  readonly kind: string;
  readonly monoUs: Instant;
  readonly wallMs: number | null;
  readonly clock: string;
  /** JSON text that jsonb takes. */
  readonly body: string;
}

/** A piece of the JSON text of a record that was too long for one message. */
export interface Part {
  readonly device: string;
  readonly stream: string;
  readonly seq: number;
  readonly part: number;
  readonly parts: number;
  /** The piece as a JSON string literal: a piece may end inside a character, which a text of its own could not keep. */
  readonly literal: string;
}

/** A note about a message, or a record in it, that could not be used. */
export interface Rejected {
  readonly device: string | null;
  readonly topic: string;
  readonly reason: string;
  readonly bytes: number;
  /** The first characters. */
  readonly start: string;
}

export interface Intake {
  readonly records: readonly FleetRecord[];
  readonly parts: readonly Part[];
  readonly rejected: readonly Rejected[];
}

/** A broker made by fleet/make-broker accepts packets of 32 KiB; other brokers may accept more. */
export const MOST_MESSAGE_BYTES = 65_536;
const MOST_DEPTH = 32;
const MOST_RECORDS = 1000;
export const MOST_PARTS = 1000;
/** 2100-01-01: later dates are rejected. */
const MOST_WALL_MS = 4_102_444_800_000;
const IDENTITY = /^[\x21-\x7e]{1,64}$/;
const WORD = /^[a-z][a-z0-9_-]{0,31}$/;
const TOPIC = /^remix\/1\/([^/]*)\/(?:tele|evt)$/;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
const isIdentity = (value: unknown): value is string => typeof value === 'string' && IDENTITY.test(value);
const isWord = (value: unknown): value is string => typeof value === 'string' && WORD.test(value);

/** A record as a device writes it, or the reason for its rejection. */
export function recordOf(device: string, stream: string, value: unknown): FleetRecord | string {
  if (!isObject(value)) return 'a record is not an object';
  const { seq, boot, kind, mono_us, wall_ms, clock, body } = value;
  if (!isCount(seq)) return 'seq is not a whole number above 0';
  if (!isIdentity(boot)) return 'boot is not a name';
  if (!isWord(kind)) return 'kind is not a word';
  if (!isWord(clock)) return 'clock is not a word';
  if (typeof mono_us !== 'number' || !(mono_us >= 0 && mono_us <= Number.MAX_SAFE_INTEGER))
    return 'mono_us is not a number of microseconds';
  if (wall_ms !== null && !(typeof wall_ms === 'number' && wall_ms >= 0 && wall_ms <= MOST_WALL_MS))
    return 'wall_ms is neither null nor a date';
  if (!isObject(body)) return 'body is not an object';
  if (isDeeperThan(body, MOST_DEPTH)) return `body is nested deeper than ${MOST_DEPTH} levels`;
  return {
    device,
    stream,
    seq,
    boot,
    kind,
    monoUs: instant(Math.round(mono_us)),
    wallMs: wall_ms,
    clock,
    body: jsonbText(body),
  };
}

/** A part as a device writes it, or the reason for its rejection. */
export function partOf(device: string, stream: string, value: Readonly<Record<string, unknown>>): Part | string {
  const { seq, part, parts, text } = value;
  if (!isCount(seq)) return 'seq is not a whole number above 0';
  if (!isCount(parts) || parts > MOST_PARTS) return `parts is not a whole number up to ${MOST_PARTS}`;
  if (!isCount(part) || part > parts) return 'part is not a whole number up to parts';
  if (typeof text !== 'string') return 'text is not a string';
  return { device, stream, seq, part, parts, literal: JSON.stringify(text) };
}

/** The record made of these parts, in their order, or the reason for its rejection. */
export function joined(device: string, stream: string, seq: number, literals: readonly string[]): FleetRecord | string {
  try {
    const record = recordOf(
      device,
      stream,
      JSON.parse(literals.map((literal) => JSON.parse(literal) as string).join('')),
    );
    return typeof record === 'string' || record.seq === seq ? record : 'the parts contain a different record number';
  } catch {
    return 'the parts do not form JSON';
  }
}

/** A note about a rejected message, with the beginning of its text. */
export const note = (topic: string, reason: string, bytes: number, text: string): Rejected => {
  const device = topic.split('/')[2] ?? '';
  return {
    device: NAME_PATTERN.test(device) ? device : null,
    topic: printable(topic, 200),
    reason: printable(reason, 200),
    bytes,
    start: printable(text, 400),
  };
};

/** Reads a message of a `tele` or `evt` topic. Never throws. */
export function intakeOf(topic: string, payload: Uint8Array): Intake {
  const refuse = (reason: string): Intake => ({
    records: [],
    parts: [],
    rejected: [note(topic, reason, payload.length, new TextDecoder().decode(payload.subarray(0, 800)))],
  });
  const device = TOPIC.exec(topic)?.[1];
  if (device === undefined || !NAME_PATTERN.test(device)) return refuse('the topic does not name a device');
  if (payload.length > MOST_MESSAGE_BYTES) return refuse(`the message is longer than ${MOST_MESSAGE_BYTES} bytes`);
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return refuse('the message is not JSON');
  }
  if (!isObject(message)) return refuse('the message is not an object');
  const { stream } = message;
  if (!isIdentity(stream)) return refuse('stream is not a name');
  if ('part' in message) {
    const part = partOf(device, stream, message);
    return typeof part === 'string' ? refuse(part) : { records: [], parts: [part], rejected: [] };
  }
  if (!Array.isArray(message['records'])) return refuse('the message holds neither records nor a part');
  if (message['records'].length > MOST_RECORDS) return refuse(`the message holds more than ${MOST_RECORDS} records`);
  const records: FleetRecord[] = [];
  const rejected: Rejected[] = [];
  for (const value of message['records'] as unknown[]) {
    const record = recordOf(device, stream, value);
    if (typeof record !== 'string') records.push(record);
    else rejected.push(note(topic, record, payload.length, startOf(value)));
  }
  return { records, parts: [], rejected };
}

/** The beginning of a value’s JSON; one that is nested too deep for that has none. */
function startOf(value: unknown): string {
  try {
    return JSON.stringify(value).slice(0, 800);
  } catch {
    return '';
  }
}
