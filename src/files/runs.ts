/** The recorded runs: what the newest run folders say of themselves. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface RunFacts {
  readonly folder: string;
  /** What run.json says, without its settings; null where it cannot be read. */
  readonly run: Readonly<Record<string, unknown>> | null;
}

/** Run folders begin with the time of their start. */
const RUN = /^\d{4}-\d\d-\d\dT/;

/** The newest runs first, at most `limit`. Rejects with a file error when the folder cannot be read. */
export async function newestRuns(runsDir: string, limit: number): Promise<RunFacts[]> {
  const names = (await readdir(runsDir)).filter((name) => RUN.test(name)).sort();
  const newest = names.slice(-limit).reverse();
  return Promise.all(newest.map(async (folder) => ({ folder, run: await factsOf(join(runsDir, folder, 'run.json')) })));
}

async function factsOf(path: string): Promise<RunFacts['run']> {
  try {
    const { settings: _settings, ...facts } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    return facts;
  } catch {
    return null;
  }
}
