import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/params/event-record.ts';
import type { Row } from '../../src/params/telemetry.ts';
import { TELEMETRY_NAMES } from '../../src/params/telemetry.ts';
import { History } from '../../src/store/history.ts';
import {
  type Body,
  dated,
  JsonText,
  type NewRecord,
  type StoredRecord,
  TimeSyncWatch,
} from '../../src/store/record.ts';
import { atSeconds, instant } from '../../src/units.ts';
import { PULSE, recipeOf, rig } from '../support/bench.ts';
import { NO_CLOCK, SYNCED } from './support.ts';

const ROW: Row = {
  ...(Object.fromEntries(TELEMETRY_NAMES.map((name) => [name, null])) as Row),
  ...{ state: 'armed', mode: 'pulse', tc_quality: 'ok', ir_quality: 'ok', power_quality: 'ok', pl_quality: 'ok' },
};
const rowAt = (mono_s: number, more: Partial<Row> = {}): Row => ({ ...ROW, mono_s, time_s: mono_s, ...more });
const edgeAt = (rising: boolean, askedUs: number, lateUs = 0): EventRecord => ({
  monoS: (askedUs + lateUs) / 1e6,
  timeS: null,
  kind: 'edge',
  code: rising ? 'on' : 'off',
  text: '',
  askedUs: instant(askedUs),
  achievedUs: instant(askedUs + lateUs),
});
const stateAt = (monoS: number, code: string): EventRecord => ({ monoS, timeS: 1, kind: 'state', code, text: 'why' });

function historyOf(): { history: History; records: NewRecord[]; of: (kind: string) => Body[] } {
  const records: NewRecord[] = [];
  const history = new History({ append: (record) => void records.push(record), failing: false });
  const bodyOf = ({ body }: NewRecord): Body => (body instanceof JsonText ? JSON.parse(body.text) : body) as Body;
  return { history, records, of: (kind) => records.filter((record) => record.kind === kind).map(bodyOf) };
}

describe('the samples', () => {
  it('are one a second, with the values of that instant and the mean of the achieved duty', () => {
    const { history, records, of } = historyOf();
    for (let i = 0; i <= 50; i += 1)
      history.row(
        rowAt(100 + i / 10, { tc_c: 30 + i / 100, achieved: i % 10 === 3 ? 1 : 0, light: 1, ir_quality: 'crc' }),
      );
    expect(records.map(({ kind, monoUs }) => [kind, monoUs])).toEqual(
      [0, 1, 2, 3, 4, 5].map((s) => ['sample', (100 + s) * 1e6]),
    );
    expect(of('sample')[2]).toMatchObject({
      tc_c: 30.2,
      tc_quality: 'ok',
      ir_c: null,
      ir_quality: 'crc',
      light_ratio: 1,
      achieved_ratio: 0.1,
      state: 'armed',
    });
    expect(Object.keys(of('sample')[0] ?? {})).not.toContain('mono_s');
  });

  it('do not come more often than the rows, nor shift when one is late', () => {
    const { history, records } = historyOf();
    for (const s of [0, 1.04, 2, 3, 9, 10]) history.row(rowAt(s));
    expect(records.map(({ monoUs }) => (monoUs ?? 0) / 1e6)).toEqual([0, 1.04, 2, 3, 9, 10]);
  });
});

