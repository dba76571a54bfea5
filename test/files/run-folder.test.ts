import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { eventLine, RunFolder, VirtualRunFolder } from '../../src/files/run-folder.ts';
import type { Row } from '../../src/params/telemetry.ts';
import { TELEMETRY_NAMES } from '../../src/params/telemetry.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { PULSE, recipeOf } from '../support/bench.ts';

const loaded = loadConfig({ set: ['sim.seed=5'] });
const recipe = recipeOf(PULSE(600));
const facts = { loaded, settings: loaded.settings, recipe, simulated: true, wallTime: null };

const lines = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');
const body = (path: string): string[] => lines(path).filter((line) => !line.startsWith('#'));

function record(seconds: number, injections: Parameters<typeof assembleSimulation>[0]['injections'] = []): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'remixd-run-')), 'run');
  const journal = new VirtualRunFolder(folder, facts);
  const simulation = assembleSimulation({ settings: loaded.settings, recipe, journals: [journal], injections });
  simulation.arm();
  simulation.run(seconds);
  journal.close({ state: simulation.feed.latest.kernel.name });
  return folder;
}

describe('the run folder', () => {
  const folder = record(30);

  it('has every setting but the secret ones, in both kinds of record', async () => {
    const urls = [
      'messages.ntfyUrl=https://ntfy.example/topic-4f7c1d',
      'messages.webhookUrl=https://hook.example/?key=4f7c1d',
      'messages.webhookKeyFile=/etc/remixd/key',
    ];
    const secret = loadConfig({ set: urls });
    const told = { ...facts, loaded: secret, settings: secret.settings };
    const base = mkdtempSync(join(tmpdir(), 'remixd-secret-'));
    new VirtualRunFolder(join(base, 'virtual'), told).close({});
    const real = new RunFolder(join(base, '2026-11-20T08-00-00-real'), told);
    await real.open();
    await real.close({});
    for (const name of ['virtual', '2026-11-20T08-00-00-real']) {
      for (const file of ['run.json', 'data.csv', 'events.csv'])
        expect(readFileSync(join(base, name, file), 'utf8')).not.toContain('4f7c1d');
      const { settings } = JSON.parse(readFileSync(join(base, name, 'run.json'), 'utf8'));
      const left = Object.keys(secret.settings).filter((key) => !(key in settings));
      expect(left.sort()).toEqual(
        ['messages.mailFrom', 'messages.mailTo', 'messages.ntfyUrl', 'messages.webhookUrl'].sort(),
      );
    }
  });

  it('says SIMULATED in every file', () => {
    expect(lines(join(folder, 'data.csv'))[0]).toBe('#bench: SIMULATED');
    expect(lines(join(folder, 'events.csv'))[0]).toBe('#bench: SIMULATED');
    const run = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
    expect(run).toMatchObject({ bench: 'SIMULATED', simulated: true, seed: 5, config: { hash: loaded.hash } });
    expect(run.versions.remixd).toMatch(/^\d+\.\d+\.\d+/);
    expect(run.end.state).toBe('armed');
  });

  it('has one row every 100 ms with every declared column', () => {
    const [header, ...rows] = body(join(folder, 'data.csv'));
    expect(header?.split(',')).toEqual(TELEMETRY_NAMES);
    expect(rows.length).toBeGreaterThanOrEqual(350);
    for (const row of rows) expect(row.split(',')).toHaveLength(TELEMETRY_NAMES.length);
    const times = rows.map((row) => Number(row.split(',')[0]));
    for (let i = 1; i < times.length; i += 1) expect((times[i] ?? 0) - (times[i - 1] ?? 0)).toBeCloseTo(0.1, 6);
  });

  it('keeps desired, permitted and achieved apart, and the achieved duty adds up to the pulses', () => {
    const [header = '', ...rows] = body(join(folder, 'data.csv'));
    const column = (name: string): number => header.split(',').indexOf(name);
    const armed = rows.map((row) => row.split(',')).filter((cells) => cells[column('state')] === 'armed');
    expect(new Set(armed.map((cells) => cells[column('desired')]))).toContain('0.1000');
    const heated = armed.reduce((sum, cells) => sum + 0.1 * Number(cells[column('achieved')]), 0);
    expect(heated).toBeGreaterThan(6 * 0.5 - 0.05);
    expect(heated).toBeLessThan(6 * 0.5 + 0.15);
  });

  it('has every edge with its asked and achieved time', () => {
    const edges = body(join(folder, 'events.csv')).filter((line) => line.includes(',edge,'));
    expect(edges.length).toBeGreaterThanOrEqual(12);
    for (const edge of edges) {
      const [asked = Number.NaN, achieved = Number.NaN] = edge.split(',').slice(-2).map(Number);
      expect(achieved - asked).toBeGreaterThanOrEqual(0);
      expect(achieved - asked).toBeLessThan(200);
    }
  });

  it('leaves a cell empty and says why when there is no reading', () => {
    const broken = record(5, [{ name: 'ir-pec', atS: 1 }]);
    const [header = '', ...rows] = body(join(broken, 'data.csv'));
    const [ir, quality] = ['ir_c', 'ir_quality'].map((name) => header.split(',').indexOf(name));
    const last = rows.at(-1)?.split(',') ?? [];
    expect(last[ir ?? -1]).toBe('');
    expect(last[quality ?? -1]).toMatch(/^pec/);
    const events = readFileSync(join(broken, 'events.csv'), 'utf8');
    expect(events).toMatch(/,fault,E111 ir-unreadable,.*Remedy: /);
  });

  it('quotes what would break a CSV', () => {
    const line = eventLine({ monoS: 1, timeS: null, kind: 'gate', code: 'a,b', text: 'say "x"\nnow' });
    expect(line).toBe('1.000000,,,,gate,"a,b","say ""x""\nnow",,\n');
  });

  it('says so, and loses nothing it can keep, when the disk cannot be written', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'remixd-run-')), 'none', 'run');
    const journal = new RunFolder(path, facts);
    journal.event({ monoS: 1, timeS: null, kind: 'gate', code: 'first', text: '' });
    await journal.flush();
    expect(journal.failing).toBe(true);
    await journal.open();
    journal.event({ monoS: 2, timeS: null, kind: 'gate', code: 'second', text: '' });
    await journal.flush();
    expect(journal.failing).toBe(false);
    const text = readFileSync(join(path, 'events.csv'), 'utf8');
    expect(text.indexOf('first')).toBeGreaterThan(0);
    expect(text.indexOf('second')).toBeGreaterThan(text.indexOf('first'));
    await journal.close({});
  });
});

