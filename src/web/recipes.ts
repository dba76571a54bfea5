/** Recipes over HTTP: looked at, checked, played on the simulated bench, kept. None of it starts a run. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  dropRecipe,
  isDelivered,
  keepRecipe,
  loadRecipe,
  ownRecipes,
  recipeNames,
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

/** More recipes of its own a device does not keep: the list is read with each order. */
const MOST_OWN = 200;

type Body = { readonly recipe: Readonly<Record<string, unknown>> };
type Facts = Pick<PageData, 'settings' | 'configArguments'>;

export function recipeHandlers(
  { settings, configArguments }: Facts,
  changed: (names: readonly string[]) => void,
  inForce: () => string | null,
): Readonly<Record<string, Handler>> {
  const own = ownRecipes(settings['runtime.stateDir']);
  const problemsOf = (recipe: unknown): readonly Problem[] => {
    const read = readRecipe('recipe', recipe);
    return 'problems' in read ? read.problems : recipeLimitProblems(read.recipe, settings);
  };
  const sound = (recipe: unknown): void => {
    const problems = problemsOf(recipe);
    if (problems.length > 0) throw new Refused(422, `${problems.length} value(s) not allowed.`, problems.map(fieldOf));
  };
  return {
    recipes: () => ({ recipes: recipeNames(own).map((name) => summary(name, own)) }),
    recipe: ({ parts: { name = '' } }) => {
      const text = recipeText(name, own);
      if (text === null) throw new Refused(404, `This device has no recipe ${name.slice(0, 64)}.`);
      return { name, own: !isDelivered(name), recipe: JSON.parse(text) };
    },
    checkRecipe: ({ body }) => {
      const problems = problemsOf((body as Body).recipe);
      return { ok: problems.length === 0, problems };
    },
    dryRun: ({ body }) => {
      const { recipe } = body as Body;
      sound(recipe);
      return dryRun(configArguments, recipe);
    },
    keepRecipe: ({ body, parts: { name = '' } }) => {
      const { recipe } = body as Body;
      if (!RECIPE_NAME.test(name))
        throw new Refused(
          422,
          'The name must be up to 64 lower-case letters, digits and dashes, a letter or digit first.',
        );
      if (isDelivered(name)) throw new Refused(409, `${name} came with remixd; choose another name.`);
      sound(recipe);
      const names = recipeNames(own).filter((one) => !isDelivered(one));
      if (names.length >= MOST_OWN && !names.includes(name))
        throw new Refused(409, `At most ${MOST_OWN} recipes are kept; drop one.`);
      guarded(() => keepRecipe(name, own, recipe));
      changed(recipeNames(own));
      return { code: 200, text: `Recipe ${name} is kept.` };
    },
    dropRecipe: ({ parts: { name = '' } }) => {
      if (isDelivered(name)) throw new Refused(409, `${name} came with remixd and stays.`);
      if (recipeText(name, own) === null) throw new Refused(404, `This device has no recipe ${name.slice(0, 64)}.`);
      const needed = [settings['run.recipe'], settings['schedule.recipe'], inForce()];
      if (needed.includes(name))
        throw new Refused(
          409,
          `${name} is the recipe of the settings or of the calendar; choose another one there first.`,
        );
      guarded(() => dropRecipe(name, own));
      changed(recipeNames(own));
      return { code: 200, text: `Recipe ${name} is gone.` };
    },
  };
}

const fieldOf = ({ path, got, allowed, remedy }: Problem): FieldError => ({
  path,
  got,
  allowed: `${allowed}. ${remedy}`,
});

function guarded(write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new Refused(503, `The disk refuses: ${(error as Error).message}`);
  }
}

function summary(name: string, own: string): ListedRecipe {
  const delivered = isDelivered(name);
  try {
    const recipe: Recipe = loadRecipe(name, own);
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
  const folder = mkdtempSync(join(tmpdir(), 'remixd-recipe-'));
  try {
    const [file, picture] = [join(folder, 'recipe.json'), join(folder, 'picture.svg')];
    writeFileSync(file, JSON.stringify(recipe), { mode: 0o600 });
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
    return said.problems === undefined ? { ...said, picture: readFileSync(picture, 'utf8') } : said;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
