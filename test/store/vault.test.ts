import fs, {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreBusy } from '../../src/store/lock.ts';
import { isCrash, type Vault } from '../../src/store/vault.ts';
import { CutDisk } from './cut.ts';
import { batchOf, chance, draft, gapsOf, isCovered, NO_CLOCK, newFolder, readAll, text, vaultIn } from './support.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const NOW = NO_CLOCK(0);
const fill = (vault: Vault, batches: number, each = 20, size = 300): void => {
  for (let b = 0; b < batches; b += 1)
    vault.commit(batchOf(Array.from({ length: each }, (_, i) => draft('sample', { b, i, x: text(size) }))));
};
const bytesOf = (folder: string): number =>
  readdirSync(folder)
    .filter((name) => /^history\.db(-wal)?$/.test(name))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

describe('the database', () => {
  it('goes on with the same stream and the next number after it was closed', () => {
    const folder = newFolder();
    const first = vaultIn(folder);
    fill(first, 2);
    const { stream } = first.state(NOW);
    first.close();
    const second = vaultIn(folder);
    fill(second, 1);
    expect(second.state(NOW)).toMatchObject({ stream, records: 60, newestSeq: 60, oldestSeq: 1 });
    expect(readAll(second).map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  });

  it('has another stream when it is another database', () => {
    const streams = [newFolder(), newFolder()].map((folder) => vaultIn(folder).state(NOW).stream);
    expect(streams[0]).not.toBe(streams[1]);
  });

  it('never numbers twice, even if the newest records were all dropped', () => {
    const folder = newFolder();
    const first = vaultIn(folder, { maxBytes: 2 << 20, maxAgeS: 1 });
    fill(first, 5);
    first.commit(batchOf([], { stamp: NO_CLOCK(100e6) }));
    expect(gapsOf(readAll(first))).toEqual([{ from: 1, to: 100, n: 100, events: 0, why: 'age' }]);
    first.close();
    const second = vaultIn(folder);
    fill(second, 1, 1);
    expect(readAll(second).map(({ seq }) => seq)).toEqual([101, 102]);
  });

  it('keeps database and log within the bytes it was given, and gives room back when it is given less', () => {
    const folder = newFolder();
    const vault = vaultIn(folder, { maxBytes: 4 << 20 });
    let most = 0;
    for (let b = 0; b < 60; b += 1) {
      fill(vault, 5, 50, 500);
      vault.commit(batchOf([draft('event', { b })]));
      most = Math.max(most, bytesOf(folder));
    }
    expect(most).toBeLessThanOrEqual(4 << 20);
    expect(most).toBeGreaterThan(2.5 * (1 << 20));
    const entries = readAll(vault);
    expect(entries.filter(({ kind }) => kind === 'event')).toHaveLength(60);
    const present = new Set(entries.map(({ seq }) => seq));
    const gaps = gapsOf(entries);
    for (let seq = 1; seq < (entries.at(-1)?.seq ?? 0); seq += 1)
      expect(present.has(seq) || isCovered(seq, gaps)).toBe(true);
    vault.close();
    const smaller = vaultIn(folder, { maxBytes: 2 << 20 });
    fill(smaller, 30, 10);
    expect(bytesOf(folder)).toBeLessThanOrEqual(2 << 20);
    expect(readAll(smaller).filter(({ kind }) => kind === 'event')).toHaveLength(60);
  });

  it('is refused to a second store, and says who has it', () => {
    const folder = newFolder();
    const first = vaultIn(folder);
    first.state(NOW);
    expect(() => vaultIn(folder).state(NOW)).toThrow(StoreBusy);
    expect(() => vaultIn(folder).state(NOW)).toThrow(/in use by this process/);
    first.close();
    expect(() => vaultIn(folder).state(NOW)).not.toThrow();
  });

  it('takes the lock of a process that is gone, and of another one that has its number today', () => {
    for (const owner of ['4194304000 77 dead', `${process.pid} 1 before`, '', 'rubbish']) {
      const folder = newFolder();
      writeFileSync(join(folder, 'history.lock'), owner);
      mkdirSync(join(folder, 'history.db.lock'));
      expect(() => vaultIn(folder).state(NOW)).not.toThrow();
    }
  });
});

describe('a power cut', () => {
  it('at any of 150 instants leaves every acknowledged record, in order, and a sound database', () => {
    const random = chance(20231);
    const folder = newFolder();
    const images = newFolder();
    const made = vaultIn(folder);
    made.state(NOW);
    made.close();
    const disk = new CutDisk(folder);
    // What stood in the file before is durable; the disk learns of it by reading.
    for (const name of ['history.db']) {
      const path = join(folder, name);
      const fd = fs.openSync(path, 'r+');
      const content = readFileSync(path);
      fs.writeSync(fd, content, 0, content.length, 0);
      fs.fsyncSync(fd);
      fs.closeSync(fd);
    }
    const cuts: { readonly into: string; readonly acknowledged: number }[] = [];
    let acknowledged = 0;
    let until = 1;
    disk.watch = () => {
      if (--until > 0) return;
      until = 1 + Math.floor(random() * 40);
      const into = join(images, String(cuts.length));
      disk.cut(into, random);
      cuts.push({ into, acknowledged });
    };
    // Small bounds, so that checkpoints, a log that starts again and retention are all among the instants.
    const vault = vaultIn(folder, { maxBytes: 2 << 20 });
    for (let i = 0; cuts.length < 150; i += 1) {
      const n = 1 + Math.floor(random() * 30);
      const drafts = Array.from({ length: n }, () => draft('sample', { x: text(Math.floor(random() * 1500)) }));
      const state = vault.commit(batchOf(i % 5 === 0 ? [...drafts, draft('event', { i })] : drafts));
      acknowledged = state.newestSeq ?? 0;
    }
    const oldest = readAll(vault)[0]?.seq ?? 0;
    disk.end();
    expect(oldest).toBeGreaterThan(0);
    for (const { into, acknowledged: promised } of cuts) {
      const again = vaultIn(into);
      const entries = readAll(again);
      const gaps = gapsOf(entries);
      const seqs = new Set(entries.map(({ seq }) => seq));
      for (let seq = 1; seq <= promised; seq += 1) expect(seqs.has(seq) || isCovered(seq, gaps)).toBe(true);
      again.check(NOW);
      fill(again, 1, 1);
      expect(entries.every(({ body }) => body !== '{"damaged":true}')).toBe(true);
      expect(readdirSync(into).filter((name) => name.includes('damaged'))).toEqual([]);
      again.close();
    }
  });
});

describe('a damaged file', () => {
  const source = newFolder();
  const withLog = newFolder();
  const setUp = (): void => {
    const vault = vaultIn(source);
    fill(vault, 40);
    vault.commit(batchOf([draft('event', { last: true })]));
    // As a killed program leaves it: the newest records are in the log alone.
    for (const name of ['history.db', 'history.db-wal']) copyFileSync(join(source, name), join(withLog, name));
    vault.close();
  };

  it('is opened again or put aside, and never an exception, whatever bits are flipped or cut off', () => {
    setUp();
    const random = chance(7);
    const ends = { asIs: 0, aside: 0, crashed: 0, doubted: 0 };
    for (let round = 0; round < 240; round += 1) {
      const folder = newFolder();
      const logged = round % 2 === 1;
      for (const name of logged ? ['history.db', 'history.db-wal'] : ['history.db'])
        copyFileSync(join(logged ? withLog : source, name), join(folder, name));
      const path = join(folder, logged && round % 4 === 1 ? 'history.db-wal' : 'history.db');
      const content = readFileSync(path);
      if (round % 5 === 0) truncateSync(path, Math.floor(random() * content.length));
      else {
        const early = round % 3 === 0 ? 8192 : content.length;
        for (let flips = 1 + Math.floor(random() * 20); flips > 0; flips -= 1) {
          const at = Math.floor(random() * Math.min(early, content.length));
          content[at] = (content[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        }
        writeFileSync(path, content);
      }
      let suspect = false;
      for (let attempt = 0; ; attempt += 1) {
        const vault = vaultIn(folder, { suspect });
        try {
          const before = readAll(vault);
          vault.check(NOW);
          fill(vault, 3);
          const after = readAll(vault);
          expect(after.length).toBeGreaterThan(0);
          expect(after.every(({ seq }, i) => seq > (after[i - 1]?.seq ?? 0))).toBe(true);
          const aside = readdirSync(folder).some((name) => name.includes('damaged'));
          ends[aside ? 'aside' : 'asIs'] += 1;
          if (!aside && before.some(({ body }) => body === '{"damaged":true}')) ends.doubted += 1;
          if (aside) expect(after.some(({ body }) => body.includes('The history was damaged'))).toBe(true);
          // What is read as sound is what was written.
          for (const { body, kind } of after)
            if (kind === 'sample' && !body.includes('damaged'))
              expect(JSON.parse(body)).toMatchObject({ x: text(300) });
          break;
        } catch (error) {
          // A machine that stopped is replaced together with its thread; the next one puts the file aside.
          if (!isCrash(error) || attempt > 0) throw error;
          ends.crashed += 1;
          suspect = true;
        } finally {
          vault.close();
        }
      }
    }
    expect(ends.asIs).toBeGreaterThan(20);
    expect(ends.aside).toBeGreaterThan(20);
    expect(ends.doubted).toBeGreaterThan(5);
  });

  it('is kept beside the new one, together with its log, and of many only the newest two on a full disk', () => {
    const folder = newFolder();
    for (let i = 1; i <= 4; i += 1) {
      writeFileSync(join(folder, 'history.db'), text(5000 + i));
      const vault = vaultIn(folder, { freeBytes: () => 0 });
      const entries = readAll(vault);
      expect(entries.map(({ seq, kind }) => [seq, kind])).toEqual([[1, 'event']]);
      expect(entries[0]?.body).toContain(`history.db.damaged-${i}`);
      vault.close();
    }
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([
      'history.db.damaged-3',
      'history.db.damaged-4',
    ]);
    expect(statSync(join(folder, 'history.db.damaged-4')).size).toBe(5004);
  });

  it('is not mixed with the log of a database that is gone', () => {
    const folder = newFolder();
    copyFileSync(join(withLog, 'history.db-wal'), join(folder, 'history.db-wal'));
    const vault = vaultIn(folder);
    expect(readAll(vault)).toEqual([]);
    expect(existsSync(join(folder, 'history.db.damaged-1-wal'))).toBe(true);
  });

  it('that made the thread crash which read it is put aside, and read without SQLite', () => {
    const folder = newFolder();
    const first = vaultIn(folder);
    fill(first, 1);
    first.close();
    const vault = vaultIn(folder, { suspect: true });
    expect(readAll(vault).map(({ kind }) => kind)).toEqual([...Array.from({ length: 20 }, () => 'sample'), 'event']);
    expect(existsSync(join(folder, 'history.db.damaged-1'))).toBe(true);
  });

  it('does not take the cursor over into the new stream', () => {
    const folder = newFolder();
    const vault = vaultIn(folder);
    fill(vault, 2);
    const { stream } = vault.state(NOW);
    vault.commit(batchOf([], { stream, cursor: 30 } as object));
    expect(vault.state(NOW).cursor).toBe(30);
    vault.close();
    writeFileSync(join(folder, 'history.db'), 'no database');
    const again = vaultIn(folder);
    again.commit({ ...batchOf([draft('sample')]), stream, cursor: 30 });
    again.commit({ ...batchOf([draft('sample')]), stream, cursor: 30 });
    expect(again.state(NOW)).toMatchObject({ cursor: 0, records: 3 });
  });
});

describe('a disk that fails', () => {
  const noSpace = (): never => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };

  it('full at any write of a batch loses nothing that was acknowledged and takes the batch once when there is room', () => {
    const folder = newFolder();
    const vault = vaultIn(folder);
    fill(vault, 1);
    const write = fs.writeSync;
    for (let round = 0; round < 40; round += 1) {
      let left = round;
      const spy = vi
        .spyOn(fs, 'writeSync')
        .mockImplementation(((...args: Parameters<typeof write>) =>
          left-- > 0 ? write(...args) : noSpace()) as typeof write);
      const batch = batchOf(Array.from({ length: 10 }, (_, i) => draft('sample', { round, i, x: text(1000) })));
      let failed = false;
      try {
        vault.commit(batch);
      } catch {
        failed = true;
      }
      spy.mockRestore();
      if (failed) vault.commit(batch);
    }
    const entries = readAll(vault);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 420 }, (_, i) => i + 1));
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
  });

  it('whose sync fails has not taken the batch, and takes it once afterwards', () => {
    const folder = newFolder();
    const vault = vaultIn(folder);
    fill(vault, 1);
    const sync = fs.fsyncSync;
    for (let round = 0; round < 12; round += 1) {
      let left = round % 4;
      const spy = vi.spyOn(fs, 'fsyncSync').mockImplementation((fd) => {
        if (left-- > 0) return sync(fd);
        throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
      });
      const batch = batchOf([draft('sample', { round })]);
      let failed = false;
      try {
        vault.commit(batch);
      } catch {
        failed = true;
      }
      spy.mockRestore();
      if (failed) vault.commit(batch);
    }
    expect(readAll(vault).map(({ seq }) => seq)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
  });

  it('says why with the file system’s own word', () => {
    const folder = newFolder();
    const vault = vaultIn(join(folder, 'file', 'below'));
    writeFileSync(join(folder, 'file'), '');
    expect(() => vault.state(NOW)).toThrow(/ENOTDIR/);
  });
});
