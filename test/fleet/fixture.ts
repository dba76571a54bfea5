/** What each test of the collector has for itself. */
import type { ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Collector, CollectorOptions } from '../../src/fleet/collector.ts';
import type { Mosquitto } from '../support/mosquitto.ts';
import { FakeDevice } from './device.ts';
import { Postgres } from './postgres.ts';
import { end } from './process.ts';
import { collecting, fleetBroker, missing } from './support.ts';

/** A broker, a database in the file’s cluster, a device; and a collector, if it made one. */
export class Fleet {
  cluster!: Postgres;
  broker!: Mosquitto;
  database!: Postgres;
  device!: FakeDevice;
  collector: Collector | null = null;
  /** Ended after the test. */
  programs: ChildProcess[] = [];
  private number = 0;

  /** Registers with the file’s tests. */
  constructor() {
    if (missing.length > 0) return;
    beforeAll(async () => {
      this.cluster = await Postgres.make();
    }, 60_000);
    afterAll(() => this.cluster.close());
    beforeEach(async () => {
      this.number += 1;
      this.broker = await fleetBroker();
      this.database = await this.cluster.fresh(`test_${this.number}`);
      this.device = await FakeDevice.make('bench-1', this.broker.url);
    });
    afterEach(async () => {
      await this.collector?.close();
      this.collector = null;
      for (const child of this.programs) await end(child, 'SIGKILL');
      this.programs = [];
      await this.device.close();
      await this.broker.close();
      await this.database.pool.end();
    });
  }

  /** Starts the collector of this test, or starts it anew. */
  async collect(more: Partial<CollectorOptions> = {}): Promise<Collector> {
    this.collector = await collecting(this.database, this.broker, more);
    return this.collector;
  }

  readonly count = (): Promise<number> => this.database.number('SELECT count(*) FROM records');

  async seqs(): Promise<number[]> {
    const rows = await this.database.query<{ seq: string }>('SELECT seq FROM records ORDER BY seq');
    return rows.map(({ seq }) => Number(seq));
  }
}
