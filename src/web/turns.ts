/** Work on the disk or with much memory, which requests start: one piece after the other, however many ask. */
import { Refused } from './answer.ts';

/** A queue: one at a time, and no more wait than may. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** @param most pieces of work that wait or are under way; beyond them the answer is `full` */
  constructor(
    private readonly most = Number.POSITIVE_INFINITY,
    private readonly full = '',
  ) {}

  /** Resolves to what `work` does once its turn has come. Rejects as it does, and with Refused (429) where too much waits. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= this.most) throw new Refused(429, this.full);
    this.waiting += 1;
    const mine = this.last.then(work).finally(() => {
      this.waiting -= 1;
    });
    this.last = mine.catch(() => {});
    return mine;
  }
}

interface Made<T> {
  hasBegun: boolean;
  goodUntilMs: number;
  readonly value: Promise<T>;
}

/** An answer that is made once for all who ask while it is made, and is good for a moment afterwards. */
export class Shared<T> {
  private newest: Made<T> | null = null;
  private readonly turns = new Turns();

  /** @param goodMs so long after it was made, ms of `nowMs`; what failed is made again by the next who asks */
  constructor(
    private readonly make: () => Promise<T>,
    private readonly goodMs: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  ask(): Promise<T> {
    const { newest } = this;
    if (newest && this.nowMs() < newest.goodUntilMs) return newest.value;
    const next: Made<T> = {
      hasBegun: false,
      goodUntilMs: Number.POSITIVE_INFINITY,
      value: this.turns.take(async () => {
        next.hasBegun = true;
        return await this.make();
      }),
    };
    this.newest = next;
    next.value.then(
      () => {
        next.goodUntilMs = this.nowMs() + this.goodMs;
      },
      () => {
        next.goodUntilMs = Number.NEGATIVE_INFINITY;
      },
    );
    return next.value;
  }

  /** Something has changed: what is asked from now on must have begun later than this. */
  forget(): void {
    // One that waits for its turn will see the change.
    if (this.newest?.hasBegun) this.newest = null;
  }
}
