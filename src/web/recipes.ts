/** Recipes over HTTP: looked at, checked, played on the simulated bench, kept. None of it starts a run. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileCause } from '../files/errno.ts';
import {
  dropRecipe,
  isDelivered,
  keepRecipe,
  loadRecipeSoon,
  ownNamesSoon,
  ownRecipes,
  recipeNamesSoon,
  recipeText,
} from '../files/recipes.ts';
import type { FieldError } from '../params/answers.ts';
import type { ListedRecipe } from '../params/page-records.ts';
import { ConfigError, type Problem } from '../params/problem.ts';
import { type Recipe, readRecipe, recipeSeconds } from '../params/recipe.ts';
import { recipeLimitProblems } from '../params/recipe-limits.ts';
import { RECIPE_NAME } from '../params/web.ts';
import { Refused } from './answer.ts';
import type { PageData } from './protocol.ts';
import type { Handler } from './server.ts';
import { runTool } from './tools.ts';
import { Shared, Turns } from './turns.ts';

/** More recipes of its own a device does not keep: the list is read with each order. */
const MOST_OWN = 200;
/** Recipes that wait to be kept or dropped: a slow card takes seconds for each. */
const MOST_WAITING = 8;
/** The list is good for so long, ms: each recipe in it is read and checked. */
const LIST_MS = 2000;

type Body = { readonly recipe: Readonly<Record<string, unknown>> };
type Facts = Pick<PageData, 'settings' | 'configArguments'>;

export function recipeHandlers(
  { settings, configArguments }: Facts,
  changed: (names: readonly string[]) => void,
  inForce: () => string | null,
): Readonly<Record<string, Handler>> {
  const own = ownRecipes(settings['runtime.stateDir']);
  const list = new Shared(() => listOf(own), LIST_MS);
  const turns = new Turns(MOST_WAITING, 'Too many recipes wait for the disk; try again in a moment.');
  /** One change after the other. @throws Refused where the disk refuses */
  const change = (write: () => Promise<void>): Promise<void> =>
    turns.take(async () => {
      try {
        await guarded(write);
      } finally {
        list.forget();
      }
      changed(await recipeNamesSoon(own));
    });
  const problemsOf = (recipe: unknown): readonly Problem[] => {
    const read = readRecipe('recipe', recipe);
    return 'problems' in read ? read.problems : recipeLimitProblems(read.recipe, settings);
  };
  const sound = (recipe: unknown): void => {
    const problems = problemsOf(recipe);
    if (problems.length > 0) throw new Refused(422, `${problems.length} value(s) not allowed.`, problems.map(fieldOf));
  };
  return {
    recipes: () => list.ask(),
    recipe: async ({ parts: { name = '' } }) => ({
      name,
      own: !isDelivered(name),
      recipe: await asKept(name, own),
    }),
    checkRecipe: ({ body }) => {
      const problems = problemsOf((body as Body).recipe);
      return { ok: problems.length === 0, problems };
    },
    dryRun: ({ body }) => {
      const { recipe } = body as Body;
      sound(recipe);
      return dryRun(configArguments, recipe);
    },
    keepRecipe: async ({ body, parts: { name = '' } }) => {
      const { recipe } = body as Body;
      if (!RECIPE_NAME.test(name))
        throw new Refused(
          422,
          'The name must be up to 64 lower-case letters, digits and dashes, a letter or digit first.',
        );
      if (isDelivered(name)) throw new Refused(409, `${name} came with remixd; choose another name.`);
      sound(recipe);
      await change(async () => {
        const names = await ownNamesSoon(own);
        if (names.length >= MOST_OWN && !names.includes(name))
          throw new Refused(409, `At most ${MOST_OWN} recipes are kept; drop one.`);
        await keepRecipe(name, own, recipe);
      });
      return { code: 200, text: `Recipe ${name} is kept.` };
    },
    dropRecipe: async ({ parts: { name = '' } }) => {
      if (isDelivered(name)) throw new Refused(409, `${name} came with remixd and stays.`);
      await change(async () => {
        // Also one that cannot be read.
        if (!(await ownNamesSoon(own)).includes(name)) throw noSuch(name);
        const needed = [settings['run.recipe'], settings['schedule.recipe'], inForce()];
        if (needed.includes(name))
          throw new Refused(
            409,
            `${name} is the recipe of the settings or of the calendar; choose another one there first.`,
          );
        await dropRecipe(name, own);
      });
      return { code: 200, text: `Recipe ${name} is gone.` };
    },
  };
}

const fieldOf = ({ path, got, allowed, remedy }: Problem): FieldError => ({
  path,
  got,
  allowed: `${allowed}. ${remedy}`,
});

const noSuch = (name: string): Refused => new Refused(404, `This device has no recipe ${name.slice(0, 64)}.`);

/** The recipe as it stands in its file. @throws Refused where there is none, or something else in its place */
async function asKept(name: string, own: string): Promise<unknown> {
  const text = await guarded(() => recipeText(name, own));
  if (text === null) throw noSuch(name);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // What it says of the text is not for everybody: nobody knows what the file is.
    throw new Refused(422, `The file of the recipe ${name} is not JSON.`);
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(503, `The disk refuses: ${fileCause(error)}`);
  }
}

/** One file after the other: what writes the record waits for the same threads. */
async function listOf(own: string): Promise<{ readonly recipes: readonly ListedRecipe[] }> {
  const recipes: ListedRecipe[] = [];
  for (const name of await recipeNamesSoon(own)) recipes.push(await summary(name, own));
  return { recipes };
}

async function summary(name: string, own: string): Promise<ListedRecipe> {
  const delivered = isDelivered(name);
  try {
    const recipe: Recipe = await loadRecipeSoon(name, own);
    return {
      ...{ name, own: !delivered, title: recipe.title, problem: null },
      steps: recipe.steps.length,
      longest_s: recipe.followSettings ? null : recipeSeconds(recipe.steps),
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { name, own: !delivered, title: '', problem: error.message.slice(0, 400), steps: 0, longest_s: null };
  }
}

/** What `remixd recipe check` says of it, and its picture. On a real bench the twin has that bench’s settings. */
async function dryRun(configArguments: readonly string[], recipe: unknown): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'remixd-recipe-'));
  try {
    const [file, picture] = [join(folder, 'recipe.json'), join(folder, 'picture.svg')];
    await writeFile(file, JSON.stringify(recipe), { mode: 0o600 });
    const printed = await runTool([
      'recipe',
      'check',
      file,
      '--json',
      '--out',
      picture,
      ...configArguments,
      '--set',
      'hal.kind=sim',
    ]);
    const said = JSON.parse(printed) as { readonly problems?: unknown };
    return said.problems === undefined ? { ...said, picture: await readFile(picture, 'utf8') } : said;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
