import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { type KeptFile, KeptWriter, readKept, withConfirmed } from '../../src/files/kept.ts';

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

describe('confirmed settings', () => {
  const config = (...set: readonly string[]) => loadConfig({ set, env: {} });

  it('stand over the configuration', () => {
    const loaded = config();
    const resumed = withConfirmed(loaded, { confirmed: { 'pulse.onMs': 400, 'run.recipe': 'hour' } });
    expect(resumed.loaded.settings).toEqual({ ...loaded.settings, 'pulse.onMs': 400, 'run.recipe': 'hour' });
    expect(resumed.loaded.origin.get('pulse.onMs')).toBe('confirmed from afar');
    expect(resumed.loaded.hash).not.toBe(loaded.hash);
    expect(resumed.confirmed).toEqual({ 'pulse.onMs': 400, 'run.recipe': 'hour' });
    expect(resumed.dropped.size).toBe(0);
  });

  it('change nothing where there are none', () => {
    const loaded = config();
    expect(withConfirmed(loaded, { confirmed: {} })).toEqual({ loaded, confirmed: {}, dropped: new Map() });
  });

  it.each([
    ['pulse.onMs', 99_999, /99999 is not/],
    ['limits.tripC', 44, /local file only/],
    ['mqtt.device', 'other', /local file only/],
    ['run.recipe', 'gone', /gone is no recipe/],
    ['no.such', 1, /no such setting/],
  ])('are left out one by one, with the reason: %s = %s', (key, value, why) => {
    const loaded = config('pulse.periodMs=5000');
    const resumed = withConfirmed(loaded, { confirmed: { 'pulse.onMs': 400, [key]: value } as never });
    const others = key === 'pulse.onMs' ? {} : { 'pulse.onMs': 400 };
    expect(resumed.confirmed).toEqual(others);
    expect(resumed.loaded.settings).toEqual({ ...loaded.settings, ...others });
    expect([...resumed.dropped]).toEqual([[key, expect.stringMatching(why)]]);
  });

  it('stay confirmed while one start overrides them on its command line', () => {
    const loaded = config('pulse.periodMs=5000');
    const { loaded: now, confirmed, dropped } = withConfirmed(loaded, { confirmed: { 'pulse.periodMs': 6000 } });
    expect([now.settings['pulse.periodMs'], confirmed, dropped.size]).toEqual([5000, { 'pulse.periodMs': 6000 }, 0]);
  });

  it('are left out together when they do not go with a configuration that was changed, and each is named', () => {
    const loaded = config('pulse.periodMs=2000', 'pulse.onMs=100');
    const confirmed = { 'pulse.onMs': 1500, 'run.recipe': 'hour' };
    const fromFile = { ...loaded, origin: new Map() };
    const resumed = withConfirmed(fromFile, { confirmed });
    expect(resumed.loaded).toBe(fromFile);
    expect(resumed.confirmed).toEqual({});
    expect([...resumed.dropped.keys()]).toEqual(['pulse.onMs', 'run.recipe']);
    expect(resumed.dropped.get('run.recipe')).toMatch(/pulse\.onMs would be 1500, not at most 0\.55/);
  });
});
