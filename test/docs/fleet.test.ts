/**
 * The examples of fleet/README, typed from the top: keys, a mosquitto that uses them, two simulated benches, a collector and a
 * PostgreSQL. Only the ports differ from the page, and what would run on for ever ends.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { Postgres } from '../fleet/postgres.ts';
import { answers, has, until } from '../fleet/process.ts';
import { missing, unlessMissing } from '../fleet/support.ts';
import { freePort } from '../support/mosquitto.ts';
import { ACCOUNTS, BLOCKS, Console, isNamed, notAnswered, playMosquittoClients, TYPED } from './pages.ts';

const BROKER = 'mosquitto -c keys/broker/mosquitto.conf';
const here = BLOCKS.filter((block) => isNamed(block, TYPED.fleet));
const cannot = missing.length > 0 || !['bash', 'psql'].every(has);

describe.skipIf(cannot).each(ACCOUNTS)(`the examples of a fleet, typed by $name${unlessMissing}`, (account) => {
  let typist: Console;
  let database: Postgres;
  let remix: Postgres;
  let port: number;
  /** One terminal for all of them. */
  const exported: string[] = [];

  /** The port of the broker, and an end. */
  const instead = (command: string): string =>
    command
      .replaceAll('8883', String(port))
      .replace(/^npx remixd collect/, 'timeout --preserve-status 8 npx remixd collect');

  beforeAll(async () => {
    database = await Postgres.make();
    remix = await database.fresh('remix');
    port = await freePort();
    typist = new Console(account, { PGPORT: String(database.port) });
    playMosquittoClients(typist);
  }, 60_000);
  afterAll(async () => {
    await typist.close();
    await remix.pool.end();
    await database.close();
  });

  /** What the page says in between: the broker, and two benches with the settings that make-broker printed. */
  async function startFleet(printed: string): Promise<void> {
    expect(readFileSync(join(PACKAGE_ROOT, 'fleet/README.md'), 'utf8')).toContain(`\`${BROKER}\``);
    const conf = join(typist.folder, 'keys/broker/mosquitto.conf');
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('8883', String(port)));
    typist.start(BROKER);
    await until('the broker listens', () => answers(port));
    const devices = [...printed.matchAll(/^Device (\S+): mqtt\.broker = (\S+), .* = (\S+)\/\{/gm)];
    expect(devices.map(([, name]) => name)).toEqual(['bench-1', 'bench-2']);
    for (const [, name = '', url = '', folder = ''] of devices) {
      const files = [
        ['caFile', 'ca.crt'],
        ['certFile', `${name}.crt`],
        ['keyFile', `${name}.key`],
      ] as const;
      const settings = [
        `mqtt.broker=${url.replace('8883', String(port))}`,
        `mqtt.device=${name}`,
        ...files.map(([key, file]) => `mqtt.${key}=${join(folder, file)}`),
      ];
      typist.start(`npx remixd run ${settings.map((setting) => `--set ${setting}`).join(' ')}`, {
        REMIXD_RUNTIME_STATE_DIR: join(typist.folder, `state-${name}`),
      });
    }
  }

  it.each(here.map((block) => [block.name, block] as const))('%s', async (name, block) => {
    const commands = [...exported, ...block.commands.map(instead)];
    exported.push(...commands.slice(exported.length).filter((command) => command.startsWith('export ')));
    const { codes, stdout, stderr } = await typist.type(commands);
    const said = `${codes.join(' ')}\n${stdout.slice(-3000)}\n${stderr.slice(-2000)}`;
    expect(codes, said).toEqual(commands.map(() => 0));
    expect(notAnswered(block, stdout), said).toEqual([]);
    if (name.startsWith('fleet/make-broker')) await startFleet(stdout);
  });

  it('has brought records of both benches into the database, without a hole', async () => {
    const devices = await remix.query('SELECT device, missing FROM devices WHERE rows > 0 ORDER BY device');
    expect(devices).toEqual([
      { device: 'bench-1', missing: '0' },
      { device: 'bench-2', missing: '0' },
    ]);
  });
});
