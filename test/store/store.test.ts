import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type GapBody, JsonText, type NewRecord, type Stamp, type StoredRecord } from '../../src/store/record.ts';
import { memoryStore, openStore, type Store, StoreBusy, type StoreOptions } from '../../src/store/store.ts';
import { atSeconds } from '../../src/units.ts';
import { chance, isCovered, NO_CLOCK, newFolder } from './support.ts';

const WRITER = fileURLToPath(new URL('writer.mjs', import.meta.url));
const SMALL_DISK = fileURLToPath(new URL('small-disk.mjs', import.meta.url));

const stores: Store[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

let monoUs = 0;
const now = (): Stamp => {
  monoUs += 1000;
  return NO_CLOCK(monoUs);
};
async function storeIn(folder: string, more: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore({ folder, maxBytes: 8 << 20, maxAgeS: 1e9, now, retryMs: 50, ...more });
  stores.push(store);
  return store;
}
const sample = (i: number, size = 0): NewRecord => ({ kind: 'sample', body: { i, x: 'y'.repeat(size) } });
async function all(store: Store): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  for await (const record of store.export()) found.push(record);
  return found;
}
const numbers = (records: readonly StoredRecord[]): unknown[] => records.map(({ body }) => body['i']);
async function eventually(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !holds(); i += 1) await sleep(25);
  expect(holds()).toBe(true);
}

describe('the history', () => {
  it('gives back in order what was appended, with stream, boot, time and body', async () => {
    const store = await storeIn(newFolder());
    store.append({ kind: 'event', body: { i: 0, code: 'ü „quoted“ \u0000 💡' } });
    for (let i = 1; i < 1200; i += 1) store.append(sample(i));
    await store.flush();
    const records = await all(store);
    expect(numbers(records)).toEqual(Array.from({ length: 1200 }, (_, i) => i));
    expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 1200 }, (_, i) => i + 1));
    const { stream } = store.stats();
    expect(stream).toMatch(/^[0-9a-f]{12}$/);
    expect(records[0]).toMatchObject({ stream, boot: store.boot, clock: 'none', wallMs: null, kind: 'event' });
    expect(records[0]?.body['code']).toBe('ü „quoted“ \u0000 💡');
    expect(store.stats()).toMatchObject({ records: 1200, oldestSeq: 1, newestSeq: 1200, dropped: 0, failing: false });
    const part = await store.read({ afterSeq: 1190, limit: 5 });
    expect(part.map(({ seq }) => seq)).toEqual([1191, 1192, 1193, 1194, 1195]);
    const events: number[] = [];
    for await (const { seq } of store.export({ toSeq: 700, kinds: ['event'] })) events.push(seq);
    expect(events).toEqual([1]);
  });

  it('writes by itself: an event within a second or so, an urgent one at once', async () => {
    const store = await storeIn(newFolder(), { commitMs: 60_000 });
    store.append(sample(0));
    await sleep(300);
    expect(store.stats()).toMatchObject({ records: 0, waiting: 1 });
    store.append({ kind: 'event', body: {} });
    const asked = performance.now();
    await eventually(() => store.stats().records === 2);
    expect(performance.now() - asked).toBeGreaterThan(600);
    store.append({ kind: 'event', body: {}, urgent: true });
    const urgent = performance.now();
    await eventually(() => store.stats().records === 3);
    expect(performance.now() - urgent).toBeLessThan(900);
  });

  it('never throws at whoever appends, and counts what it had to refuse', async () => {
    const store = await storeIn(newFolder());
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const bodies = [circle, { big: 1n }, [1], null, 'text', new JsonText('[1]'), { x: 'y'.repeat(1 << 20) }];
    for (const body of bodies) expect(() => store.append({ kind: 'sample', body } as never)).not.toThrow();
    store.append(sample(1));
    await store.flush();
    const records = await all(store);
    expect(records.map(({ seq, kind }) => [seq, kind])).toEqual([
      [8, 'gap'],
      [9, 'sample'],
    ]);
    expect(records[0]?.body).toMatchObject({ from: 1, to: 7, n: 7, why: 'queue' });
    expect(store.stats().dropped).toBe(7);
  });

  it('keeps the cursor over a restart, moves it forward only and only in its own stream', async () => {
    const folder = newFolder();
    const first = await storeIn(folder);
    for (let i = 0; i < 10; i += 1) first.append(sample(i));
    await first.flush();
    first.moveCursor(7);
    first.moveCursor(3);
    first.moveCursor(Number.NaN);
    first.moveCursor(9, 'another0000a');
    expect(first.cursor()).toBe(7);
    await first.flush();
    await first.close();
    const second = await storeIn(folder);
    expect(second.cursor()).toBe(7);
    expect(second.boot).not.toBe(first.boot);
    second.moveCursor(1000);
    expect(second.cursor()).toBe(10);
    expect(second.stats().cursor).toBe(10);
  });

  it('dates the records from before the clock was set, over a restart, when it is read', async () => {
    const folder = newFolder();
    let stamp: Stamp = NO_CLOCK(10e6);
    const first = await storeIn(folder, { now: () => stamp });
    first.append(sample(0));
    stamp = { monoUs: atSeconds(70), wallMs: 1_800_000_060_000, clock: 'synced' };
    first.append({ kind: 'time_sync', body: { wall_ms: stamp.wallMs } });
    first.append({ ...sample(1), monoUs: atSeconds(69) });
    await first.close();
    const second = await storeIn(folder, { now: () => NO_CLOCK(0) });
    second.append(sample(2));
    await second.flush();
    const dates = [];
    for await (const { dated } of second.export()) dates.push(dated);
    expect(dates).toEqual([
      { wallMs: 1_800_000_000_000, from: 'later' },
      { wallMs: 1_800_000_060_000, from: 'synced' },
      { wallMs: 1_800_000_059_000, from: 'synced' },
      { wallMs: null, from: 'none' },
    ]);
  });

  it('writes what waits when it is closed, and rejects nothing', async () => {
    const folder = newFolder();
    const first = await storeIn(folder, { commitMs: 60_000 });
    for (let i = 0; i < 700; i += 1) first.append(sample(i));
    await first.close();
    first.append(sample(999));
    await first.close();
    expect(readdirSync(folder)).toEqual(['history.db']);
    expect((await all(await storeIn(folder))).length).toBe(700);
  });
});

