/** The recorded runs: what the newest run folders say of themselves. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readPlain } from './plain-file.ts';

export interface RunFacts {
  readonly folder: string;
  /** What run.json says, without its settings; null where it cannot be read. */
  readonly run: Readonly<Record<string, unknown>> | null;
}

/** Run folders begin with the time of their start. */
const RUN = /^\d{4}-\d\d-\d\dT/;

/** Names of the newest run folders first, at most `limit`. Rejects with a file error when the folder cannot be read. */
export async function newestFolders(runsDir: string, limit: number): Promise<string[]> {
  const names = (await readdir(runsDir)).filter((name) => RUN.test(name)).sort();
  return names.slice(-limit).reverse();
}

/** The newest runs first, at most `limit`. Rejects with a file error when the folder cannot be read. */
export async function newestRuns(runsDir: string, limit: number): Promise<RunFacts[]> {
  const found: RunFacts[] = [];
  // One after the other: what writes the record waits for the same threads.
  for (const folder of await newestFolders(runsDir, limit))
    found.push({ folder, run: await factsOf(join(runsDir, folder, 'run.json')) });
  return found;
}

async function factsOf(path: string): Promise<RunFacts['run']> {
  try {
    const { settings: _settings, ...facts } = JSON.parse(await readPlain(path)) as Record<string, unknown>;
    return facts;
  } catch {
    return null;
  }
}
