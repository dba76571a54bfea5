import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { INJECTION_NAMES } from '../../src/hal/sim/injection.ts';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const BIN = join(PACKAGE_ROOT, 'bin', 'remixd.js');
const temporary = (): string => mkdtempSync(join(tmpdir(), 'remixd-cli-'));

/** Runs the built program; `whileRunning` may send signals once the output so far is as it wants. */
function remixd(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  onOut?: (out: string, kill: (s: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], { env: { PATH: process.env['PATH'], ...env } });
    let out = '';
    let err = '';
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString('utf8');
      onOut?.(out, (signal) => child.kill(signal));
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString('utf8');
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const json = ({ out }: Ended): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>;
const inFolder = (folder: string): string[] => [
  '--set',
  `runtime.stateDir=${join(folder, 'state')}`,
  '--set',
  `runtime.runsDir=${join(folder, 'runs')}`,
];

beforeAll(() => {
  if (!existsSync(join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'remixd.js')))
    throw new Error('npm run build first (npm test does)');
});

describe('remixd --help', () => {
  it('reads well: every command with a line, on standard output', async () => {
    const { code, out } = await remixd(['--help']);
    expect(code).toBe(0);
    for (const word of ['run', 'simulate', 'reproduce', 'config', 'heat pulses']) expect(out).toContain(word);
  });

  it('says what the exit codes are; a trip is 1, also a simulated one', async () => {
    const { out } = await remixd(['--help']);
    expect(out).toContain('Exit codes: 0 success');
    const simulated = await remixd(['simulate', '--json', '--seconds', '10', '--inject', 'estop@5']);
    expect(simulated.code).toBe(1);
    expect(json(simulated)['trips']).toHaveLength(1);
  });

  it('answers an unknown command and an unknown option with a hint and a failure', async () => {
    const command = await remixd(['simulat']);
    expect([command.code, command.err]).toEqual([64, expect.stringContaining('simulate')]);
    const option = await remixd(['simulate', '--patern', '0.5/5']);
    expect([option.code, option.err]).toEqual([64, expect.stringContaining('--pattern')]);
  });
});

describe('a command line that commander refuses', () => {
  it.each([
    [['run', '--sped', '3'], '--sped', '--sped', 'an option of this command', 'Did you mean --speed?'],
    [['run', '--quite'], '--quite', '--quite', 'an option of this command', 'remixd --help lists the commands'],
    [['simulat'], 'simulat', 'simulat', 'a command of remixd', 'Did you mean simulate?'],
    [['simulate', '--mode', 'foo'], '--mode', 'foo', 'off, constant, pulse', 'Write --mode followed by one of these.'],
    [['config', 'explain'], 'key', 'nothing', 'a value for key', 'Add the key to the command.'],
    [['config', 'explain', 'a', 'b'], 'explain', '2', '1 argument', 'Quote a value that has spaces'],
    [['run', '--config'], '--config', 'nothing', 'a value after the option', 'Write -c, --config <FILE>.'],
    [['collect'], '--database', 'nothing', 'this option is required', 'Add --database <URL>.'],
  ] as const)('%j is told in the form of every other problem', async (args, path, got, allowed, remedy) => {
    const { code, err } = await remixd(args);
    expect(code).toBe(64);
    expect(err).toMatch(/^One problem on the command line; the heater was not touched\./);
    for (const part of [`  ${path}   [USAGE]\n`, `got      ${got}\n`, `allowed  ${allowed}`, `remedy   ${remedy}`])
      expect(err).toContain(part);
    expect(err).not.toMatch(/^error:/m);
  });
});

