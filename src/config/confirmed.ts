/** The layer of settings that were tried and confirmed; the file behind it is files/kept.ts. Pure but for the recipes folder. */
import { loadRecipe, ownRecipes } from '../files/recipes.ts';
import { checkTogether, checkValue, isSettingKey } from '../params/check.ts';
import { settingRow } from '../params/settings.ts';
import { LAYERS, type LayerName, type Layers, type LayerValues, merge } from './layers.ts';

/** Key and value as they were kept: the keys and values of another version may be among them. */
export type KeptValues = Readonly<Record<string, number | string | boolean>>;

/** What became of confirmed settings at a start. */
export interface ConfirmedLayer {
  /** Everything that was confirmed, in force or not: a start loses nothing of it, and the next write keeps it all. */
  readonly kept: KeptValues;
  /** Of these, what this start lays over the other layers; layers above may override it. */
  readonly values: LayerValues;
  /** Confirmed settings that this start leaves out, and why. */
  readonly dropped: ReadonlyMap<string, string>;
}

/** Layers above: a value that they override is not in force, and clashes with nothing. */
const ABOVE: readonly LayerName[] = LAYERS.slice(LAYERS.indexOf('confirmed') + 1);

/**
 * The confirmed settings that suit the other layers. A value that does not suit its setting is left out. When the rest
 * does not go together with a configuration that was changed meanwhile, all of it is left out: half a tuning is not what
 * anybody confirmed. What is left out stays confirmed, and is in force again at a start that it suits.
 * @param kept not trusted
 * @param others every other layer
 */
export function confirmedLayer(kept: KeptValues, others: Layers): ConfirmedLayer {
  const own = ownRecipes(String(merge(others).settings['runtime.stateDir']));
  const values: Record<string, unknown> = {};
  const dropped = new Map<string, string>();
  for (const [key, value] of Object.entries(kept)) {
    const why = unsuited(key, value, own);
    if (why === null) values[key] = value;
    else dropped.set(key, why);
  }
  const [clash] = checkTogether(merge({ ...others, confirmed: values }).settings);
  if (!clash) return { kept, values, dropped };
  const overridden: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    const isOverridden = ABOVE.some((name) => name !== 'default' && Object.hasOwn(others[name] ?? {}, key));
    if (isOverridden) overridden[key] = value;
    else dropped.set(key, `${clash.path} would be ${clash.got}, not ${clash.allowed}`);
  }
  return { kept, values: overridden, dropped };
}

/** Why a confirmed value cannot be in force here; null when it can. */
function unsuited(key: string, value: unknown, own: string): string | null {
  if (!isSettingKey(key)) return 'no such setting';
  const problem = checkValue(key, value);
  if (problem) return `${problem.got} is not ${problem.allowed}`;
  const { applies } = settingRow(key);
  if (applies === 'bench' || applies === 'restart') return 'it is set in the local file only';
  return key === 'run.recipe' ? recipeProblem(String(value), own) : null;
}

/** A recipe may be gone since it was confirmed. */
function recipeProblem(name: string, own: string): string | null {
  try {
    loadRecipe(name, own);
    return null;
  } catch {
    return `this device has no recipe ${name}`;
  }
}
