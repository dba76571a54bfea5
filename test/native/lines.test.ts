/** The real program for the controller’s lines on an emulated GPIO chip. Times are CLOCK_MONOTONIC in µs. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { type Levels, parseLevels } from '../../src/hal/linux/lines.ts';
import { MONOTONIC } from '../../src/runtime/clock.ts';
import { Prng } from '../../src/twin/prng.ts';
import { type Change, type Emulator, startEmulator, until } from './support.ts';

const LINES = join(PACKAGE_ROOT, 'gate/remixd-lines');
const ENABLE = 27;
const ESTOP = 22;
const LID = 23;
const LIGHT = 24;
const POWER = 25;
const ARGS = ['--chip', 'auto', '--enable', '27', '--estop', '22', '--lid', '23', '--light', '24', '--power', '25'];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let emulator: Emulator;
beforeAll(() => {
  execFileSync('make', ['-s', '-C', join(PACKAGE_ROOT, 'gate'), 'all', 'sanitized'], { stdio: 'inherit' });
});
beforeEach(async () => {
  emulator = await startEmulator({ set: { sysfs: false } });
});
afterEach(() => emulator.stop());

/** The other end of the program, without any of the controller’s care. */
class Program {
  readonly reports: Levels[] = [];
  said = '';
  complaint = '';
  private sent = 0;

  constructor(readonly process: ChildProcess) {
    process.stdout!.setEncoding('latin1').on('data', (text: string) => {
      this.said += text;
      for (const line of text.split('\n')) {
        const levels = parseLevels(line);
        if (levels) this.reports.push(levels);
      }
    });
    process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.complaint += text;
    });
    process.stdin!.on('error', () => {});
  }

  /** One order, as of `agoUs` before now. */
  order(words: string, agoUs = 0): void {
    this.sent += 1;
    this.raw(`${this.sent} ${MONOTONIC.now() - agoUs} ${words}\n`);
  }

  raw(text: string): void {
    this.process.stdin!.write(text, 'latin1');
  }

  /** Waits until every order has been carried out. */
  async heard(): Promise<void> {
    await until(() => (this.reports.at(-1)?.heard ?? -1) >= this.sent);
  }

  async exited(): Promise<{ code: number | null; signal: string | null }> {
    const { process } = this;
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
    return { code: process.exitCode, signal: process.signalCode };
  }
}

async function start(args: readonly string[] = ARGS, program = LINES, first: readonly string[] = []): Promise<Program> {
  const started = new Program(emulator.spawn(program, args, { env: emulator.env(first) }));
  await until(() => started.reports.length > 0, 10_000);
  return started;
}

/** Level changes since the last call, without those of contacts. */
const changes = async (): Promise<Change[]> =>
  (await emulator.timeline()).filter(({ line }) => line !== ESTOP && line !== LID);
const edges = async (): Promise<number[]> =>
  (await changes()).filter(({ line }) => line === ENABLE).map(({ level }) => level);

