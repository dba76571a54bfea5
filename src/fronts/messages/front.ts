/** Messages: what people are told where nobody looks at a screen, by every way that the settings turn on. */
import { randomUUID } from 'node:crypto';
import type { Desk } from '../../desk/desk.ts';
import type { RunEvent } from '../../params/events.ts';
import { type Message, messageOf, type Told } from '../../params/messages.ts';
import { isSearching } from '../../params/search.ts';
import type { Settings } from '../../params/settings.ts';
import type { Snapshots } from '../../params/subscriber.ts';
import { secondsOf } from '../../units.ts';
import type { Front, FrontClock } from '../front.ts';
import { ComputerWatch, spaceOf } from './computer.ts';
import { Lane } from './lane.ts';
import { OnPurpose } from './on-purpose.ts';
import { Outbox } from './outbox.ts';
import { quietHours } from './quiet.ts';
import type { Way } from './way.ts';
import { type MessageSecrets, openWays } from './ways.ts';

/** What stands in each message beside what happened. */
export type MessageFacts = Pick<Told, 'device' | 'sample' | 'simulated'>;

/** What is still to be said when the controller ends may take so long, ms: half of what the service manager waits. */
const CLOSING_MS = 5000;
/** The code of events about messages themselves. */
const FAILED = 'messages';

type MessageDesk = Pick<Desk, 'snapshot' | 'note' | 'search'>;

export interface MessageFrontParts {
  readonly ways: readonly Way[];
  readonly facts: MessageFacts;
  readonly isQuiet: (wallS: number | null) => boolean;
  readonly nowMs: () => number;
  readonly chance: () => number;
}

/** Hands each message to every way. A tick waits for the start of one delivery, some milliseconds, and for no more. */
export class MessageFront implements Front {
  readonly words = null;
  private readonly events: RunEvent[] = [];
  private readonly lanes: readonly Lane[];
  private readonly outbox: Outbox;
  private readonly onPurpose = new OnPurpose();

  constructor(
    private readonly desk: MessageDesk,
    snapshots: Snapshots,
    private readonly clock: FrontClock,
    private readonly parts: MessageFrontParts,
  ) {
    const { ways, nowMs, chance } = parts;
    const tell = (kind: 'note' | 'trouble', text: string): void => desk.note(kind, FAILED, text);
    this.lanes = ways.map((way) => new Lane(way, { nowMs, chance, tell }));
    this.outbox = new Outbox({
      tell: (message) => this.told(message),
      send: (message) => {
        for (const lane of this.lanes) lane.add(message);
      },
      lose: (count) => {
        for (const lane of this.lanes) lane.lose(count);
      },
    });
    snapshots.subscribe({ event: (event) => void this.events.push(event) });
  }

  tick(): void {
    this.takeEvents();
    this.outbox.release(this.parts.isQuiet(this.clock.wallS()), this.clock.mono());
    // One start a tick: a program or a connection takes its milliseconds.
    this.lanes.some((lane) => lane.begin());
  }

  async close(): Promise<void> {
    this.takeEvents();
    this.outbox.flush();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSING_MS);
    });
    await Promise.all(this.lanes.map((lane) => lane.drain(late)));
    clearTimeout(timer);
  }

  private takeEvents(): void {
    const searching = isSearching(this.desk.search?.state ?? null);
    for (const event of this.events.splice(0)) {
      // That a way fails cannot be said by it.
      if (event.kind === 'trouble' && event.code === FAILED) continue;
      const message = messageOf(event, this.desk.snapshot);
      if (message && !this.onPurpose.holds(message, searching)) this.outbox.add(message);
    }
    if (!searching) for (const message of this.onPurpose.standing(this.desk.snapshot)) this.outbox.add(message);
  }

  private told(message: Message): Told {
    const { clock, desk, parts } = this;
    const [wall_s, mono_s] = [clock.wallS(), secondsOf(clock.mono())];
    return { ...message, id: randomUUID(), count: 1, ...parts.facts, run: desk.snapshot.run, wall_s, mono_s };
  }
}

export interface MessageOptions {
  readonly settings: Settings;
  readonly simulated: boolean;
  readonly secrets: MessageSecrets;
  /** The history: whether it can be written. */
  readonly past: { readonly journal: { readonly failing: boolean } };
}

/** The messages of a running controller, and the watch over its computer that some of them come from. */
export function openMessages(
  desk: MessageDesk,
  snapshots: Snapshots,
  clock: FrontClock,
  { settings, simulated, secrets, past }: MessageOptions,
): Front {
  const { 'messages.quietFrom': from, 'messages.quietTo': to } = settings;
  const computer = new ComputerWatch({
    folders: [...new Set([settings['runtime.stateDir'], settings['runtime.runsDir']])],
    space: spaceOf,
    historyFailing: () => past.journal.failing,
    wallS: () => clock.wallS(),
    nowS: () => performance.now() / 1000,
    note: (kind, code, text) => desk.note(kind, code, text),
  });
  const front = new MessageFront(desk, snapshots, clock, {
    ways: openWays(settings, secrets),
    facts: { device: settings['mqtt.device'], sample: settings['run.sample'], simulated },
    isQuiet: quietHours(from, to, settings['schedule.timezone']),
    nowMs: () => performance.now(),
    chance: Math.random,
  });
  return {
    words: null,
    tick: () => {
      computer.tick();
      front.tick();
    },
    close: () => front.close(),
  };
}
