/** The same fleet into PostgreSQL by the real collector: rows a second, latency to the database, losses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { missing, Postgres } from '../../test/fleet/support.ts';
import { Mosquitto } from '../../test/support/mosquitto.ts';
import { pause } from './device.ts';
import type { Campaign } from './figures.ts';
import { Devices } from './fleet-processes.ts';

const SETTLE_MS = 30_000;

export async function fleetDatabase({ long, seed, print, atEnd }: Campaign): Promise<void> {
  if (missing.length > 0) {
    process.stderr.write(`fleet-database: ${missing.join(', ')} not installed, nothing measured\n`);
    return;
  }
  const count = long ? 1000 : 100;
  const seconds = long ? 120 : 12;
  const database = await Postgres.make();
  atEnd(() => database.close());
  // A fleet’s database writes to its disk; that of a test does not.
  await database.stop();
  await database.start([]);
  const broker = await Mosquitto.start();
  atEnd(() => broker.close());
  const collector = collect(database.url, broker.url);
  atEnd(() => ended(collector, 'SIGKILL'));
  // Its lanes are subscribed once it has made its tables and said how it stands for the first time.
  await new Promise((resolve) => collector.stdout?.once('data', resolve));
  const devices = new Devices({ url: broker.url, count, seconds, seed });
  atEnd(() => devices.end());
  await devices.ready;
  const { streams } = await devices.report;
  const n = streams.reduce((sum, [, newest]) => sum + newest, 0);
  const rows = (): Promise<number> => database.number('SELECT count(*) FROM records');
  const end = performance.now() + SETTLE_MS;
  while (performance.now() < end && (await rows()) < n) await pause(200);
  await ended(collector, 'SIGTERM');

  const stored = await rows();
  const once = await database.number('SELECT count(*) FROM (SELECT DISTINCT device, stream, seq FROM records) r');
  const spanS = await database.number('SELECT extract(epoch FROM max(received) - min(received)) FROM records');
  const latency = (share: number): Promise<number> =>
    database.number(
      `SELECT 1000 * percentile_cont(${share}) WITHIN GROUP (ORDER BY extract(epoch FROM received - time)) FROM records`,
    );
  const more = { lost: n - once, duplicated: stored - once, n };
  print({ name: 'fleet-database-devices', value: streams.length, unit: `devices for ${seconds} s`, ...more });
  print({ name: 'fleet-database-rows', value: stored / spanS, unit: 'rows / s', ...more });
  print({ name: 'fleet-database-latency-p50', value: await latency(0.5), unit: 'ms, record to row', ...more });
  print({ name: 'fleet-database-latency-p99', value: await latency(0.99), unit: 'ms, record to row', ...more });
}

function collect(database: string, broker: string): ChildProcess {
  const args = [join(PACKAGE_ROOT, 'bin/remixd.js'), 'collect', '--database', database, '--broker', broker, '--json'];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function ended(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exit;
}
