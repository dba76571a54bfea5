/** A record is written once: nothing that somebody recorded is ever cut off or written over. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { readCsv } from '../../src/files/csv.ts';
import { turnOver } from '../../src/files/retention.ts';
import { RunFolder, VirtualRunFolder } from '../../src/files/run-folder.ts';
import type { Row } from '../../src/params/telemetry.ts';
import { TELEMETRY_NAMES } from '../../src/params/telemetry.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { PULSE, recipeOf } from '../support/bench.ts';

const loaded = loadConfig({ set: ['sim.seed=5', 'run.sample=Film 12 # left', 'run.operator=Ada'] });
const recipe = recipeOf(PULSE(600));
const facts = { loaded, settings: loaded.settings, recipe, simulated: true, wallTime: '2026-11-01T10:00:00.000Z' };

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'remixd-once-'));
});

const runOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
const row = (n: number): Row =>
  ({ ...Object.fromEntries(TELEMETRY_NAMES.map((name) => [name, null])), mono_s: n }) as Row;

async function recorded(path: string, rows: number): Promise<string> {
  const journal = new RunFolder(path, facts);
  await journal.open();
  for (let n = 0; n < rows; n += 1) journal.row(row(n));
  await journal.close({ state: 'safe' });
  return journal.folder;
}

describe('two starts within the same second', () => {
  it('have folders of their own, each with its rows and its id', async () => {
    const path = join(base, 'runs', '2026-11-01T10-00-00-hold-mixed');
    const folders = [await recorded(path, 120), await recorded(path, 10), await recorded(path, 1)];
    expect(folders).toEqual([path, `${path}-2`, `${path}-3`]);
    expect(folders.map((folder) => readCsv(readFileSync(join(folder, 'data.csv'), 'utf8')).rows.length)).toEqual([
      120, 10, 1,
    ]);
    expect(new Set(folders.map((folder) => runOf(folder).id)).size).toBe(3);
  });

  it('at the same instant do not share a folder either', async () => {
    const path = join(base, '2026-11-01T10-00-00-hold-mixed');
    const folders = await Promise.all(Array.from({ length: 5 }, (_, n) => recorded(path, n + 1)));
    expect(new Set(folders).size).toBe(5);
    expect(readdirSync(base)).toHaveLength(5);
  });

  it('write nothing before their folder is made, so that one that is not opened touches no record', async () => {
    const path = await recorded(join(base, '2026-11-01T10-00-00-hold-mixed'), 3);
    const before = readFileSync(join(path, 'data.csv'), 'utf8');
    const other = new RunFolder(path, facts);
    other.row(row(99));
    await other.flush();
    await other.close({});
    expect(other.failing).toBe(true);
    expect(readFileSync(join(path, 'data.csv'), 'utf8')).toBe(before);
  });
});

describe('a folder that a person names', () => {
  it('may be there, but a record in it is refused and stays as it is', () => {
    const folder = join(base, 'out');
    mkdirSync(folder);
    writeFileSync(join(folder, 'my notes.txt'), 'mine');
    const first = new VirtualRunFolder(folder, facts);
    for (let n = 0; n < 50; n += 1) first.row(row(n));
    first.close({});
    const before = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(() => new VirtualRunFolder(folder, facts)).toThrow(
      expect.objectContaining({ code: 'TAKEN', path: join(folder, 'run.json') }),
    );
    expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(before);
  });

  it.each(['data.csv', 'events.csv', 'run.json'])('is refused for a %s alone, and nothing is made in it', (name) => {
    writeFileSync(join(base, name), 'mine');
    expect(() => new VirtualRunFolder(base, facts)).toThrow(/exists already/);
    expect(readdirSync(base)).toEqual([name]);
    expect(readFileSync(join(base, name), 'utf8')).toBe('mine');
  });
});

describe('a night that cuts a record in two', () => {
  it('leaves two folders that name each other, with one id, and takes no folder that is there', async () => {
    const settings = { ...loaded.settings, 'runtime.runsDir': base };
    const taken = await recorded(join(base, '2026-11-02T00-00-05-hold-mixed'), 7);
    const journal = new RunFolder(join(base, '2026-11-01T10-00-00-hold-mixed'), facts);
    await journal.open();
    journal.row(row(1));
    await journal.flush();
    const first = journal.folder;
    await turnOver(settings, journal, Date.parse('2026-11-02T00:00:05Z'));
    journal.row(row(2));
    await journal.close({ state: 'safe' });
    const second = journal.folder;
    expect(second).toBe(`${taken}-2`);
    expect(runOf(first)).toMatchObject({ id: journal.id, continues: null, end: { goesOnIn: second } });
    expect(runOf(second)).toMatchObject({ id: journal.id, continues: first, end: { state: 'safe' } });
    const [a, b] = [first, second].map((folder) => readCsv(readFileSync(join(folder, 'data.csv'), 'utf8')));
    expect(b?.about['id']).toBe(a?.about['id']);
    expect(b?.about['continues']).toBe('2026-11-01T10-00-00-hold-mixed');
    expect(readCsv(readFileSync(join(taken, 'data.csv'), 'utf8')).rows).toHaveLength(7);
  });

  it('that cannot go on leaves no folder behind', async () => {
    const journal = new RunFolder(join(base, 'first'), facts);
    await journal.open();
    const going = journal.goOn(join(base, 'second'), '');
    await Promise.all([expect(going).rejects.toThrow(/could not continue/), journal.close({})]);
    expect(readdirSync(base)).toEqual(['first']);
  });

  it('calls the next folder by the recipe, not by the number of a taken name', async () => {
    await recorded(join(base, '2026-11-01T10-00-00-pattern-0p5-5'), 1);
    const journal = new RunFolder(join(base, '2026-11-01T10-00-00-pattern-0p5-5'), facts);
    await journal.open();
    expect(journal.folder).toMatch(/0p5-5-2$/);
    await turnOver({ ...loaded.settings, 'runtime.runsDir': base }, journal, Date.parse('2026-11-02T00:00:05Z'));
    expect(journal.folder).toMatch(/2026-11-02T00-00-05-pattern-0p5-5$/);
    await journal.close({});
  });
});

describe('a record says which experiment it is', () => {
  it('with sample, operator, both hashes, wall time, run, step and the truth of a simulated bench', () => {
    const folder = join(base, 'run');
    const journal = new VirtualRunFolder(folder, facts);
    let second = 0;
    const simulation = assembleSimulation({
      settings: loaded.settings,
      recipe,
      journals: [journal],
      wallUtc: () => new Date(Date.UTC(2026, 10, 1, 10) + 100 * second++).toISOString(),
    });
    for (let run = 1; run <= 2; run += 1) {
      expect(simulation.arm()).toBe(true);
      simulation.run(12);
      simulation.controls.ask({ kind: 'stop' });
      simulation.run(120);
    }
    journal.close({});
    const { about, columns, rows, damaged } = readCsv(readFileSync(join(folder, 'data.csv'), 'utf8'));
    expect(damaged).toBe(0);
    expect(about).toMatchObject({ sample: 'Film 12 # left', operator: 'Ada', config_hash: loaded.hash });
    const run = runOf(folder);
    expect(run).toMatchObject({ sample: 'Film 12 # left', operator: 'Ada', note: null });
    expect(run.recipe.hash).toMatch(/^[0-9a-f]{12}$/);
    expect(about['recipe_hash']).toBe(run.recipe.hash);
    const at = (name: string) => columns.indexOf(name);
    const of = (name: string) => rows.map((cells) => cells[at(name)] ?? null);
    expect([...new Set(of('run'))]).toEqual([null, '1', '2']);
    expect(new Set(of('step'))).toEqual(new Set([null, '1']));
    expect(new Set(of('recipe'))).toEqual(new Set([recipe.name]));
    expect(new Set(of('on_trial'))).toEqual(new Set(['0']));
    expect(of('wall_utc').every((text) => /^2026-11-01T10:\d\d:\d\d\.\d{3}Z$/.test(text ?? ''))).toBe(true);
    const truth = of('sim_true_film_c').map(Number);
    expect(Math.max(...truth)).toBeGreaterThan(Math.min(...truth) + 0.5);
    expect(of('sim_true_segregated').every((text) => text !== null && Number(text) >= 0)).toBe(true);
    // Each run is told apart in the events, too: from the test of ENABLE on.
    const events = readCsv(readFileSync(join(folder, 'events.csv'), 'utf8'));
    const [runAt, code] = [events.columns.indexOf('run'), events.columns.indexOf('code')];
    const tests = events.rows.filter((cells) => cells[code] === 'test-enable').map((cells) => cells[runAt]);
    expect(tests).toEqual(['1', '2']);
  });

  it('without wall time and id in the rows of virtual time, so that the same seed gives the same bytes', () => {
    const bytes = ['a', 'b'].map((name) => {
      const journal = new VirtualRunFolder(join(base, name), { ...facts, wallTime: null });
      const simulation = assembleSimulation({ settings: loaded.settings, recipe, journals: [journal] });
      simulation.arm();
      simulation.run(5);
      journal.close({});
      return readFileSync(join(base, name, 'data.csv'), 'utf8');
    });
    expect(bytes[0]).toBe(bytes[1]);
    const { columns, rows } = readCsv(bytes[0] ?? '');
    expect(rows.every((cells) => cells[columns.indexOf('wall_utc')] === null)).toBe(true);
    expect(existsSync(join(base, 'a', 'run.json'))).toBe(true);
  });

  it('tells settings on trial from confirmed ones', () => {
    const journal = new VirtualRunFolder(join(base, 'trial'), facts);
    const simulation = assembleSimulation({ settings: loaded.settings, recipe, journals: [journal] });
    simulation.run(1);
    simulation.controls.retune(loaded.settings, 3, true);
    simulation.run(1);
    simulation.controls.retune(loaded.settings, 4);
    simulation.run(1);
    journal.close({});
    const { columns, rows } = readCsv(readFileSync(join(base, 'trial', 'data.csv'), 'utf8'));
    const [revision, trial] = [columns.indexOf('revision'), columns.indexOf('on_trial')];
    const seen = [...new Set(rows.map((cells) => `${cells[revision]} ${cells[trial]}`))];
    expect(seen).toEqual(['0 0', '3 1', '4 0']);
  });

  it('counts on when the controller of a simulated bench is restarted', () => {
    const simulation = assembleSimulation({
      settings: loaded.settings,
      recipe,
      injections: [{ name: 'controller-dead', atS: 2 }],
    });
    simulation.arm();
    simulation.run(30);
    expect(simulation.feed.latest.kernel.latch?.trip).toBe(1);
    expect(simulation.feed.latest.run).toBe(1);
    simulation.controls.ask({ kind: 'acknowledge', trip: 1 });
    expect(simulation.arm()).toBe(true);
    expect(simulation.feed.latest.run).toBe(2);
  });
});

describe('what a person tells of an experiment', () => {
  it.each(['', 'a\nb', 'a\u001b[31m', 'x'.repeat(201), 'a\u202eb'])('is refused as %j', (text) => {
    expect(() => loadConfig({ set: [`run.note=${text}`] })).toThrow(/CONFIG_VALUE/);
  });
});
