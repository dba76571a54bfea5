/** A program that is started for one message, and so long to deal with it. */
import { type ChildProcess, spawn } from 'node:child_process';

/** What of the environment it gets: nothing of the controller’s configuration. */
const PASSED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'];

/** How it ended. */
export type Ending =
  | { readonly kind: 'exit'; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'late' }
  | { readonly kind: 'not started'; readonly why: string };

/** How it ended, in words; null for exit code 0. */
export function endingText(ending: Ending, timeoutMs: number): string | null {
  if (ending.kind === 'late') return `was ended: it took longer than messages.timeoutS (${timeoutMs / 1000} s)`;
  if (ending.kind === 'not started') return `could not be started: ${ending.why}`;
  const { code, signal } = ending;
  return code === 0 ? null : `failed: ${signal === null ? `exit code ${code}` : signal}`;
}

/** Starts programs, one for each message. */
export class Child {
  private readonly running = new Set<ChildProcess>();

  /** @param timeoutMs the program and all that it has started are killed after so long */
  constructor(
    private readonly path: string,
    private readonly words: readonly string[],
    private readonly timeoutMs: number,
  ) {}

  /** Starts it without a shell, with `input` on its standard input. Calls `done` once, later; never throws. */
  run(input: string, done: (ending: Ending) => void): void {
    try {
      this.start(input, done);
    } catch (error) {
      // Some failures come at once: a file that is being written, no descriptors left, no memory.
      const why = (error as Error).message;
      setImmediate(() => done({ kind: 'not started', why }));
    }
  }

  private start(input: string, done: (ending: Ending) => void): void {
    const env = Object.fromEntries(PASSED.map((name) => [name, process.env[name]]));
    // A group of its own, so that what it has started can be ended with it, and Ctrl-C at the terminal is not for it.
    const child = spawn(this.path, this.words, { env, stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
    this.running.add(child);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child);
    }, this.timeoutMs);
    const end = (ending: Ending): void => {
      if (!this.running.delete(child)) return;
      clearTimeout(timer);
      // What it has left behind would live in the controller’s memory and count among its tasks.
      killGroup(child);
      done(ending);
    };
    child.once('error', ({ message }) => end({ kind: 'not started', why: message }));
    child.once('exit', (code, signal) => end(isLate ? { kind: 'late' } : { kind: 'exit', code, signal }));
    // A program that does not read its input is free not to; without descriptors there is none.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  }

  /** Ends all that run, with all that they have started. */
  kill(): void {
    for (const child of this.running) killGroup(child);
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, with all that it had started.
  }
}
