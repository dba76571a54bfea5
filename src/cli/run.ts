/** `remixd run`: the controller in real time, with the live view. */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { putAside, readKept } from '../files/kept.ts';
import { latchInFolder } from '../files/latch.ts';
import { lockFolder } from '../files/lock.ts';
import { loadRecipe } from '../files/recipes.ts';
import { stampOf } from '../files/retention.ts';
import { RunFolder } from '../files/run-folder.ts';
import type { CalendarSession } from '../fronts/calendar/calendar.ts';
import type { RemoteSession } from '../fronts/mqtt/front.ts';
import { type Notifier, openNotifier } from '../fronts/service/notify.ts';
import { History } from '../fronts/terminal/minute.ts';
import { faultLines, type Shown, screen, statusLine, wayOut } from '../fronts/terminal/view.ts';
import { checkTogether, checkValue } from '../params/check.ts';
import { ConfigError } from '../params/problem.ts';
import type { Answer } from '../params/remote.ts';
import type { SettingKey, Settings } from '../params/settings.ts';
import { assembleHardware, assembleSimulation } from '../rig/assemble.ts';
import { realPace, simulatedPace } from '../rig/pace.ts';
import type { Rig } from '../rig/rig.ts';
import type { LatchStore } from '../runtime/latch.ts';
import { twofold } from '../runtime/record.ts';
import type { Ask } from '../safety/kernel.ts';
import { millis, seconds } from '../units.ts';
import { credentialsOf } from './credentials.ts';
import { parseInjection } from './simulate.ts';

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
  /** Arms once, when the bench is ready: the order of the person who gave the command. */
  readonly arm: boolean;
}

/** Asked to end: Ctrl-C, the service manager, a terminal that was closed. */
const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
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
  const simulated = settings['hal.kind'] === 'sim';
  if (!simulated) refuseOnHardware(options);
  const notifier = await openNotifier(process.env);
  const ending = { asked: false };
  const end = (): void => {
    ending.asked = true;
  };
  // Until every output is low: a signal in the middle of the way out does not cut it short.
  for (const signal of STOPS) process.on(signal, end);
  // A closed pipe (remixd run | head) is a stop like any other.
  process.stdout.on('error', end);
  try {
    return await locked(options, notifier, ending);
  } finally {
    for (const signal of STOPS) process.off(signal, end);
    process.stdout.off('error', end);
    notifier.close();
  }
}

/** Somebody asked the program to end. */
interface Ending {
  asked: boolean;
}

