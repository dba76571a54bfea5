/** A local export needs neither broker nor bench, changes nothing, and writes over nothing. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { boundOf, exportLocal, type LocalExport } from '../../src/cli/export.ts';
import { loadConfig } from '../../src/config/load.ts';
import { readCsv } from '../../src/files/csv.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { VirtualRunFolder } from '../../src/files/run-folder.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { draftOf } from '../../src/store/drafts.ts';
import { History } from '../../src/store/history.ts';
import type { NewRecord } from '../../src/store/record.ts';
import { Vault } from '../../src/store/vault.ts';
import { instant } from '../../src/units.ts';
import { batchOf, NO_CLOCK } from '../store/support.ts';
import { PULSE, recipeOf } from '../support/bench.ts';

const base = mkdtempSync(join(tmpdir(), 'remixd-export-'));
const history = join(base, 'history', 'history.db');
const folder = join(base, 'run');
const START_MS = Date.UTC(2026, 10, 1, 10);
let outs = 0;
const ask = (more: Partial<LocalExport> = {}): LocalExport => ({
  ...{ history, folder: null, from: null, to: null, run: null, format: 'jsonl', events: false },
  out: join(base, `out-${outs++}`),
  ...more,
});
async function exported(more: Partial<LocalExport> = {}): Promise<string> {
  const options = ask(more);
  expect(await exportLocal(options)).toBe(0);
  return readFileSync(options.out ?? '', 'utf8');
}
const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
let told = '';
beforeEach(() => {
  told = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});

beforeAll(() => {
  const loaded = loadConfig({ set: ['sim.seed=5', 'run.note=for "export", #1'] });
  const recipe = recipeOf(PULSE(600));
  const journal = new VirtualRunFolder(folder, {
    loaded,
    settings: loaded.settings,
    recipe,
    simulated: true,
    wallTime: null,
  });
  const records: NewRecord[] = [];
  const store = new History({ append: (record) => records.push(record), failing: false });
  let at = 0;
  const simulation = assembleSimulation({
    settings: loaded.settings,
    recipe,
    journals: [journal, store],
    wallUtc: () => new Date(START_MS + at).toISOString(),
  });
  for (let run = 1; run <= 2; run += 1) {
    simulation.arm();
    for (let i = 0; i < 200; i += 1) {
      simulation.tick();
      at = Number(simulation.now()) / 1000;
    }
    simulation.controls.ask({ kind: 'stop' });
    for (let i = 0; i < 2400; i += 1) {
      simulation.tick();
      at = Number(simulation.now()) / 1000;
    }
  }
  journal.close({});
  const vault = new Vault({
    ...{ folder: join(base, 'history'), maxBytes: 4 << 20, maxAgeS: 1e9, boot: 'b00t', token: 'x' },
    newStream: () => 'abcdef012345',
  });
  const stamp = (monoUs: number) =>
    ({ monoUs: instant(monoUs), wallMs: START_MS + monoUs / 1000, clock: 'synced' }) as const;
  vault.commit(batchOf(records.map((record) => draftOf(record, stamp(Number(record.monoUs ?? 0))))));
  vault.state(NO_CLOCK(0));
  vault.close();
});

describe('an export of the history', () => {
  it('has every record as a line of JSON, with its date, and leaves the file as it was', async () => {
    const before = readFileSync(history);
    const all = lines(await exported());
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1));
    expect(all[0]).toMatchObject({ stream: 'abcdef012345', boot: 'b00t', time_from: 'synced' });
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(['sample', 'event', 'period']));
    expect(readFileSync(history).equals(before)).toBe(true);
    expect(readdirSync(join(base, 'history')).filter((name) => /lock|new|wal/.test(name))).toEqual([]);
    expect(told).toContain(`${all.length} records in `);
  });

  it('as CSV has the samples, or the events, in the dialect of the run folders', async () => {
    const samples = readCsv(await exported({ format: 'csv' }));
    expect(samples.damaged).toBe(0);
    expect(samples.about['stream']).toBe('abcdef012345');
    expect(samples.about['units']?.split(',')).toHaveLength(samples.columns.length);
    expect(samples.columns.slice(0, 5)).toEqual(['time_utc', 'time_from', 'mono_s', 'boot', 'seq']);
    for (const name of [
      'run',

      'step',
      'mode',
      'pulse_on_s',
      'pulse_period_s',
      'setpoint_c',
      'tc_c',
      'sim_true_film_c',
    ])
      expect(samples.columns).toContain(name);
    expect(samples.rows.length).toBeGreaterThan(200);
    const events = readCsv(await exported({ format: 'csv', events: true }));
    expect(events.columns).toEqual(expect.arrayContaining(['event', 'code', 'text', 'time_s', 'run']));
    expect(events.rows.length).toBeGreaterThan(5);
  });

  it('can be of one run, of numbers and of a time', async () => {
    const second = lines(await exported({ run: 2 }));
    const first = lines(await exported({ run: 1 }));
    const [samplesOf1, samplesOf2] = [first, second].map((all) => all.filter(({ kind }) => kind === 'sample'));
    expect(new Set(samplesOf1?.map(({ body }) => body.run))).toEqual(new Set([1]));
    expect(new Set(samplesOf2?.map(({ body }) => body.run))).toEqual(new Set([2]));
    expect(lines(await exported({ from: boundOf('10'), to: boundOf('12') })).map(({ seq }) => seq)).toEqual([
      10, 11, 12,
    ]);
    const minute = lines(await exported({ from: boundOf('2026-11-01T10:01'), to: boundOf('2026-11-01T10:02:00Z') }));
    expect(minute.length).toBeGreaterThan(50);
    expect(minute.every(({ time_utc }) => /^2026-11-01T10:0(1|2:00\.000)/.test(time_utc))).toBe(true);
  });

  it('reads a damaged file that was kept, and says how much it could not read', async () => {
    const damaged = join(base, 'history.db.damaged-1');
    copyFileSync(history, damaged);
    const bytes = readFileSync(damaged);
    for (const page of [20, 30]) bytes.fill(0, page * 1024, (page + 1) * 1024);
    writeFileSync(damaged, bytes);
    const all = lines(await exported());
    const left = lines(await exported({ history: damaged }));
    expect(left.length).toBeLessThan(all.length);
    expect(left.length).toBeGreaterThan(all.length - 30);
    expect(told).toContain(`${left.length} records in `);
    expect(told).toContain(`and ${all.length - left.length} of the file that cannot be read`);
  });

  it('reads a history that a controller holds, with what only its log holds', async () => {
    const held = mkdtempSync(join(tmpdir(), 'remixd-held-'));
    const vault = new Vault({
      ...{ folder: held, maxBytes: 4 << 20, maxAgeS: 1e9, boot: 'b00t', token: 'y' },
      newStream: () => 'abcdef012345',
    });
    try {
      for (let n = 1; n <= 40; n += 1) {
        vault.commit(batchOf([draftOf({ kind: 'sample', body: { run: 1, tc_c: n } }, NO_CLOCK(n))]));
        if (n % 8 !== 0) continue;
        const all = lines(await exported({ history: join(held, 'history.db') }));
        expect(all.map(({ body }) => body.tc_c)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
      }
    } finally {
      vault.close();
    }
  });

  it('is refused where there is none', async () => {
    await expect(exportLocal(ask({ history: join(base, 'none') }))).rejects.toThrow(
      /no such file[\s\S]*runtime\.stateDir/,
    );
  });
});

describe('an export of a run folder', () => {
  it('as CSV is the file itself', async () => {
    expect(await exported({ folder, format: 'csv' })).toBe(readFileSync(join(folder, 'data.csv'), 'utf8'));
    expect(await exported({ folder, format: 'csv', events: true })).toBe(
      readFileSync(join(folder, 'events.csv'), 'utf8'),
    );
  });

  it('as JSON has rows and events in the order of time, numbers as numbers', async () => {
    const all = lines(await exported({ folder, run: 2 }));
    expect(new Set(all.map(({ record }) => record))).toEqual(new Set(['row', 'event']));
    expect(new Set(all.map(({ run }) => run))).toEqual(new Set([2]));
    const rows = all.filter(({ record }) => record === 'row');
    expect(rows.every(({ tc_c, state }) => typeof tc_c === 'number' && typeof state === 'string')).toBe(true);
    const times = all.map(({ mono_s }) => mono_s as number);
    // An edge is told a moment after it happened.
    for (let i = 1; i < times.length; i += 1) expect(times[i]! - times[i - 1]!).toBeGreaterThan(-0.2);
  });

  it('leaves out a line that a power cut has cut off, and says so', async () => {
    const cut = join(mkdtempSync(join(tmpdir(), 'remixd-cut-')), 'run');
    const journal = new VirtualRunFolder(cut, {
      ...{ loaded: loadConfig({}), settings: loadConfig({}).settings, recipe: recipeOf(PULSE(600)) },
      ...{ simulated: true, wallTime: null },
    });
    journal.close({});
    const text = readFileSync(join(folder, 'data.csv'), 'utf8');
    writeFileSync(join(cut, 'data.csv'), text.slice(0, -7));
    const { rows } = readCsv(await exported({ folder: cut, format: 'csv' }));
    expect(rows).toHaveLength(readCsv(text).rows.length - 1);
    expect(told).toContain('and 1 cut off');
  });

  it('is refused for a folder that is none', async () => {
    await expect(exportLocal(ask({ folder: base }))).rejects.toThrow(/no data\.csv in it/);
  });
});

describe('remixd export', () => {
  const remixd = (...args: string[]) =>
    spawnSync(process.execPath, [join(PACKAGE_ROOT, 'bin', 'remixd.js'), ...args], { encoding: 'utf8' });

  it('has what a run has just recorded, and the history names the record', () => {
    const place = mkdtempSync(join(tmpdir(), 'remixd-run-'));
    const own = ['--set', `runtime.stateDir=${join(place, 'state')}`, '--set', 'run.sample=Film 12'];
    const more = ['--set', `runtime.runsDir=${join(place, 'runs')}`, '--set', 'sim.broker=false'];
    expect(remixd('run', '--speed', '50', '--seconds', '40', ...own, ...more).status).toBe(0);
    const { status, stdout } = remixd('export', ...own);
    expect(status).toBe(0);
    const all = lines(stdout);
    const [run = ''] = readdirSync(join(place, 'runs'));
    const { id } = JSON.parse(readFileSync(join(place, 'runs', run, 'run.json'), 'utf8'));
    const told = all.find(({ kind, body }) => kind === 'event' && body.code === 'record');
    expect(told.body.text).toMatch(new RegExp(`^record ${id}, recipe hold-mixed .*sample: Film 12$`));
    expect(all.filter(({ kind, body }) => kind === 'sample' && body.run === 1).length).toBeGreaterThan(10);
    const { columns, rows } = readCsv(readFileSync(join(place, 'runs', run, 'data.csv'), 'utf8'));
    const wall = columns.indexOf('wall_utc');
    expect(rows.every((cells) => Math.abs(Date.parse(cells[wall] ?? '') - Date.now()) < 600_000)).toBe(true);
  }, 60_000);

  it('writes a file once', () => {
    const out = join(base, 'once.csv');
    const first = remixd('export', '--history', history, '--format', 'csv', '--out', out);
    expect(first).toMatchObject({ status: 0, stderr: expect.stringMatching(/^\d+ records in /) });
    const before = readFileSync(out, 'utf8');
    const second = remixd('export', '--folder', folder, '--out', out);
    expect(second.status).toBe(73);
    expect(second.stderr).toMatch(/FILE_TAKEN[\s\S]*cause[\s\S]*remedy/);
    expect(readFileSync(out, 'utf8')).toBe(before);
  });

  it.each([
    [['--from', 'yesterday'], '--from'],
    [['--to', '2026-13-01'], '--to'],
    [['--folder', 'a', '--history', 'b'], 'together with'],
    [['--events'], '--format csv'],
    [['--run', '0'], '--run'],
  ])('refuses %j with a remedy', (args, word) => {
    const out = join(base, 'never');
    const { status, stderr } = remixd('export', ...args, '--out', out);
    expect(status).toBe(64);
    expect(stderr).toContain(word);
    expect(stderr).toMatch(/allowed[\s\S]*remedy/);
    expect(existsSync(out)).toBe(false);
  });

  it('is not stopped by a record in the folder of another command, which refuses to write over it', () => {
    const twice = join(base, 'twice');
    expect(remixd('simulate', '--seconds', '20', '--out', twice).status).toBe(0);
    const before = readFileSync(join(twice, 'data.csv'), 'utf8');
    const again = remixd('simulate', '--seconds', '2', '--out', twice);
    expect(again.status).toBe(73);
    expect(again.stderr).toMatch(/run\.json {3}\[FILE_TAKEN\]/);
    expect(readFileSync(join(twice, 'data.csv'), 'utf8')).toBe(before);
    // A command that fails for another reason leaves nothing in the way.
    const wrong = join(base, 'wrong');
    expect(remixd('simulate', '--sample', 'nothing', '--out', wrong).status).toBe(78);
    expect(existsSync(wrong)).toBe(false);
    writeFileSync(join(base, 'report.html'), 'mine');
    expect(remixd('reproduce', '--out', base)).toMatchObject({ status: 73 });
    expect(readFileSync(join(base, 'report.html'), 'utf8')).toBe('mine');
    expect(remixd('wire', '--svg', join(twice, 'data.csv'))).toMatchObject({ status: 73 });
    expect(readFileSync(join(twice, 'data.csv'), 'utf8')).toBe(before);
  });
});