describe('a record that goes on in another folder', () => {
  let base: string;
  let journal: RunFolder;
  const at = (name: string): string => join(base, name);
  const row = (n: number): void =>
    journal.row({ ...Object.fromEntries(TELEMETRY_NAMES.map((name) => [name, null])), mono_s: n } as Row);
  const numbers = (name: string): number[] =>
    body(join(at(name), 'data.csv'))
      .slice(1)
      .map((line) => Number(line.split(',')[0]));
  const run = (name: string) => JSON.parse(readFileSync(join(at(name), 'run.json'), 'utf8'));

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'remixd-run-'));
    journal = new RunFolder(at('first'), { ...facts, wallTime: '2027-01-09T00:00:00.000Z' });
    await journal.open();
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** What every write of a file does before it writes. */
  async function beforeWrites(hook: () => Promise<void>): Promise<void> {
    const handle = await open(at('other'), 'w');
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const { write } = prototype;
    vi.spyOn(prototype, 'write').mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
      await hook();
      return Reflect.apply(write, this, args);
    } as FileHandle['write']);
  }

  it('has every row once, in order, while rows keep coming and the disk is slow', async () => {
    await beforeWrites(() => new Promise((resolve) => setTimeout(resolve, 20)));
    let n = 0;
    const coming = setInterval(() => {
      for (let i = 0; i < 20; i += 1) row(n++);
      journal.event({ monoS: n, timeS: null, kind: 'gate', code: `event ${n}`, text: '' });
      void journal.flush();
    }, 2);
    for (const name of ['second', 'third']) {
      await new Promise((resolve) => setTimeout(resolve, 90));
      await journal.goOn(at(name), `2027-01-1${n}T00:00:00.000Z`);
    }
    await new Promise((resolve) => setTimeout(resolve, 90));
    clearInterval(coming);
    await journal.close({ state: 'safe' });
    const folders = ['first', 'second', 'third'];
    expect(folders.flatMap(numbers)).toEqual(Array.from({ length: n }, (_, i) => i));
    const events = folders.flatMap((name) => body(join(at(name), 'events.csv')).slice(1));
    expect(events.map((line) => line.split(',')[5])).toEqual(
      Array.from({ length: n / 20 }, (_, i) => `event ${20 * (i + 1)}`),
    );
    for (const name of folders) {
      expect(numbers(name).length).toBeGreaterThan(0);
      expect(lines(join(at(name), 'data.csv'))[0]).toBe('#bench: SIMULATED');
      expect(body(join(at(name), 'data.csv'))[0]?.split(',')).toEqual(TELEMETRY_NAMES);
      expect(lines(join(at(name), 'events.csv'))[0]).toBe('#bench: SIMULATED');
    }
    expect(folders.map((name) => run(name).end)).toEqual([
      { goesOnIn: at('second') },
      { goesOnIn: at('third') },
      { state: 'safe', droppedLines: 0, complete: true },
    ]);
    expect(run('first').time.wall).toBe('2027-01-09T00:00:00.000Z');
    expect(run('third').time.wall).toMatch(/^2027-01-1/);
  });

  it('stays where it is when the folder cannot be made', async () => {
    row(0);
    writeFileSync(at('a file'), '');
    await expect(journal.goOn(join(at('a file'), 'second'), '')).rejects.toThrow(/ENOTDIR/);
    row(1);
    await journal.close({});
    expect([journal.folder, numbers('first')]).toEqual([at('first'), [0, 1]]);
    expect(run('first').end).toMatchObject({ complete: true });
  });

  it('stays where it is while it cannot be written, so that no row is in both', async () => {
    let isFull = true;
    await beforeWrites(async () => {
      if (isFull) throw new Error('ENOSPC');
    });
    row(0);
    await expect(journal.goOn(at('second'), '')).rejects.toThrow(/could not continue in/);
    isFull = false;
    row(1);
    await journal.close({});
    expect([journal.folder, numbers('first')]).toEqual([at('first'), [0, 1]]);
    expect(existsSync(join(at('second'), 'data.csv'))).toBe(false);
  });

  it('does not go on when it was closed meanwhile', async () => {
    const going = journal.goOn(at('second'), '');
    await Promise.all([expect(going).rejects.toThrow(/could not continue in/), journal.close({ state: 'safe' })]);
    expect(run('first').end).toMatchObject({ state: 'safe', complete: true });
  });
});
