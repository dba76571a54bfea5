/**
 * The traps of MQTT that were met on the way, each against a real mosquitto: first what happens to a plain client, then
 * that the device does not fall into it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt, { type IClientOptions, type IClientPublishOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BadLine, PUBACK } from '../../../benchmarks/remote/bad-line.ts';
import { Consumer } from '../../../benchmarks/remote/consumer.ts';
import { Device, type DeviceOptions, NO_FILES, pause, personAt, until } from '../../../benchmarks/remote/device.ts';
import { topics } from '../../../src/params/mqtt.ts';
import { memoryStore } from '../../../src/store/store.ts';
import { instant } from '../../../src/units.ts';
import { Mosquitto, mosquittoMissing } from '../../support/mosquitto.ts';

const NAMES = topics('bench');
const VERSIONS = [5, 4] as const;

let broker: Mosquitto;
let line: BadLine;
let ends: (() => unknown)[];

beforeEach(async () => {
  ends = [];
  broker = await Mosquitto.start();
  line = await BadLine.open(broker.port);
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  await line.close();
  await broker.close();
});

/** A device on the bad line; with 4 the broker behind it plays one of before MQTT 5. */
async function deviceOf(version: 4 | 5, options: Partial<DeviceOptions> = {}): Promise<Device> {
  line.refusesFive = version === 4;
  const device = new Device({ url: line.url, ...options });
  ends.push(() => device.close());
  return device.online();
}

interface Bare {
  readonly client: MqttClient;
  readonly heard: string[];
}

/** A plain client of the library. */
async function bare(options: IClientOptions = {}): Promise<Bare> {
  const client = mqtt.connect(broker.url, { protocolVersion: 5, reconnectPeriod: 0, ...options });
  const heard: string[] = [];
  client.on('error', () => {});
  client.on('message', (topic, payload, { retain }) =>
    heard.push(`${topic.slice(NAMES.root.length + 1)} ${payload.toString().slice(0, 20)} retain ${retain}`),
  );
  ends.push(() => void client.end(true));
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  return { client, heard };
}

const publish = (client: MqttClient, topic: string, text: string, options: IClientPublishOptions = {}): Promise<void> =>
  client.publishAsync(topic, text, { qos: 1, ...options }).then(() => {});

/** Resolves when all that was sent before has reached the device. */
async function heardOut(): Promise<void> {
  const friend = await personAt(broker.url, NAMES);
  await friend.ask('ping');
  await friend.close();
}

let serial = 0;
const order = (fields: object): string => {
  serial += 1;
  return JSON.stringify({ id: `o${serial}`, client: 'me', duration_s: 60, ...fields });
};

/** Whatever could add heat. */
const HEATING = [
  ['arm', {}],
  ['run/start', { recipe: 'hour' }],
  ['cfg/set', { duration_s: undefined, base_rev: 0, patch: { 'pulse.onMs': 400 } }],
] as const;

const commandsOf = ({ heard }: Device): string[] =>
  heard.filter((text) => text.startsWith('cmd/') && !text.includes('ping'));

describe.skipIf(mosquittoMissing)('a retained command', () => {
  it('comes to a plain client again at each subscription', async () => {
    const sender = await bare();
    await publish(sender.client, NAMES.command('arm'), 'go', { retain: true });
    const { client, heard } = await bare();
    for (let n = 1; n <= 2; n += 1) {
      await client.subscribeAsync(NAMES.commands, { qos: 1 });
      await until(() => heard.length === n);
    }
    expect(heard).toEqual(Array(2).fill('cmd/arm go retain true'));
  });

  it.each(VERSIONS)('is never obeyed by a device, at no connection (MQTT %i)', async (version) => {
    const sender = await bare();
    for (const [verb, more] of HEATING) {
      await publish(sender.client, NAMES.command(verb), order(more), { retain: true });
    }
    const device = await deviceOf(version);
    await heardOut();
    line.cut();
    await until(() => device.ups === 2);
    await heardOut();
    expect(device.asked).toEqual([]);
    const refused = device.notes.filter((note) => note.includes('409 A retained command'));
    // MQTT 5: not even delivered. Before it there is no such wish, and every one is refused and written down.
    expect(commandsOf(device)).toHaveLength(version === 5 ? 0 : 6);
    expect(refused).toHaveLength(version === 5 ? 0 : 6);
  });
});

describe.skipIf(mosquittoMissing)('a stop of 40,000 bytes', () => {
  it.each(VERSIONS)('stops: no broker is asked to drop what is long (MQTT %i)', async (version) => {
    const device = await deviceOf(version);
    const sender = await bare();
    await publish(sender.client, NAMES.command('run/stop'), 'x'.repeat(40_000));
    await heardOut();
    expect(device.asked).toEqual(['stop']);
  });
});

