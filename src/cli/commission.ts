/**
 * `remixd commission`: measures a bench and writes its calibration. The heat goes through the same kernel, interlocks
 * and gate as in any run. Without a trustworthy result nothing is written.
 */
import {
  type CalibratedKey,
  type Calibration,
  calibrationPath,
  uncorrected,
  writeCalibration,
} from '../config/calibration.ts';
import { commissionBench } from '../rig/commissioning.ts';
import { sizing } from '../rig/excitation.ts';
import { type AttendedOptions, attended, say } from './attended.ts';

export interface CommissionOptions extends AttendedOptions {
  /** A reference thermometer beside the sample, °C; without one the thermocouple is the reference. */
  readonly referenceC: number | null;
  /** What it showed at the end of the longest heat of an earlier commissioning; sets the scale of the film’s rise. */
  readonly referenceHotC: number | null;
  /** 20 min instead of 100 s: shows the slow pole as well. */
  readonly thorough: boolean;
}

/** Returns the exit code: 0 when a calibration was written, 1 when the bench tripped or the result is not good. */
export function commission(options: CommissionOptions): Promise<number> {
  const settings = uncorrected(options.loaded.settings);
  return attended(
    { ...options, loaded: { ...options.loaded, settings } },
    {
      name: 'commission',
      recipe: sizing(),
      measure: (guide, wallTime) => commissionBench(guide, { ...options, settings, wallTime, say }),
      keep: ({ calibration }) =>
        report(options, calibration, writeCalibration(settings['runtime.stateDir'], calibration)),
      nothing: 'No calibration was written.',
    },
  );
}

function report(options: CommissionOptions, calibration: Calibration, id: string): void {
  const path = calibrationPath(options.loaded.settings['runtime.stateDir']);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ id, path, ...calibration }, null, 1)}\n`);
    return;
  }
  const rows = (Object.keys(calibration.settings) as CalibratedKey[]).map((key) => {
    const interval = calibration.intervals?.[key];
    const error = calibration.errors[key];
    return `  ${key.padEnd(32)}${String(options.loaded.settings[key]).padStart(9)}  ->${String(calibration.settings[key]).padStart(9)}${interval ? `   ${interval[0]} .. ${interval[1]}` : error === undefined ? '' : `   ± ${error}`}`;
  });
  const { heaterV, heaterA, heaterOhm, thermocoupleRmsK, infraredRmsK } = calibration.measured;
  process.stdout.write(
    `${[
      `Calibration ${id}   (old -> new, 95 % interval or ± standard error)`,
      ...rows,
      `  heater ${heaterV} V, ${heaterA} A, ${heaterOhm} Ω; RMS error of the fit ${thermocoupleRmsK} K (thermocouple), ${infraredRmsK} K (infrared)`,
      `Written to ${path}. remixd run uses it and records its id.`,
    ].join('\n')}\n`,
  );
}
