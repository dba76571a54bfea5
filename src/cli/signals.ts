/** Ctrl-C and the service manager end a command once, in order. */

/** A signal that comes so soon after the first is the same wish: npx and timeout pass on what the terminal has sent already. */
const SAME_MS = 1000;
/** As a shell reports a program that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;

/** Calls `end` at the first SIGINT or SIGTERM; another one, more than a second later, ends the program at once. */
export function onSignal(end: () => void): void {
  let firstAt: number | null = null;
  const told = (): void => {
    if (firstAt === null) {
      firstAt = performance.now();
      end();
    } else if (performance.now() - firstAt > SAME_MS) process.exit(EXIT_INTERRUPTED);
  };
  process.on('SIGINT', told);
  process.on('SIGTERM', told);
}
