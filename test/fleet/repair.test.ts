/** What a broker lost is asked of the devices: once, slowly, and never for ever. */
import { describe, expect, it } from 'vitest';
import { range, record, records } from './device.ts';
import { Fleet } from './fixture.ts';
import { sleep, until } from './process.ts';
import { missing, unlessMissing } from './support.ts';

const fleet = new Fleet();

describe.skipIf(missing.length > 0)(`repair from end to end${unlessMissing}`, () => {
  it('gets from the devices what a killed broker had acknowledged and lost', async () => {
    fleet.device.history = records(1, 500);
    await fleet.collect();
    await fleet.device.send(fleet.device.history.slice(0, 100));
    await until('the first are there', async () => (await fleet.count()) === 100);
    // The collector is away, the broker takes messages for it, is killed and has forgotten them.
    await fleet.collector?.close();
    await fleet.device.send(fleet.device.history.slice(100, 400));
    await fleet.broker.end('SIGKILL');
    await fleet.broker.start();
    await fleet.collect();
    await until('the device is back', () => fleet.device.link.connected);
    await fleet.device.send(fleet.device.history.slice(400));
    await until('all are there', async () => (await fleet.count()) === 500);
    expect(await fleet.seqs()).toEqual(range(1, 500));
    expect(fleet.collector?.status().repaired).toBe(300);
    expect(fleet.device.asked[0]).toBe(100);
  });

  it('gets what is missing at the end when the state shows that there is more, a long record in parts too', async () => {
    const body = { text: 'x\ud83d\ude00'.repeat(6000) };
    fleet.device.history = [...records(1, 3), record(4, { kind: 'dump', body }), ...records(5, 6)];
    await fleet.collect();
    await fleet.device.send(fleet.device.history.slice(0, 2));
    await fleet.device.state();
    await until('all are there', async () => (await fleet.count()) === 6);
    const [row] = await fleet.database.query<{ body: unknown }>('SELECT body FROM records WHERE seq = 4');
    expect(row?.body).toEqual(body);
    expect(fleet.collector?.status()).toMatchObject({ repaired: 4, absent: 0 });
  });

  it('finds old gaps after a restart, writes down what the device does not have any more, and never asks again', async () => {
    await fleet.collect({ lookMs: 3_600_000 });
    await fleet.device.send([record(5), record(6), record(20), record(30)]);
    await until('they are there', async () => (await fleet.count()) === 4);
    await fleet.collector?.close();
    // Of 1..30 the device has 3, 15 and what was sent.
    fleet.device.history = [3, 5, 6, 15, 20, 30].map((seq) => record(seq));
    await fleet.collect();
    await until('the gaps are dealt with', async () => fleet.collector?.status().absent === 24);
    expect(await fleet.seqs()).toEqual([3, 5, 6, 15, 20, 30]);
    const gaps = await fleet.database.query('SELECT from_seq::int, to_seq::int, what FROM gaps ORDER BY 1');
    expect(gaps).toEqual([
      { from_seq: 1, to_seq: 2, what: 'absent' },
      { from_seq: 4, to_seq: 4, what: 'absent' },
      { from_seq: 7, to_seq: 14, what: 'absent' },
      { from_seq: 16, to_seq: 19, what: 'absent' },
      { from_seq: 21, to_seq: 29, what: 'absent' },
    ]);
    const asked = fleet.device.asked.length;
    const times = fleet.device.askedAt;
    // Four a second; the network may bring two nearer together than they were sent.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(240 * (times.length - 1));
    await fleet.collector?.close();
    await fleet.collect();
    await sleep(1500);
    expect(fleet.device.asked.length).toBe(asked);
  });

  it('does not ask for the gaps of a stream that has ended, and leaves a silent device alone', async () => {
    await fleet.collect();
    fleet.device.silent = true;
    await fleet.device.send([record(1), record(10)]);
    await until('they are there', async () => (await fleet.count()) === 2);
    await sleep(1500);
    fleet.device.silent = false;
    fleet.device.stream = 'stream-b';
    fleet.device.history = [1, 2, 3].map((seq) => record(seq, { stream: 'stream-b' }));
    await fleet.device.state();
    // The question that got no answer runs out after 5 s; the device is then left alone, until it is back.
    await sleep(5000);
    await fleet.device.say('remix/1/bench-1/avail', 'offline', true);
    await fleet.device.say('remix/1/bench-1/avail', 'online', true);
    await until('the new stream is there', async () => (await fleet.count()) === 5, 20_000);
    const asked = fleet.device.asked.length;
    await sleep(1000);
    expect(fleet.device.asked.length).toBe(asked);
    expect(asked).toBeLessThanOrEqual(2);
    const lost = await fleet.database.query("SELECT from_seq::int, to_seq::int FROM gaps WHERE what = 'lost'");
    expect(lost).toEqual([{ from_seq: 2, to_seq: 9 }]);
  });

  it('gives up what a device lacks that counts wildly', async () => {
    await fleet.collect();
    fleet.device.silent = true;
    await fleet.device.send(range(1, 2500).map((n) => record(2 * n, { body: {} })));
    await until('all are there', async () => (await fleet.count()) === 2500);
    await until('it is given up', async () => (await fleet.database.number('SELECT count(*) FROM absent')) > 2000);
    // Those that came after the look begin to count anew.
    expect(await fleet.database.number("SELECT count(*) FROM gaps WHERE what = 'missing'")).toBeLessThan(500);
  });

  it('takes hostile answers to its questions for no answer', async () => {
    const answers: unknown[] = [
      null,
      { stream: 'stream-a', newest: 9, records: [record(5), record(4)] },
      { stream: 'stream-a', newest: 9, records: 'all' },
      { stream: 'stream-a', newest: 9, records: [], long: { seq: 2, part: 2, parts: 2, text: '' } },
      { stream: 5, newest: 9, records: [] },
    ];
    fleet.device.silent = true;
    let asked = 0;
    fleet.device.link.on('message', (topic, payload) => {
      if (!topic.includes('/cmd/history/')) return;
      const { id } = JSON.parse(payload.toString()) as { id: string };
      const data = answers[asked];
      asked += 1;
      void fleet.device.say('remix/1/bench-1/rsp/collector', '{"id":5}');
      void fleet.device.say('remix/1/bench-2/rsp/collector', JSON.stringify({ id, code: 200, data: null }));
      void fleet.device.say('remix/1/bench-1/rsp/collector', JSON.stringify({ id, code: 200, text: '', data }));
    });
    await fleet.collect();
    await fleet.device.send([record(1), record(9)]);
    await until('it was asked', () => asked > 0);
    for (let n = 1; n < answers.length; n += 1) {
      // It comes back, so it is asked again at once, and is not left alone for a while.
      await sleep(150);
      await fleet.device.say('remix/1/bench-1/avail', 'offline', true);
      await fleet.device.say('remix/1/bench-1/avail', 'online', true);
      await until('it was asked again', () => asked > n);
    }
    await sleep(200);
    expect(fleet.collector?.status()).toMatchObject({ records: 2, repaired: 0, absent: 0 });
  });
});
