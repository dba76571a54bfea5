/** Small things that all commands share: how errors end, and progress on long work. */
import { ConfigError, EXIT_CONFIG } from '../runtime/config.ts';

/** Runs a command; bad configuration ends with 78, and the heater was never touched. */
export async function guarded(work: () => Promise<number> | number): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = EXIT_CONFIG;
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

/** Exit code for a file that cannot be made or written (EX_CANTCREAT). */
const EXIT_FILE = 73;

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
