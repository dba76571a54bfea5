/** From many devices over a real mosquitto into a real PostgreSQL: nothing lost, nothing twice, whatever breaks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Collector } from '../../src/fleet/collector.ts';
import { messagesOf } from '../../src/net/sender.ts';
import { topics } from '../../src/params/remote.ts';
import { PACKAGE_ROOT } from '../../src/runtime/recipes.ts';
import {
  collecting,
  end,
  FakeDevice,
  Mosquitto,
  missing,
  Postgres,
  record,
  sleep,
  unlessMissing,
  until,
} from './support.ts';

let cluster: Postgres;
let broker: Mosquitto;
let database: Postgres;
let device: FakeDevice;
let collector: Collector | null = null;
let programs: ChildProcess[] = [];
let number = 0;

const count = (of = database): Promise<number> => of.number('SELECT count(*) FROM records');
const seqs = async (): Promise<number[]> =>
  (await database.query<{ seq: string }>('SELECT seq FROM records ORDER BY seq')).map(({ seq }) => Number(seq));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const records = (from: number, to: number) => range(from, to).map((seq) => record(seq));

/** The program itself, in a process that can be killed. */
function program(...more: string[]): ChildProcess {
  const args = ['collect', '--database', database.url, '--broker', broker.url, '--lanes', '4', '--json', ...more];
  const child = spawn(process.execPath, [join(PACKAGE_ROOT, 'bin/remixd.js'), ...args], { stdio: 'pipe' });
  programs.push(child);
  return child;
}

beforeAll(async () => {
  if (missing.length === 0) cluster = await Postgres.make();
}, 60_000);
afterAll(async () => {
  if (missing.length === 0) await cluster.close();
});
beforeEach(async () => {
  if (missing.length > 0) return;
  number += 1;
  broker = await Mosquitto.make();
  database = await cluster.fresh(`test_${number}`);
  device = await FakeDevice.make('bench-1', broker.url);
});
afterEach(async () => {
  if (missing.length > 0) return;
  await collector?.close();
  collector = null;
  for (const child of programs) await end(child, 'SIGKILL');
  programs = [];
  await device.close();
  await broker.close();
  await database.pool.end();
});

