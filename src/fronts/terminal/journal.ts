/** What a service writes where systemd reads it: events, each with its level, and the status once a minute. */
import { fstatSync } from 'node:fs';
import type { RunEvent } from '../../params/events.ts';
import { LEVEL, type Level, type LogLine, logLine } from '../../params/log.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether a file descriptor leads to the journal: JOURNAL_STREAM names its device and inode (systemd.exec(5)). The variable
 * alone says nothing: it is inherited by programs whose output goes elsewhere.
 */
export function isJournal(fd: number, env: Environment = process.env): boolean {
  const [, device, inode] = /^(\d+):(\d+)$/.exec(env['JOURNAL_STREAM'] ?? '') ?? [];
  if (device === undefined || inode === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return dev === BigInt(device) && ino === BigInt(inode);
  } catch {
    // It was closed.
    return false;
  }
}

/** A text with its level in front of each line (sd-daemon(3)), ended by a line feed. */
export const leveled = (level: Level, text: string): string =>
  text
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => `<${level}>${line}\n`)
    .join('');

/** A text for a stream: with its level where the journal reads it, as it is elsewhere. */
export const forStream = (fd: number, level: Level, text: string): string =>
  isJournal(fd) ? leveled(level, text) : text;

/** Lines that wait for their turn: a journal that hangs must not hold more than that. */
const MOST_WAITING = 500;
const STATUS_MS = 60_000;

export class JournalLog {
  private lines: LogLine[] = [];
  private dropped = 0;
  private statusMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly write: (text: string) => void) {}

  /** Keeps the line of an event until the next `show`, which is not part of a tick. */
  event(event: RunEvent, simulated: boolean): void {
    const line = logLine(event, simulated);
    if (line === null) return;
    if (this.lines.length < MOST_WAITING) this.lines.push(line);
    else this.dropped += 1;
  }

  /** Writes what has gathered, and the status when a minute is over. */
  show(nowMs: number, status: () => string): void {
    this.flush();
    if (nowMs - this.statusMs < STATUS_MS) return;
    this.statusMs = nowMs;
    this.write(leveled(LEVEL.info, status()));
  }

  flush(): void {
    const { lines, dropped } = this;
    this.lines = [];
    this.dropped = 0;
    const text = lines.map((line) => leveled(line.level, line.text)).join('');
    if (text !== '') this.write(text);
    if (dropped > 0) this.write(leveled(LEVEL.warning, `${dropped} lines were left out; the record has them`));
  }
}
