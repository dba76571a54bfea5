/**
 * `remixd commission`: measures a bench and writes its calibration. The heat goes through the same kernel, interlocks
 * and gate as in any run. Without a trustworthy result nothing is written.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import {
  type CalibratedKey,
  type Calibration,
  calibrationPath,
  uncorrected,
  writeCalibration,
} from '../config/calibration.ts';
import type { LoadedConfig } from '../config/load.ts';
import { latchInFolder } from '../files/latch.ts';
import { lockFolder } from '../files/lock.ts';
import { stampOf } from '../files/retention.ts';
import { RunFolder } from '../files/run-folder.ts';
import { faultLines, wayOut } from '../fronts/terminal/view.ts';
import { fullPowerW, largestDuty } from '../params/heater.ts';
import { ConfigError } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { assembleHardware, assembleSimulation } from '../rig/assemble.ts';
import { commissionBench, type Outcome } from '../rig/commissioning.ts';
import { sizing } from '../rig/excitation.ts';
import { Guide } from '../rig/guide.ts';
import { type Pace, realPace, simulatedPace } from '../rig/pace.ts';
import type { Rig } from '../rig/rig.ts';
import { GATE_CONF } from './options.ts';

export interface CommissionOptions {
  readonly loaded: LoadedConfig;
  /** A reference thermometer beside the sample, °C; without one the thermocouple is the reference. */
  readonly referenceC: number | null;
  /** What it showed at the end of the longest heat of an earlier commissioning; sets the scale of the film’s rise. */
  readonly referenceHotC: number | null;
  /** 20 min instead of 100 s: shows the slow pole as well. */
  readonly thorough: boolean;
  readonly speed: number;
  /** Do not ask for confirmation. */
  readonly yes: boolean;
  readonly json: boolean;
}

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Returns the exit code: 0 when a calibration was written, 1 when the bench tripped or the result is not good. */
export async function commission(options: CommissionOptions): Promise<number> {
  const settings = uncorrected(options.loaded.settings);
  const loaded = { ...options.loaded, settings };
  const simulated = settings['hal.kind'] === 'sim';
  if (!simulated && options.speed !== 1)
    throw usage('--speed', String(options.speed), 'Leave out --speed; hardware runs in real time.');
  if (!options.yes && !process.stdin.isTTY)
    throw usage('--yes', 'no terminal for the confirmation', 'Add --yes to continue without confirmation.');
  const recipe = sizing();
  const unlock = lockFolder(settings['runtime.stateDir']);
  try {
    const wallTime = new Date().toISOString();
    const folder = join(settings['runtime.runsDir'], `${stampOf(Date.parse(wallTime))}-commission`);
    const journal = new RunFolder(folder, { loaded, settings, recipe, simulated, wallTime });
    const latch = latchInFolder(settings['runtime.stateDir'], simulated);
    if (
      !(await ready(
        options,
        'Before you continue: light off, lid closed, heater off for ten minutes, sample on the holder.',
      ))
    )
      return 1;
    const wallUtc = (): string => new Date().toISOString();
    const parts = { settings, bench: loaded.bench, recipe, latch, journals: [journal], wallUtc };
    const rig = simulated ? assembleSimulation(parts) : await assembleHardware(parts);
    try {
      await journal.open();
      const tickMs = settings['loop.tickMs'];
      const guide = paced(rig, simulated ? simulatedPace(tickMs, options.speed) : realPace(tickMs));
      const stop = (): void => {
        guide.stopped = true;
      };
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
      const outcome = await commissionBench(guide, { ...options, settings, wallTime, say });
      await guide.off();
      const { kernel } = rig.feed.latest;
      await journal.close({ state: kernel.name, latch: kernel.latch, trips: rig.trips(), heaterA: rig.heaterA() });
      say(`Record: ${journal.folder}`);
      if (outcome.kind !== 'good') return failed(outcome, rig);
      const id = writeCalibration(settings['runtime.stateDir'], outcome.calibration);
      report(options, outcome.calibration, id);
      return 0;
    } finally {
      await rig.close();
      await latch.settled();
    }
  } finally {
    unlock();
  }
}

const usage = (path: string, got: string, remedy: string): ConfigError =>
  new ConfigError([{ code: 'USAGE', path, got, allowed: 'see remixd commission --help', remedy }]);

async function ready({ yes }: CommissionOptions, what: string): Promise<boolean> {
  say(what);
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

function failed(outcome: Exclude<Outcome, { kind: 'good' }>, { feed }: Rig): number {
  say('No calibration was written. The heater is off.');
  const { latch } = feed.latest.kernel;
  if (outcome.kind === 'refused') say(outcome.why.map((line) => `  - ${line}.`).join('\n'));
  else if (latch) {
    say(`Trip ${latch.trip}: ${faultLines(latch.fault).join('\n  ')}`);
    say(`The trip stays latched. Remove the cause, then clear it with remixd run ${wayOut(latch)}.`);
  }
  return 1;
}

/** Largest mean duty for the bench that was found, by the upper end of its steady gain. */
function dutyFound(settings: Settings, { settings: found, intervals, measured }: Calibration): number {
  const gainKPerW = intervals?.['heater.gainKPerW']?.[1] ?? found['heater.gainKPerW'];
  return largestDuty(settings, measured['restC'] ?? settings['limits.roomC'], gainKPerW * fullPowerW(settings));
}

function report(options: CommissionOptions, calibration: Calibration, id: string): void {
  const path = calibrationPath(options.loaded.settings['runtime.stateDir']);
  if (options.json) {
    const dutyMax = dutyFound(options.loaded.settings, calibration);
    process.stdout.write(`${JSON.stringify({ id, path, dutyMax, ...calibration }, null, 1)}\n`);
    return;
  }
  const rows = (Object.keys(calibration.settings) as CalibratedKey[]).map((key) => {
    const interval = calibration.intervals?.[key];
    const error = calibration.errors[key];
    return `  ${key.padEnd(32)}${String(options.loaded.settings[key]).padStart(9)}  ->${String(calibration.settings[key]).padStart(9)}${interval ? `   ${interval[0]} .. ${interval[1]}` : error === undefined ? '' : `   ± ${error}`}`;
  });
  const duty = dutyFound(options.loaded.settings, calibration);
  const { heaterV, heaterA, heaterOhm, thermocoupleRmsK, infraredRmsK } = calibration.measured;
  process.stdout.write(
    `${[
      `Calibration ${id}   (old -> new, 95 % interval or ± standard error)`,
      ...rows,
      `  heater ${heaterV} V, ${heaterA} A, ${heaterOhm} Ω; RMS error of the fit ${thermocoupleRmsK} K (thermocouple), ${infraredRmsK} K (infrared)`,
      `Written to ${path}. remixd run uses it and records its id.`,
      `Mean duty: up to ${duty} on this bench. To use it, set gate.dutyMax to ${duty} in the local file, and in ${GATE_CONF}: duty-max-ppm ${Math.round(1e6 * duty)}`,
    ].join('\n')}\n`,
  );
}