describe.skipIf(missing.length > 0)(`the collector${unlessMissing}`, () => {
  it('keeps each record once, in whatever order and however often it comes', async () => {
    collector = await collecting(database, broker);
    const all = records(1, 300);
    const shuffled = all.map((_, i) => all[(i * 7919) % all.length]!);
    for (const one of shuffled) void device.send([one]);
    await device.send(all);
    await device.send(shuffled.slice(0, 150));
    await until('all are there', async () => (await count()) === 300 && collector?.status().repeated === 450);
    expect(await seqs()).toEqual(range(1, 300));
    const [row] = await database.query('SELECT * FROM records WHERE seq = 7');
    expect(row).toMatchObject({
      device: 'bench-1',
      stream: 'stream-a',
      boot: 'boot-1',
      kind: 'sample',
      mono_us: '7000000',
      wall_ms: 1_790_000_007_000,
      clock: 'synced',
      time: new Date(1_790_000_007_000),
      body: { tc_c: 25.7, ir_c: 25, state: 'armed' },
    });
    expect(await database.number('SELECT count(*) FROM gaps')).toBe(0);
  });

  it('puts a record of many parts together, over several lanes, repeated, and over a kill between the parts', async () => {
    const text = `${'é😀"\\'.repeat(9000)}end`;
    const long = record(1, { kind: 'dump', body: { text, rows: [[1, null]] } });
    const parts = messagesOf([long], topics('bench-1'));
    expect(parts.length).toBeGreaterThan(6);
    const first = program();
    await sleep(700);
    for (const { topic, payload } of parts.slice(0, 4)) await device.say(topic, payload);
    await until('some parts wait', async () => (await database.number('SELECT count(*) FROM parts')) === 4);
    await end(first, 'SIGKILL');
    for (const { topic, payload } of [...parts.slice(2)].reverse()) await device.say(topic, payload);
    collector = await collecting(database, broker);
    await until('the record is whole', async () => (await count()) === 1);
    const [row] = await database.query<{ body: unknown }>('SELECT body FROM records');
    expect(row?.body).toEqual({ text, rows: [[1, null]] });
    expect(await database.number("SELECT count(*) FROM parts WHERE received < now() - interval '1 hour'")).toBe(0);
  });

  it('acknowledges after the commit only: 0 lost, 0 twice over kills of the collector', async () => {
    const total = 1500;
    // What a broker knows of our lanes it keeps; so the first start comes before the first message.
    await end(await ready(program()), 'SIGTERM');
    const sending = (async () => {
      for (const seq of range(1, total)) await device.send([record(seq)]);
    })();
    const seen: number[] = [];
    for (let kills = 0; kills < 4; kills += 1) {
      const child = await ready(program());
      await until('some are written', async () => (await count()) > (seen.at(-1) ?? 0) + 50);
      await end(child, 'SIGKILL');
      seen.push(await count());
    }
    await sending;
    expect(seen.at(-1)).toBeLessThan(total);
    // No look for gaps: what is there in the end came over the broker.
    collector = await collecting(database, broker, { lookMs: 3_600_000 });
    await until('all are there', async () => (await count()) === total);
    expect(await seqs()).toEqual(range(1, total));
    expect(device.asked).toEqual([]);
  });

  it('ends on SIGTERM with what it took committed, and with exit code 0', async () => {
    const child = await ready(program());
    const out: string[] = [];
    child.stdout?.on('data', (text) => out.push(String(text)));
    await device.send(records(1, 200));
    await end(child, 'SIGTERM');
    expect(child.exitCode).toBe(0);
    const status = JSON.parse(out.join('').trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(status).toMatchObject({ repeated: 0, repaired: 0, absent: 0, waiting: 0 });
    expect(status['records']).toBe(await count());
  });

  it('waits for a database that is away, and loses nothing', async () => {
    collector = await collecting(database, broker, { lookMs: 3_600_000 });
    await device.send(records(1, 100));
    await until('the first are there', async () => (await count()) === 100);
    await cluster.stop();
    for (const one of records(101, 150)) await device.send([one]);
    await sleep(500);
    expect(collector.status()).toMatchObject({ database: false, lanes: 4, waiting: 4 });
    await cluster.start();
    await until('all are there', async () => (await count()) === 150);
    expect(await seqs()).toEqual(range(1, 150));
    expect(collector.status().repeated).toBe(0);
  });

  it('gets from the devices what a killed broker had acknowledged and lost', async () => {
    device.history = records(1, 500);
    collector = await collecting(database, broker);
    await device.send(device.history.slice(0, 100));
    await until('the first are there', async () => (await count()) === 100);
    // The collector is away, the broker takes messages for it, is killed and has forgotten them.
    await collector.close();
    await device.send(device.history.slice(100, 400));
    await broker.stop('SIGKILL');
    await broker.start();
    collector = await collecting(database, broker);
    await until('the device is back', () => device.link.connected);
    await device.send(device.history.slice(400));
    await until('all are there', async () => (await count()) === 500);
    expect(await seqs()).toEqual(range(1, 500));
    expect(collector.status().repaired).toBe(300);
    expect(device.asked[0]).toBe(100);
  });

  it('gets what is missing at the end when the state shows that there is more, a long record in parts too', async () => {
    const body = { text: 'x\ud83d\ude00'.repeat(6000) };
    device.history = [...records(1, 3), record(4, { kind: 'dump', body }), ...records(5, 6)];
    collector = await collecting(database, broker);
    await device.send(device.history.slice(0, 2));
    await device.state();
    await until('all are there', async () => (await count()) === 6);
    const [row] = await database.query<{ body: unknown }>('SELECT body FROM records WHERE seq = 4');
    expect(row?.body).toEqual(body);
    expect(collector.status()).toMatchObject({ repaired: 4, absent: 0 });
  });

  it('finds old gaps after a restart, writes down what the device does not have any more, and never asks again', async () => {
    collector = await collecting(database, broker, { lookMs: 3_600_000 });
    await device.send([record(5), record(6), record(20), record(30)]);
    await until('they are there', async () => (await count()) === 4);
    await collector.close();
    // Of 1..30 the device has 3, 15 and what was sent.
    device.history = [3, 5, 6, 15, 20, 30].map((seq) => record(seq));
    collector = await collecting(database, broker);
    await until('the gaps are dealt with', async () => collector?.status().absent === 24);
    expect(await seqs()).toEqual([3, 5, 6, 15, 20, 30]);
    const gaps = await database.query('SELECT from_seq::int, to_seq::int, what FROM gaps ORDER BY 1');
    expect(gaps).toEqual([
      { from_seq: 1, to_seq: 2, what: 'absent' },
      { from_seq: 4, to_seq: 4, what: 'absent' },
      { from_seq: 7, to_seq: 14, what: 'absent' },
      { from_seq: 16, to_seq: 19, what: 'absent' },
      { from_seq: 21, to_seq: 29, what: 'absent' },
    ]);
    const asked = device.asked.length;
    await collector.close();
    collector = await collecting(database, broker);
    await sleep(1500);
    expect(device.asked.length).toBe(asked);
  });

  it('does not ask for the gaps of a stream that has ended, and leaves a silent device alone', async () => {
    collector = await collecting(database, broker);
    device.silent = true;
    await device.send([record(1), record(10)]);
    await until('they are there', async () => (await count()) === 2);
    await sleep(1500);
    device.silent = false;
    device.stream = 'stream-b';
    device.history = [1, 2, 3].map((seq) => record(seq, { stream: 'stream-b' }));
    await device.state();
    // The question that got no answer runs out after 5 s; the device is then left alone, until it is back.
    await sleep(5000);
    await device.say('remix/1/bench-1/avail', 'offline', true);
    await device.say('remix/1/bench-1/avail', 'online', true);
    await until('the new stream is there', async () => (await count()) === 5, 20_000);
    const asked = device.asked.length;
    await sleep(1000);
    expect(device.asked.length).toBe(asked);
    expect(asked).toBeLessThanOrEqual(2);
    const lost = await database.query("SELECT from_seq::int, to_seq::int FROM gaps WHERE what = 'lost'");
    expect(lost).toEqual([{ from_seq: 2, to_seq: 9 }]);
  });

  it('notes hostile messages, acknowledges them, and keeps what is good in them', async () => {
    collector = await collecting(database, broker);
    const tele = 'remix/1/bench-1/tele';
    const good = { seq: 1, boot: 'b', kind: 'sample', mono_us: 1, wall_ms: null, clock: 'none', body: {} };
    const of = (value: unknown) => JSON.stringify({ stream: 's', records: [value] });
    const hostile: [string, string | Buffer][] = [
      [tele, 'no json'],
      [tele, Buffer.from([0xff, 0xfe, 0, 1])],
      [tele, ''],
      [tele, 'null'],
      [tele, '[]'],
      [tele, '[['.repeat(30_000)],
      [tele, `{"stream":"s","records":[${'{"body":'.repeat(8000)}1${'}'.repeat(8000)}]}`],
      [tele, of({ ...good, body: JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) })],
      [tele, 'x'.repeat(200_000)],
      [tele, of('a record')],
      [tele, of({ ...good, seq: '1' })],
      [tele, of({ ...good, seq: 1.5 })],
      [tele, of({ ...good, seq: -1 })],
      [tele, of({ ...good, seq: 2 ** 60 })],
      [tele, of({ ...good, boot: "'; DROP TABLE records; --" })],
      [tele, of({ ...good, boot: 'a\u0000b' })],
      [tele, of({ ...good, wall_ms: 1e300 })],
      [tele, of({ ...good, wall_ms: '2026-01-01' })],
      [tele, of({ ...good, mono_us: -5 })],
      [tele, of({ ...good, body: [] })],
      [tele, of({ ...good, kind: 'SELECT 1' })],
      [tele, JSON.stringify({ stream: 's\u0000', records: [good] })],
      [tele, JSON.stringify({ stream: 's', records: {} })],
      [tele, JSON.stringify({ stream: 's', seq: 1, part: 3, parts: 2, text: '' })],
      [tele, JSON.stringify({ stream: 's', seq: 1, part: 1, parts: 1e9, text: '' })],
      [tele, JSON.stringify({ stream: 's', seq: 1, part: 1, parts: 2, text: 5 })],
      [tele, JSON.stringify({ stream: 's', seq: 9, part: 1, parts: 1, text: 'no record' })],
      ["remix/1/x'; DROP TABLE records; --/tele", of(good)],
      ['remix/1/BENCH/tele', of(good)],
      [`remix/1/${'d'.repeat(33)}/evt`, of(good)],
      ['remix/1/bench 1/evt', of(good)],
    ];
    for (const [topic, payload] of hostile) await device.say(topic, payload);
    const odd = { 'k\u0000': 'a\u0000b\ud800c\\u0000', tab: '\t\n\r\\N \\.', __proto__: 1, big: 1e308, q: `"'$$;--` };
    const mixed = [good, { ...good, seq: 'x' }, { ...good, seq: 2, body: odd }];
    await device.say(tele, JSON.stringify({ stream: 's', records: mixed }));
    await until('all were judged', () => collector?.status().rejected === hostile.length + 1);
    expect(collector.status()).toMatchObject({ records: 2, waiting: 0 });
    expect(await database.number('SELECT count(*) FROM rejected')).toBe(hostile.length + 1);
    const [row] = await database.query<{ body: unknown }>('SELECT body FROM records WHERE seq = 2');
    expect(row?.body).toEqual({
      'k\ufffd': 'a\ufffdb\ufffdc\\u0000',
      tab: '\t\n\r\\N \\.',
      big: 1e308,
      q: `"'$$;--`,
    });
    // The table of them is bounded.
    await database.query(
      `INSERT INTO rejected (topic, reason, bytes, start) SELECT '', '', 0, '' FROM generate_series(1, 2000)`,
    );
    await device.say(tele, 'once more');
    await until('it is bounded', async () => (await database.number('SELECT count(*) FROM rejected')) <= 1000);
  });

  it('takes hostile answers to its questions for no answer', async () => {
    const answers: unknown[] = [
      null,
      { stream: 'stream-a', newest: 9, records: [record(5), record(4)] },
      { stream: 'stream-a', newest: 9, records: 'all' },
      { stream: 'stream-a', newest: 9, records: [], long: { seq: 2, part: 2, parts: 2, text: '' } },
      { stream: 5, newest: 9, records: [] },
    ];
    device.silent = true;
    let asked = 0;
    device.link.on('message', (topic, payload) => {
      if (!topic.includes('/cmd/history/')) return;
      const { id } = JSON.parse(payload.toString()) as { id: string };
      const data = answers[asked];
      asked += 1;
      void device.say('remix/1/bench-1/rsp/collector', '{"id":5}');
      void device.say('remix/1/bench-2/rsp/collector', JSON.stringify({ id, code: 200, data: null }));
      void device.say('remix/1/bench-1/rsp/collector', JSON.stringify({ id, code: 200, text: '', data }));
    });
    collector = await collecting(database, broker);
    await device.send([record(1), record(9)]);
    await until('it was asked', () => asked > 0);
    for (let n = 1; n < answers.length; n += 1) {
      // It comes back, so it is asked again at once.
      await device.say('remix/1/bench-1/avail', 'offline', true);
      await device.say('remix/1/bench-1/avail', 'online', true);
      await until('it was asked again', () => asked > n);
    }
    await sleep(200);
    expect(collector.status()).toMatchObject({ records: 2, repaired: 0, absent: 0 });
  });

  it('keeps what the devices retain, and dates what was recorded before the clock was set', async () => {
    collector = await collecting(database, broker);
    await device.state({ tc_c: 31.5, odd: 'a\u0000' });
    await device.say('remix/1/bench-1/trip', JSON.stringify({ code: 'E-101' }), true);
    const early = { clock: 'unsynced', wallMs: 5000 } as const;
    const sync = record(3, { kind: 'time_sync', body: {} });
    await device.send([
      record(1, early),
      record(2, early),
      sync,
      record(4, early),
      record(5, { boot: 'boot-2', ...early }),
    ]);
    await until('all are there', async () => (await count()) === 5);
    const dated = await database.query('SELECT seq::int, time, dated FROM dated ORDER BY seq');
    expect(dated).toEqual([
      { seq: 1, time: new Date(1_790_000_001_000), dated: 'later' },
      { seq: 2, time: new Date(1_790_000_002_000), dated: 'later' },
      { seq: 3, time: new Date(1_790_000_003_000), dated: 'synced' },
      { seq: 4, time: new Date(1_790_000_004_000), dated: 'later' },
      { seq: 5, time: new Date(5000), dated: 'unsynced' },
    ]);
    await until('the state is there', async () => (await database.number('SELECT count(*) FROM latest')) === 3);
    const [row] = await database.query('SELECT * FROM devices');
    expect(row).toMatchObject({
      device: 'bench-1',
      avail: 'online',
      trip: { code: 'E-101' },
      newest_seq: '5',
      rows: '5',
    });
    expect(row).toMatchObject({ state: { state: 'armed', tc_c: 31.5, odd: 'a\ufffd' }, missing: '0' });
  });

  it('empties the lanes of an earlier start that had more of them', async () => {
    collector = await collecting(database, broker, { lanes: 4, lookMs: 3_600_000 });
    await until('all lanes are up', () => collector?.status().lanes === 4);
    await collector.close();
    for (const one of records(1, 40)) await device.send([one]);
    collector = await collecting(database, broker, { lanes: 1, lookMs: 3_600_000 });
    await until('all are there', async () => (await count()) === 40);
    await until('lanes are forgotten', async () => (await database.number('SELECT n FROM lanes')) === 1);
    for (const one of records(41, 60)) await device.send([one]);
    await until('one lane gets all', async () => (await count()) === 60);
  });

  it.each([
    ['--database', 'postgresql://remix@127.0.0.1:1/x', 'DATABASE_UNREACHABLE'],
    ['--database', 'nobody', 'USAGE'],
    ['--broker', 'mqtt://127.0.0.1:1', 'BROKER_UNREACHABLE'],
    ['--client', 'Not A Name', 'USAGE'],
    ['--lanes', '65', 'USAGE'],
  ])('says code, cause and remedy for %s %s', async (option, value, code) => {
    const child = program(option, value);
    let text = '';
    child.stderr?.on('data', (piece) => {
      text += String(piece);
    });
    await new Promise((resolve) => child.once('close', resolve));
    expect(child.exitCode).toBe(code === 'USAGE' ? 64 : 69);
    expect(text).toContain(code);
    expect(text).toContain('remedy');
  });
});

/** Resolves when the program has subscribed: one message of another device has passed through it. */
async function ready(child: ChildProcess): Promise<ChildProcess> {
  const link = mqtt.connect(broker.url);
  const topic = 'remix/1/probe/tele';
  const before = await database.number('SELECT coalesce(max(id), 0) FROM rejected').catch(() => 0);
  await until('the program is ready', async () => {
    await link.publishAsync(topic, 'probe', { qos: 1 });
    return (await database.number('SELECT coalesce(max(id), 0) FROM rejected').catch(() => 0)) > before;
  });
  await link.endAsync();
  return child;
}
