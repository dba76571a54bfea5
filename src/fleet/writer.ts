/**
 * The only writer: everything that waits goes to the database in one transaction, so the more is waiting, the cheaper each
 * row. A message counts as taken only when its transaction is committed. While the database is unreachable the messages
 * wait; they are few, because each lane of the broker has one in progress.
 *
 * Parts of a long record go to a table as they come and become a record when all are there. Holding back their
 * acknowledgements instead would block a lane each, and a record of more parts than lanes for ever.
 */
import { Database } from './database.ts';
import { causeOf } from './error.ts';
import { type Intake, note } from './intake.ts';
import { assemble, migrate, STAGING, take } from './rows.ts';
import { jsonbText } from './text.ts';

/** What has happened since the start. */
export interface Counts {
  records: number;
  repeated: number;
  rejected: number;
  commits: number;
}

interface Waiting {
  readonly topic: string;
  readonly intake: Intake;
  readonly done: () => void;
}

/** One transaction takes at most this many messages; the rest has the next. */
const MOST_MESSAGES = 1000;
/** Retained values of a device are written at most this often. */
const RETAINED_MS = 1000;
const CLOSE_MS = 5000;
const SWEEP_MS = 3_600_000;

const SWEEP = "DELETE FROM parts WHERE received < clock_timestamp() - interval '7 days'";
const RETAIN = `INSERT INTO latest (device, topic, value)
SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[]) AS v (device, topic, value) ORDER BY 1, 2
ON CONFLICT (device, topic) DO UPDATE SET value = excluded.value, received = clock_timestamp()`;

export class Writer {
  readonly counts: Counts = { records: 0, repeated: 0, rejected: 0, commits: 0 };
  private readonly database: Database;
  private waiting: Waiting[] = [];
  private underWay = 0;
  private loop: Promise<void> | null = null;
  private retained = new Map<string, { device: string; topic: string; value: unknown }>();
  private timers: NodeJS.Timeout[] = [];
  private retainedAt = -RETAINED_MS;
  private mayHaveParts = true;
  private closed = false;

  /** `schema` is the text of fleet/schema.sql. */
  constructor(
    url: string,
    schema: string,
    private readonly say: (text: string) => void = () => {},
  ) {
    this.database = new Database(
      url,
      async (client) => {
        await migrate(client, schema);
        await client.query(STAGING);
      },
      say,
    );
  }

  /** Whether the database answers. */
  get up(): boolean {
    return this.database.up;
  }

  /** Messages that are not committed yet. */
  get queued(): number {
    return this.waiting.length + this.underWay;
  }

  /** @throws FleetError when the database refuses the connection */
  async open(): Promise<void> {
    await this.database.open();
    this.timers = [setInterval(() => this.start(), RETAINED_MS), setInterval(() => this.sweep(), SWEEP_MS)];
    this.start();
  }

  /** Resolves when this is committed; never if the writer is closed before that. */
  put(topic: string, intake: Intake): Promise<void> {
    return new Promise((done) => {
      this.waiting.push({ topic, intake, done });
      this.start();
    });
  }

  /** Notes the newest value of a retained topic; written with the next batch or within a second. */
  retain(device: string, topic: 'avail' | 'state' | 'trip', value: unknown): void {
    this.retained.set(`${device}/${topic}`, { device, topic, value });
  }

  /** Commits waiting messages if the database accepts them within 5 s, then closes the connection. */
  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    if (this.database.up) {
      this.start();
      let late: NodeJS.Timeout | undefined;
      const given = new Promise((resolve) => {
        late = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([this.loop, given]);
      clearTimeout(late);
    }
    this.closed = true;
    await this.database.close();
  }

  private start(): void {
    this.loop ??= this.run()
      .catch((error: unknown) => {
        if (!this.closed) this.say(`Messages could not be written: ${causeOf(error)}`);
      })
      .finally(() => {
        this.loop = null;
      });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0 || this.isRetainedDue || this.mayHaveParts) {
      const batch = this.waiting.splice(0, MOST_MESSAGES);
      this.underWay = batch.length;
      if (batch.length > 0) await this.commit(batch);
      this.underWay = 0;
      if (this.mayHaveParts) await this.assemble();
      if (this.isRetainedDue) await this.writeRetained();
      // Each lane that was just acknowledged delivers its next message at once; waiting for those fills the next batch.
      await new Promise(setImmediate);
    }
  }

  /** A batch that the server refuses for its data is halved until the message is found, which is then noted as rejected. */
  private async commit(batch: readonly Waiting[]): Promise<void> {
    let taken: Awaited<ReturnType<typeof take>>;
    const intakes = batch.map(({ intake }) => intake);
    try {
      taken = await this.database.transact((client) => take(client, intakes));
    } catch (error) {
      const [first] = batch;
      if (!first || !this.database.up) throw error;
      if (batch.length > 1) {
        const half = batch.length >> 1;
        await this.commit(batch.slice(0, half));
        return this.commit(batch.slice(half));
      }
      const rejected = [note(first.topic, `the database refused it: ${causeOf(error)}`, 0, '')];
      return this.commit([{ ...first, intake: { records: [], parts: [], rejected } }]);
    }
    this.counts.records += taken.fresh;
    this.counts.repeated += taken.repeated;
    this.counts.rejected += intakes.reduce((sum, { rejected }) => sum + rejected.length, 0);
    this.counts.commits += 1;
    this.mayHaveParts ||= intakes.some(({ parts }) => parts.length > 0);
    for (const { done } of batch) done();
  }

  private async assemble(): Promise<void> {
    this.mayHaveParts = false;
    const taken = await this.database.transact(assemble);
    this.mayHaveParts = taken !== null;
    if (!taken) return;
    this.counts.records += taken.fresh;
    this.counts.repeated += taken.repeated;
    this.counts.rejected += taken.rejected;
  }

  private get isRetainedDue(): boolean {
    return this.retained.size > 0 && performance.now() - this.retainedAt > 0.9 * RETAINED_MS;
  }

  private async writeRetained(): Promise<void> {
    this.retainedAt = performance.now();
    const values = [...this.retained.values()];
    this.retained = new Map();
    await this.database.transact((client) =>
      client.query(RETAIN, [
        values.map(({ device }) => device),
        values.map(({ topic }) => topic),
        values.map(({ value }) => jsonbText(value)),
      ]),
    );
  }

  private sweep(): void {
    this.database.transact((client) => client.query(SWEEP)).catch(() => {});
  }
}
