/** Finds recipe files: a name from the recipes folder, or a path to a file. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../params/check.ts';
import { ConfigError } from '../params/problem.ts';
import { type Recipe, readRecipe } from '../params/recipe.ts';
import { readJsonFile } from './json-file.ts';

/** The package’s root: this file lies in src/files, or in dist/src/files once compiled. */
const HERE = fileURLToPath(new URL('.', import.meta.url));
export const PACKAGE_ROOT = HERE.includes(`${join('dist', 'src', 'files')}`)
  ? join(HERE, '..', '..', '..')
  : join(HERE, '..', '..');
const FOLDER = join(PACKAGE_ROOT, 'recipes');

export const recipeNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -5))
    .sort();

/** Loads and checks a recipe. Throws `ConfigError` with every problem. */
export function loadRecipe(nameOrPath: string): Recipe {
  const isPath = nameOrPath.includes('/') || nameOrPath.endsWith('.json');
  const path = isPath ? nameOrPath : join(FOLDER, `${nameOrPath}.json`);
  const where = `recipe ${nameOrPath}`;
  if (!existsSync(path)) {
    const names = recipeNames();
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
