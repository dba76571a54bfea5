import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCalibration } from '../../src/config/calibration.ts';
import { loadConfig } from '../../src/config/load.ts';
import { latchInFolder } from '../../src/files/latch.ts';
import { MOST_BYTES } from '../../src/files/plain-file.ts';
import { readText } from '../../src/files/read-text.ts';
import { loadRecipe } from '../../src/files/recipes.ts';
import { parseFile } from '../../src/params/json.ts';
import { ConfigError } from '../../src/params/problem.ts';
import { defaultSettings } from '../../src/params/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'remixd-read-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const written = (name: string, text: string): string => {
  writeFileSync(at(name), text);
  return at(name);
};
const problemOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no problem';
};
execFileSync('mkfifo', [at('pipe.json'), at('latch.json'), at('calibration.json')]);

describe('a file that is no file', () => {
  it.each([
    ['/dev/zero', 'EFTYPE'],
    [at('pipe.json'), 'EFTYPE'],
    [folder, 'EISDIR'],
    [written('big.json', 'x'.repeat(MOST_BYTES + 1)), 'EFBIG'],
    [at('none.json'), 'ENOENT'],
  ])('%s is refused at once, with %s', (path, code) => {
    expect(() => readText(path)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['/dev/zero', 'a pipe or a device'],
    [at('pipe.json'), 'a pipe or a device'],
    [folder, 'a folder'],
    [at('big.json'), 'larger than any such file'],
  ])('%s as a configuration or a recipe is refused in words', (path, words) => {
    expect(problemOf(() => loadConfig({ file: path }))).toContain(words);
    expect(problemOf(() => loadRecipe(`${path}/`.replace(/\/$/, '')))).toMatch(path === '/dev/zero' ? /device/ : words);
  });

  it('is not a matter of permissions', () => {
    expect(problemOf(() => loadRecipe(at('big.json')))).toContain('Check that the path names the right file.');
    expect(problemOf(() => loadRecipe(folder))).toContain('Name a file.');
  });

  it('as the safety record is damaged, and as a calibration said to be unreadable', () => {
    expect(latchInFolder(folder).load()).toBe('damaged');
    const { problems } = readCalibration({ ...defaultSettings(), 'runtime.stateDir': folder });
    expect(problems).toMatchObject([{ code: 'CALIBRATION_UNREADABLE' }]);
  });
});

describe('a file that is absurd', () => {
  it('with 100,000 levels is refused in words', () => {
    const deep = written('deep.json', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
    expect(problemOf(() => loadConfig({ file: deep }))).toContain('more than 6 deep');
    expect(problemOf(() => loadRecipe(deep))).toContain('more than 12 deep');
  });

  it('with 20,000 unknown keys is refused with a listing that can be read', () => {
    const groups = Array.from({ length: 200 }, (_, i) => [
      `k${i}`,
      Object.fromEntries(Array.from({ length: 100 }, (_, j) => [`a${j}`, 1])),
    ]);
    const many = written('many.json', JSON.stringify(Object.fromEntries(groups)));
    const words = problemOf(() => loadConfig({ file: many }));
    expect(words).toContain('20000 problems');
    expect(words).toContain('and 19960 more');
    expect(words.length).toBeLessThan(10_000);
  });

  it('with a key twice is refused with the place of the second', () => {
    const twice = '{"pulse": {"onMs": 100,\n  "on\\u004ds": 500}}';
    expect(problemOf(() => loadConfig({ file: written('twice.json', twice) }))).toContain(
      'line 2, column 3: the key "on\\u004ds" is there twice',
    );
    expect(parseFile('{"a":{"b":1},"c":{"b":1},"d":["b","b"]}', 3)).toMatchObject({ value: { a: { b: 1 } } });
    expect(parseFile('[{"a":1,"b":{"a":1}},{"a":1,"a":2}]', 4)).toEqual({
      error: 'line 1, column 29: the key "a" is there twice',
    });
  });
});

describe('a record with a number that cannot count', () => {
  it('is damaged', () => {
    const record = { armed: false, latch: null, trips: 2 ** 53 - 1, recent: 0 };
    const store = latchInFolder(mkdtempSync(join(folder, 'state-')), true);
    store.save(record, () => {});
    expect(store.load()).toBe('damaged');
  });
});