describe('remixd simulate', () => {
  it('prints one JSON object with the fixed keys, the same bytes for the same seed', async () => {
    const args = ['simulate', '--pattern', '0.5/5', '--seconds', '120', '--seed', '7', '--json'];
    const [first, second] = await Promise.all([remixd(args), remixd(args)]);
    expect(first.out).toBe(second.out);
    const result = json(first);
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining(['seed', 'traceHash', 'segregated', 'temperatureC', 'edges', 'energyJ', 'trips', 'state']),
    );
    expect(result).toMatchObject({ seed: 7, simulated: true, trips: [], state: 'armed' });
    expect(Object.keys(result['segregated'] as object)).toEqual(['final', 'peak']);
    expect(Object.keys(result['temperatureC'] as object)).toEqual(['mean', 'swing', 'max']);
    const other = await remixd([...args.slice(0, 6), '8', '--json']);
    expect(json(other)['traceHash']).not.toBe(result['traceHash']);
  });

  it('tells the three outcomes of the same mean power apart', async () => {
    const peak = async (pattern: string): Promise<number> =>
      (
        json(await remixd(['simulate', '--pattern', pattern, '--json']))['segregated'] as {
          final: number;
          peak: number;
        }
      ).peak;
    const [fast, good, slow, dc, none] = await Promise.all(['0.1/1', '0.5/5', '1/10', 'dc', 'none'].map(peak));
    expect(good).toBeLessThan(0.02);
    expect(fast).toBeGreaterThan(0.5);
    expect(slow).toBeGreaterThan(0.03);
    expect(slow).toBeLessThan(0.35);
    expect(dc).toBeGreaterThan(0.5);
    expect(none).toBeGreaterThan(0.5);
  });

  it('reports a trip with code, instant and how soon the heater was off', async () => {
    const result = json(await remixd(['simulate', '--seconds', '60', '--inject', 'tc-open@20.2', '--json']));
    expect(result['state']).toBe('tripped');
    const [trip] = result['trips'] as { code: string; atS: number; heaterOffAfterMs: number }[];
    expect(trip?.code).toBe('E101');
    expect(trip?.atS).toBeGreaterThan(20.2);
    expect(trip?.heaterOffAfterMs).toBeLessThan(600);
  });

  it('says that it did not arm, and why, instead of a verdict on a film that nothing happened to', async () => {
    const text = await remixd(['simulate', '--inject', 'estop@-1']);
    expect(text.code).toBe(1);
    expect(text.out).toMatch(/not armed[\s\S]*E401[\s\S]*remedy/);
    expect(text.out).not.toContain('-273');
    const result = json(await remixd(['simulate', '--set', 'sim.supplyScale=2', '--json']));
    expect(result).toMatchObject({ armed: false, faults: expect.arrayContaining(['supply-high']) });
  });

  it('prints cause and remedy for a person', async () => {
    const { out } = await remixd(['simulate', '--seconds', '40', '--inject', 'mosfet-stuck-on@20']);
    expect(out).toMatch(/SIMULATED[\s\S]*E201[\s\S]*cause[\s\S]*remedy/);
  });

  it('takes sample, light, current, mode, setpoint and recipe', async () => {
    const results = await Promise.all([
      remixd(['simulate', '--sample', 'core-shell', '--seconds', '20', '--json']),
      remixd(['simulate', '--light', '0', '--pattern', 'none', '--seconds', '60', '--json']),
      remixd(['simulate', '--current', '0.3', '--pattern', 'dc', '--seconds', '60', '--json']),
      remixd(['simulate', '--mode', 'pid', '--setpoint', '29', '--seconds', '120', '--json']),
      remixd(['simulate', '--mode', 'bangbang', '--setpoint', '29', '--seconds', '120', '--json']),
      remixd(['simulate', '--recipe', 'stepped-pulse', '--seconds', '365', '--json']),
    ]);
    expect(results.map(({ code, err }) => [code, err])).toEqual(results.map(() => [0, '']));
    const [, dark, weak, pid, bang, stepped] = results.map(json);
    expect(dark?.['segregated']).toEqual({ final: 0, peak: 0 });
    expect(weak).toMatchObject({ temperatureC: { max: expect.closeTo(29.4, 0) } });
    expect(pid).toMatchObject({ temperatureC: { max: expect.closeTo(29.2, 0) } });
    const { swing } = (bang?.['temperatureC'] ?? {}) as { swing: number };
    expect(swing).toBeGreaterThan(0.5);
    expect(swing).toBeLessThan(5);
    expect(stepped?.['state']).toBe('safe');
  });

  it('lists every fault, sample and recipe', async () => {
    const { out } = await remixd(['simulate', '--list']);
    for (const name of [...INJECTION_NAMES, 'feng-2023', 'wash-butanol', 'pattern-0p5-5']) expect(out).toContain(name);
    expect(Object.keys(json(await remixd(['simulate', '--list', '--json'])))).toEqual(['faults', 'samples', 'recipes']);
  });

  it('has every fault that a user may want to inject', () => {
    const asked =
      'tc-open tc-short-gnd tc-short-vcc tc-detached tc-frozen miso-low miso-high ir-pec ir-obstructed i2c-hang ' +
      'mosfet-stuck-on mosfet-stuck-off heater-open current-sense-dead supply-12v supply-24v estop lid controller-dead gate-dead photodiode-saturated';
    expect(INJECTION_NAMES).toEqual(expect.arrayContaining(asked.split(' ')));
  });

  it.each([
    [['--pattern', '0.5'], '--pattern'],
    [['--pattern', '0.5/0.6'], '0.55'],
    [['--pattern', '6/20'], 'onS'],
    [['--pattern', '500/5000'], 'onS'],
    [['--inject', 'tc-opn@3'], 'tc-open'],
    [['--inject', 'tc-open'], 'FAULT@SECONDS'],
    [['--sample', 'fengg'], 'feng-2023'],
    [['--recipe', 'hours'], 'hour'],
    [['--light', '2'], '--light'],
    [['--current', '400'], 'heater.currentA'],
    [['--current', '0.5', '--set', 'heater.resistanceOhm=40'], 'I25'],
    [['--seconds', '99999'], 'I19'],
    [['--pattern', '0.5/5', '--mode', 'pid'], 'together with'],
    [['--light', '1', '--recipe', 'hour'], 'together with'],
    [['--setpoint', '30'], 'a mode without a setpoint'],
    [['--config', join(PACKAGE_ROOT, 'config', 'bench.json')], 'HAL_UNAVAILABLE'],
  ] as const)('refuses %j with a clear listing and exit code 64 or 78', async (args, word) => {
    const { code, out, err } = await remixd(['simulate', ...args]);
    expect(out).toBe('');
    expect(code).toBe(err.includes('[USAGE]') ? 64 : 78);
    expect(err).toContain(word);
    expect(err).toMatch(/allowed[\s\S]*remedy/);
  });

  it('writes a run folder', async () => {
    const folder = join(temporary(), 'out');
    await remixd(['simulate', '--seconds', '10', '--out', folder]);
    expect(readdirSync(folder).sort()).toEqual(['data.csv', 'events.csv', 'run.json']);
  });
});

