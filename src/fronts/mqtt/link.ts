/**
 * The connection to a broker: MQTT 5 first, 3.1.1 accepted. Clean start and no session, so nothing is queued for this
 * device while it is away; the client library’s own offline queue is off, because it loses what it cannot hold. Reconnects
 * after 1 to 60 s with chance in it. A lost link changes nothing here: what it means for a run is decided locally.
 */
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { Topics } from '../../params/mqtt.ts';

/** Where the sender of an MQTT 5 message wants its answer, and the mark that it knows it by. */
export interface Reply {
  readonly topic: string | null;
  readonly mark: Buffer | null;
}

export interface LinkOptions {
  /** mqtt:// or mqtts://host:port. */
  readonly url: string;
  readonly clientId: string;
  /** What to try first; 5 where nothing is known of the broker. */
  readonly version?: 4 | 5;
  readonly topics: Topics;
  /** Listened to beside the commands. */
  readonly also?: readonly string[];
  /** Certificates, user and password, as they were read at the start. */
  readonly credentials: IClientOptions;
  readonly onMessage: (topic: string, payload: Uint8Array, retain: boolean, reply: Reply) => void;
  readonly onUp: () => void;
  readonly onDown: (why: string) => void;
  /** What stands in the way of being connected, or of a topic; each told once until the next connection that lasts. */
  readonly onTrouble?: (what: string) => void;
  /** 0..1, for the jitter of the back-off. */
  readonly chance: () => number;
}

const KEEPALIVE_S = 10;
const CONNECT_MS = 10_000;
const LEAST_BACKOFF_MS = 1000;
const MOST_BACKOFF_MS = 60_000;
/** A connection that ends sooner counts as another failure: two devices of one name throw each other out for ever. */
const LASTING_MS = 30_000;
const MOST_SHORT = 3;
const MOST_MUTE = 2;
/** Names of clients are part of some texts, and anybody may think up names. */
const MOST_TOLD = 100;
const ACK_MS = 30_000;
const ECHO_MS = 5000;
/** MQTT 5, 3.14.2.1: another client has connected with this identifier. */
const TAKEN_OVER = 0x8e;
/** A short break of the link is not the end of the device. */
const WILL_DELAY_S = 5;

export class Link {
  up = false;
  private client: MqttClient | null = null;
  private version: 4 | 5;
  private backoffMs = LEAST_BACKOFF_MS;
  private again: NodeJS.Timeout | null = null;
  private closed = false;
  private lastError = '';
  private upAt = 0;
  /** Tries in a row that ended without a word: a broker that does not know MQTT 5 may just hang up. */
  private mute = 0;
  /** Connections in a row that did not last. */
  private shortLived = 0;
  private echo: NodeJS.Timeout | null = null;
  private readonly told = new Set<string>();
  private readonly underway = new Set<(sent: boolean) => void>();

  constructor(private readonly options: LinkOptions) {
    this.version = options.version ?? 5;
  }

  /** Starts to connect, and goes on trying. */
  open(): void {
    const { topics, url, clientId } = this.options;
    const five = this.version === 5;
    const options: IClientOptions = {
      clientId,
      protocolVersion: this.version,
      clean: true,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_MS,
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      rejectUnauthorized: true,
      ...this.options.credentials,
      // No maximum packet size: a broker drops what is longer without a word to anybody, even a stop.
      ...(five && { properties: { sessionExpiryInterval: 0 } }),
      will: {
        topic: topics.avail,
        payload: Buffer.from('offline'),
        qos: 1,
        retain: true,
        ...(five && { properties: { willDelayInterval: WILL_DELAY_S } }),
      },
    };
    this.lastError = '';
    let client: MqttClient;
    try {
      client = mqtt.connect(url, options);
    } catch (error) {
      // An address that cannot be is thrown at once, and is a failed connection like any other.
      this.lastError = (error as Error).message;
      this.retry(false);
      return;
    }
    this.client = client;
    this.listen(client);
  }

  private listen(client: MqttClient): void {
    const { clientId } = this.options;
    client.on('connect', () => {
      this.mute = 0;
      this.connected(client);
    });
    client.on('message', (topic, payload, packet: IPublishPacket) => {
      if (topic === this.ownPing) {
        this.heardItself();
        return;
      }
      // A broker may hand over what no honest one would: two properties of a kind come as a list.
      const { responseTopic, correlationData } = packet.properties ?? {};
      const reply: Reply = {
        topic: typeof responseTopic === 'string' ? responseTopic : null,
        mark: Buffer.isBuffer(correlationData) ? correlationData : null,
      };
      try {
        this.options.onMessage(topic, payload, packet.retain, reply);
      } catch (error) {
        // Control must not end because of a message.
        this.trouble(`a message on ${this.known(topic)} could not be dealt with: ${(error as Error).message}`);
      }
    });
    client.on('error', (error) => {
      this.lastError = error.message;
    });
    client.on('disconnect', ({ reasonCode = 0 }) => {
      this.lastError =
        reasonCode === TAKEN_OVER
          ? `another client has connected as ${clientId}: two devices of one name?`
          : `the broker ended the connection (reason ${reasonCode})`;
    });
    client.on('close', () => this.lost(client));
  }

