/** The connection to a broker, where brokers and messages are not as they should be. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import mqtt from 'mqtt';
import * as mqttPacket from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, openBroker } from '../../../src/fronts/mqtt/broker.ts';
import { Link, type LinkOptions } from '../../../src/fronts/mqtt/link.ts';
import { messagesOf } from '../../../src/fronts/mqtt/sender.ts';
import { type LinkTrouble, troubleOf } from '../../../src/params/link-trouble.ts';
import { topics } from '../../../src/params/mqtt.ts';
import { bytesFor, type SentRecord } from '../../../src/params/pages.ts';
import { instant } from '../../../src/units.ts';
import { freePort } from '../../support/mosquitto.ts';

const NAMES = topics('bench');
let ends: (() => unknown)[];
let troubles: string[];

beforeEach(() => {
  [ends, troubles] = [[], []];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

function linkTo(url: string, more: Partial<LinkOptions> = {}): Link {
  const link = new Link({
    url,
    clientId: 'bench',
    topics: NAMES,
    credentials: {},
    onMessage: () => {},
    onUp: () => {},
    onDown: () => {},
    onTrouble: (what) => troubles.push(what),
    chance: () => 0,
    ...more,
  });
  ends.push(() => link.close());
  link.open();
  return link;
}
const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not in time: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('a link', () => {
  it('tries MQTT 3.1.1 with a broker that hangs up on MQTT 5 without a word', async () => {
    const levels: number[] = [];
    const server: Server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        // The level stands behind the name of the protocol (MQTT 5, 3.1.2.2).
        levels.push(data[data.indexOf('MQTT') + 4] ?? 0);
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    const address = server.address();
    linkTo(`mqtt://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
    await until(() => levels.length >= 4);
    expect(levels.slice(0, 4)).toEqual([5, 5, 4, 4]);
  });

  it('counts an address that cannot be as a failed connection, and tries again', async () => {
    let tries = 0;
    const link = linkTo('mqtt://127.0.0.1:99999', {
      chance: () => {
        tries += 1;
        return 0;
      },
    });
    await until(() => tries >= 2);
    expect(link.up).toBe(false);
    expect(troubles.join()).toContain('The broker’s name is unknown');
  });

  it('outlives a message that cannot be dealt with, and says so once', async () => {
    const broker: Broker = (await openBroker(0))!;
    ends.push(() => broker.close());
    let count = 0;
    const link = linkTo(broker.url, {
      version: 4,
      onMessage: () => {
        count += 1;
        throw new Error('a bug');
      },
    });
    await until(() => link.up);
    const other = mqtt.connect(broker.url, { protocolVersion: 4, reconnectPeriod: 0 });
    ends.push(() => other.end(true));
    for (const name of ['a', 'b', 'c']) other.publish(`${NAMES.root}/cmd/ping/by/${name}`, 'x');
    await until(() => count === 3);
    expect(link.up).toBe(true);
    expect(troubles).toEqual([expect.stringContaining(`could not be handled (${NAMES.root}/cmd/…: a bug)`)]);
  });

  it('hears itself on a broker that delivers, and finds nothing wrong', async () => {
    const broker: Broker = (await openBroker(0))!;
    ends.push(() => broker.close());
    const link = linkTo(broker.url, { version: 4 });
    await until(() => link.up);
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect([link.up, troubles]).toEqual([true, []]);
  });
});

/** Certificates of a small authority of their own, made once. */
function certificates(): { ca: string; server: (name: string, days: string) => { cert: string; key: string } } {
  const folder = mkdtempSync(join(tmpdir(), 'remixd-link-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const ssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  ssl('req', '-x509', ...made, '-days', '30', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.crt');
  const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return {
    ca: pem('ca.crt'),
    server: (name, days) => {
      ssl('req', ...made, '-subj', `/CN=${name}`, '-keyout', 's.key', '-out', 's.csr');
      writeFileSync(join(folder, 's.ext'), `subjectAltName=${name}\n`);
      ssl(
        ...`x509 -req -in s.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile s.ext -out s.crt ${days}`.split(' '),
      );
      return { cert: pem('s.crt'), key: pem('s.key') };
    },
  };
}

/** A server that does with each connection what it is told to. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** CONNACK of MQTT 5 (3.2) with a reason and properties; a broker that acknowledges what it is told to. */
function fakeBroker({
  reason = 0,
  properties = [] as number[],
  onPacket = (_: mqttPacket.Packet, _reply: (p: mqttPacket.Packet) => void): void => {},
}): Server {
  return createServer((socket) => {
    const parser = mqttPacket.parser({ protocolVersion: 5 });
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connect') {
        const rest = [0, reason, properties.length, ...properties];
        socket.write(Buffer.from([0x20, rest.length, ...rest]));
      } else if (packet.cmd === 'subscribe') {
        socket.write(
          mqttPacket.generate(
            { cmd: 'suback', messageId: packet.messageId ?? 1, granted: [1] },
            { protocolVersion: 5 },
          ),
        );
      } else if (packet.cmd === 'pingreq') socket.write(mqttPacket.generate({ cmd: 'pingresp' }));
      else onPacket(packet, (answer) => socket.write(mqttPacket.generate(answer, { protocolVersion: 5 })));
    });
    socket.on('data', (data) => parser.parse(data));
  });
}

