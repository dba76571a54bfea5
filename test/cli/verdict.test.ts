/** What the command line says of the film and makes of it, through the built program. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SimulateResult } from '../../src/cli/simulate.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { autoPolicy } from '../../src/params/policy.ts';

const BIN = join(PACKAGE_ROOT, 'bin', 'remixd.js');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built program; it gets SIGINT as soon as `over` says so. */
function remixd(args: readonly string[], over: () => boolean = () => false): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], { env: { PATH: process.env['PATH'] } });
    let [out, err, isOver] = ['', '', false];
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString('utf8');
      if (!isOver && over()) isOver = child.kill('SIGINT');
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString('utf8');
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const simulate = async (...args: string[]): Promise<{ code: number | null; result: SimulateResult }> => {
  const { code, out } = await remixd(['simulate', '--json', ...args]);
  return { code, result: JSON.parse(out) as SimulateResult };
};

/** A pattern that segregates the film within seconds, and one that holds it. */
const BAD = ['--pattern', '0.1/5', '--seconds', '60'];
const GOOD = ['--pattern', '0.5/5', '--seconds', '60'];

beforeAll(() => {
  if (!existsSync(join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'remixd.js')))
    throw new Error('npm run build first (npm test does)');
});

describe('remixd simulate', () => {
  it('says SEGREGATED of a film under constant current, and fails above 2 %', async () => {
    const args = ['--pattern', 'dc', '--seconds', '300', '--policy', 'tell'];
    const { code, result } = await simulate(...args, '--fail-above', '0.02');
    expect(code).toBe(1);
    const firstAlarmS: unknown = expect.any(Number);
    expect(result.verdict).toEqual({ final: 'SEGREGATED', firstAlarmS, why: null, cause: 'segregation' });
    expect(result.verdict.firstAlarmS).toBeLessThan(30);
    expect(result.adaptations).toBe(0);
    const told = await remixd(['simulate', ...args]);
    expect(told.code).toBe(0);
    expect(told.out).toMatch(
      /verdict {6}SEGREGATED, first alarm after \d+\.\d s {3}\(by the photodiodes; cause: segregation\)/,
    );
  });

  it.each([
    [GOOD, ['--fail-above', '0.02', '--fail-on', 'SEGREGATED'], 0],
    [GOOD, ['--fail-on', 'MIXED'], 1],
    [GOOD, ['--fail-on', 'SEGREGATED', '--fail-on', 'MIXED'], 1],
    [GOOD, ['--fail-above', '0'], 1],
    [BAD, [], 0],
    [BAD, ['--fail-above', '1'], 0],
    [BAD, ['--fail-on', 'SEGREGATED'], 1],
    [BAD, ['--fail-on', 'MIXED', '--fail-above', '0.02'], 1],
    [BAD, ['--policy', 'adapt', '--fail-above', '0.02', '--fail-on', 'SEGREGATED'], 0],
    [BAD, ['--policy', 'stop', '--fail-on', 'SEGREGATING'], 1],
    [['--pattern', 'none', '--light', '0', '--seconds', '5'], ['--fail-on', 'DARK'], 1],
  ])('with %j and %j ends with code %i', async (pattern, rules, code) => {
    expect((await remixd(['simulate', ...pattern, ...rules])).code).toBe(code);
  });

  it('says how often the policy changed something', async () => {
    const { result } = await simulate(...BAD, '--policy', 'adapt');
    expect(result.adaptations).toBeGreaterThan(0);
    expect(result.verdict).toMatchObject({ final: 'MIXED', firstAlarmS: null, why: null, cause: 'none' });
    expect(result.segregated.peak).toBeLessThan(0.02);
  });

  it('gives DARK for a film that was never lit', async () => {
    const { result } = await simulate('--light', '0', '--pattern', '0.5/5', '--seconds', '20');
    expect(result.verdict).toEqual({ final: 'DARK', firstAlarmS: null, why: null, cause: 'unknown' });
  });

  it.each([
    [['--policy', 'nonsense'], 'tell, rescue, adapt, dim, stop'],
    [['--fail-on', 'FINE'], 'MIXED, DRIFTING, SEGREGATING, SEGREGATED, RECOVERING, DARK, CANNOT_SEE'],
    [['--fail-above', '2'], 'a number from 0 to 1'],
    [['--policy', 'adapt', '--recipe', 'stepped-pulse'], 'one of --policy adapt and --recipe'],
  ])('refuses %j and says what is allowed', async (args, allowed) => {
    const { code, err } = await remixd(['simulate', ...args]);
    expect(code).toBe(64);
    expect(err).toContain(`allowed  ${allowed}`);
  });

  // simulate reads --policy alone; a configuration with film.policy is ignored without a word.
  it('follows film.policy of the configuration', async () => {
    const { result } = await simulate(...BAD, '--set', 'film.policy=adapt');
    expect(result.adaptations).toBeGreaterThan(0);
  });
});

/** Events of the one run that lies in a folder. */
function events(folder: string): string {
  const runs = join(folder, 'runs');
  const [run] = existsSync(runs) ? readdirSync(runs) : [];
  const file = run === undefined ? '' : join(runs, run, 'events.csv');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

describe('remixd run', () => {
  it('takes auto for adapt on the simulated bench and for tell on hardware', () => {
    expect([autoPolicy({ simulated: true }), autoPolicy({ simulated: false })]).toEqual(['adapt', 'tell']);
  });

  it.each([
    ['auto', true],
    ['tell', false],
  ] as const)('on the simulated bench with film.policy=%s changes the pattern: %s', async (policy, changes) => {
    const folder = mkdtempSync(join(tmpdir(), 'remixd-verdict-'));
    const settings = [`film.policy=${policy}`, `runtime.stateDir=${folder}/state`, `runtime.runsDir=${folder}/runs`];
    const args = ['run', '--speed', '20', '--seconds', '40', ...settings.flatMap((one) => ['--set', one])];
    const { code } = await remixd(args, () => changes && /film\.policy/.test(events(folder)));
    expect(code).toBe(0);
    const text = events(folder);
    expect(text).toMatch(/,verdict,CANNOT_SEE,/);
    expect(/swing\.periodMs .*\(film/.test(text)).toBe(changes);
  });
});
