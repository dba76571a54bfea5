/** Records of the history in pieces that fit into one message. */
import type { Instant } from '../units.ts';

/** A record of the history, as it is sent. */
export interface SentRecord {
  readonly seq: number;
  readonly stream: string;
  readonly boot: string;
  readonly kind: string;
  readonly monoUs: Instant;
  readonly wallMs: number | null;
  readonly clock: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A message has at most this many bytes of records; a broker of ours takes packets of 32 KiB. */
export const MOST_BYTES_SENT = 12_000;
/** Below this a record in parts would be mostly frame; a broker with less room cannot be used for telemetry. */
const LEAST_BYTES = 400;
/** Names, numbers and brackets around the records or the part of one. */
const FRAME_BYTES = 200;

/** Bytes of records in a message when the broker accepts `room` bytes of payload. */
export const bytesFor = (room: number): number => Math.max(LEAST_BYTES, Math.min(MOST_BYTES_SENT, room - FRAME_BYTES));

/** Bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** The JSON text of a record. */
export const sentText = ({ seq, boot, kind, monoUs, wallMs, clock, body }: SentRecord): string =>
  JSON.stringify({ seq, boot, kind, mono_us: monoUs, wall_ms: wallMs, clock, body });

/** Part number `part` of `parts` of the JSON text of a record that is too long for one message. */
export interface Part {
  readonly seq: number;
  readonly part: number;
  readonly parts: number;
  readonly text: string;
}

/** What a question for stored records is answered with: whole records in order, or a part of the first one. */
export interface Page {
  readonly stream: string | null;
  readonly newest: number | null;
  readonly records: readonly unknown[];
  readonly long?: Part;
}

/**
 * As many of the records as fit in one message; of a first one that is too long the part that was asked for.
 * @param most bytes of records, from `bytesFor`
 */
export function pageOf(
  records: readonly SentRecord[],
  part: number,
  most = MOST_BYTES_SENT,
): Pick<Page, 'records' | 'long'> {
  const texts: string[] = [];
  let bytes = 0;
  for (const record of records) {
    const text = sentText(record);
    const own = utf8Bytes(text);
    if (own > most) {
      if (texts.length > 0) break;
      const long = cut(record.seq, text, most)[part - 1];
      return { records: [], ...(long && { long }) };
    }
    bytes += own;
    if (bytes > most) break;
    texts.push(text);
  }
  return { records: texts.map((text) => JSON.parse(text) as unknown) };
}

/** The text of a record that is too long for one message, in parts of at most `most` bytes. */
export function cut(seq: number, text: string, most = MOST_BYTES_SENT): Part[] {
  // A quote or a backslash doubles in the part that carries it; a letter outside of ASCII has up to three bytes a unit.
  const size = Math.floor(most / 3);
  const parts = Math.ceil(text.length / size);
  return Array.from({ length: parts }, (_, i) => ({
    seq,
    part: i + 1,
    parts,
    text: text.slice(i * size, (i + 1) * size),
  }));
}