describe.skipIf(mosquittoMissing)('a command that was queued for a session of the same name', () => {
  const session: IClientOptions = { clientId: 'bench', clean: false, properties: { sessionExpiryInterval: 600 } };

  it('comes to a plain client without the retain flag', async () => {
    const first = await bare(session);
    await first.client.subscribeAsync(NAMES.commands, { qos: 1 });
    await first.client.endAsync();
    const sender = await bare();
    await publish(sender.client, NAMES.command('arm'), 'go', { retain: true });
    const again = await bare(session);
    await until(() => again.heard.length === 1);
    expect(again.heard).toEqual(['cmd/arm go retain false']);
  });

  it.each(VERSIONS)('never reaches a device, and its nonce is void by then (MQTT %i)', async (version) => {
    const device = await deviceOf(version);
    const { nonce } = device.admission;
    // Somebody takes the name and leaves a session behind for which the broker gathers commands.
    const thief = await bare({ ...session, protocolVersion: 4 });
    await thief.client.subscribeAsync(NAMES.commands, { qos: 1 });
    await thief.client.endAsync();
    const sender = await bare();
    await publish(sender.client, NAMES.command('arm'), order({ nonce }));
    await until(() => device.ups === 2);
    await heardOut();
    expect(commandsOf(device)).toEqual([]);
    expect(device.admission.nonce).not.toBe(nonce);
    await publish(sender.client, NAMES.command('arm'), order({ nonce }));
    await heardOut();
    expect(device.asked).toEqual([]);
    expect(device.notes.join('\n')).toContain('refused arm 410');
  });
});

describe.skipIf(mosquittoMissing)('a command that is published with the retain flag', () => {
  it('comes to a plain client that listens already without the flag, and with it where it asked for that', async () => {
    const plain = await bare();
    await plain.client.subscribeAsync(NAMES.commands, { qos: 1 });
    const careful = await bare();
    await careful.client.subscribeAsync(NAMES.commands, { qos: 1, rap: true });
    const sender = await bare();
    await publish(sender.client, NAMES.command('arm'), 'go', { retain: true });
    await until(() => plain.heard.length + careful.heard.length === 2);
    expect([...plain.heard, ...careful.heard]).toEqual(['cmd/arm go retain false', 'cmd/arm go retain true']);
  });

  it('is refused by a device on MQTT 5, even with the nonce of the moment', async () => {
    const device = await deviceOf(5);
    const sender = await bare();
    await publish(sender.client, NAMES.command('arm'), order({ nonce: device.admission.nonce }), { retain: true });
    await heardOut();
    expect(commandsOf(device)).toEqual(['cmd/arm retain true']);
    expect(device.asked).toEqual([]);
    expect(device.notes.join('\n')).toContain('refused arm 409 A retained command');
  });

  it('is obeyed once at most by a device on 3.1.1: recorded and played again it fails, as it is or under another id', async () => {
    const device = await deviceOf(4);
    const sender = await bare();
    const recorded = order({ nonce: device.admission.nonce });
    await publish(sender.client, NAMES.command('arm'), recorded, { retain: true });
    await heardOut();
    expect(device.asked).toEqual(['arm hold-mixed']);
    const renamed = JSON.stringify({ ...(JSON.parse(recorded) as object), id: 'another' });
    for (const text of [recorded, renamed]) await publish(sender.client, NAMES.command('arm'), text);
    line.cut();
    await until(() => device.ups === 2);
    for (const text of [recorded, renamed]) await publish(sender.client, NAMES.command('arm'), text);
    await heardOut();
    expect(device.asked).toEqual(['arm hold-mixed']);
    expect(device.notes.join('\n')).toContain('refused arm 410');
  });
});

