/** The broker that fleet/make-broker sets up, as Debian's mosquitto runs it: certificates, access list, roles. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Person } from '../../src/client/person.ts';
import { readCredentials } from '../../src/files/credentials.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { Admission } from '../../src/fronts/mqtt/admission.ts';
import { BIRTH_TOPIC, discovery, discoveryTopic } from '../../src/fronts/mqtt/discovery.ts';
import { Link } from '../../src/fronts/mqtt/link.ts';
import { Session } from '../../src/fronts/mqtt/session.ts';
import { commandRow, MQTT_COMMANDS, ROLES, type Role } from '../../src/params/commands.ts';
import { topics } from '../../src/params/mqtt.ts';
import { instant } from '../../src/units.ts';
import { FakeBench } from '../support/desk.ts';
import { freePort } from '../support/mosquitto.ts';

const MAKE = join(PACKAGE_ROOT, 'fleet/make-broker');
const missing = ['mosquitto', 'openssl'].filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
const NAMES = topics('bench-1');

let folder: string;
let broker: ChildProcess;
let port: number;
let link: Link;

const files = (kind: 'devices' | 'people', name: string) => ({
  ca: join(folder, kind, 'ca.crt'),
  cert: join(folder, kind, `${name}.crt`),
  key: join(folder, kind, `${name}.key`),
  password: null,
});
const url = (): string => `mqtts://127.0.0.1:${port}`;
const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not in time: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

const bench = new FakeBench();
const stopsOf = (): number => bench.asked.filter((what) => what === 'stop').length;

beforeAll(async () => {
  if (missing.length > 0) return;
  folder = mkdtempSync(join(tmpdir(), 'remixd-broker-'));
  port = await freePort();
  const who = [
    '--device',
    'bench-1',
    '--device',
    'bench-2',
    '--person',
    'ann:tune',
    '--person',
    'bob:see',
    '--person',
    'cat:run',
    '--person',
    'homeassistant:run',
  ];
  execFileSync(MAKE, [folder, '--host', '127.0.0.1', '--port', String(port), ...who]);
  // The broker of the distribution gives up root for a user of its own, who must reach these files.
  for (const path of ['', 'broker']) chmodSync(join(folder, path), 0o755);
  broker = spawn('mosquitto', ['-c', join(folder, 'broker/mosquitto.conf')], { stdio: 'ignore' });
  let count = 0;
  const admission = new Admission({ heatTurns: 0 }, () => {
    count += 1;
    return count.toString(16).padStart(16, '0');
  });
  const session = new Session({
    desk: bench.desk,
    admission,
    topics: NAMES,
    boot: 'b',
    now: () => ({ mono: instant(performance.now() * 1000), wallS: null }),
    about: { model: 'test' },
    newest: () => null,
    stopOnLinkLoss: false,
  });
  link = new Link({
    url: url(),
    clientId: 'bench-1',
    topics: NAMES,
    credentials: readCredentials(files('devices', 'bench-1')),
    onMessage: (topic, payload, retain) => session.message(topic, payload, retain),
    onUp: () => session.up(),
    onDown: () => {},
    chance: () => 0,
  });
  session.use(link);
  link.open();
  await until(() => link.up);
});
afterAll(async () => {
  if (missing.length > 0) return;
  await link.close();
  broker.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A plain client with somebody’s certificate. */
async function bare(kind: 'devices' | 'people', name: string): Promise<MqttClient> {
  const credentials = readCredentials(files(kind, name));
  const client = mqtt.connect(url(), { reconnectPeriod: 0, protocolVersion: 5, ...credentials });
  await new Promise((resolve) => client.once('connect', resolve));
  return client;
}
/** What a new subscription brings within a second. */
async function heardBy(client: MqttClient, filter: string): Promise<string[]> {
  const heard: string[] = [];
  client.on('message', (topic) => heard.push(topic));
  await client.subscribeAsync(filter, { qos: 1 });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return heard;
}

const person = (name: string): Promise<Person> =>
  Person.connect({ url: url(), topics: NAMES, client: name, files: files('people', name), wallS: () => 0 });

