/**
 * The bench as a remote place sees it: retained state, answers, trials. Messages only ever become requests to the desk,
 * which leaves them in the controller’s mailbox; nothing here waits for the network, and nothing here is asked by a tick.
 */
import { begin, confirm, endOf, type Patch, rebase, revert, settingsOf, type Tuning } from '../../desk/tuning.ts';
import { type Answer, addressee, isVerb, type Topics, VERBS } from '../../params/remote.ts';
import type { Settings } from '../../params/settings.ts';
import { inSeconds, type Micros, SECOND } from '../../units.ts';
import type { Bench, CommandGate, Given, Now, Request } from './command-gate.ts';
import { BIRTH_TOPIC } from './discovery.ts';
import type { Link, Reply } from './link.ts';
import type { Page } from './sender.ts';

/** What the controller shows and takes. */
export interface Desk {
  /** How the bench is, without its tuning. */
  bench(): Omit<Bench, 'tuning'>;
  /** Measurements and duties for the state and for live values. */
  values(): Readonly<Record<string, unknown>>;
  /** Model, versions, limits: what does not change while the program runs. */
  info(): Readonly<Record<string, unknown>>;
  /** The latched trip with its sentence and remedy, or null. */
  trip(): Readonly<Record<string, unknown>> | null;
  stop(): void;
  /** Arms; ends the run by itself after `durationS`. False when it cannot be asked now. */
  start(recipe: string | null, durationS: number): boolean;
  acknowledge(trip: number): void;
  /** Stored records after a number; rejects while the history cannot be read. */
  history(afterSeq: number, limit: number, part: number): Promise<Page>;
  /** The newest stored record, so that whoever gathers them knows what is missing. */
  newest(): { readonly stream: string; readonly seq: number } | null;
  /** Settings in force from the next period on. */
  apply(settings: Settings): void;
  /** Begins or ends to watch the PL for the onset of segregation. */
  guardPl(on: boolean): void;
  /** An event of the record. */
  note(kind: 'command' | 'refused', code: string, text: string): void;
  now(): Now;
}

/** What survives a restart, as far as remote places are concerned. */
export interface Kept {
  readonly rev: number;
  readonly confirmed: Patch;
  readonly answers: Given;
  /** The trial that runs, so that a start after a power cut can say what ended. */
  readonly trial: { readonly rev: number; readonly by: string; readonly patch: string } | null;
}

export interface RemoteParts {
  readonly desk: Desk;
  readonly gate: CommandGate;
  readonly topics: Topics;
  readonly tuning: Tuning;
  readonly boot: string;
  /** Keeps this over a power cut; resolves when it would survive one. */
  readonly keep: (kept: Kept) => Promise<void>;
  readonly stopOnLinkLoss: boolean;
  /** A description for Home Assistant, sent at each connection and when it has started anew. */
  readonly discovery?: { readonly topic: string; readonly payload: Readonly<Record<string, unknown>> };
}

type HistoryRequest = Extract<Request, { kind: 'history' }>;

/** Where an answer goes. */
interface Addressee {
  readonly client: string | null;
  readonly verb: string;
  readonly reply: Reply;
}

const STATE_US = SECOND;
/** Refusals, and stops of nothing, that are written down at once; one a second after them. */
const NOTED = 20;
const BEING_KEPT = 'the trial is being kept';
/** A disk that takes longer to keep a confirmation than this has not kept it, when the trial’s time is over. */
const KEEP_US = 10 * SECOND;
const NO_REPLY: Reply = { topic: null, mark: null };

export class Remote {
  tuning: Tuning;
  private link: Link | null = null;
  private stateAt: Micros = -STATE_US;
  private stateText = '';
  private tripText: string | null = null;
  /** What a confirmation makes of the tuning, while it is on its way to the disk. */
  private keeping: Tuning | null = null;
  private noting = NOTED;
  private notedAt: Micros = 0;
  private unnoted = 0;
  private live: { everyUs: Micros; until: Micros; nextAt: Micros } | null = null;

  constructor(private readonly parts: RemoteParts) {
    this.tuning = parts.tuning;
  }

