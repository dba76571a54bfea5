/** `remixd collect`: the telemetry of a fleet, from its broker into PostgreSQL. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { PACKAGE_ROOT } from '../files/recipes.ts';
import type { Status } from '../fleet/collector.ts';
import { FleetError } from '../fleet/error.ts';
import { NAME_PATTERN } from '../params/commands.ts';
import { ConfigError } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { brokerOf, credentialsOf } from './credentials.ts';
import { broker, type Common, configOption, filled, jsonOption, load, positive, setOption, whole } from './options.ts';
import { guarded } from './output.ts';
import { onSignal } from './signals.ts';

export interface CollectOptions {
  /** For the broker’s address and credentials. */
  readonly settings: Settings;
  readonly database: string;
  readonly broker: string | null;
  readonly client: string;
  readonly group: string;
  /** 1..64. */
  readonly lanes: number;
  readonly json: boolean;
  /** Ends after this many seconds; null = on SIGINT or SIGTERM. */
  readonly seconds: number | null;
}

interface CollectFlags extends Common {
  readonly database: string;
  readonly broker?: string;
  readonly client: string;
  readonly group: string;
  readonly lanes: number;
  readonly seconds?: number;
}

/** Adds `collect`. */
export function addCollect(program: Command): void {
  program
    .command('collect')
    .description('store the telemetry of many devices from their broker in PostgreSQL')
    .requiredOption('--database <URL>', 'postgresql://USER@HOST:PORT/NAME; set the password in PGPASSWORD', filled)
    .addOption(configOption())
    .addOption(setOption())
    .option('--broker <URL>', 'HOST, mqtt:// or mqtts://HOST:PORT (default: mqtt.broker of the configuration)', broker)
    .option('--client <NAME>', 'name of this collector at the broker', filled, 'collector')
    .option('--group <NAME>', 'collectors in one group share the work', filled, 'fleet')
    .option('--lanes <N>', 'messages in progress at the same time, 1 to 64', whole, 8)
    .addOption(jsonOption())
    .option('--seconds <N>', 'stop after N seconds', positive)
    .action((flags: CollectFlags) =>
      guarded(() =>
        collect({
          settings: load(flags).settings,
          database: flags.database,
          broker: flags.broker ?? null,
          client: flags.client,
          group: flags.group,
          lanes: flags.lanes,
          json: flags.json === true,
          seconds: flags.seconds ?? null,
        }),
      ),
    );
}

/** EX_UNAVAILABLE: a service manager may try again. */
const EXIT_UNAVAILABLE = 69;
const STATUS_MS = 5000;
const MOST_LANES = 64;

/**
 * Collects until SIGINT, SIGTERM or the end of `seconds`; then what was taken is committed and acknowledged. Returns the
 * exit code: 0, or 69 when the database or the broker refuses the connection at the start.
 */
export async function collect(options: CollectOptions): Promise<number> {
  const { settings, json } = options;
  check(options);
  const say = (text: string): void => {
    process.stderr.write(`${clear(json)}${text}\n`);
  };
  // Loaded here, because a device never needs it.
  const { Collector } = await import('../fleet/collector.ts');
  const collector = new Collector({
    ...options,
    schema: readFileSync(join(PACKAGE_ROOT, 'fleet/schema.sql'), 'utf8'),
    broker: options.broker ?? brokerOf(settings),
    credentials: credentialsOf(settings),
    say,
  });
  // Registered first, so that a signal during the start also ends it.
  const told = new Promise<void>((resolve) => {
    onSignal(resolve);
    if (options.seconds !== null) setTimeout(resolve, 1000 * options.seconds).unref();
  });
  try {
    await collector.open();
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    process.stderr.write(
      `The collector cannot start   [${error.code}]\n    cause    ${error.message}\n    remedy   ${error.remedy}\n`,
    );
    return EXIT_UNAVAILABLE;
  }
  let before = { at: performance.now(), records: 0 };
  const show = (status: Status): void => {
    const now = { at: performance.now(), records: status.records };
    const perS = (1000 * (now.records - before.records)) / (now.at - before.at);
    before = now;
    process.stdout.write(line(status, perS, json));
  };
  const timer = setInterval(() => show(collector.status()), STATUS_MS);
  await told;
  clearInterval(timer);
  const { database, lanes } = collector.status();
  await collector.close();
  show({ ...collector.status(), database, lanes });
  if (!json && process.stdout.isTTY) process.stdout.write('\n');
  return 0;
}

function check({ client, group, lanes, database }: CollectOptions): void {
  const wrong = (path: string, got: string, allowed: string, remedy: string): never => {
    throw new ConfigError([{ code: 'USAGE', path, got, allowed, remedy }]);
  };
  const name = 'lower-case letters, digits and -, at most 32';
  if (!NAME_PATTERN.test(client))
    wrong('--client', client, name, 'Write a valid name. With certificates it is the common name.');
  if (!NAME_PATTERN.test(group))
    wrong('--group', group, name, 'Write a valid name, the same for all collectors that share the work.');
  if (lanes > MOST_LANES)
    wrong('--lanes', String(lanes), `1 to ${MOST_LANES}`, 'Use 8; that is enough for most fleets.');
  if (!/^(?:postgres(?:ql)?|socket):/.test(database))
    wrong(
      '--database',
      '(not shown)',
      'postgresql://USER@HOST:PORT/NAME',
      'Write the URL of the database; set the password in PGPASSWORD.',
    );
}

const clear = (json: boolean): string => (!json && process.stdout.isTTY ? '\r\x1b[2K' : '');

function line(status: Status, perS: number, json: boolean): string {
  const records_per_s = Number(perS.toFixed(1));
  if (json) return `${JSON.stringify({ records_per_s, ...status })}\n`;
  const { records, repeated, rejected, repaired, absent, waiting, database, lanes } = status;
  const text =
    `${records_per_s} records/s | ${records} new, ${repeated} repeated, ${rejected} rejected, ${repaired} repaired, ` +
    `${absent} absent | ${waiting} waiting, ${lanes} lanes${database ? '' : ' | DATABASE DOWN'}`;
  return process.stdout.isTTY ? `${clear(json)}${text}` : `${text}\n`;
}
