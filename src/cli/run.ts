/** `remixd run`: the controller in real time. Options, signals and the pace; daemon.ts wires the rest. */
import type { LoadedConfig } from '../config/load.ts';
import { type Daemon, openDaemon } from '../daemon.ts';
import { type Notifier, openNotifier } from '../fronts/service/notify.ts';
import { faultLines, wayOut } from '../fronts/terminal/words.ts';
import { endLine } from '../params/alarms.ts';
import type { Origin } from '../params/commands.ts';
import { FAULTS } from '../params/faults.ts';
import { ConfigError } from '../params/problem.ts';
import type { Snapshots } from '../params/subscriber.ts';
import { realPace, simulatedPace } from '../rig/pace.ts';
import { millis, seconds, since } from '../units.ts';
import { complain } from './output.ts';
import { parseInjection } from './simulate.ts';

export interface RunOptions {
  /** Reads the configuration, with the layers of the state folder. */
  readonly load: () => LoadedConfig;
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
  /** The options that lead to the same configuration, for a child process. */
  readonly configArguments: readonly string[];
}

/** Asked to end: Ctrl-C, the service manager, a terminal that was closed. */
const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const FLUSH_MS = 1000;
/** How long the controller goes on after the last stop, so that the record shows the heater off and the pump open. */
const SETTLE = millis(500);
const END: Origin = { via: 'command line', by: 'the end of the program', proven: true, roles: ['run'] };

/**
 * Runs until it is stopped or the recipe ends. Returns the exit code: 0, or 1 when it ended tripped or locked out, or when
 * it was ordered to arm (`--arm`) and did not.
 */
export async function run(options: RunOptions): Promise<number> {
  const { settings } = options.load();
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
    return await supervised(options, simulated, notifier, ending);
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

async function supervised(
  options: RunOptions,
  simulated: boolean,
  notifier: Notifier,
  ending: Ending,
): Promise<number> {
  const { acknowledge, reset, arm, load, recipe, speed, configArguments } = options;
  const daemon = await openDaemon({
    load,
    recipe,
    injections: options.inject.map(parseInjection),
    orders: { acknowledge, reset, arm: arm || (simulated && load().settings['sim.autoArm']) },
    speed,
    configArguments,
    notifier,
    stop: () => {
      ending.asked = true;
    },
  });
  const arming = armingOf(daemon.rig.feed, daemon.desk);
  try {
    await live(daemon, options, ending);
    await daemon.terminal.close();
    await daemon.end();
    farewell(daemon);
    if (daemon.desk.snapshot.kernel.latch) return 1;
    // Somebody who ends the program before the bench was ready needs no explanation.
    if (!arm || arming.ran || (ending.asked && arming.why === null)) return 0;
    const present = daemon.desk.snapshot.faults.map((name) => `${FAULTS[name].code} ${FAULTS[name].label}`);
    const late = `the time of --seconds was over before the bench was ready. ${present.join(', ')}`;
    complain(`The bench did not arm: ${arming.why ?? late.trim()}\n`);
    return 1;
  } finally {
    await daemon.close();
  }
}

/** Whether a run has begun since the start, and why the last order to arm came to nothing. */
export function armingOf(
  feed: Pick<Snapshots, 'subscribe'>,
  desk: Pick<Daemon['desk'], 'isEnding'>,
): { readonly ran: boolean; readonly why: string | null } {
  const arming = { ran: false, why: null as string | null };
  feed.subscribe({
    event: (event) => {
      if (event.kind === 'state' && event.to === 'armed') arming.ran = true;
      // An order that comes while the program ends is refused for that alone.
      if (event.kind === 'refused' && event.name === 'arm' && !desk.isEnding) arming.why = event.text;
    },
  });
  return arming;
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

/** Ticks at the bench’s pace until it is over, then stops and lets the record show it. */
async function live(daemon: Daemon, options: RunOptions, ending: Ending): Promise<void> {
  const { rig, desk, settings, terminal, service } = daemon;
  const startedAt = rig.now();
  const over = (): boolean =>
    (desk.snapshot.finished && desk.snapshot.kernel.name === 'safe') ||
    (options.seconds !== null && since(rig.now(), startedAt) >= seconds(options.seconds));
  const { simulated } = desk.snapshot;
  const tickMs = settings['loop.tickMs'];
  const pace = simulated ? simulatedPace(tickMs, options.speed) : realPace(tickMs);
  let flushedAt = performance.now();
  while (!ending.asked && !over()) {
    await pace.wait();
    while (!ending.asked && !over() && pace.take()) daemon.tick();
    terminal.show();
    const now = performance.now();
    if (now - flushedAt >= FLUSH_MS) {
      flushedAt = now;
      void daemon.flush();
    }
  }
  service.stopping();
  desk.end();
  void desk.submit('stop', {}, END);
  const until = rig.now() + SETTLE;
  // The simulated bench’s time passes by its ticks alone.
  while (rig.now() < until) {
    if (!simulated) await pace.wait();
    if (simulated || pace.take()) daemon.tick();
  }
}

function farewell({ rig, desk, folder }: Daemon): void {
  const { kernel, simulated, endedBy } = desk.snapshot;
  const amps = rig.heaterA();
  const current = amps === null ? 'current not measured' : `${amps.toFixed(3)} A`;
  const bench = simulated ? 'SIMULATED bench' : 'Hardware bench';
  const lines = [`${bench}: heater off (${current}), safety state ${kernel.name}.`];
  if (endedBy) lines.push(endLine(endedBy));
  const { latch } = kernel;
  if (latch) {
    lines.push(`Trip ${latch.trip}: ${faultLines(latch.fault).join('\n  ')}`);
    lines.push(`It stays latched. When the cause is cured, start again with ${wayOut(latch)}.`);
  }
  lines.push(`Record: ${folder()}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}
