/** The commands about recorded runs, as a person types them. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { PULSE, recipeOf } from '../support/bench.ts';
import { simulated } from '../support/recorded.ts';

const runs = mkdtempSync(join(tmpdir(), 'remixd-runs-'));
const NAME = '2026-11-20T08-00-00-test';
const LOST = '2026-11-20T09-00-00-test';
const remixd = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('node', [join(PACKAGE_ROOT, 'bin', 'remixd.js'), ...args], {
    encoding: 'utf8',
    cwd: runs,
    // Of more than this the rest would be lost, without an error.
    maxBuffer: 64e6,
  });
  return { status, stdout, stderr };
};

beforeAll(() => {
  simulated(join(runs, NAME), recipeOf(PULSE(40)), ['run.sample=Film 12'], 2);
  simulated(join(runs, LOST), recipeOf({ light: 1, mode: 'off', forS: 120 }));
  mkdirSync(join(runs, '2026-11-20T10-00-00-empty'));
});

describe('remixd runs', () => {
  it('lists the newest first, each run of a record by its own name, and what cannot be read', () => {
    const { status, stdout } = remixd('runs', '--runs-dir', runs);
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split('  ')[0]?.trim())).toEqual([
      'run',
      '2026-11-20T10-00-00-empty',
      LOST,
      `${NAME}:1`,
      `${NAME}:2`,
    ]);
    expect(lines[1]).toContain('RUN_NOT_FOUND');
    expect(lines[2]).toMatch(/SIMULATED.*SEGREGATED.*SEGREGATING/);
    expect(lines[3]).toMatch(/Film 12 · SIMULATED.*MIXED.*not reached/);
  });

  it('gives the same as data, with the reason of each figure that is not known', () => {
    const { stdout } = remixd('runs', '--runs-dir', runs, '--limit', '2', '--json');
    const listed = JSON.parse(stdout);
    expect(listed).toHaveLength(2);
    expect(listed[1]).toMatchObject({ name: LOST, facts: { simulated: true }, figures: { lastVerdict: 'SEGREGATED' } });
    expect(listed[1].figures.values.swingK).toEqual({ value: null, why: 'no cycle with a swing was recorded' });
    expect(listed[1].facts.settings).toBeUndefined();
  });

  it('keeps what is said of a run beside its record, and shows it in the list', () => {
    const before = readFileSync(join(runs, NAME, 'run.json'), 'utf8');
    const said = remixd('runs', 'note', NAME, '--runs-dir', runs, '--sample', 'Film 13', '--isos', 'wavelengthNm=405');
    expect(said.status).toBe(0);
    expect(said.stdout).toMatch(/wavelengthNm\s+405 nm/);
    expect(readFileSync(join(runs, NAME, 'run.json'), 'utf8')).toBe(before);
    expect(remixd('runs', '--runs-dir', runs).stdout).toContain('Film 13');
    remixd('runs', 'note', NAME, '--runs-dir', runs, '--sample', '');
    expect(remixd('runs', '--runs-dir', runs).stdout).toContain('Film 12');
  });

  it('refuses what it cannot keep, with every problem, and a run that is not there', () => {
    const bad = remixd('runs', 'note', NAME, '--runs-dir', runs, '--isos', 'wavelengthNm=x', '--isos', 'foo=1');
    expect(bad.status).toBe(64);
    expect(bad.stderr).toContain('2 problems on the command line');
    expect(remixd('runs', 'note', NAME, '--runs-dir', runs, '--isos', 'x').stderr).toContain('KEY=VALUE');
    expect(bad.stderr).toContain('write --isos wavelengthNm= to remove the field');
    const long = remixd('runs', 'note', NAME, '--runs-dir', runs, '--sample', 'x'.repeat(201));
    expect(long.stderr).toContain('write --sample "" to remove the field');
    const other = remixd('runs', 'note', `${NAME}:99`, '--runs-dir', runs, '--sample', 'x');
    expect(other.status).toBe(73);
    expect(other.stderr).toContain('the record has the runs 1, 2');
    expect(remixd('runs', 'note', `${NAME}:2`, '--runs-dir', runs).status).toBe(0);
    const gone = remixd('runs', 'note', 'gone', '--runs-dir', runs);
    expect(gone.status).toBe(73);
    expect(gone.stderr).toContain('RUN_NOT_FOUND');
    expect(remixd('runs', '--runs-dir', join(runs, 'gone')).status).toBe(73);
  });
});

describe('a record that is not whole', () => {
  const PART = '2026-11-20T11-00-00-test';
  const MISSING = 'The folder 2026-11-19T08-00-00-test of the same record is missing.';
  const DAMAGED = '2 rows or events are damaged and left out.';
  const folder = mkdtempSync(join(tmpdir(), 'remixd-part-'));
  beforeAll(() => {
    const made = simulated(join(folder, PART), recipeOf(PULSE(20)), [], 2);
    const facts = JSON.parse(readFileSync(join(made, 'run.json'), 'utf8'));
    writeFileSync(join(made, 'run.json'), JSON.stringify({ ...facts, continues: '2026-11-19T08-00-00-test' }));
    appendFileSync(join(made, 'data.csv'), '1,2\n3,4\n');
  });

  it('is called so in the list, once for all of its runs, in a report and beside an export', () => {
    const lines = remixd('runs', '--runs-dir', folder).stdout.split('\n');
    for (const what of [MISSING, DAMAGED]) expect(lines.filter((line) => line === `${PART}: ${what}`)).toHaveLength(1);
    const listed = JSON.parse(remixd('runs', '--runs-dir', folder, '--json').stdout);
    expect(listed[0]).toMatchObject({ missing: [MISSING], figures: { damaged: 2 } });
    const report = remixd('report', `${PART}:1`, '--runs-dir', folder, '--out', join(folder, 'report'));
    expect(report.stdout).toContain(MISSING);
    expect(report.stdout).toContain(DAMAGED);
    const { stderr } = remixd('export', join(folder, PART), '--format', 'csv', '--out', join(folder, 'x.csv'));
    expect(stderr).toContain('2 rows are damaged and left out.');
    expect(stderr).toContain(MISSING);
    const told = JSON.parse(remixd('export', join(folder, PART), '--format', 'json').stdout);
    expect(told.missing).toEqual([MISSING, DAMAGED]);
  });

  it('has no T80 that was not reached where it was never looked for', () => {
    const name = '2026-11-20T12-00-00-dark';
    simulated(join(folder, name), recipeOf({ light: 0, mode: 'off', forS: 10 }));
    const line = remixd('runs', '--runs-dir', folder, '--limit', '1').stdout.split('\n')[1];
    expect(line).toContain(name);
    expect(line).not.toContain('not reached');
  });
});

describe('remixd report', () => {
  const out = join(runs, 'report');

  it('writes a page, drawings and numbers of one run and of several', () => {
    const { status, stdout } = remixd('report', `${NAME}:1`, LOST, '--runs-dir', runs, '--out', out, '--json');
    expect(status).toBe(0);
    const { files, runs: told } = JSON.parse(stdout);
    expect(files).toHaveLength(11);
    for (const file of files) expect(readFileSync(file, 'utf8').length).toBeGreaterThan(20);
    expect(told.map(({ label }: { label: string }) => label.slice(0, 2))).toEqual(['A:', 'B:']);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('2 runs compared');
  });

  it('never writes over a report, and leaves it as it was', () => {
    const before = readFileSync(join(out, 'report.html'), 'utf8');
    const again = remixd('report', LOST, '--runs-dir', runs, '--out', out);
    expect(again.status).toBe(73);
    expect(again.stderr).toContain('FILE_TAKEN');
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toBe(before);
  });

  it.each([2, 60])('that cannot be written leaves nothing behind, after %i blocks', (blocks) => {
    const fresh = join(runs, `cut-${blocks}`);
    const bin = join(PACKAGE_ROOT, 'bin', 'remixd.js');
    const command = `ulimit -f ${blocks}; exec node '${bin}' report '${join(runs, LOST)}' --out '${fresh}'`;
    const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect(stderr).toContain('FILE_EFBIG');
    expect(status).toBe(73);
    expect(readdirSync(fresh)).toEqual([]);
    expect(remixd('report', LOST, '--runs-dir', runs, '--out', fresh).status).toBe(0);
  });

  it('refuses a run that is not there, one that is not named clearly, and more than fit, before it makes anything', () => {
    const fresh = join(runs, 'none');
    const refusal = (...names: string[]) => remixd('report', ...names, '--runs-dir', runs, '--out', fresh).stderr;
    expect(refusal('gone')).toContain('RUN_NOT_FOUND');
    expect(refusal(NAME)).toContain('RUN_AMBIGUOUS');
    expect(refusal(...Array.from({ length: 7 }, () => LOST))).toContain('at most 6 runs');
    expect(existsSync(fresh)).toBe(false);
  });
});

describe('remixd export of a run', () => {
  it('takes a run by its name in the folder of runs, and writes texts to the standard output', () => {
    const set = ['--set', `runtime.runsDir=${runs}`];
    const { status, stdout, stderr } = remixd('export', `${NAME}:2`, '--format', 'csv', ...set);
    expect(status).toBe(0);
    expect(stdout.startsWith('mono_s,time_s,')).toBe(true);
    expect(stderr).toContain(`${stdout.trimEnd().split('\n').length - 1} rows`);
    expect(JSON.parse(remixd('export', LOST, '--format', 'json', ...set).stdout).SIMULATED).toBe(true);
    // As lines of JSON it is what --folder gives.
    const lines = remixd('export', LOST, ...set).stdout;
    expect(lines).toBe(remixd('export', '--folder', join(runs, LOST)).stdout);
    expect(lines).toContain('"verdict":"SEGREGATED"');
    expect(lines.length).toBeGreaterThan(1024 * 1024);
    expect(lines.endsWith('}\n')).toBe(true);
  });

  it.each(['csv', 'parquet', 'hdf5'])(
    'as %s that is cut short fails, says why in one message, and leaves no file',
    (format) => {
      const out = join(runs, `cut.${format}`);
      const remixdBin = join(PACKAGE_ROOT, 'bin', 'remixd.js');
      // Files may not grow beyond 10 kB here, as on a disk without room.
      const command = `ulimit -f 20; exec node '${remixdBin}' export '${join(runs, LOST)}' --format ${format} --out '${out}'`;
      const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
      expect(stderr).toContain('FILE_EFBIG');
      expect(stderr).not.toContain('HDF5');
      expect(stderr).toMatch(/cause.*\n.*remedy/);
      expect(status).toBe(73);
      expect(existsSync(out)).toBe(false);
    },
  );

  it('refuses what does not go together', () => {
    const refusal = (...args: string[]) => {
      const { status, stderr } = remixd('export', ...args);
      expect(status).toBe(64);
      return stderr;
    };
    expect(refusal('--format', 'hdf5')).toContain('hdf5 without a run');
    expect(refusal(join(runs, LOST), '--folder', runs)).toContain('together with the run');
    expect(refusal(join(runs, LOST), '--format', 'parquet')).toContain('Add --out FILE.');
    expect(remixd('export', 'gone', '--format', 'csv').stderr).toContain('RUN_NOT_FOUND');
  });
});

describe('remixd replay', () => {
  it('says how far the verdicts agree, and ends with 1 where they differ', () => {
    const same = remixd('replay', LOST, '--runs-dir', runs);
    expect(same.status).toBe(0);
    expect(same.stdout).toContain('The verdicts agree for 100.000 %');
    const other = remixd('replay', LOST, '--runs-dir', runs, '--set', 'pl.segregatedRatio=3', '--json');
    expect(other.status).toBe(1);
    expect(JSON.parse(other.stdout).differences.length).toBeGreaterThan(0);
  });

  it('refuses a setting that is none', () => {
    const { status, stderr } = remixd('replay', LOST, '--runs-dir', runs, '--set', 'pl.foo=1');
    expect(status).toBe(64);
    expect(stderr).toContain('pl.foo=1');
  });
});