  /** The link that answers and state go out by. */
  use(link: Link): void {
    this.link = link;
  }

  /** A new connection: what was queued for the old one is void, and everything retained is said again. */
  up(): void {
    const { gate, topics, desk, boot } = this.parts;
    gate.connected();
    this.publish(topics.avail, 'online', true);
    this.publish(topics.info, JSON.stringify({ boot, ...desk.info() }), true);
    this.tripText = null;
    this.stateText = '';
    this.stateAt = -STATE_US;
    this.sayCfg();
    this.say();
    this.describe();
  }

  down(why: string): void {
    const { desk, stopOnLinkLoss } = this.parts;
    const { driven, ordered } = desk.bench();
    const ends = stopOnLinkLoss && (driven || ordered);
    desk.note('command', 'link-lost', ends ? `${why}; the run ends (remote.onLinkLoss)` : why);
    // Also an order that only waits: it would arm after the link is gone.
    if (stopOnLinkLoss) desk.stop();
  }

  /** A message on one of the topics that this device has subscribed to. */
  message(topic: string, payload: Uint8Array, retain: boolean, reply: Reply = NO_REPLY): void {
    const { topics, desk, gate } = this.parts;
    if (topic === topics.avail) {
      // Somebody’s will, ours of an earlier connection, or a stranger: this device knows better.
      if (new TextDecoder().decode(payload) !== 'online') this.publish(topics.avail, 'online', true);
      return;
    }
    if (topic === BIRTH_TOPIC) {
      if (new TextDecoder().decode(payload) === 'online') this.describe();
      return;
    }
    const prefix = `${topics.root}/cmd/`;
    if (!topic.startsWith(prefix)) return;
    const { verb, sender } = addressee(topic.slice(prefix.length));
    const heat = isVerb(verb) ? VERBS[verb].heat : 'neutral';
    // This is how a retained command is cleared.
    if (payload.length === 0 && retain && heat !== 'removes') return;
    const bench = desk.bench();
    const { answer, client, by, request, key } = gate.judge(
      { verb, sender, payload, retain },
      { ...bench, tuning: this.tuning },
      ['see', 'run', 'tune'],
      desk.now(),
    );
    const to = { client, verb, reply };
    if (request?.kind === 'history') {
      this.tellHistory(request, answer, to);
      return;
    }
    if (request?.kind === 'confirm' && this.keeping === null) {
      this.confirm(answer, by, to, key);
      return;
    }
    const taken = request === null ? answer : this.obey(request, answer, by);
    if (taken !== answer) gate.amend(key, taken);
    const idle = request?.kind === 'stop' && !bench.driven && !bench.ordered;
    // Stops that stop nothing may come by the thousand, as refusals may.
    if (taken.code >= 400 || idle) this.noteOften(taken.code >= 400 ? 'refused' : 'command', verb, taken, by);
    else if (request !== null) desk.note('command', verb, `${taken.text} (${by})${wordsOf(request)}`);
    // What was refused is refused again after a restart, too; what was obeyed must not be obeyed twice.
    if (request !== null && heat === 'adds') this.keepSoon();
    this.answer(to, taken);
    if (request !== null) this.say();
  }

  /** After each control tick: trials end, state goes out. */
  tick(): void {
    const { desk } = this.parts;
    const { mono } = desk.now();
    const { trip, plAlarm } = desk.bench();
    // A confirmation that came in time may need a moment for its disk, and no longer.
    const graceUs = this.keeping === null ? 0 : KEEP_US;
    const end = endOf(this.tuning, { tripped: trip !== null, plAlarm }, mono - graceUs);
    if (end !== null) this.goBack(end);
    if (this.live && mono >= this.live.nextAt) {
      this.publish(this.parts.topics.live, JSON.stringify({ mono_s: inSeconds(mono), ...desk.values() }), false, 0);
      this.live.nextAt = mono + this.live.everyUs;
      if (mono >= this.live.until) this.live = null;
    }
    if (mono - this.stateAt >= STATE_US) this.say();
  }