async function locked(options: RunOptions, notifier: Notifier, ending: Ending): Promise<number> {
  const stateDir = options.loaded.settings['runtime.stateDir'];
  const simulated = options.loaded.settings['hal.kind'] === 'sim';
  const unlock = lockFolder(stateDir);
  try {
    const { kept, damaged } = readKept<Answer>(stateDir);
    if (damaged) putAside(stateDir);
    const { loaded } = options;
    const { settings, confirmed, dropped } = loaded;
    const recipe = loadRecipe(options.recipe ?? settings['run.recipe']);
    checkCredentials(settings);
    const wallTime = new Date().toISOString();
    const folder = join(settings['runtime.runsDir'], `${stampOf(Date.parse(wallTime))}-${recipe.name}`);
    const journal = new RunFolder(folder, { loaded, settings, recipe, simulated, wallTime });
    const latch = latchInFolder(settings['runtime.stateDir']);
    const injections = options.inject.map(parseInjection);
    checkLatch(latch.load(), options);
    // Loaded here and not above: the other commands need neither the history nor MQTT.
    const [{ openHistory }, { openDesk }, { openRemote }, { openCalendar }] = await Promise.all([
      import('../store/session.ts'),
      import('../desk/desk.ts'),
      import('../fronts/mqtt/front.ts'),
      import('../fronts/calendar/calendar.ts'),
    ]);
    let rig: Rig | null = null;
    let remote: RemoteSession | null = null;
    let calendar: CalendarSession | null = null;
    const past = await openHistory(settings, () => rig?.now() ?? 0);
    try {
      const parts = { settings, recipe, latch, journal: twofold(journal, past.journal) };
      rig = simulated ? assembleSimulation({ ...parts, injections }) : await assembleHardware(parts);
      await journal.open();
      const { desk, tick: deskTick } = openDesk({ rig, settings, past, recipe });
      remote = await openRemote({
        rig,
        settings,
        kept: { ...kept, confirmed: confirmed as typeof kept.confirmed },
        past,
        desk,
      });
      calendar = await openCalendar({ settings, past, desk, journal });
      if (past.words !== null) rig.loop.note('refused', 'history', past.words);
      if (damaged) rig.loop.note('refused', 'remote-damaged', 'remote.json could not be trusted and was put aside');
      if (dropped.size > 0) {
        const words = [...dropped].map(([key, why]) => `${key} (${why})`).join('; ');
        rig.loop.note('refused', 'confirmed-dropped', `confirmed from afar and not in force: ${words}`);
      }
      const beside: Beside = { remote, ticks: [deskTick, remote.tick, calendar.tick] };
      return await live(rig, journal, notifier, ending, beside, { ...options, loaded }, recipe.name);
    } finally {
      // The bench first: whatever else takes its time, heat must not wait for it.
      await rig?.close();
      await calendar?.close();
      await remote?.close();
      await past.close(rig?.now() ?? 0);
    }
  } finally {
    unlock();
  }
}

/** Before any hardware is opened: a damaged certificate must not end the program later, out of the depth of TLS. */
function checkCredentials(settings: Settings): void {
  const own = settings['hal.kind'] === 'sim' && settings['sim.broker'];
  if (settings['mqtt.broker'] === 'none' && !own) return;
  credentialsOf(settings);
}

