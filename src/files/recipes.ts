/** Finds recipe files: a name from the recipes folder, or a path to a file. */
import { existsSync, readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../params/check.ts';
import { ConfigError } from '../params/problem.ts';
import { type Recipe, readRecipe } from '../params/recipe.ts';
import { RECIPE_NAME } from '../params/web.ts';
import { type JsonFile, readJsonFile, readJsonFileSoon } from './json-file.ts';
import { readPlain } from './plain-file.ts';
import { aloneNextTo, replaceFileSoon } from './replace-file.ts';

/** The package’s root: this file lies in src/files, or in dist/src/files once compiled. */
const HERE = fileURLToPath(new URL('.', import.meta.url));
export const PACKAGE_ROOT = HERE.includes(`${join('dist', 'src', 'files')}`)
  ? join(HERE, '..', '..', '..')
  : join(HERE, '..', '..');
/** The program itself, for work in a process of its own. */
export const PROGRAM = join(PACKAGE_ROOT, 'bin', 'remixd.js');
const FOLDER = join(PACKAGE_ROOT, 'recipes');

/** Recipes that people have made on this device; those of the package lie elsewhere and come first. */
export const ownRecipes = (stateDir: string): string => join(stateDir, 'recipes');

const recipesAmong = (files: readonly string[]): string[] =>
  files
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -5))
    .filter((name) => RECIPE_NAME.test(name));
const sorted = (...lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())].sort();

const namesIn = (folder: string): string[] => (existsSync(folder) ? recipesAmong(readdirSync(folder)) : []);

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Names in the folder of the device’s own recipes, without blocking; empty where there is none. Rejects with a file error. */
export async function ownNamesSoon(own: string): Promise<string[]> {
  const files = await readdir(own).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return recipesAmong(files);
}

/** Whether a recipe belongs to the package, so that nobody may write over its name. */
export const isDelivered = (name: string): boolean => existsSync(join(FOLDER, `${name}.json`));

/** @param own folder of the device’s own recipes, or null for those of the package alone */
export const recipeNames = (own: string | null = null): string[] =>
  sorted(namesIn(FOLDER), own === null ? [] : namesIn(own));

/** All names without blocking. Rejects with a file error. @param own as in `recipeNames` */
export const recipeNamesSoon = async (own: string): Promise<string[]> =>
  sorted(namesIn(FOLDER), await ownNamesSoon(own));

/** Where a recipe of this name lies. */
const pathOf = (name: string, own: string | null): string =>
  own === null || isDelivered(name) ? join(FOLDER, `${name}.json`) : join(own, `${name}.json`);

const whereOf = (nameOrPath: string): string => `recipe ${nameOrPath}`;

const fileOf = (path: string, nameOrPath: string): JsonFile => ({
  path,
  // Three loops, the step in them and its condition, and one level more for a loop too deep, which is said in words.
  levels: 12,
  code: 'RECIPE',
  where: whereOf(nameOrPath),
  what: 'recipe file',
  missing: 'Check the path.',
});

/** @throws ConfigError with every problem */
function recipeFrom(path: string, json: ReturnType<typeof readJsonFile>): Recipe {
  if ('problem' in json) throw new ConfigError([json.problem]);
  const result = readRecipe(basename(path, '.json'), json.value, (place) => ({ file: path, ...json.placeOf(place) }));
  if ('problems' in result) throw new ConfigError(result.problems);
  return result.recipe;
}

/** Loads and checks a recipe. Throws `ConfigError` with every problem. @param own as in `recipeNames` */
export function loadRecipe(nameOrPath: string, own: string | null = null): Recipe {
  const isPath = nameOrPath.includes('/') || nameOrPath.endsWith('.json');
  const path = isPath ? nameOrPath : pathOf(nameOrPath, own);
  if (!existsSync(path)) {
    const names = recipeNames(own);
    const near = isPath ? null : (names.find((name) => name.includes(nameOrPath)) ?? nearest(nameOrPath, names));
    const remedy = near ? `Did you mean ${near}?` : 'List the names with remixd simulate --list, or check the path.';
    const allowed = 'a recipe name, or the path of a .json file';
    throw new ConfigError([
      { code: 'RECIPE_MISSING', path: whereOf(nameOrPath), got: 'no such recipe', allowed, remedy },
    ]);
  }
  const links = isPath ? 'followed' : 'refused';
  return recipeFrom(path, readJsonFile({ ...fileOf(path, nameOrPath), links }));
}

/** The same for a name, without blocking. Rejects with a `ConfigError` with every problem. @param own as in `recipeNames` */
export async function loadRecipeSoon(name: string, own: string): Promise<Recipe> {
  const path = pathOf(name, own);
  return recipeFrom(path, await readJsonFileSoon(fileOf(path, name)));
}

/** The text of a recipe as it stands in its file; null where there is none. Rejects with a file error. @param own as in `recipeNames` */
export async function recipeText(name: string, own: string): Promise<string | null> {
  if (!RECIPE_NAME.test(name)) return null;
  try {
    return await readPlain(pathOf(name, own));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * Keeps a recipe of this device; resolves when it would survive a power cut. The caller has checked it, and that its name is free,
 * and keeps one at a time. Rejects with a file error.
 */
export function keepRecipe(name: string, own: string, recipe: unknown): Promise<void> {
  const path = join(own, `${name}.json`);
  return replaceFileSoon(path, `${JSON.stringify(recipe, null, 2)}\n`, 0o644, aloneNextTo(path));
}

/** Takes a recipe of this device away. Rejects with a file error. */
export const dropRecipe = (name: string, own: string): Promise<void> => rm(join(own, `${name}.json`), { force: true });
