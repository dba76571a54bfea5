/** A device that keeps a history, sends it, and answers questions for it. */
import mqtt, { type MqttClient } from 'mqtt';
import { messagesOf } from '../../src/fronts/mqtt/sender.ts';
import { topics } from '../../src/params/mqtt.ts';
import { pageOf, type SentRecord } from '../../src/params/pages.ts';

/** A record as a device would write it. */
export const record = (seq: number, more: Partial<SentRecord> = {}): SentRecord => ({
  seq,
  stream: 'stream-a',
  boot: 'boot-1',
  kind: 'sample',
  monoUs: seq * 1e6,
  wallMs: 1_790_000_000_000 + seq * 1000,
  clock: 'synced',
  body: { tc_c: 25 + (seq % 10) / 10, ir_c: 25, state: 'armed' },
  ...more,
});

export const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
export const records = (from: number, to: number) => range(from, to).map((seq) => record(seq));

/** A device on the broker: sends its history when it is told to, and answers questions for it. */
export class FakeDevice {
  /** What it has; records can be taken away. */
  history: SentRecord[] = [];
  stream = 'stream-a';
  /** after_seq of every question. */
  readonly asked: number[] = [];
  /** When they came, ms. */
  readonly askedAt: number[] = [];
  silent = false;
  private readonly names;

  private constructor(
    readonly name: string,
    readonly link: MqttClient,
  ) {
    this.names = topics(name);
  }

  static async make(name: string, url: string): Promise<FakeDevice> {
    const link = mqtt.connect(url, { clientId: name, protocolVersion: 5, reconnectPeriod: 100 });
    link.on('error', () => {});
    const device = new FakeDevice(name, link);
    link.on('message', (topic, payload) => device.answer(topic, payload.toString()));
    link.on('connect', () => link.publish(`remix/1/${name}/avail`, 'online', { qos: 1, retain: true }));
    await new Promise((resolve) => link.once('connect', resolve));
    await link.subscribeAsync(`remix/1/${name}/cmd/#`, { qos: 1 });
    return device;
  }

  /** Sends records as the real sender cuts them; resolves when the broker has them. */
  async send(records: readonly SentRecord[]): Promise<void> {
    const sent = messagesOf(records, this.names).map(({ topic, payload }) => this.say(topic, payload));
    await Promise.all(sent);
  }

  async say(topic: string, payload: string | Buffer, retain = false): Promise<void> {
    await this.link.publishAsync(topic, payload, { qos: 1, retain });
  }

  /** Its retained state, with how far its history has come. */
  async state(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const history = { stream: this.stream, seq: this.history.at(-1)?.seq ?? 0 };
    await this.say(this.names.state, JSON.stringify({ state: 'armed', history, ...more }), true);
  }

  private answer(topic: string, text: string): void {
    const [, , , , verb, , client] = topic.split('/');
    if (verb !== 'history' || this.silent) return;
    const question = JSON.parse(text) as { id: string; after_seq: number; limit: number; part?: number };
    this.asked.push(question.after_seq);
    this.askedAt.push(performance.now());
    const { id } = question;
    const data = this.piece(question);
    const answer = { id, code: 200, text: 'history', verb: 'history', data };
    this.link.publish(this.names.answer(client ?? ''), JSON.stringify(answer), { qos: 1 });
  }

  private piece({ after_seq, limit, part = 1 }: { after_seq: number; limit: number; part?: number }): unknown {
    const found = this.history.filter(({ seq }) => seq > after_seq).slice(0, limit);
    return { stream: this.stream, newest: this.history.at(-1)?.seq ?? null, ...pageOf(found, part) };
  }

  close(): Promise<void> {
    return this.link.endAsync(true);
  }
}