  /** Somebody at the bench turns a setting: whoever is there comes first, so a trial from afar goes back before. */
  turn(change: (now: Settings) => Settings | null): void {
    const next = change(settingsOf(this.tuning));
    if (next === null) return;
    // The key was meant for what was in force: it only ends the trial, and the next key turns what came back.
    if (this.tuning.trial) this.goBack('settings were changed at the bench');
    else {
      this.set(rebase(this.tuning, next));
      this.keepSoon();
    }
    this.say();
  }

  private describe(): void {
    const { discovery } = this.parts;
    if (discovery) this.publish(discovery.topic, JSON.stringify(discovery.payload), true);
  }

  private obey(request: Exclude<Request, HistoryRequest>, answer: Answer, by: string): Answer {
    const { desk } = this.parts;
    if (request.kind === 'confirm') return { ...answer, code: 409, text: BEING_KEPT };
    const { mono } = desk.now();
    switch (request.kind) {
      case 'stop':
        desk.stop();
        return answer;
      case 'start':
        return desk.start(request.recipe, request.durationS)
          ? answer
          : { ...answer, code: 409, text: 'the bench cannot be armed now' };
      case 'acknowledge':
        desk.acknowledge(request.trip);
        return answer;
      case 'try':
        this.set(begin(this.tuning, request.patch, request.by, mono + request.confirmS * SECOND));
        return { ...answer, data: { rev: this.tuning.rev } };
      case 'revert':
        this.goBack(`${by} asked for it`);
        return { ...answer, data: { rev: this.tuning.rev } };
      case 'live':
        this.live = { everyUs: SECOND / request.rateHz, until: mono + request.forS * SECOND, nextAt: mono };
        return answer;
    }
  }

  private goBack(why: string): void {
    const { trial } = this.tuning;
    if (!trial) return;
    const keys = Object.keys(trial.patch).join(', ');
    // The file that says otherwise may be on its way to the disk: what follows it there has the last word.
    this.keeping = null;
    this.set(revert(this.tuning));
    this.parts.desk.note('command', 'trial-ended', `trial ${trial.rev} of ${trial.by} (${keys}) went back: ${why}`);
    this.keepSoon();
  }

  /** Settings count as confirmed once they would survive a power cut, and are answered for then. */
  private confirm(answer: Answer, by: string, to: Addressee, key: string | null): void {
    const { desk, gate } = this.parts;
    const next = confirm(this.tuning);
    const good: Answer = { ...answer, data: { rev: next.rev } };
    gate.amend(key, good);
    const kept = this.kept(next);
    gate.amend(key, { ...answer, code: 409, text: BEING_KEPT });
    const settle = (final: Answer): void => {
      gate.amend(key, final);
      if (final.code >= 400) this.noteOften('refused', 'cfg/confirm', final, by);
      else desk.note('command', 'cfg/confirm', `${final.text} (${by}): ${shownPatch(next.confirmed)}`);
      this.answer(to, final);
      this.say();
    };
    this.keeping = next;
    this.parts.keep(kept).then(
      () => {
        if (this.keeping !== next) {
          settle({ ...answer, code: 409, text: 'the trial ended before it was kept' });
          return;
        }
        this.keeping = null;
        this.set(next);
        settle(good);
      },
      (error: Error) => {
        if (this.keeping === next) this.keeping = null;
        settle({ ...answer, code: 503, text: `not kept: ${error.message}` });
      },
    );
  }

  /** What is in force from now on; a trial is watched by its light. */
  private set(tuning: Tuning): void {
    const { desk } = this.parts;
    this.tuning = tuning;
    desk.apply(settingsOf(tuning));
    desk.guardPl(tuning.trial !== null);
    this.sayCfg();
  }

  private kept({ rev, confirmed, trial }: Tuning): Kept {
    const answers = this.parts.gate.answers();
    return {
      rev,
      confirmed,
      answers,
      trial: trial && { rev: trial.rev, by: trial.by, patch: shownPatch(trial.patch) },
    };
  }

  /** Keeps how things stand now; to be called at the start, too, when that differs from what was kept. */
  keepSoon(): void {
    this.parts.keep(this.kept(this.keeping ?? this.tuning)).catch((error: Error) => {
      this.parts.desk.note('refused', 'not-kept', error.message);
    });
  }

