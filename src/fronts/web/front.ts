/**
 * The page’s place at the desk: it hands the page server what there is to show, and the orders of people to the desk. The server
 * has a process of its own; a tick costs this side a few small objects, and a server that is slow or gone costs it nothing.
 */
import type { Desk } from '../../desk/desk.ts';
import type { Answer } from '../../params/answers.ts';
import { eventRecord } from '../../params/event-record.ts';
import type { RunEvent } from '../../params/events.ts';
import type { LinkTrouble } from '../../params/link-trouble.ts';
import type {
  ChartSample,
  FindView,
  FromServer,
  HeatSpan,
  PageEvent,
  PagePast,
  PageProcess,
  PastOf,
} from '../../params/page.ts';
import type { Settings } from '../../params/settings.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import type { Snapshots } from '../../params/subscriber.ts';
import { NOTHING_BESIDE, rounded, TELEMETRY, type TelemetryRow } from '../../params/telemetry.ts';
import { CHART_COLUMNS } from '../../params/web.ts';
import { type Instant, inSeconds, LONG_AGO, millis, type Span, secondsOf, since } from '../../units.ts';
import type { Front, FrontClock } from '../front.ts';
import { metricsText } from './metrics.ts';
import { WebOrders } from './orders.ts';
import { pageState } from './state.ts';

/** A state goes out so often, ms of real time, and at once after what people wait for. */
const STATE_MS = 200;
/** A server that takes nothing for so long is in trouble, ms. */
const SILENT_MS = 10_000;
/** A sample of the chart, of the bench’s time at speed 1; a faster bench gives no more of them a second. */
const SAMPLE_MS = 250;
/** What waits for a server that does not answer; older ones are dropped, and the numbers of the events tell that they are gone. */
const MOST_EVENTS = 2000;
const MOST_SAMPLES = 2000;
const MOST_SPANS = 2000;
/** A server that has listened for so long was sound, and one that was not is told again after so long, ms. */
const SOUND_MS = 60_000;
const DEAF_MS = 3_600_000;
/** The code of its notes in the record. */
const FAILED = 'page';

export interface WebOptions {
  readonly settings: Settings;
  readonly boot: string;
  readonly speed: number;
  readonly version: string;
  /** Starts the server; it calls `hear` with what it has to say. */
  readonly start: (hear: (message: FromServer) => void, gapS: number) => PageProcess;
  readonly newNonce: () => string;
  /** What does not work of the remote side, and how history and record do; null while all is well. */
  readonly link: () => LinkTrouble | null;
  readonly disk: () => string | null;
  readonly record: () => string;
  /** Recipes were kept or dropped: these are there now. */
  readonly recipes: (names: readonly string[]) => void;
  /** The search for a pattern of this run. */
  readonly find: () => FindView | null;
  /** Samples and events from before this start, for a page that does not begin empty. */
  readonly past: (of: PastOf) => Promise<PagePast>;
  /** ms of a clock of this computer that goes on. */
  readonly realMs: () => number;
}

export interface WebFront extends Front {
  /** Where the page is, or why there is none. */
  readonly address: () => string | null;
}

/** Whether people wait to see it: then it is not left to the next round. */
const AT_ONCE = new Set(['state', 'trip', 'tuning', 'alarm', 'alarm-off', 'verdict', 'command', 'refused']);

class WebPlace implements WebFront {
  readonly words = null;
  private readonly orders: WebOrders;
  private readonly server: PageProcess;
  private readonly sampleUs: Span;
  private events: PageEvent[] = [];
  private samples: ChartSample[] = [];
  private heat: HeatSpan[] = [];
  private eventSeq = 0;
  private stateSeq = 0;
  private trips = 0;
  private isTaken = true;
  private isDue = true;
  private isSilent = false;
  private saidMs = Number.NEGATIVE_INFINITY;
  private sampledAt: Instant = LONG_AGO;
  private before: Snapshot | null = null;
  private risenAt: Instant | null = null;
  private where: string | null = null;
  private listensMs = Number.NEGATIVE_INFINITY;
  private deafToldMs = Number.NEGATIVE_INFINITY;
  private isPastTold = false;
  private isOpened: () => void = () => {};
  /** Resolves when the server has said whether it listens. */
  readonly opened = new Promise<void>((resolve) => {
    this.isOpened = resolve;
  });

  constructor(
    private readonly desk: Desk,
    snapshots: Snapshots,
    private readonly clock: FrontClock,
    private readonly options: WebOptions,
  ) {
    this.orders = new WebOrders(desk, options.newNonce);
    this.sampleUs = millis(Math.max(SAMPLE_MS, SAMPLE_MS * 0.1 * options.speed));
    this.server = options.start((message) => this.hear(message), Math.max(3, 6 * inSeconds(this.sampleUs)));
    snapshots.subscribe({ event: (event) => this.event(event) });
  }

  address(): string | null {
    return this.where;
  }

  tick(): void {
    const { snapshot } = this.desk;
    if (since(snapshot.at, this.sampledAt) >= this.sampleUs) this.sample(snapshot);
    const nowMs = this.options.realMs();
    this.heed(nowMs);
    // What happens while there is no server waits for the next one.
    if (this.where === null || !this.isTaken || (!this.isDue && nowMs - this.saidMs < STATE_MS)) return;
    this.saidMs = nowMs;
    this.say(snapshot);
  }

