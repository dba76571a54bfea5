/** The broker of a fleet, and a collector in this process. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { Collector, type CollectorOptions } from '../../src/fleet/collector.ts';
import { Mosquitto, mosquittoMissing } from '../support/mosquitto.ts';
import { type Postgres, postgresMissing } from './postgres.ts';

const SCHEMA = readFileSync(join(PACKAGE_ROOT, 'fleet/schema.sql'), 'utf8');

export { Postgres } from './postgres.ts';

/** Names of what must be installed and is not. */
export const missing = [...(postgresMissing ? ['postgresql'] : []), ...(mosquittoMissing ? ['mosquitto'] : [])];
export const unlessMissing = missing.length > 0 ? ` (${missing.join(', ')} missing)` : '';

/** Keeps sessions and queues over an orderly end, and writes nothing down meanwhile: a kill loses what waits. */
export const fleetBroker = (...more: readonly string[]): Promise<Mosquitto> =>
  Mosquitto.start({ persistent: true, more: ['autosave_interval 3600', ...more] });

/** A collector in this process. */
export async function collecting(
  database: Postgres,
  broker: Mosquitto,
  more: Partial<CollectorOptions> = {},
): Promise<Collector> {
  const collector = new Collector({
    database: database.url,
    schema: SCHEMA,
    broker: broker.url,
    credentials: {},
    client: 'collector',
    group: 'fleet',
    lanes: 4,
    lookMs: 300,
    ...more,
  });
  await collector.open();
  return collector;
}
