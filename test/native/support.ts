/**
 * What the native tests share: an emulator a test, and programs that see its files instead of the kernel's.
 *
 *   const emulator = await startEmulator({ set: { 'sim.noise': 0 } });
 *   const { stdout } = await emulator.run('/path/of/program', ['argument']);
 *   const { heater } = await emulator.state();
 *   await emulator.stop();
 */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import type { Command } from './emulator/commands.ts';
import type { Cause } from './emulator/lines.ts';
import type { Request } from './programs/ports.ts';

const ROOT = PACKAGE_ROOT;
const BUILT = join(ROOT, 'dist/test/native');

let shim: string | null = null;

/** Builds the preloaded library, once a process. @returns its path */
export function shimPath(): string {
  if (shim === null) {
    const out = join(BUILT, 'shim');
    execFileSync('make', ['-s', '-C', join(ROOT, 'test/native/shim'), `OUT=${out}`], { stdio: 'inherit' });
    shim = join(out, 'shim.so');
  }
  return shim;
}

/** Compiles a C program. @returns the path of the executable */
export function compileC(source: string, executable: string, flags: readonly string[] = ['-O2']): string {
  execFileSync('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', ...flags, '-o', executable, source], {
    stdio: 'inherit',
  });
  return executable;
}

export interface BenchState {
  readonly now: number;
  readonly heater: 0 | 1;
  readonly enable: 0 | 1;
  readonly light: 0 | 1;
  readonly pumpClosed: boolean;
  readonly flowingA: number;
  readonly lastHeatUs: number;
  readonly energyJ: number;
  readonly filmC: number;
  readonly exported: readonly number[];
  readonly held: readonly { readonly line: number; readonly consumer: string; readonly pid: number }[];
  /** Open virtual files by kind. */
  readonly open: Readonly<Record<string, number>>;
  readonly transfers: { readonly i2c: number; readonly spi: number };
}

export interface Change {
  readonly at: number;
  readonly line: number;
  readonly level: 0 | 1;
  readonly cause: Cause;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EmulatorOptions {
  /** Settings, and board=pi4|pi5|none|two, sysfs=true|false. */
  readonly set?: Readonly<Record<string, string | number | boolean>>;
}

/** Starts an emulator in a folder of its own. */
export async function startEmulator({ set = {} }: EmulatorOptions = {}): Promise<Emulator> {
  shimPath();
  const emulator = new Emulator(
    mkdtempSync(join(tmpdir(), 'remixd-bench-')),
    Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  );
  await emulator.ready;
  return emulator;
}

export class Emulator {
  readonly ready: Promise<unknown>;
  private readonly process: ChildProcess;
  private readonly programs = new Set<ChildProcess>();
  private readonly answers: ((line: string) => void)[] = [];

  constructor(
    readonly folder: string,
    args: readonly string[],
  ) {
    const main = join(BUILT, 'emulator/main.js');
    this.process = spawn(process.execPath, [main, '--dir', folder, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.process.stdout! }).on('line', (line) => this.answers.shift()?.(line));
    this.ready = new Promise((resolve, reject) => {
      this.answers.push(resolve);
      this.process.once('exit', (code) => reject(new Error(`the emulator ended with ${code}`)));
    });
  }

  /** Environment of a program under test. `first`: libraries to load before, e.g. a sanitizer's. */
  env(first: readonly string[] = []): NodeJS.ProcessEnv {
    return {
      ...process.env,
      LD_PRELOAD: [...first, shimPath()].join(' '),
      EMULATED_BENCH_DIR: this.folder,
      // Files are to be opened by libc and not by the kernel's ring.
      UV_USE_IO_URING: '0',
    };
  }

