import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  benchParts,
  CALIBRATED_KEYS,
  type Calibration,
  calibrationPath,
  readCalibration,
  writeCalibration,
} from '../../src/config/calibration.ts';
import type { Problem } from '../../src/params/problem.ts';
import { defaultSettings } from '../../src/params/settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-calibration-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const problems = (stateDir = folder): readonly Problem[] =>
  readCalibration({ ...defaultSettings(), 'runtime.stateDir': stateDir }).problems;

describe('a calibration file', () => {
  it.each([
    {},
    { settings: {} },
    { bench: {} },
    { bench: null, settings: {} },
    { bench: {}, settings: null },
    { bench: {}, settings: [] },
  ])('that lacks a part is damaged, although its id is right: %j', (parts) => {
    const body = { format: 1, ...parts };
    const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
    writeFileSync(calibrationPath(folder), JSON.stringify({ id: `cal-${hash.slice(0, 12)}`, ...body }));
    expect(problems()).toMatchObject([{ code: 'CALIBRATION_DAMAGED', got: expect.stringContaining('without its') }]);
  });

  it('that cannot be read is not called damaged', () => {
    const remedy = expect.stringContaining('runtime.stateDir');
    mkdirSync(calibrationPath(folder));
    expect(problems()).toMatchObject([{ code: 'CALIBRATION_UNREADABLE', got: 'this is a folder, not a file', remedy }]);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(problems(file)).toMatchObject([
      { code: 'CALIBRATION_UNREADABLE', got: 'a file of that name is in the way', remedy },
    ]);
  });

  it('keeps the one before under its id, for the runs that were recorded with it', () => {
    const one = (wallTime: string): Calibration => ({
      ...{ format: 1, wallTime, bench: benchParts(defaultSettings()), errors: {}, measured: {} },
      settings: Object.fromEntries(
        CALIBRATED_KEYS.map((key) => [key, defaultSettings()[key]]),
      ) as unknown as Calibration['settings'],
    });
    const first = writeCalibration(folder, one('2026-11-01'));
    const text = readFileSync(calibrationPath(folder), 'utf8');
    const second = writeCalibration(folder, one('2026-11-02'));
    writeCalibration(folder, one('2026-11-02'));
    expect(readFileSync(join(folder, `${first}.json`), 'utf8')).toBe(text);
    writeFileSync(calibrationPath(folder), 'no calibration');
    writeCalibration(folder, one('2026-11-03'));
    expect(readFileSync(join(folder, 'calibration.damaged.json'), 'utf8')).toBe('no calibration');
    expect(readdirSync(folder).sort()).toEqual(
      [`${first}.json`, `${second}.json`, 'calibration.damaged.json', 'calibration.json'].sort(),
    );
    expect(problems()).toEqual([]);
  });

  it('that is missing is no problem', () => {
    expect(problems()).toEqual([]);
  });
});
