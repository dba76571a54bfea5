import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configArguments, load } from '../../src/cli/options.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const BIN = join(PACKAGE_ROOT, 'bin', 'remixd.js');
const run = (...args: string[]) => execFileSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
const refused = (...args: string[]) => spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });

describe('remixd bench', () => {
  const folder = mkdtempSync(join(tmpdir(), 'remixd-bench-'));

  it('draws a bench that simulate plays, and does not replace a file', () => {
    const path = join(folder, 'one.json');
    expect(run('bench', 'make', '--seed', '7', '--room', '25..26', '--out', path)).toContain(path);
    const bench = JSON.parse(readFileSync(path, 'utf8')) as { room: { celsius: number } };
    const played = JSON.parse(run('simulate', '--bench', path, '--pattern', 'none', '--seconds', '5', '--json')) as {
      seed: number;
      temperatureC: { mean: number };
    };
    expect(played.seed).toBe(7);
    expect(played.temperatureC.mean).toBeCloseTo(bench.room.celsius, 1);
    expect(run('bench', 'check', path)).toContain('valid');
    const again = refused('bench', 'make', '--seed', '7', '--out', path);
    expect([again.status, again.stderr.includes('BENCH_OUT')]).toEqual([78, true]);
  });

  it('gives way to an explicit --set, for the command and for its child processes alike', () => {
    const path = join(folder, 'warm.json');
    writeFileSync(path, '{"format": "remixd-bench-1", "room": {"celsius": 30}}');
    const options = { bench: path, set: ['sim.bench=none'] };
    expect(load(options).settings['sim.ambientC']).toBe(23.8);
    expect(configArguments(options)).toEqual(['--set', `sim.bench=${path}`, '--set', 'sim.bench=none']);
    expect(load({ ...options, set: [] }).settings['sim.ambientC']).toBe(30);
  });

  it('prints the bench without --out, the same for the same options', () => {
    expect(run('bench', 'make', '--seed', '9')).toBe(
      run('bench', 'make', '--seed', '9', '--spread', '0.2', '--room', '20..27'),
    );
  });

  it.each([
    [['bench', 'make', '--seed', '-1']],
    [['bench', 'make', '--seed', '1', '--spread', '0.7']],
    [['bench', 'make', '--seed', '1', '--room', '27..20']],
    [['bench', 'make']],
  ])('refuses %j', (args) => {
    expect(refused(...args)).toMatchObject({ status: 64, stdout: '' });
  });

  it('is refused with every problem, and where the papers are checked', () => {
    const path = join(folder, 'bad.json');
    writeFileSync(path, '{"format": "remixd-bench-1", "film": {"grow": 1}, "room": {"celsius": 99}}');
    const { status, stderr } = refused('simulate', '--bench', path);
    expect(status).toBe(78);
    expect(stderr).toContain('film.grow');
    expect(stderr).toContain('room.celsius');
    expect(stderr).toContain(`${path}, line 1, column 39`);
    expect(refused('reproduce', '--set', `sim.bench=${join(folder, 'one.json')}`).stderr).toContain('BENCH_MISPLACED');
  });
});