describe('the program for the lines', () => {
  it('holds every line for itself, outputs low, and greets', async () => {
    const program = await start();
    expect(program.said).toMatch(/^hello 1\nlevels /);
    const { held, enable, light } = await emulator.state();
    expect(held.map(({ line, consumer }) => [line, consumer])).toEqual(
      [ESTOP, LID, LIGHT, POWER, ENABLE].map((line) => [line, 'remixd-lines']),
    );
    expect({ enable, light }).toEqual({ enable: 0, light: 0 });
  });

  it('reports both contacts many times a second, and each by its own name', async () => {
    const program = await start();
    for (const [which, levels] of [
      ['estop', { estop: false, lid: true }],
      ['lid', { estop: true, lid: false }],
    ] as const) {
      await emulator.command({ cmd: 'contact', which, closed: false });
      await until(() => program.reports.at(-1)?.[which] === false);
      expect(program.reports.at(-1)).toMatchObject(levels);
      await emulator.command({ cmd: 'contact', which, closed: true });
      await until(() => program.reports.at(-1)?.[which] === true);
    }
    const before = program.reports.length;
    await pause(1000);
    expect(program.reports.length - before).toBeGreaterThan(10);
  });

  it('makes one edge of each fresh toggle, and none of its own accord', async () => {
    const program = await start();
    await changes();
    for (let i = 0; i < 4; i += 1) {
      program.order('toggle');
      await program.heard();
    }
    expect((await emulator.state()).pumpClosed).toBe(true);
    program.order('toggle');
    await program.heard();
    await pause(1000);
    expect(await edges()).toEqual([1, 0, 1, 0, 1]);
    // The level that stands still is high, and the switch is open.
    expect(await emulator.state()).toMatchObject({ enable: 1, pumpClosed: false });
  });

  it('plays no toggle that is older than 50 ms, and one edge of several that come together', async () => {
    const program = await start();
    await changes();
    for (let i = 0; i < 50; i += 1) program.order('toggle', 50_500 + i);
    await program.heard();
    expect(await edges()).toEqual([]);
    const now = MONOTONIC.now();
    program.raw(Array.from({ length: 20 }, (_, i) => `${51 + i} ${now} toggle\n`).join(''));
    await until(() => program.reports.at(-1)!.heard === 70);
    expect(await edges()).toEqual([1]);
  });

  it('sets light and supply as it is told, and an old order too, because they are states', async () => {
    const program = await start();
    program.order('power 1');
    program.order('light 1', 5_000_000);
    await program.heard();
    expect((await changes()).map(({ line, level }) => [line, level])).toEqual([
      [POWER, 1],
      [LIGHT, 1],
    ]);
    program.order('light 0');
    await program.heard();
    expect((await emulator.state()).light).toBe(0);
  });

  it('needs no light and no switched supply', async () => {
    const program = await start(ARGS.slice(0, 8));
    expect((await emulator.state()).held.map(({ line }) => line)).toEqual([ESTOP, LID, ENABLE]);
    program.order('light 1');
    expect((await program.exited()).code).toBe(64);
  });
});

/** Everything high, so that what follows has something to lower. */
async function high(): Promise<Program> {
  const program = await start();
  for (const words of ['power 1', 'light 1', 'toggle']) program.order(words);
  await program.heard();
  expect(await emulator.state()).toMatchObject({ enable: 1, light: 1 });
  await emulator.timeline();
  return program;
}

async function expectAllLow(): Promise<void> {
  await until(async () => (await emulator.state()).held.length === 0);
  expect(await emulator.state()).toMatchObject({ enable: 0, light: 0 });
  const lowered = (await changes()).filter(({ level }) => level === 0).map(({ line }) => line);
  expect(lowered.sort()).toEqual([LIGHT, POWER, ENABLE]);
}

