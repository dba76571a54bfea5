/**
 * A measurement with somebody at the bench: lock, record, confirmation, signals. The heat goes through the same kernel,
 * interlocks and gate as in any run; Ctrl-C, SIGTERM and SIGHUP end it with the heater off and without a result.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { LoadedConfig } from '../config/load.ts';
import { latchInFolder } from '../files/latch.ts';
import { lockFolder } from '../files/lock.ts';
import { stampOf } from '../files/retention.ts';
import { RunFolder } from '../files/run-folder.ts';
import { faultLines, wayOut } from '../fronts/terminal/words.ts';
import { ConfigError } from '../params/problem.ts';
import type { Recipe } from '../params/recipe.ts';
import { assembleHardware, assembleSimulation } from '../rig/assemble.ts';
import { Guide } from '../rig/guide.ts';
import { type Pace, realPace, simulatedPace } from '../rig/pace.ts';
import type { Failure } from '../rig/play.ts';
import type { Rig } from '../rig/rig.ts';

export interface AttendedOptions {
  readonly loaded: LoadedConfig;
  readonly speed: number;
  /** Do not ask for confirmation. */
  readonly yes: boolean;
  readonly json: boolean;
}

export interface Measurement<G> {
  /** The command, as in `remixd NAME`; the record is called after it. */
  readonly name: string;
  /** The recipe that the record begins with. */
  readonly recipe: Recipe;
  /** What is measured. Without a good result nothing is kept. */
  readonly measure: (guide: Guide, wallTime: string) => Promise<G | Failure>;
  /** What becomes of a good result, once the heater is off and the record closed. Returns the exit code. */
  readonly keep: (good: G) => number;
  /** The first words of a failure. */
  readonly nothing: string;
}

export const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Returns the exit code: that of `keep` for a good result, 1 when the bench tripped or the result is not good. */
export async function attended<G extends { readonly kind: 'good' }>(
  options: AttendedOptions,
  { name, recipe, measure, keep, nothing }: Measurement<G>,
): Promise<number> {
  const { loaded, speed } = options;
  const { settings } = loaded;
  const simulated = settings['hal.kind'] === 'sim';
  if (!simulated && speed !== 1)
    throw usage(name, '--speed', String(speed), 'Leave out --speed; hardware runs in real time.');
  requireAnswer(name, options.yes);
  const unlock = lockFolder(settings['runtime.stateDir']);
  try {
    const wallTime = new Date().toISOString();
    const folder = join(settings['runtime.runsDir'], `${stampOf(Date.parse(wallTime))}-${name}`);
    const journal = new RunFolder(folder, { loaded, settings, recipe, simulated, wallTime });
    const latch = latchInFolder(settings['runtime.stateDir'], simulated);
    if (!(await ready(options.yes))) return 1;
    const wallUtc = (): string => new Date().toISOString();
    const parts = { settings, bench: loaded.bench, recipe, latch, journals: [journal], wallUtc };
    const rig = simulated ? assembleSimulation(parts) : await assembleHardware(parts);
    let flushing: NodeJS.Timeout | undefined;
    try {
      await journal.open();
      // A search lasts for half an hour: what a power cut or a crash takes of its record is seconds.
      flushing = setInterval(() => void journal.flush(), FLUSH_MS);
      const tickMs = settings['loop.tickMs'];
      const guide = paced(rig, simulated ? simulatedPace(tickMs, speed) : realPace(tickMs));
      const stop = (): void => {
        guide.stopped = true;
      };
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
      const outcome = await measure(guide, wallTime);
      await guide.off();
      const { kernel } = rig.feed.latest;
      await journal.close({ state: kernel.name, latch: kernel.latch, trips: rig.trips(), heaterA: rig.heaterA() });
      say(`Record: ${journal.folder}`);
      if (outcome.kind !== 'good') return failed(outcome, rig, nothing);
      return keep(outcome);
    } finally {
      clearInterval(flushing);
      await rig.close();
      await latch.settled();
    }
  } finally {
    unlock();
  }
}

const FLUSH_MS = 2000;

export const usage = (name: string, path: string, got: string, remedy: string): ConfigError =>
  new ConfigError([{ code: 'USAGE', path, got, allowed: `see remixd ${name} --help`, remedy }]);

/** Somebody must be there to confirm, or have done so beforehand. */
export function requireAnswer(name: string, yes: boolean): void {
  if (yes || process.stdin.isTTY) return;
  throw usage(name, '--yes', 'no terminal for the confirmation', 'Add --yes to continue without confirmation.');
}

async function ready(yes: boolean): Promise<boolean> {
  say('Before you continue: light off, lid closed, heater off for ten minutes, sample on the holder.');
  return confirmed(yes);
}

/** Asks whether to continue. */
export async function confirmed(yes: boolean): Promise<boolean> {
  if (yes) return true;
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await ask.question('Continue? [y/N] ');
  ask.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Time passes on a rig at its pace. */
const paced = (rig: Rig, pace: Pace): Guide =>
  new Guide(rig, async (tick, over) => {
    while (!over()) {
      await pace.wait();
      while (!over() && pace.take()) tick();
    }
  });

function failed(outcome: Failure, { feed }: Rig, nothing: string): number {
  say(`${nothing} The heater is off.`);
  const { latch } = feed.latest.kernel;
  if (outcome.kind === 'refused') say(outcome.why.map((line) => `  - ${line}.`).join('\n'));
  else if (latch) {
    say(`Trip ${latch.trip}: ${faultLines(latch.fault).join('\n  ')}`);
    say(`The trip stays latched. Remove the cause, then clear it with remixd run ${wayOut(latch)}.`);
  }
  return 1;
}
