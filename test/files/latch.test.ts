import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { latchInFolder, parseRecord } from '../../src/files/latch.ts';
import { type LatchStore, latchInMemory } from '../../src/runtime/latch.ts';
import type { DurableRecord } from '../../src/safety/kernel.ts';

/** Stores a record; the error, or null. */
const save = (store: LatchStore, record: DurableRecord): Promise<Error | null> =>
  new Promise((resolve) => store.save(record, resolve));
const folder = (): string => mkdtempSync(join(tmpdir(), 'remixd-latch-'));
const RECORD: DurableRecord = {
  armed: true,
  latch: { kind: 'tripped', trip: 4, fault: 'tc-open' },
  trips: 4,
  recent: 2,
};

describe('the durable latch record', () => {
  it('is read back as it was written', async () => {
    const at = folder();
    await save(latchInFolder(at), RECORD);
    expect(latchInFolder(at).load()).toEqual(RECORD);
  });

  it('is null where there was none, and makes its folder', async () => {
    const at = join(folder(), 'a', 'b');
    expect(latchInFolder(at).load()).toBeNull();
    await save(latchInFolder(at), RECORD);
    expect(readdirSync(at)).toEqual(['latch.json']);
  });

  it('is damaged, never a guess, when any single byte differs', async () => {
    const at = folder();
    const store = latchInFolder(at);
    await save(store, RECORD);
    const good = readFileSync(join(at, 'latch.json'));
    for (let i = 0; i < good.length; i += 1) {
      const bytes = Buffer.from(good);
      bytes[i] = (bytes[i] ?? 0) ^ 1;
      writeFileSync(join(at, 'latch.json'), bytes);
      expect(store.load(), `byte ${i}`).toBe('damaged');
    }
  });

  it('is damaged when it is cut short anywhere, or has more behind it', async () => {
    const at = folder();
    const store = latchInFolder(at);
    await save(store, RECORD);
    const good = readFileSync(join(at, 'latch.json'), 'utf8');
    for (let length = 0; length < good.length; length += 1) {
      writeFileSync(join(at, 'latch.json'), good.slice(0, length));
      expect(store.load(), `${length} bytes`).toBe('damaged');
    }
    writeFileSync(join(at, 'latch.json'), `${good}x`);
    expect(store.load()).toBe('damaged');
  });

  it('is damaged when it cannot be read', () => {
    const at = folder();
    expect(latchInFolder(join('/dev/null', 'x')).load()).toBe('damaged');
    expect(parseRecord('')).toBeNull();
    expect(latchInFolder(at).load()).toBeNull();
  });

  it('tells when it cannot be written, so that nothing is armed, and goes on to the next record', async () => {
    const store = latchInFolder(join('/dev/null', 'x'));
    expect((await save(store, RECORD))?.message).toMatch(/ENOTDIR/);
    expect((await save(store, RECORD))?.message).toMatch(/ENOTDIR/);
  });

  it('keeps the newest of many records, and is settled when that is on disk', async () => {
    const at = folder();
    const store = latchInFolder(at);
    for (let trips = 4; trips < 24; trips += 1) store.save({ ...RECORD, trips }, async () => {});
    await store.settled();
    expect(store.load()).toMatchObject({ trips: 23 });
    expect(readdirSync(at)).toEqual(['latch.json']);
  });

  it('answers nothing while the disk hangs, lets the program end, and goes on in the order of the calls', async () => {
    const at = folder();
    await save(latchInFolder(at), { ...RECORD, armed: false });
    // The new file is a pipe that nobody reads: to open it waits, as a disk does that hangs.
    const pipe = join(at, 'latch.json.next');
    execFileSync('mkfifo', [pipe]);
    const store = latchInFolder(at);
    const answers: string[] = [];
    store.save(RECORD, (error) => answers.push(`first ${error === null}`));
    store.save({ ...RECORD, trips: 5 }, (error) => answers.push(`second ${error === null}`));
    const start = performance.now();
    await store.settled(300);
    expect(performance.now() - start).toBeGreaterThan(250);
    expect([answers, store.load()]).toEqual([[], { ...RECORD, armed: false }]);
    renameSync(pipe, join(at, 'pipe'));
    const reader = openSync(join(at, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    await store.settled();
    closeSync(reader);
    expect(answers).toEqual(['first false', 'second true']);
    expect(store.load()).toMatchObject({ armed: true, trips: 5 });
  });

  it('stays with the bench when it is kept in memory', async () => {
    const store = latchInMemory();
    expect(store.load()).toBeNull();
    await save(store, RECORD);
    expect(store.load()).toEqual(RECORD);
  });
});
