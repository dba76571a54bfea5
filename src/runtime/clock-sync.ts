/**
 * Whether this computer’s clock is right, as far as anybody knows: systemd-timesyncd’s mark, the kernel’s word through
 * timedatectl (also where chrony or ntpd sets the clock), chrony’s own, or a person’s.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

/** systemd-timesyncd leaves this file once it has set the clock. */
export const SYNCED = '/run/systemd/timesync/synchronized';
const ASK_MS = 5_000;
const AGAIN_MS = 60_000;

/** A program that knows, and what it prints when the clock is set. */
const WITNESSES: readonly (readonly [program: string, words: readonly string[], good: RegExp])[] = [
  ['timedatectl', ['show', '--property=NTPSynchronized', '--value'], /^yes$/m],
  ['chronyc', ['-n', 'tracking'], /^Leap status\s*: (?:Normal|Insert second|Delete second)$/m],
];

type Ask = (program: string, words: readonly string[]) => Promise<string | null>;

/** What a program prints; null when it is not there, fails or takes too long. */
const ask: Ask = (program, words) =>
  new Promise((resolve) => {
    // Programs of systemd report to the socket of the service manager, which is meant for this program.
    const { NOTIFY_SOCKET: _, ...env } = process.env;
    execFile(program, words, { timeout: ASK_MS, encoding: 'utf8', env }, (error, stdout) =>
      resolve(error ? null : stdout),
    );
  });

/** Whether one of the programs that know says that the clock is set. */
export async function witnessed(from: Ask = ask): Promise<boolean> {
  for (const [program, words, good] of WITNESSES) {
    const said = await from(program, words);
    if (said !== null && good.test(said)) return true;
  }
  return false;
}

export class ClockSync {
  private said = false;
  private asking = false;
  private askAt = Number.NEGATIVE_INFINITY;

  /** @param trusted a person answers for the clock: a container, a battery-backed clock */
  constructor(
    private readonly trusted: boolean,
    private readonly mark: () => boolean = () => existsSync(SYNCED),
    private readonly from: Ask = ask,
  ) {}

  /** Whether the clock is set, as known now. Programs are asked beside, at most once a minute. */
  isSet(): boolean {
    if (this.trusted || this.mark()) return true;
    void this.inquire();
    return this.said;
  }

  private async inquire(): Promise<void> {
    if (this.asking || performance.now() < this.askAt) return;
    this.asking = true;
    try {
      this.said = await witnessed(this.from);
    } catch {
      // A computer that cannot even start a program does not know.
      this.said = false;
    } finally {
      this.askAt = performance.now() + AGAIN_MS;
      this.asking = false;
    }
  }
}
