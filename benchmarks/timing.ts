/**
 * How punctual the gate is, beside what people use without one, all in the same run on the same machine: a plain C
 * clock_nanosleep loop and a sleep-and-spin loop at the same priority, cyclictest, Node timers and a Python loop. Each
 * figure is a line {name, pattern, load, us, reference, referenceUs, ratio}; medians over the runs.
 *
 *   npm run bench:timing -- [--json] [--seconds N] [--runs N] [--loads idle,busy]
 *
 * The gate and both C loops are real programs on the real gpiochip v2 interface with an emulated chip behind it; their
 * edges are dated when the set of the line reaches the chip. Timers and Python are dated by themselves, before any
 * write. Needs a C compiler; cyclictest and python3 are left out where missing.
 */
import { type ChildProcess, type ExecFileSyncOptions, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PACKAGE_ROOT } from '../src/files/recipes.ts';
import { LinuxGate } from '../src/hal/linux/gate.ts';
import { gateLimitsFile } from '../src/hal/registry.ts';
import { defaultSettings } from '../src/params/settings.ts';
import { MONOTONIC } from '../src/runtime/clock.ts';
import { after, type Instant, millis, SECOND, type Span, seconds } from '../src/units.ts';
import { type Change, type Emulator, startEmulator } from '../test/native/support.ts';

interface Edge {
  readonly rising: boolean;
  readonly asked: number;
  readonly achieved: number;
}

interface Pattern {
  readonly name: string;
  readonly onUs: Span;
  readonly periodUs: Span;
}

const PATTERNS: readonly Pattern[] = [
  { name: '10/100ms', onUs: millis(10), periodUs: millis(100) },
  { name: '0.1/1s', onUs: millis(100), periodUs: SECOND },
  { name: '0.5/5s', onUs: millis(500), periodUs: seconds(5) },
];
/** Each source has its own phase (ms), so that no two that hold a core have an edge within 2 ms of one another. */
const PHASES_MS = { gate: [0, 20, 30], sleep: [40, 60, 70], spin: [80, 15, 25] } as const;
/** BCM lines of the concurrent gates and loops. */
const LINES = { gate: [16, 17, 18], sleep: [19, 20, 21], spin: [12, 13, 26] } as const;
const REFERENCES = [
  'c-nanosleep',
  'c-sleep-spin',
  'node-settimeout-absolute',
  'node-settimeout-chained',
  'python-sleep',
];
const LEASE = millis(250);
const RENEW_MS = 50;
const LEAD_S = 2;

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    runs: { type: 'string', default: '3' },
    loads: { type: 'string', default: 'idle,busy' },
  },
});
const spanS = Number(flags.seconds);
const runs = Number(flags.runs);

const FOLDER = mkdtempSync(join(tmpdir(), 'remixd-timing-'));
const REFERENCE = join(FOLDER, 'reference');
let onBench: NodeJS.ProcessEnv = process.env;
const here = (...parts: string[]): string => join(PACKAGE_ROOT, 'benchmarks/timing', ...parts);
const started = new Set<ChildProcess>();

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  started.add(child);
  child.on('exit', () => started.delete(child));
  return child;
}

/** Everything that a program prints; empty where it does not exist. */
function output(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return new Promise((resolve) => {
    child.on('close', () => resolve(text));
    child.on('error', () => resolve(''));
  });
}

function build(): void {
  const quiet: ExecFileSyncOptions = { stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('make', ['-C', join(PACKAGE_ROOT, 'gate'), 'remixd-gate'], quiet);
  execFileSync('cc', ['-std=c11', '-O2', '-Wno-unused-function', '-o', REFERENCE, here('reference.c')], quiet);
}

const edgesOf = (text: string): Edge[] =>
  text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [rising, asked, achieved] = line.split(' ').map(Number);
      return { rising: rising === 1, asked: asked ?? Number.NaN, achieved: achieved ?? Number.NaN };
    });

interface GateRun {
  readonly expired: number;
  readonly scheduling: string;
}

/** One gate process that plays a pattern from `startUs` to `endUs`, its lease renewed from here. */
async function gateRun(pattern: Pattern, line: number, startUs: Instant, endUs: Instant): Promise<GateRun> {
  const limits = join(FOLDER, `limits-${line}`);
  const path = join(FOLDER, `gate-${line}.sock`);
  writeFileSync(limits, gateLimitsFile({ ...defaultSettings(), 'gpio.heaterLine': line }));
  const gate = start(join(PACKAGE_ROOT, 'gate/remixd-gate'), ['--limits', limits, '--socket', path], onBench);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const client = new LinuxGate({ path, now: MONOTONIC.now });
  await client.greeted(5000);
  let expired = 0;
  const take = (): void => {
    for (const event of client.drain()) {
      if (event.kind === 'lease-expired' || event.kind === 'refused' || event.kind === 'closed') expired += 1;
    }
  };
  const { onUs, periodUs } = pattern;
  await new Promise<void>((resolve) => {
    const renew = setInterval(() => {
      take();
      if (MONOTONIC.now() < endUs) client.play({ onUs, periodUs, startUs }, LEASE);
      else {
        clearInterval(renew);
        resolve();
      }
    }, RENEW_MS);
  });
  client.off();
  await new Promise((resolve) => setTimeout(resolve, 100));
  take();
  const scheduling = client.hello?.scheduling ?? '?';
  client.close();
  gate.kill('SIGTERM');
  return { expired, scheduling };
}

