/** A whole device without a bench: the real link, gate, remote side and sender over a controller that only writes down. */
import { Person } from '../../src/client/person.ts';
import { startTuning } from '../../src/desk/tuning.ts';
import type { CredentialFiles } from '../../src/files/credentials.ts';
import { CommandGate } from '../../src/fronts/mqtt/command-gate.ts';
import { Link } from '../../src/fronts/mqtt/link.ts';
import { type Desk, Remote } from '../../src/fronts/mqtt/remote.ts';
import { pageOf, Sender } from '../../src/fronts/mqtt/sender.ts';
import { type Topics, topics } from '../../src/params/remote.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { memoryStore, type Store } from '../../src/store/store.ts';
import { FakeDesk } from '../../test/support/desk.ts';

export const NO_FILES: CredentialFiles = { ca: null, cert: null, key: null, password: null };

export interface DeviceOptions {
  readonly url: string;
  readonly name?: string;
  /** Its history; in memory if none is given. */
  readonly store?: Store;
  readonly files?: CredentialFiles;
  /** s since 1970; null = this device has no clock. */
  readonly wallS?: () => number | null;
  /** 0..1, for the back-off; 0 = as soon as it can. */
  readonly chance?: () => number;
}

const MOST_NOTES = 1000;

export class Device {
  readonly names: Topics;
  readonly store: Store;
  readonly wallS: () => number | null;
  /** What the controller was asked for, in words. */
  readonly asked: string[];
  /** The newest events of the record, and how many there were. */
  readonly notes: string[] = [];
  noted = 0;
  readonly gate: CommandGate;
  readonly remote: Remote;
  readonly link: Link;
  readonly sender: Sender;
  /** The newest messages that came, with their retain flag. */
  heard: string[] = [];
  heardCount = 0;
  ups = 0;
  readonly downs: string[] = [];
  private readonly begun = performance.now();

  constructor({ url, name = 'bench', store, files = NO_FILES, wallS = () => null, chance = () => 0 }: DeviceOptions) {
    this.names = topics(name);
    this.wallS = wallS;
    this.store =
      store ??
      memoryStore({ now: () => ({ monoUs: this.monoUs(), wallMs: Date.now(), clock: 'synced' }), maxBytes: 64e6 });
    let serial = 0x1000;
    this.gate = new CommandGate({ mayArm: true, mayTune: true }, () => {
      serial += 1;
      return serial.toString(16).padStart(16, '0');
    });
    const fake = new FakeDesk();
    this.asked = fake.asked;
    this.remote = new Remote({
      desk: { ...fake, ...this.deskParts() },
      gate: this.gate,
      topics: this.names,
      tuning: startTuning({ ...defaultSettings(), 'mqtt.device': name }),
      boot: 'boot-1',
      keep: async () => {},
      stopOnLinkLoss: false,
    });
    this.link = new Link({
      url,
      clientId: name,
      topics: this.names,
      files,
      onMessage: (topic, payload, retain, reply) => {
        this.heardCount += 1;
        this.heard.push(`${topic.slice(this.names.root.length + 1)} retain ${retain}`);
        if (this.heard.length > MOST_NOTES) this.heard = [];
        this.remote.message(topic, payload, retain, reply);
      },
      onUp: () => {
        this.ups += 1;
        this.remote.up();
      },
      onDown: (why) => {
        this.downs.push(why);
        this.remote.down(why);
      },
      onTrouble: (what) => this.notes.push(`refused link ${what}`),
      chance,
    });
    this.remote.use(this.link);
    this.sender = new Sender(this.store, this.link, this.names);
  }

  monoUs(): number {
    return (performance.now() - this.begun) * 1000;
  }

  /** What is real of the desk: clock, events and history; and settings count as asked for. */
  private deskParts(): Pick<Desk, 'apply' | 'now' | 'note' | 'history' | 'newest'> {
    const { store, notes } = this;
    return {
      apply: (settings) => void this.asked.push(`apply pulse.onMs ${settings['pulse.onMs']}`),
      now: () => ({ mono: this.monoUs(), wallS: this.wallS() }),
      note: (kind, code, text) => {
        this.noted += 1;
        notes.push(`${kind} ${code} ${text}`);
        if (notes.length > MOST_NOTES) notes.splice(0, MOST_NOTES / 2);
      },
      history: async (afterSeq, limit, part) => {
        const records = await store.read({ afterSeq, limit });
        const { stream, newestSeq } = store.stats();
        return { stream, newest: newestSeq, ...pageOf(records, part) };
      },
      newest: () => {
        const { stream, newestSeq } = store.stats();
        return stream === null || newestSeq === null ? null : { stream, seq: newestSeq };
      },
    };
  }

  /** Opens the link and waits until it is up. */
  async online(): Promise<this> {
    this.link.open();
    await until(() => this.link.up);
    return this;
  }

  /** Sends until the broker has acknowledged all that is stored, over lost links too. */
  async drained(ms = 60_000): Promise<void> {
    const end = performance.now() + ms;
    while (this.store.cursor() < (this.store.stats().newestSeq ?? 0)) {
      if (performance.now() > end) throw new Error('the history was not sent in time');
      await this.sender.drain();
      await pause(10);
    }
  }

  async close(): Promise<void> {
    await this.link.close();
    await this.store.close();
  }
}

/** A person who talks to a device. */
export const personAt = (url: string, names: Topics, client = 'friend'): Promise<Person> =>
  Person.connect({ url, topics: names, client, wallS: () => Date.now() / 1000, files: NO_FILES });

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something holds. Throws when it does not within `ms`. */
export async function until(holds: () => boolean, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not in time: ${holds.toString()}`);
    await pause(10);
  }
}
