import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const BIN = join(PACKAGE_ROOT, 'bin', 'remixd.js');
const folder = mkdtempSync(join(tmpdir(), 'remixd-recipe-check-'));
const check = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'recipe', 'check', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};
const written = (name: string, steps: readonly unknown[]): string => {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ title: name, steps }, null, 1));
  return path;
};
const PULSE = { light: 1, mode: 'pulse', onS: 0.5, periodS: 5, forS: 30 };
const CONSTANT = { light: 0, mode: 'constant', forS: 60 };

describe('remixd recipe check', () => {
  it('plays a good recipe and says step by step what is to be expected', () => {
    const { status, stdout, stderr } = check('warm-then-hold');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^SIMULATED bench · warm-then-hold/);
    expect(stdout).toMatch(/^ {3}1 {2}00:00:00 {2}.*reached.*bangbang to 28 °C$/m);
    expect(stdout).toMatch(/^ {3}2 .* 60 +0\.0 % {2}played.*pulse 0\.5 s every 5 s/m);
    expect(stdout).toMatch(/ 6[12] pulses \(thermal cycles\)/);
    expect(stdout).toContain('The recipe comes to its end.');
  });

  it('prints JSON and draws a picture', () => {
    const picture = join(folder, 'good.svg');
    const { status, stdout } = check(
      written('good', [PULSE, { ...PULSE, note: '<b> & "c"' }]),
      '--json',
      '--out',
      picture,
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      simulated: true,
      armed: true,
      trips: [],
      cycles: 12,
      steps: [{ number: 1, pulses: 6, outcome: 'played' }, { number: 2 }],
    });
    const svg = readFileSync(picture, 'utf8');
    expect(svg).toMatch(/^<svg xmlns=[\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    for (const word of ['°C', 'duty', 'light', 'time since the start of the recipe (s)']) expect(svg).toContain(word);
    // A picture replaces a picture and nothing else.
    expect(check(written('again', [PULSE]), '--out', picture).status).toBe(0);
    const text = join(folder, 'text.txt');
    writeFileSync(text, 'mine');
    expect(check(written('again', [PULSE]), '--out', text).status).toBe(73);
    expect(readFileSync(text, 'utf8')).toBe('mine');
  });

  it('follows --set and --bench', () => {
    const bench = join(folder, 'warm-bench.json');
    writeFileSync(bench, '{"format": "remixd-bench-1", "room": {"celsius": 29}}');
    const off = written('off', [{ light: 0, mode: 'off', forS: 5 }]);
    const meanC = (...args: string[]): number =>
      (JSON.parse(check(off, '--json', ...args).stdout) as { steps: { filmC: { mean: number } }[] }).steps[0]?.filmC
        .mean ?? 0;
    expect(meanC('--bench', bench)).toBeCloseTo(29, 0);
    expect(meanC('--set', 'sim.ambientC=26')).toBeCloseTo(26, 0);
  });

  it('refuses a mistake in the file with line, column and remedy, without playing anything', () => {
    const path = written('bad', [PULSE, { ...PULSE, rampKPerMin: 3 }]);
    const { status, stdout, stderr } = check(path);
    expect([status, stdout]).toEqual([78, '']);
    expect(stderr).toMatch(
      /bad: steps\.1\.rampKPerMin {3}\[RECIPE_VALUE\]\n {6}at {7}.*bad\.json, line \d+, column \d+/,
    );
    const told = check(path, '--json');
    expect(told.status).toBe(78);
    expect(JSON.parse(told.stdout)).toMatchObject({ ok: false, problems: [{ at: { file: path } }] });
    expect(check('no-such-recipe').status).toBe(78);
    expect(check().status).toBe(64);
  });

  it('refuses what the limits of the bench do not allow, and names them', () => {
    const long = written('long', [{ light: 0, mode: 'off', forS: 14_401 }]);
    expect(check(long)).toMatchObject({ status: 78, stderr: expect.stringContaining('recipe.longestS') });
    expect(check(written('dc', [{ ...CONSTANT, forS: 901 }]))).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('gate.constantS'),
    });
    expect(check(long, '--set', 'recipe.longestS=604801').status).toBe(78);
    expect(check(long, '--set', 'recipe.longestS=14401').status).toBe(0);
  });

  it('ends with exit code 1 when the recipe would trip, with cause and remedy', () => {
    const args = [written('hot', [CONSTANT, PULSE]), '--set', 'limits.constantTripC=28'];
    const { status, stdout } = check(...args);
    expect(status).toBe(1);
    expect(stdout).toMatch(/✖ E121 Over-temperature at 00:00:\d\d\n {6}cause .*\n {6}remedy /);
    expect(stdout).toContain('cut short');
    expect(stdout).toContain('The recipe does not come to its end.');
    expect(JSON.parse(check(...args, '--json').stdout)).toMatchObject({ ok: false, trips: [{ code: 'E121' }] });
  });

  it('ends with exit code 1 when a time-out ends the run, not when the recipe goes on', () => {
    const waiting = (onTimeout: string) => ({
      ...PULSE,
      forS: undefined,
      until: { filmAboveC: 44, atMostS: 10, onTimeout },
    });
    expect(check(written('late', [waiting('end'), PULSE]))).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('timed out'),
    });
    expect(check(written('last', [PULSE, waiting('end')])).status).toBe(1);
    expect(check(written('on', [waiting('go-on'), PULSE])).status).toBe(0);
  });
});
