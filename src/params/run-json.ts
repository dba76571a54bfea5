/** What run.json says of a recorded run, read tolerantly: a field that is missing or of another kind is null. */
import { z } from 'zod';
import { isObject, parseJson } from './json.ts';
import { type SettingKey, toldSettings } from './settings.ts';

const text = z.string().nullable().catch(null);
const number = z.number().finite().nullable().catch(null);
const object = z.record(z.string(), z.unknown()).catch({});

const RECIPE = z
  .object({ name: text, title: text, hash: text, light: number, steps: z.array(object).catch([]) })
  .catch({ name: null, title: null, hash: null, light: null, steps: [] });
const VERSIONS = z
  .object({ remixd: text, commit: text, node: text, platform: text })
  .catch({ remixd: null, commit: null, node: null, platform: null });

const RUN_JSON = z.object({
  id: text,
  /** The folder that this one continues. */
  continues: text,
  /** Null where the file does not say: then nobody knows whether anything was measured. */
  simulated: z.boolean().nullable().catch(null),
  versions: VERSIONS,
  sample: text,
  operator: text,
  note: text,
  seed: number,
  simSample: text,
  recipe: RECIPE,
  config: z.object({ file: text, hash: text }).catch({ file: null, hash: null }),
  calibration: text,
  time: z.object({ wall: text, quality: text }).catch({ wall: null, quality: null }),
  /** Earlier versions recorded secret ones, too. */
  settings: object.transform(toldSettings),
  /** How the record ended; null while it goes on, or where the program was killed. */
  end: z.record(z.string(), z.unknown()).nullable().catch(null),
});

export type RunJson = z.infer<typeof RUN_JSON>;

/** The facts in the value of a run.json; all of them missing where it is no object. */
export const runJsonOf = (value: unknown): RunJson => RUN_JSON.parse(isObject(value) ? value : {});

/** The text of a run.json without the secret settings that earlier versions recorded; null where it is not JSON. */
export function toldFacts(text: string): string | null {
  const parsed = parseJson(text);
  if (!('value' in parsed)) return null;
  const { value } = parsed;
  if (!isObject(value) || !isObject(value['settings'])) return text;
  const settings = toldSettings(value['settings']);
  const isTold = Object.keys(settings).length === Object.keys(value['settings']).length;
  return isTold ? text : `${JSON.stringify({ ...value, settings }, null, 2)}\n`;
}

/** A setting of the recorded run; null where it is not recorded. */
export const recordedSetting = ({ settings }: RunJson, key: SettingKey): unknown => settings[key] ?? null;

/** The same for a number. */
export function recordedNumber(facts: RunJson, key: SettingKey): number | null {
  const value = recordedSetting(facts, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
