/**
 * What waits for one way, and when it is tried: one delivery at a time, and longer and longer pauses while the way fails. A message
 * does not wait for the end of less important ones: it is sent beside them, for to break them off could lose or double them.
 */
import type { Told } from '../../params/messages.ts';
import { Waiting } from './waiting.ts';
import type { Outcome, Way } from './way.ts';

export interface LaneParts {
  /** Monotonic time of this computer, ms. */
  readonly nowMs: () => number;
  /** 0..1: devices that lost the same server do not come back at the same instant. */
  readonly chance: () => number;
  /** Of the way, once when it begins to fail and once when it works again. */
  readonly tell: (kind: 'note' | 'trouble', text: string) => void;
}

/** A message, when it happened by this computer, and how often it was tried. */
type Queued = Told & { readonly atMs: number; readonly tries: number };

/** The first pause, and the longest, ms. */
const FIRST_MS = 5_000;
const LONGEST_MS = 600_000;
/** A message is given up after so many tries: four hours of a server that is away. */
const MOST_TRIES = 30;

/** What is more important goes beside what is less so: trips before what is urgent, that before the rest. */
const weightOf = ({ kind, urgent }: Told): number => (kind === 'trip' ? 2 : urgent ? 1 : 0);

/** The pause after so many failures in a row, ms: doubled each time, and between half and all of that by chance. */
export const pauseMs = (failures: number, chance: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1)) * (0.5 + 0.5 * chance);

export class Lane {
  private readonly waiting = new Waiting<Queued>();
  /** Messages that were lost since the last one that went out. */
  private missed = 0;
  /** Failures in a row. */
  private failures = 0;
  private notBeforeMs = Number.NEGATIVE_INFINITY;
  /** What is under way, each with its end: at most one of each weight. */
  private readonly under = new Map<Queued, Promise<void>>();
  private closing = false;

  constructor(
    private readonly way: Way,
    private readonly parts: LaneParts,
  ) {}

  add(message: Told): void {
    this.missed += this.waiting.add({ ...message, atMs: this.parts.nowMs(), tries: 0 });
  }

  /** Messages that were left out before they came here. */
  lose(count: number): void {
    this.missed += count;
  }

  /** Starts the next delivery if it is time; returns whether it did. */
  begin(): boolean {
    const message = this.waiting.take((one) => this.mayGo(one));
    if (!message) return false;
    this.under.set(
      message,
      new Promise((resolve) => {
        this.start(message, () => {
          this.under.delete(message);
          resolve();
        });
      }),
    );
    return true;
  }

  private mayGo(message: Queued): boolean {
    // A trip is worth a try at once, whatever came of the tries before.
    const isDue = this.parts.nowMs() >= this.notBeforeMs || (message.kind === 'trip' && message.tries === 0);
    return isDue && [...this.under.keys()].every((other) => weightOf(other) < weightOf(message));
  }

  /** Sends what waits; ends when all is out, the way fails, or `late` comes. */
  async drain(late: Promise<void>): Promise<void> {
    this.closing = true;
    let isLate = false;
    const over = late.then(() => {
      isLate = true;
    });
    this.notBeforeMs = Number.NEGATIVE_INFINITY;
    while (!isLate) {
      if (this.begin()) continue;
      if (this.under.size === 0) break;
      await Promise.race([...this.under.values(), over]);
    }
    this.way.abort();
  }

  private start(message: Queued, ended: () => void): void {
    const { atMs, tries, ...told } = message;
    const { missed } = this;
    this.missed = 0;
    const lateS = Math.round((this.parts.nowMs() - atMs) / 1000);
    this.way.deliver({ ...told, missed, late_s: lateS }, (outcome) => {
      if (outcome === null) this.succeeded();
      else this.failed(message, missed, outcome);
      ended();
    });
  }

  private succeeded(): void {
    if (this.failures > 0) this.tell('note', 'works again');
    this.failures = 0;
    this.notBeforeMs = Number.NEGATIVE_INFINITY;
  }

  private failed(message: Queued, missed: number, { why, again, waitS = 0 }: NonNullable<Outcome>): void {
    if (this.failures === 0) this.tell('trouble', why);
    this.failures += 1;
    const tries = message.tries + 1;
    const isLost = !again || tries >= MOST_TRIES;
    this.missed += missed + (isLost ? message.count : 0);
    if (!isLost) this.waiting.putBack({ ...message, tries });
    // What the receiver refused says nothing of the next message.
    if (again) this.notBeforeMs = this.parts.nowMs() + Math.max(1000 * waitS, this.pause());
  }

  private pause(): number {
    return pauseMs(this.failures, this.parts.chance());
  }

  /** The record is closed when the controller ends. */
  private tell(kind: 'note' | 'trouble', what: string): void {
    if (!this.closing) this.parts.tell(kind, `${this.way.name} ${what}`);
  }
}
