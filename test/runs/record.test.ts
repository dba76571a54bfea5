/** A record is read as it is: all its folders, also damaged or still growing, and what is missing is said. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namedRun } from '../../src/runs/figures.ts';
import type { RunError } from '../../src/runs/problem.ts';
import { openRun } from '../../src/runs/record.ts';
import { walk } from '../../src/runs/walk.ts';
import { edge, writeRun } from '../support/recorded.ts';

const fresh = (): string => mkdtempSync(join(tmpdir(), 'remixd-record-'));
const row = (s: number, run: number | null = 1) => ({ mono_s: s, time_s: s, run, state: 'armed' });
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: RunError) => error.code,
  );

async function times(folder: string): Promise<{ seen: (number | string)[]; damaged: number }> {
  const seen: (number | string)[] = [];
  const { damaged } = await walk(await openRun(folder), null, {
    row: (view) => seen.push(view.number('mono_s')),
    event: ({ code, monoS }) => seen.push(`${code}@${monoS}`),
  });
  return { seen, damaged };
}

describe('a recorded run', () => {
  it('goes on over all folders of its record, from whichever one is named', async () => {
    const base = fresh();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(base, name)) as [string, string, string];
    // The paths are those of the computer that recorded; the folders lie elsewhere now.
    writeRun(a, { facts: { id: 'x', end: { goesOnIn: '/var/lib/remixd/runs/b' } }, rows: [row(1)] });
    writeRun(b, {
      facts: { id: 'x', continues: '/var/lib/remixd/runs/a', end: { goesOnIn: '/var/lib/remixd/runs/c' } },
      rows: [row(2)],
    });
    writeRun(c, { facts: { id: 'x', continues: '/var/lib/remixd/runs/b', end: { state: 'safe' } }, rows: [row(3)] });
    for (const folder of [a, b, c]) {
      const run = await openRun(folder);
      expect(run.folder).toBe(a);
      expect(run.end).toEqual({ state: 'safe' });
      expect(run.missing).toEqual([]);
      expect((await times(folder)).seen).toEqual([1, 2, 3]);
    }
    rmSync(b, { recursive: true });
    const run = await openRun(a);
    expect(run.parts).toHaveLength(1);
    expect(run.missing.join(' ')).toContain('The folder b of the same record is missing.');
  });

  it('does not take the folder of another record for its own', async () => {
    const base = fresh();
    writeRun(join(base, 'a'), { facts: { id: 'x', end: { goesOnIn: 'b' } }, rows: [row(1)] });
    writeRun(join(base, 'b'), { facts: { id: 'y', continues: 'a' }, rows: [row(2)] });
    expect((await openRun(join(base, 'a'))).missing.join(' ')).toContain('missing');
    expect((await times(join(base, 'a'))).seen).toEqual([1]);
  });

  it('brings the columns of a later folder into the order of the first', async () => {
    const base = fresh();
    writeRun(join(base, 'a'), { facts: { id: 'x', end: { goesOnIn: 'b' } }, rows: [row(1)] });
    writeRun(join(base, 'b'), { facts: { id: 'x', continues: 'a' }, rows: [] });
    writeFileSync(join(base, 'b', 'data.csv'), 'new_column,mono_s\n7,2\n');
    expect((await times(join(base, 'a'))).seen).toEqual([1, 2]);
  });

  it('says that it still goes on, that its last line is cut, and reads the rest', async () => {
    const folder = writeRun(join(fresh(), 'a'), { facts: { id: 'x', end: null }, rows: [row(1), row(2)] });
    appendFileSync(join(folder, 'data.csv'), '3.000,3.0');
    expect((await openRun(folder)).missing.join(' ')).toContain('still goes on, or the program was killed');
    expect(await times(folder)).toEqual({ seen: [1, 2], damaged: 1 });
  });

  it('counts a row without a time, or with one that goes back, as damaged', async () => {
    const folder = writeRun(join(fresh(), 'a'), { facts: { id: 'x', end: {} }, rows: [row(1), row(2), row(3)] });
    const path = join(folder, 'data.csv');
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const second = lines.length - 2;
    const withTime = async (wrong: string): Promise<{ seen: (number | string)[]; damaged: number }> => {
      const cells = (lines[second] ?? '').split(',');
      cells[0] = wrong;
      writeFileSync(path, `${[...lines.slice(0, second), cells.join(','), lines[second + 1]].join('\n')}\n`);
      return times(folder);
    };
    expect(await withTime('x2.000')).toEqual({ seen: [1, 3], damaged: 1 });
    expect(await withTime('')).toEqual({ seen: [1, 3], damaged: 1 });
    expect((await withTime('0.500')).damaged).toBe(1);
    expect(await withTime('92.000')).toEqual({ seen: [1, 3], damaged: 1 });
    expect(await withTime('3.000')).toEqual({ seen: [1, 3, 3], damaged: 0 });
    expect((await withTime('2.000')).damaged).toBe(0);
  });

  it('leaves out rows that were swapped, and goes on where the clock is another one', async () => {
    const of = async (seconds: readonly number[]) =>
      times(writeRun(join(fresh(), 'a'), { facts: {}, rows: seconds.map((s) => row(s)), events: [edge(4.5, true)] }));
    expect(await of([1, 5, 3, 4, 2, 6])).toEqual({ seen: [1, 3, 4, 'on@4.5', 6], damaged: 2 });
    // From the fourth row on nobody can take it for damage.
    expect(await of([10, 11, 1, 2, 3])).toEqual({ seen: ['on@4.5', 10, 11], damaged: 3 });
    expect(await of([10, 11, 1, 2, 3, 4, 5])).toEqual({ seen: ['on@4.5', 10, 11, 4, 5], damaged: 4 });
  });

  it('says which file or column is missing', async () => {
    const folder = writeRun(join(fresh(), 'a'), { facts: { id: 'x', end: {} }, rows: [row(1)] });
    const path = join(folder, 'data.csv');
    writeFileSync(path, 'mono_s,state,verdict\n1,armed,MIXED\n');
    expect((await openRun(folder)).missing).toEqual([
      'data.csv of a has no column time_s.',
      'data.csv of a has no column light.',
    ]);
    writeFileSync(path, '#sample: x\n');
    await expect(openRun(folder)).rejects.toMatchObject({ why: 'data.csv of a has no line of column names' });
    renameSync(path, `${path}.gz`);
    await expect(openRun(folder)).rejects.toMatchObject({ code: 'RUN_DAMAGED', why: 'data.csv of a is missing' });
  });

  it('without run.json or events.csv is read, and says what is not known then', async () => {
    const folder = writeRun(join(fresh(), 'a'), { facts: {}, rows: [row(1)] });
    rmSync(join(folder, 'run.json'));
    rmSync(join(folder, 'events.csv'));
    const { missing, facts } = await openRun(folder);
    expect(facts).toMatchObject({ id: null, simulated: null, sample: null });
    expect(missing.join(' ')).toMatch(/run\.json of a is missing.*events\.csv of a is missing/);
    writeFileSync(join(folder, 'run.json'), '{"id": "x",');
    expect((await openRun(folder)).missing.join(' ')).toMatch(/run\.json of a is not JSON \(line 1/);
  });

  it('takes a field of another kind for a missing one', async () => {
    const facts = { id: 7, simulated: 'yes', settings: [], recipe: 'x', end: 3, versions: { commit: 'abc' } };
    const run = await openRun(writeRun(join(fresh(), 'a'), { facts, rows: [row(1)] }));
    expect(run.facts).toMatchObject({ id: null, simulated: null, settings: {}, end: null });
    expect(run.facts.recipe.name).toBeNull();
    expect(run.facts.versions).toEqual({ remixd: null, commit: 'abc', node: null, platform: null });
  });

  it('is refused with a code where there is none, or none that can be read', async () => {
    const base = fresh();
    mkdirSync(join(base, 'empty'));
    expect(await codeOf(openRun(join(base, 'gone')))).toBe('RUN_NOT_FOUND');
    expect(await codeOf(openRun(join(base, 'empty')))).toBe('RUN_NOT_FOUND');
    const folder = writeRun(join(base, 'a'), { facts: { id: 'x' }, rows: [] });
    writeFileSync(join(folder, 'data.csv'), 'what,is,this\n1,2,3\n');
    expect(await codeOf(openRun(folder))).toBe('RUN_DAMAGED');
    writeFileSync(join(folder, 'data.csv'), '');
    expect(await codeOf(openRun(folder))).toBe('RUN_DAMAGED');
    renameSync(join(folder, 'run.json'), join(folder, 'old'));
    rmSync(join(folder, 'data.csv'));
    expect(await codeOf(openRun(join(folder, 'old')))).toBe('RUN_NOT_FOUND');
  });

  it('tells rows and events in the order of time', async () => {
    const events = [edge(0.5, true), edge(1, false), edge(9, true)];
    const folder = writeRun(join(fresh(), 'a'), { facts: {}, rows: [row(1), row(2), row(3)], events });
    expect((await times(folder)).seen).toEqual(['on@0.5', 1, 'off@1', 2, 3, 'on@9']);
  });

  it('is named with its number where the record has several runs', async () => {
    const folder = writeRun(join(fresh(), 'a'), { facts: {}, rows: [row(1, null), row(2, 1), row(3, 2)] });
    expect(await codeOf(namedRun(folder))).toBe('RUN_AMBIGUOUS');
    expect((await namedRun(`${folder}:2`)).run).toBe(2);
    expect(await codeOf(namedRun(`${folder}:3`))).toBe('RUN_NOT_FOUND');
    const one = writeRun(join(fresh(), 'a'), { facts: {}, rows: [row(1, null), row(2, 1)] });
    expect((await namedRun(one)).run).toBe(1);
    const none = writeRun(join(fresh(), 'a'), { facts: {}, rows: [row(1, null)] });
    expect((await namedRun(none)).run).toBeNull();
  });
});
