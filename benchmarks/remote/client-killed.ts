/** Real programs that are killed while they send, and started again: nothing they have numbered may be missing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { topics } from '../../src/params/mqtt.ts';
import { openStore } from '../../src/store/store.ts';
import { Prng } from '../../src/twin/prng.ts';
import { Mosquitto } from '../../test/support/mosquitto.ts';
import { Consumer } from './consumer.ts';
import { pause, until } from './device.ts';
import type { Campaign } from './figures.ts';

const START_MS = 30_000;
/** A kill comes this long after the first record of a start, at the latest. */
const MOST_MS = 6000;
/** A command is an event, and an event brings all that waits to the disk within a second, and so on its way. */
const COMMAND_MS = 300;

export async function clientKilled({ long, seed, print, atEnd }: Campaign): Promise<void> {
  const kills = long ? 100 : 5;
  const chance = new Prng(seed, 94);
  const folder = mkdtempSync(join(tmpdir(), 'remixd-killed-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const broker = await Mosquitto.start();
  atEnd(() => broker.close());
  const names = topics('bench');
  const consumer = new Consumer(broker.url, [names.tele, names.evt]);
  atEnd(() => consumer.close());
  const { tally } = consumer;
  const conflicts = watchForConflicts(consumer);
  await until(() => consumer.client.connected);
  let commands = 0;
  const commanding = setInterval(() => {
    commands += 1;
    const command = { id: `c${commands}`, client: 'bench', rate_hz: 1, for_s: 1 };
    consumer.client.publish(names.command('live'), JSON.stringify(command));
  }, COMMAND_MS);
  atEnd(() => clearInterval(commanding));
  const programs = new Programs(broker.url, folder);
  atEnd(() => programs.end('SIGKILL'));
  for (let kill = 0; kill < kills; kill += 1) {
    const before = tally.count;
    programs.start();
    await until(() => tally.count > before, START_MS);
    await pause(MOST_MS * chance.uniform());
    await programs.end('SIGKILL');
  }
  const before = tally.count;
  programs.start();
  await until(() => tally.count > before, START_MS);
  await pause(2000);
  await programs.end('SIGTERM');
  await pause(1000);

  const store = await openStore({
    folder: join(folder, 'state/history'),
    maxBytes: 500e6,
    maxAgeS: 1e6,
    now: () => ({ monoUs: 0, wallMs: Date.now(), clock: 'synced' }),
  });
  const { stream, newestSeq } = store.stats();
  const sent = store.cursor();
  await store.close();
  const lost = tally.missing(stream ?? '', sent).length;
  const more = { lost, duplicated: tally.repeated, n: sent };
  print({ name: 'telemetry-lost-by-killed-programs', value: lost, unit: `records, ${kills} kills`, ...more });
  print({ name: 'telemetry-repeated-by-killed-programs', value: tally.repeated, unit: 'records', ...more });
  print({ name: 'telemetry-out-of-order-by-killed-programs', value: tally.disorder, unit: 'records', ...more });
  print({ name: 'numbers-used-twice-by-killed-programs', value: conflicts.count, unit: 'records', ...more });
  print({ name: 'streams-of-killed-programs', value: tally.streamNames().length, unit: 'streams', ...more });
  print({ name: 'not-yet-sent-at-the-end', value: (newestSeq ?? 0) - sent, unit: 'records, safe on disk', ...more });
}

/** Counts repeats that are not what came under their number before. */
function watchForConflicts({ client }: Consumer): { count: number } {
  const texts = new Map<string, string>();
  const conflicts = { count: 0 };
  client.on('message', (_topic, payload) => {
    const { stream, records = [] } = JSON.parse(payload.toString('utf8')) as {
      stream: string;
      records?: { seq: number }[];
    };
    for (const record of records) {
      const key = `${stream} ${record.seq}`;
      const text = JSON.stringify(record);
      if ((texts.get(key) ?? text) !== text) conflicts.count += 1;
      texts.set(key, text);
    }
  });
  return conflicts;
}

/** The whole product on its simulated bench, one process after the other on one state folder. */
class Programs {
  private program: ChildProcess | null = null;

  constructor(
    private readonly url: string,
    private readonly folder: string,
  ) {}

  start(): void {
    const settings = {
      'mqtt.broker': this.url,
      'sim.broker': false,
      'runtime.stateDir': join(this.folder, 'state'),
      'runtime.runsDir': join(this.folder, 'runs'),
    };
    const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const args = [join(PACKAGE_ROOT, 'bin/remixd.js'), 'run', '--speed', '5', ...set];
    this.program = spawn(process.execPath, args, { stdio: 'ignore', cwd: this.folder });
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { program } = this;
    this.program = null;
    if (!program || program.exitCode !== null || program.signalCode !== null) return;
    const ended = new Promise((resolve) => program.once('exit', resolve));
    program.kill(signal);
    await ended;
  }
}