describe('remixd config', () => {
  it('lists every problem at once with path, got, allowed and remedy, exit code 78', async () => {
    const file = join(temporary(), 'bad.json');
    writeFileSync(file, JSON.stringify({ pulse: { onMs: '500', periodMs: null }, hal: { kind: 'simm' }, nonsense: 1 }));
    const args = ['config', 'check', '--config', file, '--set', 'limits.tripC=80', '--json'];
    const { code, out } = await remixd(args, { REMIXD_SIM_AUTO_ARM: 'off' });
    expect(code).toBe(78);
    const { problems } = JSON.parse(out) as { problems: Record<string, string>[] };
    const paths = problems.map(({ path }) => path);
    for (const path of ['pulse.onMs', 'pulse.periodMs', 'hal.kind', 'nonsense', 'sim.autoArm', 'limits.tripC']) {
      expect(
        paths.some((got) => got?.startsWith(path)),
        path,
      ).toBe(true);
    }
    for (const { at, ...problem } of problems) {
      expect(Object.keys(problem).sort()).toEqual(['allowed', 'code', 'got', 'path', 'remedy']);
      // The place is that in the file; what comes from elsewhere has none.
      const isInFile = !/sim\.autoArm|SIM_AUTO_ARM|limits\.tripC/.test(problem['path'] ?? '');
      expect(at).toEqual(isInFile ? { file, line: 1, column: expect.any(Number) } : undefined);
    }
  });

  it('shows where a value comes from', async () => {
    const { out } = await remixd(['config', 'show', '--set', 'pulse.onMs=400'], { REMIXD_PULSE_PERIOD_MS: '4000' });
    expect(out).toMatch(/pulse\.onMs\s+400 ms\s+--set/);
    expect(out).toMatch(/pulse\.periodMs\s+4000 ms\s+environment REMIXD_PULSE_PERIOD_MS/);
  });

  it('explains a key', async () => {
    const { out } = await remixd(['config', 'explain', 'gate.leaseMs']);
    expect(out).toMatch(/allowed {2}a number from 100 to 250 ms[\s\S]*bench[\s\S]*REMIXD_GATE_LEASE_MS/);
  });
});

