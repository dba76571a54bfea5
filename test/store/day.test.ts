import { describe, expect, it } from 'vitest';
import { Days, type KeptDays } from '../../src/store/day.ts';
import type { Body, Kind, StoredRecord } from '../../src/store/record.ts';
import { atSeconds, instant } from '../../src/units.ts';

const dayOf = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10);
let seq = 0;

/** A record of a wall time such as 2027-01-07T10, by default of a clock that is set. */
function at(date: string, body: Body, more: Partial<StoredRecord> = {}): StoredRecord {
  const wallMs = Date.parse(`${date}:00Z`);
  const kind: Kind = 'event' in body ? 'event' : 'sample';
  const place = { seq: ++seq, stream: 's', boot: 'b', monoUs: atSeconds(seq) };
  return { ...place, wallMs, clock: 'synced', kind, body, ...more };
}
const sample = (date: string, tc_c = 25, more: Partial<StoredRecord> = {}): StoredRecord =>
  at(date, { state: 'safe', tc_c }, more);

function summed(days: Days, records: readonly StoredRecord[], today: string): (string | number)[][] {
  const syncs = records.filter(({ kind }) => kind === 'time_sync');
  for (const record of records) days.take(record, syncs);
  return days.over(today).map(({ day, sampled_s }) => [day, sampled_s]);
}

describe('the days of the history', () => {
  it('are summed up from samples, periods and events', () => {
    const days = new Days(dayOf);
    const armed = { state: 'armed', tc_c: 26, achieved_ratio: 0.6, pl_red_v: 2, pl_green_v: 0.01 };
    for (const record of [
      at('2027-01-07T10:00', armed),
      at('2027-01-07T11:00', { ...armed, achieved_ratio: 0.9, pl_red_v: 1 }),
      sample('2027-01-07T12:00', 20),
      at('2027-01-07T12:00', { pulses: 7 }, { kind: 'period' }),
      at('2027-01-07T12:00', { event: 'state', code: 'tripped' }),
      at('2027-01-07T12:00', { event: 'command', code: 'stop' }),
      at('2027-01-07T12:00', { event: 'refused', code: 'stop' }),
    ])
      days.take(record, []);
    expect(days.over('2027-01-08')).toEqual([
      {
        ...{ day: '2027-01-07', sampled_s: 3, armed_s: 2, heated_s: 2, pulses: 7, trips: 1, commands: 1, refused: 1 },
        ...{ tc_min_c: 20, tc_mean_c: 24, tc_max_c: 26, pl_red_mean_v: 1.5, pl_green_mean_v: 0.01 },
      },
    ]);
  });

  it('are handed over in their order when they are over, whatever the order of the records', () => {
    const dates = ['2027-01-07T10:00', '2031-01-08T10:00', '2027-01-09T10:00', '2027-01-08T10:00', '2027-01-07T11:00'];
    const records = dates.map((date) => sample(date));
    expect(summed(new Days(dayOf), records, '2027-01-09')).toEqual([
      ['2027-01-07', 2],
      ['2027-01-08', 1],
    ]);
  });

  it('are handed over once: what comes later for such a day is left out', () => {
    const days = new Days(dayOf);
    expect(summed(days, [sample('2027-01-07T10:00')], '2027-01-08')).toEqual([['2027-01-07', 1]]);
    expect(summed(days, [sample('2027-01-07T11:00')], '2027-01-09')).toEqual([]);
  });

  it('go on from a file: sums of days that are not over, and days that are done', () => {
    const days = new Days(dayOf);
    const first = [sample('2027-01-07T10:00'), sample('2027-01-08T00:10', 20), sample('2027-01-08T00:20', 22)];
    expect(summed(days, first, '2027-01-08')).toEqual([['2027-01-07', 1]]);
    const next = new Days(dayOf, JSON.parse(JSON.stringify(days.kept())) as KeptDays);
    for (const date of ['2027-01-08T11:00', '2027-01-07T11:00']) next.take(sample(date, 27), []);
    expect(next.over('2027-01-09')).toMatchObject([
      { day: '2027-01-08', sampled_s: 3, tc_min_c: 20, tc_mean_c: 23, tc_max_c: 27 },
    ]);
    expect(next.kept()).toEqual({ open: {}, done: ['2027-01-07', '2027-01-08'] });
  });

  it('that have an event in the history are not handed over again', () => {
    const records = [sample('2027-01-07T10:00'), at('2027-01-08T00:05', { event: 'daily', code: '2027-01-07' })];
    expect(summed(new Days(dayOf), records, '2027-01-08')).toEqual([]);
  });

  it('take a record that was written before the clock was set for the day that it was', () => {
    const records = [
      sample('2025-05-07T00:00', 25, { clock: 'unsynced', monoUs: instant(0) }),
      sample('2025-05-07T00:00', 25, { clock: 'unsynced', wallMs: null, monoUs: atSeconds(3600) }),
      at('2027-01-08T00:30', {}, { kind: 'time_sync', monoUs: instant(2 * 3600e6) }),
    ];
    expect(summed(new Days(dayOf), records, '2027-01-09')).toEqual([['2027-01-07', 2]]);
  });

  it('leave out a record of which nobody can know the day', () => {
    const records = [
      sample('2027-01-07T10:00', 25, { clock: 'unsynced' }),
      sample('2027-01-07T10:00', 25, { clock: 'none', wallMs: null }),
    ];
    expect(summed(new Days(dayOf), records, '2027-01-09')).toEqual([]);
  });
});