describe.skipIf(mosquittoMissing)('what gathers while the link is down', () => {
  const MANY = 70_000;

  it('is lost beyond 65,535 messages by the queue of the client library', async () => {
    const listener = await bare();
    let count = 0;
    listener.client.on('message', () => {
      count += 1;
    });
    await listener.client.subscribeAsync('plain', { qos: 1 });
    line.stalled = true;
    const client = mqtt.connect(line.url, { protocolVersion: 4, reconnectPeriod: 200 });
    client.on('error', () => {});
    ends.push(() => void client.end(true));
    for (let n = 1; n <= 100_000; n += 1) client.publish('plain', String(n), { qos: 1 });
    line.stalled = false;
    line.cut();
    await until(() => count >= 65_535, 30_000);
    await pause(1000);
    expect(count).toBe(65_535);
  }, 60_000);

  it('is sent whole, once and in order from the history of a device', async () => {
    const store = memoryStore({ now: () => ({ monoUs: instant(0), wallMs: null, clock: 'none' }), maxBytes: 64e6 });
    for (let n = 1; n <= MANY; n += 1) store.append({ kind: n % 7 === 0 ? 'event' : 'sample', body: { n } });
    const consumer = new Consumer(broker.url, [NAMES.tele, NAMES.evt]);
    ends.push(() => consumer.close());
    await until(() => consumer.client.connected);
    const device = await deviceOf(5, { store });
    await device.drained();
    await until(() => consumer.tally.count >= MANY, 20_000);
    const { tally } = consumer;
    expect(tally.missing(store.stats().stream ?? '', MANY)).toEqual([]);
    expect([tally.count, tally.repeated, tally.disorder]).toEqual([MANY, 0, 0]);
  }, 60_000);
});

describe.skipIf(mosquittoMissing)('the last will of an old connection', () => {
  const will = { topic: NAMES.avail, payload: Buffer.from('offline'), qos: 1, retain: true } as const;

  it('says offline of a plain client that lives on a newer connection', async () => {
    const listener = await bare();
    await listener.client.subscribeAsync(NAMES.avail, { qos: 1 });
    for (let n = 0; n < 2; n += 1) {
      const { client } = await bare({ protocolVersion: 4, clientId: 'bench', will });
      await publish(client, NAMES.avail, 'online', { retain: true });
    }
    await until(() => listener.heard.length >= 3);
    expect(listener.heard).toContain('avail offline retain false');
  });

  it.each(VERSIONS)(
    'leaves a device online, after another connection took its name and after its own (MQTT %i)',
    async (v) => {
      const listener = await bare();
      const avail = (): string | undefined => listener.heard.at(-1)?.split(' ')[1];
      await listener.client.subscribeAsync(NAMES.avail, { qos: 1 });
      const device = await deviceOf(v);
      await until(() => avail() === 'online');
      // The same program started anew while its old connection still stands.
      const anew = new Device({ url: line.url });
      ends.push(() => anew.close());
      await device.link.close();
      listener.heard.length = 0;
      await anew.online();
      await until(() => avail() === 'online');
      // A stranger with our name and our will: its end must not take us offline.
      const thief = await bare({ protocolVersion: 4, clientId: 'bench', will });
      await until(() => anew.downs.length === 1);
      thief.client.stream.destroy();
      await until(() => anew.ups === 2);
      await pause(300);
      await until(() => avail() === 'online');
      // Another connection, of another name, that made the same promise long ago, and ends while we live.
      const old = await bare({ protocolVersion: 4, clientId: 'old', will });
      listener.heard.length = 0;
      old.client.stream.destroy();
      await until(() => listener.heard.length === 2);
      expect(listener.heard).toEqual(['avail offline retain false', 'avail online retain false']);
      const late = await bare();
      await late.client.subscribeAsync(NAMES.avail, { qos: 1 });
      await until(() => late.heard.length === 1);
      expect(late.heard).toEqual(['avail online retain true']);
    },
  );

  it('does not flap on MQTT 5 when a device is back within seconds', async () => {
    const device = await deviceOf(5);
    const listener = await bare();
    await listener.client.subscribeAsync(NAMES.avail, { qos: 1 });
    line.cut();
    await until(() => device.ups === 2);
    await pause(300);
    expect(listener.heard.filter((text) => text.includes('offline'))).toEqual([]);
  });
});

