/** What the configuration commands say is what a run uses. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { toldSettings } from '../../src/params/settings.ts';

const BIN = join(PACKAGE_ROOT, 'bin', 'remixd.js');
let folder: string;

/** Runs the built program on the state and run folders of this test. */
function remixd(...args: string[]): { code: number | null; out: string; err: string } {
  const set = [
    `runtime.stateDir=${join(folder, 'state')}`,
    `runtime.runsDir=${join(folder, 'runs')}`,
    'sim.broker=false',
  ];
  // The test’s own settings come last, so that they count.
  const [own, more] = args.includes('--set')
    ? [args.indexOf('--set'), args.slice(args.indexOf('--set'))]
    : [args.length, []];
  const all = [BIN, ...args.slice(0, own), ...set.flatMap((one) => ['--set', one]), ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  return { code: status, out: stdout, err: stderr };
}
const shown = (): { hash: string; settings: Record<string, unknown> } =>
  JSON.parse(remixd('config', 'show', '--json').out) as ReturnType<typeof shown>;
function recorded(): { config: { hash: string }; settings: Record<string, unknown>; calibration: string | null } {
  expect(remixd('run', '--seconds', '3', '--speed', '20')).toMatchObject({ code: 0 });
  const newest = readdirSync(join(folder, 'runs')).sort().at(-1) ?? '';
  return JSON.parse(readFileSync(join(folder, 'runs', newest, 'run.json'), 'utf8')) as ReturnType<typeof recorded>;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-truth-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a configuration', () => {
  it('says after commissioning what was measured, where it comes from, and the hash that the run records', () => {
    const before = shown();
    expect(remixd('commission', '--yes', '--speed', '200')).toMatchObject({ code: 0 });
    const calibration = JSON.parse(readFileSync(join(folder, 'state', 'calibration.json'), 'utf8')) as {
      id: string;
      settings: Record<string, number>;
    };
    const now = shown();
    const gain = calibration.settings['heater.gainKPerW'];
    expect(now.settings['heater.gainKPerW']).toBe(gain);
    expect(now.hash).not.toBe(before.hash);
    expect(remixd('config', 'explain', 'heater.gainKPerW').out).toContain(`${gain}   (calibration ${calibration.id})`);
    const run = recorded();
    expect(remixd('config', 'explain', 'heater.gainKPerW').out).toContain(`hash ${run.config.hash}`);
    expect(run).toMatchObject({
      config: { hash: now.hash },
      settings: toldSettings(now.settings),
      calibration: calibration.id,
    });
  }, 60_000);

  it('names the confirmed settings that a run would leave out', () => {
    mkdirSync(join(folder, 'state'), { recursive: true });
    const kept = { rev: 2, confirmed: { 'pulse.onMs': 450, 'pulse.gone': 1 }, answers: [], trial: null };
    writeFileSync(join(folder, 'state', 'remote.json'), JSON.stringify(kept));
    expect(remixd('config', 'check').out).toContain('Confirmed and left out: pulse.gone (no such setting).');
    rmSync(join(folder, 'state', 'remote.json'));
  });

  it('is refused where a file stands in the place of a folder', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { code, err } = remixd('config', 'check', '--set', `runtime.runsDir=${file}/x`);
    expect([code, err]).toEqual([78, expect.stringContaining(`got      ${file} is a file`)]);
  });

  it('says the same of a confirmed trial', () => {
    mkdirSync(join(folder, 'state'), { recursive: true });
    const kept = { rev: 2, confirmed: { 'pulse.onMs': 450 }, answers: [], trial: null };
    writeFileSync(join(folder, 'state', 'remote.json'), JSON.stringify(kept));
    const now = shown();
    expect(now.settings['pulse.onMs']).toBe(450);
    expect(remixd('config', 'explain', 'pulse.onMs').out).toContain('450   (confirmed)');
    const run = recorded();
    expect(run).toMatchObject({ config: { hash: now.hash }, settings: { 'pulse.onMs': 450 } });
    rmSync(join(folder, 'state', 'remote.json'));
  }, 60_000);

  it.each([
    ['an unknown recipe', 'RECIPE_MISSING', 'run.recipe=typo'],
    ['an unknown sample', 'SAMPLE_UNKNOWN', 'sim.sample=typo'],
    ['a pattern that no calendar has', 'CONFIG_VALUE', 'schedule.daily=61 * * * *'],
    ['a time zone that does not exist', 'CONFIG_VALUE', 'schedule.timezone=Mars/Base'],
    ['a planned run of an unknown recipe', 'RECIPE_UNKNOWN', 'schedule.start=0 8 * * *', 'schedule.recipe=typo'],
    ['a certificate that is not there', 'FILE_ENOENT', 'mqtt.broker=mqtts://localhost', 'mqtt.caFile=/no/such/file'],
  ])(
    'with %s is refused by check as it is by run',
    (_, code, ...settings) => {
      const set = settings.flatMap((one) => ['--set', one]);
      const check = remixd('config', 'check', ...set);
      const run = remixd('run', '--seconds', '1', ...set);
      expect([check.code, run.code]).toEqual([78, 78]);
      for (const { err } of [check, run]) expect(err).toContain(`[${code}]`);
    },
    30_000,
  );

  it('with a damaged calibration is refused by check as it is by run', () => {
    const path = join(folder, 'state', 'calibration.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"format": 1', '"format": 2'));
    for (const { code, err } of [remixd('config', 'check'), remixd('run', '--seconds', '1')]) {
      expect(code).toBe(78);
      expect(err).toContain('[CALIBRATION_DAMAGED]');
    }
  }, 30_000);
});
