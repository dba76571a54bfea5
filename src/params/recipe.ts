/** The recipe file: its fields and their bounds (interlock I9). */
import { z } from 'zod';
import { nearest } from './check.ts';
import { valueAt } from './json.ts';
import { COMPILED } from './limits.ts';
import { MODE_NAMES, type Mode, type ModeFields, modeRow, modeSchema } from './modes.ts';
import type { Problem } from './problem.ts';
import { SETTINGS } from './settings.ts';
import { shown } from './shown.ts';
import { allowedBy } from './words.ts';

const { 'limits.tripC': TRIP } = SETTINGS;

/** Text for the screen: an escape sequence in a file must not reach the terminal. */
const printed = z
  .string()
  .max(200)
  .refine((text) => !/\p{Cc}/u.test(text), 'text without control characters');
const light = z.number().min(0).max(1);
const secondsUpTo = (max: number) => z.number().positive().max(max);

const condition = z
  .strictObject({
    filmAboveC: z.number().min(0).max(TRIP.max).optional(),
    filmBelowC: z.number().min(0).max(TRIP.max).optional(),
    atMostS: secondsUpTo(COMPILED.longestRunS),
  })
  .refine((c) => (c.filmAboveC === undefined) !== (c.filmBelowC === undefined), {
    message: 'exactly one of filmAboveC and filmBelowC',
  });

const duration = {
  note: printed.optional(),
  forS: secondsUpTo(COMPILED.longestRunS).optional(),
  until: condition.optional(),
};

/** A step as written: a mode with its fields, the light, and the length. */
export interface RecipeStep extends ModeFields {
  readonly mode: Mode;
  readonly light: number;
  readonly note?: string | undefined;
  readonly forS?: number | undefined;
  readonly until?: z.infer<typeof condition> | undefined;
}

const steps = MODE_NAMES.map((name) =>
  z.strictObject({ ...duration, light, mode: z.literal(name), ...modeSchema(name) }),
);
const mode = z.discriminatedUnion('mode', steps as [(typeof steps)[number], ...typeof steps]);

const plainStep = mode
  .refine((s) => (s.forS === undefined) !== (s.until === undefined), { message: 'exactly one of forS and until' })
  .superRefine((step, context) => {
    const broken = modeRow(step.mode).rule?.(step as RecipeStep);
    if (broken) context.addIssue({ code: 'custom', path: [broken.field], message: broken.allowed });
  }) as unknown as z.ZodType<RecipeStep>;

const loop = z.strictObject({
  repeat: z.number().int().min(1).max(1000),
  steps: z.array(plainStep).min(1).max(50),
});

export const RECIPE = z.strictObject({
  /** For editors: where recipe.schema.json lies. */
  $schema: z.string().max(1000).optional(),
  title: printed.min(1),
  source: z.string().max(200).optional(),
  /** Follow the settings (pulse.onMs, …) instead of fixed numbers: one open-ended step. */
  followSettings: z.boolean().optional(),
  light: light.optional(),
  steps: z.array(z.union([loop, plainStep])).max(200),
});

export type RecipeFile = z.infer<typeof RECIPE>;

/** A checked recipe with its loops expanded. An empty list follows the settings until it is stopped. */
export interface Recipe {
  readonly name: string;
  readonly title: string;
  readonly followSettings: boolean;
  readonly light: number | null;
  readonly steps: readonly RecipeStep[];
}

type Path = readonly PropertyKey[];

interface Told {
  readonly path: Path;
  readonly got: unknown;
  readonly allowed: string;
  readonly remedy: string;
}

const REMEDY = 'docs/reference/recipes.md has the fields, their ranges and an example.';

/** The fields that an object of a recipe may have. */
function fieldsOf(path: Path, value: object): string[] {
  if (path.length === 0) return Object.keys(RECIPE.shape);
  if (path.at(-1) === 'until') return Object.keys(condition.shape);
  if ('repeat' in value) return Object.keys(loop.shape);
  const own = steps.find(({ shape }) => 'mode' in value && shape.mode.value === value.mode);
  return own ? Object.keys(own.shape) : ['mode'];
}

/** The field that was probably meant: not present yet, spelt almost like `key`, with the same first letter. */
function meant(key: string, fields: readonly string[], value: object): string | null {
  const free = fields.filter((field) => !(field in value) && field[0]?.toLowerCase() === key[0]?.toLowerCase());
  return nearest(key, free);
}

