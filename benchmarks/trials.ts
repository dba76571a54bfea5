/**
 * What happens to the heat when a process is killed, stopped, stalled or cut off: the whole product (`remixd run` with
 * its native modules, and the gate) as real processes on an emulated bench, constant current flowing, one fault, and the
 * truth of the bench: how long heat still flowed, and whether it ever ended.
 *
 *   npm run trials -- [--json] [--per-kind N] [--loads idle,busy] [--kinds a,b] [--parallel N]
 *
 * One line a kind and load: {kind, load, trials, leftOn, worstMs, p99Ms, boundMs, late}. Ends with exit code 1 when heat
 * was left on, or flowed for more than twice the bound.
 */
import { type ChildProcess, type ExecFileSyncOptions, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PACKAGE_ROOT } from '../src/files/recipes.ts';
import { gateLimitsFile } from '../src/hal/registry.ts';
import { defaultSettings } from '../src/params/settings.ts';
import { MONOTONIC } from '../src/runtime/clock.ts';
import { type Emulator, startEmulator } from '../test/native/support.ts';

/** A way to break something, and the longest time that heat may flow after it. */
interface Kind {
  readonly name: string;
  readonly boundMs: number;
  /** Harm done by the controller’s own process, see trials/harm.mjs. */
  readonly harm?: 'abort' | 'heap' | 'busy' | 'cut';
  readonly act?: (bench: Bench) => unknown;
}

/** Crash: the gate sees the end of file at once. Stall: the lease and the pump run out. Gate: the pump alone. */
const CRASH_MS = 50;
const STALL_MS = 300;
const GATE_MS = 200;
/** A hung bus harms no pulse; absent readings trip after 0.5 s and a tick or two. */
const BLIND_MS = 800;

const KINDS: readonly Kind[] = [
  { name: 'controller SIGKILL', boundMs: CRASH_MS, act: (b) => b.controller?.kill('SIGKILL') },
  { name: 'controller SIGSTOP', boundMs: STALL_MS, act: (b) => b.controller?.kill('SIGSTOP') },
  { name: 'controller SIGSEGV', boundMs: CRASH_MS, act: (b) => b.controller?.kill('SIGSEGV') },
  { name: 'controller abort', boundMs: CRASH_MS, harm: 'abort' },
  { name: 'controller heap exhaustion', boundMs: STALL_MS, harm: 'heap' },
  { name: 'controller busy loop', boundMs: STALL_MS, harm: 'busy' },
  { name: 'controller blocked I2C', boundMs: BLIND_MS, act: (b) => b.hang() },
  { name: 'gate SIGKILL', boundMs: GATE_MS, act: (b) => b.gate?.kill('SIGKILL') },
  { name: 'gate SIGSTOP', boundMs: GATE_MS, act: (b) => b.gate?.kill('SIGSTOP') },
  {
    name: 'both SIGKILL',
    boundMs: GATE_MS,
    act: (b) => {
      b.gate?.kill('SIGKILL');
      b.controller?.kill('SIGKILL');
    },
  },
  {
    name: 'both SIGSTOP',
    boundMs: GATE_MS,
    act: (b) => {
      b.gate?.kill('SIGSTOP');
      b.controller?.kill('SIGSTOP');
    },
  },
  { name: 'socket cut', boundMs: CRASH_MS, harm: 'cut' },
];

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    'per-kind': { type: 'string', default: '20' },
    loads: { type: 'string', default: 'idle,busy' },
    kinds: { type: 'string' },
    parallel: { type: 'string', default: '6' },
    release: { type: 'string', default: 'keeps' },
  },
});
const FOLDER = mkdtempSync(join(tmpdir(), 'remixd-trials-'));
const GATE = join(PACKAGE_ROOT, 'gate/remixd-gate');
const RECIPE = join(FOLDER, 'heat.json');
const LIMITS = join(FOLDER, 'gate.conf');
const ARM_MS = 40_000;
const WATCH_MS = 1500;
/** An overloaded computer starves the emulators, and the product then refuses to arm, as it should. */
const TRIES = 6;
const started = new Set<ChildProcess>();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One emulated bench with the product on it. */
class Bench {
  gate: ChildProcess | null = null;
  controller: ChildProcess | null = null;
  private emulator: Emulator | null = null;
  private said = '';
  private readonly folder: string;
  /** Where the controller notes when it began to harm itself. */
  private readonly stamp: string;

  constructor(
    id: number,
    private readonly kind: Kind,
  ) {
    this.folder = join(FOLDER, `bench-${id}`);
    this.stamp = join(this.folder, 'stamp');
    mkdirSync(this.folder);
  }

