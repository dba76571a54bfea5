/** A person’s client: watches the retained topics of a device, sends commands, waits for the answers. */
import { randomBytes } from 'node:crypto';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { type CredentialFiles, readCredentials } from '../files/credentials.ts';
import type { Answer } from '../params/answers.ts';
import { type CommandName, commandRow } from '../params/commands.ts';
import { type LinkTrouble, linkTrouble, troubleOf } from '../params/link-trouble.ts';
import { mqttName, type Topics } from '../params/mqtt.ts';

export interface PersonOptions {
  /** Goes on where the broker does not let this client read its answers. */
  readonly mayBeDeaf?: boolean;
  readonly url: string;
  readonly topics: Topics;
  /** Answers come to rsp/<client>. */
  readonly client: string;
  /** s since 1970, to date commands. */
  readonly wallS: () => number;
  readonly files: CredentialFiles;
}

/** Why there was no answer. */
export class RemoteError extends Error {
  override name = 'RemoteError';
  constructor(
    /** REMOTE_UNKNOWN: a command was sent that may have been carried out; every other code says that it was not. */
    readonly code: 'REMOTE_UNREACHABLE' | 'REMOTE_SILENT' | 'REMOTE_DENIED' | 'REMOTE_UNKNOWN',
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

const CONNECT_MS = 5000;
const ANSWER_MS = 3000;
/** What is retained comes at once after the subscription. */
const RETAINED_MS = 1000;
const TTL_S = 30;
/** A silent broker is detected after one and a half of these. */
const KEEPALIVE_S = 10;
const CLOSE_MS = 1000;
/** A client that asks too often waits this long, and this often, before it gives the refusal on. */
const BUSY_MS = 1000;
const BUSY_TRIES = 5;

/** How a command is sent. */
export interface Asking {
  /** Instead of a new one, so that a repeat is known as such. */
  readonly id?: string;
  /** How long to wait for the answer, ms; 3,000 if absent. */
  readonly waitMs?: number;
}

interface Asker {
  readonly name: CommandName;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (why: RemoteError) => void;
}

/** An id that no other command has. */
export const newId = (): string => randomBytes(8).toString('hex');

export class Person {
  /** Rejects with REMOTE_UNREACHABLE when the connection ends before `close` is called; it never resolves. */
  readonly lost: Promise<never>;
  private closing = false;
  private readonly waiting = new Map<string, Asker>();
  private readonly retained = new Map<string, unknown>();
  private readonly watchers: ((topic: string, payload: unknown) => void)[] = [];

  private constructor(
    private readonly link: MqttClient,
    private readonly options: PersonOptions,
  ) {
    link.on('message', (topic, payload) => this.take(topic, payload.toString('utf8')));
    this.lost = new Promise((_, reject) => {
      link.once('close', () => {
        if (this.closing) return;
        const askers = [...this.waiting.values()];
        for (const asker of askers) asker.reject(this.unanswered(asker.name, this.unreachable()));
        reject(this.unanswered(askers[0]?.name ?? 'get', this.unreachable()));
      });
    });
    // A rejection without a listener must not end the program.
    this.lost.catch(() => {});
  }

  /** @throws RemoteError REMOTE_UNREACHABLE */
  static async connect(options: PersonOptions): Promise<Person> {
    let cause: LinkTrouble = linkTrouble('LINK_SILENT');
    for (const protocolVersion of [5, 4] as const) {
      const link = mqtt.connect(options.url, connectOptions(options, protocolVersion));
      const connected = await new Promise<boolean>((resolve) => {
        link.once('connect', () => resolve(true));
        link.once('close', () => resolve(false));
        link.on('error', (error) => {
          cause = troubleOf(error);
        });
      });
      if (connected) {
        const person = new Person(link, options);
        const { topics, client } = options;
        const list = [topics.avail, topics.info, topics.state, topics.trip, topics.cfg, topics.live];
        await new Promise<void>((resolve) => link.subscribe(list, { qos: 1 }, () => resolve()));
        const own = topics.answer(client);
        const error = await new Promise<Error | null>((resolve) => link.subscribe(own, { qos: 1 }, resolve));
        // Without its answers every command of this client would have an unknown outcome.
        // A stop is sent all the same: it needs no answer to be obeyed.
        if (!error || !link.connected || options.mayBeDeaf) return person;
        await person.close();
        throw person.deaf(own, 'answers cannot be received');
      }
      link.end(true);
    }
    const { sentence, detail, remedy } = cause;
    const seen = detail === '' ? sentence : `${sentence} (${detail})`;
    throw new RemoteError('REMOTE_UNREACHABLE', `${options.url}: ${seen}`, remedy);
  }

  /** Whether the device has said anything, retained messages included. */
  get hears(): boolean {
    return this.retained.size > 0;
  }

  get connected(): boolean {
    return this.link.connected;
  }

  /** Calls `seen` for every message of the device, parsed where it is JSON. */
  watch(seen: (topic: string, payload: unknown) => void): void {
    this.watchers.push(seen);
    for (const [topic, payload] of this.retained) seen(topic, payload);
  }

  /** Calls `seen` for every message on these topics, too. */
  async listen(topics: readonly string[], seen: (topic: string, payload: unknown) => void): Promise<void> {
    this.watchers.push((topic, payload) => {
      if (topics.includes(topic)) seen(topic, payload);
    });
    await new Promise<void>((resolve) => this.link.subscribe([...topics], { qos: 1 }, () => resolve()));
  }

  /**
   * Removes the retained messages on the command topics of the device: what is found within a second. What is still there
   * afterwards is left, because the broker does not let this client write it.
   * @throws RemoteError REMOTE_DENIED when the broker does not allow this client to read the command topics
   */
  async clearCommands(): Promise<{ readonly cleared: readonly string[]; readonly left: readonly string[] }> {
    const { commands } = this.options.topics;
    const found = await this.retainedOn(commands);
    for (const topic of found) {
      await new Promise<void>((resolve) => {
        this.link.publish(topic, '', { qos: 1, retain: true }, () => resolve());
      });
    }
    const left = found.length === 0 ? [] : await this.retainedOn(commands);
    return { cleared: found.filter((topic) => !left.includes(topic)), left };
  }

  /**
   * What is retained on the command topics. Brokers grant a subscription that their access list denies, and deliver
   * nothing: only a ping of our own that comes back proves that the subscription works.
   */
  private async retainedOn(filter: string): Promise<string[]> {
    const found = new Set<string>();
    const ping = this.options.topics.commandBy('ping', this.options.client);
    const { id, payload } = this.command();
    let hears = false;
    const note = (topic: string, message: Buffer, { retain }: { retain: boolean }): void => {
      if (retain && topic.startsWith(filter.slice(0, -1))) found.add(topic);
      if (topic === ping && message.includes(id)) hears = true;
    };
    this.link.on('message', note);
    await new Promise<void>((resolve) => this.link.subscribe(filter, { qos: 1 }, () => resolve()));
    this.link.publish(ping, payload, { qos: 1 }, () => {});
    await pause(RETAINED_MS);
    for (const end = performance.now() + ANSWER_MS; !hears && performance.now() < end; ) await pause(20);
    this.link.off('message', note);
    await new Promise<void>((resolve) => this.link.unsubscribe(filter, () => resolve()));
    if (!hears) throw this.deaf(filter, 'retained commands cannot be found');
    return [...found];
  }

  /** The newest value of a retained topic. @throws RemoteError REMOTE_SILENT when there is none */
  async value(topic: string): Promise<unknown> {
    const end = performance.now() + ANSWER_MS;
    while (!this.retained.has(topic)) {
      if (performance.now() > end) throw this.silent();
      if (!this.link.connected) throw this.unreachable();
      await pause(20);
    }
    return this.retained.get(topic);
  }

  /**
   * Sends a command, with the nonce of the present state where it needs one, and waits for the answer. While the device
   * refuses it for being one of too many (429) it is sent again, a second apart.
   * @throws RemoteError REMOTE_UNKNOWN when a command that acts was sent and no answer came: it may have been carried out
   */
  async ask(name: CommandName, fields: Readonly<Record<string, unknown>> = {}, how: Asking = {}): Promise<Answer> {
    for (let n = 1; ; n += 1) {
      const answer = await this.once(name, fields, how);
      if (answer.code !== 429 || n >= BUSY_TRIES) return answer;
      await pause(BUSY_MS);
    }
  }

  private async once(name: CommandName, fields: Readonly<Record<string, unknown>>, how: Asking): Promise<Answer> {
    const { topics, client } = this.options;
    const nonce =
      commandRow(name).heat === 'adds' ? { nonce: ((await this.value(topics.state)) as { nonce?: string }).nonce } : {};
    if (!this.link.connected) throw this.unreachable();
    const { id, payload } = this.command({ ...nonce, ...fields, ...(how.id !== undefined && { id: how.id }) });
    let late: NodeJS.Timeout | undefined;
    const answered = new Promise<Answer>((resolve, reject) => {
      late = setTimeout(() => reject(this.unanswered(name, this.silent())), how.waitMs ?? ANSWER_MS);
      this.waiting.set(id, { name, resolve, reject });
      this.link.publish(topics.commandBy(mqttName(name), client), payload, { qos: 1 }, (error) => {
        // MQTT 5 says so when the access list forbids it; 3.1.1 stays silent.
        if (!error) return;
        if (this.link.connected) reject(this.denied(name, error.message));
        else reject(this.unanswered(name, this.unreachable()));
      });
    });
    try {
      return await answered;
    } finally {
      clearTimeout(late);
      this.waiting.delete(id);
    }
  }

  /** Disconnects, without waiting for a broker that no longer answers. */
  close(): Promise<void> {
    this.closing = true;
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.link.stream.destroy();
        resolve();
      }, CLOSE_MS);
      this.link.end(!this.link.connected, {}, () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  /** A command’s text, and the id that its answer will have. */
  private command(fields: Readonly<Record<string, unknown>> = {}): { readonly id: string; readonly payload: string } {
    const { client, wallS } = this.options;
    const id = typeof fields['id'] === 'string' ? fields['id'] : newId();
    return { id, payload: JSON.stringify({ client, ts: wallS(), ttl_s: TTL_S, ...fields, id }) };
  }

  /** No answer to a command that was sent. A question has changed nothing; a command that acts may have been carried out. */
  private unanswered(name: CommandName, why: RemoteError): RemoteError {
    const { kind, heat } = commandRow(name);
    if (kind === 'ask') return why;
    const remedy =
      heat === 'removes'
        ? 'The heater may still be on: send it again, or use the switch at the bench.'
        : 'Look at the state (remixd remote get) before you send it again; neither success nor failure is certain.';
    return new RemoteError('REMOTE_UNKNOWN', `${name} was sent and not answered: ${why.message}`, remedy);
  }

  private unreachable(): RemoteError {
    return new RemoteError(
      'REMOTE_UNREACHABLE',
      `${this.options.url}: the connection was lost`,
      'Check that the broker is running and reachable, then try again.',
    );
  }

  private deaf(filter: string, so: string): RemoteError {
    const { client, url } = this.options;
    return new RemoteError(
      'REMOTE_DENIED',
      `${url} does not allow ${client} to read ${filter}, so ${so}`,
      'Set --client to the common name of your certificate, or ask the broker’s administrator for the role run or tune.',
    );
  }

  private denied(name: CommandName, message: string): RemoteError {
    const { client, url } = this.options;
    return new RemoteError(
      'REMOTE_DENIED',
      `${url} does not allow ${client} to send ${name}: ${message}`,
      'Set --client to the common name of your certificate, or ask the broker’s administrator for the role.',
    );
  }

  private silent(): RemoteError {
    const { topics, url } = this.options;
    return new RemoteError(
      'REMOTE_SILENT',
      `no message from ${topics.root} on ${url}`,
      'Check the device name (--device) and that the device is connected: its avail topic must be online.',
    );
  }

  private take(topic: string, text: string): void {
    let payload: unknown = text;
    try {
      payload = JSON.parse(text);
    } catch {
      // avail is a plain word, not JSON.
    }
    if (topic === this.options.topics.answer(this.options.client)) {
      const answer = payload as Answer & { readonly id: string | null };
      if (answer.id !== null) this.waiting.get(answer.id)?.resolve(answer);
      return;
    }
    this.retained.set(topic, payload);
    for (const seen of this.watchers) seen(topic, payload);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const connectOptions = ({ client, files }: PersonOptions, protocolVersion: 4 | 5): IClientOptions => ({
  clientId: `${client}-${randomBytes(4).toString('hex')}`,
  protocolVersion,
  clean: true,
  keepalive: KEEPALIVE_S,
  reconnectPeriod: 0,
  connectTimeout: CONNECT_MS,
  ...readCredentials(files),
});
