/**
 * Figures of the remote side: {name, value, unit, lost, duplicated, n}, one line each. Hostile messages by the hundred
 * thousand must ask for no heat and take no memory, and a stop must be answered meanwhile.
 *
 *   npm run bench:remote -- [--json] [--long]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import mqtt from 'mqtt';
import { openBroker } from '../src/net/broker.ts';
import { type Bench, CommandGate } from '../src/net/command-gate.ts';
import { Link } from '../src/net/link.ts';
import { Person } from '../src/net/person.ts';
import { type Desk, Remote } from '../src/net/remote.ts';
import { Sender } from '../src/net/sender.ts';
import { startTuning } from '../src/net/trial.ts';
import { MOST_BYTES, topics, VERB_NAMES } from '../src/params/remote.ts';
import { defaultSettings, SETTING_KEYS } from '../src/params/settings.ts';
import { openStore } from '../src/store/store.ts';
import { Prng } from '../src/twin/prng.ts';

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean', default: false }, long: { type: 'boolean', default: false } },
});
const SEED = Number(process.env['CAMPAIGN_SEED'] ?? 1);

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly lost: number;
  readonly duplicated: number;
  readonly n: number;
}

function print(figure: Figure): void {
  const { name, value, unit, lost, duplicated, n } = figure;
  const rounded = { ...figure, value: Number(value.toPrecision(4)) };
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(rounded)}\n`
      : `${name.padEnd(34)}${String(rounded.value).padStart(10)} ${unit.padEnd(22)} n ${n}, lost ${lost}, duplicated ${duplicated}\n`,
  );
}

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

/** Messages that no honest client sends: garbage, wrong types, replays, late ones, oversize, deep, foreign settings. */
function hostile(chance: Prng, knownNonce: string): { verb: string; payload: Uint8Array; retain: boolean } {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance.uniform() * list.length)]!;
  const odd = (): unknown =>
    pick<unknown>([
      null,
      true,
      -1,
      0,
      1e308,
      '',
      'x'.repeat(100),
      [],
      {},
      [[[[[[[[]]]]]]]],
      '__proto__',
      1.5,
      '1',
      9e15,
    ]);
  const verb =
    chance.uniform() < 0.9
      ? pick(VERB_NAMES.filter((v) => !['stop', 'disarm', 'run/stop'].includes(v)))
      : 'x'.repeat(chance.uniform() * 60);
  const fields: Record<string, unknown> = {
    id: chance.uniform() < 0.7 ? String(chance.uniform()) : odd(),
    client: chance.uniform() < 0.7 ? 'evil' : odd(),
  };
  // A nonce that was good once, one that is near, none at all: never the present one.
  if (chance.uniform() < 0.8) fields['nonce'] = pick<unknown>(['0'.repeat(16), `f${knownNonce.slice(1)}`, odd()]);
  if (chance.uniform() < 0.5) fields['duration_s'] = pick<unknown>([60, odd()]);
  if (chance.uniform() < 0.5) fields['base_rev'] = pick<unknown>([0, odd()]);
  if (chance.uniform() < 0.5) fields['patch'] = { [pick([...SETTING_KEYS, 'x'])]: odd() };
  if (chance.uniform() < 0.3) fields['ts'] = pick<unknown>([0, 4e9, odd()]);
  if (chance.uniform() < 0.2) fields[pick(['constructor', 'toString', 'extra'])] = odd();
  let text = JSON.stringify(fields);
  if (chance.uniform() < 0.2) text = text.slice(0, Math.floor(chance.uniform() * text.length));
  if (chance.uniform() < 0.01) text += ' '.repeat(MOST_BYTES);
  return { verb, payload: new TextEncoder().encode(text), retain: chance.uniform() < 0.1 };
}

