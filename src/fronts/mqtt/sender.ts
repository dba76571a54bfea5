/**
 * Store and forward: sends the history in its own order with QoS 1 and moves the cursor when the broker has acknowledged,
 * never before and never past a gap. A record may arrive twice, never not at all; (stream, seq) tells it.
 */
import type { Topics } from '../../params/mqtt.ts';
import { cut, MOST_CHARS, type SentRecord, sentText } from '../../params/pages.ts';

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
interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly last: SentRecord;
}

const isEvent = ({ kind }: Pick<SentRecord, 'kind'>): boolean => kind === 'event' || kind === 'time_sync';
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
    const text = sentText(record);
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