/** A real bench keeps its own time and breaks by itself. */
function refuseOnHardware({ speed, inject }: RunOptions): void {
  const wrong = [
    { path: '--speed', got: String(speed), given: speed !== 1 },
    { path: '--inject', got: inject.join(' '), given: inject.length > 0 },
  ].filter(({ given }) => given);
  if (wrong.length === 0) return;
  const remedy = 'Leave it out, or use a configuration with hal.kind = sim.';
  throw new ConfigError(
    wrong.map(({ path, got }) => ({ code: 'USAGE', path, got, allowed: 'only on the simulated bench', remedy })),
  );
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

/** What goes on beside control, and is called after each of its ticks. */
interface Beside {
  readonly remote: RemoteSession;
  readonly ticks: readonly (() => void)[];
}

async function live(
  rig: Rig,
  journal: RunFolder,
  notifier: Notifier,
  ending: Ending,
  { remote, ticks }: Beside,
  options: RunOptions,
  recipe: string,
): Promise<number> {
  const { settings } = options.loaded;
  const history = new History();
  const terminal = process.stdout.isTTY === true;
  const shown = (): Shown => ({
    loop: rig.loop,
    settings,
    history,
    now: rig.now(),
    speed: options.speed,
    recipe,
    folder: journal.folder,
    truth: rig.truth(),
    remote: remote.words,
    colour: terminal && process.env['NO_COLOR'] === undefined,
  });
  const startedAt = rig.now();
  const asks = standingAsks(rig, options);
  const over = (): boolean =>
    (rig.loop.finished && rig.loop.kernel.name === 'safe') ||
    (options.seconds !== null && rig.now() - startedAt >= seconds(options.seconds));
  const stop = (): void => {
    ending.asked = true;
  };
  const keys = terminal ? readKeys(rig, remote, stop) : () => {};

  const tick = (): void => {
    rig.tick();
    history.note(rig.loop, rig.now());
    for (const beside of ticks) beside();
    notifier.good(rig.now(), rig.loop.kernel.name);
  };
  const pace = rig.loop.simulated
    ? simulatedPace(settings['loop.tickMs'], options.speed)
    : realPace(settings['loop.tickMs']);
  if (terminal) process.stdout.write('\x1b[?1049h\x1b[?25l');
  else process.stderr.write(`${remote.words}\n`);
  let drawnAt = Number.NEGATIVE_INFINITY;
  let flushedAt = performance.now();
  try {
    while (!ending.asked && !over()) {
      await pace.wait();
      while (!ending.asked && !over() && pace.take()) {
        asks();
        tick();
      }
      const now = performance.now();
      if (now - drawnAt >= (terminal ? SCREEN_MS : LINE_MS)) {
        drawnAt = now;
        draw(shown(), terminal);
      }
      if (now - flushedAt >= FLUSH_MS) {
        flushedAt = now;
        void journal.flush();
      }
    }
    notifier.stopping();
    rig.loop.ask({ kind: 'disarm' });
    const until = rig.now() + SETTLE;
    // The simulated bench’s time passes by its ticks alone.
    while (rig.now() < until) {
      if (!rig.loop.simulated) await pace.wait();
      if (rig.loop.simulated || pace.take()) tick();
    }
  } finally {
    keys();
    if (terminal) process.stdout.write('\x1b[?25h\x1b[?1049l');
  }
  const { kernel } = rig.loop;
  await journal.close({ state: kernel.name, latch: kernel.latch, trips: rig.trips(), heaterA: rig.heaterA() });
  farewell(rig, journal.folder);
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

function farewell(rig: Rig, folder: string): void {
  const { loop } = rig;
  const amps = rig.heaterA();
  const current = amps === null ? 'current not measured' : `${amps.toFixed(3)} A`;
  const bench = loop.simulated ? 'SIMULATED bench' : 'Hardware bench';
  const lines = [`${bench}: heater off (${current}), safety state ${loop.kernel.name}.`];
  const { latch } = loop.kernel;
  if (latch) {
    lines.push(`Trip ${latch.trip}: ${faultLines(latch.fault).join('\n  ')}`);
    lines.push(`It stays latched. When the cause is cured, start again with ${wayOut(latch)}.`);
  }
  lines.push(`Record: ${folder}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Calm for this long counts as ready for the one order that the program gives by itself. */
const READY = seconds(1);

/** Orders given on the command line: repeated until the kernel can take them. Arming by itself happens once. */
export function standingAsks(
  rig: Pick<Rig, 'now' | 'loop'>,
  { acknowledge, reset, arm, loaded }: Pick<RunOptions, 'acknowledge' | 'reset' | 'arm' | 'loaded'>,
): () => void {
  let mayArm = arm || (rig.loop.simulated && loaded.settings['sim.autoArm']);
  // The lockout that was there at the start is the one that was meant; another one needs another person.
  let meant: number | null = null;
  const until = rig.now() + ASK_FOR;
  return () => {
    const { loop } = rig;
    const now = rig.now();
    const { name, latch, calmSince } = loop.kernel;
    if (name === 'boot') return;
    meant ??= latch?.trip ?? 0;
    if (now < until) {
      if (name === 'tripped' && acknowledge !== null) loop.ask({ kind: 'acknowledge', trip: acknowledge });
      if (name === 'lockout' && reset && latch?.trip === meant) loop.ask({ kind: 'reset' });
    }
    // After a trip, a disarm or a fault that dropped the order a person decides.
    if (latch) mayArm = false;
    if (mayArm && name === 'safe' && calmSince !== null && now - calmSince >= READY) {
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

function readKeys(rig: Rig, remote: RemoteSession, stop: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  stdin.setRawMode(true);
  stdin.resume();
  const press = (key: string): void => {
    const { loop } = rig;
    const { latch } = loop.kernel;
    remote.turn((now) => turned(now, key));
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
