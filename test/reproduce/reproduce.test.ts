import { describe, expect, it } from 'vitest';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { reproduce, STATEMENT_COUNT } from '../../src/reproduce/reproduce.ts';
import { atLeast, atMost, near, statement } from '../../src/reproduce/statement.ts';

const run = (changes: Partial<Settings> = {}) => reproduce({ ...defaultSettings(), ...changes });
const failing = (changes: Partial<Settings>): string[] =>
  run(changes)
    .statements.filter(({ ok }) => !ok)
    .map(({ id }) => id);

describe('the papers, reproduced through drivers, kernel and control', () => {
  it.each([1, 2023])('every statement is met with seed %i, and P1 to P23 and the other seeds are all there', (seed) => {
    const { ok, statements } = run({ 'sim.seed': seed });
    expect(statements.filter((s) => !s.ok)).toEqual([]);
    expect(ok).toBe(true);
    expect(statements).toHaveLength(STATEMENT_COUNT);
    const ids = statements.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (let i = 1; i <= 23; i += 1) expect(ids).toContain(`P${i}`);
    for (let i = 1; i <= 10; i += 1) expect(ids).toContain(`S${i}`);
  });

  it('is met with the other chips too', () => {
    expect(
      failing({ 'hal.thermocouple': 'max31855', 'hal.currentSense': 'ina219', 'hal.photodiodes': 'mcp3208' }),
    ).toEqual([]);
  });

  it('fails where it should: a substrate that heats a third less, and a cold room', () => {
    expect(failing({ 'sim.plantMismatch': -0.3 })).toEqual(expect.arrayContaining(['P2', 'P3']));
    expect(failing({ 'sim.ambientC': 18 })).toEqual(expect.arrayContaining(['P1', 'P5']));
  });
});

describe('a statement', () => {
  it('is met only when every check is inside its bounds, both ends included', () => {
    expect(statement('X', 'x', [near('a', 1, 1, 0), atMost('b', 2, 2), atLeast('c', 3, 3)]).ok).toBe(true);
    expect(statement('X', 'x', [near('a', 1.01, 1, 0.005)]).ok).toBe(false);
    expect(statement('X', 'x', [atMost('b', 2.0001, 2)]).ok).toBe(false);
    expect(statement('X', 'x', [atLeast('c', 2.9999, 3)]).ok).toBe(false);
  });

  it('is never met by a value that is not a number', () => {
    for (const check of [near('a', Number.NaN, 1, 10), atMost('b', Number.NaN, 1), atLeast('c', Number.NaN, 1)]) {
      expect(statement('X', 'x', [check]).ok).toBe(false);
    }
    expect(statement('X', 'x', [atMost('never', Number.POSITIVE_INFINITY, 5)]).ok).toBe(false);
  });

  it('says its tolerance in words', () => {
    expect(statement('X', 'x', [near('a', 1, 1, 0.5), atMost('b', 2, 2)]).tolerance).toBe('a 0.5..1.5; b <= 2');
  });
});
