/**
 * The connection to a broker: MQTT 5 first, 3.1.1 accepted. Clean start and no session, so nothing is queued for this
 * device while it is away; the client library’s own offline queue is off, because it loses what it cannot hold. Reconnects
 * after 1 to 60 s with chance in it. A lost link changes nothing here: what it means for a run is decided locally.
 */
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import {
  type LinkTrouble,
  type LinkTroubleCode,
  linkTrouble,
  troubleLine,
  troubleOf,
} from '../../params/link-trouble.ts';
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
  readonly onTrouble?: (line: string) => void;
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
/** Messages that wait for the broker’s receive maximum; an acknowledgement that does not come ends the link before that. */
const MOST_QUEUED = 1000;
const ECHO_MS = 5000;
/** MQTT 5, 3.14.2.1: another client has connected with this identifier. */
const TAKEN_OVER = 0x8e;
/** A short break of the link is not the end of the device. */
const WILL_DELAY_S = 5;
/** Bytes of a PUBLISH beside topic, payload and mark (MQTT 5, 3.3): header, lengths, packet number, properties. */
const OVERHEAD_BYTES = 20;

/** How a message is sent. `quiet`: a refusal of it is expected and not told. */
interface Sending {
  readonly qos?: 0 | 1;
  readonly retain?: boolean;
  readonly mark?: Buffer | null;
  readonly quiet?: boolean;
}

const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8');

/** Shown in place of whatever stood before. */
const GRAVE: ReadonlySet<LinkTroubleCode> = new Set(['LINK_DEAF', 'LINK_UNSTABLE']);

export class Link {
  up = false;
  private client: MqttClient | null = null;
  private version: 4 | 5;
  private backoffMs = LEAST_BACKOFF_MS;
  private again: NodeJS.Timeout | null = null;
  private closed = false;
  private lastError: LinkTrouble | null = null;
  private standing: LinkTrouble | null = null;
  /** What the broker said at the connection (CONNACK): bytes of a packet, and messages that may wait for its word. */
  private mostBytes = Number.POSITIVE_INFINITY;
  private mostUnderway = Number.POSITIVE_INFINITY;
  private unacknowledged = 0;
  private readonly queued: (() => void)[] = [];
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

  /** What does not work now, or null. A connection that is up may have one, too: a topic denied, commands not delivered. */
  get trouble(): LinkTrouble | null {
    return this.standing;
  }

  /** Bytes of payload that the broker accepts on a topic; infinite where it has not set a limit. */
  roomFor(topic: string): number {
    return Math.max(0, this.mostBytes - bytesOf(topic) - OVERHEAD_BYTES);
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
    this.lastError = null;
    let client: MqttClient;
    try {
      client = mqtt.connect(url, options);
    } catch (error) {
      // An address that cannot be is thrown at once, and is a failed connection like any other.
      this.lastError = linkTrouble('LINK_NO_HOST', (error as Error).message);
      this.retry(false);
      return;
    }
    this.client = client;
    this.listen(client);
  }

