/** Messages from whoever may write to the broker, good and bad, and what becomes of them. */
import { describe, expect, it } from 'vitest';
import { record, records } from './device.ts';
import { Fleet } from './fixture.ts';
import { until } from './process.ts';
import { missing, unlessMissing } from './support.ts';

const fleet = new Fleet();

describe.skipIf(missing.length > 0)(`what comes in${unlessMissing}`, () => {
  it('notes hostile messages, acknowledges them, and keeps what is good in them', async () => {
    await fleet.collect();
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
    for (const [topic, payload] of hostile) await fleet.device.say(topic, payload);
    const odd = { 'k\u0000': 'a\u0000b\ud800c\\u0000', tab: '\t\n\r\\N \\.', __proto__: 1, big: 1e308, q: `"'$$;--` };
    const mixed = [good, { ...good, seq: 'x' }, { ...good, seq: 2, body: odd }];
    await fleet.device.say(tele, JSON.stringify({ stream: 's', records: mixed }));
    await until('all were judged', () => fleet.collector?.status().rejected === hostile.length + 1);
    expect(fleet.collector?.status()).toMatchObject({ records: 2, waiting: 0 });
    expect(await fleet.database.number('SELECT count(*) FROM rejected')).toBe(hostile.length + 1);
    const [row] = await fleet.database.query<{ body: unknown }>('SELECT body FROM records WHERE seq = 2');
    expect(row?.body).toEqual({
      'k\ufffd': 'a\ufffdb\ufffdc\\u0000',
      tab: '\t\n\r\\N \\.',
      big: 1e308,
      q: `"'$$;--`,
    });
    // The table of them is bounded.
    await fleet.database.query(
      `INSERT INTO rejected (topic, reason, bytes, start) SELECT '', '', 0, '' FROM generate_series(1, 2000)`,
    );
    await fleet.device.say(tele, 'once more');
    await until('it is bounded', async () => (await fleet.database.number('SELECT count(*) FROM rejected')) <= 1000);
  });

  it('finds the message that the database itself refuses, and takes the others', async () => {
    await fleet.collect({ lookMs: 3_600_000 });
    await fleet.database.query('ALTER TABLE records ADD CHECK (seq <> 13)');
    for (const one of records(1, 20)) void fleet.device.send([one]);
    await until('it was judged', () => fleet.collector?.status().rejected === 1);
    await until('the others are there', async () => (await fleet.count()) === 19);
    const [row] = await fleet.database.query<{ reason: string }>('SELECT reason FROM rejected');
    expect(row?.reason).toContain('the database refused it');
  });

  it('keeps what the devices retain, and dates what was recorded before the clock was set', async () => {
    await fleet.collect();
    await fleet.device.state({ tc_c: 31.5, odd: 'a\u0000' });
    await fleet.device.say('remix/1/bench-1/trip', JSON.stringify({ code: 'E-101' }), true);
    const early = { clock: 'unsynced', wallMs: 5000 } as const;
    const sync = record(3, { kind: 'time_sync', body: {} });
    await fleet.device.send([
      record(1, early),
      record(2, early),
      sync,
      record(4, early),
      record(5, { boot: 'boot-2', ...early }),
    ]);
    await until('all are there', async () => (await fleet.count()) === 5);
    const dated = await fleet.database.query('SELECT seq::int, time, dated FROM dated ORDER BY seq');
    expect(dated).toEqual([
      { seq: 1, time: new Date(1_790_000_001_000), dated: 'later' },
      { seq: 2, time: new Date(1_790_000_002_000), dated: 'later' },
      { seq: 3, time: new Date(1_790_000_003_000), dated: 'synced' },
      { seq: 4, time: new Date(1_790_000_004_000), dated: 'later' },
      { seq: 5, time: new Date(5000), dated: 'unsynced' },
    ]);
    await until('the state is there', async () => (await fleet.database.number('SELECT count(*) FROM latest')) === 3);
    const [row] = await fleet.database.query('SELECT * FROM devices');
    expect(row).toMatchObject({
      device: 'bench-1',
      avail: 'online',
      trip: { code: 'E-101' },
      newest_seq: '5',
      rows: '5',
    });
    expect(row).toMatchObject({ state: { state: 'armed', tc_c: 31.5, odd: 'a\ufffd' }, missing: '0' });
  });
});
