/** A replay of an unchanged light path says what the record says; of a changed one it says where they differ. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replaySettings } from '../../src/cli/replay.ts';
import type { Recipe } from '../../src/params/recipe.ts';
import { namedRun } from '../../src/runs/figures.ts';
import { type Replay, replay } from '../../src/runs/replay/replay.ts';
import { PULSE, recipeOf } from '../support/bench.ts';
import { simulated } from '../support/recorded.ts';

const base = mkdtempSync(join(tmpdir(), 'remixd-replay-'));
let folders = 0;
function recorded(recipe: Recipe, set: readonly string[], runs = 1): string {
  folders += 1;
  return simulated(join(base, `${folders}`), recipe, set, runs);
}
async function replayed(name: string, set: readonly string[] = []): Promise<Replay> {
  const { record, run } = await namedRun(name);
  return replay(record, run, replaySettings(record.facts, set).settings);
}

/** Pulses, the dark, a film that segregates, pulses in little light, and long ones that mix it again. */
const ALL = recipeOf(
  PULSE(40),
  { light: 0, mode: 'off', forS: 15 },
  { light: 1, mode: 'off', forS: 40 },
  { light: 0.3, mode: 'pulse', onS: 0.5, periodS: 4, forS: 40 },
  PULSE(40, 1, 10),
);
const LOST = recipeOf({ light: 1, mode: 'off', forS: 120 });

describe('a replay of the light path as it was', () => {
  it.each([50, 100, 150])('says what the record says, with a row every %i ms', async (rowMs) => {
    const { agreement, differences, comparedS } = await replayed(recorded(ALL, [`journal.rowMs=${rowMs}`]));
    expect(differences).toEqual([]);
    expect(agreement).toBe(1);
    expect(comparedS).toBeGreaterThan(174);
  });

  it('has the same estimates, but for the digits that are recorded', async () => {
    const { largestShareDifference } = await replayed(recorded(PULSE_ONLY, ['journal.rowMs=50']));
    expect(largestShareDifference).toBeLessThan(3e-5);
  });

  it('works for a converter that reads all channels at once, with a row for every tick', async () => {
    const { agreement } = await replayed(recorded(ALL, ['hal.photodiodes=mcp3208', 'journal.rowMs=50']));
    expect(agreement).toBe(1);
  });

  it('compares one run of the record, after all that went before it', async () => {
    const folder = recorded(recipeOf(PULSE(40)), ['journal.rowMs=50'], 2);
    const { agreement, comparedS } = await replayed(`${folder}:2`);
    expect(agreement).toBe(1);
    expect(comparedS).toBeGreaterThan(39);
    expect(comparedS).toBeLessThan(41);
  });

  it('says where windows of heat are taken from their pulses', async () => {
    const pid = recipeOf({ light: 1, mode: 'pid', setpointC: 28, forS: 60 });
    const { limits, agreement } = await replayed(recorded(pid, ['journal.rowMs=50']));
    expect(limits.join(' ')).toContain('windows of a mode without t/T');
    expect(agreement).toBeGreaterThan(0.95);
  });
});

const PULSE_ONLY = recipeOf(PULSE(60));

describe('a replay of another light path', () => {
  it('shows where a changed setting changes the verdict', async () => {
    const folder = recorded(LOST, ['journal.rowMs=50']);
    const { agreement, differences } = await replayed(folder, ['pl.segregatedRatio=3']);
    expect(agreement).toBeLessThan(0.95);
    expect(differences.some(({ recorded: was, now }) => was === 'SEGREGATED' && now === 'SEGREGATING')).toBe(true);
    const other = await replayed(folder, ['pl.risingBand=red']);
    expect(other.differences.every(({ now }) => now === 'CANNOT_SEE')).toBe(true);
    expect((await replayed(folder)).agreement).toBe(1);
  });

  it('finds a verdict that the record has wrongly, at its time', async () => {
    const folder = recorded(PULSE_ONLY, ['journal.rowMs=50']);
    const path = join(folder, 'data.csv');
    const lines = readFileSync(path, 'utf8').split('\n');
    const head = lines.find((line) => line.startsWith('mono_s'))?.split(',') ?? [];
    const time = head.indexOf('time_s');
    const wrong = lines.map((line) => {
      const s = Number(line.split(',')[time] || Number.NaN);
      return s >= 30 && s < 31 ? line.replace(',MIXED,', ',SEGREGATED,') : line;
    });
    writeFileSync(path, wrong.join('\n'));
    const { differences, agreement } = await replayed(folder);
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatchObject({ recorded: 'SEGREGATED', now: 'MIXED' });
    expect(differences[0]?.fromS).toBeCloseTo(30, 1);
    expect(differences[0]?.toS).toBeCloseTo(31, 1);
    expect(agreement).toBeCloseTo(59 / 60, 2);
  });
});

describe('settings of a record that this version does not take', () => {
  it('are named, but where another one is tried', async () => {
    const { record } = await namedRun(recorded(recipeOf(PULSE(10)), []));
    const { settings } = record.facts;
    const facts = { ...record.facts, settings: { ...settings, 'pl.segregatedRatio': 'high' } };
    expect(replaySettings(record.facts, []).limits).toEqual([]);
    const { limits, settings: used } = replaySettings(facts, []);
    expect(limits).toEqual([
      `pl.segregatedRatio was "high", which this version does not take: ${used['pl.segregatedRatio']} is used instead.`,
    ]);
    expect(replaySettings(facts, ['pl.segregatedRatio=0.6'])).toMatchObject({
      limits: [],
      settings: { 'pl.segregatedRatio': 0.6 },
    });
  });
});

describe('a record that does not hold every reading', () => {
  const refusal = async (set: readonly string[]): Promise<string> => {
    const folder = recorded(recipeOf(PULSE(10)), set);
    return replayed(folder).then(
      () => 'none',
      (error: { code: string; why: string }) => `${error.code} ${error.why}`,
    );
  };

  it('is refused, with the interval of rows that would do', async () => {
    expect(await refusal(['journal.rowMs=200'])).toMatch(
      /^REPLAY_IMPOSSIBLE .*ads1115 needs journal.rowMs = 150 or less/,
    );
    expect(await refusal(['journal.rowMs=150'])).toBe('none');
    expect(await refusal(['journal.rowMs=100', 'hal.photodiodes=mcp3208'])).toContain(
      'mcp3208 needs journal.rowMs = 50',
    );
    expect(await refusal(['journal.rowMs=50', 'hal.photodiodes=mcp3208'])).toBe('none');
  });

  it('is refused for a converter that gathers light over several ticks', async () => {
    const set = ['hal.photodiodes=as7341', 'i2c.photodiodeAddress=57', 'journal.rowMs=50'];
    expect(await refusal(set)).toMatch(/^REPLAY_IMPOSSIBLE as7341 gathers light/);
  });

  it('is refused without the edges of the gate', async () => {
    const folder = recorded(recipeOf(PULSE(10)), []);
    rmSync(join(folder, 'events.csv'));
    await expect(replayed(folder)).rejects.toMatchObject({ code: 'REPLAY_IMPOSSIBLE' });
  });
});
