/** A person’s end of the link against a real mosquitto: what it makes of a broker that dies, or that denies in silence. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BadLine } from '../../benchmarks/remote/bad-line.ts';
import { NO_FILES, pause, personAt } from '../../benchmarks/remote/device.ts';
import type { Person } from '../../src/client/person.ts';
import { CredentialError, readCredentials } from '../../src/files/credentials.ts';
import { topics } from '../../src/params/mqtt.ts';
import { Mosquitto, type MosquittoOptions, mosquittoMissing } from '../support/mosquitto.ts';

const NAMES = topics('bench');
const UNREACHABLE = { code: 'REMOTE_UNREACHABLE', remedy: expect.stringContaining('broker') };

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function brokerOf(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const broker = await Mosquitto.start(options);
  ends.push(() => broker.close());
  return broker;
}

async function personOf(url: string): Promise<Person> {
  const person = await personAt(url, NAMES);
  ends.push(() => person.close());
  return person;
}

async function retain(broker: Mosquitto, ...topics: readonly string[]): Promise<void> {
  const careless = mqtt.connect(broker.url, { protocolVersion: 5, reconnectPeriod: 0, username: 'careless' });
  for (const topic of topics) await careless.publishAsync(topic, '{"id":"old"}', { qos: 1, retain: true });
  await careless.endAsync();
}

describe.skipIf(mosquittoMissing)('a person whose broker goes away', () => {
  it('is told that the connection was lost, and so is whoever waits for an answer', async () => {
    const broker = await brokerOf();
    const person = await personOf(broker.url);
    const answer = person.ask('ping');
    await Promise.all([
      expect(answer).rejects.toMatchObject(UNREACHABLE),
      expect(person.lost).rejects.toMatchObject(UNREACHABLE),
      broker.end(),
    ]);
    await expect(person.ask('ping')).rejects.toMatchObject(UNREACHABLE);
    await expect(person.value(NAMES.state)).rejects.toMatchObject(UNREACHABLE);
  });

  it('misses a line on which nothing comes any more', async () => {
    const broker = await brokerOf();
    const line = await BadLine.open(broker.port);
    ends.push(() => line.close());
    const person = await personOf(line.url);
    line.stalled = true;
    await expect(person.lost).rejects.toMatchObject(UNREACHABLE);
  }, 30_000);

  it('hangs up on a broker that hangs, in a second', async () => {
    const broker = await brokerOf();
    const person = await personOf(broker.url);
    process.kill(broker.pid, 'SIGSTOP');
    await expect(person.ask('ping')).rejects.toMatchObject({ code: 'REMOTE_SILENT' });
    const before = performance.now();
    await person.close();
    expect(performance.now() - before).toBeLessThan(2000);
  }, 10_000);

  it('has lost nothing when they hung up themselves', async () => {
    const person = await personOf((await brokerOf()).url);
    let lost = false;
    person.lost.catch(() => {
      lost = true;
    });
    await person.close();
    await pause(50);
    expect(lost).toBe(false);
  });
});

describe.skipIf(mosquittoMissing)('a person who clears retained commands', () => {
  const OWN = NAMES.commandBy('arm', 'friend');
  const OTHERS = NAMES.commandBy('arm', 'careless');
  const CARELESS = ['user careless', 'topic readwrite #'];

  it('finds and clears them, and then there are none', async () => {
    const broker = await brokerOf();
    await retain(broker, OWN, OTHERS);
    const person = await personOf(broker.url);
    expect(await person.clearCommands()).toEqual({ cleared: [OWN, OTHERS], left: [] });
    expect(await person.clearCommands()).toEqual({ cleared: [], left: [] });
  }, 15_000);

  it('is told when the broker lets nothing of them through, although it took the subscription', async () => {
    const broker = await brokerOf({ acl: [`topic write ${NAMES.root}/cmd/+/by/friend`, ...CARELESS] });
    await retain(broker, OTHERS);
    const person = await personOf(broker.url);
    await expect(person.clearCommands()).rejects.toMatchObject({
      code: 'REMOTE_DENIED',
      message: expect.stringContaining(`does not allow friend to read ${NAMES.commands}`),
      remedy: expect.stringContaining('role'),
    });
  }, 15_000);

  it('is told which ones the broker does not let them clear', async () => {
    const acl = [`topic read ${NAMES.commands}`, `topic write ${NAMES.root}/cmd/+/by/friend`, ...CARELESS];
    const broker = await brokerOf({ acl });
    await retain(broker, OWN, OTHERS);
    const person = await personOf(broker.url);
    expect(await person.clearCommands()).toEqual({ cleared: [OWN], left: [OTHERS] });
  }, 15_000);
});

const opensslMissing = (() => {
  try {
    execFileSync('openssl', ['version']);
    return false;
  } catch {
    return true;
  }
})();

describe.skipIf(opensslMissing)('certificates and keys', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const make = (name: string): void => {
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${name}`];
    const out = ['-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)];
    execFileSync('openssl', ['req', '-x509', ...kind, ...out], { stdio: 'ignore' });
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'remixd-credentials-'));
    make('ann');
    make('bob');
    execFileSync('openssl', ['x509', '-in', at('ann.crt'), '-outform', 'DER', '-out', at('ann.der')]);
    const whole = execFileSync('cat', [at('ann.crt'), at('bob.crt')], { encoding: 'utf8' });
    writeFileSync(at('both.crt'), `two of them\n${whole}`);
    writeFileSync(at('cut.crt'), whole.slice(0, -100));
    writeFileSync(at('empty'), '');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are taken when they are what they should be', () => {
    const files = { ...NO_FILES, ca: at('both.crt'), cert: at('ann.crt'), key: at('ann.key') };
    expect(Object.keys(readCredentials(files))).toEqual(['ca', 'cert', 'key']);
  });

  it.each([
    ['mqtt.caFile', { ca: 'cut.crt' }],
    ['mqtt.caFile', { ca: 'empty' }],
    ['mqtt.caFile', { ca: 'ann.key' }],
    ['mqtt.certFile', { cert: 'ann.der' }],
    ['mqtt.keyFile', { key: 'ann.crt' }],
    ['mqtt.keyFile', { key: 'empty' }],
    ['mqtt.keyFile', { cert: 'ann.crt', key: 'bob.key' }],
  ])('are refused by the name of the setting when they are not: %s %j', (setting, named) => {
    const files = { ...NO_FILES, ...Object.fromEntries(Object.entries(named).map(([kind, file]) => [kind, at(file)])) };
    let thrown: unknown;
    try {
      readCredentials(files);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(CredentialError);
    expect(thrown).toMatchObject({ code: 'PEM', problem: { path: setting, got: expect.stringContaining(folder) } });
  });
});