interface Measured {
  /** Edges by source and pattern. */
  readonly edges: Map<string, Edge[][]>;
  readonly expired: number;
  readonly scheduling: string;
  readonly cyclictest: { p50: number; p99: number; max: number } | null;
}

async function measure(emulator: Emulator): Promise<Measured> {
  const t0 = after(MONOTONIC.now(), seconds(LEAD_S));
  const end = after(t0, seconds(spanS));
  const at = (phaseMs: number): Instant => after(t0, millis(phaseMs));
  const edges = new Map<string, Edge[][]>();
  const put = (name: string, index: number, found: Edge[]): void => {
    const list = edges.get(name) ?? [];
    edges.set(name, list);
    list[index] = found;
  };
  let expired = 0;
  let scheduling = '';
  await emulator.timeline();
  const jobs = PATTERNS.flatMap((pattern, i) => {
    const text = (startUs: Instant): string[] => [pattern.onUs, pattern.periodUs, startUs, end].map(String);
    const loop = (how: 'sleep' | 'spin'): Promise<string> =>
      output(start(REFERENCE, [how, String(LINES[how][i]), ...text(at(PHASES_MS[how][i] ?? 0))], onBench));
    const program = async (name: string, command: string, args: string[]): Promise<void> =>
      put(name, i, edgesOf(await output(start(command, args))));
    return [
      gateRun(pattern, LINES.gate[i] ?? 0, at(PHASES_MS.gate[i] ?? 0), end).then((run) => {
        expired += run.expired;
        scheduling = run.scheduling;
      }),
      loop('sleep'),
      loop('spin'),
      program('node-settimeout-absolute', process.execPath, [here('timers.mjs'), 'absolute', ...text(at(50))]),
      program('node-settimeout-chained', process.execPath, [here('timers.mjs'), 'chained', ...text(at(50))]),
      program('python-sleep', 'python3', [here('sleeper.py'), ...text(at(55))]),
    ];
  });
  await Promise.all(jobs);
  const changes = await emulator.timeline();
  PATTERNS.forEach((pattern, i) => {
    const on = (how: keyof typeof LINES): Edge[] =>
      edgesOnLine(changes, LINES[how][i] ?? 0, pattern, at(PHASES_MS[how][i] ?? 0), end);
    put('gate', i, on('gate'));
    put('c-nanosleep', i, on('sleep'));
    put('c-sleep-spin', i, on('spin'));
  });
  return { edges, expired, scheduling, cyclictest: await cyclictest() };
}

/** What really happened on a line, each change beside the nearest edge of its pattern. */
function edgesOnLine(
  changes: readonly Change[],
  line: number,
  { onUs, periodUs }: Pattern,
  from: Instant,
  end: Instant,
): Edge[] {
  return changes
    .filter((change) => change.line === line && change.cause === 'set')
    .map(({ at, level }) => {
      const first = from + (level === 1 ? 0 : onUs);
      const asked = first + Math.round((at - first) / periodUs) * periodUs;
      return { rising: level === 1, asked, achieved: at };
    })
    .filter(({ asked }) => asked < end);
}

