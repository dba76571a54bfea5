import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FoundMemory, foundFor, foundPath, keepFound, readFound } from '../../src/files/found-patterns.ts';
import { type FoundEntry, MOST_FOUND } from '../../src/params/found-patterns.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-found-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const WHEN = '2026-01-01T00:00:00.000Z';
const GENTLE = { swingK: 1.7, share: null, periodS: 5 };
const entry = (over: Partial<FoundEntry> = {}): FoundEntry => ({
  sample: 'film 7',
  calibration: 'abc',
  light: 1,
  pattern: GENTLE,
  by: 'find-pattern',
  wallTime: WHEN,
  ...over,
});

describe('found patterns', () => {
  it('come back as they were written, by sample, calibration and light', () => {
    keepFound(folder, entry());
    keepFound(folder, entry({ light: 0.5, pattern: { swingK: null, share: 0.4, periodS: 6 } }));
    const { found, trouble } = readFound(folder);
    expect(trouble).toBeNull();
    const of = (what: Partial<FoundEntry>) => foundFor(found, entry(what))?.pattern ?? null;
    expect(of({})).toEqual(GENTLE);
    expect(of({ light: 0.5 })).toEqual({ swingK: null, share: 0.4, periodS: 6 });
    expect([of({ light: 0.7 }), of({ sample: 'film 8' }), of({ calibration: 'abd' })]).toEqual([null, null, null]);
  });

  it('are one for each film, the newest, and no more than a bounded number', () => {
    for (let i = 0; i < MOST_FOUND + 5; i += 1) keepFound(folder, entry({ sample: `film ${i}` }));
    keepFound(folder, entry({ sample: 'film 20', pattern: { ...GENTLE, periodS: 7 } }));
    const { found } = readFound(folder);
    expect(found.length).toBe(MOST_FOUND);
    expect(found[0]).toMatchObject({ sample: 'film 20', pattern: { periodS: 7 } });
    expect(found.filter(({ sample }) => sample === 'film 20').length).toBe(1);
    expect(found.some(({ sample }) => sample === 'film 0')).toBe(false);
  });

  it.each([
    ['no JSON', '{'],
    ['another format', '{"format":2,"found":[]}'],
    [
      'a swing that no setting allows',
      JSON.stringify({ format: 1, found: [entry({ pattern: { ...GENTLE, swingK: 60 } })] }),
    ],
    [
      'a share beyond I9',
      JSON.stringify({ format: 1, found: [entry({ pattern: { swingK: null, share: 0.9, periodS: 5 } })] }),
    ],
    [
      'swing and share at once',
      JSON.stringify({ format: 1, found: [entry({ pattern: { swingK: 1, share: 0.1, periodS: 5 } })] }),
    ],
  ])('are ignored with a word where the file is damaged: %s', (_, text) => {
    writeFileSync(foundPath(folder), text);
    const { found, trouble } = readFound(folder);
    expect(found).toEqual([]);
    expect(trouble).toContain('damaged and ignored');
    keepFound(folder, entry());
    expect(readFound(folder)).toMatchObject({ trouble: null, found: [{ sample: 'film 7' }] });
  });

  it('are none, without a word, where there is no file', () => {
    expect(readFound(folder)).toEqual({ found: [], trouble: null });
  });
});

describe('what the feedback remembers', () => {
  const said: string[] = [];
  const memory = (settings: Partial<Settings>, calibration: string | null = 'abc'): FoundMemory =>
    new FoundMemory({
      settings: { ...defaultSettings(), 'runtime.stateDir': folder, ...settings },
      calibration,
      wallUtc: () => WHEN,
      note: (kind, text) => said.push(`${kind} ${text}`),
    });
  const HARDWARE = { 'hal.kind': 'linux' } as const;

  it('outlives the program, and belongs to its sample', async () => {
    const one = memory({ 'run.sample': 'film 7' });
    expect(one.begin(1)).toBeNull();
    one.keep(GENTLE, 1, 'adapt');
    expect(one.begin(1)).toEqual(GENTLE);
    await one.settled();
    expect(memory({ 'run.sample': 'film 7' }).begin(1)).toEqual(GENTLE);
    expect(memory({ 'run.sample': 'film 8' }).begin(1)).toBeNull();
    expect(memory({ 'run.sample': 'film 7' }, 'other').begin(1)).toBeNull();
    expect(JSON.parse(readFileSync(foundPath(folder), 'utf8')).found[0]).toMatchObject({ by: 'adapt', wallTime: WHEN });
  });

  it('is nothing of hardware whose sample nobody named, and of a bench without a calibration', async () => {
    for (const one of [memory(HARDWARE), memory({ 'run.sample': 'film 7' }, null)]) {
      one.keep(GENTLE, 1, 'adapt');
      expect(one.begin(1)).toBeNull();
      await one.settled();
    }
    expect(existsSync(foundPath(folder))).toBe(false);
  });

  it('says that a damaged file is ignored, and that one cannot be written', async () => {
    writeFileSync(foundPath(folder), 'x');
    memory({});
    expect(said.at(-1)).toMatch(/^trouble .*damaged and ignored/);
    const lost = memory({ 'runtime.stateDir': join(foundPath(folder), 'no-folder') });
    lost.keep(GENTLE, 1, 'adapt');
    await lost.settled();
    expect(said.at(-1)).toMatch(/^trouble the pattern that was found could not be kept/);
  });
});