  /** One command, one answer. @throws Error with the emulator's own words when it refuses */
  command(command: Command): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.answers.push((line) => {
        const answer = JSON.parse(line) as { error?: string };
        if (answer.error === undefined) resolve(answer);
        else reject(new Error(answer.error));
      });
      this.process.stdin!.write(`${JSON.stringify(command)}\n`);
    });
  }

  async state(): Promise<BenchState> {
    return (await this.command({ cmd: 'state' })) as BenchState;
  }

  /** Level changes since the last call, oldest first. */
  async timeline(): Promise<Change[]> {
    return ((await this.command({ cmd: 'timeline' })) as { timeline: Change[] }).timeline;
  }

  /** Starts a program that sees the emulator's files. It is killed by `stop` at the latest. */
  spawn(program: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess {
    const child = spawn(program, args, { env: this.env(), stdio: ['pipe', 'pipe', 'pipe'], ...options });
    this.programs.add(child);
    child.once('exit', () => this.programs.delete(child));
    return child;
  }

  /** Runs a program to its end. */
  run(program: string, args: readonly string[] = [], options: SpawnOptions = {}): Promise<Ended> {
    const child = this.spawn(program, args, options);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
  }

  /** Starts a process that holds ports of the real bench: programs/ports.ts. */
  ports(): Ports {
    return new Ports(this.spawn(process.execPath, [join(BUILT, 'programs/ports.js')]));
  }

  /** Builds and starts programs/lines.c, and waits for its first line of output, which it returns. */
  async lines(...args: readonly (string | number)[]): Promise<{ process: ChildProcess; said: string }> {
    const process = this.spawn(linesProgram(), args.map(String));
    const said = await new Promise<string>((resolve) => {
      createInterface({ input: process.stdout! }).once('line', resolve);
    });
    return { process, said };
  }

  /** Ends the programs that still run, then the emulator, and removes its folder. */
  async stop(): Promise<void> {
    for (const child of this.programs) child.kill('SIGKILL');
    if (this.process.exitCode === null) {
      const ended = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.stdin?.end();
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

let linesBuilt: string | null = null;

function linesProgram(): string {
  linesBuilt ??= compileC(join(ROOT, 'test/native/programs/lines.c'), join(BUILT, 'lines'), ['-O2', '-D_GNU_SOURCE']);
  return linesBuilt;
}

/** What `HalOpenError` says, from another process. */
export interface Refused {
  readonly code: string;
  readonly path: string;
  readonly cause: string;
  readonly remedy: string;
}

/** The other end of programs/ports.ts. */
export class Ports {
  private readonly answers: ((line: string) => void)[] = [];
  private complaints = '';

  constructor(readonly process: ChildProcess) {
    createInterface({ input: process.stdout! }).on('line', (line) => this.answers.shift()?.(line));
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complaints += text;
    });
    process.once('close', () => {
      const refused = { code: 'ENDED', path: '', cause: this.complaints, remedy: '' };
      for (const answer of this.answers.splice(0)) answer(JSON.stringify({ refused }));
    });
  }

  /** @throws Error with the code and the cause when it was refused */
  async do<T = unknown>(request: Request): Promise<T> {
    const answer = await this.ask(request);
    if (answer.refused) throw new Error(`${answer.refused.code}: ${answer.refused.cause}`);
    return answer as T;
  }

  /** A request that is to be refused. */
  async refused(request: Request): Promise<Refused> {
    const { refused } = await this.ask(request);
    if (!refused) throw new Error('it was not refused');
    return refused;
  }

  /** Ends the process by itself, without closing its ports first. */
  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin?.end();
    await ended;
  }

  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await ended;
  }

  private ask(request: Request): Promise<{ refused?: Refused }> {
    return new Promise((resolve) => {
      this.answers.push((line) => resolve(JSON.parse(line) as { refused?: Refused }));
      this.process.stdin!.write(`${JSON.stringify(request)}\n`);
    });
  }
}

/** Waits until `holds`, asking every 5 ms. @throws Error after `withinMs` */
export async function until(holds: () => Promise<boolean> | boolean, withinMs = 3_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so within ${withinMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
