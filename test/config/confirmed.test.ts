import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { confirmedLayer } from '../../src/config/confirmed.ts';
import { explain } from '../../src/config/explain.ts';
import { merge } from '../../src/config/layers.ts';
import { hashOf, type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { KeptWriter } from '../../src/files/kept.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'remixd-confirmed-'));
afterAll(() => rmSync(stateDir, { recursive: true }));

describe('confirmed settings', () => {
  it('stand over file and calibration, and show in what a run uses and in its hash', async () => {
    const confirmed = { 'pulse.onMs': 400, 'run.recipe': 'hour' };
    await new KeptWriter(stateDir, () => ({
      rev: 2,
      confirmed,
      answers: [],
      trial: null,
      described: false,
      cycles: 0,
    })).write();
    const set = [`runtime.stateDir=${stateDir}`];
    const loaded = loadConfig({ set, env: {}, state: true });
    expect(loaded.settings).toMatchObject(confirmed);
    expect(loaded.origin['pulse.onMs']).toBe('confirmed');
    expect(loaded.hash).toBe(hashOf(loaded.settings));
    expect(loaded.hash).not.toBe(loadConfig({ set, env: {} }).hash);
    expect(explain('pulse.onMs', loaded)).toContain('400   (confirmed)');
    expect(explain('pulse.onMs', loaded).split('\n')).toContain(`hash ${loaded.hash}`);
    expect([loaded.confirmed, loaded.dropped.size]).toEqual([confirmed, 0]);
  });

  it('change nothing where there are none', () => {
    expect(confirmedLayer({}, {})).toEqual({ kept: {}, values: {}, dropped: new Map() });
  });

  it.each([
    ['pulse.onMs', 99_999, /99999 is not/],
    ['limits.tripC', 44, /local file only/],
    ['mqtt.device', 'other', /local file only/],
    ['run.recipe', 'gone', /no recipe gone/],
    ['no.such', 1, /no such setting/],
  ])('are left out one by one, with the reason: %s = %s', (key, value, why) => {
    const { values, dropped } = confirmedLayer({ 'pulse.onMs': 400, [key]: value }, {});
    expect(values).toEqual(key === 'pulse.onMs' ? {} : { 'pulse.onMs': 400 });
    expect([...dropped]).toEqual([[key, expect.stringMatching(why)]]);
  });

  it('stay confirmed while one start overrides them on its command line', () => {
    const others = { '--set': { 'pulse.periodMs': 5000 } };
    const { values, dropped } = confirmedLayer({ 'pulse.periodMs': 6000 }, others);
    expect([values, dropped.size]).toEqual([{ 'pulse.periodMs': 6000 }, 0]);
    expect(merge({ ...others, confirmed: values }).settings['pulse.periodMs']).toBe(5000);
  });

  it('are left out together when they do not go with a configuration that was changed, and each is named', () => {
    const others = { file: { 'pulse.periodMs': 2000, 'pulse.onMs': 100 } };
    const { values, dropped } = confirmedLayer({ 'pulse.onMs': 1500, 'run.recipe': 'hour' }, others);
    expect(values).toEqual({});
    expect([...dropped.keys()]).toEqual(['pulse.onMs', 'run.recipe']);
    expect(dropped.get('run.recipe')).toMatch(/pulse\.onMs would be 1500, not at most 0\.55/);
  });

  it('that one start overrides stay confirmed even where the others clash', () => {
    const others = { file: { 'pulse.periodMs': 2000, 'pulse.onMs': 100 }, environment: { 'light.level': 0.5 } };
    const { values, dropped } = confirmedLayer({ 'pulse.onMs': 1500, 'light.level': 0.7 }, others);
    expect(values).toEqual({ 'light.level': 0.7 });
    expect([...dropped.keys()]).toEqual(['pulse.onMs']);
  });

  it('survive a start that leaves them out, and are in force again at the next', async () => {
    const confirmed = { 'pulse.onMs': 2500, 'pulse.periodMs': 5000 };
    const write = (values: LoadedConfig['confirmed']): Promise<void> =>
      new KeptWriter(stateDir, () => ({
        rev: 3,
        confirmed: values,
        answers: [],
        trial: null,
        described: false,
        cycles: 0,
      })).write();
    await write(confirmed);
    const set = [`runtime.stateDir=${stateDir}`];
    const clashing = loadConfig({ set: [...set, 'pulse.periodMs=3000'], env: {}, state: true });
    expect(clashing.settings['pulse.onMs']).not.toBe(2500);
    expect([...clashing.dropped.keys()]).toEqual(['pulse.onMs']);
    expect(clashing.confirmed).toEqual(confirmed);
    await write(clashing.confirmed);
    const next = loadConfig({ set, env: {}, state: true });
    expect(next.settings).toMatchObject(confirmed);
    expect(next.dropped.size).toBe(0);
  });
});
