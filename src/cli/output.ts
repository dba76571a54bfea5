/** Shared by all commands: how errors are reported, and progress of long work. */
import { fileTrouble } from '../files/errno.ts';
import { forStream } from '../fronts/terminal/journal.ts';
import { HalOpenError } from '../hal/registry.ts';
import { LEVEL } from '../params/log.ts';
import { ConfigError, EXIT_CONFIG } from '../params/problem.ts';
import { RunError } from '../runs/problem.ts';

/** Wrong use of the command line (EX_USAGE). */
export const EXIT_USAGE = 64;
/** Hardware that cannot be opened (EX_UNAVAILABLE); the service manager may try again. */
const EXIT_UNAVAILABLE = 69;
/** A remote command was sent and its answer did not come: neither success nor failure (EX_TEMPFAIL). */
export const EXIT_UNKNOWN = 75;
/** A file that cannot be created or written (EX_CANTCREAT). */
const EXIT_FILE = 73;

export const EXIT_CODES = `Exit codes: 0 success ·
1 a run ended tripped, a bench did not arm, or a check failed ·
${EXIT_USAGE} wrong command line · ${EXIT_UNAVAILABLE} hardware cannot be opened · ${EXIT_FILE} a file cannot be read or written ·
${EXIT_UNKNOWN} a remote command was not answered, outcome unknown · ${EXIT_CONFIG} invalid configuration`;

/** Runs a command and turns a known error into a message and an exit code; the heater was not touched in that case. */
export async function guarded(work: () => Promise<number> | number): Promise<void> {
  // A reader that closes the pipe (remixd doctor | head) is not an error.
  process.stdout.on('error', () => {});
  try {
    process.exitCode = await work();
  } catch (error) {
    if (error instanceof ConfigError) {
      complain(`${error.message}\n`);
      process.exitCode = error.problems.every(({ code }) => code === 'USAGE') ? EXIT_USAGE : EXIT_CONFIG;
    } else if (error instanceof HalOpenError) {
      complain(
        `The hardware cannot be opened; all outputs are low.   [${error.code}]\n    where    ${error.path}\n` +
          `    cause    ${error.cause}\n    remedy   ${error.remedy}\n`,
      );
      process.exitCode = EXIT_UNAVAILABLE;
    } else if (error instanceof RunError) {
      complain(runProblem(error));
      process.exitCode = EXIT_FILE;
    } else if (isFileError(error)) {
      complain(fileProblem(error));
      process.exitCode = EXIT_FILE;
    } else throw error;
  }
}

/** An error for a person, also for one who reads the journal of a service. */
export const complain = (text: string): void => {
  process.stderr.write(forStream(process.stderr.fd, LEVEL.err, text));
};

/** The message about a recorded run that cannot be used. */
const runProblem = ({ code, path, why, remedy }: RunError): string =>
  `Cannot use ${path}   [${code}]\n    cause    ${why}\n    remedy   ${remedy}\n`;

/** The message about a file that cannot be used. */
export function fileProblem(error: NodeJS.ErrnoException): string {
  const { code = 'UNKNOWN', path = 'the output' } = error;
  const { cause, remedy } = fileTrouble(error);
  return `Cannot use ${path}   [FILE_${code}]\n    cause    ${cause}\n    remedy   ${remedy}\n`;
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
