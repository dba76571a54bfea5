/** A program that is given one message at a time on its standard input, and so long to deal with it. */
import { type ChildProcess, spawn } from 'node:child_process';

/** What of the environment the program gets: nothing of the controller’s configuration. */
const PASSED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'];

export class Program {
  /** Why the last start did not end well, in a sentence; null when it did. */
  failure: string | null = null;
  /** Resolves when it is not busy. */
  ended: Promise<void> = Promise.resolve();
  private child: ChildProcess | null = null;

  /** @param timeoutMs it and all that it has started are killed after so long */
  constructor(
    private readonly path: string,
    private readonly timeoutMs: number,
  ) {}

  get isBusy(): boolean {
    return this.child !== null;
  }

  /** Starts it with one line on its standard input. Never throws: what fails shows in `failure` once it is no longer busy. */
  run(line: string): void {
    try {
      this.start(line);
    } catch (error) {
      // Some failures come at once: a file that is being written, no descriptors left, no memory.
      this.kill();
      this.child = null;
      this.failure = notStarted((error as Error).message);
    }
  }

  private start(line: string): void {
    const env = Object.fromEntries(PASSED.map((name) => [name, process.env[name]]));
    // A group of its own, so that what it has started can be ended with it, and Ctrl-C at the terminal is not for it.
    const child = spawn(this.path, [], { env, stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
    this.child = child;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child);
    }, this.timeoutMs);
    this.ended = new Promise((resolve) => {
      const end = (failure: string | null): void => {
        clearTimeout(timer);
        // What it has left behind would live in the controller’s memory and count among its tasks.
        killGroup(child);
        if (this.child === child) this.child = null;
        this.failure = failure;
        resolve();
      };
      child.once('error', ({ message }) => end(notStarted(message)));
      child.once('exit', (code, signal) => {
        if (isLate)
          end(`messages.program was ended: it took longer than messages.timeoutS (${this.timeoutMs / 1000} s)`);
        else end(code === 0 ? null : `messages.program failed: ${signal === null ? `exit code ${code}` : signal}`);
      });
    });
    // A program that does not read its input is free not to; without descriptors there is none.
    child.stdin?.on('error', () => {});
    child.stdin?.end(`${line}\n`);
  }

  /** Ends it and all that it has started; nothing when it is not running. */
  kill(): void {
    if (this.child) killGroup(this.child);
  }
}

const notStarted = (why: string): string => `messages.program could not be started: ${why}`;

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, with all that it had started.
  }
}
