/** Converts between the records of a store and the entries of a table. */
import { inSeconds, since } from '../units.ts';
import type { Draft, Entry } from './ledger.ts';
import { type Body, JsonText, type NewRecord, type Stamp, type StoredRecord } from './record.ts';

/** A body that is longer is refused, characters. */
export const LONGEST_BODY = 1 << 19;

/** Throws when the body is not a JSON object or is too long. */
export function draftOf({ kind, body, monoUs = undefined }: NewRecord, now: Stamp): Draft {
  const text = body instanceof JsonText ? body.text : JSON.stringify(body);
  if (!text.startsWith('{')) throw new TypeError('the body of a record must be an object');
  if (text.length > LONGEST_BODY)
    throw new RangeError(
      `the body of a ${kind} record is too long: ${text.length} characters, at most ${LONGEST_BODY}`,
    );
  if (monoUs === undefined) return { ...now, kind, body: text };
  // An earlier event gets the wall time of that moment.
  const wallMs = now.wallMs === null ? null : now.wallMs - 1000 * inSeconds(since(now.monoUs, monoUs));
  return { monoUs, wallMs, clock: now.clock, kind, body: text };
}

export function storedOf(entry: Entry, stream: string): StoredRecord {
  const { seq, boot, monoUs, wallMs, clock, kind, body } = entry;
  return { seq, stream, boot, monoUs, wallMs, clock, kind, body: bodyOf(body) };
}

function bodyOf(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return { damaged: true };
  }
}
