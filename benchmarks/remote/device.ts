/** A whole device without a bench: the real link, admission, session, desk and sender over a loop that only writes down. */
import { Person } from '../../src/client/person.ts';
import { type CredentialFiles, readCredentials } from '../../src/files/credentials.ts';
import { Admission } from '../../src/fronts/mqtt/admission.ts';
import { Link } from '../../src/fronts/mqtt/link.ts';
import { Sender } from '../../src/fronts/mqtt/sender.ts';
import { Session } from '../../src/fronts/mqtt/session.ts';
import { type Topics, topics } from '../../src/params/mqtt.ts';
import { pageOf } from '../../src/params/pages.ts';
import { memoryStore, type Store } from '../../src/store/store.ts';
import { type Instant, instant } from '../../src/units.ts';
import { FakeBench } from '../../test/support/desk.ts';

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
  readonly bench: FakeBench;
  /** What the controller was asked for, in words. */
  readonly asked: string[];
  /** The newest events of the record, and how many there were. */
  readonly notes: string[];
  noted = 0;
  readonly admission: Admission;
  readonly session: Session;
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
    const history = this.store;
    this.bench = new FakeBench(
      { 'mqtt.device': name },
      {
        asks: {
          history: async ({ after_seq: afterSeq, limit, part = 1 }) => {
            const records = await history.read({ afterSeq, limit });
            const { stream, newestSeq } = history.stats();
            return { stream, newest: newestSeq, ...pageOf(records, part) };
          },
          runs: async () => [],
          doctor: async () => ({ ok: true, findings: [] }),
          whatIf: () => null,
        },
      },
    );
    let serial = 0x1000;
    this.admission = new Admission(this.bench.desk, () => {
      serial += 1;
      return serial.toString(16).padStart(16, '0');
    });
    this.bench.forgets = true;
    this.asked = this.bench.asked;
    this.notes = this.bench.notes;
    this.bench.feed.subscribe({
      event: () => {
        this.noted += 1;
        this.bench.events.length = 0;
        if (this.notes.length > MOST_NOTES) this.notes.splice(0, MOST_NOTES / 2);
      },
    });
    this.session = new Session({
      desk: this.bench.desk,
      admission: this.admission,
      topics: this.names,
      boot: 'boot-1',
      now: () => ({ mono: this.monoUs(), wallS: this.wallS() }),
      about: { model: 'test' },
      newest: () => {
        const { stream, newestSeq } = this.store.stats();
        return stream === null || newestSeq === null ? null : { stream, seq: newestSeq };
      },
      stopOnLinkLoss: false,
    });
    this.bench.feed.subscribe(this.session);
    this.link = new Link({
      url,
      clientId: name,
      topics: this.names,
      credentials: readCredentials(files),
      onMessage: (topic, payload, retain, reply) => {
        this.heardCount += 1;
        this.heard.push(`${topic.slice(this.names.root.length + 1)} retain ${retain}`);
        if (this.heard.length > MOST_NOTES) this.heard = [];
        this.message(topic, payload, retain, reply);
      },
      onUp: () => {
        this.ups += 1;
        this.tellTime();
        this.session.up();
      },
      onDown: (why) => {
        this.downs.push(why);
        this.session.down(why);
      },
      onTrouble: (what) => this.bench.desk.note('trouble', 'link', what),
      chance,
    });
    this.session.use(this.link);
    this.sender = new Sender(this.store, this.link, this.names);
  }

  monoUs(): Instant {
    return instant((performance.now() - this.begun) * 1000);
  }

  /** A message as it comes from the link. */
  message(...given: Parameters<Session['message']>): void {
    this.tellTime();
    this.session.message(...given);
  }

  /** What follows a control tick. */
  tick(): void {
    this.tellTime();
    this.bench.desk.tick();
    this.session.tick();
  }

  private tellTime(): void {
    this.bench.set({ at: this.monoUs() });
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
