/**
 * One transfer at a time, each with a deadline. A hung transfer occupies a thread of libuv's pool (there are four, and
 * file access needs them too) and cannot be cancelled. So while one is overdue no other is started: the others fail at
 * once, and at most one thread is lost.
 */
import type { Done, HalError } from '../ports.ts';
import { portError } from './errors.ts';

/** Ends a transfer; `commit` copies its bytes to the caller and is not called when the caller has stopped waiting. */
export type End = (error: HalError | null, commit?: () => void) => void;
/** Begins a transfer. `overdue()` is true once the caller has stopped waiting; do not try again then. */
export type Start = (end: End, overdue: () => boolean) => void;

interface Job {
  readonly op: string;
  readonly start: Start;
  readonly done: Done;
}

/** Each of the few drivers has at most one transfer in progress. */
const LONGEST_QUEUE = 16;

export class Transfers {
  private readonly waiting: Job[] = [];
  private running = false;
  private overdue = false;
  private closed = false;

  /**
   * @param device name in errors
   * @param deadlineMs from the start of a transfer, retries included, to its `timeout`
   * @param recovered called when an overdue transfer has ended after all, before the next one starts
   */
  constructor(
    private readonly device: string,
    private readonly deadlineMs: number,
    private readonly recovered: () => void,
  ) {}

  /** True = a transfer is past its deadline and has not ended. */
  get hung(): boolean {
    return this.overdue;
  }

  /** True = no transfer is in progress in the pool. */
  get idle(): boolean {
    return !this.running && !this.overdue;
  }

  /** Starts the transfer when its turn comes; `done` is called exactly once. */
  push(op: string, start: Start, done: Done): void {
    if (this.closed) done(portError('bus', this.device, op, 'closed'));
    else if (this.overdue) done(this.hungError(op));
    else if (this.waiting.length >= LONGEST_QUEUE) done(portError('timeout', this.device, op, 'queue-full'));
    else {
      const job = { op, start, done };
      if (this.running) this.waiting.push(job);
      else this.run(job);
    }
  }

  /** Starts nothing any more; waiting transfers fail. */
  close(): void {
    this.closed = true;
    this.fail((op) => portError('bus', this.device, op, 'closed'));
  }

  private run({ op, start, done }: Job): void {
    let waits = true;
    this.running = true;
    const giveUp = () => {
      if (!waits) return;
      waits = false;
      this.running = false;
      this.overdue = true;
      // A transfer started from these callbacks finds the bus hung.
      done(portError('timeout', this.device, op, 'deadline'));
      this.fail((other) => this.hungError(other));
    };
    // After a pause of the whole process the timer fires first, and the answer that is already there comes right after it.
    const deadline = setTimeout(() => setImmediate(giveUp), this.deadlineMs);
    start(
      (error, commit) => {
        clearTimeout(deadline);
        if (!waits) {
          this.overdue = false;
          this.recovered();
          return;
        }
        waits = false;
        if (error === null) commit?.();
        this.running = false;
        // The next in the queue starts first; a transfer started by the callback goes to the end of the queue.
        const next = this.waiting.shift();
        if (next) this.run(next);
        done(error);
      },
      () => !waits,
    );
  }

  private hungError(op: string): HalError {
    return portError('timeout', this.device, op, 'hung');
  }

  private fail(why: (op: string) => HalError): void {
    for (const { op, done } of this.waiting.splice(0)) done(why(op));
  }
}