/** The gate alone, as fast as it goes: requests for heat, memory, time a message. */
function fuzz(count: number): void {
  const chance = new Prng(SEED, 90);
  let serial = 0;
  const gate = new CommandGate({ mayArm: true, mayTune: true }, () => {
    serial += 1;
    return (serial + 0x1000).toString(16).padStart(16, '0');
  });
  const bench: Bench = {
    state: 'safe',
    driven: false,
    trip: null,
    lockout: false,
    plAlarm: false,
    tuning: startTuning(defaultSettings()),
    recipes: ['hour'],
  };
  let heat = 0;
  const run = (n: number): void => {
    for (let i = 0; i < n; i += 1) {
      const verdict = gate.judge(hostile(chance, gate.nonce), bench, ['see', 'run', 'tune'], {
        mono: i * 100_000,
        wallS: 1e9,
      });
      if (verdict.request?.kind === 'start' || verdict.request?.kind === 'try') heat += 1;
    }
  };
  run(count / 10);
  collect();
  const before = process.memoryUsage().heapUsed;
  const t0 = performance.now();
  run(count);
  const us = ((performance.now() - t0) * 1000) / count;
  collect();
  const grown = (process.memoryUsage().heapUsed - before) / 1e6;
  print({ name: 'hostile-that-ask-for-heat', value: heat, unit: 'requests', lost: 0, duplicated: 0, n: count });
  print({ name: 'hostile-memory', value: grown, unit: 'MB more after them', lost: 0, duplicated: 0, n: count });
  print({ name: 'hostile-time', value: us, unit: 'µs a message', lost: 0, duplicated: 0, n: count });
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Telemetry over a mosquitto that is ended and started again while records come: what a consumer has in the end, after it
 * has thrown away what came twice. The broker keeps its sessions on disk; it is ended by SIGTERM, as a restart does.
 */
async function brokerKilled(kills: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'remixd-remote-'));
  const port = 20_000 + Math.floor(new Prng(Date.now() % 1e6, 92).uniform() * 20_000);
  const config = join(folder, 'mosquitto.conf');
  chmodSync(folder, 0o777);
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'persistence true',
    `persistence_location ${folder}/`,
  ];
  writeFileSync(config, `${[...lines, 'max_queued_messages 0', 'max_inflight_messages 100'].join('\n')}\n`);
  const startBroker = (): ChildProcess => spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
  let broker = startBroker();
  const missing = await Promise.race([
    new Promise<boolean>((resolve) => broker.once('error', () => resolve(true))),
    wait(300).then(() => false),
  ]);
  if (missing) {
    process.stderr.write('mosquitto is not installed: telemetry over broker restarts not measured\n');
    return;
  }
  const url = `mqtt://127.0.0.1:${port}`;
  const names = topics('bench');
  const begun = performance.now();
  const store = await openStore({
    folder: join(folder, 'history'),
    maxBytes: 100e6,
    maxAgeS: 1e6,
    commitMs: 200,
    now: () => ({ monoUs: (performance.now() - begun) * 1000, wallMs: null, clock: 'none' }),
  });
  let sender: Sender | null = null;
  const link = new Link({
    url,
    clientId: 'bench',
    topics: names,
    files: { ca: null, cert: null, key: null, password: null },
    onMessage: () => {},
    onUp: () => {},
    onDown: () => {},
    chance: () => 0,
  });
  sender = new Sender(store, link, names);
  link.open();
  const seen = new Map<string, number>();
  let disorder = 0;
  let newest = 0;
  const consumer = mqtt.connect(url, { clientId: 'consumer', clean: false, protocolVersion: 4, reconnectPeriod: 200 });
  consumer.on('connect', () => consumer.subscribe([names.tele, names.evt], { qos: 1 }));
  consumer.on('error', () => {});
  consumer.on('message', (_topic, payload) => {
    const { stream, records } = JSON.parse(payload.toString()) as { stream: string; records: { seq: number }[] };
    for (const { seq } of records) {
      const key = `${stream} ${seq}`;
      const times = seen.get(key) ?? 0;
      seen.set(key, times + 1);
      // A record is out of order when it is new and comes after a later one.
      if (times === 0 && seq < newest) disorder += 1;
      newest = Math.max(newest, seq);
    }
  });
  let appended = 0;
  const feed = setInterval(() => {
    for (let i = 0; i < 10; i += 1) {
      appended += 1;
      store.append({ kind: appended % 7 === 0 ? 'event' : 'sample', body: { n: appended } });
    }
    void sender?.drain();
  }, 50);
  while (!link.up || !consumer.connected) await wait(20);
  for (let kill = 0; kill < kills; kill += 1) {
    await wait(300 + 400 * new Prng(SEED, 100 + kill).uniform());
    broker.kill('SIGTERM');
    await new Promise((resolve) => broker.once('exit', resolve));
    broker = startBroker();
    const until = performance.now() + 10_000;
    while ((!link.up || !consumer.connected) && performance.now() < until) await wait(20);
  }
  clearInterval(feed);
  await store.flush();
  const end = performance.now() + 30_000;
  while (performance.now() < end && (store.cursor() < (store.stats().newestSeq ?? 0) || seen.size < appended)) {
    await sender.drain();
    await wait(50);
  }
  const total = store.stats().newestSeq ?? 0;
  let lost = 0;
  for (let seq = 1; seq <= total; seq += 1) if (!seen.has(`${store.stats().stream} ${seq}`)) lost += 1;
  const twice = [...seen.values()].reduce((sum, times) => sum + times - 1, 0);
  print({ name: 'telemetry-over-broker-restarts', value: kills, unit: 'restarts', lost, duplicated: 0, n: total });
  print({
    name: 'telemetry-repeated-on-the-wire',
    value: twice,
    unit: 'records, thrown away',
    lost,
    duplicated: twice,
    n: total,
  });
  print({ name: 'telemetry-out-of-order', value: disorder, unit: 'records', lost, duplicated: 0, n: total });
  consumer.end(true);
  await link.close();
  await store.close();
  broker.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