function unknownField(path: Path, key: string, value: object): Told {
  const fields = fieldsOf(path, value);
  const near = meant(key, fields, value);
  return {
    path: [...path, key],
    got: (value as Record<string, unknown>)[key],
    allowed: near ?? 'no other fields',
    remedy: near ? `Did you mean ${near}? Rename it.` : `Remove it. Fields allowed here: ${fields.join(', ')}.`,
  };
}

/** A step whose mode is missing, misspelt or unknown. */
function badMode(path: Path, step: object): Told {
  const got = 'mode' in step ? step.mode : undefined;
  const misspelt = got === undefined ? Object.keys(step).find((key) => meant(key, ['mode'], step)) : undefined;
  if (misspelt !== undefined) return unknownField(path, misspelt, step);
  const near = typeof got === 'string' ? nearest(got, MODE_NAMES) : null;
  const remedy = near ? `Did you mean ${near}?` : 'Give one of these.';
  return { path: [...path, 'mode'], got, allowed: MODE_NAMES.join(' | '), remedy };
}

/** Every problem in our own words. Of a union, the branch that was meant (a loop has `repeat`) says why. */
function spelledOut(issues: readonly z.core.$ZodIssue[], json: unknown, base: Path): Told[] {
  return issues.flatMap((issue): Told[] => {
    const path = [...base, ...issue.path];
    const got = valueAt(json, path);
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(path, key, got as object));
    if (issue.code !== 'invalid_union') {
      const isNumber = issue.code === 'invalid_type' && issue.expected === 'number';
      const number = isNumber ? 'Give a number without quotes or unit; times are in seconds.' : REMEDY;
      const remedy = got === undefined ? `Add this field. ${REMEDY}` : number;
      return [{ path, got, allowed: allowedBy(issue), remedy }];
    }
    if (issue.errors.length === 0) return [badMode(path.slice(0, -1), valueAt(json, path.slice(0, -1)) as object)];
    const isLoop = typeof got === 'object' && got !== null && 'repeat' in got;
    return spelledOut(issue.errors[isLoop ? 0 : 1] ?? [], json, path);
  });
}

const MOST_STEPS = 20_000;

/** Longest time that the steps can take, s. */
export const recipeSeconds = (steps: readonly RecipeStep[]): number =>
  steps.reduce((sum, step) => sum + (step.forS ?? step.until?.atMostS ?? 0), 0);

/** For each step, the longest time that it and those after it can take, s. */
export const secondsFromEach = ({ steps }: Pick<Recipe, 'steps'>): number[] => {
  const sums: number[] = [];
  let sum = 0;
  for (let i = steps.length - 1; i >= 0; i -= 1) {
    sum += recipeSeconds(steps.slice(i, i + 1));
    sums[i] = sum;
  }
  return sums;
};

/**
 * Checks a parsed recipe file and expands its loops, or lists every problem.
 * @param at where a path of the recipe stands in its file
 */
export function readRecipe(
  name: string,
  json: unknown,
  at?: (path: Path) => NonNullable<Problem['at']>,
): { recipe: Recipe } | { problems: Problem[] } {
  const parsed = RECIPE.safeParse(json);
  if (!parsed.success) {
    return {
      problems: spelledOut(parsed.error.issues, json, []).map(({ path, got, allowed, remedy }) => ({
        code: 'RECIPE_VALUE',
        path: `${name}: ${path.join('.') || '(whole file)'}`,
        ...(at && { at: at(path) }),
        got: shown(got),
        allowed,
        remedy,
      })),
    };
  }
  const { title, steps: written, followSettings = false, light: fixedLight = null } = parsed.data;
  const steps = written.flatMap((step) =>
    'repeat' in step ? Array.from({ length: step.repeat }, () => step.steps).flat() : [step],
  );
  const longestS = recipeSeconds(steps);
  const problem = (got: string, allowed: string, remedy: string): { problems: Problem[] } => ({
    problems: [{ code: 'RECIPE_RULE', path: `${name}: steps`, ...(at && { at: at(['steps']) }), got, allowed, remedy }],
  });
  const shorten = 'Shorten the recipe or split it in two.';
  const count = `${steps.length} ${steps.length === 1 ? 'step' : 'steps'}`;
  if (followSettings !== (steps.length === 0)) {
    return followSettings
      ? problem(count, 'no steps with followSettings', 'Remove the steps or followSettings.')
      : problem(count, 'at least one step', 'Add a step, or set followSettings to true.');
  }
  if (steps.length > MOST_STEPS) return problem(count, `at most ${MOST_STEPS} steps`, shorten);
  if (longestS > COMPILED.longestRunS)
    return problem(`${longestS} s`, `at most ${COMPILED.longestRunS} s in total (I19)`, shorten);
  return { recipe: { name, title, followSettings, light: fixedLight, steps } };
}