  /** A server that takes nothing hangs: it is ended, and another one started. */
  private heed(nowMs: number): void {
    const isSilent = !this.isTaken && this.where !== null && nowMs - this.saidMs > SILENT_MS;
    if (isSilent && !this.isSilent) {
      this.desk.note('trouble', FAILED, 'the page server does not answer and is started again');
      this.server.end();
    }
    this.isSilent = isSilent;
  }

  async close(): Promise<void> {
    this.say(this.desk.snapshot);
    await this.server.close();
  }

  /** A server that ends again and again is told once an hour: it must not fill the record, nor wake people each minute. */
  private deaf(why: string): void {
    const nowMs = this.options.realMs();
    const wasSound = this.where !== null && nowMs - this.listensMs > SOUND_MS;
    this.where = null;
    if (!wasSound && nowMs - this.deafToldMs < DEAF_MS) return;
    this.deafToldMs = nowMs;
    this.desk.note('trouble', FAILED, `there is no page: ${why}`);
  }

  /** A server that was started again knows nothing of this start of the controller either. */
  private tellPast(): void {
    const isFirst = !this.isPastTold;
    this.isPastTold = true;
    this.options.past(isFirst ? 'earlier' : 'all').then(
      (past) => this.server.post({ kind: 'past', ...past }),
      (error: Error) => this.desk.note('trouble', FAILED, `the chart begins empty: ${error.message}`),
    );
  }

  private say(snapshot: Snapshot): void {
    const { options, clock, desk } = this;
    this.stateSeq += 1;
    const state = pageState(snapshot, this.before ?? snapshot, desk.tuning, {
      boot: options.boot,
      seq: this.stateSeq,
      wallS: clock.wallS(),
      speed: options.speed,
      device: options.settings['mqtt.device'],
      nonce: this.orders.nonce,
      link: options.link(),
      disk: options.disk(),
      record: options.record(),
      find: options.find(),
    });
    this.server.post({
      kind: 'batch',
      state: JSON.stringify(state),
      events: this.events,
      samples: this.samples,
      heat: this.heat,
    });
    this.before = snapshot;
    this.events = [];
    this.samples = [];
    this.heat = [];
    this.isTaken = false;
    this.isDue = false;
  }

  private sample(snapshot: Snapshot): void {
    this.sampledAt = snapshot.at;
    const values = CHART_COLUMNS.map((name) => {
      const row: TelemetryRow = TELEMETRY[name];
      const cell = rounded(name, row.of(snapshot, this.before ?? snapshot, NOTHING_BESIDE));
      return typeof cell === 'number' && Number.isFinite(cell) ? cell : null;
    });
    push(this.samples, { mono_s: secondsOf(snapshot.at), values, verdict: snapshot.sight.verdict }, MOST_SAMPLES);
  }

  private event(event: RunEvent): void {
    if (event.kind === 'edge') {
      if (event.rising) this.risenAt = event.achievedUs;
      else if (this.risenAt !== null) {
        push(this.heat, [secondsOf(this.risenAt), secondsOf(event.achievedUs)] as const, MOST_SPANS);
        this.risenAt = null;
      }
      return;
    }
    if (event.kind === 'trip') this.trips += 1;
    const line = eventRecord(event);
    if (AT_ONCE.has(event.kind)) this.isDue = true;
    if (!line) return;
    this.eventSeq += 1;
    const { kind, code, text, monoS, run = 0 } = line;
    const told = { seq: this.eventSeq, mono_s: monoS, wall_s: this.clock.wallS(), run, kind, code, text };
    push(this.events, told, MOST_EVENTS);
  }

  private hear(message: FromServer): void {
    switch (message.kind) {
      case 'taken':
        this.isTaken = true;
        return;
      case 'listening':
        this.where = message.url;
        this.listensMs = this.options.realMs();
        this.tellPast();
        this.isOpened();
        this.isTaken = true;
        this.isDue = true;
        return;
      case 'deaf':
        this.isOpened();
        this.deaf(message.why);
        return;
      case 'note':
        this.desk.note(message.level, FAILED, message.text.slice(0, 300));
        return;
      case 'recipes':
        this.options.recipes(message.names);
        return;
      case 'metrics': {
        const { options } = this;
        const extra = {
          version: options.version,
          device: options.settings['mqtt.device'],
          sample: options.settings['run.sample'],
        };
        const text = metricsText(this.desk.snapshot, { ...extra, trips: this.trips });
        this.server.post({ kind: 'answer', id: message.id, answer: { code: 200, text } });
        return;
      }
      case 'order':
        void this.orders.take(message.command, message.args, message.asker).then((answer: Answer) => {
          // The page that asked shows what came of it at once.
          this.isDue = true;
          this.server.post({ kind: 'answer', id: message.id, answer });
        });
    }
  }
}

/** Adds to a list of at most `most`: the oldest has to go. */
function push<T>(list: T[], one: T, most: number): void {
  list.push(one);
  if (list.length > most) list.shift();
}

/** Waits for the server no longer than this, ms: a bench starts without its page, too. */
const OPENING_MS = 3000;

/** Opens the page’s place; resolves when the server listens, or has said why it does not. */
export async function openWeb(
  desk: Desk,
  snapshots: Snapshots,
  clock: FrontClock,
  options: WebOptions,
): Promise<WebFront> {
  const place = new WebPlace(desk, snapshots, clock, options);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, OPENING_MS);
  });
  await Promise.race([place.opened, late]);
  clearTimeout(timer);
  return place;
}

/** Without a page nothing is served. */
export const NO_PAGE: WebFront = { words: null, tick: () => {}, close: async () => {}, address: () => null };
