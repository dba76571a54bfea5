/**
 * Store and forward: sends the history in its own order with QoS 1 and moves the cursor when the broker has acknowledged,
 * never before and never past a gap. A record may arrive twice, never not at all; (stream, seq) tells it.
 */
import type { Topics } from '../../params/mqtt.ts';
import { bytesFor, cut, MOST_BYTES_SENT, type Part, type SentRecord, sentText, utf8Bytes } from '../../params/pages.ts';

/** The side of the history that is read and acknowledged. */
export interface Outbox {
  read(position: { readonly afterSeq: number; readonly limit: number }): Promise<readonly SentRecord[]>;
  cursor(): number;
  moveCursor(seq: number, stream?: string): void;
}

/** The side of the link that publishes. */
export interface Publisher {
  readonly up: boolean;
  /** Bytes of payload that the broker accepts on a topic; absent = no limit is known. */
  roomFor?(topic: string): number;
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
interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly last: SentRecord;
}

const isEvent = ({ kind }: Pick<SentRecord, 'kind'>): boolean => kind === 'event' || kind === 'time_sync';
/**
 * Records in their order as messages: neighbours of one topic together, one that is too long in parts.
 * @param most bytes of records in one message
 */
export function messagesOf(records: readonly SentRecord[], topics: Topics, most = MOST_BYTES_SENT): Message[] {
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
  let bytes = 0;
  for (const record of records) {
    const text = sentText(record);
    const own = utf8Bytes(text);
    const before: SentRecord | null = last;
    const apart = before !== null && (isEvent(before) !== isEvent(record) || before.stream !== record.stream);
    if (apart || texts.length >= MOST_RECORDS || bytes + own > most) {
      end();
      bytes = 0;
    }
    if (own > most) {
      const topic = isEvent(record) ? topics.evt : topics.tele;
      messages.push(...cut(record.seq, text, most).map((part) => messageOf(topic, record, part)));
      continue;
    }
    texts.push(text);
    bytes += own + 1;
    last = record;
  }
  end();
  return messages;
}

/** A part of a record that is too long for one message. */
const messageOf = (topic: string, record: SentRecord, part: Part): Message => ({
  topic,
  payload: JSON.stringify({ stream: record.stream, ...part }),
  last: record,
});

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
        if (records.length === 0 || !(await this.send(messagesOf(records, this.topics, this.most())))) return;
      }
    } catch {
      // A history that cannot be read now is read at the next call; what was not acknowledged is still in it.
    } finally {
      this.busy = false;
    }
  }

  private most(): number {
    const { link, topics } = this;
    return bytesFor(Math.min(link.roomFor?.(topics.tele) ?? Infinity, link.roomFor?.(topics.evt) ?? Infinity));
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
