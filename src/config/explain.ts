/** A configuration in words: where each value comes from, and what a setting is. */
import { allowedValues } from '../params/check.ts';
import { environmentName } from '../params/schema.ts';
import { SETTING_KEYS, type SettingKey, settingRow } from '../params/settings.ts';
import type { LoadedConfig } from './load.ts';

/** The layer of a value, with the file, calibration or variable behind it. */
export function originText(key: SettingKey, { origin, file, calibration, settings }: LoadedConfig): string {
  const layer = origin[key];
  switch (layer) {
    case 'bench':
      return `bench file ${settings['sim.bench']}`;
    case 'file':
      return `file ${file}`;
    case 'calibration':
      return `calibration ${calibration}`;
    case 'environment':
      return `environment ${environmentName(key)}`;
    case 'default':
    case 'confirmed':
    case '--set':
      return layer;
  }
}

const withUnit = (key: SettingKey, value: unknown): string => {
  const row = settingRow(key);
  return row.kind === 'number' && row.unit !== '1' ? `${String(value)} ${row.unit}` : String(value);
};

/** The hash over all settings, as run.json records it. */
const hashLine = ({ hash }: LoadedConfig): string => `hash ${hash}`;

/** One setting explained: what it is, its range, where its value comes from; then the hash over all settings. */
export function explain(key: SettingKey, loaded: LoadedConfig): string {
  const row = settingRow(key);
  return [
    `${key} — ${row.label}`,
    `  value    ${String(loaded.settings[key])}   (${originText(key, loaded)})`,
    `  default  ${String(row.default)}`,
    `  allowed  ${allowedValues(row)}`,
    `  applies  ${row.applies}`,
    `  env      ${environmentName(key)}`,
    `  why      ${row.why}`,
    hashLine(loaded),
  ].join('\n');
}

/** All settings as a table: key, value, origin, label; then the hash and what was confirmed and left out. */
export function settingsTable(loaded: LoadedConfig): string {
  const rows = SETTING_KEYS.map((key) => [
    key,
    withUnit(key, loaded.settings[key]),
    originText(key, loaded),
    settingRow(key).label,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const dropped = [...loaded.dropped].map(([key, why]) => `confirmed and left out: ${key} (${why})`);
  return [...lines, '', hashLine(loaded), ...dropped].join('\n');
}
