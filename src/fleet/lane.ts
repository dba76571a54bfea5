/**
 * A lane: one MQTT client with a persistent session, sharing a subscription with the other lanes. It passes a message on,
 * acknowledges it once it was taken, then takes the next. The broker sends an unacknowledged message again at the next
 * connection of this lane, even after the collector was killed.
 */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { causeOf } from './error.ts';

export interface LaneOptions {
  /** mqtt:// or mqtts://host:port; MQTT 5. */
  readonly url: string;
  readonly clientId: string;
  /** User, password, certificates. */
  readonly credentials: IClientOptions;
  /** Full filters, `$share/<group>/…`. */
  readonly filters: readonly string[];
  /** Resolves when the message may be acknowledged. */
  readonly take: (topic: string, payload: Uint8Array) => Promise<void>;
  readonly say?: (text: string) => void;
  /** Unsubscribes and ends the session when no message has come for this long, ms; 0 = a permanent lane. */
  readonly retireMs?: number;
}

const KEEPALIVE_S = 15;
/** Well below the keep-alive. */
const BEAT_MS = 3000;
const CONNECT_MS = 10_000;
const LEAST_BACKOFF_MS = 500;
const MOST_BACKOFF_MS = 15_000;
/** How long the broker keeps our messages while we are offline. */
const SESSION_S = 7 * 86_400;
const MOST_PACKET = 1 << 20;

export class Lane {
  up = false;
  /** Messages passed on and not yet acknowledged: 0 or 1. */
  busy = 0;
  private client: MqttClient | null = null;
  private backoffMs = LEAST_BACKOFF_MS;
  private again: NodeJS.Timeout | null = null;
  private closed = false;
  private heardAt = 0;
  private readonly beat: NodeJS.Timeout;
  private retired: (() => void) | null = null;

  constructor(private readonly options: LaneOptions) {
    this.beat = setInterval(() => this.tick(), BEAT_MS);
  }

  /** Connects and subscribes, again whenever the link is lost. Resolves to null, or to why the first attempt failed. */
  open(): Promise<string | null> {
    return new Promise((resolve) => this.connect(resolve));
  }

  /** For a lane that is no longer needed: resolves when the broker has no more messages for it and has ended its session. */
  retire(): Promise<void> {
    return new Promise((resolve) => {
      this.retired = resolve;
      this.connect(() => {});
    });
  }

  /** Disconnects; the broker keeps the session, unless `forget`. */
  async close(forget = false): Promise<void> {
    this.closed = true;
    clearInterval(this.beat);
    if (this.again) clearTimeout(this.again);
    const { client } = this;
    this.client = null;
    this.up = false;
    if (!client) return;
    const properties = { sessionExpiryInterval: forget ? 0 : SESSION_S };
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => client.end(true, {}, () => resolve()), 1000);
      client.end(false, { properties }, () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  private connect(first: (why: string | null) => void): void {
    const { url, clientId, credentials, filters, take, say } = this.options;
    const client = mqtt.connect(url, {
      ...credentials,
      clientId,
      protocolVersion: 5,
      clean: false,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      properties: { sessionExpiryInterval: SESSION_S, maximumPacketSize: MOST_PACKET },
    });
    this.client = client;
    let why = 'the broker closed the connection';
    client.handleMessage = (packet, done) => {
      if (this.closed || this.client !== client) return;
      this.busy = 1;
      this.heardAt = performance.now();
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
      void take(packet.topic, payload).then(() => {
        this.busy = 0;
        // A number of a lost connection may by now belong to another message.
        if (this.client === client && client.connected) done();
      });
    };
    client.on('error', (error) => {
      why = causeOf(error);
    });
    client.on('connect', () => {
      this.heardAt = performance.now();
      if (this.retired) {
        client.unsubscribe([...filters], () => {});
        return;
      }
      client.subscribe([...filters], { qos: 1 }, (error, granted) => {
        const refused = granted?.find(({ qos }) => qos >= 128);
        if (error || refused) {
          why = error ? causeOf(error) : `the broker refused the subscription ${refused?.topic}`;
          client.end(true);
          return;
        }
        this.up = true;
        this.backoffMs = LEAST_BACKOFF_MS;
        first(null);
      });
    });
    client.on('close', () => {
      if (this.client !== client) return;
      this.client = null;
      this.busy = 0;
      if (this.up) say?.(`Connection to the broker lost; trying again. Cause: ${why}`);
      this.up = false;
      client.end(true);
      first(why);
      if (this.closed) return;
      this.again = setTimeout(() => this.connect(() => {}), this.backoffMs * (0.5 + Math.random()));
      this.backoffMs = Math.min(MOST_BACKOFF_MS, 2 * this.backoffMs);
    });
  }

  private tick(): void {
    const { client } = this;
    if (!client?.connected) return;
    if (this.busy > 0) {
      // The library reads nothing while a message waits, not even the answer to its own ping.
      client.sendPing();
      client.reschedulePing(true);
    } else if (this.retired && performance.now() - this.heardAt > (this.options.retireMs ?? 0)) {
      const { retired } = this;
      this.retired = null;
      void this.close(true).then(retired);
    }
  }
}
