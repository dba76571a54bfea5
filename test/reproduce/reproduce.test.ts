import { describe, expect, it } from 'vitest';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { FENG_STATEMENTS } from '../../src/reproduce/feng.ts';
import { Lab } from '../../src/reproduce/lab.ts';
import { reproduce, STATEMENT_COUNT } from '../../src/reproduce/reproduce.ts';
import { atLeast, atMost, near, preset, statement } from '../../src/reproduce/statement.ts';

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

/** A laboratory whose photodiodes give other volts. */
class OtherLight extends Lab {
  constructor(private readonly change: (volts: { green: number; red: number }) => { green: number; red: number }) {
    super(defaultSettings());
  }

  override run(...order: Parameters<Lab['run']>): ReturnType<Lab['run']> {
    const experiment = super.run(...order);
    const { greenV, redV } = experiment.series;
    const seen = Array.from(greenV, (green, i) => this.change({ green, red: redV[i] ?? 0 }));
    const series = {
      ...experiment.series,
      greenV: Float64Array.from(seen, ({ green }) => green),
      redV: Float64Array.from(seen, ({ red }) => red),
    };
    return { ...experiment, series };
  }
}

describe('statements that the photodiodes can decide', () => {
  const unmet = (change: ConstructorParameters<typeof OtherLight>[0]): string[] => {
    const lab = new OtherLight(change);
    return FENG_STATEMENTS.slice(0, 21)
      .map((make) => make(lab))
      .filter(({ ok }) => !ok)
      .map(({ id }) => id);
  };

  it('are met with the right ones', () => {
    expect(unmet((volts) => volts)).toEqual([]);
  });

  it('fail with dead ones', () => {
    const dead = unmet(() => ({ green: 0.002, red: 0.002 }));
    expect(dead).toEqual(['P5', 'P7', 'P9', 'P10', 'P11', 'P12', 'P13', 'P14', 'P15', 'P19', 'P20', 'P21']);
  });

  it('fail with a filter that lets red through to the green one, and with the two exchanged', () => {
    const leaky = unmet(({ green, red }) => ({ green: green + 0.5 * red, red }));
    expect(leaky).toEqual(expect.arrayContaining(['P5', 'P9', 'P10', 'P13', 'P14', 'P19']));
    const exchanged = unmet(({ green, red }) => ({ green: red, red: green }));
    expect(exchanged).toEqual(expect.arrayContaining(['P5', 'P7', 'P9', 'P10', 'P11', 'P12', 'P13', 'P14', 'P19']));
  });
});

describe('a statement', () => {
  it('is met only when its instruments agree, where they are judged', () => {
    const truth = [near('a', 1, 1, 0.1)];
    expect(statement('X', 'x', truth, { seen: 5 }).ok).toBe(true);
    expect(statement('X', 'x', truth, { seen: atMost('', 5, 5) }).ok).toBe(true);
    const off = statement('X', 'x', truth, { seen: atMost('', 5.1, 5) });
    expect([off.ok, off.instrument, off.tolerance]).toEqual([false, { seen: 5.1 }, 'a 0.9..1.1; seen <= 5']);
  });

  it('says which of its figures were given to the preset', () => {
    const given = preset(near('a', 1, 1, 0));
    expect(statement('X', 'x', [given]).basis).toBe('preset');
    expect(statement('X', 'x', [given, near('b', 1, 1, 0)])).toMatchObject({ basis: 'part', presets: ['a'] });
    expect(statement('X', 'x', [near('b', 1, 1, 0)]).basis).toBe('result');
  });

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
