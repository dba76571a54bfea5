/**
 * Tuning as a confirmed commit. Changed settings run on trial and are never persisted; they go back to what was confirmed
 * when their time is over, on revert, on any trip, and with a restart. Only a confirmation keeps them. Pure: the caller
 * applies `settings` and persists `confirmed`.
 */
import { checkTogether, checkValue, isSettingKey, nearest } from '../params/check.ts';
import type { FieldError } from '../params/remote.ts';
import { SETTING_KEYS, type SettingKey, type Settings, settingRow } from '../params/settings.ts';
import type { Micros } from '../units.ts';

export type Patch = Readonly<Partial<Record<SettingKey, number | string | boolean>>>;

export interface Trial {
  readonly rev: number;
  readonly patch: Patch;
  readonly by: string;
  readonly until: Micros;
}

export interface Tuning {
  /** Rises with every trial and every confirmation; a change must name the one it was made from. */
  readonly rev: number;
  /** What holds without any trial. */
  readonly base: Settings;
  /** What was confirmed so far, over the configuration. */
  readonly confirmed: Patch;
  readonly trial: Trial | null;
}

/** The settings in force. */
export const settingsOf = ({ base, trial }: Tuning): Settings =>
  trial ? ({ ...base, ...trial.patch } as Settings) : base;

export const startTuning = (base: Settings, confirmed: Patch = {}, rev = 0): Tuning => ({
  rev,
  base,
  confirmed,
  trial: null,
});

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 60);

/**
 * Everything that is wrong with a patch, at once: unknown keys, local ones, values, and rules over several settings.
 * @param armed settings that act only between runs are refused while one is active
 */
export function patchErrors(tuning: Tuning, patch: Readonly<Record<string, unknown>>, armed: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const good: Record<string, unknown> = {};
  if (Object.keys(patch).length === 0) errors.push({ path: 'patch', got: '{}', allowed: 'at least one setting' });
  for (const [key, value] of Object.entries(patch)) {
    if (!isSettingKey(key)) {
      const near = nearest(key, SETTING_KEYS);
      errors.push({ path: key, got: shown(value), allowed: near ? `a setting, perhaps ${near}` : 'a setting' });
      continue;
    }
    const { applies } = settingRow(key);
    if (applies === 'bench' || applies === 'restart') {
      errors.push({ path: key, got: shown(value), allowed: 'nothing: it is set in the local file only' });
    } else if (applies === 'idle' && armed) {
      errors.push({ path: key, got: shown(value), allowed: 'a change while no run is active' });
    } else {
      const problem = checkValue(key, value);
      if (problem) errors.push({ path: key, got: problem.got, allowed: problem.allowed });
      else good[key] = value;
    }
  }
  if (errors.length > 0) return errors;
  return checkTogether({ ...tuning.base, ...good } as Settings).map(({ path, got, allowed }) => ({
    path,
    got,
    allowed,
  }));
}

/** Starts a trial of a patch without errors; there must be none running. */
export const begin = (tuning: Tuning, patch: Patch, by: string, until: Micros): Tuning => ({
  ...tuning,
  rev: tuning.rev + 1,
  trial: { rev: tuning.rev + 1, patch, by, until },
});

/** Keeps the trial. */
export const confirm = (tuning: Tuning): Tuning =>
  tuning.trial === null
    ? tuning
    : {
        rev: tuning.rev + 1,
        base: settingsOf(tuning),
        confirmed: { ...tuning.confirmed, ...tuning.trial.patch },
        trial: null,
      };

/** Goes back to what was confirmed. */
export const revert = (tuning: Tuning): Tuning =>
  tuning.trial === null ? tuning : { ...tuning, rev: tuning.rev + 1, trial: null };

/** Settings that somebody at the bench changed: what a remote place wants to change next must start from them. */
export const rebase = (tuning: Tuning, base: Settings): Tuning => ({ ...tuning, rev: tuning.rev + 1, base });

/** Why a trial must end now, or null. */
export function endOf(
  { trial }: Tuning,
  { tripped, plAlarm }: { readonly tripped: boolean; readonly plAlarm: boolean },
  now: Micros,
): string | null {
  if (trial === null) return null;
  if (tripped) return 'the bench tripped';
  if (plAlarm) return 'the photoluminescence shows the onset of segregation';
  return now >= trial.until ? 'its time is over' : null;
}