/** Through a broker: a flood of hostile messages, a stop every 200 ms, and a 50-ms tick that must go on. */
async function flood(seconds: number): Promise<void> {
  const broker = (await openBroker(0))!;
  const names = topics('bench');
  let stops = 0;
  const begun = performance.now();
  const mono = (): number => (performance.now() - begun) * 1000;
  const desk: Desk = {
    bench: () => ({ state: 'safe', driven: false, trip: null, lockout: false, plAlarm: false, recipes: [] }),
    values: () => ({ tc_c: 25 }),
    info: () => ({}),
    trip: () => null,
    stop: () => {
      stops += 1;
    },
    start: () => {
      throw new Error('a hostile message started a run');
    },
    acknowledge: () => {},
    guardPl: () => {},
    history: async () => ({ stream: null, newest: null, records: [] }),
    newest: () => null,
    apply: () => {
      throw new Error('a hostile message changed a setting');
    },
    note: () => {},
    now: () => ({ mono: mono(), wallS: null }),
  };
  let serial = 0;
  const gate = new CommandGate({ mayArm: true, mayTune: true }, () => {
    serial += 1;
    return (serial + 0x1000).toString(16).padStart(16, '0');
  });
  const parts = { desk, gate, topics: names, tuning: startTuning(defaultSettings()), boot: 'b', keep: () => {} };
  const remote = new Remote({ ...parts, stopOnLinkLoss: false });
  const link = new Link({
    url: broker.url,
    clientId: 'bench',
    topics: names,
    files: { ca: null, cert: null, key: null, password: null },
    onMessage: (topic, payload, retain) => remote.message(topic, payload, retain),
    onUp: () => remote.up(),
    onDown: () => {},
    chance: () => 0,
  });
  remote.use(link);
  link.open();
  while (!link.up) await wait(20);
  const enemy = mqtt.connect(broker.url, { protocolVersion: 4, reconnectPeriod: 0 });
  await new Promise((resolve) => enemy.once('connect', resolve));
  const friend = await Person.connect({
    url: broker.url,
    topics: names,
    client: 'friend',
    wallS: () => 0,
    files: { ca: null, cert: null, key: null, password: null },
  });
  const chance = new Prng(SEED, 91);
  const late: number[] = [];
  let before = performance.now();
  const ticks = setInterval(() => {
    const now = performance.now();
    late.push(Math.abs(now - before - 50));
    before = now;
    remote.tick();
  }, 50);
  const answers: number[] = [];
  let sent = 0;
  let asked = 0;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    for (let i = 0; i < 100; i += 1) {
      const { verb, payload, retain } = hostile(chance, gate.nonce);
      if (verb === '' || /[#+\0]/.test(verb)) continue;
      enemy.publish(`${names.root}/cmd/${verb}`, Buffer.from(payload), { retain });
      sent += 1;
    }
    const t0 = performance.now();
    asked += 1;
    await friend.ask('stop').then(
      () => answers.push(performance.now() - t0),
      () => {},
    );
    await wait(20);
  }
  clearInterval(ticks);
  const at = (list: readonly number[], share: number): number =>
    [...list].sort((a, b) => a - b)[Math.max(0, Math.ceil(share * list.length) - 1)] ?? Number.NaN;
  const lost = asked - answers.length;
  print({
    name: 'stop-answered-in-a-flood-p99',
    value: at(answers, 0.99),
    unit: 'ms',
    lost,
    duplicated: stops - asked,
    n: asked,
  });
  print({
    name: 'tick-jitter-in-a-flood-p99',
    value: at(late, 0.99),
    unit: 'ms beside 50',
    lost: 0,
    duplicated: 0,
    n: late.length,
  });
  print({ name: 'flood-rate', value: sent / seconds, unit: 'messages / s', lost: 0, duplicated: 0, n: sent });
  await friend.close();
  enemy.end(true);
  await link.close();
  await broker.close();
}

fuzz(flags.long ? 1_000_000 : 100_000);
await flood(flags.long ? 60 : 5);
await brokerKilled(flags.long ? 100 : 5);
process.exit();