async function cyclictest(): Promise<Measured['cyclictest']> {
  const args = ['-q', '-m', '-p45', '-i', '5000', '-D', String(Math.max(3, Math.min(20, Math.round(spanS / 2))))];
  const text = await output(start('cyclictest', [...args, '-h', '50000']));
  const late: number[] = [];
  for (const [, us, count] of text.matchAll(/^(\d+) (\d+)$/gm)) {
    for (let i = 0; i < Number(count); i += 1) late.push(Number(us));
  }
  const max = Number(/Max Latencies: (\d+)/.exec(text)?.[1] ?? Number.NaN);
  return late.length === 0 ? null : { p50: quantile(late, 0.5), p99: quantile(late, 0.99), max };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
const median = (values: readonly number[]): number => quantile(values, 0.5);
const lateness = (edges: readonly Edge[]): number[] => edges.map(({ asked, achieved }) => achieved - asked);

/** Mean error of the on-time, as a share of the on-time asked for. */
function dutyError(edges: readonly Edge[]): number {
  let asked = 0;
  let achieved = 0;
  edges.forEach((fall, i) => {
    const rise = edges[i - 1];
    if (fall.rising || !rise?.rising) return;
    asked += fall.asked - rise.asked;
    achieved += fall.achieved - rise.achieved;
  });
  return Math.abs(achieved / asked - 1);
}

/** How much later than the first tenth of the edges the last tenth is, median, µs. */
function drift(edges: readonly Edge[]): number {
  const late = lateness(edges);
  const tenth = Math.max(1, Math.floor(late.length / 10));
  return median(late.slice(-tenth)) - median(late.slice(0, tenth));
}

const FIGURES: readonly [string, (edges: readonly Edge[]) => number][] = [
  ['lateness-p50', (e) => quantile(lateness(e), 0.5)],
  ['lateness-p99', (e) => quantile(lateness(e), 0.99)],
  ['lateness-p99.9', (e) => quantile(lateness(e), 0.999)],
  ['lateness-max', (e) => Math.max(...lateness(e))],
  ['drift', drift],
];

interface Figure {
  readonly name: string;
  readonly pattern: string;
  readonly load: string;
  readonly us: number;
  readonly reference: string;
  readonly referenceUs: number;
  readonly ratio: number;
  readonly edges?: number;
}

const round = (value: number): number => Number(value.toPrecision(4));

function print(figure: Figure): void {
  const { name, pattern, load, us, reference, referenceUs, ratio } = figure;
  const rounded = { ...figure, us: round(us), referenceUs: round(referenceUs), ratio: round(ratio) };
  const line = flags.json
    ? JSON.stringify(rounded)
    : `${load.padEnd(5)}${pattern.padEnd(10)}${name.padEnd(16)}${String(round(us)).padStart(9)} µs   ${reference.padEnd(25)}${String(round(referenceUs)).padStart(9)} µs   ratio ${round(ratio)}`;
  process.stdout.write(`${line}\n`);
}

/** A figure of the gate beside a reference: medians over the runs, and the median of the runs’ ratios. */
function compare(load: string, measured: readonly Measured[], reference: string): void {
  const all = [...PATTERNS.map(({ name }) => name), 'all'];
  all.forEach((pattern, i) => {
    const edgesIn = (m: Measured, source: string): Edge[] =>
      pattern === 'all' ? (m.edges.get(source) ?? []).flat() : (m.edges.get(source)?.[i] ?? []);
    for (const [name, figure] of FIGURES) {
      if (pattern === 'all' && name === 'drift') continue;
      const ours = measured.map((m) => figure(edgesIn(m, 'gate')));
      const theirs = measured.map((m) => figure(edgesIn(m, reference)));
      const ratio = median(ours.map((us, k) => us / (theirs[k] ?? Number.NaN)));
      const edges = measured.reduce((sum, m) => sum + edgesIn(m, 'gate').length, 0);
      print({ name, pattern, load, us: median(ours), reference, referenceUs: median(theirs), ratio, edges });
    }
    if (pattern === 'all') return;
    const onUs = PATTERNS[i]?.onUs ?? 0;
    const ours = median(measured.map((m) => dutyError(edgesIn(m, 'gate'))));
    const theirs = median(measured.map((m) => dutyError(edgesIn(m, reference))));
    print({
      name: `duty-error (${(100 * ours).toFixed(5)} %)`,
      pattern,
      load,
      us: ours * onUs,
      reference,
      referenceUs: theirs * onUs,
      ratio: ours / theirs,
    });
  });
}

async function main(): Promise<void> {
  build();
  const emulator = await startEmulator();
  onBench = emulator.env();
  try {
    await campaign(emulator);
  } finally {
    await emulator.stop();
  }
}

async function campaign(emulator: Emulator): Promise<void> {
  for (const load of flags.loads.split(',')) {
    const busy = load === 'busy' ? [1, 2].map(() => start(process.execPath, [here('load.mjs'), FOLDER])) : [];
    const measured: Measured[] = [];
    for (let run = 0; run < runs; run += 1) measured.push(await measure(emulator));
    for (const child of busy) child.kill('SIGKILL');
    for (const reference of REFERENCES) {
      if (measured.some((m) => (m.edges.get(reference) ?? []).flat().length === 0)) {
        process.stderr.write(`${reference}: not measured (missing on this machine)\n`);
      } else compare(load, measured, reference);
    }
    const cyclic = measured.map((m) => m.cyclictest).filter((c) => c !== null);
    for (const share of ['p50', 'p99', 'max'] as const) {
      if (cyclic.length === 0) break;
      const name = `lateness-${share}`;
      const figure = FIGURES.find(([of]) => of === name)?.[1] ?? (() => Number.NaN);
      const us = median(measured.map((m) => figure((m.edges.get('gate') ?? []).flat())));
      const referenceUs = median(cyclic.map((c) => c[share]));
      print({ name, pattern: 'all', load, us, reference: 'cyclictest', referenceUs, ratio: us / referenceUs });
    }
    const expired = measured.reduce((sum, m) => sum + m.expired, 0);
    const scheduling = measured[0]?.scheduling ?? '?';
    process.stderr.write(`${load}: gate scheduling ${scheduling}, ${expired} lease(s) lost in ${runs} run(s)\n`);
  }
}

try {
  await main();
} finally {
  for (const child of started) child.kill('SIGKILL');
  rmSync(FOLDER, { recursive: true, force: true });
}
process.exit();