describe.skipIf(mosquittoMissing)('an access list that denies', () => {
  const password = (): string => {
    const file = join(broker.folder, 'password');
    writeFileSync(file, 'bench\nx\n');
    return file;
  };
  const denying = async (...denied: readonly string[]): Promise<void> => {
    await broker.close();
    const all = ['avail', 'info', 'state', 'trip', 'cfg', 'tele', 'evt', 'live', 'rsp/+'];
    const acl = [
      'user bench',
      ...all.filter((out) => !denied.includes(out)).map((out) => `topic write ${NAMES.root}/${out}`),
      ...(denied.includes('cmd/#') ? [] : [`topic read ${NAMES.root}/cmd/#`]),
      `topic write ${NAMES.commandBy('ping', 'bench')}`,
      `topic read ${NAMES.root}/avail`,
      'user all',
      'topic readwrite #',
    ];
    broker = await Mosquitto.start({ acl });
    await line.close();
    line = await BadLine.open(broker.port);
  };

  it('grants a plain client the subscription in silence, and refuses its publications in MQTT 5 only', async () => {
    await denying('tele', 'cmd/#');
    for (const protocolVersion of VERSIONS) {
      const { client, heard } = await bare({ protocolVersion, username: 'bench' });
      const [granted] = await client.subscribeAsync(NAMES.commands, { qos: 1 });
      expect(granted?.qos).toBe(1);
      const other = await bare({ username: 'all' });
      await publish(other.client, NAMES.command('ping'), 'x');
      const code = await publish(client, NAMES.tele, 'x').then(
        () => 0,
        (error: { code: number }) => error.code,
      );
      expect(code).toBe(protocolVersion === 5 ? 135 : 0);
      expect(heard).toEqual([]);
    }
  });

  it('never moves the cursor of a device over telemetry that was refused (MQTT 5)', async () => {
    await denying('tele');
    const device = await deviceOf(5, { files: { ...NO_FILES, password: password() } });
    for (let n = 1; n <= 5; n += 1) device.store.append({ kind: 'sample', body: { n } });
    await device.sender.drain();
    await device.sender.drain();
    expect(device.link.up).toBe(true);
    expect(device.store.cursor()).toBe(0);
  });

  it.each(VERSIONS)(
    'that grants the commands and delivers none is found out: no stop would be heard (MQTT %i)',
    async (version) => {
      await denying('cmd/#');
      const device = await deviceOf(version, { files: { ...NO_FILES, password: password() } });
      await until(() => device.notes.some((note) => note.includes('The broker delivers no commands')), 8000);
    },
  );

  it('is named by the device: which topic the broker refuses', async () => {
    await denying('tele', 'state');
    const device = await deviceOf(5, { files: { ...NO_FILES, password: password() } });
    device.store.append({ kind: 'sample', body: { n: 1 } });
    await device.sender.drain();
    await pause(200);
    expect(device.notes.join('\n')).toMatch(/denies a topic \(remix\/1\/bench\/tele: .*reason 135\)/);
  });
});

describe.skipIf(mosquittoMissing)('a link that goes wrong', () => {
  it('is not left standing in silence when the broker refuses its subscriptions', async () => {
    line.refusesSubscriptions = true;
    const device = new Device({ url: line.url });
    ends.push(() => device.close());
    device.link.open();
    await until(() => line.count > 1, 5000);
    expect(device.notes.join('\n')).toContain(`The broker denies a topic (reading ${NAMES.commands}`);
    line.refusesSubscriptions = false;
    await until(() => device.link.up);
  });

  it('says why it ended, and not why a try before it failed', async () => {
    const device = await deviceOf(4);
    line.cut();
    await until(() => device.downs.length === 1);
    expect(device.downs[0]).not.toContain('protocol version');
  });

  it('keeps to the version that the broker takes', async () => {
    const device = await deviceOf(4);
    const before = line.count;
    line.cut();
    await until(() => device.ups === 2);
    expect(line.count - before).toBe(1);
  });

  it('is tried less and less often while somebody else lives under the same name', async () => {
    const device = await deviceOf(5);
    const other = new Device({ url: line.url });
    ends.push(() => other.close());
    other.link.open();
    await pause(6000);
    // 1 s, 2 s, 4 s with this chance halved: four connections each in six seconds, and not one after the other for ever.
    expect(device.ups + other.ups).toBeLessThanOrEqual(8);
  });
});

describe.skipIf(mosquittoMissing)('acknowledgements that get lost', () => {
  const COUNT = 4000;

  it.each(VERSIONS)('cost repeats on the wire and no record (MQTT %i)', async (version) => {
    const consumer = new Consumer(broker.url, [NAMES.tele, NAMES.evt]);
    ends.push(() => consumer.close());
    await until(() => consumer.client.connected);
    const device = await deviceOf(version);
    for (let n = 1; n <= COUNT; n += 1) device.store.append({ kind: n % 7 === 0 ? 'event' : 'sample', body: { n } });
    for (let cut = 0; cut < 3; cut += 1) {
      let left = 25 * cut + 10;
      line.loses = (type) => {
        if (type !== PUBACK) return false;
        left -= 1;
        return left < 0;
      };
      const sent = device.sender.drain();
      await until(() => left < 0);
      await pause(50);
      const ups = device.ups;
      line.cut();
      await sent;
      line.loses = () => false;
      await until(() => device.ups > ups);
    }
    await device.drained();
    await until(() => consumer.tally.count >= COUNT);
    const { tally } = consumer;
    expect(tally.missing(device.store.stats().stream ?? '', COUNT)).toEqual([]);
    expect([tally.count, tally.disorder]).toEqual([COUNT, 0]);
    expect(tally.repeated).toBeGreaterThan(0);
  });
});
