/** Finds recipe files: a name of the recipes folder, or a path to a file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../params/check.ts';
import { ConfigError, type Problem } from '../params/problem.ts';
import { type Recipe, readRecipe } from '../params/recipe.ts';

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
    const near = isPath ? null : nearest(nameOrPath, recipeNames());
    fail({
      code: 'RECIPE_MISSING',
      got: 'no such recipe',
      allowed: isPath ? 'a readable recipe file' : recipeNames().join(' | '),
      remedy: near ? `Did you mean ${near}?` : 'Give one of the names, or a path that ends in .json.',
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    fail({ code: 'RECIPE_SYNTAX', got: (error as Error).message, allowed: 'JSON', remedy: 'Correct the JSON syntax.' });
  }
  const result = readRecipe(basename(path, '.json'), json);
  if ('problems' in result) throw new ConfigError(result.problems);
  return result.recipe;
}
