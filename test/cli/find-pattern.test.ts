import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONDITIONS, choose, judged, type Played, permutationP } from '../../src/cli/paper-figure.ts';
import { paperWords } from '../../src/cli/paper-words.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const BIN = join(PACKAGE_ROOT, 'bin', 'remixd.js');
const folder = mkdtempSync(join(tmpdir(), 'remixd-find-'));
const remixd = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
};

describe('remixd find-pattern', () => {
  const svg = join(folder, 'map.svg');
  const { status, stdout, stderr } = remixd('find-pattern', '--json', '--svg', svg);
  const said = JSON.parse(stdout);

  it('finds a pattern for the film of the paper, with little light, and prints it as settings', () => {
    expect([status, stderr]).toEqual([0, '']);
    expect(said).toMatchObject({ simulated: true, seed: 1, sample: 'feng-2023', light: 1 });
    const { onMs, periodMs, swingK, duty } = said.pattern;
    expect(onMs / periodMs).toBeCloseTo(duty, 3);
    expect(swingK).toBeGreaterThan(0.8);
    expect(duty).toBeLessThan(0.2);
    expect(said.lightS).toBeLessThan(300);
    expect(said.lightS).toBeCloseTo(
      said.trials.reduce((sum: number, { lightS }: { lightS: number }) => sum + lightS, 0),
      0,
    );
    expect(said.map.length).toBe(97);
    for (const { holds, error } of said.map) {
      expect(holds).toBeGreaterThanOrEqual(0);
      expect(holds).toBeLessThanOrEqual(1);
      expect(error).toBeGreaterThan(0);
    }
  });

  it('finds the same again, and another order with another seed', () => {
    const again = JSON.parse(remixd('find-pattern', '--json').stdout);
    expect(again).toEqual(said);
    const other = JSON.parse(remixd('find-pattern', '--json', '--seed', '5').stdout);
    expect(other.trials).not.toEqual(said.trials);
  });

  it('draws the map with its trials, and leaves nothing else behind', () => {
    const drawn = readFileSync(svg, 'utf8');
    expect(drawn).toMatch(/^<svg xmlns=[\s\S]*<\/svg>\n$/);
    expect(drawn).not.toMatch(/NaN|Infinity|undefined/);
    // One disc a trial, and three in the legend.
    expect(drawn.match(/<circle/g)?.length).toBe(said.trials.length + 3);
    expect(drawn).toContain('SIMULATED bench');
    expect(readdirSync(folder)).toEqual(['map.svg']);
  });

  it('says it in words with a small map, and how to play the pattern', () => {
    const text = remixd('find-pattern').stdout;
    expect(text).toMatch(/^SIMULATED bench · sample feng-2023 · search for a pattern · seed 1/);
    expect(text.match(/^ {2}trial /gm)?.length).toBe(said.trials.length);
    expect(text.match(/\d\*/g)?.length).toBe(1);
    expect(text).toContain(
      `--set control.mode=pulse --set pulse.onMs=${said.pattern.onMs} --set pulse.periodMs=${said.pattern.periodMs}`,
    );
  });

  it('ends with exit code 1 and a clear word where nothing holds', () => {
    const hot = remixd('find-pattern', '--json', '--set', 'sim.ambientC=30');
    expect(hot.status).toBe(1);
    expect(JSON.parse(hot.stdout)).toMatchObject({ pattern: null });
    expect(JSON.parse(hot.stdout).why).toContain('No pattern of the grid keeps this film mixed');
  });

  it.each([
    ['another file', 'notes.txt'],
    ['a folder that is not there', join('nowhere', 'map.svg')],
  ])('refuses %s for the picture before the search', (_, name) => {
    const path = join(mkdtempSync(join(tmpdir(), 'remixd-svg-')), name);
    if (name === 'notes.txt') writeFileSync(path, 'mine');
    const refused = remixd('find-pattern', '--svg', path);
    expect(refused.status).toBeGreaterThan(1);
    expect([refused.stdout, refused.stderr.includes(path) || refused.stderr.includes(dirname(path))]).toEqual([
      '',
      true,
    ]);
  });

  it('refuses a search without light', () => {
    expect(remixd('find-pattern', '--set', 'light.level=0').status).toBe(64);
    expect(existsSync(join(folder, 'state'))).toBe(false);
  });
});