describe('the access list that fleet/make-broker writes', () => {
  it('lets each role use its own commands by all their names, and no others', () => {
    const text = readFileSync(MAKE, 'utf8');
    const listed = [...text.matchAll(/(?:^ +|\|\| )may ([a-z/ -]+)/gm)].map(([, names = '']) =>
      names.trim().split(' ').sort(),
    );
    const of = (role: Role) =>
      MQTT_COMMANDS.filter(({ name }) => commandRow(name).role === role)
        .map(({ alias }) => alias.name)
        .sort();
    expect(listed).toEqual(ROLES.map(of));
  });
});

describe.skipIf(missing.length > 0)(
  `a broker with certificates and roles ${missing.length > 0 ? `(${missing.join(', ')} missing)` : ''}`,
  () => {
    it('speaks MQTT 5 with the device and lets one who may tune do everything', async () => {
      const ann = await person('ann');
      expect(await ann.value(NAMES.avail)).toBe('online');
      expect((await ann.ask('ping')).code).toBe(200);
      expect((await ann.ask('try', { base_rev: 0, patch: { 'pulse.onMs': 400 } })).code).toBe(202);
      expect((await ann.ask('revert')).code).toBe(202);
      const before = stopsOf();
      expect((await ann.ask('stop')).code).toBe(200);
      expect(stopsOf()).toBe(before + 1);
      await ann.close();
    });

    it('lets one who may run stop and start, and not tune; one who may see neither', async () => {
      const before = stopsOf();
      const cat = await person('cat');
      expect((await cat.ask('stop')).code).toBe(200);
      await expect(cat.ask('revert')).rejects.toMatchObject({ code: 'REMOTE_DENIED' });
      await cat.close();
      const bob = await person('bob');
      expect((await bob.ask('get')).code).toBe(200);
      await expect(bob.ask('stop')).rejects.toMatchObject({ code: 'REMOTE_DENIED' });
      await bob.close();
      expect(stopsOf()).toBe(before + 1);
    }, 20_000);

    it('lets nobody write in the name of another, nor without a name', async () => {
      const before = stopsOf();
      const { ca, cert, key } = files('people', 'cat');
      const read = (path: string): Buffer => execFileSync('cat', [path]);
      const cat = mqtt.connect(url(), {
        reconnectPeriod: 0,
        ca: read(ca),
        cert: read(cert),
        key: read(key),
        protocolVersion: 5,
      });
      await new Promise((resolve) => cat.once('connect', resolve));
      const stop = JSON.stringify({ id: 'x1', client: 'cat' });
      for (const topic of [NAMES.command('stop'), NAMES.commandBy('stop', 'ann'), NAMES.commandBy('cfg/set', 'cat')])
        await expect(cat.publishAsync(topic, stop, { qos: 1 })).rejects.toThrow(/[Nn]ot authorized/);
      expect(stopsOf()).toBe(before);
      await cat.publishAsync(NAMES.commandBy('stop', 'cat'), stop, { qos: 1 });
      await until(() => stopsOf() === before + 1);
      cat.end(true);
    });

    it('lets those who may run find retained commands and clear their own, and tells the others that it does not', async () => {
      const own = (name: string) => NAMES.commandBy('ping', name);
      for (const name of ['ann', 'bob', 'cat']) {
        const careless = await bare('people', name);
        await careless.publishAsync(own(name), '{"id":"old"}', { qos: 1, retain: true });
        await careless.endAsync();
      }
      const cat = await person('cat');
      const { cleared, left } = await cat.clearCommands();
      expect({ cleared, left: left.toSorted() }).toEqual({ cleared: [own('cat')], left: [own('ann'), own('bob')] });
      await cat.close();
      const bob = await person('bob');
      await expect(bob.clearCommands()).rejects.toMatchObject({ code: 'REMOTE_DENIED' });
      await bob.close();
      const ann = await person('ann');
      expect(await ann.clearCommands()).toEqual({ cleared: [own('ann')], left: [own('bob')] });
      await ann.close();
    }, 20_000);

    it('lets Home Assistant find the benches, say that it has started, and press Stop', async () => {
      const found = discoveryTopic('bench-1');
      const payload = discovery({ device: 'bench-1', version: '1', simulated: true, topics: NAMES, tune: false });
      const { stop } = payload['components'] as { stop: { command_topic: string; payload_press: string } };
      const bench = await bare('devices', 'bench-2');
      const other = discoveryTopic('bench-2');
      await bench.publishAsync(other, JSON.stringify(payload), { qos: 1, retain: true });
      await expect(bench.publishAsync(found, '{}', { qos: 1 })).rejects.toThrow(/[Nn]ot authorized/);
      const home = await bare('people', 'homeassistant');
      expect(await heardBy(home, 'homeassistant/#')).toEqual([other]);
      await bench.subscribeAsync(BIRTH_TOPIC, { qos: 1 });
      const born = new Promise((resolve) => bench.once('message', resolve));
      await home.publishAsync(BIRTH_TOPIC, 'online', { qos: 1 });
      expect(await born).toBe(BIRTH_TOPIC);
      const before = stopsOf();
      await home.publishAsync(stop.command_topic, stop.payload_press, { qos: 1 });
      await until(() => stopsOf() === before + 1);
      await expect(home.publishAsync(found, '', { qos: 1 })).rejects.toThrow(/[Nn]ot authorized/);
      const ann = await bare('people', 'ann');
      expect(await heardBy(ann, 'homeassistant/#')).toEqual([]);
      for (const client of [bench, home, ann]) await client.endAsync();
    }, 20_000);

    it('keeps strangers out: no certificate, a certificate of another authority, plain TCP', async () => {
      const refused = (options: mqtt.IClientOptions, address = url()): Promise<boolean> =>
        new Promise((resolve) => {
          const client = mqtt.connect(address, {
            reconnectPeriod: 0,
            connectTimeout: 3000,
            rejectUnauthorized: false,
            ...options,
          });
          client.once('connect', () => {
            client.end(true);
            resolve(false);
          });
          client.on('error', () => {});
          client.once('close', () => resolve(true));
        });
      expect(await refused({})).toBe(true);
      expect(await refused({}, `mqtt://127.0.0.1:${port}`)).toBe(true);
    });

    it('shows a device its own commands only, and nobody hears another person’s answers', async () => {
      const other = topics('bench-2');
      const read = (path: string): Buffer => execFileSync('cat', [path]);
      const { ca, cert, key } = files('devices', 'bench-2');
      const spy = mqtt.connect(url(), {
        reconnectPeriod: 0,
        ca: read(ca),
        cert: read(cert),
        key: read(key),
        protocolVersion: 4,
      });
      const heard: string[] = [];
      spy.on('message', (topic) => heard.push(topic));
      await new Promise((resolve) => spy.once('connect', resolve));
      await new Promise((resolve) => spy.subscribe(['remix/#', other.commands], { qos: 1 }, resolve));
      const ann = await person('ann');
      await ann.ask('ping');
      expect(heard.filter((topic) => !topic.startsWith(other.root))).toEqual([]);
      await ann.close();
      spy.end(true);
    });

    it('keeps the authority’s key to its owner, and what is there when it is called again', () => {
      expect(statSync(join(folder, 'private/ca.key')).mode & 0o077).toBe(0);
      const before = statSync(join(folder, 'people/ann.crt')).mtimeMs;
      execFileSync(MAKE, [folder, '--host', '127.0.0.1', '--port', String(port), '--person', 'dan:see']);
      expect(statSync(join(folder, 'people/ann.crt')).mtimeMs).toBe(before);
      expect(statSync(join(folder, 'people/dan.crt')).size).toBeGreaterThan(0);
    });

    it.each([
      [['x'], 'USAGE'],
      [['x', '--host', 'h', '--person', 'ann'], 'ROLE'],
      [['x', '--host', 'h', '--person', 'ann:root'], 'ROLE'],
      [['x', '--host', 'h', '--device', '../x'], 'NAME'],
      [['x', '--host', 'h', '--device', 'a#'], 'NAME'],
    ])('refuses %j', (args, code) => {
      const ended = spawnSync(MAKE, args, { cwd: folder, encoding: 'utf8' });
      expect(ended.status).toBe(64);
      expect(ended.stderr).toContain(code);
    });
  },
);
