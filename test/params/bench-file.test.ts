import { describe, expect, it } from 'vitest';
import { BENCH_EXAMPLE, BENCH_FORMAT, benchFields, benchSettings, readBench } from '../../src/params/bench-file.ts';

const problemsOf = (json: unknown) => {
  const read = readBench('bench.json', json);
  return 'problems' in read ? read.problems : [];
};

describe('a bench file', () => {
  it('may say nothing but its format', () => {
    expect(readBench('b', { format: BENCH_FORMAT })).toEqual({ bench: { format: BENCH_FORMAT } });
  });

  it('is refused with the place, what was found and what is allowed', () => {
    const [problem] = problemsOf({ format: BENCH_FORMAT, substrate: { fastK: 80 } });
    expect(problem).toMatchObject({
      code: 'BENCH_VALUE',
      path: 'bench.json: substrate.fastK',
      got: '80',
      allowed: 'at most 40',
    });
  });

  it('names the field that was meant', () => {
    const [problem] = problemsOf({ format: BENCH_FORMAT, optics: { leack: 0.01 } });
    expect(problem?.path).toBe('bench.json: optics.leack');
    expect(problem?.remedy).toContain('Did you mean leak?');
    expect(problemsOf({ format: BENCH_FORMAT, susbtrate: {} })[0]?.remedy).toContain('substrate');
    expect(
      problemsOf({ format: BENCH_FORMAT, changes: [{ what: 'supply.scale', at: 3, atS: 1, to: 1 }] })[0]?.path,
    ).toBe('bench.json: changes.0.at');
  });

  it('names the field that was meant inside a lamp, too, and asks for what a lamp cannot do without', () => {
    const lamp = { volts: 0.2, everyS: 600, onS: 60 };
    const [problem] = problemsOf({ format: BENCH_FORMAT, optics: { lamp: { ...lamp, risesS: 5 } } });
    expect(problem?.path).toBe('bench.json: optics.lamp.risesS');
    expect(problem?.remedy).toContain('Did you mean riseS?');
    expect(problemsOf({ format: BENCH_FORMAT, optics: { lamp: { volts: 0.2, onS: 60 } } })[0]?.path).toBe(
      'bench.json: optics.lamp.everyS',
    );
    expect(readBench('b', { format: BENCH_FORMAT, optics: { lamp } })).toMatchObject({
      bench: { optics: { lamp: { ...lamp, firstS: 0, riseS: 0 } } },
    });
  });

  it.each([
    ['optics.leak', 0.6],
    ['optics.greenGain', 11],
    ['optics.redGain', -1],
    ['film.growth', 101],
    ['supply.scale', 6],
    ['infrared.emissivity', 0.05],
    ['thermocouple.contact', 1.1],
    ['room.celsius', 60],
  ])('refuses a change of %s to %d', (what, to) => {
    const [problem] = problemsOf({ format: BENCH_FORMAT, changes: [{ what, atS: 1, to }] });
    expect(problem?.path).toBe('bench.json: changes.0.to');
    expect(problem?.allowed).toMatch(/\.\./);
  });

  it('refuses a list, another format and an unknown quantity', () => {
    expect(problemsOf([])).toHaveLength(1);
    expect(problemsOf({ format: 'remixd-bench-9' })[0]?.allowed).toBe(BENCH_FORMAT);
    expect(problemsOf({ format: BENCH_FORMAT, changes: [{ what: 'moon', atS: 1, to: 1 }] })[0]?.allowed).toContain(
      'supply.scale',
    );
  });

  it('gives the settings that it names, and no others', () => {
    expect(benchSettings({ format: BENCH_FORMAT })).toEqual({});
    expect(benchSettings(BENCH_EXAMPLE)).toEqual({ 'sim.ambientC': 25.5, 'sim.emissivity': 0.8 });
  });

  it('has a meaning and a range for every field', () => {
    for (const { path, allowed, meaning } of benchFields()) {
      expect(meaning, path).not.toBe('');
      expect(allowed, path).not.toContain('undefined');
    }
    expect(benchFields().length).toBeGreaterThan(60);
  });
});
