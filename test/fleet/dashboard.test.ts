/** What stands beside the collector: compose file, provisioning, and a dashboard whose every query runs on its tables. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { environmentName } from '../../src/params/schema.ts';
import { SETTING_KEYS } from '../../src/params/settings.ts';
import type { Mosquitto } from '../support/mosquitto.ts';
import { FakeDevice, record } from './device.ts';
import { Postgres } from './postgres.ts';
import { until } from './process.ts';
import { collecting, fleetBroker, missing, unlessMissing } from './support.ts';

const FLEET = join(import.meta.dirname, '../../fleet');
const read = (path: string): string => readFileSync(join(FLEET, path), 'utf8');

interface Query {
  readonly rawSql: string;
  readonly format: string;
}
interface Dashboard {
  readonly uid: string;
  readonly panels: readonly { readonly id: number; readonly title: string; readonly targets: readonly Query[] }[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly target: Query }[] };
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}
const DASHBOARD = JSON.parse(read('grafana/dashboards/fleet.json')) as Dashboard;

/** Every query with the name of what shows it. */
const QUERIES: [string, string][] = [
  ...DASHBOARD.panels.flatMap(({ title, targets }) => targets.map(({ rawSql }): [string, string] => [title, rawSql])),
  ...DASHBOARD.annotations.list.map(({ name, target }): [string, string] => [`annotation ${name}`, target.rawSql]),
  ...DASHBOARD.templating.list.map(({ name, query }): [string, string] => [`variable ${name}`, query]),
];

/** As Grafana replaces macros and variables. */
const filledIn = (sql: string): string =>
  sql
    .replace(/\$__timeFilter\((\w+)\)/g, "$1 BETWEEN '2026-09-01T00:00:00Z' AND '2026-12-01T00:00:00Z'")
    .replace(/\$__timeGroupAlias\((\w+),\$__interval\)/g, 'floor(extract(epoch from $1)/10)*10 AS "time"')
    .replace(/\$device\b/g, "'bench-1','bench-2'");

describe('the files of the fleet', () => {
  const compose = parse(read('compose.yaml')) as {
    services: Record<string, { image?: string; volumes?: string[]; environment?: Record<string, string> }>;
  };

  it('a compose file with broker, database, collector and Grafana, whose mounted files exist', () => {
    const { services } = compose;
    expect(Object.keys(services)).toEqual(['mosquitto', 'db', 'collector', 'grafana']);
    for (const { image } of Object.values(services)) if (image) expect(image).toMatch(/:\d+\.\d+\.\d+/);
    const own = Object.values(services).flatMap(({ volumes = [] }) => volumes.filter((path) => path.startsWith('./')));
    expect(own.length).toBeGreaterThanOrEqual(3);
    for (const path of own) expect(existsSync(join(FLEET, path.split(':')[0] ?? '')), path).toBe(true);
  });

  it('the collector’s environment names settings that exist', () => {
    const names = Object.keys(compose.services['collector']?.environment ?? {}).filter((n) => n.startsWith('REMIXD_'));
    expect(names).toHaveLength(4);
    for (const name of names) expect(SETTING_KEYS.map(environmentName), name).toContain(name);
  });

  it('provisioning that leads to the dashboard, and the dashboard to the data source', () => {
    const [source] = (parse(read('grafana/provisioning/datasources/remixd.yaml')) as { datasources: { uid: string }[] })
      .datasources;
    const [provider] = (
      parse(read('grafana/provisioning/dashboards/remixd.yaml')) as { providers: { options: { path: string } }[] }
    ).providers;
    const mounted = compose.services['grafana']?.volumes?.map((path) => path.split(':')[1]);
    expect(mounted).toContain(provider?.options.path);
    const uids = [...read('grafana/dashboards/fleet.json').matchAll(/"uid": "([^"]+)"/g)].map(([, uid]) => uid);
    expect(new Set(uids)).toEqual(new Set([source?.uid, DASHBOARD.uid]));
    expect(new Set(DASHBOARD.panels.map(({ id }) => id)).size).toBe(DASHBOARD.panels.length);
  });
});

const tools = [...missing, ...(spawnSync('sh', ['-c', 'command -v psql']).status === 0 ? [] : ['psql'])];

describe.skipIf(tools.length > 0)(`the dashboard${unlessMissing}`, () => {
  let database: Postgres;
  let broker: Mosquitto;
  let reader: pg.Client;

  beforeAll(async () => {
    database = await Postgres.make();
    // The script that the database’s container runs before there is any table.
    execFileSync(join(FLEET, 'postgres/reader.sh'), {
      stdio: 'ignore',
      env: {
        ...process.env,
        PGHOST: '127.0.0.1',
        PGPORT: String(database.port),
        POSTGRES_USER: 'remix',
        POSTGRES_DB: 'postgres',
        GRAFANA_DB_PASSWORD: "it's $1",
      },
    });
    broker = await fleetBroker();
    const collector = await collecting(database, broker);
    const devices = [await FakeDevice.make('bench-1', broker.url), await FakeDevice.make('bench-2', broker.url)];
    for (const device of devices) {
      const event = (seq: number, event: string, code: string) =>
        record(seq, { kind: 'event', body: { event, code, text: 'a sentence', time_s: 1 } });
      await device.state({ tc_c: 25, ir_c: 25, achieved: 0.1, verdict: 'MIXED', segregated: 0.0003 });
      await device.say(`remix/1/${device.name}/trip`, JSON.stringify({ code: 'E-101' }), true);
      await device.send([
        ...Array.from({ length: 60 }, (_, i) => record(i + 1, { body: { ...SAMPLE, tc_c: 25 + i / 100 } })),
        event(61, 'state', 'tripped'),
        event(62, 'command', 'stop'),
        event(70, 'state', 'safe'),
      ]);
      await device.say(`remix/1/${device.name}/tele`, 'nonsense');
    }
    await until('all are there', async () => (await database.number('SELECT count(*) FROM records')) === 126);
    await until('the states are there', async () => (await database.number('SELECT count(*) FROM latest')) === 6);
    for (const device of devices) await device.close();
    await collector.close();
    reader = new pg.Client(database.url.replace('remix@', 'grafana:secret@'));
    await reader.connect();
  }, 60_000);
  afterAll(async () => {
    await reader.end();
    await broker.close();
    await database.close();
  });

  it.each(QUERIES)('%s shows what the collector wrote', async (_, sql) => {
    const text = filledIn(sql);
    expect(text).not.toContain('$');
    const { rows } = await reader.query<Record<string, unknown>>(text);
    expect(rows.length).toBeGreaterThan(0);
    for (const name of Object.keys(rows[0] ?? {}))
      expect(
        rows.some((row) => row[name] !== null),
        `${name} is null in every row`,
      ).toBe(true);
  });

  it('Grafana’s user cannot change anything', async () => {
    for (const sql of ['DELETE FROM records', 'DROP VIEW samples', 'CREATE TABLE x (y int)'])
      await expect(reader.query(sql)).rejects.toThrow(/permission denied|must be owner/);
  });
});

const SAMPLE = {
  state: 'armed',
  mode: 'pulse',
  ir_c: 25.2,
  heater_a: 0.4,
  pl_red_v: 2.1,
  pl_green_v: 0.002,
  desired_ratio: 0.1,
  permitted_ratio: 0.1,
  achieved_ratio: 0.102,
  verdict: 'MIXED',
  segregated: 0.0003,
  segregated_error: 0.0002,
};
