import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const BIN = join(PACKAGE_ROOT, 'bin', 'remixd.js');
const ENV = { PATH: process.env['PATH'] };
let folder: string;

const words = (...args: string[]): string[] => [
  BIN,
  'autotune',
  '--yes',
  '--set',
  `runtime.stateDir=${join(folder, 'state')}`,
  '--set',
  `runtime.runsDir=${join(folder, 'runs')}`,
  ...args,
];
/** What run.json says of the only record. */
function record(): { readonly end: unknown } {
  const [one = ''] = readdirSync(join(folder, 'runs'));
  expect(one).toMatch(/-autotune$/);
  return JSON.parse(readFileSync(join(folder, 'runs', one, 'run.json'), 'utf8')) as ReturnType<typeof record>;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-autotune-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('remixd autotune', () => {
  it('prints gains, says how to use them, and applies nothing', () => {
    const { status, stdout } = spawnSync(process.execPath, words('--speed', '200'), { encoding: 'utf8', env: ENV });
    expect(status).toBe(0);
    const [line = ''] = /--set pid\.tuning=manual.*$/m.exec(stdout) ?? [];
    const gain = Number(/pid\.gainPerK=([\d.]+)/.exec(line)?.[1]);
    expect(gain).toBeGreaterThan(0.1);
    const [json = ''] = /^ +\{"pid":.*$/m.exec(stdout) ?? [];
    expect(JSON.parse(json)).toMatchObject({ pid: { tuning: 'manual', gainPerK: gain, derivativeS: 0 } });
    for (const file of ['calibration.json', 'remote.json']) expect(existsSync(join(folder, 'state', file))).toBe(false);
    expect(record().end).toMatchObject({ state: 'safe', heaterA: 0 });
  }, 60_000);

  it('ends with the heater off, exit code 1 and nothing found when it gets SIGTERM while heat flows', async () => {
    const child = spawn(process.execPath, words('--speed', '10'), { env: ENV });
    let [said, out] = ['', ''];
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
      // The relay run has begun; at this speed the proof test takes another 0.1 s.
      if (/Relay around/.test(text.toString())) setTimeout(() => child.kill('SIGTERM'), 500);
    });
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect([code, out]).toEqual([1, '']);
    expect(said).toContain('No tuning was found. The heater is off.\n  - it was stopped.');
    expect(record().end).toMatchObject({ state: 'safe', latch: null, heaterA: 0 });
  }, 60_000);

  it('refuses a setpoint outside its range before anything is driven', () => {
    const { status, stderr } = spawnSync(process.execPath, words('--setpoint', '50'), { encoding: 'utf8', env: ENV });
    expect(status).toBe(64);
    expect(stderr).toContain('a temperature within 15..40 °C');
    expect(existsSync(join(folder, 'runs'))).toBe(false);
  });
});
