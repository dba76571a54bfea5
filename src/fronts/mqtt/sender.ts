/**
 * Store and forward: sends the history in its own order with QoS 1 and moves the cursor when the broker has acknowledged,
 * never before and never past a gap. A record may arrive twice, never not at all; (stream, seq) tells it.
 */
import type { Topics } from '../../params/remote.ts';

/** What the sender needs of a record of the history. */
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

/** The side of the history that is read and acknowledged. */
export interface Outbox {
  read(position: { readonly afterSeq: number; readonly limit: number }): Promise<readonly SentRecord[]>;
  cursor(): number;
  moveCursor(seq: number, stream?: string): void;
}

/** The side of the link that publishes. */
export interface Publisher {
  readonly up: boolean;
  publish(
    topic: string,
    payload: string,
    options: { qos: 0 | 1; retain: boolean },
    done: (sent: boolean) => void,
  ): void;
}

/** Messages that may wait for the broker’s word at once. */
const WINDOW = 20;
const READ = 400;
const MOST_RECORDS = 50;
/** A broker of ours takes packets of 32 KiB. */
const MOST_CHARS = 12_000;

interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly last: SentRecord;
}

const isEvent = ({ kind }: Pick<SentRecord, 'kind'>): boolean => kind === 'event' || kind === 'time_sync';
const shown = ({ seq, boot, kind, monoUs, wallMs, clock, body }: SentRecord): string =>
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
    const text = shown(record);
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

/** Records in their order as messages: neighbours of one topic together, one that is too long in parts. */
export function messagesOf(records: readonly SentRecord[], topics: Topics): Message[] {
  const messages: Message[] = [];
  let texts: string[] = [];
  let last: SentRecord | null = null;
  const end = (): void => {
    if (last === null) return;
    const topic = isEvent(last) ? topics.evt : topics.tele;
    messages.push({ topic, payload: `{"stream":${JSON.stringify(last.stream)},"records":[${texts.join(',')}]}`, last });
    texts = [];
    last = null;
  };
  let chars = 0;
  for (const record of records) {
    const text = shown(record);
    const before: SentRecord | null = last;
    const apart = before !== null && (isEvent(before) !== isEvent(record) || before.stream !== record.stream);
    if (apart || texts.length >= MOST_RECORDS || chars + text.length > MOST_CHARS) {
      end();
      chars = 0;
    }
    if (text.length > MOST_CHARS) {
      messages.push(...partsOf(record, text, isEvent(record) ? topics.evt : topics.tele));
      continue;
    }
    texts.push(text);
    chars += text.length;
    last = record;
  }
  end();
  return messages;
}

/** A record that is too long for one message, in parts. */
const partsOf = (record: SentRecord, text: string, topic: string): Message[] =>
  cut(record.seq, text).map((part) => ({
    topic,
    payload: JSON.stringify({ stream: record.stream, ...part }),
    last: record,
  }));

function cut(seq: number, text: string): Part[] {
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

export class Sender {
  private busy = false;

  constructor(
    private readonly outbox: Outbox,
    private readonly link: Publisher,
    private readonly topics: Topics,
  ) {}

  /** Sends what is there; resolves when the broker has all of it, or the link is gone. One at a time. */
  async drain(): Promise<void> {
    if (this.busy || !this.link.up) return;
    this.busy = true;
    try {
      while (this.link.up) {
        const records = await this.outbox.read({ afterSeq: this.outbox.cursor(), limit: READ });
        if (records.length === 0 || !(await this.send(messagesOf(records, this.topics)))) return;
      }
    } catch {
      // A history that cannot be read now is read at the next call; what was not acknowledged is still in it.
    } finally {
      this.busy = false;
    }
  }

  /** True when the broker acknowledged every message. */
  private async send(messages: readonly Message[]): Promise<boolean> {
    for (let from = 0; from < messages.length; from += WINDOW) {
      const window = messages.slice(from, from + WINDOW);
      const sent = await Promise.all(window.map((message) => this.one(message)));
      const failed = sent.indexOf(false);
      const good = failed < 0 ? window : window.slice(0, failed);
      // A record in parts counts when its last part has arrived.
      const next = messages[from + good.length]?.last;
      const done = good.findLast(({ last }) => last !== next);
      if (done) this.outbox.moveCursor(done.last.seq, done.last.stream);
      if (failed >= 0) return false;
    }
    return true;
  }

  private one({ topic, payload }: Message): Promise<boolean> {
    return new Promise((resolve) => this.link.publish(topic, payload, { qos: 1, retain: false }, resolve));
  }
}