describe('a link that does not work', () => {
  const standing = async (link: Link): Promise<LinkTrouble> => {
    await until(() => link.trouble !== null);
    return link.trouble!;
  };

  it('says that nothing listens there, and forgets it once it is connected', async () => {
    const port = await freePort();
    const link = linkTo(`mqtt://127.0.0.1:${port}`);
    expect(await standing(link)).toMatchObject({
      code: 'LINK_REFUSED',
      remedy: expect.stringContaining('Start the broker'),
    });
    const broker = (await openBroker(port))!;
    ends.push(() => broker.close());
    await until(() => link.up);
    expect(link.trouble).toBeNull();
    expect(troubles.filter((line) => line.includes('refuses connections'))).toHaveLength(1);
  });

  it('says that the name of the broker is unknown', async () => {
    expect(troubleOf({ code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND brokr.lab' })).toMatchObject({
      code: 'LINK_NO_HOST',
    });
    expect((await standing(linkTo('mqtt://no-such-host.invalid'))).code).toBe('LINK_NO_HOST');
  });

  it('says that user or password are wrong', async () => {
    const port = await listening(fakeBroker({ reason: 134 }));
    expect((await standing(linkTo(`mqtt://127.0.0.1:${port}`))).code).toBe('LINK_DENIED');
  });

  it.each([
    ['another name', 'DNS:elsewhere.lab', '-days 9', true, 'LINK_CERT_NAME'],
    ['another authority', 'IP:127.0.0.1', '-days 9', false, 'LINK_CERT_UNKNOWN'],
    ['an end in the past', 'IP:127.0.0.1', '-days -1', true, 'LINK_CERT_EXPIRED'],
  ])('says what is wrong with a certificate of %s', async (_, name, days, isTrusted, code) => {
    const { ca, server } = certificates();
    const port = await listening(createTlsServer(server(name, days)));
    const link = linkTo(`mqtts://127.0.0.1:${port}`, { credentials: isTrusted ? { ca } : {} });
    expect((await standing(link)).code).toBe(code);
  });

  it.each([
    ['CERT_NOT_YET_VALID', 'LINK_CERT_EARLY'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'LINK_CERT_OWN'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'LINK_NO_TLS'],
    ['EHOSTUNREACH', 'LINK_NO_ROUTE'],
    ['ETIMEDOUT', 'LINK_NO_ROUTE'],
  ])('knows %s', (code, kind) => {
    expect(troubleOf({ code, message: 'x' }).code).toBe(kind);
  });

  it('says which topic is denied, and keeps that while the connection stands', async () => {
    const port = await listening(
      fakeBroker({
        onPacket: (packet, reply) => {
          if (packet.cmd === 'publish') reply({ cmd: 'puback', messageId: packet.messageId ?? 1, reasonCode: 135 });
        },
      }),
    );
    const link = linkTo(`mqtt://127.0.0.1:${port}`);
    await until(() => link.up);
    expect(await standing(link)).toMatchObject({ code: 'LINK_TOPIC_DENIED', detail: expect.stringContaining('135') });
  });

  it('sends nothing that is larger than the broker accepts, says so, and stays connected', async () => {
    const sizes: number[] = [];
    // Maximum packet size (3.2.2.3.6): 0x27, four bytes; 600.
    const server = fakeBroker({
      properties: [0x27, 0, 0, 2, 88],
      onPacket: (packet, reply) => {
        if (packet.cmd !== 'publish') return;
        sizes.push(packet.length ?? 0);
        reply({ cmd: 'puback', messageId: packet.messageId ?? 1 });
      },
    });
    const link = linkTo(`mqtt://127.0.0.1:${await listening(server)}`);
    await until(() => link.up);
    const sent: boolean[] = [];
    link.publish(NAMES.state, 'x'.repeat(700), { qos: 1 }, (done) => sent.push(done));
    link.publish(NAMES.state, 'x'.repeat(link.roomFor(NAMES.state)), { qos: 1 }, (done) => sent.push(done));
    await until(() => sent.length === 2);
    expect(sent).toEqual([false, true]);
    expect(link.trouble).toMatchObject({ code: 'LINK_TOO_LARGE', detail: expect.stringContaining('700 bytes') });
    // The length is that behind the fixed header.
    expect(Math.max(...sizes)).toBeLessThanOrEqual(600 - 3);
    const records = [record(1, 'é"\\'.repeat(400)), record(2, 'short'), record(3, 'short')];
    const messages = messagesOf(records, NAMES, bytesFor(link.roomFor(NAMES.tele)));
    for (const { topic, payload } of messages)
      expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(link.roomFor(topic));
    const parts = messages.map(({ payload }) => JSON.parse(payload) as { text?: string });
    expect(JSON.parse(parts.map(({ text = '' }) => text).join(''))).toMatchObject({ seq: 1 });
  });

  it('has no more messages under way than the broker accepts, and loses none', async () => {
    let [waiting, most, count] = [0, 0, 0];
    // Receive maximum (3.2.2.3.3): 0x21, two bytes; 2.
    const server = fakeBroker({
      properties: [0x21, 0, 2],
      onPacket: (packet, reply) => {
        if (packet.cmd !== 'publish') return;
        waiting += 1;
        count += 1;
        most = Math.max(most, waiting);
        setTimeout(() => {
          waiting -= 1;
          reply({ cmd: 'puback', messageId: packet.messageId ?? 1 });
        }, 5);
      },
    });
    const link = linkTo(`mqtt://127.0.0.1:${await listening(server)}`);
    await until(() => link.up);
    const sent: boolean[] = [];
    for (let n = 0; n < 20; n += 1) link.publish(NAMES.tele, String(n), { qos: 1 }, (done) => sent.push(done));
    await until(() => sent.length === 20);
    expect([most, count, sent.every(Boolean)]).toEqual([2, 21, true]);
  });
});

const record = (seq: number, text: string): SentRecord => ({
  seq,
  stream: 's',
  boot: 'b',
  kind: 'sample',
  monoUs: instant(0),
  wallMs: null,
  clock: 'none',
  body: { text },
});
