/** One step of a recipe: its fields, their bounds (interlock I9) and the rules between them. */
import { z } from 'zod';
import { COMPILED } from './limits.ts';
import { hasSetpoint, MODE_NAMES, type Mode, type ModeFields, modeRow, modeSchema } from './modes.ts';
import { SETTINGS } from './settings.ts';

const { 'limits.tripC': TRIP } = SETTINGS;

/** Bounds of what a step may say beside its mode: K/min, s and K. */
export const STEP_FIELDS = {
  rampKPerMin: { min: 0.01, max: 600 },
  bandK: { min: 0.1, max: 10 },
  lightOnS: { min: 0.1, max: 3600 },
  lightPeriodS: { min: 0.2, max: 86_400 },
} as const;

/** Text for the screen: an escape sequence in a file must not reach the terminal. */
export const printed = z
  .string()
  .max(200)
  .refine((text) => !/\p{Cc}/u.test(text), 'text without control characters');
export const light = z.number().min(0).max(1);
const stepSeconds = z.number().positive().max(COMPILED.recipeCeilingS);
const within = (field: keyof typeof STEP_FIELDS): z.ZodNumber =>
  z.number().min(STEP_FIELDS[field].min).max(STEP_FIELDS[field].max);

const AWAITED = ['filmAboveC', 'filmBelowC', 'rampDone', 'soakS'] as const;

/** What ends a step before its longest time, and what follows when it did not happen in that time. */
export const condition = z
  .strictObject({
    filmAboveC: z.number().min(0).max(TRIP.max).optional(),
    filmBelowC: z.number().min(0).max(TRIP.max).optional(),
    rampDone: z.literal(true).optional(),
    soakS: stepSeconds.optional(),
    bandK: within('bandK').optional(),
    atMostS: stepSeconds,
    onTimeout: z.enum(['end', 'go-on']).optional(),
  })
  .superRefine((c, context) => {
    const say = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    if (AWAITED.filter((field) => c[field] !== undefined).length !== 1) {
      say([], 'exactly one of filmAboveC, filmBelowC, rampDone and soakS');
    }
    if ((c.soakS === undefined) !== (c.bandK === undefined)) say(['bandK'], 'a number with soakS, and only with it');
    if (c.soakS !== undefined && c.soakS > c.atMostS) say(['soakS'], 'at most atMostS');
  });

/** A step as written: a mode with its fields, the light, and the length. */
export interface RecipeStep extends ModeFields {
  readonly mode: Mode;
  readonly light: number;
  /** Light on for so many seconds in every period since the step’s start; left out: all the time. */
  readonly lightOnS?: number | undefined;
  readonly lightPeriodS?: number | undefined;
  /** How fast the setpoint moves to `setpointC`, K/min; left out: at once. */
  readonly rampKPerMin?: number | undefined;
  readonly note?: string | undefined;
  readonly forS?: number | undefined;
  readonly until?: z.infer<typeof condition> | undefined;
}

export const stepSchemas = MODE_NAMES.map((name) =>
  z.strictObject({
    note: printed.optional(),
    forS: stepSeconds.optional(),
    until: condition.optional(),
    lightOnS: within('lightOnS').optional(),
    lightPeriodS: within('lightPeriodS').optional(),
    light,
    mode: z.literal(name),
    ...modeSchema(name),
    ...(hasSetpoint(name) && { rampKPerMin: within('rampKPerMin').optional() }),
  }),
);

interface Broken {
  readonly path: string[];
  readonly allowed: string;
}

/** The rules between fields that a step breaks. */
function brokenRules(step: RecipeStep): Broken[] {
  const { mode, until, lightOnS, lightPeriodS } = step;
  const broken: Broken[] = [];
  const say = (allowed: string, ...path: string[]): void => void broken.push({ path, allowed });
  if ((step.forS === undefined) === (until === undefined)) say('exactly one of forS and until');
  const rule = modeRow(mode).rule?.(step);
  if (rule) say(rule.allowed, rule.field);
  if (until?.rampDone && step.rampKPerMin === undefined) say('only with rampKPerMin', 'until', 'rampDone');
  if (until?.soakS !== undefined && !hasSetpoint(mode)) say('only in a mode with a setpoint', 'until', 'soakS');
  if ((lightOnS === undefined) !== (lightPeriodS === undefined)) {
    say('lightOnS and lightPeriodS together', lightOnS === undefined ? 'lightOnS' : 'lightPeriodS');
  } else if (lightOnS !== undefined && lightOnS >= (lightPeriodS ?? 0)) say('less than lightPeriodS', 'lightOnS');
  if (lightOnS !== undefined && step.light === 0) say('above 0 with lightOnS', 'light');
  return broken;
}

const mode = z.discriminatedUnion('mode', stepSchemas as [(typeof stepSchemas)[number], ...typeof stepSchemas]);

export const plainStep = mode.superRefine((step, context) => {
  for (const { path, allowed } of brokenRules(step as RecipeStep)) {
    context.addIssue({ code: 'custom', path, message: allowed });
  }
}) as unknown as z.ZodType<RecipeStep>;

/** What a condition waits for, in words. */
export function awaited({ until, setpointC }: RecipeStep): string {
  if (until?.filmAboveC !== undefined) return `a film of at least ${until.filmAboveC} °C`;
  if (until?.filmBelowC !== undefined) return `a film of at most ${until.filmBelowC} °C`;
  if (until?.soakS !== undefined) return `${until.soakS} s within ${until.bandK} K of ${setpointC} °C`;
  return 'the end of the ramp';
}
