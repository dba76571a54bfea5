/**
 * Figures of the remote side, one line each: {name, value, unit, lost, duplicated, n}. Lost records and requests for heat
 * are facts that must be 0; times are what this machine took.
 *
 *   npm run bench:remote -- [--json] [--long] [--only NAME]
 *
 * The seed comes from CAMPAIGN_SEED. The campaigns need mosquitto and keep to the loopback address.
 */
import { parseArgs } from 'node:util';
import { mosquittoMissing } from '../test/support/mosquitto.ts';
import { backlog } from './remote/backlog.ts';
import { brokerKilled } from './remote/broker-killed.ts';
import { clientKilled } from './remote/client-killed.ts';
import { type Campaign, lineOf } from './remote/figures.ts';
import { fleet } from './remote/fleet.ts';
import { fleetDatabase } from './remote/fleet-database.ts';
import { halfOpen } from './remote/half-open.ts';
import { hostileAdmission } from './remote/hostile-admission.ts';
import { hostileBroker } from './remote/hostile-broker.ts';

const CAMPAIGNS: Readonly<Record<string, (campaign: Campaign) => Promise<void>>> = {
  'hostile-gate': hostileAdmission,
  'hostile-broker': hostileBroker,
  backlog,
  'broker-killed': brokerKilled,
  'client-killed': clientKilled,
  'half-open': halfOpen,
  fleet,
  'fleet-database': fleetDatabase,
};

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const names = Object.keys(CAMPAIGNS).filter((name) => flags.only === undefined || name === flags.only);
if (names.length === 0 || mosquittoMissing) {
  const why = mosquittoMissing
    ? 'mosquitto is not installed'
    : `--only takes one of ${Object.keys(CAMPAIGNS).join(', ')}`;
  process.stderr.write(`${why}\n`);
  process.exit(64);
}
const ends: (() => unknown)[] = [];
async function end(): Promise<void> {
  for (let last = ends.pop(); last; last = ends.pop()) await last();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end().finally(() => process.exit(1)));
for (const name of names) {
  try {
    await CAMPAIGNS[name]?.({
      long: flags.long,
      seed: Number(process.env['CAMPAIGN_SEED'] ?? 1),
      print: (figure) => process.stdout.write(`${lineOf(figure, flags.json)}\n`),
      atEnd: (close) => ends.push(close),
    });
  } catch (error) {
    process.stderr.write(`${name}: ${(error as Error).stack}\n`);
    process.exitCode = 1;
  }
  await end();
}
process.exit();
