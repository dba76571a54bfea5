/** `remixd run`: the controller in real time, with the live view. */
import { join } from 'node:path';
import { assembleSimulation, requireSimulated } from '../main.ts';
import { checkTogether, checkValue } from '../params/check.ts';
import type { SettingKey, Settings } from '../params/settings.ts';
import { ConfigError, type LoadedConfig } from '../runtime/config.ts';
import { type LatchStore, latchInFolder } from '../runtime/latch.ts';
import { lockFolder } from '../runtime/lock.ts';
import { loadRecipe } from '../runtime/recipes.ts';
import { RunFolder } from '../runtime/run-folder.ts';
import type { Simulation } from '../runtime/simulation.ts';
import type { Ask } from '../safety/kernel.ts';
import { millis, seconds } from '../units.ts';
import { History } from './history.ts';
import { parseInjection } from './simulate.ts';
import { faultLines, type Shown, screen, statusLine, wayOut } from './view.ts';

export interface RunOptions {
  readonly loaded: LoadedConfig;
  readonly speed: number;
  /** Ends by itself after this many seconds of the bench’s time. */
  readonly seconds: number | null;
  /** Recipe name or file, instead of the setting. */
  readonly recipe: string | null;
  readonly acknowledge: number | null;
  /** Faults to break the simulated bench with, FAULT@SECONDS. */
  readonly inject: readonly string[];
  readonly reset: boolean;
}

const PACE_MS = 20;
const SCREEN_MS = 200;
const LINE_MS = 1000;
const FLUSH_MS = 1000;
/** How long the controller goes on after a disarm, so that the record shows the heater off and the pump open. */
const SETTLE = millis(500);
/** An acknowledgement is repeated until it can be accepted, at the longest this long. */
const ASK_FOR = seconds(20);

/** Runs until it is stopped or the recipe ends. Returns the exit code: 0, or 1 when it ended tripped or locked out. */
export async function run(options: RunOptions): Promise<number> {
  const { settings } = options.loaded;
  requireSimulated(settings);
  const recipe = loadRecipe(options.recipe ?? settings['run.recipe']);
  const unlock = lockFolder(settings['runtime.stateDir']);
  try {
    const wallTime = new Date().toISOString();
    const folder = join(settings['runtime.runsDir'], `${wallTime.slice(0, 19).replaceAll(':', '-')}-${recipe.name}`);
    const journal = new RunFolder(folder, { loaded: options.loaded, settings, recipe, simulated: true, wallTime });
    const latch = latchInFolder(settings['runtime.stateDir']);
    const injections = options.inject.map(parseInjection);
    checkLatch(latch.load(), options);
    const simulation = assembleSimulation({ settings, recipe, latch, journal, injections });
    await journal.open();
    return await live(simulation, journal, options, recipe.name);
  } finally {
    unlock();
  }
}

/** An acknowledgement of another trip, or a reset of what is no lockout, is a slip that must not pass in silence. */
function checkLatch(record: ReturnType<LatchStore['load']>, { acknowledge, reset }: RunOptions): void {
  // What a damaged record, or a run that ended while armed, becomes is decided at boot.
  if (record === 'damaged' || record?.armed) return;
  const trip = record?.latch?.trip ?? null;
  const kind = record?.latch?.kind ?? 'nothing';
  const latched = trip === null ? 'nothing is latched' : `trip ${trip} is latched (${kind})`;
  const wrong = acknowledge !== null && (kind !== 'tripped' || acknowledge !== trip);
  if (!wrong && !(reset && kind !== 'lockout')) return;
  const path = wrong ? '--acknowledge' : '--reset';
  const remedy =
    kind === 'lockout' ? 'Use --reset at the bench.' : trip === null ? 'Leave it out.' : `Use --acknowledge ${trip}.`;
  throw new ConfigError([{ code: 'USAGE', path, got: latched, allowed: 'the latch that is there', remedy }]);
}