describe('remixd find-pattern --paper', () => {
  it('classes the six patterns as the paper does, and says what two repeats can prove', () => {
    const { status, stdout } = remixd('find-pattern', '--paper', '--json');
    expect(status).toBe(0);
    const said = JSON.parse(stdout);
    const classes = (name: string) =>
      said.runs.flatMap((run: { name: string; class: string }) => (run.name === name ? [run.class] : []));
    expect([classes('DC'), classes('0.1/1'), classes('0.5/5')]).toEqual([
      ['severe', 'severe'],
      ['severe', 'severe'],
      ['none', 'none'],
    ]);
    for (const name of ['1/10', '2/10', '5/10']) expect(classes(name)).toEqual(['mild', 'mild']);
    expect(said.leastP).toBeCloseTo(1 / 6, 9);
    expect(said.lowestP).toBeCloseTo(1 / 66, 9);
    expect(said.runs.map(({ name }: { name: string }) => name)).not.toEqual(
      said.runs.map(({ name }: { name: string }) => name).sort(),
    );
  });

  it.each([
    ['gate.dutyMax', { gate: { dutyMax: 0.3 } }, ['5/10', 'gate.dutyMax']],
    ['gate.constantS', { gate: { constantS: 100 } }, ['180 s of constant current', 'gate.constantS']],
    ['gate.longestOnMs', { gate: { longestOnMs: 3000 } }, ['a pulse of 5 s', 'gate.longestOnMs']],
    ['recipe.longestS', { recipe: { longestS: 1000 } }, ['1400 s', 'recipe.longestS']],
  ])('refuses a bench whose %s forbids a pattern, and says why', (_, local, causes) => {
    const config = join(mkdtempSync(join(tmpdir(), 'remixd-paper-')), 'bench.json');
    writeFileSync(config, JSON.stringify(local));
    const { status, stdout, stderr } = remixd('find-pattern', '--paper', '--config', config);
    expect(stdout).toBe('');
    for (const cause of causes) expect(stderr).toContain(cause);
    expect(stderr.match(/RECIPE_LIMIT/g)?.length).toBe(1);
    expect(status).toBe(78);
  });

  it.each([
    ['--paper', '--svg', 'x.svg'],
    ['--repeats', '3'],
  ])('refuses %s %s', (...args) => {
    const { status, stdout } = remixd('find-pattern', ...args);
    expect([status, stdout]).toEqual([64, '']);
    expect(existsSync(join(folder, 'x.svg'))).toBe(false);
  });

  it('compares nothing with what was not seen', () => {
    const run = (name: string, end: number | null): Played =>
      end === null
        ? { name, class: 'not-seen', end, largest: null, limit: null }
        : { name, class: 'mild', end, largest: end, limit: 1e-3 };
    const of = (end: (name: string) => number | null) => {
      const runs = CONDITIONS.map(({ name }) => run(name, end(name)));
      return { ...judged(runs, 1), runs };
    };
    const blind = of(() => null);
    expect(blind.lowestP).toBeNull();
    for (const one of blind.comparisons) expect(one).toMatchObject({ decades: null, p: null });
    const words = paperWords({ ...blind, simulated: true, sample: 'x', seed: 1, repeats: 1, trouble: null });
    expect(words).toMatch(/0\.1\/1 +not seen/);
    expect(words).toContain('is not known');
    expect(words).not.toContain('p = 1.000 by');
    const half = of((name) => (name === 'DC' ? null : name === '0.5/5' ? 0.01 : 0.1));
    expect(half.lowestP).toBeNull();
    expect(half.comparisons.map(({ p }) => p)).toEqual([null, 0.5, 0.5, 0.5, 0.5]);
    expect(of((name) => (name === '0.5/5' ? 0.01 : 0.1)).lowestP).toBeCloseTo(1 / 6, 9);
  });

  it('has an exact test: the share of all partings that are as extreme', () => {
    expect(permutationP([1, 2], [3, 4])).toBeCloseTo(1 / 6, 12);
    expect(permutationP([1, 3], [2, 4])).toBeCloseTo(2 / 6, 12);
    expect(permutationP([3, 4], [1, 2])).toBe(1);
    expect(permutationP([1, 2, 3], [4, 5, 6])).toBeCloseTo(1 / 20, 12);
    expect([choose(4, 2), choose(12, 2), choose(6, 0), choose(48, 8)]).toEqual([6, 66, 1, 377348994]);
  });
});

describe('remixd whatif', () => {
  const ask = (...set: string[]) => remixd('whatif', '--json', ...set.flatMap((one) => ['--set', one]));

  it('says what a longer pulse does, and changes nothing', () => {
    const { status, stdout } = ask('pulse.onMs=800');
    expect(status).toBe(0);
    const { now, changed, refused } = JSON.parse(stdout);
    expect(refused).toBeNull();
    expect([now.duty, changed.duty]).toEqual([0.1, 0.16]);
    expect(changed.swingK).toBeGreaterThan(1.3 * now.swingK);
    expect(changed.course.at(-1).meanC).toBeGreaterThan(now.course.at(-1).meanC + 0.5);
    expect(readdirSync(folder)).toEqual(['map.svg']);
  });

  it.each([
    ['pulse.onMs=4000', 422],
    ['gate.dutyMax=0.5', 422],
  ])('refuses %s as the desk does', (set, code) => {
    const { status, stdout } = ask(set);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, refused: { code }, now: null });
  });

  it('says in one sentence of a change that would be accepted and would trip, with exit code 1', () => {
    const config = join(mkdtempSync(join(tmpdir(), 'remixd-what-if-')), 'bench.json');
    writeFileSync(config, JSON.stringify({ limits: { constantTripC: 36 } }));
    const { status, stdout } = remixd('whatif', '--config', config, '--set', 'control.mode=constant');
    expect(stdout).toContain('This change would be accepted, and the bench would trip (I7).');
    expect(status).toBe(1);
  });

  it('says of a swing out of reach what it would be, and that the desk would refuse it', () => {
    const { status, stdout } = ask('control.mode=swing', 'swing.targetK=5');
    expect(status).toBe(1);
    const { changed, refused } = JSON.parse(stdout);
    expect(refused).toMatchObject({ code: 422 });
    expect(refused.text).toContain('out of reach');
    expect(changed.swingK).toBeLessThan(4);
  });

  it('wants a change, and of a setting that there is', () => {
    expect(remixd('whatif').status).toBe(64);
    const { status, stderr } = remixd('whatif', '--set', 'pulse.onMS=800');
    expect(status).toBe(64);
    expect(stderr).toContain('pulse.onMs');
  });
});
