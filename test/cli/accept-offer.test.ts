/** From a run to a calibration in force, through the built program. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/files/lock.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const BIN = join(PACKAGE_ROOT, 'bin', 'remixd.js');
let folder: string;
/** The state folder after a run that has learnt something. */
let learnt: string;
let state: string;

function remixd(...args: string[]): { code: number | null; out: string; err: string } {
  const set = [`runtime.stateDir=${state}`, `runtime.runsDir=${join(folder, 'runs')}`, 'sim.broker=false'];
  const all = [BIN, ...args, ...set.flatMap((one) => ['--set', one])];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  return { code: status, out: stdout, err: stderr };
}
interface File {
  readonly id: string;
  readonly basedOn?: string;
  readonly settings: Record<string, number>;
  readonly errors: Record<string, number>;
}
const file = (name: string): File => JSON.parse(readFileSync(join(state, name), 'utf8')) as File;
const accept = (...args: string[]): ReturnType<typeof remixd> => remixd('commission', '--accept-offer', ...args);
const OFFER = 'calibration-offer.json';
const doctor = (): string => remixd('doctor', '--json').out;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-accept-'));
  learnt = join(folder, 'learnt');
  state = learnt;
  expect(remixd('commission', '--yes', '--speed', '1000')).toMatchObject({ code: 0 });
  expect(remixd('run', '--speed', '1000', '--seconds', '1500')).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  state = mkdtempSync(join(folder, 'state-'));
  cpSync(learnt, state, { recursive: true });
});

describe('what a run has learnt', () => {
  it('is offered beside the calibration, said once in the record, and by doctor, and not in force', () => {
    const [before, offer] = [file('calibration.json'), file(OFFER)];
    expect(offer.basedOn).toBe(before.id);
    // The delivered bench has 542 s.
    const [tau, error] = [offer.settings['heater.slowTauS']!, offer.errors['heater.slowTauS']!];
    expect(Math.abs(tau - 542)).toBeLessThan(2 * error);
    expect(error).toBeLessThan(before.errors['heater.slowTauS']! / 2);
    const { settings } = JSON.parse(remixd('config', 'show', '--json').out) as File;
    expect(settings['heater.slowTauS']).toBe(before.settings['heater.slowTauS']);
    const run = readdirSync(join(folder, 'runs')).find((name) => !name.endsWith('-commission'))!;
    const events = readFileSync(join(folder, 'runs', run, 'events.csv'), 'utf8');
    const said = events.split('\n').filter((line) => line.includes(',slow-pole,'));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/time constant \d+ ± \d+ s instead of \d+ ± \d+ s.*--accept-offer/);
    expect(doctor()).toMatch(/slow time constant \d+ ± \d+ s instead of \d+ ± \d+ s/);
  });

  it('comes into force by a person, and the one before is kept', () => {
    const [before, offer] = [file('calibration.json'), file(OFFER)];
    const { code, out } = accept('--yes');
    expect(code).toBe(0);
    expect(out).toContain(`${before.settings['heater.slowTauS']} ± ${before.errors['heater.slowTauS']}  ->`);
    expect(out).toContain(`${before.id}.json`);
    expect(file('calibration.json')).toEqual(offer);
    expect(file(`${before.id}.json`)).toEqual(before);
    expect(existsSync(join(state, OFFER))).toBe(false);
    expect(remixd('config', 'explain', 'heater.slowTauS').out).toContain(`calibration ${offer.id}`);
    expect(accept('--yes')).toMatchObject({ code: 78, err: expect.stringContaining('OFFER_MISSING') });
    expect(doctor()).not.toContain('calibration-offer');
  });

  it('comes as JSON for programs', () => {
    const [before, offer] = [file('calibration.json'), file(OFFER)];
    const { code, out } = accept('--yes', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ...offer,
      before: { 'heater.slowTauS': { value: before.settings['heater.slowTauS'] } },
    });
  });

  it.each([
    ['without a confirmation', [], 'no terminal'],
    ['together with a measurement', ['--yes', '--thorough'], 'an option of a measurement'],
  ])('is not accepted %s', (_, args, words) => {
    const before = file('calibration.json');
    expect(accept(...args)).toMatchObject({ code: 64, err: expect.stringContaining(words) });
    expect(file('calibration.json')).toEqual(before);
    expect(existsSync(join(state, OFFER))).toBe(true);
  });

  it('is not accepted while a controller uses the folder', () => {
    const unlock = lockFolder(state);
    try {
      expect(accept('--yes')).toMatchObject({ code: 78, err: expect.stringContaining('ALREADY_RUNNING') });
      expect(existsSync(join(state, OFFER))).toBe(true);
    } finally {
      unlock();
    }
  });

  it('is refused in words when it is stale or broken, and doctor says so', () => {
    const before = file('calibration.json');
    const text = readFileSync(join(state, OFFER), 'utf8');
    writeFileSync(join(state, OFFER), text.replace(before.id, 'cal-000000000000'));
    expect(accept('--yes')).toMatchObject({ code: 78, err: expect.stringContaining('OFFER_DAMAGED') });
    expect(doctor()).toContain('OFFER_DAMAGED');
    writeFileSync(join(state, OFFER), text);
    expect(remixd('commission', '--yes', '--speed', '1000')).toMatchObject({ code: 0 });
    const { code, err } = accept('--yes');
    expect(code).toBe(78);
    expect(err).toMatch(/OFFER_STALE[\s\S]*an offer for the calibration cal-[\s\S]*remedy +Delete the file/);
    expect(doctor()).toContain('OFFER_STALE');
    expect(file('calibration.json').basedOn).toBeUndefined();
  }, 60_000);
});
