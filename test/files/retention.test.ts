import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { retireRuns } from '../../src/files/retention.ts';

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const rm: typeof real.rm = (path, options) =>
    String(path).endsWith('stuck') ? Promise.reject(new Error('EPERM')) : real.rm(path, options);
  return { ...real, rm };
});

const BEFORE = '2027-01-01T00-00-00';
let runsDir: string;
let running: string;

beforeEach(() => {
  runsDir = mkdtempSync(join(tmpdir(), 'remixd-runs-'));
  running = join(runsDir, '2027-01-10T08-00-00-hour');
});
afterEach(() => rmSync(runsDir, { recursive: true, force: true }));

/** A run folder that was last written on a day. */
function make(name: string, day: string, bytes = 10): void {
  mkdirSync(join(runsDir, name));
  for (const [file, date] of [
    ['data.csv', new Date(day)],
    ['run.json', new Date('2020-01-01')],
  ] as const) {
    writeFileSync(join(runsDir, name, file), 'x'.repeat(bytes / 2));
    utimesSync(join(runsDir, name, file), date, date);
  }
}
const retire = (maxBytes = 1e9) => retireRuns({ runsDir, running, before: BEFORE, maxBytes });
const left = (): string[] => readdirSync(runsDir).sort();

describe('old run folders', () => {
  it('never take the running one with them, however large and old it is', async () => {
    running = join(runsDir, '2020-01-01T00-00-00-hour');
    make('2020-01-01T00-00-00-hour', '2020-01-01', 1000);
    expect(await retire(1)).toEqual({ removed: [], failed: [], bytesLeft: 1000, doubtful: [] });
    expect(existsSync(running)).toBe(true);
  });

  it('stay when the clock jumped by years after them, also a day later; room is made all the same', async () => {
    make('2021-03-01T00-00-00-a', '2021-03-01');
    make('2021-03-02T00-00-00-b', '2021-03-02');
    running = join(runsDir, '2037-01-10T08-00-00-hour');
    make('2037-01-10T08-00-00-hour', '2037-01-10');
    const before = '2036-10-01T00-00-00';
    const kept = ['2021-03-01T00-00-00-a', '2021-03-02T00-00-00-b'];
    const options = { runsDir, running, before, maxBytes: 1e9 };
    expect(await retireRuns(options)).toMatchObject({ removed: [], doubtful: kept });
    make('2037-01-11T03-20-00-hour', '2037-01-11');
    expect(await retireRuns({ ...options, running: join(runsDir, '2037-01-11T03-20-00-hour') })).toMatchObject({
      removed: [],
      doubtful: kept,
    });
    expect((await retireRuns({ ...options, maxBytes: 30 })).removed).toEqual(['2021-03-01T00-00-00-a']);
  });

  it('go when both their name and what was written last are old', async () => {
    make('2025-05-07T00-00-10-old', '2026-12-31T23:59:59Z');
    make('2025-05-07T00-00-20-clock-set-later', '2027-01-09');
    make('2027-01-05T00-00-00-copied', '2025-01-01');
    expect((await retire()).removed).toEqual(['2025-05-07T00-00-10-old']);
    expect(left()).toEqual(['2025-05-07T00-00-20-clock-set-later', '2027-01-05T00-00-00-copied']);
  });

  it('leave alone what only has such a name', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'remixd-elsewhere-'));
    writeFileSync(join(elsewhere, 'mine'), '');
    symlinkSync(elsewhere, join(runsDir, '2020-01-02T00-00-00-link'));
    writeFileSync(join(runsDir, '2020-01-03T00-00-00-notes.txt'), 'mine');
    mkdirSync(join(runsDir, 'my own notes'));
    expect((await retire(0)).removed).toEqual([]);
    expect(left()).toHaveLength(3);
    expect(existsSync(join(elsewhere, 'mine'))).toBe(true);
    rmSync(elsewhere, { recursive: true });
  });

  it('make room in the order in which they were last written', async () => {
    make('2025-01-01T00-00-00-clock-set-later', '2027-01-09', 100);
    make('2027-01-04T00-00-00-a', '2027-01-05', 100);
    make('2027-01-02T00-00-00-b', '2027-01-03', 100);
    make('2027-01-10T08-00-00-hour', '2027-01-10', 100);
    expect(await retire(250)).toEqual({
      removed: ['2027-01-02T00-00-00-b', '2027-01-04T00-00-00-a'],
      failed: [],
      bytesLeft: 200,
      doubtful: [],
    });
  });

  it('that cannot be removed keep no other one, and take no other one with them', async () => {
    make('2026-05-01T00-00-00-stuck', '2026-05-01', 1000);
    make('2026-05-02T00-00-00-old', '2026-05-02', 100);
    make('2027-01-02T00-00-00-young', '2027-01-02', 100);
    expect(await retire(500)).toEqual({
      removed: ['2026-05-02T00-00-00-old'],
      failed: ['2026-05-01T00-00-00-stuck'],
      bytesLeft: 1100,
      doubtful: [],
    });
  });
});