describe('the summary of a heating period', () => {
  /** 0.5 s of heat every 5 s from 10 s on, rows every 100 ms; by hand: 30 °C cold, 31 °C hot, 6 V and 0.4 A. */
  function twoPeriods() {
    const made = historyOf();
    const { history } = made;
    for (let ms = 9000; ms <= 20_100; ms += 100) {
      if (ms === 10_000) history.event(edgeAt(true, 10_000_000, 12));
      if (ms === 10_500) history.event(edgeAt(false, 10_500_000, 40));
      if (ms === 15_000) history.event(edgeAt(true, 15_000_000, 5));
      if (ms === 15_500) history.event(edgeAt(false, 15_500_000, -3));
      if (ms === 20_000) history.event(edgeAt(true, 20_000_000, 7));
      const hot = ms % 5000 < 600 && ms >= 10_100 && ms % 5000 >= 100;
      history.row(
        rowAt(ms / 1000, {
          tc_c: hot ? 31 : 30,
          tc_quality: 'ok',
          ir_c: ms === 12_000 ? null : 30.5,
          ir_quality: ms === 12_000 ? 'crc' : 'ok',
          heater_a: hot ? 0.4 : 0,
          supply_v: 6,
          pl_green_v: hot ? 0.2 : 0.1,
          pl_red_v: null,
        }),
      );
    }
    return made;
  }

  it('holds the figures that one computes by hand', () => {
    const { records, of } = twoPeriods();
    const [first, second] = of('period');
    expect(of('period')).toHaveLength(2);
    expect(records.find(({ kind }) => kind === 'period')?.monoUs).toBe(15_000_005);
    expect(first).toMatchObject({
      start_us: 10_000_012,
      length_us: 4_999_993,
      ended: 'next_pulse',
      pulses: 1,
      on_asked_us: 500_000,
      on_achieved_us: 500_028,
      worst_edge_late_us: 40,
      duty_ratio: 0.10001,
      heater_on_w: 2.4,
      power_mean_w: 0.24001,
      // The row of 10.0 s is before the edge at 10.000012 s; the one of 15.0 s is the last.
      tc_c: { min: 30, mean: 30.1, max: 31, n: 50, quality: 'ok' },
      ir_c: { min: 30.5, mean: 30.5, max: 30.5, n: 49, quality: 'crc' },
      rows: 50,
    });
    expect(first?.['pl_hot_v']).toMatchObject({ green: 0.2, red: null, n: 5 });
    expect(first?.['pl_cold_v']).toMatchObject({ green: 0.1, red: null, n: 45 });
    expect(second).toMatchObject({
      on_asked_us: 500_000,
      on_achieved_us: 499_992,
      worst_edge_late_us: 5,
      length_us: 5_000_002,
    });
  });

  it('is closed when nothing heats any more, with what is known of it', () => {
    const { history, of } = historyOf();
    history.event(edgeAt(true, 10_000_000));
    history.row(rowAt(10.1, { tc_c: 31 }));
    history.event(edgeAt(false, 10_500_000));
    for (let s = 11; s < 14; s += 1) history.row(rowAt(s, { state: 'safe' }));
    expect(of('period')).toHaveLength(1);
    expect(of('period')[0]).toMatchObject({ ended: 'not_armed', on_achieved_us: 500_000, length_us: 2_000_000 });
  });

  it('does not invent an on-time when the edge that ended the pulse is missing', () => {
    const { history, of } = historyOf();
    history.event(edgeAt(true, 10_000_000));
    for (let s = 10; s < 14; s += 1) history.row(rowAt(s, { state: s < 11 ? 'armed' : 'tripped' }));
    expect(of('period')[0]).toMatchObject({
      ended: 'edge_missing',
      on_asked_us: null,
      on_achieved_us: null,
      duty_ratio: null,
    });
    history.event(edgeAt(true, 20_000_000));
    history.event(edgeAt(true, 25_000_000));
    expect(of('period')[1]).toMatchObject({ ended: 'edge_missing', on_achieved_us: null, length_us: 5_000_000 });
  });

  it('holds several pulses when they are shorter than a second apart', () => {
    const { history, of } = historyOf();
    for (let i = 0; i < 21; i += 1) {
      history.event(edgeAt(true, i * 100_000, i));
      history.event(edgeAt(false, i * 100_000 + 10_000, i + 1));
    }
    expect(of('period').map((body) => [body['pulses'], body['on_asked_us'], body['on_achieved_us']])).toEqual([
      [10, 100_000, 100_010],
      [10, 100_000, 100_010],
    ]);
  });

  it('comes every minute while the heat does not end, and its parts add up', () => {
    const { history, of } = historyOf();
    history.event(edgeAt(true, 1_000_000));
    for (let s = 1; s <= 151; s += 1) history.row(rowAt(s, { tc_c: 35 }));
    history.event(edgeAt(false, 151_000_000));
    history.close(atSeconds(151));
    const parts = of('period');
    expect(parts.map((body) => [body['ended'], body['goes_on'], body['on_achieved_us']])).toEqual([
      ['long', false, 60e6],
      ['long', true, 60e6],
      ['closed', true, 30e6],
    ]);
    expect(parts.map((body) => body['duty_ratio'])).toEqual([1, 1, 1]);
  });

  it('says null, and why, of what no row measured', () => {
    const { history, of } = historyOf();
    history.event(edgeAt(true, 10_000_000));
    history.row(rowAt(11, { tc_quality: 'open' }));
    history.event(edgeAt(false, 10_500_000));
    history.event(edgeAt(true, 15_000_000));
    expect(of('period')[0]).toMatchObject({
      tc_c: { min: null, mean: null, max: null, n: 0, quality: 'open' },
      heater_on_w: null,
      power_mean_w: null,
      pl_hot_v: { green: null, n: 0, quality: 'no row' },
    });
  });
});

