/** Work for a process of its own: it takes seconds of a processor, which neither pages nor the controller shall wait for. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { PROGRAM } from '../files/recipes.ts';
import { Refused } from './answer.ts';

/** Longest time, ms, and longest output, bytes. */
const LONGEST_MS = 180_000;
const MOST_OUTPUT = 16_000_000;
/** Behind everything else that this computer does, and the first to go when memory runs out: never the controller. */
const NICE = 15;
const FIRST_TO_GO = '1000';
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
      if (child.pid !== undefined) lower(child.pid);
    });
  } finally {
    busy = false;
  }
}

function lower(pid: number): void {
  const steps = [() => writeFileSync(`/proc/${pid}/oom_score_adj`, FIRST_TO_GO), () => setPriority(pid, NICE)];
  for (const step of steps) {
    try {
      step();
    } catch {
      // It has ended already, or may not be lowered here: then it runs as it is.
    }
  }
}
