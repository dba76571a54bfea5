/** The recipe file: steps and loops, and what is wrong with one. */
import { z } from 'zod';
import { nearest } from './check.ts';
import { valueAt } from './json.ts';
import { COMPILED } from './limits.ts';
import { MODE_NAMES } from './modes.ts';
import type { Problem } from './problem.ts';
import { condition, light, plainStep, printed, type RecipeStep, stepSchemas } from './recipe-step.ts';
import { shown } from './shown.ts';
import { allowedBy } from './words.ts';

export type { RecipeStep } from './recipe-step.ts';

/** Steps that are played several times; loops may lie in loops. */
export interface RecipeLoop {
  readonly repeat: number;
  readonly steps: readonly RecipeEntry[];
}
export type RecipeEntry = RecipeStep | RecipeLoop;

/** A loop in a loop in a loop is the deepest. */
export const LOOP_LEVELS = 3;
const LOOP_FIELDS = ['repeat', 'steps'];
const loopOf = (entry: z.ZodType<RecipeEntry>) =>
  z.strictObject({ repeat: z.number().int().min(1).max(1000), steps: z.array(entry).min(1).max(50) });
// The loop is the first branch: spelledOut() relies on it.
const entryWith = (levels: number): z.ZodType<RecipeEntry> =>
  levels === 0 ? plainStep : z.union([loopOf(entryWith(levels - 1)), plainStep]);

export const RECIPE = z.strictObject({
  /** For editors: where recipe.schema.json lies. */
  $schema: z.string().max(1000).optional(),
  title: printed.min(1),
  source: z.string().max(200).optional(),
  /** Follow the settings (pulse.onMs, …) instead of fixed numbers: one open-ended step. */
  followSettings: z.boolean().optional(),
  light: light.optional(),
  steps: z.array(entryWith(LOOP_LEVELS)).max(200),
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
  if ('repeat' in value) return LOOP_FIELDS;
  const own = stepSchemas.find(({ shape }) => 'mode' in value && shape.mode.value === value.mode);
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

/** A step whose mode is missing, misspelt or unknown, or a loop where none may be. */
function badMode(path: Path, step: object): Told {
  if ('repeat' in step) {
    const allowed = `loops at most ${LOOP_LEVELS} deep`;
    return { path: [...path, 'repeat'], got: step.repeat, allowed, remedy: 'Write the innermost loop out.' };
  }
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

/** Loops written out. */
export const MOST_STEPS = 20_000;

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

/** How many steps entries come to, counted before any loop is written out. */
const countOf = (entries: readonly RecipeEntry[]): number =>
  entries.reduce((sum, entry) => sum + ('repeat' in entry ? entry.repeat * countOf(entry.steps) : 1), 0);

/** Entries with their loops written out. */
const writtenOut = (entries: readonly RecipeEntry[]): RecipeStep[] =>
  entries.flatMap((entry) => {
    if (!('repeat' in entry)) return [entry];
    const round = writtenOut(entry.steps);
    return Array.from({ length: entry.repeat }, () => round).flat();
  });

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
  const problem = (got: string, allowed: string, remedy: string): { problems: Problem[] } => ({
    problems: [{ code: 'RECIPE_RULE', path: `${name}: steps`, ...(at && { at: at(['steps']) }), got, allowed, remedy }],
  });
  const shorten = 'Shorten the recipe or split it in two.';
  const number = countOf(written);
  const count = `${number} ${number === 1 ? 'step' : 'steps'}`;
  if (followSettings !== (number === 0)) {
    return followSettings
      ? problem(count, 'no steps with followSettings', 'Remove the steps or followSettings.')
      : problem(count, 'at least one step', 'Add a step, or set followSettings to true.');
  }
  if (number > MOST_STEPS) return problem(count, `at most ${MOST_STEPS} steps`, shorten);
  const steps = writtenOut(written);
  const longestS = recipeSeconds(steps);
  if (longestS > COMPILED.recipeCeilingS)
    return problem(`${longestS} s`, `at most ${COMPILED.recipeCeilingS} s in total (I19)`, shorten);
  return { recipe: { name, title, followSettings, light: fixedLight, steps } };
}