  /** Emulator, gate, controller, in this order; resolves when constant current flows. False when it never does. */
  async heat(): Promise<boolean> {
    const emulator = await startEmulator();
    this.emulator = emulator;
    await emulator.command({ cmd: 'release', mode: flags.release === 'input' ? 'input' : 'keeps' });
    const socket = join(this.folder, 'gate.sock');
    this.gate = emulator.spawn(GATE, ['--limits', LIMITS, '--socket', socket]);
    await pause(200);
    const sets = [
      `gate.socket=${socket}`,
      `runtime.stateDir=${join(this.folder, 'state')}`,
      `runtime.runsDir=${join(this.folder, 'runs')}`,
      'hal.kind=linux',
    ].flatMap((set) => ['--set', set]);
    const node = ['--max-old-space-size=64', '--import', join(PACKAGE_ROOT, 'benchmarks/trials/harm.mjs')];
    const args = [...node, join(PACKAGE_ROOT, 'bin/remixd.js'), 'run', '--arm', '--recipe', RECIPE, ...sets];
    const env = { ...emulator.env(), TRIAL_HARM: this.kind.harm ?? '', TRIAL_STAMP: this.stamp };
    const controller = emulator.spawn(process.execPath, args, { env });
    this.controller = controller;
    for (const stream of [controller.stdout, controller.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.said = `${this.said}${text}`.slice(-4000);
      });
    }
    for (let waited = 0; waited < ARM_MS && controller.exitCode === null; waited += 100) {
      await pause(100);
      if (this.said.includes('ARMED') && (await emulator.state()).flowingA > 0.1) return true;
    }
    process.stderr.write(`${this.kind.name}: the controller did not arm: ${this.said.trim().split('\n').at(-1)}\n`);
    return false;
  }

  /** Every transfer on the I2C bus from now on hangs. */
  hang(): Promise<unknown> {
    return this.emulator!.command({ cmd: 'hang', every: 1, ms: 60_000 });
  }

  /** The fault, and how long heat flowed after it, ms; null = it still flows. */
  async breakIt(): Promise<number | null> {
    await pause(Math.random() * 700);
    let at: number = MONOTONIC.now();
    if (this.kind.harm) this.controller?.kill('SIGUSR2');
    else await this.kind.act?.(this);
    await pause(Math.max(WATCH_MS, 2 * this.kind.boundMs));
    const { now, flowingA, lastHeatUs } = await this.emulator!.state();
    if (this.kind.harm) at = Number(readFileSync(this.stamp, 'utf8'));
    if (flowingA > 0 || now - lastHeatUs < 200_000) return null;
    return Math.max(0, (lastHeatUs - at) / 1000);
  }

  async end(): Promise<void> {
    await this.emulator?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

let serial = 0;

async function trial(kind: Kind): Promise<number | null> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    serial += 1;
    const bench = new Bench(serial, kind);
    try {
      if (await bench.heat()) return await bench.breakIt();
    } finally {
      await bench.end();
    }
  }
  throw new Error(`${kind.name}: no bench armed in ${TRIES} tries`);
}

async function campaign(kind: Kind, load: string, count: number): Promise<boolean> {
  const heat: (number | null)[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      heat.push(await trial(kind));
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, Number(flags.parallel)) }, worker));
  const ended = heat.filter((ms) => ms !== null).sort((a, b) => a - b);
  const leftOn = heat.length - ended.length;
  const at = (share: number): number => ended[Math.max(0, Math.ceil(share * ended.length) - 1)] ?? Number.NaN;
  const line = {
    kind: kind.name,
    load,
    trials: heat.length,
    leftOn,
    worstMs: Number(at(1).toFixed(1)),
    p99Ms: Number(at(0.99).toFixed(1)),
    p50Ms: Number(at(0.5).toFixed(1)),
    boundMs: kind.boundMs,
    late: ended.filter((ms) => ms > kind.boundMs).length,
  };
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(line)}\n`
      : `${load.padEnd(5)}${kind.name.padEnd(28)}${String(line.trials).padStart(5)} trials   left on ${leftOn}   p50 ${line.p50Ms} ms   p99 ${line.p99Ms} ms   worst ${line.worstMs} ms   bound ${kind.boundMs} ms\n`,
  );
  // A stalled machine can be late; twice the bound is no stall.
  return leftOn === 0 && !(line.worstMs > 2 * kind.boundMs);
}

function build(): void {
  const quiet: ExecFileSyncOptions = { stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('make', ['-C', join(PACKAGE_ROOT, 'gate'), 'remixd-gate'], quiet);
  writeFileSync(LIMITS, gateLimitsFile(defaultSettings()));
  const steps = [{ light: 0, mode: 'constant', forS: 600 }];
  writeFileSync(RECIPE, JSON.stringify({ title: 'constant current for trials', steps }));
}

async function main(): Promise<boolean> {
  build();
  const count = Number(flags['per-kind']);
  let good = true;
  for (const load of (flags.loads ?? '').split(',')) {
    const file = join(PACKAGE_ROOT, 'benchmarks/timing/load.mjs');
    const busy = load === 'busy' ? [1, 2].map(() => spawn(process.execPath, [file, FOLDER])) : [];
    for (const child of busy) started.add(child);
    for (const kind of KINDS) {
      if (flags.kinds === undefined || flags.kinds.split(',').includes(kind.name)) {
        good = (await campaign(kind, load, count)) && good;
      }
    }
    for (const child of busy) child.kill('SIGKILL');
  }
  return good;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  for (const child of started) {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
  }
  rmSync(FOLDER, { recursive: true, force: true });
}
process.exit();
