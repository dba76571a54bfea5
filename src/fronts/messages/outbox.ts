/** What goes out when: floods become few, and what is not urgent waits for the end of the quiet hours. */
import { Buckets } from '../../desk/buckets.ts';
import { type Message, summaryOf, type Told } from '../../params/messages.ts';
import { type Instant, instant } from '../../units.ts';
import { Waiting } from './waiting.ts';

/**
 * Of urgent messages and of the others so many at once, then one every 30 s: what comes and goes is no reason to wake
 * anybody each time. Trips always go. What is over the pace waits, and the newest of each subject goes out in its turn.
 */
const PACE = { burst: 8, perS: 1 / 30 };
const TOGETHER = { burst: 2 * PACE.burst, perS: 2 * PACE.perS };

export interface OutboxParts {
  /** A message and what stands beside it. */
  readonly tell: (message: Message) => Told;
  /** Every way gets it. */
  readonly send: (message: Told) => void;
  /** So many were left out. */
  readonly lose: (count: number) => void;
}

const isUrgent = ({ urgent }: Told): boolean => urgent;
const isCalm = ({ urgent }: Told): boolean => !urgent;

export class Outbox {
  private readonly held = new Waiting();
  private readonly pace = new Buckets(PACE, TOGETHER, 2, instant(0));
  private wasQuiet = false;

  constructor(private readonly parts: OutboxParts) {}

  add(message: Message): void {
    const told = this.parts.tell(message);
    if (told.kind === 'trip') this.parts.send(told);
    else this.parts.lose(this.held.add(told));
  }

  /** Sends what may go now. */
  release(isQuiet: boolean, now: Instant): void {
    if (this.wasQuiet && !isQuiet) this.summarise(isCalm);
    this.wasQuiet = isQuiet;
    this.atPace('urgent', isUrgent, now);
    if (!isQuiet) this.atPace('others', isCalm, now);
  }

  /** The controller ends: what is urgent goes out, and one summary of the rest. */
  flush(): void {
    for (const message of this.held.takeAll(isUrgent)) this.parts.send(message);
    this.summarise(isCalm);
  }

  private atPace(slot: string, fits: (message: Told) => boolean, now: Instant): void {
    while (this.held.has(fits) && this.pace.take(slot, now) === null) {
      const message = this.held.take(fits);
      if (message) this.parts.send(message);
    }
  }

  private summarise(fits: (message: Told) => boolean): void {
    const held = this.held.takeAll(fits);
    const [first, ...more] = held;
    if (first) this.parts.send(more.length === 0 ? first : this.parts.tell(summaryOf(held)));
  }
}
