/**
 * The bench as MQTT sees it: retained state, answers, live values. Messages become commands at the desk; nothing here
 * waits for the network.
 */
import { type Desk, Later } from '../../desk/desk.ts';
import { settingsOf, type Tuning } from '../../desk/tuning.ts';
import { endLine } from '../../params/alarms.ts';
import type { Answer } from '../../params/answers.ts';
import { commandRow, mqttCommand, type Origin } from '../../params/commands.ts';
import type { RunEvent } from '../../params/events.ts';
import { FAULTS } from '../../params/faults.ts';
import { addressee, type Topics } from '../../params/mqtt.ts';
import { toldSettings } from '../../params/settings.ts';
import { remedyOf, severity } from '../../params/severity.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import type { Subscriber } from '../../params/subscriber.ts';
import { LIVE_NAMES, liveValues } from '../../params/telemetry.ts';
import {
  after,
  type Instant,
  inSeconds,
  LONG_AGO,
  micros,
  SECOND,
  type Span,
  secondsOf,
  since,
  times,
} from '../../units.ts';
import type { Admission, Admitted, IdAnswer, Now } from './admission.ts';
import { BIRTH_TOPIC } from './discovery.ts';
import type { Link, Reply } from './link.ts';

export interface SessionParts {
  readonly desk: Desk;
  readonly admission: Admission;
  readonly topics: Topics;
  readonly boot: string;
  readonly now: () => Now;
  /** Model, versions, limits: what does not change while the program runs. */
  readonly about: Readonly<Record<string, unknown>>;
  /** The newest stored record, so that a collector knows what is missing. */
  readonly newest: () => { readonly stream: string; readonly seq: number } | null;
  readonly stopOnLinkLoss: boolean;
  /** A description for Home Assistant, sent at each connection and when it has started anew; null where that is off. */
  readonly discovery?:
    | undefined
    | { readonly topic: string; readonly payload: Readonly<Record<string, unknown>> | null };
  /** The broker may hold an earlier description, which is removed where there is none now. */
  readonly described?: boolean;
}

const STATE_US = SECOND;
const LINK: Origin = { via: 'mqtt', by: 'the link', proven: true, roles: ['run'] };
const NO_REPLY: Reply = { topic: null, mark: null };
const TOO_LONG = 'The answer is longer than the broker accepts; ask for less, or raise its max_packet_size.';
const MEANWHILE: Answer = { code: 409, text: 'The trial is being kept.' };

/** Where an answer goes. */
interface Addressee {
  readonly client: string | null;
  /** The command by the name that the question used. */
  readonly verb: string;
  readonly reply: Reply;
}

export class Session implements Subscriber {
  private link: Link | null = null;
  private stateAt = LONG_AGO;
  private stateText = '';
  private tripText: string | null = null;
  private stateSince: Snapshot | null = null;
  private live: { everyUs: Span; until: Instant; nextAt: Instant; since: Snapshot } | null = null;

  /** The broker may hold a description for Home Assistant. Kept over a restart. */
  described: boolean;

  constructor(private readonly parts: SessionParts) {
    this.described = parts.described ?? false;
  }

  /** The link that answers and state go out by. */
  use(link: Link): void {
    this.link = link;
  }

  /** A new connection: what was queued for the old one is void, and everything retained is said again. */
  up(): void {
    const { admission, topics, about, boot } = this.parts;
    admission.renew();
    this.publish(topics.avail, 'online', true);
    this.publish(topics.info, JSON.stringify({ boot, ...about }), true);
    this.tripText = null;
    this.stateText = '';
    this.sayCfg();
    this.say();
    this.describe();
  }

  down(why: string): void {
    const { desk, stopOnLinkLoss } = this.parts;
    const { driven, ordered } = desk.snapshot;
    const ends = stopOnLinkLoss && (driven || ordered);
    desk.note('note', 'link-lost', ends ? `${why}; the run ends (remote.onLinkLoss)` : why);
    // Also an order that only waits: it would arm after the link is gone.
    if (stopOnLinkLoss) desk.submit('stop', {}, LINK);
  }

  event({ kind }: RunEvent): void {
    if (kind === 'tuning') this.sayCfg();
    // What people wait for is not left to the next second.
    if (
      kind === 'state' ||
      kind === 'trip' ||
      kind === 'tuning' ||
      kind === 'alarm' ||
      kind === 'alarm-off' ||
      kind === 'verdict' ||
      kind === 'cause'
    )
      this.stateAt = LONG_AGO;
  }

