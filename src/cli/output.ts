/** Small things that all commands share: how errors end, and progress on long work. */
import { HalOpenError } from '../hal/registry.ts';
import { ConfigError, EXIT_CONFIG } from '../params/problem.ts';

/** Wrong use of the command line (EX_USAGE). */
export const EXIT_USAGE = 64;
/** Hardware that cannot be opened (EX_UNAVAILABLE); the service manager may try again. */
const EXIT_UNAVAILABLE = 69;
/** A file that cannot be made or written (EX_CANTCREAT). */
const EXIT_FILE = 73;

export const EXIT_CODES = `Exit codes: 0 done · 1 ended tripped, not armed, or a statement not met ·
${EXIT_USAGE} wrong use · ${EXIT_UNAVAILABLE} hardware cannot be opened · ${EXIT_FILE} a file cannot be written · ${EXIT_CONFIG} bad configuration`;

/** Runs a command and turns what it may throw into a text and an exit code; the heater was never touched then. */
export async function guarded(work: () => Promise<number> | number): Promise<void> {
  // A reader that goes away (remixd doctor | head) is no error of the command.
  process.stdout.on('error', () => {});
  try {
    process.exitCode = await work();
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = error.problems.every(({ code }) => code === 'USAGE') ? EXIT_USAGE : EXIT_CONFIG;
    } else if (error instanceof HalOpenError) {
      process.stderr.write(
        `The hardware cannot be opened; every output was left low.   [${error.code}]\n    where    ${error.path}\n` +
          `    cause    ${error.cause}\n    remedy   ${error.remedy}\n`,
      );
      process.exitCode = EXIT_UNAVAILABLE;
    } else if (isFileError(error)) {
      const { code, path = '(unknown)', syscall = 'access' } = error;
      process.stderr.write(
        `Cannot ${syscall} ${path}   [FILE_${code}]\n    cause    ${error.message}\n` +
          '    remedy   Free some space, or name a folder that you may write (runtime.stateDir, runtime.runsDir, --out).\n',
      );
      process.exitCode = EXIT_FILE;
    } else throw error;
  }
}

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error;

/** A progress bar on standard error; silent where that is not a terminal. */
export class Progress {
  private readonly shown = process.stderr.isTTY === true;

  show(share: number, text: string): void {
    if (!this.shown) return;
    const width = 24;
    const full = Math.round(width * Math.max(0, Math.min(1, share)));
    const bar = '█'.repeat(full) + '░'.repeat(width - full);
    const room = Math.max(10, (process.stderr.columns ?? 80) - width - 10);
    process.stderr.write(`\r\x1b[2K${bar} ${String(Math.round(100 * share)).padStart(3)} % ${text.slice(0, room)}`);
  }

  done(): void {
    if (this.shown) process.stderr.write('\r\x1b[2K');
  }
}
