/** Finds recipe files: a name from the recipes folder, or a path to a file. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../params/check.ts';
import { ConfigError } from '../params/problem.ts';
import { type Recipe, readRecipe } from '../params/recipe.ts';
import { RECIPE_NAME } from '../params/web.ts';
import { readJsonFile } from './json-file.ts';
import { readText } from './read-text.ts';
import { replaceFile } from './replace-file.ts';

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

const namesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => name.slice(0, -5))
        .filter((name) => RECIPE_NAME.test(name))
    : [];

/** Whether a recipe belongs to the package, so that nobody may write over its name. */
export const isDelivered = (name: string): boolean => existsSync(join(FOLDER, `${name}.json`));

/** @param own folder of the device’s own recipes, or null for those of the package alone */
export const recipeNames = (own: string | null = null): string[] =>
  [...new Set([...namesIn(FOLDER), ...(own === null ? [] : namesIn(own))])].sort();

/** Where a recipe of this name lies. */
const pathOf = (name: string, own: string | null): string =>
  own === null || isDelivered(name) ? join(FOLDER, `${name}.json`) : join(own, `${name}.json`);

/** Loads and checks a recipe. Throws `ConfigError` with every problem. @param own as in `recipeNames` */
export function loadRecipe(nameOrPath: string, own: string | null = null): Recipe {
  const isPath = nameOrPath.includes('/') || nameOrPath.endsWith('.json');
  const path = isPath ? nameOrPath : pathOf(nameOrPath, own);
  const where = `recipe ${nameOrPath}`;
  if (!existsSync(path)) {
    const names = recipeNames(own);
    const near = isPath ? null : (names.find((name) => name.includes(nameOrPath)) ?? nearest(nameOrPath, names));
    const remedy = near ? `Did you mean ${near}?` : 'List the names with remixd simulate --list, or check the path.';
    const allowed = 'a recipe name, or the path of a .json file';
    throw new ConfigError([{ code: 'RECIPE_MISSING', path: where, got: 'no such recipe', allowed, remedy }]);
  }
  const json = readJsonFile({
    path,
    // Three loops, the step in them and its condition, and one level more for a loop too deep, which is said in words.
    levels: 12,
    code: 'RECIPE',
    where,
    what: 'recipe file',
    missing: 'Check the path.',
  });
  if ('problem' in json) throw new ConfigError([json.problem]);
  const result = readRecipe(basename(path, '.json'), json.value, (place) => ({ file: path, ...json.placeOf(place) }));
  if ('problems' in result) throw new ConfigError(result.problems);
  return result.recipe;
}

/** The text of a recipe as it stands in its file; null where there is none. @param own as in `recipeNames` */
export function recipeText(name: string, own: string): string | null {
  const path = pathOf(name, own);
  return RECIPE_NAME.test(name) && existsSync(path) ? readText(path) : null;
}

/** Keeps a recipe of this device. The caller has checked it, and that its name is free. @throws a file error */
export function keepRecipe(name: string, own: string, recipe: unknown): void {
  replaceFile(join(own, `${name}.json`), `${JSON.stringify(recipe, null, 2)}\n`, 0o644);
}

/** Takes a recipe of this device away. @throws a file error */
export const dropRecipe = (name: string, own: string): void => rmSync(join(own, `${name}.json`), { force: true });
