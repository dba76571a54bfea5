/** Two mosquittos, joined as fleet/bridge.conf says: a site without certificates inside, a centre that asks for them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { freePort, Mosquitto } from '../support/mosquitto.ts';
import { sleep, until } from './process.ts';
import { fleetBroker, missing, unlessMissing } from './support.ts';

const FLEET = join(PACKAGE_ROOT, 'fleet');

describe.skipIf(missing.includes('mosquitto'))(`a bridge between a site and the centre${unlessMissing}`, () => {
  let folder: string;
  let centre: Mosquitto;
  let site: Mosquitto;
  let bench: MqttClient;
  let ann: MqttClient;
  const heardByBench: string[] = [];
  const heardByAnn: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'remixd-bridge-'));
    const port = await freePort();
    const names = ['--device', 'bench-1', '--device', 'bench-2', '--person', 'ann:tune'];
    execFileSync(join(FLEET, 'make-broker'), [folder, '--host', '127.0.0.1', '--port', String(port), ...names]);
    for (const path of ['', 'broker', 'devices']) chmodSync(join(folder, path), 0o755);
    for (const end of ['crt', 'key']) chmodSync(join(folder, `devices/bench-1.${end}`), 0o644);
    centre = await Mosquitto.start({ given: { port, conf: join(folder, 'broker/mosquitto.conf') } });
    const bridge = readFileSync(join(FLEET, 'bridge.conf'), 'utf8')
      .replaceAll('central.example:8883', `127.0.0.1:${port}`)
      .replace('restart_timeout 2 60', 'restart_timeout 1')
      .replaceAll('/etc/remixd/centre', join(folder, 'devices'));
    mkdirSync(join(folder, 'bridges'));
    chmodSync(join(folder, 'bridges'), 0o755);
    writeFileSync(join(folder, 'bridges/bench-1.conf'), bridge, { mode: 0o644 });
    site = await fleetBroker(`include_dir ${folder}/bridges`);
    // A session that is kept, so that nothing which comes in is missed while the bench itself connects anew.
    bench = mqtt.connect(site.url, {
      clientId: 'bench-1',
      protocolVersion: 5,
      reconnectPeriod: 100,
      clean: false,
      properties: { sessionExpiryInterval: 600 },
    });
    bench.on('message', (topic, payload) => heardByBench.push(`${topic} ${payload.toString()}`));
    await bench.subscribeAsync('remix/1/bench-1/cmd/#', { qos: 1 });
    const read = (path: string): Buffer => readFileSync(join(folder, path));
    ann = mqtt.connect(`mqtts://127.0.0.1:${port}`, {
      clientId: 'ann',
      protocolVersion: 5,
      reconnectPeriod: 100,
      ca: read('people/ca.crt'),
      cert: read('people/ann.crt'),
      key: read('people/ann.key'),
    });
    ann.on('error', () => {});
    ann.on('message', (topic, payload) => heardByAnn.push(`${topic} ${payload.toString()}`));
    await ann.subscribeAsync(['remix/1/+/tele', 'remix/1/+/avail', 'remix/1/+/rsp/ann'], { qos: 1 });
  }, 30_000);
  afterAll(async () => {
    await bench.endAsync(true);
    await ann.endAsync(true);
    await site.close();
    await centre.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const tele = (n: number): Promise<unknown> => bench.publishAsync('remix/1/bench-1/tele', `record ${n}`, { qos: 1 });
  const command = (name: string): Promise<unknown> =>
    ann.publishAsync('remix/1/bench-1/cmd/ping/by/ann', name, { qos: 1 });

  it('brings telemetry out and commands in', async () => {
    await bench.publishAsync('remix/1/bench-1/avail', 'online', { qos: 1, retain: true });
    await until('a command came in', async () => {
      await command('first');
      return heardByBench.length > 0;
    });
    expect(heardByBench[0]).toBe('remix/1/bench-1/cmd/ping/by/ann first');
    await tele(1);
    await bench.publishAsync('remix/1/bench-1/rsp/ann', 'answer', { qos: 1 });
    await until('all came out', () => heardByAnn.length >= 3);
    expect(heardByAnn).toContain('remix/1/bench-1/avail online');
    expect(heardByAnn).toContain('remix/1/bench-1/tele record 1');
    expect(heardByAnn).toContain('remix/1/bench-1/rsp/ann answer');
  });

  it('brings nothing else: not another bench, not what nobody asked for', async () => {
    const before = heardByAnn.length;
    await bench.publishAsync('remix/1/bench-2/tele', 'not ours', { qos: 1 });
    await bench.publishAsync('somewhere/else', 'private', { qos: 1 });
    await tele(2);
    await until('ours came out', () => heardByAnn.length > before);
    expect(heardByAnn.slice(before)).toEqual(['remix/1/bench-1/tele record 2']);
  });

  it('keeps telemetry while the centre is away, and does not keep commands', async () => {
    await centre.end('SIGTERM');
    for (const n of [3, 4, 5]) await tele(n);
    await centre.start();
    await until('it came out', () => heardByAnn.some((text) => text.endsWith('record 5')), 30_000);
    for (const n of [3, 4, 5]) expect(heardByAnn.filter((text) => text.endsWith(`record ${n}`))).toHaveLength(1);
    await site.end('SIGTERM');
    const before = heardByBench.length;
    await until('the centre answers', () => ann.connected);
    await command('while the site is away');
    await site.start();
    await until('the bench is back', () => bench.connected);
    await bench.subscribeAsync('remix/1/bench-1/cmd/#', { qos: 1 });
    await until('a command came in', async () => {
      await command('new');
      await sleep(50);
      return heardByBench.length > before;
    });
    expect(heardByBench.filter((text) => text.includes('away'))).toEqual([]);
  }, 60_000);
});
