/**
 * The layers of a configuration and their one merge. Each layer holds values that were checked; a later layer wins. What
 * the film itself tunes during a run lasts for that run and is no layer.
 */
import { flatSettings, settingsConvict } from '../params/schema.ts';
import { SETTING_KEYS, type SettingKey, type Settings } from '../params/settings.ts';

/** From the weakest to the strongest. */
export const LAYERS = ['default', 'bench', 'file', 'calibration', 'confirmed', 'environment', '--set'] as const;
export type LayerName = (typeof LAYERS)[number];

/** What one layer says; settings that it does not mention come from the layers below it. */
export type LayerValues = Readonly<Partial<Record<SettingKey, unknown>>>;
/** Every layer but the defaults, which are always there. */
export type Layers = Readonly<Partial<Record<Exclude<LayerName, 'default'>, LayerValues>>>;

export interface Merged {
  readonly settings: Settings;
  /** The layer that each value comes from. */
  readonly origin: Readonly<Record<SettingKey, LayerName>>;
}

/**
 * Lays the layers over the defaults. Pure.
 * @param layers values that `checkValue` has accepted
 * @throws Error (of convict, in strict mode) for a value that was not checked: a programmer's error
 */
export function merge(layers: Layers): Merged {
  const config = settingsConvict();
  const origin = Object.fromEntries(SETTING_KEYS.map((key) => [key, 'default'])) as Record<SettingKey, LayerName>;
  for (const name of LAYERS) {
    if (name === 'default') continue;
    for (const [key, value] of Object.entries(layers[name] ?? {})) {
      config.set(key as never, value as never);
      origin[key as SettingKey] = name;
    }
  }
  config.validate({ allowed: 'strict' });
  return { settings: flatSettings(config), origin };
}
