/** Records of the history in pieces that fit into one message. */

/** A record of the history, as it is sent. */
export interface SentRecord {
  readonly seq: number;
  readonly stream: string;
  readonly boot: string;
  readonly kind: string;
  readonly monoUs: number;
  readonly wallMs: number | null;
  readonly clock: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A broker of ours takes packets of 32 KiB. */
export const MOST_CHARS = 12_000;

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

/** As many of the records as fit in one message; of a first one that is too long the part that was asked for. */
export function pageOf(records: readonly SentRecord[], part: number): Pick<Page, 'records' | 'long'> {
  const texts: string[] = [];
  let chars = 0;
  for (const record of records) {
    const text = sentText(record);
    if (text.length > MOST_CHARS) {
      if (texts.length > 0) break;
      const long = cut(record.seq, text)[part - 1];
      return { records: [], ...(long && { long }) };
    }
    chars += text.length;
    if (chars > MOST_CHARS) break;
    texts.push(text);
  }
  return { records: texts.map((text) => JSON.parse(text) as unknown) };
}

/** The text of a record that is too long for one message, in parts. */
export function cut(seq: number, text: string): Part[] {
  // A quote or a backslash doubles in the part that carries it.
  const size = Math.floor(MOST_CHARS / 2);
  const parts = Math.ceil(text.length / size);
  return Array.from({ length: parts }, (_, i) => ({
    seq,
    part: i + 1,
    parts,
    text: text.slice(i * size, (i + 1) * size),
  }));
}
