import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeptFile, KeptWriter, putAside, readKept } from '../../src/files/kept.ts';

let folder: string;
const path = (): string => join(folder, 'remote.json');
/** An answer with a field of its own. */
interface Told {
  readonly code: number;
  readonly text: string;
  readonly data?: unknown;
}
const kept = (rev: number): KeptFile<Told> => ({
  rev,
  confirmed: {},
  answers: [],
  trial: null,
  described: false,
  cycles: 0,
});
const onDisk = (): number => readKept(folder).kept.rev;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'remixd-kept-')), 'state');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

describe('what is kept', () => {
  it('comes back as it was written', async () => {
    const whole: KeptFile<Told> = {
      rev: 3,
      confirmed: { 'pulse.onMs': 400 },
      answers: [['ann/1', { code: 202, text: 'Kept.', data: { rev: 3 } }]],
      trial: { rev: 3, by: 'ann', patch: 'pulse.onMs = 400' },
      described: true,
      cycles: 0,
    };
    await new KeptWriter<Told>(folder, () => whole).write();
    expect(readKept(folder)).toEqual({ kept: whole, damaged: false });
  });

  it('is nothing where there is no file', () => {
    expect(readKept(folder)).toEqual({ kept: kept(0), damaged: false });
  });

  it('is not taken for nothing where the file cannot be read', () => {
    mkdirSync(path(), { recursive: true });
    expect(() => readKept(folder)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  });

  it('that is damaged is put aside beside earlier ones, which may hold what this one has lost', () => {
    mkdirSync(folder);
    for (const text of ['first', 'second', 'third']) {
      writeFileSync(path(), text);
      putAside(folder);
    }
    const aside = ['', '-2', '-3'].map((end) => readFileSync(`${path()}.damaged${end}`, 'utf8'));
    expect(aside).toEqual(['first', 'second', 'third']);
    expect(existsSync(path())).toBe(false);
  });

  it('needs no trial in the file', () => {
    mkdirSync(folder);
    writeFileSync(path(), '{"rev":2,"confirmed":{},"answers":[]}');
    expect(readKept(folder)).toEqual({ kept: kept(2), damaged: false });
  });

  it.each([
    '',
    '{"rev":1',
    'null',
    '{"rev":-1,"confirmed":{},"answers":[]}',
    '{"rev":1,"confirmed":null,"answers":[]}',
    '{"rev":1,"confirmed":{},"answers":[[1,"a"]]}',
    '{"rev":1,"confirmed":{},"answers":[],"trial":{}}',
    '{"rev":1,"confirmed":{},"answers":[],"trial":{"rev":1,"by":"x"}}',
    '{"rev":1,"confirmed":{},"answers":[],"trial":{"rev":"abc","by":"x","patch":{}}}',
    '{"rev":1,"confirmed":{},"answers":[],"trial":{"rev":1,"by":"x","patch":[1]}}',
    '{"rev":1,"confirmed":[1],"answers":[]}',
    '{"rev":1,"confirmed":{"pulse.onMs":null},"answers":[]}',
    '{"rev":9007199254740992,"confirmed":{},"answers":[]}',
    '{"rev":1,"confirmed":{},"answers":[["ann/1","kept"]]}',
    '{"rev":1,"confirmed":{},"answers":[["ann/1",{"code":"202","text":"Kept."}]]}',
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
  /** What would be kept now, and how often it was asked for. */
  let now = kept(0);
  let composed = 0;
  const writer = () =>
    new KeptWriter<Told>(folder, () => {
      composed += 1;
      return now;
    });
  beforeEach(() => {
    now = kept(0);
    composed = 0;
  });

  it('has written how things stood, or something newer, whenever it says so', async () => {
    const w = writer();
    const seen: Promise<number>[] = [];
    for (const rev of [1, 2, 3, 4, 5]) {
      now = kept(rev);
      seen.push(w.write().then(onDisk));
    }
    for (const [i, rev] of (await Promise.all(seen)).entries()) expect(rev).toBeGreaterThanOrEqual(i + 1);
    expect(onDisk()).toBe(5);
  });

  it('writes once what five asked for at the same time', async () => {
    const w = writer();
    now = kept(5);
    await Promise.all([1, 2, 3, 4, 5].map(() => w.write()));
    expect([composed, onDisk()]).toEqual([1, 5]);
  });

  it('rejects when it cannot write, and writes the next time', async () => {
    const w = writer();
    writeFileSync(folder, 'no folder');
    await expect(w.write()).rejects.toMatchObject({ syscall: expect.any(String) });
    rmSync(folder);
    now = kept(2);
    await w.write();
    expect(onDisk()).toBe(2);
  });

  it('tries what waited behind a write that failed', async () => {
    const w = writer();
    writeFileSync(folder, 'no folder');
    const failed = w.write().catch(() => {
      rmSync(folder);
      return 'failed';
    });
    now = kept(2);
    await w.write();
    expect(await failed).toBe('failed');
    expect(onDisk()).toBe(2);
  });
});
