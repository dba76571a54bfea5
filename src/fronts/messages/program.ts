/** A program that is given one message at a time on its standard input, and so long to deal with it. */
import { type ChildProcess, spawn } from 'node:child_process';

/** What of the environment the program gets: nothing of the controller’s configuration. */
const PASSED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'];

export class Program {
  /** Why the last start did not end well, in a sentence; null when it did. */
  failure: string | null = null;
  private child: ChildProcess | null = null;
  /** Resolves when it is not busy. */
  ended: Promise<void> = Promise.resolve();

  /** @param timeoutMs it and all that it has started are killed after so long */
  constructor(
    private readonly path: string,
    private readonly timeoutMs: number,
  ) {}

  get isBusy(): boolean {
    return this.child !== null;
  }

  /** Starts it with one line on its standard input. What fails shows in `failure` once it is no longer busy. */
  run(line: string): void {
    const env = Object.fromEntries(PASSED.map((name) => [name, process.env[name]]));
    // A group of its own, so that what it has started can be ended with it, and Ctrl-C at the terminal is not for it.
    const child = spawn(this.path, [], { env, stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
    this.child = child;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.kill();
    }, this.timeoutMs);
    this.ended = new Promise((resolve) => {
      const end = (failure: string | null): void => {
        clearTimeout(timer);
        this.child = null;
        this.failure = failure;
        resolve();
      };
      child.once('error', ({ message }) => end(`messages.program could not be started: ${message}`));
      child.once('exit', (code, signal) => {
        if (isLate)
          end(`messages.program was ended: it took longer than messages.timeoutS (${this.timeoutMs / 1000} s)`);
        else end(code === 0 ? null : `messages.program failed: ${signal === null ? `exit code ${code}` : signal}`);
      });
    });
    // A program that does not read its input is free not to.
    child.stdin.on('error', () => {});
    child.stdin.end(`${line}\n`);
  }

  /** Ends it and all that it has started; nothing when it is not running. */
  kill(): void {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
