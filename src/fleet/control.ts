/** The collector’s connection to the devices: receives retained values, sends questions and receives the answers. */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { NAME_PATTERN } from '../params/commands.ts';
import { causeOf } from './error.ts';

export interface ControlOptions {
  readonly url: string;
  /** Client name; answers come to rsp/<client>. With client certificates it is the common name. */
  readonly client: string;
  readonly credentials: IClientOptions;
  readonly onRetained: (device: string, topic: 'avail' | 'state' | 'trip', value: unknown) => void;
}

/** An answer to a question; `data` as the device sent it. */
export interface Reply {
  readonly code: number;
  readonly text: string;
  readonly data: unknown;
}

const ANSWER_MS = 5000;
const RECONNECT_MS = 2000;
const MOST_BYTES = 65_536;
const TOPIC = /^remix\/1\/([^/]+)\/(avail|state|trip|rsp\/[^/]+)$/;

export class Control {
  private link: MqttClient | null = null;
  private readonly waiting = new Map<string, { device: string; take: (reply: Reply | null) => void }>();
  private number = 0;
  /** Makes the ids of this start unique. */
  private readonly start = Math.random().toString(36).slice(2, 12);

  constructor(private readonly options: ControlOptions) {}

  get up(): boolean {
    return this.link?.connected === true;
  }

  /** Connects, and does so again by itself. */
  open(): void {
    const { url, client, credentials } = this.options;
    const link = mqtt.connect(url, {
      ...credentials,
      clientId: `${client}-ask-${this.start}`,
      protocolVersion: 5,
      clean: true,
      keepalive: 15,
      reconnectPeriod: RECONNECT_MS,
      queueQoSZero: false,
      properties: { maximumPacketSize: 1 << 20 },
    });
    this.link = link;
    link.on('error', () => {});
    link.on('message', (topic, payload) => this.heard(topic, payload));
    link.on('close', () => this.forget());
    const filters = ['avail', 'state', 'trip', `rsp/${client}`].map((name) => `remix/1/+/${name}`);
    link.subscribe(filters, { qos: 1 });
  }

  /** Asks for records after a number. Null when no answer came within 5 s, or the broker did not take the question. */
  history(device: string, fields: Readonly<Record<string, unknown>>): Promise<Reply | null> {
    const { link } = this;
    const { client } = this.options;
    if (!link?.connected) return Promise.resolve(null);
    this.number += 1;
    const id = `${this.start}.${this.number}`;
    return new Promise((resolve) => {
      const late = setTimeout(() => take(null), ANSWER_MS);
      const take = (reply: Reply | null): void => {
        clearTimeout(late);
        this.waiting.delete(id);
        resolve(reply);
      };
      this.waiting.set(id, { device, take });
      const question = JSON.stringify({ id, client, ...fields });
      link.publish(`remix/1/${device}/cmd/history/by/${client}`, question, { qos: 1 }, (error) => {
        if (error) take({ code: 403, text: causeOf(error), data: null });
      });
    });
  }

  async close(): Promise<void> {
    const { link } = this;
    this.link = null;
    this.forget();
    if (!link) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => link.end(true, {}, () => resolve()), 1000);
      link.end(false, {}, () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  private forget(): void {
    for (const { take } of [...this.waiting.values()]) take(null);
  }

  private heard(topic: string, payload: Uint8Array): void {
    const [, device = '', kind = ''] = TOPIC.exec(topic) ?? [];
    if (!NAME_PATTERN.test(device) || payload.length > MOST_BYTES) return;
    const text = new TextDecoder().decode(payload);
    const value = kind === 'avail' ? text.slice(0, 20) : parsed(text);
    if (kind === 'avail' || kind === 'state' || kind === 'trip') {
      if (value !== undefined) this.options.onRetained(device, kind, value);
      return;
    }
    const { id, code, text: words, data } = (value ?? {}) as Record<string, unknown>;
    const waiting = typeof id === 'string' ? this.waiting.get(id) : undefined;
    // Only the device that was asked may answer.
    if (waiting?.device !== device || typeof code !== 'number') return;
    waiting.take({ code, text: String(words), data });
  }
}

/** Undefined for text that is not JSON, or nested too deeply to be serialised again. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return /^(?:[^[{]*[[{]){1000}/.test(text) ? undefined : value;
  } catch {
    return undefined;
  }
}
