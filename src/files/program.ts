/** Programs of other people that a setting names. */
import { accessSync, constants, statSync } from 'node:fs';
import type { Problem } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';

/** What is wrong with the program of a setting: empty where it is `none`, or can be started by this account. */
export function programProblems(key: 'messages.program', settings: Settings): Problem[] {
  const path = settings[key];
  if (path === 'none') return [];
  try {
    accessSync(path, constants.X_OK);
    if (statSync(path).isFile()) return [];
  } catch {
    // It is missing, or not for this account.
  }
  const remedy = 'Give the path of a program that the account of remixd may execute (chmod +x), or none.';
  return [{ code: 'CONFIG_PROGRAM', path: key, got: path, allowed: 'an executable file', remedy }];
}
