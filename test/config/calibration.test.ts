import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { calibrationPath, readCalibration } from '../../src/config/calibration.ts';
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

  it('that is missing is no problem', () => {
    expect(problems()).toEqual([]);
  });
});