  /** The program ends: what is retained from now on is the last state. */
  last(): void {
    this.say();
  }

  /** A message on one of the topics that this device has subscribed to. */
  message(topic: string, payload: Uint8Array, retain: boolean, reply: Reply = NO_REPLY): void {
    const { topics, admission, now } = this.parts;
    if (topic === topics.avail) {
      // A will of an earlier connection, or a stranger: this device knows better.
      if (new TextDecoder().decode(payload) !== 'online') this.publish(topics.avail, 'online', true);
      return;
    }
    if (topic === BIRTH_TOPIC) {
      if (new TextDecoder().decode(payload) === 'online') this.describe();
      return;
    }
    const prefix = `${topics.root}/cmd/`;
    if (!topic.startsWith(prefix)) return;
    const { name, sender } = addressee(topic.slice(prefix.length));
    const admitted = admission.admit({ name, sender, payload, retain }, now());
    // This is how a retained command is cleared.
    if (payload.length === 0 && retain && admitted.command === null) return;
    const to: Addressee = { client: admitted.client, verb: name, reply };
    if (admitted.command) this.submit(admitted, admitted.command, to);
    else if (admitted.answer) {
      const { code, text } = admitted.answer;
      if (code >= 400) this.parts.desk.refuse(name, admitted.origin, { code, text });
      this.answer(to, admitted.answer);
    }
  }

  /** After each control tick: state and live values go out. */
  tick(): void {
    const { snapshot } = this.parts.desk;
    const { live } = this;
    if (live && snapshot.at >= live.nextAt) {
      const values = valuesOf(snapshot, live.since);
      this.publish(this.parts.topics.live, JSON.stringify({ mono_s: secondsOf(snapshot.at), ...values }), false, 0);
      live.since = snapshot;
      live.nextAt = after(snapshot.at, live.everyUs);
      if (snapshot.at >= live.until) this.live = null;
    }
    if (since(snapshot.at, this.stateAt) >= STATE_US) this.say();
  }

  private submit(admitted: Admitted, { called, args }: NonNullable<Admitted['command']>, to: Addressee): void {
    const { desk, admission } = this.parts;
    const { id, key, origin } = admitted;
    const { heat, kind } = commandRow(called.name);
    const outcome = desk.submit(called.name, args, origin);
    if (outcome instanceof Later) {
      const { expected } = outcome;
      // What was only looked up is looked up again; what acts is not done twice.
      if (expected !== null) admission.await(key, { id, ...MEANWHILE }, { id, ...expected });
      void outcome.final.then((answer) => {
        if (expected !== null) admission.remember(key, { id, ...answer });
        this.answer(to, { id, ...answer });
        if (kind === 'act') this.say();
      });
      return;
    }
    admission.remember(key, { id, ...outcome });
    const isTaken = outcome.code < 400;
    if (isTaken && heat === 'adds') {
      // What was obeyed must not be obeyed again after a restart.
      desk.keepSoon();
    }
    if (isTaken && called.name === 'live') this.show(args as { rate_hz: number; for_s: number });
    const data = called.name === 'get' && isTaken ? { state: this.state(), cfg: this.cfg() } : outcome.data;
    this.answer(to, { id, ...outcome, ...(data !== undefined && { data }) });
    if (isTaken && kind === 'act') this.say();
  }

  private show({ rate_hz: rateHz, for_s: forS }: { rate_hz: number; for_s: number }): void {
    const { snapshot } = this.parts.desk;
    const until = after(snapshot.at, times(SECOND, forS));
    this.live = { everyUs: micros(SECOND / rateHz), until, nextAt: snapshot.at, since: snapshot };
  }

  private describe(): void {
    const { discovery } = this.parts;
    if (!discovery) return;
    const { topic, payload } = discovery;
    if (payload !== null) {
      this.nowDescribed(true);
      this.publish(topic, JSON.stringify(payload), true);
    } else if (this.described) {
      // A broker without Home Assistant may well deny the topic; then it is tried again at the next connection.
      this.link?.publish(topic, '', { qos: 1, retain: true, quiet: true }, (sent) => this.nowDescribed(!sent));
    }
  }

  private nowDescribed(is: boolean): void {
    if (is === this.described) return;
    this.described = is;
    this.parts.desk.keepSoon();
  }

