/** The recipe file: what it may contain and within which bounds (interlock I9). */
import { z } from 'zod';
import { COMPILED } from './limits.ts';
import { MODE_NAMES, type Mode, type ModeFields, modeRow, modeSchema } from './modes.ts';
import type { Problem } from './problem.ts';
import { SETTINGS } from './settings.ts';

const { 'limits.tripC': TRIP } = SETTINGS;

const light = z.number().min(0).max(1);
const secondsUpTo = (max: number) => z.number().positive().max(max);

const condition = z
  .strictObject({
    filmAboveC: z.number().min(0).max(TRIP.max).optional(),
    filmBelowC: z.number().min(0).max(TRIP.max).optional(),
    atMostS: secondsUpTo(COMPILED.longestRunS),
  })
  .refine((c) => (c.filmAboveC === undefined) !== (c.filmBelowC === undefined), {
    message: 'give exactly one of filmAboveC and filmBelowC',
  });

const duration = {
  note: z.string().max(200).optional(),
  forS: secondsUpTo(COMPILED.longestRunS).optional(),
  until: condition.optional(),
};

/** A step as it is written: a mode with what that mode takes, light, and how long. */
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
  .refine((s) => (s.forS === undefined) !== (s.until === undefined), { message: 'give exactly one of forS and until' })
  .superRefine((step, context) => {
    const broken = modeRow(step.mode).rule?.(step as RecipeStep);
    if (broken) context.addIssue({ code: 'custom', path: [broken.field], message: broken.allowed });
  }) as unknown as z.ZodType<RecipeStep>;

const loop = z.strictObject({
  repeat: z.number().int().min(1).max(1000),
  steps: z.array(plainStep).min(1).max(50),
});

export const RECIPE = z.strictObject({
  title: z.string().min(1).max(200),
  source: z.string().max(200).optional(),
  /** Follow the settings (pulse.onMs, …) instead of fixed numbers: one open-ended step. */
  followSettings: z.boolean().optional(),
  light: light.optional(),
  steps: z.array(z.union([loop, plainStep])).max(200),
});

export type RecipeFile = z.infer<typeof RECIPE>;

/** A checked recipe, loops written out. An empty list follows the settings until it is stopped. */
export interface Recipe {
  readonly name: string;
  readonly title: string;
  readonly followSettings: boolean;
  readonly light: number | null;
  readonly steps: readonly RecipeStep[];
}

/** The value that lies at `path` in parsed JSON. */
const at = (json: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], json);

interface Told {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Of a union zod says only that no branch fits; the branch that was meant (a loop has `repeat`) says why. */
function spelledOut(issues: readonly z.core.$ZodIssue[], json: unknown, base: readonly PropertyKey[]): Told[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code !== 'invalid_union') return [{ path, message: issue.message }];
    if (issue.errors.length === 0) return [{ path, message: MODE_NAMES.join(' | ') }];
    const value = at(json, path);
    const isLoop = typeof value === 'object' && value !== null && 'repeat' in value;
    return spelledOut(issue.errors[isLoop ? 0 : 1] ?? [], json, path);
  });
}

const MOST_STEPS = 20_000;

/** Longest time that the steps can take, s. */
export const recipeSeconds = (steps: readonly RecipeStep[]): number =>
  steps.reduce((sum, step) => sum + (step.forS ?? step.until?.atMostS ?? 0), 0);

/** Checks a parsed recipe file and writes its loops out, or lists every problem. */
export function readRecipe(name: string, json: unknown): { recipe: Recipe } | { problems: Problem[] } {
  const parsed = RECIPE.safeParse(json);
  if (!parsed.success) {
    return {
      problems: spelledOut(parsed.error.issues, json, []).map(({ path, message }) => ({
        code: 'RECIPE_VALUE',
        path: `${name}: ${path.join('.') || '(whole file)'}`,
        got: JSON.stringify(at(json, path)) ?? 'nothing',
        allowed: message,
        remedy: 'docs/reference/recipes.md lists the fields and their ranges.',
      })),
    };
  }
  const { title, steps: written, followSettings = false, light: fixedLight = null } = parsed.data;
  const steps = written.flatMap((step) =>
    'repeat' in step ? Array.from({ length: step.repeat }, () => step.steps).flat() : [step],
  );
  const longestS = recipeSeconds(steps);
  const problem = (path: string, got: string, allowed: string): { problems: Problem[] } => ({
    problems: [
      { code: 'RECIPE_RULE', path: `${name}: ${path}`, got, allowed, remedy: 'Shorten the recipe or split it in two.' },
    ],
  });
  if (followSettings !== (steps.length === 0)) {
    return problem('steps', `${steps.length} steps`, 'either steps, or followSettings with an empty list');
  }
  if (steps.length > MOST_STEPS) return problem('steps', `${steps.length} steps`, `at most ${MOST_STEPS} steps`);
  if (longestS > COMPILED.longestRunS)
    return problem('steps', `${longestS} s`, `at most ${COMPILED.longestRunS} s in all (I19)`);
  return { recipe: { name, title, followSettings, light: fixedLight, steps } };
}
