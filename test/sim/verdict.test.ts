/** What the light says of the simulated film: in the snapshot, in the columns of the record, and as events. */
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/params/snapshot.ts';
import { verdictRow } from '../../src/params/verdict.ts';
import { VerdictWatch } from '../../src/rig/verdicts.ts';
import { PULSE, type Rig, recipeOf, rig } from '../support/bench.ts';

interface Course extends Rig {
  readonly shots: Snapshot[];
  readonly watch: VerdictWatch;
}

/** A film that is held for a minute, then left to constant current, then held again. */
function course(): Course {
  const recipe = recipeOf(PULSE(60), { light: 1, mode: 'constant', forS: 60 }, PULSE(40), {
    light: 0,
    mode: 'off',
    forS: 10,
  });
  const it = rig(recipe);
  const shots: Snapshot[] = [];
  const watch = new VerdictWatch();
  it.simulation.feed.subscribe(watch);
  it.simulation.feed.subscribe({ snapshot: (now) => void shots.push(now) });
  expect(it.simulation.arm()).toBe(true);
  it.simulation.run(172);
  return { ...it, shots, watch };
}

describe('the verdict of a run', () => {
  const { shots, rows, events, watch, simulation } = course();
  const told = events.filter(({ kind }) => kind === 'verdict');
  const seen = shots.map(({ sight }) => sight);

  it('goes from unseen over mixed to segregated, and to dark at the end', () => {
    const words = told.map(({ code }) => code).filter((code, i, all) => code !== all[i - 1]);
    expect(words.slice(0, 2)).toEqual(['CANNOT_SEE', 'MIXED']);
    expect(words).toContain('SEGREGATED');
    expect(words.at(-1)).toBe('DARK');
    expect(watch.seen.firstAlarmS).toBeGreaterThan(60);
    expect(watch.seen.firstAlarmS).toBeLessThan(80);
    expect(watch.seen.final).not.toBe('DARK');
  });

  it('is an event once for each change of word or reason, and never else', () => {
    const changes = seen.filter(
      ({ verdict, sight }, i) => i > 0 && (verdict !== seen[i - 1]?.verdict || sight !== seen[i - 1]?.sight),
    );
    expect(told.map(({ code }) => code)).toEqual(changes.map(({ verdict }) => verdict));
    expect(told.length).toBeGreaterThan(4);
  });

  it('stands in the columns of the record as in the snapshot', () => {
    const lit = rows.filter(({ verdict }) => verdict !== 'DARK');
    expect(lit.length).toBeGreaterThan(100);
    expect(new Set(rows.map(({ verdict }) => verdict))).toEqual(new Set(seen.map(({ verdict }) => verdict)));
    for (const { verdict, verdict_why: why, segregated, segregated_error: error } of rows) {
      expect(segregated === null).toBe(error === null);
      if (verdict === 'DARK') expect([why, segregated]).toEqual([null, null]);
      if (verdict === 'MIXED') expect([why, (segregated as number) < 0.009]).toEqual([null, true]);
      if (verdict === 'CANNOT_SEE') expect(why).not.toBeNull();
    }
    const levels = rows.map(({ pl_dark_v: v }) => v).filter((v) => v !== null);
    expect(levels.length).toBeGreaterThan(100);
    for (const v of levels) expect(Math.abs(v as number)).toBeLessThan(0.02);
  });

  it('says how much is segregated: the truth within the factor that the brightness leaves open', () => {
    const { sight } = shots.findLast((shot) => shot.sight.verdict === 'SEGREGATED') ?? {};
    expect(sight?.segregated).toBeGreaterThan(0.46 * 0.25);
    const alarm = seen.find(({ verdict }) => verdictRow(verdict).alarming);
    expect(alarm?.segregated).toBeGreaterThan(0.009);
    expect(alarm?.cycle).toBeGreaterThan(5);
  });

  it('costs the run nothing: its dark frames are no change of the light that was asked for', () => {
    const lit = shots.filter(({ at, startedAt }) => startedAt !== null && at - startedAt < 159e6);
    expect(lit.length).toBeGreaterThan(3000);
    expect(new Set(lit.map(({ light }) => light))).toEqual(new Set([1]));
    expect(rows.some(({ pl_dark_v: v }) => v !== null)).toBe(true);
    expect(simulation.trips()).toEqual([]);
  });
});