  /** Sends while the link is up. `done(true)` once the broker has acknowledged (QoS 1) or it was sent (QoS 0). */
  publish(
    topic: string,
    payload: string,
    { qos = 0, retain = false, mark = null }: { qos?: 0 | 1; retain?: boolean; mark?: Buffer | null } = {},
    done?: (sent: boolean) => void,
  ): void {
    if (!this.client || !this.up) {
      done?.(false);
      return;
    }
    const options = { qos, retain, ...(mark && this.version === 5 && { properties: { correlationData: mark } }) };
    if (!done) {
      this.client.publish(topic, payload, options, (error) => this.refused(topic, error));
      return;
    }
    // The library may never call back for a message that was under way when the link broke.
    const { client } = this;
    const once = (sent: boolean): void => {
      clearTimeout(late);
      if (this.underway.delete(once)) done(sent);
    };
    this.underway.add(once);
    // A broker that answers pings and acknowledges nothing is no broker.
    const late = setTimeout(() => {
      if (!this.underway.has(once) || this.client !== client) return;
      this.lastError = `the broker acknowledged nothing for ${ACK_MS / 1000} s`;
      client.end(true);
    }, ACK_MS);
    late.unref();
    client.publish(topic, payload, options, (error) => {
      this.refused(topic, error);
      once(!error);
    });
  }

  /** Says good-bye: offline is published, not left to the will. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.again) clearTimeout(this.again);
    this.heardItself();
    const { client } = this;
    this.client = null;
    for (const once of [...this.underway]) once(false);
    if (!client) return;
    if (this.up) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, 1000);
        client.publish(this.options.topics.avail, 'offline', { qos: 1, retain: true }, () => {
          clearTimeout(late);
          resolve();
        });
      });
    }
    this.up = false;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, 1000);
      client.end(false, {}, () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  private connected(client: MqttClient): void {
    const { topics } = this.options;
    // rh 2: nothing retained is sent for a subscription; rap: a retain flag that was given stays visible.
    client.subscribe(
      [topics.commands, topics.avail, ...(this.options.also ?? [])],
      { qos: 1, rh: 2, rap: true },
      (error) => {
        if (this.client !== client) return;
        if (error) {
          // Connected and deaf is no connection: a stop would not be heard.
          this.lastError = `the broker refuses the subscription to ${topics.commands}: ${error.message}`;
          client.end(true);
          return;
        }
        this.up = true;
        this.upAt = performance.now();
        this.callItself(client);
        this.options.onUp();
      },
    );
  }

  private get ownPing(): string {
    return this.options.topics.commandBy('ping', this.options.clientId);
  }

  /** A broker may grant a subscription and deliver nothing: a device that does not hear its own ping would not hear a stop. */
  private callItself(client: MqttClient): void {
    this.heardItself();
    this.echo = setTimeout(() => {
      this.trouble(`the broker delivers no commands: ${this.ownPing} of this device did not come back`);
    }, ECHO_MS);
    this.echo.unref();
    client.publish(this.ownPing, 'is it heard', { qos: 1 }, (error) => this.refused(this.ownPing, error));
  }

  private heardItself(): void {
    if (this.echo) clearTimeout(this.echo);
    this.echo = null;
  }

  /** A broker that knows MQTT 5 says when its access list forbids a topic; before that it was silent. */
  private refused(topic: string, error: unknown): void {
    const code = (error as { code?: unknown } | null | undefined)?.code;
    if (typeof code === 'number')
      this.trouble(`the broker refuses ${this.known(topic)}: ${(error as Error).message} (${code})`);
  }

  /** Names of topics that anybody may think up are not told one by one. */
  private known(topic: string): string {
    const { root } = this.options.topics;
    for (const some of ['rsp', 'cmd']) if (topic.startsWith(`${root}/${some}/`)) return `${root}/${some}/…`;
    return topic;
  }

  private trouble(what: string): void {
    if (this.told.has(what) || this.told.size >= MOST_TOLD) return;
    this.told.add(what);
    this.options.onTrouble?.(what);
  }

  private lost(client: MqttClient): void {
    if (this.client !== client) return;
    const wasUp = this.up;
    this.up = false;
    this.client = null;
    client.end(true);
    for (const once of [...this.underway]) once(false);
    this.heardItself();
    if (wasUp && performance.now() - this.upAt >= LASTING_MS) {
      this.backoffMs = LEAST_BACKOFF_MS;
      this.shortLived = 0;
      this.told.clear();
    } else if (wasUp) this.shortLived += 1;
    if (this.shortLived >= MOST_SHORT) {
      const { clientId } = this.options;
      this.trouble(
        `connections end again and again within ${LASTING_MS / 1000} s: does another device call itself ${clientId}?`,
      );
    }
    if (wasUp) this.options.onDown(this.lastError || 'the broker closed the connection');
    if (!this.closed) this.retry(wasUp);
  }

  /** Tells why there is no connection, and tries again later. */
  private retry(wasUp: boolean): void {
    this.mute = wasUp || this.lastError !== '' ? 0 : this.mute + 1;
    if (/protocol version|Unacceptable/i.test(this.lastError) || this.mute >= MOST_MUTE) {
      this.mute = 0;
      this.version = this.version === 5 ? 4 : 5;
      if (this.version === 4) this.trouble('the broker speaks MQTT 3.1.1 only: it cannot say which topics it refuses');
    } else if (!wasUp) this.trouble(`no connection: ${this.lastError || 'the broker closed it'}`);
    const waitMs = this.backoffMs * (0.5 + 0.5 * this.options.chance());
    this.backoffMs = Math.min(MOST_BACKOFF_MS, 2 * this.backoffMs);
    this.again = setTimeout(() => this.open(), waitMs);
    this.again.unref();
  }
}
