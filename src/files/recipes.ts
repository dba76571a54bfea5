/** Finds recipe files: a name from the recipes folder, or a path to a file. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../params/check.ts';
import { parseFile } from '../params/json.ts';
import { ConfigError, type Problem } from '../params/problem.ts';
import { type Recipe, readRecipe } from '../params/recipe.ts';
import { fileCause } from './errno.ts';
import { readText } from './read-text.ts';

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
  const fail = (problem: Omit<Problem, 'path'>): never => {
    throw new ConfigError([{ ...problem, path: `recipe ${nameOrPath}` }]);
  };
  if (!existsSync(path)) {
    const names = recipeNames();
    const near = isPath ? null : (names.find((name) => name.includes(nameOrPath)) ?? nearest(nameOrPath, names));
    fail({
      code: 'RECIPE_MISSING',
      got: 'no such recipe',
      allowed: 'a recipe name, or the path of a .json file',
      remedy: near ? `Did you mean ${near}?` : 'List the names with remixd simulate --list, or check the path.',
    });
  }
  let text = '';
  try {
    text = readText(path);
  } catch (error) {
    const got = fileCause(error);
    fail({
      code: 'RECIPE_UNREADABLE',
      got,
      allowed: 'a readable recipe file',
      remedy: 'Check the path and the file’s permissions.',
    });
  }
  const json = parseFile(text, 8);
  if ('error' in json)
    return fail({ code: 'RECIPE_SYNTAX', got: json.error, allowed: 'JSON', remedy: 'Correct the JSON at this place.' });
  const result = readRecipe(basename(path, '.json'), json.value, (where) => ({ file: path, ...json.placeOf(where) }));
  if ('problems' in result) throw new ConfigError(result.problems);
  return result.recipe;
}
