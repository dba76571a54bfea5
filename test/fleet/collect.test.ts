/** From many devices over a real mosquitto into a real PostgreSQL: nothing lost, nothing twice, whatever breaks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { messagesOf } from '../../src/fronts/mqtt/sender.ts';
import { topics } from '../../src/params/mqtt.ts';
import { range, record, records } from './device.ts';
import { Fleet } from './fixture.ts';
import { end, until } from './process.ts';
import { collecting, missing, unlessMissing } from './support.ts';

const fleet = new Fleet();

/** The program itself, in a process that can be killed. */
function program(...more: string[]): ChildProcess {
  const args = [
    'collect',
    '--database',
    fleet.database.url,
    '--broker',
    fleet.broker.url,
    '--lanes',
    '4',
    '--json',
    ...more,
  ];
  const child = spawn(process.execPath, [join(PACKAGE_ROOT, 'bin/remixd.js'), ...args], { stdio: 'pipe' });
  fleet.programs.push(child);
  return child;
}

describe.skipIf(missing.length > 0)(`the collector${unlessMissing}`, () => {
  it('keeps each record once, in whatever order and however often it comes', async () => {
    await fleet.collect();
    const all = records(1, 300);
    const shuffled = all.map((_, i) => all[(i * 7919) % all.length]!);
    for (const one of shuffled) void fleet.device.send([one]);
    await fleet.device.send(all);
    await fleet.device.send(shuffled.slice(0, 150));
    await until(
      'all are there',
      async () => (await fleet.count()) === 300 && fleet.collector?.status().repeated === 450,
    );
    expect(await fleet.seqs()).toEqual(range(1, 300));
    const [row] = await fleet.database.query('SELECT * FROM records WHERE seq = 7');
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
    expect(await fleet.database.number('SELECT count(*) FROM gaps')).toBe(0);
  });

  it('ends in order when one wish to end comes as two signals, as npx and timeout send it', async () => {
    const child = await ready(program());
    await fleet.device.send(records(1, 300));
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
    child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('puts a record of many parts together, over several lanes, repeated, and over a kill between the parts', async () => {
    const text = `${'é😀"\\'.repeat(9000)}end`;
    const long = record(1, { kind: 'dump', body: { text, rows: [[1, null]] } });
    const parts = messagesOf([long], topics('bench-1'));
    expect(parts.length).toBeGreaterThan(6);
    const first = await ready(program());
    for (const { topic, payload } of parts.slice(0, 4)) await fleet.device.say(topic, payload);
    await until('some parts wait', async () => (await fleet.database.number('SELECT count(*) FROM parts')) === 4);
    await end(first, 'SIGKILL');
    for (const { topic, payload } of [...parts.slice(2)].reverse()) await fleet.device.say(topic, payload);
    await fleet.collect();
    await until('the record is whole', async () => (await fleet.count()) === 1);
    const [row] = await fleet.database.query<{ body: unknown }>('SELECT body FROM records');
    expect(row?.body).toEqual({ text, rows: [[1, null]] });
    expect(await fleet.database.number("SELECT count(*) FROM parts WHERE received < now() - interval '1 hour'")).toBe(
      0,
    );
  });

  it('acknowledges after the commit only: 0 lost, 0 twice over kills of the collector', async () => {
    const total = 1500;
    // What a broker knows of our lanes it keeps; so the first start comes before the first message.
    await end(await ready(program()), 'SIGTERM');
    const sending = (async () => {
      for (const seq of range(1, total)) await fleet.device.send([record(seq)]);
    })();
    const seen: number[] = [];
    for (let kills = 0; kills < 4; kills += 1) {
      const child = await ready(program());
      await until('some are written', async () => (await fleet.count()) > (seen.at(-1) ?? 0) + 50);
      await end(child, 'SIGKILL');
      seen.push(await fleet.count());
    }
    await sending;
    expect(seen.at(-1)).toBeLessThan(total);
    // No look for gaps: what is there in the end came over the broker.
    await fleet.collect({ lookMs: 3_600_000 });
    await until('all are there', async () => (await fleet.count()) === total);
    expect(await fleet.seqs()).toEqual(range(1, total));
    expect(fleet.device.asked).toEqual([]);
  });

  it('ends on SIGTERM with what it took committed, and with exit code 0', async () => {
    const child = await ready(program());
    const out: string[] = [];
    child.stdout?.on('data', (text) => out.push(String(text)));
    await fleet.device.send(records(1, 200));
    await end(child, 'SIGTERM');
    expect(child.exitCode).toBe(0);
    const status = JSON.parse(out.join('').trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(status).toMatchObject({ repeated: 0, repaired: 0, absent: 0, waiting: 0 });
    expect(status['records']).toBe(await fleet.count());
  });

  it('waits for a database that is away, and loses nothing', async () => {
    await fleet.collect({ lookMs: 3_600_000 });
    await fleet.device.send(records(1, 100));
    await until('the first are there', async () => (await fleet.count()) === 100);
    await fleet.cluster.stop();
    for (const one of records(101, 150)) await fleet.device.send([one]);
    await until('every lane has a message that waits', () => fleet.collector?.status().waiting === 4);
    expect(fleet.collector?.status()).toMatchObject({ database: false, lanes: 4 });
    await fleet.cluster.start();
    await until('all are there', async () => (await fleet.count()) === 150);
    expect(await fleet.seqs()).toEqual(range(1, 150));
    expect(fleet.collector?.status().repeated).toBe(0);
  });

  it('shares the work between two collectors', async () => {
    await fleet.collect({ client: 'one' });
    const other = await collecting(fleet.database, fleet.broker, { client: 'two' });
    await until('all lanes are up', () => fleet.collector?.status().lanes === 4 && other.status().lanes === 4);
    await Promise.all(
      records(1, 400).map((one) => fleet.device.send([one, record(1000 + one.seq, { stream: 'stream-b' })])),
    );
    await until('all are there', async () => (await fleet.count()) === 800);
    const { records: mine } = fleet.collector!.status();
    expect(mine).toBeGreaterThan(100);
    expect(other.status().records).toBe(800 - mine);
    await other.close();
  });

  it('empties the lanes of an earlier start that had more of them', async () => {
    await fleet.collect({ lanes: 4, lookMs: 3_600_000 });
    await until('all lanes are up', () => fleet.collector?.status().lanes === 4);
    await fleet.collector?.close();
    for (const one of records(1, 40)) await fleet.device.send([one]);
    await fleet.collect({ lanes: 1, lookMs: 3_600_000 });
    await until('all are there', async () => (await fleet.count()) === 40);
    await until('lanes are forgotten', async () => (await fleet.database.number('SELECT n FROM lanes')) === 1);
    for (const one of records(41, 60)) await fleet.device.send([one]);
    await until('one lane gets all', async () => (await fleet.count()) === 60);
  });

  it.each([
    ['--database', 'postgresql://remix@127.0.0.1:1/x', 'DATABASE_UNREACHABLE'],
    ['--database', 'postgresql://remix@HERE/not_there', 'DATABASE_REFUSED'],
    ['--database', 'nobody', 'USAGE'],
    ['--broker', 'mqtt://127.0.0.1:1', 'BROKER_UNREACHABLE'],
    ['--client', 'Not A Name', 'USAGE'],
    ['--lanes', '65', 'USAGE'],
  ])('says code, cause and remedy for %s %s', async (option, value, code) => {
    const child = program(option, value.replace('HERE', `127.0.0.1:${fleet.cluster.port}`));
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
  const link = mqtt.connect(fleet.broker.url);
  const topic = 'remix/1/probe/tele';
  const before = await fleet.database.number('SELECT coalesce(max(id), 0) FROM rejected').catch(() => 0);
  await until('the program is ready', async () => {
    await link.publishAsync(topic, 'probe', { qos: 1 });
    return (await fleet.database.number('SELECT coalesce(max(id), 0) FROM rejected').catch(() => 0)) > before;
  });
  await link.endAsync();
  return child;
}
