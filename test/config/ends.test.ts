import { describe, expect, it } from 'vitest';
import { checkTogether } from '../../src/params/check.ts';
import {
  defaultSettings,
  SETTING_KEYS,
  type SettingKey,
  type Settings,
  settingRow,
} from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { PULSE, recipeOf } from '../support/bench.ts';

/** Every setting at every end of its range, or with each of its choices, the others as delivered. */
const ENDS: [SettingKey, Settings[SettingKey]][] = SETTING_KEYS.flatMap((key) => {
  const row = settingRow(key);
  const values =
    row.kind === 'number'
      ? [row.min, row.max]
      : row.kind === 'choice'
        ? row.choices
        : row.kind === 'boolean'
          ? [false, true]
          : [];
  return values.map((value): [SettingKey, Settings[SettingKey]] => [key, value]);
});

/** Faults that say that the settings contradict each other: no bench can do anything about them. */
const CONTRADICTIONS = [
  'gate-refused',
  'run-order',
  'gate-limits',
  'lease-expired',
  'gate-overrun',
  'conduction-too-long',
];

const RECIPE = recipeOf(
  PULSE(6),
  { light: 0, mode: 'bangbang', setpointC: 28, forS: 5 },
  { light: 0, mode: 'pid', setpointC: 30, forS: 5 },
);

describe('what the check calls good', () => {
  it.each(ENDS.filter(([key]) => key !== 'hal.kind'))(
    'starts, and its proof test does not contradict it: %s = %s',
    (key, value) => {
      const settings = { ...defaultSettings(), [key]: value } as Settings;
      if (checkTogether(settings).length > 0) return;
      const simulation = assembleSimulation({ settings, recipe: RECIPE });
      simulation.arm();
      simulation.run(16);
      expect(
        simulation
          .trips()
          .map(({ name }) => name)
          .filter((name) => CONTRADICTIONS.includes(name)),
      ).toEqual([]);
    },
  );
});
