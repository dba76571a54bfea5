/**
 * What commissioning found, kept beside the safety latch: one JSON file with an id that every run records. It may only
 * set what can be measured on a bench; limits, pins and the declared heater stay with the person who declared them.
 */
import { createHash } from 'node:crypto';
import { constants, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileCause } from '../files/errno.ts';
import { readText } from '../files/read-text.ts';
import { replaceFile } from '../files/replace-file.ts';
import { DARK_LEVEL_KEYS } from '../params/channels.ts';
import { checkValue } from '../params/check.ts';
import { isObject } from '../params/json.ts';
import type { Problem } from '../params/problem.ts';
import { defaultSettings, type SettingKey, type Settings } from '../params/settings.ts';

/** The settings that a calibration may set. */
export const CALIBRATED_KEYS = [
  'heater.gainKPerW',
  'heater.fastShare',
  'heater.fastTauS',
  'heater.slowTauS',
  'sensors.thermocoupleLagS',
  'sensors.infraredLagS',
  'sensors.thermocoupleContact',
  'sensors.thermocoupleOffsetK',
  'sensors.infraredOffsetK',
  'sensors.infraredEmissivity',
  ...DARK_LEVEL_KEYS,
] as const satisfies readonly SettingKey[];
export type CalibratedKey = (typeof CALIBRATED_KEYS)[number];
/** What a calibration may set, too, where it was measured. */
export const OPTIONAL_KEYS = ['pl.leakMost'] as const satisfies readonly SettingKey[];
export type OptionalKey = (typeof OPTIONAL_KEYS)[number];
/** All that a calibration says of settings. */
type Values = Readonly<Record<CalibratedKey, number> & Partial<Record<OptionalKey, number>>>;
/** Of these, what corrects a reading; a new commissioning starts without any correction. */
const CORRECTIONS = CALIBRATED_KEYS.filter((key) => /Offset|Emissivity|Contact|Dark/.test(key));

/** The parts of a bench that a calibration belongs to. */
const PARTS = [
  'hal.kind',
  'sim.bench',
  'hal.thermocouple',
  'hal.infrared',
  'hal.currentSense',
  'hal.photodiodes',
  'heater.currentA',
  'heater.resistanceOhm',
  'heater.shuntOhm',
] as const satisfies readonly SettingKey[];
export type BenchParts = Pick<Settings, (typeof PARTS)[number]>;

export interface Calibration {
  readonly format: 1;
  /** ISO 8601, unverified: a Raspberry Pi has no clock of its own. */
  readonly wallTime: string;
  /** Id of the calibration that a run has bettered; left out by commissioning. */
  readonly basedOn?: string;
  readonly bench: BenchParts;
  readonly settings: Values;
  /** Standard errors in the units of the settings, and whatever else was measured. */
  readonly errors: Readonly<Partial<Record<CalibratedKey | OptionalKey, number>>>;
  /** 95 % intervals, likewise; those of the positive quantities are not symmetric. */
  readonly intervals?: Readonly<Record<string, readonly [number, number]>>;
  readonly measured: Readonly<Record<string, number>>;
}

export const benchParts = (s: Settings): BenchParts =>
  Object.fromEntries(PARTS.map((key) => [key, s[key]])) as unknown as BenchParts;

/** The settings of a bench whose sensors are not corrected. */
export const uncorrected = (s: Settings): Settings => {
  const plain = defaultSettings();
  return { ...s, ...Object.fromEntries(CORRECTIONS.map((key) => [key, plain[key]])) };
};

export const calibrationPath = (stateDir: string): string => join(stateDir, 'calibration.json');

/** `cal-` and twelve hexadecimal digits of the SHA-256 of the content: the same content has the same id. */
const idOf = (body: string): string => `cal-${createHash('sha256').update(body).digest('hex').slice(0, 12)}`;

/**
 * Replaces the file as a whole; returns the id. The one before stays beside it under its id, because runs were recorded
 * with it. Throws a file error when it cannot be written.
 */
export function writeCalibration(stateDir: string, calibration: Calibration): string {
  const { id, text } = identified(calibration);
  keepFormer(stateDir);
  replaceFile(calibrationPath(stateDir), text, 0o644);
  return id;
}

/** A calibration as it is kept, with its id. */
export function identified(calibration: Calibration): { readonly id: string; readonly text: string } {
  const id = idOf(JSON.stringify(calibration));
  return { id, text: `${JSON.stringify({ id, ...calibration }, null, 2)}\n` };
}

