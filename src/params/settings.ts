/**
 * Every setting, declared once. The convict schema, the environment names, `--set`, the checks, the generated
 * reference page and the interfaces that tune the controller are projections of this table.
 *
 * `applies`: live = at the next period boundary · idle = when no run is active · restart = at the next start ·
 * bench = a hard limit or a fact of the wiring: local file only, never from a remote place.
 * For a safety limit `max` (or `min`) is the compiled ceiling: a file may only stay at or inside it.
 */
import { ALARM_SETTINGS } from './settings/alarms.ts';
import { BENCH } from './settings/bench.ts';
import { CALENDAR } from './settings/calendar.ts';
import { CONTROL } from './settings/control.ts';
import { LIMITS } from './settings/limits.ts';
import { MESSAGES } from './settings/messages.ts';
import { REMOTE } from './settings/remote.ts';
import type { SettingRow } from './settings/row.ts';
import { RUN } from './settings/run.ts';
import { SIMULATED } from './settings/simulated.ts';
import { WEB } from './settings/web.ts';
import { WIRING } from './settings/wiring.ts';

export type { Applies, NumberRow, SettingRow } from './settings/row.ts';

export const SETTINGS = {
  ...BENCH,
  ...CONTROL,
  ...ALARM_SETTINGS,
  ...LIMITS,
  ...WIRING,
  ...RUN,
  ...REMOTE,
  ...CALENDAR,
  ...MESSAGES,
  ...WEB,
  ...SIMULATED,
} as const satisfies Record<string, SettingRow>;

export type SettingKey = keyof typeof SETTINGS;
type ValueOf<R> = R extends { kind: 'choice'; choices: infer C extends readonly string[] }
  ? C[number]
  : R extends { kind: 'boolean' }
    ? boolean
    : R extends { kind: 'number' }
      ? number
      : string;
/** All settings with their values, flat: `settings['pulse.onMs']`. */
export type Settings = { readonly [K in SettingKey]: ValueOf<(typeof SETTINGS)[K]> };

export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];
export const settingRow = (key: SettingKey): SettingRow => SETTINGS[key];

const SECRET = new Set<string>(
  SETTING_KEYS.filter((key) => {
    const row = settingRow(key);
    return row.kind === 'text' && row.secret === true;
  }),
);

/** What may be told of settings, or of what an earlier version recorded: everything but the secret ones, which are left out. */
export const toldSettings = (settings: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => !SECRET.has(key)));

/** The values a program without any file runs with. */
export const defaultSettings = (): Settings =>
  Object.fromEntries(SETTING_KEYS.map((key) => [key, SETTINGS[key].default])) as unknown as Settings;

const IDLE = SETTING_KEYS.filter((key) => settingRow(key).applies === 'idle');

/** Settings with the idle ones of others: a run keeps those that it began with. */
export const withIdleOf = (settings: Settings, others: Settings): Settings => ({
  ...settings,
  ...Object.fromEntries(IDLE.map((key) => [key, others[key]])),
});
