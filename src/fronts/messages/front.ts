/** Messages: what people are told where nobody looks at a screen. A program of theirs carries each to them. */
import { Buckets } from '../../desk/buckets.ts';
import type { Desk } from '../../desk/desk.ts';
import type { RunEvent } from '../../params/events.ts';
import { type Message, messageOf } from '../../params/messages.ts';
import type { Settings } from '../../params/settings.ts';
import type { Snapshots } from '../../params/subscriber.ts';
import { instant, secondsOf } from '../../units.ts';
import type { Front, FrontClock } from '../front.ts';
import { Program } from './program.ts';

/** What stands in each message beside what happened. */
export interface MessageFacts {
  readonly device: string;
  readonly simulated: boolean;
  readonly sample: string;
}

/**
 * Of urgent messages and of the others so many at once, then one every 30 s: what comes and goes is no reason to wake
 * anybody each time. Trips always go.
 */
const PACE = { burst: 8, perS: 1 / 30 };
const TOGETHER = { burst: 2 * PACE.burst, perS: 2 * PACE.perS };
/** Messages that wait for the program; one that hangs holds the others up until its time is over. */
const MOST_WAITING = 32;
/** What is still to be said when the controller ends may take so long, ms: half of what the service manager waits. */
const CLOSING_MS = 5000;
const FAILED = 'messages';

/** Hands each message to the program, one after the other. A tick waits for its start, some milliseconds, and for no more. */
export class MessageFront implements Front {
  readonly words = null;
  private readonly events: RunEvent[] = [];
  private readonly waiting: Message[] = [];
  private readonly pace = new Buckets(PACE, TOGETHER, 2, instant(0));
  /** Messages that were left out since the last one that was sent. */
  private missed = 0;
  /** The failure that is in the record already. */
  private told: string | null = null;

  constructor(
    private readonly desk: Pick<Desk, 'snapshot' | 'note'>,
    snapshots: Snapshots,
    private readonly clock: FrontClock,
    private readonly facts: MessageFacts,
    private readonly program: Program,
  ) {
    snapshots.subscribe({ event: (event) => void this.events.push(event) });
  }

  tick(): void {
    for (const event of this.events.splice(0)) this.take(event);
    if (this.program.isBusy) return;
    const { failure } = this.program;
    if (failure !== null && failure !== this.told) this.desk.note('trouble', FAILED, failure);
    this.told = failure;
    const next = this.next();
    if (next) this.send(next);
  }

  async close(): Promise<void> {
    for (const event of this.events.splice(0)) this.take(event);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, CLOSING_MS, 'late');
    });
    while ((await Promise.race([this.program.ended, late])) !== 'late') {
      const next = this.next();
      if (!next) break;
      this.send(next);
    }
    clearTimeout(timer);
    this.program.kill();
  }

  private take(event: RunEvent): void {
    // That the program fails cannot be said through it.
    if (event.kind === 'trouble' && event.code === FAILED) return;
    const message = messageOf(event, this.desk.snapshot);
    if (!message) return;
    const slot = message.urgent ? 'urgent' : 'others';
    if (message.kind !== 'trip' && this.pace.take(slot, this.clock.mono()) !== null) {
      this.missed += 1;
      return;
    }
    this.waiting.push(message);
    if (this.waiting.length <= MOST_WAITING) return;
    const least = this.waiting.findIndex(({ urgent }) => !urgent);
    this.waiting.splice(Math.max(0, least), 1);
    this.missed += 1;
  }

  /** Trips first, then what is urgent, each in the order in which they came. */
  private next(): Message | undefined {
    const { waiting } = this;
    const trip = waiting.findIndex(({ kind }) => kind === 'trip');
    const urgent = waiting.findIndex((one) => one.urgent);
    return waiting.splice(trip >= 0 ? trip : Math.max(0, urgent), 1)[0];
  }

  private send(message: Message): void {
    const { missed } = this;
    this.missed = 0;
    this.program.run(
      JSON.stringify({
        ...message,
        ...this.facts,
        run: this.desk.snapshot.run,
        wall_s: this.clock.wallS(),
        mono_s: secondsOf(this.clock.mono()),
        missed,
      }),
    );
  }
}

/** The messages of a running controller. */
export function openMessages(
  desk: Pick<Desk, 'snapshot' | 'note'>,
  snapshots: Snapshots,
  clock: FrontClock,
  { settings, simulated }: { readonly settings: Settings; readonly simulated: boolean },
): Front {
  const path = settings['messages.program'];
  if (path === 'none') return NOBODY;
  const facts = { device: settings['mqtt.device'], sample: settings['run.sample'], simulated };
  return new MessageFront(desk, snapshots, clock, facts, new Program(path, 1000 * settings['messages.timeoutS']));
}

/** Nobody is to be told. */
const NOBODY: Front = { words: null, tick: () => {}, close: async () => {} };
