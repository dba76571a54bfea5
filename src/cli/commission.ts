/**
 * `remixd commission`: measures a bench and writes its calibration. The heat goes through the same kernel, interlocks
 * and gate as in any run. Without a trustworthy result nothing is written.
 */
import {
  type CalibratedKey,
  type Calibration,
  calibrationPath,
  type OptionalKey,
  uncorrected,
  writeCalibration,
} from '../config/calibration.ts';
import { fullPowerW, largestDuty } from '../params/heater.ts';
import type { Settings } from '../params/settings.ts';
import { commissionBench } from '../rig/commissioning.ts';
import { sizing } from '../rig/excitation.ts';
import { type AttendedOptions, attended, say, usage } from './attended.ts';
import { GATE_CONF } from './options.ts';

export interface CommissionOptions extends AttendedOptions {
  /** A reference thermometer beside the sample, °C; without one the thermocouple is the reference. */
  readonly referenceC: number | null;
  /** What it showed at the end of the longest heat of an earlier commissioning; sets the scale of the film’s rise. */
  readonly referenceHotC: number | null;
  /** 20 min instead of 100 s: shows the slow pole as well. */
  readonly thorough: boolean;
  /** Whether the mixed film is lit at the end, in the light of the settings. */
  readonly light: boolean;
}

/** Returns the exit code: 0 when a calibration was written, 1 when the bench tripped or the result is not good. */
export function commission(options: CommissionOptions): Promise<number> {
  const settings = uncorrected(options.loaded.settings);
  const light = options.light ? lightOf(settings) : null;
  return attended(
    { ...options, loaded: { ...options.loaded, settings } },
    {
      name: 'commission',
      recipe: sizing(),
      measure: (guide, wallTime) => commissionBench(guide, { ...options, settings, light, wallTime, say }),
      keep: ({ calibration }) => {
        report(options, calibration, writeCalibration(settings['runtime.stateDir'], calibration));
        return 0;
      },
      nothing: 'No calibration was written.',
    },
  );
}

/** The light of the settings. @throws ConfigError where remixd does not switch it, or it is 0 */
function lightOf(settings: Settings): number {
  if (settings['light.drive'] === 'none')
    throw usage('commission', '--light', 'light.drive none', 'Set light.drive, or leave --light out.');
  if (settings['light.level'] <= 0)
    throw usage('commission', '--light', 'light.level 0', 'Set light.level to the light that the film is used in.');
  return settings['light.level'];
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
  const rows = (Object.keys(calibration.settings) as (CalibratedKey | OptionalKey)[]).map((key) => {
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
