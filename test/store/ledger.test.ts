import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, Ledger } from '../../src/store/ledger.ts';
import { MemoryTable } from '../../src/store/memory.ts';
import { Queue } from '../../src/store/queue.ts';
import { isTelemetry, type Kind } from '../../src/store/record.ts';
import { instant } from '../../src/units.ts';
import { batchOf, draft, gapsOf, isCovered, NO_CLOCK, SYNCED } from './support.ts';

const ALL = Number.MAX_SAFE_INTEGER;
const DAY_US = 86_400e6;
const DAY_MS = 86_400e3;

function ledgerOf(bytes: number, ageS = ALL, table = new MemoryTable(), boot = 'boot-1', openedUs = instant(0)) {
  return { table, ledger: new Ledger(table, { bytes, ageS }, boot, openedUs) };
}
const all = (table: MemoryTable): Entry[] => table.after(0, ALL);
const samples = (n: number, size = 100) => Array.from({ length: n }, () => draft('sample', { x: 'y'.repeat(size) }));

describe('the bounds of the history', () => {
  it('drops the oldest telemetry, keeps every event, and says in a few gap records what was never sent', () => {
    const { table, ledger } = ledgerOf(20_000);
    for (let i = 0; i < 100; i += 1) ledger.commit(batchOf([...samples(9), draft('event', { i })]));
    expect(table.bytes()).toBeLessThanOrEqual(20_250);
    const kept = all(table);
    expect(kept.filter(({ kind }) => kind === 'event')).toHaveLength(100);
    const gaps = gapsOf(kept);
    expect(gaps.length).toBeLessThan(20);
    expect(gaps.every(({ events, why }) => events === 0 && why === 'bytes')).toBe(true);
    const samplesKept = kept.filter(({ kind }) => kind === 'sample').length;
    expect(gaps.reduce((sum, { n }) => sum + n, 0)).toBe(900 - samplesKept);
  });

  it('drops telemetry that was sent without a word', () => {
    const { table, ledger } = ledgerOf(20_000);
    for (let i = 0; i < 30; i += 1) ledger.commit(batchOf(samples(10), { cursor: ALL }));
    expect(table.bytes()).toBeLessThanOrEqual(20_000);
    expect(gapsOf(all(table))).toEqual([]);
  });

  it('drops the oldest events, with a gap record that counts them, only when nothing but events is left', () => {
    const { table, ledger } = ledgerOf(20_000);
    ledger.commit(batchOf(samples(50)));
    for (let i = 0; i < 300; i += 1)
      ledger.commit(batchOf([draft('event', { i, x: 'y'.repeat(100) })], { cursor: ALL }));
    const kept = all(table);
    expect(table.bytes()).toBeLessThanOrEqual(20_250);
    expect(kept.some(({ kind }) => isTelemetry(kind))).toBe(false);
    const events = kept.filter(({ kind }) => kind === 'event');
    expect(JSON.parse(events.at(-1)?.body ?? '')).toMatchObject({ i: 299 });
    expect(gapsOf(kept).reduce((sum, gap) => sum + gap.events, 0)).toBe(300 - events.length);
  });

  it('numbers what was dropped for lack of memory, so that a gap record can name it', () => {
    const { table, ledger } = ledgerOf(ALL);
    ledger.commit(batchOf(samples(2)));
    ledger.commit(batchOf(samples(1), { overflow: { n: 5, events: 1 } }));
    expect(all(table).map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'sample'],
      [2, 'sample'],
      [8, 'gap'],
      [9, 'sample'],
    ]);
    expect(gapsOf(all(table))).toEqual([{ from: 3, to: 7, n: 5, events: 1, why: 'queue' }]);
  });

  it('does not keep a batch twice that is sent again', () => {
    const { table, ledger } = ledgerOf(ALL);
    const batch = batchOf(samples(3));
    ledger.commit(batch);
    ledger.commit(batch);
    expect(table.head).toMatchObject({ records: 3, next: 4 });
  });

  it('moves the cursor forward only, and never beyond what is stored', () => {
    const { table, ledger } = ledgerOf(ALL);
    ledger.commit(batchOf(samples(10), { cursor: 4 }));
    expect(table.head.cursor).toBe(0);
    ledger.commit(batchOf([], { cursor: 4 }));
    ledger.commit(batchOf([], { cursor: 2 }));
    expect(table.head.cursor).toBe(4);
    ledger.commit(batchOf([], { cursor: 99 }));
    expect(table.head.cursor).toBe(10);
  });

  for (const [seconds, left] of [
    [100, 10],
    [101, 9],
  ] as const)
    it(`keeps ${left} of ten samples, one a second, at an age of 100 s, ${seconds} s after the first`, () => {
      const { table, ledger } = ledgerOf(ALL, 100);
      for (let s = 0; s < 10; s += 1)
        ledger.commit(batchOf([draft('sample', {}, NO_CLOCK(s * 1e6)), draft('event')], { stamp: NO_CLOCK(s * 1e6) }));
      ledger.commit(batchOf([], { stamp: NO_CLOCK(seconds * 1e6) }));
      expect(all(table).filter(({ kind }) => kind === 'sample')).toHaveLength(left);
      expect(all(table).filter(({ kind }) => kind === 'event')).toHaveLength(10);
      expect(gapsOf(all(table)).map(({ why, n }) => [why, n])).toEqual(left === 10 ? [] : [['age', 1]]);
    });

  it('ages the records of an earlier start by wall time, undated ones by the next dated one, and none while there is no clock', () => {
    const table = new MemoryTable();
    const before = ledgerOf(ALL, 86_400, table).ledger;
    before.commit(batchOf([draft('sample', { undated: true }), draft('sample', {}, SYNCED(1e6, 0))]));
    before.commit(batchOf([draft('sample', {}, SYNCED(DAY_US / 2, DAY_MS / 2))]));
    const count = (): number => all(table).filter(({ kind }) => kind === 'sample').length;
    const later = (stamp: ReturnType<typeof NO_CLOCK>): void => {
      ledgerOf(ALL, 86_400, table, 'boot-2', stamp.monoUs).ledger.commit(batchOf([], { stamp }));
    };
    later(NO_CLOCK(5e6));
    expect(count()).toBe(3);
    later(SYNCED(5e6, DAY_MS));
    expect(count()).toBe(3);
    later(SYNCED(5e6, DAY_MS + 1));
    expect(count()).toBe(1);
  });

  it('knows without any clock that what came before a start that is older than the bound is older too', () => {
    const table = new MemoryTable();
    ledgerOf(ALL, 100, table).ledger.commit(batchOf(samples(3)));
    const { ledger } = ledgerOf(ALL, 100, table, 'boot-2', instant(0));
    ledger.commit(batchOf([draft('sample', {}, NO_CLOCK(200e6))], { stamp: NO_CLOCK(200e6) }));
    expect(all(table).filter(({ kind }) => kind === 'sample')).toHaveLength(1);
  });

  const KIND = fc.constantFrom<Kind>('sample', 'sample', 'sample', 'period', 'event', 'dump', 'time_sync');
  const STEP = fc.record({
    drafts: fc.array(fc.record({ kind: KIND, size: fc.integer({ min: 0, max: 900 }) }), { maxLength: 12 }),
    lost: fc.integer({ min: -8, max: 4 }),
    cursor: fc.integer({ min: 0, max: 400 }),
    passS: fc.integer({ min: 0, max: 40 }),
  });

  it('holds whatever is appended, sent and lost: within the bound, oldest telemetry first, events last, all accounted for', () => {
    fc.assert(
      fc.property(
        fc.array(STEP, { maxLength: 60 }),
        fc.boolean(),
        fc.integer({ min: 60, max: 4000 }),
        (steps, sends, ageS) => {
          const { table, ledger } = ledgerOf(12_000, ageS);
          const kinds = new Map<number, Kind>();
          const sent = new Set<number>();
          let appended = 0;
          let lost = 0;
          let monoUs = 0;
          for (const { drafts, lost: some, cursor, passS } of steps) {
            monoUs += passS * 1e6;
            const overflow = { n: Math.max(0, some), events: 0 };
            const stamp = NO_CLOCK(monoUs);
            const before = all(table);
            const made = drafts.map(({ kind, size }) => draft(kind, { x: 'y'.repeat(size) }, stamp));
            ledger.commit(batchOf(made, { overflow, stamp, cursor: sends ? cursor : 0 }));
            appended += drafts.length;
            lost += overflow.n;
            const now = all(table);
            // Acknowledged is what the sender delivered, and what a gap record that it delivered stands for.
            const delivered = [...before, ...now].filter(({ seq }) => seq <= table.head.cursor);
            for (const { seq } of delivered) sent.add(seq);
            for (const { from, to } of gapsOf(delivered)) for (let seq = from; seq <= to; seq += 1) sent.add(seq);
            const present = new Set(now.map(({ seq }) => seq));
            const gaps = gapsOf(now);

            expect(table.bytes()).toBeLessThanOrEqual(12_300);
            expect(table.head.records).toBe(now.length);
            expect(now.every(({ seq }, index) => seq > (now[index - 1]?.seq ?? 0) && seq < table.head.next)).toBe(true);
            for (const { seq, kind } of now) kinds.set(seq, kind);
            const vanished = before.filter(({ seq }) => !present.has(seq));
            const telemetry = now.filter(({ kind }) => isTelemetry(kind));
            if (vanished.some(({ kind }) => kind === 'event' || kind === 'time_sync')) expect(telemetry).toEqual([]);
            const lastGone = Math.max(0, ...vanished.filter(({ kind }) => isTelemetry(kind)).map(({ seq }) => seq));
            expect(telemetry.every(({ seq }) => seq > lastGone)).toBe(true);
            for (let seq = 1; seq < table.head.next; seq += 1) {
              if (present.has(seq) || isCovered(seq, gaps)) continue;
              expect(kinds.get(seq) === 'event' || !sent.has(seq) ? `${seq} is nowhere` : 'sent').toBe('sent');
            }
            if (sends) continue;
            const kept = now.filter(({ kind }) => kind !== 'gap').length;
            expect(gaps.reduce((sum, { n }) => sum + n, 0)).toBe(appended - kept + lost);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the queue before the disk', () => {
  it('drops the oldest telemetry when it is full, keeps the events in their place, and counts', () => {
    const queue = new Queue({ count: 10, bytes: 1e6 });
    for (let i = 0; i < 30; i += 1) queue.push(draft(i % 10 === 0 ? 'event' : 'sample', { i }));
    const { drafts, overflow, covers } = queue.take(100, 1e6);
    expect(drafts.map(({ body }) => JSON.parse(body).i)).toEqual([0, 10, 20, 23, 24, 25, 26, 27, 28, 29]);
    expect(overflow).toEqual({ n: 20, events: 0 });
    expect(covers).toBe(30);
  });

  it('is bounded by bytes as well', () => {
    const queue = new Queue({ count: 1e6, bytes: 10_000 });
    for (let i = 0; i < 100; i += 1) queue.push(draft('dump', { x: 'y'.repeat(900) }));
    expect(queue.bytes).toBeLessThanOrEqual(10_000);
    expect(queue.dropped).toBe(100 - queue.length);
  });

  it('lets events have four times the room, and then drops the oldest of them too: memory has an end', () => {
    const queue = new Queue({ count: 10, bytes: 1e6 });
    for (let i = 0; i < 40; i += 1) queue.push(draft('event', { i }));
    expect(queue.length).toBe(40);
    queue.push(draft('event', { i: 40 }));
    expect(queue.length).toBe(40);
    expect(queue.take(1, 1e6).overflow).toEqual({ n: 1, events: 1 });
  });

  it('fast-check: comes out in the order it went in, events whole', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 80 }), fc.integer({ min: 25, max: 60 }), (kinds, count) => {
        const queue = new Queue({ count, bytes: 1e9 });
        const isEvent = kinds.map((event, i) => event && i % 4 === 0);
        isEvent.forEach((event, i) => {
          queue.push(draft(event ? 'event' : 'sample', { i }));
        });
        const out: number[] = [];
        while (queue.length > 0) out.push(...queue.take(7, 1e9).drafts.map(({ body }) => JSON.parse(body).i as number));
        expect(out).toEqual([...out].sort((a, b) => a - b));
        expect(out.filter((i) => isEvent[i])).toHaveLength(isEvent.filter(Boolean).length);
        expect(out.length + queue.dropped).toBe(kinds.length);
      }),
    );
  });
});
