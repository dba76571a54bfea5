import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeptFile, KeptWriter, putAside, readKept } from '../../src/files/kept.ts';

let folder: string;
const path = (): string => join(folder, 'remote.json');
const kept = (rev: number): KeptFile<string> => ({ rev, confirmed: {}, answers: [], trial: null });
const onDisk = (): number => readKept(folder).kept.rev;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'remixd-kept-')), 'state');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

describe('what is kept', () => {
  it('comes back as it was written', async () => {
    const whole: KeptFile<string> = {
      rev: 3,
      confirmed: { 'pulse.onMs': 400 },
      answers: [['ann/1', 'kept']],
      trial: { rev: 3, by: 'ann', patch: 'pulse.onMs = 400' },
    };
    await new KeptWriter<string>(folder).write(whole);
    expect(readKept(folder)).toEqual({ kept: whole, damaged: false });
  });

  it('is nothing where there is no file', () => {
    expect(readKept(folder)).toEqual({ kept: kept(0), damaged: false });
  });

  it.each([
    '',
    '{"rev":1',
    'null',
    '{"rev":-1,"confirmed":{},"answers":[]}',
    '{"rev":1,"confirmed":null,"answers":[]}',
    '{"rev":1,"confirmed":{},"answers":[[1,"a"]]}',
    '{"rev":1,"confirmed":{},"answers":[],"trial":{}}',
  ])('is put aside when it cannot be trusted: %s', (text) => {
    mkdirSync(folder);
    writeFileSync(path(), text);
    expect(readKept(folder)).toEqual({ kept: kept(0), damaged: true });
    putAside(folder);
    expect(readFileSync(`${path()}.damaged`, 'utf8')).toBe(text);
    expect(existsSync(path())).toBe(false);
  });
});

describe('the writer', () => {
  it('has written what it was given, or something newer, whenever it says so', async () => {
    const writer = new KeptWriter<string>(folder);
    const revs = [1, 2, 3, 4, 5];
    const seen = await Promise.all(revs.map((rev) => writer.write(kept(rev)).then(onDisk)));
    for (const [i, rev] of revs.entries()) expect(seen[i]).toBeGreaterThanOrEqual(rev);
    expect(onDisk()).toBe(5);
  });

  it('leaves out what something newer has overtaken', async () => {
    const writer = new KeptWriter<string>(folder);
    let texts = 0;
    const counted = (rev: number): KeptFile<string> & { toJSON: () => unknown } => ({
      ...kept(rev),
      toJSON: () => {
        texts += 1;
        return kept(rev);
      },
    });
    await Promise.all([1, 2, 3, 4, 5].map((rev) => writer.write(counted(rev))));
    expect(texts).toBe(1);
    expect(onDisk()).toBe(5);
  });

  it('rejects when it cannot write, and writes the next time', async () => {
    const writer = new KeptWriter<string>(folder);
    writeFileSync(folder, 'no folder');
    await expect(writer.write(kept(1))).rejects.toMatchObject({ syscall: expect.any(String) });
    rmSync(folder);
    await writer.write(kept(2));
    expect(onDisk()).toBe(2);
  });

  it('tries what waited behind a write that failed', async () => {
    const writer = new KeptWriter<string>(folder);
    writeFileSync(folder, 'no folder');
    const failed = writer.write(kept(1)).catch(() => {
      rmSync(folder);
      return 'failed';
    });
    await writer.write(kept(2));
    expect(await failed).toBe('failed');
    expect(onDisk()).toBe(2);
  });
});