/** Copies the calibration in force to `cal-….json`; one that cannot be read is called `calibration.damaged`. */
function keepFormer(stateDir: string): void {
  const path = calibrationPath(stateDir);
  const found = readIdentified(path, CALIBRATION);
  if (found === null) return;
  const name = 'problem' in found ? 'calibration.damaged' : found.id;
  for (let n = 1; ; n += 1) {
    try {
      copyFileSync(path, join(stateDir, `${n === 1 ? name : `${name}-${n}`}.json`), constants.COPYFILE_EXCL);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      // The same id is the same content.
      if (!('problem' in found)) return;
    }
  }
}

/** What the calibration of a state folder adds to the configuration. */
export interface CalibrationLayer {
  /** Null where there is no calibration. */
  readonly id: string | null;
  readonly values: Partial<Values>;
  /**
   * CALIBRATION_UNREADABLE, CALIBRATION_DAMAGED, CALIBRATION_FOREIGN (it belongs to another bench), or a value outside its
   * range.
   */
  readonly problems: readonly Problem[];
}

export const NO_CALIBRATION: CalibrationLayer = { id: null, values: {}, problems: [] };

/** The layer of the calibration in the state folder of `settings`, which are those of the other layers. */
export function readCalibration(settings: Settings): CalibrationLayer {
  const path = calibrationPath(settings['runtime.stateDir']);
  const found = readIdentified(path, CALIBRATION);
  if (found === null) return NO_CALIBRATION;
  if ('problem' in found) return { ...NO_CALIBRATION, problems: [found.problem] };
  const { id, calibration } = found;
  return { id, ...checkedValues(calibration, path, settings) };
}

/** The values that suit their settings, and what is wrong: with other values, or with the bench. */
export function checkedValues(
  calibration: Calibration,
  path: string,
  settings: Settings,
): Pick<CalibrationLayer, 'values' | 'problems'> {
  const problems: Problem[] = [];
  // A part that an older calibration does not name is the one that there was then.
  const bench = { ...benchParts(defaultSettings()), ...calibration.bench };
  const foreign = PARTS.filter((key) => bench[key] !== settings[key]);
  if (foreign.length > 0) {
    problems.push({
      code: 'CALIBRATION_FOREIGN',
      path,
      got: foreign.map((key) => `${key} ${JSON.stringify(bench[key])}`).join(', '),
      allowed: foreign.map((key) => `${key} ${JSON.stringify(settings[key])}`).join(', '),
      remedy: 'Commission this bench (remixd commission), or move the file of the other bench away.',
    });
  }
  const values: Partial<Record<CalibratedKey | OptionalKey, number>> = {};
  for (const key of [...CALIBRATED_KEYS, ...OPTIONAL_KEYS.filter((one) => calibration.settings[one] !== undefined)]) {
    const value = calibration.settings[key] as number;
    const problem = checkValue(key, value);
    if (problem) problems.push({ ...problem, path: `${key} (${path})` });
    else values[key] = value;
  }
  return { values, problems };
}

export interface Identified {
  readonly id: string;
  readonly calibration: Calibration;
}

/** What a file with a calibration in it is called in problems, who wrote it, and what helps. */
export interface Words {
  readonly code: string;
  readonly writer: string;
  readonly damaged: string;
}

const CALIBRATION: Words = {
  code: 'CALIBRATION',
  writer: 'remixd commission',
  damaged: 'Commission the bench again, or delete the file to run with the values of the configuration.',
};

/** The calibration of a state folder, whatever bench it is of; null where there is none that can be trusted. */
export function calibrationIn(stateDir: string): Identified | null {
  const found = readIdentified(calibrationPath(stateDir), CALIBRATION);
  return found === null || 'problem' in found ? null : found;
}

/** A calibration with its id, from any file; null where there is no file. */
export function readIdentified(
  path: string,
  { code, writer, damaged }: Words,
): Identified | { readonly problem: Problem } | null {
  const broken = (got: string): { problem: Problem } => ({
    problem: { code: `${code}_DAMAGED`, path, got, allowed: `the file as ${writer} wrote it`, remedy: damaged },
  });
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    // Nothing is known of the file itself, so nothing is said against it.
    const remedy = 'Check the folder that runtime.stateDir names, and the permissions of that file (chown, chmod).';
    const allowed = 'a file that this user may read, or no file';
    return { problem: { code: `${code}_UNREADABLE`, path, got: fileCause(error), allowed, remedy } };
  }
  try {
    const { id, ...calibration } = JSON.parse(text) as { id: string } & Calibration;
    if (id === idOf(JSON.stringify(calibration)) && calibration.format === 1) {
      if (isObject(calibration.bench) && isObject(calibration.settings)) return { id, calibration };
      return broken('a calibration without its settings or its bench');
    }
  } catch {
    // Said below.
  }
  return broken('its content does not match its id');
}
