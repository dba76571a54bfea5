import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assembleSimulation } from '../../src/main.ts';
import { TELEMETRY_NAMES } from '../../src/params/telemetry.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { eventLine, RunFolder, VirtualRunFolder } from '../../src/runtime/run-folder.ts';
import { PULSE, recipeOf } from '../support/bench.ts';

const loaded = loadConfig({ set: ['sim.seed=5'] });
const recipe = recipeOf(PULSE(600));
const facts = { loaded, settings: loaded.settings, recipe, simulated: true, wallTime: null };

const lines = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');
const body = (path: string): string[] => lines(path).filter((line) => !line.startsWith('#'));

function record(seconds: number, injections: Parameters<typeof assembleSimulation>[0]['injections'] = []): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'remixd-run-')), 'run');
  const journal = new VirtualRunFolder(folder, facts);
  const simulation = assembleSimulation({ settings: loaded.settings, recipe, journal, injections });
  simulation.arm();
  simulation.run(seconds);
  journal.close({ state: simulation.loop.kernel.name });
  return folder;
}

describe('the run folder', () => {
  const folder = record(30);

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
    for (let i = 1; i < times.length; i++) expect((times[i] ?? 0) - (times[i - 1] ?? 0)).toBeCloseTo(0.1, 6);
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
    expect(line).toBe('1.000000,,gate,"a,b","say ""x""\nnow",,\n');
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
  });
});