  /** Answers go below the topic of the one who asked, and nowhere else, whatever a message wishes for. */
  private answer({ client, verb, reply }: Addressee, answer: IdAnswer): void {
    if (client === null) return;
    const own = this.parts.topics.answer(client);
    const topic = reply.topic?.startsWith(`${own}/`) && !/[+#\0]/.test(reply.topic) ? reply.topic : own;
    const text = JSON.stringify({ ...answer, verb });
    const room = (this.link?.roomFor(topic) ?? 0) - (reply.mark?.length ?? 0);
    // An answer must come, whatever the broker’s limit is: the sender would take its absence for a failure.
    const fits = Buffer.byteLength(text, 'utf8') <= room;
    const named = mqttCommand(verb);
    const isLost = answer.code < 400 && named !== null && commandRow(named.name).kind === 'ask';
    const short: IdAnswer = { id: answer.id, ...(isLost ? { code: 413, text: TOO_LONG } : answer), data: undefined };
    this.link?.publish(topic, fits ? text : JSON.stringify({ ...short, verb }), { qos: 1, mark: reply.mark });
  }

  private state(): Record<string, unknown> {
    const { desk, admission, boot, now, newest } = this.parts;
    const { snapshot, tuning } = desk;
    const { latch, name } = snapshot.kernel;
    const { wallS } = now();
    const { trial, rev } = tuning;
    return {
      boot,
      nonce: admission.nonce,
      state: name,
      trip: latch?.trip ?? null,
      lockout: latch?.kind === 'lockout',
      why: whyOf(snapshot),
      ended_by: snapshot.endedBy?.alarm ?? null,
      rev,
      trial: trial && {
        rev: trial.rev,
        by: trial.by,
        left_s: Math.max(0, Math.round(inSeconds(since(trial.until, snapshot.at)))),
      },
      ...valuesOf(snapshot, this.stateSince ?? snapshot),
      history: newest(),
      mono_s: secondsOf(snapshot.at),
      wall_s: wallS,
      clock: wallS === null ? 'unsynced' : 'synced',
    };
  }

  private cfg(): Record<string, unknown> {
    return cfgOf(this.parts.desk.tuning);
  }

  private sayCfg(): void {
    this.publish(this.parts.topics.cfg, JSON.stringify(this.cfg()), true);
  }

  /** The retained state, at most once a second unless a command changed something of it; the trip, when it changed. */
  private say(): void {
    const { desk, topics } = this.parts;
    if (!this.link?.up) return;
    const { snapshot } = desk;
    this.stateAt = snapshot.at;
    const text = JSON.stringify(this.state());
    this.stateSince = snapshot;
    if (text !== this.stateText) {
      this.stateText = text;
      this.publish(topics.state, text, true);
    }
    const trip = JSON.stringify(tripOf(snapshot));
    if (trip !== this.tripText) {
      this.tripText = trip;
      this.publish(topics.trip, trip, true);
    }
  }

  private publish(topic: string, payload: string, retain: boolean, qos: 0 | 1 = 1): void {
    this.link?.publish(topic, payload, { qos, retain });
  }
}

/** Time and state have places of their own in a message. */
const SHOWN = LIVE_NAMES.filter((name) => name !== 'mono_s' && name !== 'state');

/** Measurements and duties as MQTT shows them. */
function valuesOf(now: Snapshot, since: Snapshot): Record<string, unknown> {
  return { simulated: now.simulated, faults: now.faults, ...liveValues(now, since, SHOWN) };
}

function cfgOf(tuning: Tuning): Record<string, unknown> {
  const { rev, trial, confirmed } = tuning;
  return { rev, values: toldSettings(settingsOf(tuning)), confirmed, trial: trial?.patch ?? null };
}

/**
 * What keeps the heater off, or will: the latched fault, else the most severe that is present, else the user alarm that
 * ended the last run; null when nothing does.
 */
function whyOf({ kernel: { latch }, faults, endedBy }: Snapshot): string | null {
  const worst = [...faults].sort((a, b) => severity(b) - severity(a))[0];
  const fault = latch?.fault ?? worst;
  if (fault === undefined) return endedBy && endLine(endedBy);
  return `${FAULTS[fault].code}: ${FAULTS[fault].sentence} ${remedyOf(fault, latch !== null)}`;
}

/** The latched trip with its sentence and remedy, or null. */
function tripOf({ kernel: { latch } }: Snapshot): Record<string, unknown> | null {
  if (!latch) return null;
  const { code, sentence, remedy } = FAULTS[latch.fault];
  return { trip: latch.trip, kind: latch.kind, code, fault: latch.fault, sentence, remedy };
}
