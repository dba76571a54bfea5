/** Settings that wait while something is driven. */
import { SETTING_KEYS, type Settings, settingRow } from '../params/settings.ts';

const IDLE = SETTING_KEYS.filter((key) => settingRow(key).applies === 'idle');

/** Settings with the idle ones of others. */
export const withIdleOf = (settings: Settings, others: Settings): Settings => ({
  ...settings,
  ...Object.fromEntries(IDLE.map((key) => [key, others[key]])),
});
