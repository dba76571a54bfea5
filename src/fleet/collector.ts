/**
 * The collector: lanes from the broker, one writer to the database, and a connection to the devices to repair gaps.
 *
 *   devices ──> broker ──(lane 1..N, shared)──> writer ──> PostgreSQL
 *      ▲                                                      │ gaps
 *      └────────────── control: history? ◄── repair ◄─────────┘
 */
import type { IClientOptions } from 'mqtt';
import { Control } from './control.ts';
import { Database } from './database.ts';
import { FleetError } from './error.ts';
import { intakeOf } from './intake.ts';
import { Lane } from './lane.ts';
import { Repair } from './repair.ts';
import { Writer } from './writer.ts';

export interface CollectorOptions {
  /** postgresql://USER@HOST:PORT/NAME. */
  readonly database: string;
  /** Text of fleet/schema.sql. */
  readonly schema: string;
  /** mqtt:// or mqtts://host:port. */
  readonly broker: string;
  readonly credentials: IClientOptions;
  /** Client name of this collector; lanes are <client>-1..N. Each collector of a group needs its own name. */
  readonly client: string;
  readonly group: string;
  /** 1..64. */
  readonly lanes: number;
  /** Between two looks for gaps, ms. */
  readonly lookMs?: number;
  readonly say?: (text: string) => void;
}

/** Status; counts are since the start. */
export interface Status {
  readonly records: number;
  readonly repeated: number;
  readonly rejected: number;
  readonly repaired: number;
  readonly absent: number;
  readonly waiting: number;
  readonly database: boolean;
  /** Lanes that are connected. */
  readonly lanes: number;
}

const RETIRE_MS = 3000;

export class Collector {
  private readonly writer: Writer;
  private readonly control: Control;
  private readonly repair: Repair;
  private readonly lanes: Lane[];
  private readonly retiring: Lane[] = [];
  private closing = false;

  constructor(private readonly options: CollectorOptions) {
    const { database, schema, broker, credentials, client, lookMs } = options;
    const say = options.say ?? (() => {});
    this.writer = new Writer(database, schema, say);
    this.control = new Control({
      url: broker,
      client,
      credentials,
      onRetained: (device, topic, value) => {
        this.writer.retain(device, topic, value);
        this.repair.heard(device, topic, value);
      },
    });
    this.repair = new Repair({
      url: database,
      writer: this.writer,
      control: this.control,
      say,
      ...(lookMs !== undefined && { lookMs }),
    });
    this.lanes = Array.from({ length: options.lanes }, (_, i) => this.lane(i + 1));
  }

  /** @throws FleetError when the database or the broker refuses the first connection; later both are reconnected */
  async open(): Promise<void> {
    try {
      await this.writer.open();
      const first = await this.lanes[0]?.open();
      if (first) {
        throw new FleetError(
          'BROKER_UNREACHABLE',
          `${this.options.broker}: ${first}`,
          'Check that the broker is running, --broker, certificates and password (mqtt.caFile, certFile, keyFile, ' +
            'passwordFile). The broker must support MQTT 5 with shared subscriptions, as mosquitto does.',
        );
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    for (const lane of this.lanes.slice(1)) void lane.open();
    this.control.open();
    this.repair.open();
    await this.retireOld();
  }

  status(): Status {
    const { records, repeated, rejected } = this.writer.counts;
    return {
      records,
      repeated,
      rejected,
      ...this.repair.counts,
      waiting: this.writer.queued,
      database: this.writer.up,
      lanes: this.lanes.filter(({ up }) => up).length,
    };
  }

  /** Commits and acknowledges received messages, then disconnects; the broker keeps the lanes’ sessions. */
  async close(): Promise<void> {
    this.closing = true;
    await this.repair.close();
    await this.writer.close();
    await Promise.all([...this.lanes, ...this.retiring].map((lane) => lane.close()));
    await this.control.close();
  }

  private lane(n: number, retireMs = 0): Lane {
    const { broker, client, group, credentials } = this.options;
    return new Lane({
      url: broker,
      clientId: `${client}-${n}`,
      credentials,
      filters: ['tele', 'evt'].map((name) => `$share/${group}/remix/1/+/${name}`),
      // A message that is not taken is not acknowledged and is sent again.
      take: (topic, payload) =>
        this.closing ? new Promise(() => {}) : this.writer.put(topic, intakeOf(topic, payload)),
      ...(n === 1 && this.options.say && { say: this.options.say }),
      retireMs,
    });
  }

  /** An earlier start may have had more lanes; the broker still queues messages for those, so they are drained and ended. */
  private async retireOld(): Promise<void> {
    const { database, client, lanes } = this.options;
    const db = new Database(database, async () => {});
    const before = await db.transact(async (pg) => {
      const { rows } = await pg.query<{ n: number }>('SELECT n FROM lanes WHERE client = $1', [client]);
      await pg.query(
        'INSERT INTO lanes VALUES ($1, $2) ON CONFLICT (client) DO UPDATE SET n = greatest(lanes.n, excluded.n)',
        [client, lanes],
      );
      return rows[0]?.n ?? 0;
    });
    for (let n = lanes + 1; n <= before; n += 1) this.retiring.push(this.lane(n, RETIRE_MS));
    if (this.retiring.length === 0) return db.close();
    void Promise.all(this.retiring.map((lane) => lane.retire()))
      .then(() => db.transact((pg) => pg.query('UPDATE lanes SET n = $2 WHERE client = $1', [client, lanes])))
      .catch(() => {})
      .finally(() => db.close());
  }
}