describe('the program for the lines lowers every output and ends', () => {
  it('at the end of its input', async () => {
    const program = await high();
    program.process.stdin!.end();
    expect((await program.exited()).code).toBe(0);
    await expectAllLow();
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGSEGV', 'SIGCONT', 'SIGTSTP', 'SIGWINCH'] as const)(
    'at %s',
    async (signal) => {
      const program = await high();
      program.process.kill(signal);
      const { code } = await program.exited();
      expect(signal === 'SIGTERM' ? code === 0 : (code ?? 0) > 128).toBe(true);
      await expectAllLow();
    },
  );

  it.each([
    ['an old number', (at: number) => `3 ${at} toggle\n`],
    ['a number that leaves one out', (at: number) => `5 ${at} toggle\n`],
    ['an instant to come', (at: number) => `4 ${at + 1_000_000} toggle\n`],
    ['an unknown word', (at: number) => `4 ${at} enable\n`],
    ['an unknown level', (at: number) => `4 ${at} light 2\n`],
    ['a level that is missing', (at: number) => `4 ${at} light\n`],
    ['a toggle with a level', (at: number) => `4 ${at} toggle 1\n`],
    ['a word too many', (at: number) => `4 ${at} light 1 1\n`],
    ['a NUL', (at: number) => `4 ${at} toggle\0\n`],
    ['an empty line', () => '\n'],
    ['a line without an end', () => '4'.repeat(5000)],
  ])('at %s', async (_, line) => {
    const program = await high();
    program.raw(line(MONOTONIC.now()));
    expect((await program.exited()).code).toBe(64);
    expect(program.complaint).toContain('all outputs are low');
    await expectAllLow();
  });

  it('when it was stopped and is let go on: what came meanwhile is not played', async () => {
    const program = await high();
    program.process.kill('SIGSTOP');
    await pause(50);
    for (let i = 0; i < 10; i += 1) {
      program.order('toggle');
      await pause(20);
    }
    // Stopped it holds its level, so the switch is open.
    expect(await emulator.state()).toMatchObject({ enable: 1, pumpClosed: false });
    expect(await changes()).toEqual([]);
    program.process.kill('SIGCONT');
    await program.exited();
    await expectAllLow();
  });

  it('or holds a level that stands still, when it is killed on a kernel that keeps it', async () => {
    const program = await high();
    program.process.kill('SIGKILL');
    await until(async () => (await emulator.state()).held.length === 0);
    await pause(250);
    expect(await emulator.state()).toMatchObject({ enable: 1, pumpClosed: false });
    // The next one takes it low.
    await start();
    expect(await emulator.state()).toMatchObject({ enable: 0, light: 0 });
  });
});

describe('the program for the lines refuses', () => {
  const refused = (args: readonly string[]) => emulator.run(LINES, args);

  it('a line that another program holds, and names that program', async () => {
    await emulator.lines('hold', LID, 0);
    const ended = await refused(ARGS);
    expect(ended.code).toBe(74);
    expect(ended.stderr).toMatch(/line 23 is held by "lines"/);
    expect((await emulator.state()).held.map(({ line }) => line)).toEqual([LID]);
  });

  it('no chip with the label, and two', async () => {
    expect(await refused(ARGS.map((arg) => (arg === 'auto' ? 'pinctrl-rp1' : arg)))).toMatchObject({ code: 74 });
    await emulator.stop();
    emulator = await startEmulator({ set: { board: 'two' } });
    const ended = await refused(ARGS);
    expect(ended.code).toBe(74);
    expect(ended.stderr).toContain('two GPIO chips match');
  });

  it.each([
    ['nothing', []],
    ['a missing contact', ARGS.slice(0, 6)],
    ['an option twice', [...ARGS, '--lid', '9']],
    ['a line outside the header', ['--chip', 'auto', '--enable', '28', '--estop', '22', '--lid', '23']],
    ['a line that is high from power-up', ['--chip', 'auto', '--enable', '4', '--estop', '22', '--lid', '23']],
    ['a line for two jobs', ['--chip', 'auto', '--enable', '22', '--estop', '22', '--lid', '23']],
    ['an option without its value', [...ARGS.slice(0, 8), '--light']],
    ['an unknown option', [...ARGS.slice(0, 8), '--heater', '17']],
  ])('%s', async (_, args) => {
    const ended = await refused(args);
    expect([64, 74]).toContain(ended.code);
    expect(ended.stdout).toBe('');
    expect((await emulator.state()).held).toEqual([]);
  });

  it('disturbed lines, without an error in its memory', async () => {
    const chance = new Prng(Number(process.env['CAMPAIGN_SEED'] ?? 1), 79);
    const upTo = (n: number): number => Math.floor(chance.uniform() * n);
    const asan = execFileSync('cc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
    const words = ['toggle', 'light 1', 'power 0', 'light', '', '\0', ' ', '9'.repeat(19), '-1', 'toggle toggle'];
    for (let round = 0; round < 25; round += 1) {
      const program = await start(ARGS, `${LINES}.san`, [asan]);
      for (let i = 1; i <= 40; i += 1) {
        let text = `${i} ${MONOTONIC.now() - upTo(200_000)} ${words[upTo(3)]}\n`;
        if (chance.uniform() < 0.05) text = `${words[upTo(10)]} ${words[upTo(10)]} ${words[upTo(10)]}\n`;
        if (chance.uniform() < 0.05) {
          const at = upTo(text.length);
          text = text.slice(0, at) + String.fromCharCode(upTo(256)) + text.slice(at + upTo(3));
        }
        program.raw(text);
      }
      program.process.stdin!.end();
      const { code } = await program.exited();
      expect(program.complaint).not.toMatch(/runtime error|AddressSanitizer/);
      expect([0, 64]).toContain(code);
      expect(await emulator.state()).toMatchObject({ enable: 0, light: 0 });
    }
  });
});
