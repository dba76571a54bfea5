/** A patch: some settings with new values, as a key press, a remote place or a confirmed trial changes them. */
import type { FieldError } from './answers.ts';
import { checkTogether, checkValue, isSettingKey, nearest } from './check.ts';
import { SETTING_KEYS, type SettingKey, type Settings, settingRow } from './settings.ts';
import { shown } from './shown.ts';

export type Patch = Readonly<Partial<Record<SettingKey, number | string | boolean>>>;

/** For more unknown keys than this nothing is suggested: looking for a near name is work. */
const SUGGESTED = 3;

const LOCAL = 'a change in the local file only';

/**
 * Everything that is wrong with a patch, at once: unknown keys, local ones, values, and rules over several settings.
 * @param base the settings that the patch would change
 * @param driven settings that act only between runs are refused while something is driven
 * @param recipes names that `run.recipe` may have
 */
export function patchErrors(
  base: Settings,
  patch: Readonly<Record<string, unknown>>,
  { driven, recipes }: { readonly driven: boolean; readonly recipes: readonly string[] },
): FieldError[] {
  const errors: FieldError[] = [];
  const good: Record<string, unknown> = {};
  let unknown = 0;
  if (Object.keys(patch).length === 0) errors.push({ path: 'patch', got: '{}', allowed: 'at least one setting' });
  for (const [key, value] of Object.entries(patch)) {
    if (isSettingKey(key)) {
      const allowed = refusedBy(key, value, driven, recipes);
      if (allowed === null) good[key] = value;
      else errors.push({ path: key, got: shown(value), allowed });
      continue;
    }
    unknown += 1;
    const near = unknown <= SUGGESTED ? nearest(key, SETTING_KEYS) : null;
    const allowed = near ? `a setting, perhaps ${near}` : 'a setting';
    errors.push({ path: key.slice(0, 64), got: shown(value), allowed });
  }
  if (errors.length > 0) return errors;
  return checkTogether({ ...base, ...good } as Settings).map(({ path, got, allowed }) => ({ path, got, allowed }));
}

/** What is allowed instead; null when the value is. */
function refusedBy(key: SettingKey, value: unknown, driven: boolean, recipes: readonly string[]): string | null {
  const { applies } = settingRow(key);
  if (applies === 'bench' || applies === 'restart') return LOCAL;
  if (applies === 'idle' && driven) return 'a change while no run is active';
  if (key === 'run.recipe' && typeof value === 'string' && !recipes.includes(value)) return recipes.join(' | ');
  return checkValue(key, value)?.allowed ?? null;
}

/** A patch in words, for the record. */
export const patchText = (patch: Readonly<Record<string, unknown>>): string =>
  Object.entries(patch)
    .map(([key, value]) => `${key} = ${String(value)}`)
    .join(', ');
