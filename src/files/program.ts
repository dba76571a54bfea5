/** The program that a person has named for messages. */
import { accessSync, constants, statSync } from 'node:fs';
import type { Problem } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';

/** What is wrong with `messages.program`: empty where it is `none`, or can be started by this account. */
export function programProblems(settings: Settings): Problem[] {
  const got = settings['messages.program'];
  if (got === 'none') return [];
  try {
    accessSync(got, constants.X_OK);
    if (statSync(got).isFile()) return [];
  } catch {
    // It is missing, or not for this account.
  }
  const remedy = 'Give the path of a program that the account of remixd may execute (chmod +x), or none.';
  return [{ code: 'CONFIG_PROGRAM', path: 'messages.program', got, allowed: 'an executable file', remedy }];
}
