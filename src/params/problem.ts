/** A problem with something that a person wrote: where, what was found, what is allowed, what to do. */

import type { Place } from './json.ts';

/** One thing wrong with a configuration: where, what was given, what is allowed and what to do. */
export interface Problem {
  readonly code: string;
  readonly path: string;
  /** The place in the file that says so, where it is known. */
  readonly at?: Place & { readonly file: string };
  readonly got: string;
  readonly allowed: string;
  readonly remedy: string;
}

/** Exit code for a bad configuration (EX_CONFIG); the service manager does not restart on it. */
export const EXIT_CONFIG = 78;

export class ConfigError extends Error {
  override name = 'ConfigError';
  constructor(readonly problems: readonly Problem[]) {
    super(listProblems(problems));
  }
}

/** So many problems are spelt out; a file with more is not a configuration. */
const MOST_LISTED = 40;

/** The listing that a person reads: one block for each problem, as far as somebody would read. */
export function listProblems(problems: readonly Problem[]): string {
  const blocks = problems
    .slice(0, MOST_LISTED)
    .map(
      ({ code, path, at, got, allowed, remedy }) =>
        `  ${path}   [${code}]\n${at ? `      at       ${at.file}, line ${at.line}, column ${at.column}\n` : ''}      got      ${got}\n      allowed  ${allowed}\n      remedy   ${remedy}`,
    );
  if (problems.length > MOST_LISTED) blocks.push(`  and ${problems.length - MOST_LISTED} more`);
  const count = problems.length === 1 ? 'One problem' : `${problems.length} problems`;
  const all = (start: string): boolean => problems.every(({ code }) => code.startsWith(start));
  const where = all('USAGE') ? 'on the command line' : all('RECIPE_') ? 'in the recipe' : 'in the configuration';
  return `${count} ${where}; the heater was not touched.\n\n${blocks.join('\n\n')}\n`;
}
