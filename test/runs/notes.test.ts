/** A description is bounded, checked as a whole and replaced as a whole; the record itself is never touched. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { giveBackLockFile, takeLockFile } from '../../src/files/pid-lock.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { ConfigError } from '../../src/params/problem.ts';
import { ISOS_FIELD_NAMES, isosAssignment, isosRow, MOST_NOTE_CHARS } from '../../src/params/run-notes.ts';
import { readNotes, writeNotes } from '../../src/runs/notes.ts';
import { RunError } from '../../src/runs/problem.ts';
import { writeRun } from '../support/recorded.ts';

const AT = '2026-11-20T08:00:00.000Z';
let folder = '';
beforeEach(() => {
  folder = writeRun(join(mkdtempSync(join(tmpdir(), 'remixd-notes-')), 'a'), {
    facts: { id: 'x', sample: 'Film 1' },
    rows: [{ mono_s: 1 }],
  });
});
const problemsOf = async (patch: unknown): Promise<string[]> => {
  const error = await writeNotes(folder, patch, AT).catch((one: unknown) => one);
  return error instanceof ConfigError ? error.problems.map(({ path }) => path) : [];
};

describe('the description of a run', () => {
  it('is empty at first, keeps what is said, and gives up what is taken back', async () => {
    expect(await readNotes(folder)).toEqual({});
    await writeNotes(folder, { sample: 'Film 12', isos: { protocol: 'ISOS-LC-1I', wavelengthNm: 405 } }, AT);
    await writeNotes(folder, { note: 'two\nlines', isos: { wavelengthNm: null } }, AT);
    expect(await readNotes(folder)).toEqual({
      sample: 'Film 12',
      note: 'two\nlines',
      isos: { protocol: 'ISOS-LC-1I' },
      changedUtc: AT,
    });
  });

  it('leaves run.json as it was', async () => {
    const before = readFileSync(join(folder, 'run.json'), 'utf8');
    await writeNotes(folder, { sample: 'Film 12' }, AT);
    expect(readFileSync(join(folder, 'run.json'), 'utf8')).toBe(before);
  });

  it('loses nothing when two changes come at once', async () => {
    await Promise.all([
      writeNotes(folder, { sample: 'A' }, AT),
      writeNotes(folder, { operator: 'B' }, AT),
      writeNotes(folder, { isos: { atmosphere: 'N2' } }, AT),
    ]);
    expect(await readNotes(folder)).toMatchObject({ sample: 'A', operator: 'B', isos: { atmosphere: 'N2' } });
  });

  it('loses nothing when several processes change it at once', async () => {
    const fields = {
      protocol: 'ISOS-LC-1I',
      lightSource: 'LED',
      atmosphere: 'N2',
      substrate: 'glass',
      electricalBias: 'open',
    };
    const bin = join(PACKAGE_ROOT, 'bin', 'remixd.js');
    const codes = await Promise.all(
      Object.entries(fields).map(
        ([key, value]) =>
          new Promise((resolve) => {
            const args = [bin, 'runs', 'note', folder, '--isos', `${key}=${value}`];
            spawn(process.execPath, args, { stdio: 'ignore' }).on('exit', resolve);
          }),
      ),
    );
    expect(codes).toEqual(Object.keys(fields).map(() => 0));
    expect((await readNotes(folder)).isos).toEqual(fields);
    expect(readdirSync(folder).sort()).toEqual(['data.csv', 'events.csv', 'notes.json', 'run.json']);
  });

  it('waits for another process that changes it, but not for one that is gone, and not for ever', async () => {
    const lock = join(folder, 'notes.json.lock');
    expect(takeLockFile(lock, 'other')).toBeNull();
    const busy = await writeNotes(folder, { sample: 'x' }, AT, 50).catch((error: unknown) => error);
    expect(busy).toMatchObject({ code: 'NOTES_BUSY', path: lock });
    expect(await readNotes(folder)).toEqual({});
    const later = writeNotes(folder, { sample: 'y' }, AT);
    giveBackLockFile(lock, 'other');
    expect(await later).toMatchObject({ sample: 'y' });
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(lock, `${pid} 1 other\n`);
    expect(await writeNotes(folder, { operator: 'z' }, AT, 50)).toMatchObject({ sample: 'y', operator: 'z' });
    expect(existsSync(lock)).toBe(false);
  });

  it('is refused with every problem, and nothing is written', async () => {
    await writeNotes(folder, { sample: 'kept' }, AT);
    const bad = { sample: 7, colour: 'red', isos: { wavelengthNm: 99, humidityPercent: 101, foo: 1 } };
    expect(await problemsOf(bad)).toEqual([
      'sample',
      'colour',
      'isos.wavelengthNm',
      'isos.humidityPercent',
      'isos.foo',
    ]);
    for (const patch of [null, [], 'x', { isos: 3 }, { sample: 'two\nlines' }, { sample: '' }])
      expect(await problemsOf(patch), JSON.stringify(patch)).toHaveLength(1);
    expect(await readNotes(folder)).toMatchObject({ sample: 'kept' });
  });

  it('has bounds, and takes what lies at them', async () => {
    expect(await problemsOf({ note: 'x'.repeat(MOST_NOTE_CHARS + 1) })).toEqual(['note']);
    expect(await problemsOf({ note: 'x'.repeat(MOST_NOTE_CHARS) })).toEqual([]);
    expect(await problemsOf({ sample: 'x'.repeat(201) })).toEqual(['sample']);
    expect(await problemsOf({ sample: 'x'.repeat(200) })).toEqual([]);
    expect(await problemsOf({ isos: { wavelengthNm: 100, humidityPercent: 0 } })).toEqual([]);
    expect(await problemsOf({ isos: { deviceAreaCm2: Number.POSITIVE_INFINITY } })).toEqual(['isos.deviceAreaCm2']);
    expect(await problemsOf({ note: 'hidden \u202e turn' })).toEqual(['note']);
  });

  it('that is damaged is refused, and not written over', async () => {
    writeFileSync(join(folder, 'notes.json'), '{"sample": ');
    const damaged = async (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => '',
        (error: unknown) => (error instanceof RunError ? error.code : ''),
      );
    expect(await damaged(readNotes(folder))).toBe('NOTES_DAMAGED');
    expect(await damaged(writeNotes(folder, { sample: 'x' }, AT))).toBe('NOTES_DAMAGED');
    expect(readFileSync(join(folder, 'notes.json'), 'utf8')).toBe('{"sample": ');
    writeFileSync(join(folder, 'notes.json'), '{"samples": "x"}');
    expect(await damaged(readNotes(folder))).toBe('NOTES_DAMAGED');
  });

  it('of a folder without a record is refused', async () => {
    rmSync(folder, { recursive: true });
    await expect(writeNotes(folder, { sample: 'x' }, AT)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('has an example for each field that the field itself takes', async () => {
    for (const name of ISOS_FIELD_NAMES) {
      const read = isosAssignment(`${name}=${isosRow(name).example}`);
      expect(await problemsOf({ isos: { [name]: read?.value } }), name).toEqual([]);
    }
    expect(isosAssignment('protocol')).toBeNull();
    expect(isosAssignment('=x')).toBeNull();
    expect(isosAssignment('protocol=')).toEqual({ key: 'protocol', value: null });
    expect(isosAssignment('lightSource=405')).toEqual({ key: 'lightSource', value: '405' });
  });
});