describe('remixd run', () => {
  it('prints one readable line a second where there is no terminal, and leaves everything off on SIGINT', async () => {
    const folder = temporary();
    let sent = false;
    const { code, out } = await remixd(['run', '--speed', '10', ...inFolder(folder)], {}, (text, kill) => {
      if (!sent && /ARMED/.test(text)) {
        sent = true;
        kill('SIGINT');
      }
    });
    expect(code).toBe(0);
    for (const line of out.trim().split('\n').slice(0, -2)) expect(line).toMatch(/^SIMULATED \| \d\d:\d\d:\d\d \| /);
    expect(out).toContain('heater off (0.000 A), safety state safe');
    expect(readFileSync(join(folder, 'state', 'latch.json'), 'utf8')).toContain('"armed":false');
    const [run = ''] = readdirSync(join(folder, 'runs'));
    const facts = JSON.parse(readFileSync(join(folder, 'runs', run, 'run.json'), 'utf8'));
    expect(facts).toMatchObject({ simulated: true, end: { state: 'safe', heaterA: 0 } });
  });

  it('comes back tripped after SIGKILL, says so with the remedy, and goes on only when acknowledged', async () => {
    const folder = temporary();
    let sent = false;
    await remixd(['run', '--speed', '10', ...inFolder(folder)], {}, (text, kill) => {
      if (!sent && /ARMED/.test(text)) {
        sent = true;
        kill('SIGKILL');
      }
    });
    const again = await remixd(['run', '--speed', '20', '--seconds', '8', ...inFolder(folder)]);
    expect(again.code).toBe(1);
    expect(again.out).toMatch(/TRIPPED[^\n]*trip 1 E304: Restarted|TRIPPED[^\n]*trip 1 E304/);
    expect(again.out).not.toContain('ARMED');
    const acknowledged = await remixd([
      'run',
      '--speed',
      '20',
      '--seconds',
      '15',
      '--acknowledge',
      '1',
      ...inFolder(folder),
    ]);
    expect(acknowledged.code).toBe(0);
    expect(acknowledged.out).toContain('safety state safe');
  });

  it('shows a fault that was injected, keeps it latched and says how to go on', async () => {
    const folder = temporary();
    const first = await remixd(['run', '--speed', '40', '--seconds', '30', '--inject', 'estop@5', ...inFolder(folder)]);
    expect(first.code).toBe(1);
    expect(first.out).toMatch(/Trip 1: E401 E-stop pressed[\s\S]*cause[\s\S]*remedy[\s\S]*--acknowledge 1/);
    const second = await remixd(['run', '--speed', '40', '--seconds', '2', ...inFolder(folder)]);
    expect(second.out).toMatch(/TRIPPED.*E401/);
  });

  it('tells somebody without a terminal why it does not arm', async () => {
    const { out, code } = await remixd([
      'run',
      '--speed',
      '20',
      '--seconds',
      '8',
      '--inject',
      'lid@-1',
      ...inFolder(temporary()),
    ]);
    expect(out).toMatch(/SAFE.*E402 Lid open: Close the lid/);
    expect(code).toBe(0);
  });

  it('leaves everything off and the record closed also when it is told to stop twice', async () => {
    const folder = temporary();
    let sent = false;
    const { code, out } = await remixd(['run', '--speed', '10', ...inFolder(folder)], {}, (text, kill) => {
      if (sent || !/ARMED/.test(text)) return;
      sent = true;
      kill('SIGINT');
      kill('SIGTERM');
      kill('SIGINT');
    });
    expect([code, out.includes('heater off (0.000 A), safety state safe')]).toEqual([0, true]);
    expect(readFileSync(join(folder, 'state', 'latch.json'), 'utf8')).toContain('"armed":false');
    // The thermal cycles of the run may have been kept just in time.
    const left = readdirSync(join(folder, 'state')).filter((name) => !name.startsWith('remote.json'));
    expect(left).toEqual(['history', 'latch.json', 'web-tokens.json']);
  });

  it('refuses to acknowledge another trip, or to reset what is no lockout', async () => {
    const folder = temporary();
    await remixd(['run', '--speed', '40', '--seconds', '20', '--inject', 'lid@3', ...inFolder(folder)]);
    for (const args of [['--acknowledge', '7'], ['--reset']]) {
      const { code, err } = await remixd(['run', ...args, ...inFolder(folder)]);
      expect([code, err]).toEqual([64, expect.stringContaining('trip 1 is latched')]);
    }
    expect((await remixd(['run', '--acknowledge', '1.5', ...inFolder(folder)])).code).toBe(64);
  });

  it.each([
    ['--acknowledge', '1.5', '"1.5"', 'a whole number above 0'],
    ['--seconds', '-5', '"-5"', 'a time above 0 in seconds, or as in 90s, 15min or 8h'],
    ['--speed', 'fast', '"fast"', 'a number'],
    ['--recipe', '', 'nothing', 'a value that is not empty'],
  ])('refuses %s %j in the form of every other problem', async (option, text, got, allowed) => {
    const { code, err } = await remixd(['run', option, text]);
    expect(code).toBe(64);
    expect(err).toMatch(/^One problem on the command line; the heater was not touched\.\n\n {2}--/);
    for (const part of [`  ${option}   [USAGE]`, `got      ${got}\n`, `allowed  ${allowed}\n`])
      expect(err).toContain(part);
    expect(err).not.toContain('is invalid');
  });

  it.each([
    ['run', '-c', '--config'],
    ['config check', '--config', '--config'],
    ['run', '--set', '--set'],
    ['simulate', '--pattern', '--pattern'],
    ['simulate', '--sample', '--sample'],
    ['simulate', '--inject', '--inject'],
    ['simulate', '--out', '--out'],
    ['remote get', '--broker', '--broker'],
    ['remote get', '--device', '--device'],
    ['remote get', '--client', '--client'],
    ['collect', '--group', '--group'],
    ['collect', '--client', '--client'],
  ])('%s refuses an empty value of %s', async (words, option, path) => {
    const { code, out, err } = await remixd([...words.split(' '), option, '']);
    expect([code, out]).toEqual([64, '']);
    expect(err).toContain(`  ${path}   [USAGE]\n      got      nothing\n`);
  });

  it('stops at the second it was given, however fast it runs', async () => {
    const folder = temporary();
    await remixd(['run', '--speed', '1000000', '--seconds', '30', ...inFolder(folder)]);
    const [run = ''] = readdirSync(join(folder, 'runs'));
    const last = readFileSync(join(folder, 'runs', run, 'data.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .at(-1);
    expect(Number(last?.split(',')[0])).toBeLessThan(31);
  });

  it('refuses a second controller on the same bench', async () => {
    const folder = temporary();
    let second: Promise<Ended> | null = null;
    await remixd(['run', '--speed', '10', ...inFolder(folder)], {}, (text, kill) => {
      if (second || !/SAFE|ARMED/.test(text)) return;
      second = remixd(['run', ...inFolder(folder)]);
      void second.then(() => kill('SIGTERM'));
    });
    const ended = await (second as Promise<Ended> | null);
    expect(ended?.code).toBe(78);
    expect(ended?.err).toContain('ALREADY_RUNNING');
  });

  it('never falls back to the simulation when hardware is named', async () => {
    for (const name of ['bench', 'field']) {
      const config = ['--config', join(PACKAGE_ROOT, 'config', `${name}.json`)];
      const { code, err, out } = await remixd(['run', ...config, ...inFolder(temporary())]);
      expect(code).toBe(69);
      expect(err).toContain('GATE_UNREACHABLE');
      expect(out).not.toContain('SIMULATED');
      const played = await remixd(['simulate', '--seconds', '1', ...config]);
      expect(played.code).toBe(78);
      expect(played.err).toContain('HAL_UNAVAILABLE');
    }
  });

  it('ends by itself when the recipe is over', async () => {
    const folder = temporary();
    const { code, out } = await remixd(['run', '--speed', '200', '--recipe', 'stepped-pulse', ...inFolder(folder)]);
    expect(code).toBe(0);
    expect(out).toContain('safety state safe');
  });
});
