/** What people ask of a running controller and is only looked up: each takes its time beside the tick. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { whatIf } from '../control/what-if.ts';
import type { Asks } from '../desk/desk.ts';
import { PROGRAM } from '../files/recipes.ts';
import { newestRuns } from '../files/runs.ts';
import { pageOf } from '../params/pages.ts';
import type { Settings } from '../params/settings.ts';
import type { HistorySession } from '../store/session.ts';

/** @param mostBytes of records in one answer; `configArguments`: the options that lead to the same configuration */
export function asksOf(
  settings: Settings,
  past: HistorySession,
  configArguments: readonly string[],
  mostBytes: () => number,
): Asks {
  const run = promisify(execFile);
  let examining: Promise<unknown> | null = null;
  return {
    history: async (args: { after_seq: number; limit: number; part?: number | undefined }): Promise<unknown> => {
      const limit = Math.min(args.limit, MOST_READ);
      const records = await past.store.read({ afterSeq: args.after_seq, limit });
      const { stream, newestSeq } = past.store.stats();
      return { stream, newest: newestSeq, ...pageOf(records, args.part ?? 1, mostBytes()) };
    },
    runs: ({ limit }: { limit: number }) => newestRuns(settings['runtime.runsDir'], limit),
    // A process of its own: it looks at files and devices, which the tick must not wait for. One at a time.
    doctor: (): Promise<unknown> => {
      const words = [PROGRAM, 'doctor', '--json', ...configArguments];
      examining ??= run(process.execPath, words, { timeout: 60_000, maxBuffer: 1e6 })
        .then(
          ({ stdout }) => stdout,
          // Exit code 1 says that it found something.
          (error: Error & { stdout?: string }) => {
            if (!error.stdout) throw error;
            return error.stdout;
          },
        )
        .then((text) => JSON.parse(text) as unknown)
        .finally(() => {
          examining = null;
        });
      return examining;
    },
    whatIf,
  };
}

/** A message holds some dozens of records; more would be read for nothing. */
const MOST_READ = 50;