describe('a program that is killed', () => {
  it('40 times at any instant loses nothing that flush had promised, and no number is used twice', async () => {
    const folder = newFolder();
    const random = chance(99);
    const promised = new Map<string, number>();
    const streams = new Set<string>();
    for (let kill = 0; kill < 40; kill += 1) {
      const child = spawn(process.execPath, [WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(child);
      let said = '';
      const opened = new Promise<void>((resolve) => {
        child.stdout?.on('data', (data) => {
          said += data;
          if (said.includes('open') || said.includes('error')) resolve();
        });
      });
      // Some are killed while they open the database.
      if (kill % 5 === 0) await Promise.race([opened, sleep(40 + random() * 120)]);
      else await opened;
      await sleep(random() * 120);
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(said).not.toContain('error');
      const [, boot, stream] = /open (\w+) (\w+)/.exec(said) ?? [];
      const flushed = [...said.matchAll(/flushed (\d+)\n/g)].at(-1)?.[1];
      if (boot) promised.set(boot, Number(flushed ?? 0));
      if (stream) streams.add(stream);
    }
    expect(promised.size).toBeGreaterThanOrEqual(30);
    expect(streams.size).toBe(1);

    const store = await storeIn(folder, { maxBytes: 64 << 20 });
    const records = await all(store);
    const gaps = records.filter(({ kind }) => kind === 'gap').map(({ body }) => body as unknown as GapBody);
    const seqs = new Set(records.map(({ seq }) => seq));
    expect(seqs.size).toBe(records.length);
    const holes = Array.from({ length: store.stats().newestSeq ?? 0 }, (_, i) => i + 1).filter(
      (seq) => !seqs.has(seq) && seq > store.cursor() && !isCovered(seq, gaps),
    );
    expect(holes).toEqual([]);
    // Retention may have dropped telemetry of old starts; the events of all of them are there, in order.
    for (const [boot, upTo] of promised) {
      const events = records
        .filter((record) => record.boot === boot && record.kind === 'event')
        .map(({ body }) => body['i']);
      const known = events.length;
      expect(events).toEqual(Array.from({ length: known }, (_, i) => i * 25));
      expect(known).toBeGreaterThanOrEqual(Math.ceil(upTo / 25));
    }
    const samples = records.filter(({ kind }) => kind === 'sample');
    for (const [boot, upTo] of [...promised].slice(-3)) {
      const own = samples.filter((record) => record.boot === boot).map(({ body }) => Number(body['i']));
      const missing = Array.from({ length: upTo }, (_, i) => i).filter((i) => i % 25 !== 0 && !own.includes(i));
      const first = own[0] ?? upTo;
      expect(missing.filter((i) => i > first)).toEqual([]);
    }
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
  }, 120_000);
});

describe('a second program', () => {
  it('is refused by name while the first one lives, and let in when it is dead', async () => {
    const folder = newFolder();
    const child = spawn(process.execPath, [WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
    const refused = await storeIn(folder).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreBusy);
    expect(String(refused)).toContain(`process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'close');
    const store = await storeIn(folder);
    expect(store.failing).toBe(false);
    const second = spawnSync(process.execPath, [WRITER, folder], { encoding: 'utf8' });
    expect(second.stdout).toContain(`error StoreBusy: The history in ${folder} is in use by process ${process.pid}.`);
  });
});

describe('a disk that fails', () => {
  it('from the start makes the store failing; it keeps the events and the newest telemetry, and writes them once it can', async () => {
    const folder = newFolder();
    const blocked = join(folder, 'disk');
    writeFileSync(blocked, 'no folder');
    const store = await storeIn(join(blocked, 'history'), { queueCount: 100 });
    expect(store.failing).toBe(true);
    expect(store.stats()).toMatchObject({ stream: null, records: 0 });
    expect(store.stats().lastError).toMatch(/ENOTDIR/);
    for (let i = 0; i < 1000; i += 1) store.append(i % 50 === 0 ? { kind: 'event', body: { i } } : sample(i));
    await expect(store.flush()).rejects.toThrow(/ENOTDIR/);
    for (let i = 1000; i < 1500; i += 1) store.append(i % 50 === 0 ? { kind: 'event', body: { i } } : sample(i));
    expect(store.stats().waiting).toBeLessThanOrEqual(200);
    await sleep(200);
    expect(store.failing).toBe(true);
    rmSync(blocked);
    mkdirSync(blocked);
    await eventually(() => !store.failing);
    await store.flush();
    const records = await all(store);
    const events = records.filter(({ kind }) => kind === 'event');
    expect(numbers(events)).toEqual(Array.from({ length: 30 }, (_, i) => i * 50));
    const gaps = records.filter(({ kind }) => kind === 'gap').map(({ body }) => body as unknown as GapBody);
    expect(gaps.reduce((sum, { n }) => sum + n, 0)).toBe(1500 - (records.length - gaps.length));
    expect(store.stats().dropped).toBe(1500 - (records.length - gaps.length));
    const present = new Set(records.map(({ seq }) => seq));
    for (let seq = 1; seq <= (records.at(-1)?.seq ?? 0); seq += 1)
      expect(present.has(seq) || isCovered(seq, gaps)).toBe(true);
  });

  it('is seen to be well again also when nothing waits', async () => {
    const blocked = join(newFolder(), 'disk');
    writeFileSync(blocked, 'no folder');
    const store = await storeIn(join(blocked, 'history'));
    await sleep(200);
    expect(store.failing).toBe(true);
    rmSync(blocked);
    mkdirSync(blocked);
    await eventually(() => !store.failing);
    store.append(sample(0));
    await store.flush();
    expect(store.stats().records).toBe(1);
  });

  it('or a thread that dies costs nothing that was not yet written: another thread takes its place', async () => {
    const store = await storeIn(newFolder(), { commitMs: 60_000 });
    const { line } = store as unknown as { line: { worker: { terminate(): Promise<number> } | null } };
    for (let i = 0; i < 100; i += 1) {
      store.append(sample(i));
      // A rest before the end, or Node 20 may abort the whole process (src/store/line.ts); none between the two after 50, or
      // the database would be suspected of them.
      if (i % 25 === 10 && i !== 60) await sleep(50);
      if (i % 25 === 10) await line.worker?.terminate();
      if (i % 25 === 20) await store.flush();
      if (i === 50) store.flush().catch(() => {});
      if (i === 50) await line.worker?.terminate();
    }
    await eventually(() => !store.failing);
    await store.flush();
    expect(numbers(await all(store))).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('that holds rubbish in place of the database gets a new one, and an event says so', async () => {
    const folder = newFolder();
    const first = await storeIn(folder);
    first.append(sample(0));
    await first.close();
    writeFileSync(join(folder, 'history.db'), 'rubbish'.repeat(1000));
    const store = await storeIn(folder);
    store.append(sample(1));
    await store.flush();
    const records = await all(store);
    expect(records.map(({ kind }) => kind)).toEqual(['event', 'sample']);
    expect(records[0]?.body).toMatchObject({ event: 'history', code: 'damaged' });
    expect(store.stats().stream).not.toBe(first.stats().stream);
    expect(readdirSync(folder)).toContain('history.db.damaged-1');
  });

  const own = 'mount -t tmpfs -o size=5m none "$0" && exec "$1" "$2" "$0"';
  const canMount =
    process.platform === 'linux' && spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

  it.skipIf(!canMount)('full or read-only loses nothing that fits into memory, and says ENOSPC and EROFS', () => {
    const out = execFileSync('unshare', ['-rm', 'sh', '-c', own, newFolder(), process.execPath, SMALL_DISK], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    const { told, appended, isWhole, dropped } = JSON.parse(out);
    expect(told[0]).toMatch(/^full: .*ENOSPC/);
    expect(told[1]).toMatch(/^read-only: true .*EROFS/);
    expect({ isWhole, dropped }).toEqual({ isWhole: true, dropped: 0 });
    expect(appended).toBeGreaterThan(1000);
  });
});

describe('the history in memory', () => {
  it('has the same rules and says that it is not durable', async () => {
    const store = memoryStore({ now, maxBytes: 50_000, because: 'no disk' });
    for (let i = 0; i < 1000; i += 1) store.append(i % 100 === 0 ? { kind: 'event', body: { i } } : sample(i, 50));
    await store.flush();
    const records = await all(store);
    expect(records.filter(({ kind }) => kind === 'event')).toHaveLength(10);
    expect(store.stats()).toMatchObject({ durable: false, newestSeq: records.at(-1)?.seq, lastError: 'no disk' });
    expect(store.stats().bytes).toBeLessThan(50_500);
    store.moveCursor(5);
    store.moveCursor(4);
    expect(store.cursor()).toBe(5);
    expect(() => store.append({ kind: 'sample', body: [1] } as never)).not.toThrow();
    expect(store.stats().dropped).toBe(1);
    await store.close();
  });
});
