/**
 * The light channels, one row each: the photodiodes behind the film and the one on the excitation. Drivers, simulated
 * bench, commissioning and calibration go through this table.
 */
import type { SettingKey } from './settings.ts';
import type { TelemetryName } from './telemetry.ts';

interface ChannelRow {
  /** In the wiring plan. */
  readonly label: string;
  /** Input of the photodiode converter that it is wired to, from 0 on. */
  readonly input: number;
  /** Setting of its dark level, V. */
  readonly darkLevel: SettingKey;
  /** Its column of the record. */
  readonly column: TelemetryName;
}

export const LIGHT_CHANNELS = {
  green: { label: 'green', input: 0, darkLevel: 'photodiodes.greenDarkV', column: 'pl_green_v' },
  red: { label: 'red', input: 1, darkLevel: 'photodiodes.redDarkV', column: 'pl_red_v' },
  broadband: { label: 'broadband', input: 2, darkLevel: 'photodiodes.broadbandDarkV', column: 'pl_broadband_v' },
  reference: { label: 'reference', input: 3, darkLevel: 'photodiodes.referenceDarkV', column: 'pl_reference_v' },
} as const satisfies Record<string, ChannelRow>;

export type LightChannelName = keyof typeof LIGHT_CHANNELS;
export type DarkLevelKey = (typeof LIGHT_CHANNELS)[LightChannelName]['darkLevel'];

export const LIGHT_CHANNEL_NAMES = Object.keys(LIGHT_CHANNELS) as LightChannelName[];
export const DARK_LEVEL_KEYS: readonly DarkLevelKey[] = LIGHT_CHANNEL_NAMES.map(
  (name) => LIGHT_CHANNELS[name].darkLevel,
);

/** One value for each channel. */
export const eachChannel = <T>(of: (name: LightChannelName) => T): Record<LightChannelName, T> =>
  Object.fromEntries(LIGHT_CHANNEL_NAMES.map((name) => [name, of(name)])) as Record<LightChannelName, T>;

/** One value for each dark-level setting. */
export const darkLevels = <T>(of: (name: LightChannelName) => T): Record<DarkLevelKey, T> =>
  Object.fromEntries(LIGHT_CHANNEL_NAMES.map((name) => [LIGHT_CHANNELS[name].darkLevel, of(name)])) as Record<
    DarkLevelKey,
    T
  >;