async function live(simulation: Simulation, journal: RunFolder, options: RunOptions, recipe: string): Promise<number> {
  const { bench } = simulation;
  const { settings } = options.loaded;
  const history = new History();
  const terminal = process.stdout.isTTY === true;
  const shown = (): Shown => ({
    loop: simulation.loop,
    settings,
    history,
    now: bench.now,
    speed: options.speed,
    recipe,
    folder: journal.folder,
    truth: { segregated: bench.twin.film.segregated, filmC: bench.twin.filmC },
    colour: terminal && process.env['NO_COLOR'] === undefined,
  });
  const asks = standingAsks(simulation, options);
  let stopping = false;
  const stop = (): void => {
    stopping = true;
  };
  const keys = terminal ? readKeys(simulation, stop) : () => {};
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // A closed pipe (remixd run | head) is a stop like any other.
  process.stdout.on('error', stop);

  const tick = (): void => {
    simulation.tick();
    history.note(simulation.loop, bench.now);
  };
  if (terminal) process.stdout.write('\x1b[?1049h\x1b[?25l');
  let wall = performance.now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let flushedAt = wall;
  let owedMs = 0;
  try {
    while (!stopping && !over(simulation, options)) {
      await pause(PACE_MS);
      const now = performance.now();
      // After a suspended laptop the bench goes on where it was instead of racing to catch up.
      owedMs = Math.min(owedMs + (now - wall) * options.speed, 500 * options.speed);
      wall = now;
      const tickMs = settings['loop.tickMs'];
      while (owedMs >= tickMs && performance.now() - now < SCREEN_MS && !stopping && !over(simulation, options)) {
        owedMs -= tickMs;
        asks();
        tick();
      }
      if (now - drawnAt >= (terminal ? SCREEN_MS : LINE_MS)) {
        drawnAt = now;
        draw(shown(), terminal);
      }
      if (now - flushedAt >= FLUSH_MS) {
        flushedAt = now;
        void journal.flush();
      }
    }
    simulation.loop.ask({ kind: 'disarm' });
    const until = bench.now + SETTLE;
    while (bench.now < until) tick();
  } finally {
    keys();
    if (terminal) process.stdout.write('\x1b[?25h\x1b[?1049l');
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
  const { kernel } = simulation.loop;
  await journal.close({ state: kernel.name, latch: kernel.latch, trips: simulation.trips(), heaterA: bench.heaterA });
  farewell(simulation, journal.folder);
  return kernel.latch ? 1 : 0;
}

function draw(shown: Shown, terminal: boolean): void {
  if (!terminal) {
    process.stdout.write(`${statusLine(shown)}\n`);
    return;
  }
  const lines = screen(shown, process.stdout.columns ?? 80, (process.stdout.rows ?? 40) - 1);
  process.stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\n')}\n\x1b[J`);
}

function farewell({ loop, bench }: Simulation, folder: string): void {
  const lines = [`SIMULATED bench: heater off (${bench.heaterA.toFixed(3)} A), safety state ${loop.kernel.name}.`];
  const { latch } = loop.kernel;
  if (latch) {
    lines.push(`Trip ${latch.trip}: ${faultLines(latch.fault).join('\n  ')}`);
    lines.push(`It stays latched. When the cause is cured, start again with ${wayOut(latch)}.`);
  }
  lines.push(`Record: ${folder}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

const over = ({ loop, bench }: Simulation, { seconds: limit }: RunOptions): boolean =>
  (loop.finished && loop.kernel.name === 'safe') || (limit !== null && bench.now >= seconds(limit));

/** Calm for this long counts as ready for the one order that the program gives by itself. */
const READY = seconds(1);

/** Orders given on the command line: repeated until the kernel can take them. Arming by itself happens once. */
function standingAsks(simulation: Simulation, { acknowledge, reset, loaded }: RunOptions): () => void {
  let mayArm = loaded.settings['run.autoArm'];
  return () => {
    const { loop, bench } = simulation;
    const { name, latch, calmSince } = loop.kernel;
    if (bench.now < ASK_FOR) {
      if (name === 'tripped' && acknowledge !== null) loop.ask({ kind: 'acknowledge', trip: acknowledge });
      if (name === 'lockout' && reset) loop.ask({ kind: 'reset' });
    }
    // After a trip, a disarm or a fault that dropped the order a person decides.
    if (latch) mayArm = false;
    if (mayArm && name === 'safe' && calmSince !== null && bench.now - calmSince >= READY) {
      mayArm = false;
      loop.ask({ kind: 'arm' });
    }
  };
}

/** Turns the pulse by a key: arrows up and down change t, left and right change T. Only what the settings allow. */
function turned(settings: Settings, key: string): Settings | null {
  const steps: Record<string, Partial<Settings>> = {
    '\x1b[A': { 'pulse.onMs': settings['pulse.onMs'] + 50 },
    '\x1b[B': { 'pulse.onMs': settings['pulse.onMs'] - 50 },
    '\x1b[C': { 'pulse.periodMs': settings['pulse.periodMs'] + 500 },
    '\x1b[D': { 'pulse.periodMs': settings['pulse.periodMs'] - 500 },
  };
  const change = Object.hasOwn(steps, key) ? steps[key] : undefined;
  if (!change) return null;
  const next: Settings = { ...settings, ...change };
  const good = Object.entries(change).every(([name, value]) => checkValue(name as SettingKey, value) === null);
  return good && checkTogether(next).length === 0 ? next : null;
}

function readKeys(simulation: Simulation, stop: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  stdin.setRawMode(true);
  stdin.resume();
  const press = (key: string): void => {
    const { loop } = simulation;
    const { latch } = loop.kernel;
    const next = turned(loop.tuned, key);
    if (next) loop.retune(next);
    const asks: Record<string, Ask | null> = {
      a: { kind: 'arm' },
      d: { kind: 'disarm' },
      k: latch ? { kind: 'acknowledge', trip: latch.trip } : null,
      r: { kind: 'reset' },
    };
    if (key === 'q' || key === '\x03') stop();
    else if (Object.hasOwn(asks, key) && asks[key]) loop.ask(asks[key]);
  };
  // Several keys may come in one piece.
  const onData = (data: Buffer): void => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: arrow keys begin with the escape character
    for (const key of data.toString('utf8').match(/\x1b\[[A-D]|[\s\S]/gu) ?? []) press(key);
  };
  stdin.on('data', onData);
  return () => {
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
