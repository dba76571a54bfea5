/** The whole product on an emulated board: `remixd run` with its native modules, the gate, and what each leaves behind. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { openGate } from '../../src/hal/linux/gate.ts';
import { gateLimitsFile } from '../../src/hal/registry.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { MONOTONIC } from '../../src/runtime/clock.ts';
import { type Emulator, type EmulatorOptions, startEmulator, until } from './support.ts';

const GATE = join(PACKAGE_ROOT, 'gate/remixd-gate');
const REMIXD = join(PACKAGE_ROOT, 'bin/remixd.js');
const HARM = join(PACKAGE_ROOT, 'benchmarks/trials/harm.mjs');
/** Healthy seconds, the proof test, and patience with a busy machine. */
const ARM_MS = 40_000;

let folder: string;
let emulator: Emulator;
let said = '';

beforeAll(() => {
  execFileSync('make', ['-s', '-C', join(PACKAGE_ROOT, 'gate'), 'all'], { stdio: 'inherit' });
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-product-'));
  said = '';
  writeFileSync(join(folder, 'gate.conf'), gateLimitsFile(defaultSettings()));
  emulator = await startEmulator();
});
afterEach(async () => {
  await emulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function another(options: EmulatorOptions): Promise<void> {
  await emulator.stop();
  emulator = await startEmulator(options);
}

const socket = (): string => join(folder, 'gate.sock');
/** The gate, once it listens: on a busy machine that takes longer than a controller waits for it. */
async function startGate(): Promise<ChildProcess> {
  rmSync(socket(), { force: true });
  const gate = emulator.spawn(GATE, ['--limits', join(folder, 'gate.conf'), '--socket', socket()]);
  await until(() => existsSync(socket()), 10_000);
  return gate;
}

/** Starts a command of the product; its words gather in `said`. */
function remixd(command: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const sets = [
    'hal.kind=linux',
    `gate.socket=${socket()}`,
    `runtime.stateDir=${join(folder, 'state')}`,
    `runtime.runsDir=${join(folder, 'runs')}`,
  ].flatMap((set) => ['--set', set]);
  const child = emulator.spawn(
    process.execPath,
    ['--import', HARM, REMIXD, command, ...sets, ...(command === 'run' ? ['--arm'] : []), ...args],
    {
      env: { ...emulator.env(), ...env },
    },
  );
  for (const stream of [child.stdout, child.stderr]) {
    stream!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  return child;
}

const exited = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('exit', (code) => resolve(code));
  });

/** Waits for current in a run. The proof test lets current flow, too, so the record must say first that it is over. */
async function heating(): Promise<void> {
  await until(() => run().events.includes('-> armed'), ARM_MS).catch((error: unknown) => {
    throw new Error(`${error}\n${run().events}\n${said}`);
  });
  await until(async () => (await emulator.state()).flowingA > 0.3, 10_000);
}

/** The newest record; no facts and no events while nothing has been recorded. */
function run(): { facts: Record<string, unknown>; events: string } {
  const runs = join(folder, 'runs');
  const last = existsSync(runs) ? join(runs, readdirSync(runs).sort().at(-1) ?? '') : '';
  if (!existsSync(join(last, 'events.csv'))) return { facts: {}, events: '' };
  return {
    facts: JSON.parse(readFileSync(join(last, 'run.json'), 'utf8')) as Record<string, unknown>,
    events: readFileSync(join(last, 'events.csv'), 'utf8'),
  };
}

describe('remixd run on a board', () => {
  it.each([{ board: 'pi4' }, { board: 'pi5' }, { board: 'pi4', sysfs: false }, { board: 'pi5', sysfs: false }])(
    'proves both switches, pulses, and leaves every line low: %j',
    async (set) => {
      await another({ set });
      await startGate();
      const controller = remixd('run', ['--set', 'pulse.onMs=200', '--set', 'pulse.periodMs=1000']);
      await heating();
      await until(async () => (await emulator.state()).flowingA === 0);
      await heating();
      controller.kill('SIGTERM');
      expect(await exited(controller)).toBe(0);
      const state = await emulator.state();
      expect(state).toMatchObject({ heater: 0, enable: 0, light: 0, flowingA: 0, exported: [] });
      expect(state.held.map(({ consumer }) => consumer)).not.toContain('remixd-lines');
      expect(said).toContain('hardware');
      expect(said).not.toContain('SIMULATED');
      const { facts, events } = run();
      expect(facts).toMatchObject({ bench: 'hardware', simulated: false, calibration: null });
      expect(events).toMatch(/gate,hello,scheduling (fifo45|other)/);
      expect(events).toContain('test-opening -> armed');
    },
    90_000,
  );

  it('trips when the E-stop opens, says how to go on, and goes on only when that is said', async () => {
    await startGate();
    const tripped = remixd('run', ['--set', 'pulse.periodMs=1000']);
    await heating();
    await emulator.command({ cmd: 'contact', which: 'estop', closed: false });
    await until(() => Promise.resolve(said.includes('TRIPPED')));
    await emulator.command({ cmd: 'contact', which: 'estop', closed: true });
    tripped.kill('SIGTERM');
    expect(await exited(tripped)).toBe(1);
    expect(said).toContain('--acknowledge 1');
    said = '';
    const waiting = remixd('run', ['--seconds', '9']);
    expect(await exited(waiting)).toBe(1);
    expect((await emulator.state()).heater).toBe(0);
    expect(said).not.toContain('| ARMED |');
  }, 120_000);

  it('is told by systemd’s protocol that it is alive while it ticks, and no more once its loop hangs', async () => {
    await startGate();
    const listener = join(folder, 'notify');
    const heard: string[] = [];
    const { createSocket } = createRequire(import.meta.url)('unix-dgram') as {
      createSocket(type: string, take: (message: Buffer) => void): { bind(path: string): void; close(): void };
    };
    const manager = createSocket('unix_dgram', (message) => heard.push(message.toString()));
    manager.bind(listener);
    const controller = remixd('run', [], { NOTIFY_SOCKET: listener, TRIAL_HARM: 'busy' });
    await until(() => Promise.resolve(heard.length >= 4), 20_000);
    expect(heard[0]).toMatch(/^READY=1\nWATCHDOG=1\nSTATUS=/);
    expect(heard.slice(1).every((message) => message.startsWith('WATCHDOG=1'))).toBe(true);
    controller.kill('SIGUSR2');
    await new Promise((resolve) => setTimeout(resolve, 700));
    const before = heard.length;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(heard.length).toBe(before);
    manager.close();
    controller.kill('SIGKILL');
    await exited(controller);
  }, 60_000);

  it('latches a gate that was killed in a pulse, with the heater off, and finds the next gate', async () => {
    const gate = await startGate();
    const controller = remixd('run', ['--set', 'pulse.onMs=2500', '--set', 'pulse.periodMs=5000']);
    await heating();
    gate.kill('SIGKILL');
    await until(() => Promise.resolve(said.includes('TRIPPED')));
    // Said at once; the pump holds ENABLE for a moment longer.
    await until(async () => !(await emulator.state()).pumpClosed, 1_000);
    const { heater, flowingA, pumpClosed } = await emulator.state();
    // The line stays high, as a board without strict_gpiod leaves it; the second switch is open.
    expect({ heater, flowingA, pumpClosed }).toEqual({ heater: 1, flowingA: 0, pumpClosed: false });
    await startGate();
    await until(async () => (await emulator.state()).heater === 0);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    controller.kill('SIGTERM');
    expect(await exited(controller)).toBe(1);
    const { events } = run();
    expect(events).toContain('gate,closed');
    expect(events.match(/gate,hello/g)!.length).toBe(2);
    expect((await emulator.state()).flowingA).toBe(0);
  }, 90_000);

  it('refuses a second controller, and one without a gate, and says what to do', async () => {
    await startGate();
    const first = remixd('run');
    await until(() => Promise.resolve(said.includes('SAFE')), 20_000);
    said = '';
    expect(await exited(remixd('run'))).toBe(78);
    expect(said).toContain('ALREADY_RUNNING');
    said = '';
    const otherState = ['--set', `runtime.stateDir=${join(folder, 'state2')}`];
    expect(await exited(remixd('run', otherState))).toBe(69);
    expect(said).toMatch(/GATE_UNREACHABLE[\s\S]*remedy/);
    first.kill('SIGTERM');
    await exited(first);
  }, 60_000);

  it.skipIf(process.env['NATIVE_SHORT'])(
    'commissions the board in real time and runs with the calibration it wrote',
    async () => {
      await startGate();
      const commission = remixd('commission', ['--yes']);
      expect(await exited(commission), said).toBe(0);
      expect(said).toMatch(/Calibration cal-[0-9a-f]{12}/);
      const { settings } = JSON.parse(readFileSync(join(folder, 'state/calibration.json'), 'utf8')) as {
        settings: Record<string, number>;
      };
      expect(settings['heater.gainKPerW']).toBeGreaterThan(5.5);
      expect(settings['heater.gainKPerW']).toBeLessThan(7);
      expect(Math.abs(settings['heater.fastTauS']! / 2.85 - 1)).toBeLessThan(0.1);
      // Too short to arm; what counts is what the record says it would have run with.
      await exited(remixd('run', ['--seconds', '3']));
      expect(run().facts['calibration']).toMatch(/^cal-/);
      expect((await emulator.state()).flowingA).toBe(0);
    },
    240_000,
  );

  it('ends an autotune with no current and no result when it gets SIGTERM while current flows', async () => {
    await startGate();
    const autotune = remixd('autotune', ['--yes']);
    await until(() => Promise.resolve(said.includes('Relay around')), 40_000);
    await until(async () => (await emulator.state()).flowingA > 0.3, ARM_MS);
    autotune.kill('SIGTERM');
    expect(await exited(autotune), said).toBe(1);
    expect(said).toContain('it was stopped');
    expect((await emulator.state()).flowingA).toBe(0);
  }, 90_000);
});

describe('remixd find-pattern on a board', () => {
  const find = (...sets: string[]) => remixd('find-pattern', ['--yes', ...sets.flatMap((set) => ['--set', set])]);

  it('is refused without a commissioned bench and without a light of its own, with no heat', async () => {
    await startGate();
    expect(await exited(find('light.drive=none'))).toBe(1);
    expect(said).toContain('the light is not switched by remixd');
    expect(await exited(find())).toBe(1);
    expect(said).toContain('run remixd commission first');
    expect(await emulator.state()).toMatchObject({ flowingA: 0, heater: 0, light: 0 });
  }, 60_000);

  it('heats its first trial in the dark, and ends with no current and no light when it gets SIGTERM', async () => {
    await startGate();
    const search = find('heater.commissioned=true');
    // Longer than the pulses of the proof test: the film is mixed by pulses of 2 s.
    await until(() => run().events.includes('-> armed'), ARM_MS).catch((error: unknown) => {
      throw new Error(`${error}\n${said}`);
    });
    await until(async () => (await emulator.state()).flowingA > 0.3, 20_000);
    expect(await emulator.state()).toMatchObject({ light: 0 });
    search.kill('SIGTERM');
    expect(await exited(search), said).toBe(1);
    expect(said).toContain('it was stopped');
    expect(await emulator.state()).toMatchObject({ flowingA: 0, heater: 0, enable: 0, light: 0, exported: [] });
  }, 120_000);
});

describe('remixd run on a board without GPIO files in /sys', () => {
  beforeEach(() => another({ set: { sysfs: false } }));

  /** The process that holds the controller’s lines. */
  const holder = async (): Promise<number> =>
    (await emulator.state()).held.find(({ consumer }) => consumer === 'remixd-lines')!.pid;
  const LONG = ['--set', 'pulse.onMs=2500', '--set', 'pulse.periodMs=5000'];

  it('holds ENABLE in another process than the heater, also where gpio.access says so on a board with them', async () => {
    await another({});
    const gate = await startGate();
    const controller = remixd('run', [...LONG, '--set', 'gpio.access=chardev']);
    await heating();
    const { held } = await emulator.state();
    expect(held.find(({ line }) => line === 17)).toMatchObject({ consumer: 'remixd-gate', pid: gate.pid });
    expect(held.find(({ line }) => line === 27)?.consumer).toBe('remixd-lines');
    expect(held.find(({ line }) => line === 27)?.pid).not.toBe(gate.pid);
    controller.kill('SIGTERM');
    expect(await exited(controller)).toBe(0);
  }, 90_000);

  it('trips when the E-stop opens, and leaves every line low', async () => {
    await startGate();
    const controller = remixd('run', LONG);
    await heating();
    await emulator.command({ cmd: 'contact', which: 'estop', closed: false });
    await until(() => said.includes('TRIPPED'));
    await until(() => run().events.includes('E401'));
    controller.kill('SIGTERM');
    expect(await exited(controller)).toBe(1);
    expect(await emulator.state()).toMatchObject({ heater: 0, enable: 0, light: 0 });
  }, 90_000);

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'trips with no current 0.3 s after the program for the lines got %s in a pulse',
    async (signal) => {
      await startGate();
      const controller = remixd('run', LONG);
      await heating();
      const pid = await holder();
      const at = MONOTONIC.now();
      process.kill(pid, signal);
      await until(() => said.includes('TRIPPED'));
      await new Promise((resolve) => setTimeout(resolve, 500));
      const { lastHeatUs, flowingA, pumpClosed, heater } = await emulator.state();
      process.stdout.write(`heat after ${signal}: ${(lastHeatUs - at) / 1000} ms\n`);
      expect({ flowingA, pumpClosed, heater }).toEqual({ flowingA: 0, pumpClosed: false, heater: 0 });
      expect(lastHeatUs - at).toBeLessThan(300_000);
      controller.kill('SIGTERM');
      expect(await exited(controller)).toBe(1);
      const { events } = run();
      expect(events).toMatch(/E401|estop/);
      if (signal === 'SIGKILL') expect(events).toContain('lines-lost');
      // One that was stopped is killed at the end, so the next controller finds its lines free.
      await until(async () => (await emulator.state()).held.every(({ consumer }) => consumer !== 'remixd-lines'));
    },
    90_000,
  );

  it('makes no edge for a controller that is stopped: no current 0.3 s later', async () => {
    await startGate();
    const controller = remixd('run', LONG);
    await heating();
    const at = MONOTONIC.now();
    controller.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 800));
    const { lastHeatUs, pumpClosed, flowingA } = await emulator.state();
    expect({ pumpClosed, flowingA }).toEqual({ pumpClosed: false, flowingA: 0 });
    expect(lastHeatUs - at).toBeLessThan(300_000);
    controller.kill('SIGKILL');
    await until(async () => (await emulator.state()).held.every(({ consumer }) => consumer !== 'remixd-lines'), 500);
    expect(await emulator.state()).toMatchObject({ heater: 0, enable: 0, light: 0 });
  }, 90_000);

  it('lowers the outputs when the controller is killed, and starts again', async () => {
    await startGate();
    const controller = remixd('run', LONG);
    await heating();
    controller.kill('SIGKILL');
    await exited(controller);
    await until(async () => (await emulator.state()).held.every(({ consumer }) => consumer !== 'remixd-lines'), 500);
    expect(await emulator.state()).toMatchObject({ heater: 0, enable: 0, light: 0, flowingA: 0 });
    said = '';
    const again = remixd('run');
    await until(() => said.includes('TRIPPED'), 20_000);
    again.kill('SIGTERM');
    await exited(again);
  }, 90_000);

  it('says what is missing when sysfs is asked for, and when another program holds a line', async () => {
    await startGate();
    expect(await exited(remixd('run', ['--set', 'gpio.access=sysfs']))).toBe(69);
    expect(said).toMatch(/GPIO_NO_SYSFS[\s\S]*gpio\.access/);
    said = '';
    await emulator.lines('hold', 23, 0);
    expect(await exited(remixd('run'))).toBe(69);
    expect(said).toMatch(/GPIO_BUSY[\s\S]*held by "lines"[\s\S]*remedy/);
  }, 60_000);
});