describe('events and dumps', () => {
  it('keep every event but edges, with its instant, and hurry at a command and at a trip', () => {
    const { history, records, of } = historyOf();
    history.event(edgeAt(true, 1_000_000));
    history.event({ monoS: 2.5, timeS: null, kind: 'command', code: 'arm', text: '' });
    history.event(stateAt(3, 'armed'));
    history.event(stateAt(4, 'tripped'));
    expect(records.map(({ kind, monoUs, urgent }) => [kind, monoUs, urgent])).toEqual([
      ['event', 2_500_000, true],
      ['event', 3_000_000, false],
      ['event', 4_000_000, true],
    ]);
    expect(of('event')[2]).toEqual({ event: 'state', code: 'tripped', text: 'why', time_s: 1 });
  });

  it('hold the last minute at full rate when it trips, and no more', () => {
    const { history, records, of } = historyOf();
    for (let i = 0; i <= 2000; i += 1) {
      if (i % 50 === 0) history.event(edgeAt(true, i * 50_000, 3));
      if (i % 50 === 10) history.event(edgeAt(false, i * 50_000, 3));
      history.row(rowAt(i * 0.05, { tc_c: i }));
    }
    history.event(stateAt(100.01, 'tripped'));
    const dump = of('dump')[0] as unknown as { columns: string[]; rows: number[][]; edges: number[][] };
    expect(records.at(-1)).toMatchObject({ kind: 'dump', urgent: true, monoUs: 100_010_000 });
    const column = (name: string): number => dump.columns.indexOf(name);
    expect(dump.rows).toHaveLength(1201);
    expect(dump.rows[0]?.[column('mono_s')]).toBe(40);
    expect(dump.rows.at(-1)?.[column('tc_c')]).toBe(2000);
    expect(dump.edges).toHaveLength(49);
    expect(dump.edges.at(-1)).toEqual([1, 100_000_000, 100_000_003]);
    expect(JSON.stringify(dump).length).toBeLessThan(1 << 19);
    history.event(stateAt(101, 'lockout'));
    expect(of('dump')).toHaveLength(1);
  });

  it('are made by the whole controller on the simulated bench: 12 periods a minute as asked', () => {
    const { simulation, events, rows } = rig(recipeOf(PULSE(600)));
    simulation.arm();
    simulation.run(120);
    const { history, of } = historyOf();
    const all = [
      ...events.map((event) => ({ at: event.monoS, event })),
      ...rows.map((row) => ({ at: Number(row.mono_s), row })),
    ];
    all.sort((a, b) => a.at - b.at);
    for (const item of all) 'event' in item ? history.event(item.event) : history.row(item.row);
    const periods = of('period').filter(
      (body) => body['ended'] === 'next_pulse' && Number(body['on_asked_us']) === 500_000,
    );
    expect(periods.length).toBeGreaterThanOrEqual(20);
    for (const body of periods) {
      expect(Math.abs(Number(body['duty_ratio']) - 0.1)).toBeLessThan(0.002);
      expect(Number(body['heater_on_w'])).toBeCloseTo(2.4, 0);
    }
    expect(of('sample').length).toBeGreaterThanOrEqual(119);
  });
});

describe('wall time', () => {
  const record = (
    seq: number,
    boot: string,
    stamp: ReturnType<typeof NO_CLOCK>,
    kind: 'sample' | 'time_sync' = 'sample',
  ) => ({ ...stamp, seq, boot, stream: 's', kind, body: {} }) satisfies StoredRecord;

  it('of a record comes from its own clock, else from the next time_sync of its boot, else from the last one', () => {
    const syncs = [
      record(3, 'a', SYNCED(100e6, 1_000_000), 'time_sync'),
      record(6, 'b', SYNCED(50e6, 9_000_000), 'time_sync'),
      record(9, 'b', SYNCED(90e6, 9_040_500), 'time_sync'),
    ];
    expect(dated(record(1, 'a', NO_CLOCK(40e6)), syncs)).toEqual({ wallMs: 940_000, from: 'later' });
    expect(dated(record(5, 'b', NO_CLOCK(20e6)), syncs)).toEqual({ wallMs: 8_970_000, from: 'later' });
    expect(dated(record(7, 'b', NO_CLOCK(60e6)), syncs)).toEqual({ wallMs: 9_010_500, from: 'later' });
    expect(dated(record(10, 'b', NO_CLOCK(91e6)), syncs)).toEqual({ wallMs: 9_041_500, from: 'later' });
    expect(dated(record(4, 'a', SYNCED(101e6, 1_001_000)), syncs)).toEqual({ wallMs: 1_001_000, from: 'synced' });
  });

  it('is not made up for a boot that never knew it', () => {
    const syncs = [record(3, 'a', SYNCED(100e6, 1_000_000), 'time_sync')];
    expect(dated(record(4, 'b', NO_CLOCK(1e6)), syncs)).toEqual({ wallMs: null, from: 'none' });
    const unsynced = { monoUs: atSeconds(1), wallMs: 77, clock: 'unsynced' } as const;
    expect(dated(record(4, 'b', unsynced), syncs)).toEqual({ wallMs: 77, from: 'unsynced' });
    expect(dated({ ...record(1, 'a', NO_CLOCK(1e6)), stream: 'other' }, syncs)).toEqual({ wallMs: null, from: 'none' });
  });

  it('is given a time_sync when the clock is first set and when it is set anew, not while it runs on', () => {
    const watch = new TimeSyncWatch();
    expect(watch.check(NO_CLOCK(1e6))).toBeNull();
    expect(watch.check({ monoUs: atSeconds(2), wallMs: 5, clock: 'unsynced' })).toBeNull();
    expect(watch.check(SYNCED(3e6, 1_000_000))).toMatchObject({
      kind: 'time_sync',
      body: { wall_ms: 1_000_000, stepped_ms: null },
    });
    expect(watch.check(SYNCED(1003e6, 2_000_499))).toBeNull();
    expect(watch.check(SYNCED(1004e6, 2_001_500))).toMatchObject({ body: { stepped_ms: 500 } });
  });
});