  /** Every refusal is an event; of a flood only one a second, with the number of those between. */
  private noteOften(kind: 'refused' | 'command', verb: string, { code, text }: Answer, by: string): void {
    const { desk } = this.parts;
    const { mono } = desk.now();
    this.noting = Math.min(NOTED, this.noting + inSeconds(mono - this.notedAt));
    this.notedAt = mono;
    if (this.noting < 1) {
      this.unnoted += 1;
      return;
    }
    this.noting -= 1;
    const more = this.unnoted > 0 ? `; ${this.unnoted} more like it before` : '';
    this.unnoted = 0;
    desk.note(kind, verb.slice(0, 40), `${kind === 'refused' ? `${code} ` : ''}${text} (${by})${more}`);
  }

  private tellHistory({ afterSeq, limit, part }: HistoryRequest, answer: Answer, to: Addressee): void {
    this.parts.desk.history(afterSeq, limit, part).then(
      (data) => this.answer(to, { ...answer, data }),
      (error: Error) => this.answer(to, { ...answer, code: 503, text: `the history cannot be read: ${error.message}` }),
    );
  }

  /** Answers go below the topic of the one who asked, and nowhere else, whatever a message wishes for. */
  private answer({ client, verb, reply }: Addressee, answer: Answer): void {
    if (client === null) return;
    const own = this.parts.topics.answer(client);
    const data = verb === 'get' && answer.code === 200 ? { state: this.state(), cfg: this.cfg() } : answer.data;
    const full = { ...answer, verb, ...(data !== undefined && { data }) };
    const topic = reply.topic?.startsWith(`${own}/`) && !/[+#\0]/.test(reply.topic) ? reply.topic : own;
    this.link?.publish(topic, JSON.stringify(full), { qos: 1, mark: reply.mark });
  }

  private state(): Record<string, unknown> {
    const { desk, gate, boot } = this.parts;
    const { state, trip, lockout } = desk.bench();
    const { mono, wallS } = desk.now();
    const { trial, rev } = this.tuning;
    return {
      boot,
      nonce: gate.nonce,
      state,
      trip,
      lockout,
      rev,
      trial: trial && { rev: trial.rev, by: trial.by, left_s: Math.max(0, Math.round(inSeconds(trial.until - mono))) },
      ...desk.values(),
      history: desk.newest(),
      mono_s: inSeconds(mono),
      wall_s: wallS,
      clock: wallS === null ? 'unsynced' : 'synced',
    };
  }

  private cfg(): Record<string, unknown> {
    const { rev, trial, confirmed } = this.tuning;
    return { rev, values: settingsOf(this.tuning), confirmed, trial: trial?.patch ?? null };
  }

  private sayCfg(): void {
    this.publish(this.parts.topics.cfg, JSON.stringify(this.cfg()), true);
  }

  /** The retained state, at most once a second unless something of it changed by a command; the trip, when it changed. */
  private say(): void {
    const { desk, topics } = this.parts;
    if (!this.link?.up) return;
    this.stateAt = desk.now().mono;
    const text = JSON.stringify(this.state());
    if (text !== this.stateText) {
      this.stateText = text;
      this.publish(topics.state, text, true);
    }
    const trip = JSON.stringify(desk.trip());
    if (trip !== this.tripText) {
      this.tripText = trip;
      this.publish(topics.trip, trip, true);
    }
  }

  private publish(topic: string, payload: string, retain: boolean, qos: 0 | 1 = 1): void {
    this.link?.publish(topic, payload, { qos, retain });
  }
}

const shownPatch = (patch: Patch): string =>
  Object.entries(patch)
    .map(([key, value]) => `${key} = ${String(value)}`)
    .join(', ');

/** What a request was about, for the record. */
function wordsOf(request: Request): string {
  switch (request.kind) {
    case 'try':
      return `: ${shownPatch(request.patch)}`;
    case 'start':
      return `: ${request.recipe ?? 'the configured recipe'}, for ${request.durationS} s`;
    default:
      return '';
  }
}