describe('a bus that hangs', () => {
  it('for a second at every 20th read changes no pulse', async () => {
    await startGate();
    const client = await openGate({ path: socket(), now: MONOTONIC.now, timeoutMs: 5000 });
    const script = `
      const { openI2c } = await import(${JSON.stringify(join(PACKAGE_ROOT, 'dist/src/hal/linux/i2c.js'))});
      const { openGate } = await import(${JSON.stringify(join(PACKAGE_ROOT, 'dist/src/hal/linux/gate.js'))});
      const { MONOTONIC } = await import(${JSON.stringify(join(PACKAGE_ROOT, 'dist/src/runtime/clock.js'))});
      const gate = await openGate({ path: ${JSON.stringify(socket())}, now: MONOTONIC.now, timeoutMs: 5000 });
      const bus = await openI2c({ bus: 1, addresses: [0x5a] });
      const startUs = MONOTONIC.now() + 200000;
      const word = new Uint8Array(3);
      let hung = 0;
      setInterval(() => {
        bus.readBlock(0x5a, 7, word, (error) => { if (error?.kind === 'timeout') hung += 1; });
        gate.play({ onUs: 100000, periodUs: 250000, startUs }, 250000);
      }, 50);
      setTimeout(() => { console.log(JSON.stringify({ startUs, hung, widths: gate.drain().filter((e) => e.kind === 'edge').map((e) => [e.rising, e.achievedUs - e.askedUs]) })); process.exit(0); }, 8000);`;
    client.close();
    const phase = async (hang: boolean): Promise<{ hung: number; late: number[] }> => {
      await emulator.command({ cmd: 'hang', every: hang ? 20 : 0, ms: 1000 });
      const { stdout, stderr } = await emulator.run(process.execPath, ['--input-type=module', '-e', script]);
      expect(stderr).toBe('');
      const { hung, widths } = JSON.parse(stdout) as { hung: number; widths: [boolean, number][] };
      return { hung, late: widths.map(([, late]) => late).sort((a, b) => a - b) };
    };
    const calm = await phase(false);
    const hanging = await phase(true);
    const at = (late: readonly number[], share: number): number => late[Math.ceil(share * late.length) - 1]!;
    process.stdout.write(
      `edges late by, µs (p50, p90, max): ${[calm, hanging].map(({ late }) => [at(late, 0.5), at(late, 0.9), at(late, 1)].join(', ')).join('   hanging bus: ')}\n`,
    );
    expect(hanging.hung).toBeGreaterThan(10);
    expect(hanging.late.length).toBeGreaterThanOrEqual(50);
    // The bench's own spread, and room for a stall of the machine; a read that blocked would show as a second.
    expect(at(hanging.late, 0.9)).toBeLessThan(at(calm.late, 1) + 2000);
    expect(at(hanging.late, 1)).toBeLessThan(100_000);
  }, 60_000);
});
