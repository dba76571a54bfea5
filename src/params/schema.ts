/** Projections of the settings table: the convict schema, environment names, and the nested shape of a file. */
import convict from 'convict';
import { checkValue, parseText } from './check.ts';
import { SETTING_KEYS, type SettingKey, type Settings, settingRow } from './settings.ts';

/** `pulse.onMs` -> `REMIXD_PULSE_ON_MS`. */
export const environmentName = (key: SettingKey): string =>
  `REMIXD_${key
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace('.', '_')
    .toUpperCase()}`;

const formatName = (key: SettingKey): string => `remixd ${key}`;

/** One strict format a setting: convict’s own accept NaN and "5s", and turn "off" into true. */
function declareFormats(): void {
  for (const key of SETTING_KEYS) {
    convict.addFormat({
      name: formatName(key),
      validate: (value: unknown) => {
        const problem = checkValue(key, value);
        if (problem) throw new Error(`allowed: ${problem.allowed}`);
      },
      coerce: (value: unknown) => (typeof value === 'string' ? parseText(key, value) : value),
    });
  }
}

let declared = false;

/** A convict instance that holds the defaults and what the given environment says. */
export function settingsConvict(env: NodeJS.ProcessEnv = {}): convict.Config<unknown> {
  if (!declared) declareFormats();
  declared = true;
  const schema: Record<string, Record<string, unknown>> = {};
  for (const key of SETTING_KEYS) {
    const [group = '', name = ''] = key.split('.');
    schema[group] ??= {};
    schema[group][name] = {
      doc: settingRow(key).label,
      format: formatName(key),
      default: settingRow(key).default,
      env: environmentName(key),
    };
  }
  return convict(schema as convict.Schema<unknown>, { env, args: [] });
}

/** Flat settings from a nested convict instance. The values must have been checked. */
export const flatSettings = (config: convict.Config<unknown>): Settings =>
  Object.fromEntries(SETTING_KEYS.map((key) => [key, config.get(key as never)])) as unknown as Settings;
