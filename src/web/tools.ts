/** Work for a process of its own: it takes seconds of a processor, which neither pages nor the controller shall wait for. */
import { execFile } from 'node:child_process';
import { PROGRAM } from '../files/recipes.ts';
import { Refused } from './answer.ts';
import { lower } from './lower.ts';

/** Longest time, ms, and longest output, bytes. */
const LONGEST_MS = 180_000;
const MOST_OUTPUT = 16_000_000;
/** Behind everything else that this computer does. */
const NICE = 15;
const MOST_HEAP_MB = 160;

let busy = false;

/**
 * Runs the program with these words and resolves to what it printed, whether or not it ended with 0. One at a time.
 * @throws Refused when another one runs, or when it took too long
 */
export async function runTool(words: readonly string[]): Promise<string> {
  if (busy) throw new Refused(429, 'Another examination or dry run is under way; ask again in a moment.');
  busy = true;
  try {
    return await new Promise((resolve, reject) => {
      const options = { timeout: LONGEST_MS, maxBuffer: MOST_OUTPUT, killSignal: 'SIGKILL' as const };
      const child = execFile(
        process.execPath,
        [`--max-old-space-size=${MOST_HEAP_MB}`, PROGRAM, ...words],
        options,
        (error, stdout, stderr) => {
          if (stdout !== '') resolve(stdout);
          else if (error?.killed) reject(new Refused(503, 'It took too long and was ended.'));
          else reject(new Refused(422, stderr.trim().slice(0, 2000) || 'It said nothing.'));
        },
      );
      if (child.pid !== undefined) lower(child.pid, NICE);
      // It must not stay behind when the page server ends.
      const end = (): void => void child.kill('SIGKILL');
      process.once('exit', end);
      child.once('exit', () => process.off('exit', end));
    });
  } finally {
    busy = false;
  }
}