  private listen(client: MqttClient): void {
    const { clientId } = this.options;
    client.on('connect', ({ properties }) => {
      this.mute = 0;
      this.mostBytes = properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY;
      this.mostUnderway = properties?.receiveMaximum ?? Number.POSITIVE_INFINITY;
      this.unacknowledged = 0;
      this.queued.length = 0;
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
        this.tell('LINK_MESSAGE', `${this.known(topic)}: ${(error as Error).message}`);
      }
    });
    client.on('error', (error) => {
      this.lastError = troubleOf(error);
    });
    client.on('disconnect', ({ reasonCode = 0 }) => {
      this.lastError =
        reasonCode === TAKEN_OVER
          ? linkTrouble('LINK_NAME_TAKEN', `another client has connected as ${clientId}`)
          : linkTrouble('LINK_LOST', `the broker ended the connection, reason ${reasonCode}`);
    });
    client.on('close', () => this.lost(client));
  }

  /**
   * Sends while the link is up. `done(true)` once the broker has acknowledged (QoS 1) or it was sent (QoS 0); `done(false)`
   * for a message that the broker would not accept for its size, too: it would end the connection, and a stop needs that.
   */
  publish(topic: string, payload: string, sending: Sending = {}, done?: (sent: boolean) => void): void {
    const { client } = this;
    if (!client || !this.up) {
      done?.(false);
      return;
    }
    const { qos = 0, mark = null } = sending;
    if (bytesOf(payload) + (mark?.length ?? 0) > this.roomFor(topic)) {
      this.stand(
        'LINK_TOO_LARGE',
        `${this.known(topic)}, ${bytesOf(payload)} bytes; allowed: ${this.mostBytes} a packet`,
      );
      done?.(false);
      return;
    }
    // The library may never call back for a message that was under way when the link broke.
    const once = (sent: boolean): void => {
      if (this.underway.delete(once)) done?.(sent);
    };
    if (done) this.underway.add(once);
    const send = (): void => this.send(client, { topic, payload, sending }, once);
    if (qos === 0 || this.unacknowledged < this.mostUnderway) send();
    else if (this.queued.length < MOST_QUEUED) this.queued.push(send);
    else once(false);
  }

  private send(
    client: MqttClient,
    { topic, payload, sending }: { topic: string; payload: string; sending: Sending },
    once: (sent: boolean) => void,
  ): void {
    const { qos = 0, retain = false, mark = null, quiet = false } = sending;
    const options = { qos, retain, ...(mark && this.version === 5 && { properties: { correlationData: mark } }) };
    if (qos === 1) this.unacknowledged += 1;
    // A broker that answers pings and acknowledges nothing does not work.
    const late = setTimeout(() => {
      if (this.client !== client) return;
      this.lastError = linkTrouble('LINK_SILENT', `nothing acknowledged for ${ACK_MS / 1000} s`);
      client.end(true);
    }, ACK_MS).unref();
    client.publish(topic, payload, options, (error) => {
      clearTimeout(late);
      if (!quiet) this.refused(topic, error);
      if (qos === 1 && this.client === client) {
        this.unacknowledged -= 1;
        this.queued.shift()?.();
      }
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
    const how = { qos: 1, rh: 2, rap: true } as const;
    client.subscribe(topics.commands, how, (error) => {
      if (this.client !== client) return;
      if (error) {
        // Connected and deaf is no connection: a stop would not be heard.
        this.lastError = linkTrouble('LINK_TOPIC_DENIED', `reading ${topics.commands}: ${error.message}`);
        client.end(true);
        return;
      }
      this.up = true;
      this.upAt = performance.now();
      this.standing = null;
      this.callItself();
      this.options.onUp();
    });
    for (const topic of [topics.avail, ...(this.options.also ?? [])]) {
      client.subscribe(topic, how, (error) => this.refused(topic, error));
    }
  }

  private get ownPing(): string {
    return this.options.topics.commandBy('ping', this.options.clientId);
  }

  /** A broker may grant a subscription and deliver nothing: a device that does not hear its own ping would not hear a stop. */
  private callItself(): void {
    this.heardItself();
    this.echo = setTimeout(() => {
      this.stand('LINK_DEAF', `${this.ownPing} did not come back`);
    }, ECHO_MS);
    this.echo.unref();
    this.publish(this.ownPing, 'is it heard', { qos: 1 });
  }

  private heardItself(): void {
    if (this.echo) clearTimeout(this.echo);
    this.echo = null;
    if (this.standing?.code === 'LINK_DEAF') this.standing = null;
  }

  /** A broker that knows MQTT 5 says when its access list forbids a topic; before that it was silent. */
  private refused(topic: string, error: unknown): void {
    const code = (error as { code?: unknown } | null | undefined)?.code;
    if (typeof code === 'number')
      this.stand('LINK_TOPIC_DENIED', `${this.known(topic)}: ${(error as Error).message}, reason ${code}`);
  }

  /** Names of topics that anybody may think up are not told one by one. */
  private known(topic: string): string {
    const { root } = this.options.topics;
    for (const some of ['rsp', 'cmd']) if (topic.startsWith(`${root}/${some}/`)) return `${root}/${some}/…`;
    return topic;
  }

  /**
   * Tells a trouble that stays until the connection is made again. The first of a connection is the one that is shown, unless
   * a graver one comes: a stop that is not heard, a connection that does not last.
   */
  private stand(code: LinkTroubleCode, detail: string): void {
    if (this.standing === null || GRAVE.has(code)) this.standing = linkTrouble(code, detail);
    this.tell(code, detail);
  }

  private tell(code: LinkTroubleCode, detail: string): void {
    const key = `${code} ${detail}`;
    if (this.told.has(key) || this.told.size >= MOST_TOLD) return;
    this.told.add(key);
    this.options.onTrouble?.(troubleLine(linkTrouble(code, detail)));
  }

  private lost(client: MqttClient): void {
    if (this.client !== client) return;
    const wasUp = this.up;
    this.up = false;
    this.client = null;
    client.end(true);
    for (const once of [...this.underway]) once(false);
    this.queued.length = 0;
    this.heardItself();
    if (wasUp && performance.now() - this.upAt >= LASTING_MS) {
      this.backoffMs = LEAST_BACKOFF_MS;
      this.shortLived = 0;
      this.told.clear();
    } else if (wasUp) this.shortLived += 1;
    if (this.shortLived >= MOST_SHORT) {
      this.stand('LINK_UNSTABLE', `each within ${LASTING_MS / 1000} s, as ${this.options.clientId}`);
    }
    const why = this.lastError ?? linkTrouble('LINK_LOST');
    if (wasUp) {
      this.standing = this.shortLived >= MOST_SHORT ? this.standing : why;
      this.options.onDown(troubleLine(why));
    }
    if (!this.closed) this.retry(wasUp);
  }

  /** Tells why there is no connection, and tries again later. */
  private retry(wasUp: boolean): void {
    const { lastError } = this;
    this.mute = wasUp || lastError !== null ? 0 : this.mute + 1;
    if (/protocol version|Unacceptable/i.test(lastError?.detail ?? '') || this.mute >= MOST_MUTE) {
      this.mute = 0;
      this.version = this.version === 5 ? 4 : 5;
      if (this.version === 4) this.tell('LINK_OLD', '');
    } else if (!wasUp) {
      const { code, detail } = lastError ?? linkTrouble('LINK_SILENT', 'it closed the connection');
      // The newest failure is the one to look at.
      this.standing = linkTrouble(code, detail);
      this.tell(code, detail);
    }
    const waitMs = this.backoffMs * (0.5 + 0.5 * this.options.chance());
    this.backoffMs = Math.min(MOST_BACKOFF_MS, 2 * this.backoffMs);
    this.again = setTimeout(() => this.open(), waitMs);
    this.again.unref();
  }
}
