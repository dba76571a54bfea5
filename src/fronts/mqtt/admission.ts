/**
 * What MQTT asks of a message before its command comes to the desk, in a fixed order: size and form, retain flag, name,
 * rate, sender, repeat, expiry, nonce, envelope. A command that takes heat away is handed on whatever else is wrong. Here
 * nothing is carried out.
 */
import { Buckets, SHARED } from '../../desk/buckets.ts';
import { Nonce } from '../../desk/nonce.ts';
import { type Answer, type Code, type FieldError, shown } from '../../params/answers.ts';
import {
  authorOf,
  commandRow,
  isStop,
  type MqttCommand,
  mqttCommand,
  NAME_PATTERN,
  type Origin,
  ROLES,
  type Role,
} from '../../params/commands.ts';
import { isDeeperThan, isObject } from '../../params/json.ts';
import { ENVELOPE, envelope, MOST_BYTES, MOST_DEPTH } from '../../params/mqtt.ts';
import { allowedBy } from '../../params/words.ts';
import { type Instant, instant } from '../../units.ts';

export interface Incoming {
  /** The topic below cmd/, without the sender. */
  readonly name: string;
  /** Whose topic it is, if the topic names anybody: the broker lets only that one write there. Else null. */
  readonly sender?: string | null;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

export interface Now {
  readonly mono: Instant;
  /** s since 1970; null while this device does not know the time. */
  readonly wallS: number | null;
}

/** An answer with the id of its question; what is remembered and published. */
export interface IdAnswer extends Answer {
  readonly id: string | null;
}

/** Answers already given, newest last; survives restarts where the caller persists it. */
export type Given = readonly (readonly [key: string, answer: IdAnswer])[];

/** So much of an answer is kept for a repeat: many answers are, in memory and in a file. */
const KEPT_ERRORS = 4;
const KEPT_CHARS = 300;

/** An answer as it is kept: what it said and the revision it came to, without other data and the long tail of a list. */
function short({ id, code, text, errors, data }: IdAnswer): IdAnswer {
  const cut = errors?.slice(0, KEPT_ERRORS);
  const rev = isObject(data) ? data['rev'] : undefined;
  return {
    id,
    code,
    text: text.slice(0, KEPT_CHARS),
    ...(cut && { errors: cut }),
    ...(typeof rev === 'number' && { data: { rev } }),
  };
}

export interface Admitted {
  readonly id: string | null;
  /** Where the answer goes; null = nobody who could be named. */
  readonly client: string | null;
  readonly origin: Origin;
  /** What the answer is remembered by; null where it is not. */
  readonly key: string | null;
  /** The command and its arguments; null when the answer is already known. */
  readonly command: { readonly called: MqttCommand; readonly args: Fields } | null;
  /** A refusal, or the answer to a repeat. */
  readonly answer: IdAnswer | null;
  /** A repeat: nothing is done. */
  readonly repeated: boolean;
}

export const REMEMBERED = 256;
/** What one client may ask, and all together; a client is one whose name its topic proves. */
const EACH = { burst: 20, perS: 10 };
const TOGETHER = { burst: 80, perS: 40 };
const MOST_CLIENTS = 64;
/** Clocks of sender and device may differ by this much. */
const SKEW_S = 5;
const TTL_S = 30;

type Fields = Record<string, unknown>;

/** Which budget is used up; `client` has one of its own, null shares that of all whose names are not proven, or too many. */
function tooMany(empty: 'own' | 'all', client: string | null): string {
  if (empty === 'all') return `More than ${TOGETHER.perS} commands a second from all clients together.`;
  return `More than ${EACH.perS} commands a second from ${client ?? 'the clients without a budget of their own'}.`;
}

export class Admission {
  private readonly nonces: Nonce;
  private readonly given: Map<string, IdAnswer>;
  /** Answers that are on their way, and what they will be unless something fails. */
  private readonly expected = new Map<string, IdAnswer>();
  private readonly buckets = new Buckets(EACH, TOGETHER, MOST_CLIENTS, instant(0));

  constructor(desk: { readonly heatTurns: number }, newNonce: () => string, given: Given = []) {
    this.nonces = new Nonce(desk, newNonce);
    this.given = new Map(given);
  }

  /** For the retained state; new at boot, at each connection, and where the desk counts a turn of the heat. */
  get nonce(): string {
    return this.nonces.now;
  }

  /** All answers of late, to be persisted. */
  answers(): Given {
    return [...this.given].map(([key, answer]) => [key, this.expected.get(key) ?? answer]);
  }

  /** A new connection: whatever was made for the old nonce is void. */
  renew(): void {
    this.nonces.renew();
  }

  /** Judges a message; `roles`: what its sender may do. */
  admit(message: Incoming, now: Now, roles: readonly Role[] = ROLES): Admitted {
    const called = mqttCommand(message.name);
    const sender = message.sender ?? null;
    const parsed = parse(message.payload);
    const form = typeof parsed === 'string' ? parsed : null;
    const fields: Fields = typeof parsed === 'string' ? {} : sender === null ? parsed : { client: sender, ...parsed };
    const id = typeof fields['id'] === 'string' && fields['id'].length <= 64 ? fields['id'] : null;
    const named = sender ?? fields['client'];
    const client = typeof named === 'string' && NAME_PATTERN.test(named) ? named : null;
    const proven = client === null || sender !== null;
    const origin: Origin = { via: 'mqtt', by: client ?? 'unnamed', proven, roles };
    const about = { id, client, origin, repeated: false };
    const refuse = (code: Code, text: string, key: string | null = null, errors?: readonly FieldError[]): Admitted => {
      const answer: IdAnswer = { id, code, text, ...(errors && { errors }) };
      this.remember(key, answer);
      return { ...about, key, command: null, answer };
    };
    if (called && isStop(called.name)) {
      return { ...about, key: null, command: { called, args: {} }, answer: null };
    }
    if (message.payload.length > MOST_BYTES) return refuse(413, `The message has more than ${MOST_BYTES} bytes.`);
    if (form !== null) return refuse(400, form);
    if (message.retain) return refuse(409, 'A retained command is never obeyed; clear it.');
    if (!called) return refuse(404, `There is no command ${message.name.slice(0, 40)}.`);
    const slot = this.buckets.slot(sender === null || client === null ? SHARED : client, now.mono);
    const empty = this.buckets.take(slot, now.mono);
    if (empty !== null) return refuse(429, tooMany(empty, slot === SHARED ? null : slot));
    if (sender !== null && fields['client'] !== sender) {
      return refuse(403, `The topic belongs to ${sender}, but the message names another client.`);
    }
    // An id is its sender’s own: nobody gets the answer to somebody else’s question, or uses up an id before its time.
    const key = id === null ? null : `${authorOf(origin)}/${id}`;
    const before = key === null ? undefined : this.given.get(key);
    if (before) return { ...about, key: null, command: null, answer: before, repeated: true };
    const late = expired(fields, now);
    if (late !== null) return refuse(408, late, key);
    if (commandRow(called.name).heat === 'adds' && fields['nonce'] !== this.nonce) {
      return refuse(410, 'The nonce is not the one of the present state; read the state and ask again.', key);
    }
    const checked = envelope.safeParse(fields);
    if (!checked.success) {
      const errors = checked.error.issues.map(
        (issue): FieldError => ({
          path: issue.path.join('.') || '(payload)',
          got: shown(fields[String(issue.path[0])]),
          allowed: allowedBy(issue),
        }),
      );
      return refuse(422, `${errors[0]?.path} must be: ${errors[0]?.allowed}.`, key, errors);
    }
    const args = Object.fromEntries(Object.entries(fields).filter(([name]) => !Object.hasOwn(ENVELOPE, name)));
    const missing = (called.alias.requires ?? []).filter((name) => args[name] === undefined);
    if (missing.length > 0) {
      const errors = missing.map((path): FieldError => ({ path, got: 'nothing', allowed: 'a value' }));
      return refuse(422, `${missing.join(', ')} must be given.`, key, errors);
    }
    return { ...about, key, command: { called, args }, answer: null };
  }

  /** What a repeat is answered with from now on. */
  remember(key: string | null, answer: IdAnswer): void {
    if (key === null) return;
    this.expected.delete(key);
    this.given.delete(key);
    this.given.set(key, short(answer));
    for (const oldest of this.given.keys()) {
      if (this.given.size <= REMEMBERED) break;
      this.given.delete(oldest);
      this.expected.delete(oldest);
    }
  }

  /** An answer that is on its way: a repeat hears `meanwhile`, and after a power cut `expected` counts. */
  await(key: string | null, meanwhile: IdAnswer, expected: IdAnswer): void {
    if (key === null) return;
    this.remember(key, meanwhile);
    this.expected.set(key, expected);
  }
}

/** An object, or what is wrong with the text. */
function parse(payload: Uint8Array): Fields | string {
  if (payload.length > MOST_BYTES) return 'The message is too long.';
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return 'The message is not JSON.';
  }
  if (!isObject(value)) return 'The message is not a JSON object.';
  return isDeeperThan(value, MOST_DEPTH) ? `The message is nested deeper than ${MOST_DEPTH} levels.` : value;
}

/** Why a message is too old (or from the future), while the time is known; null when it is not. */
function expired({ ts, ttl_s: ttl }: Fields, { wallS }: Now): string | null {
  if (wallS === null || typeof ts !== 'number' || !Number.isFinite(ts)) return null;
  const lives = typeof ttl === 'number' && Number.isFinite(ttl) ? ttl : TTL_S;
  if (wallS > ts + lives + SKEW_S) return `The message expired ${Math.round(wallS - ts - lives)} s ago.`;
  if (ts > wallS + SKEW_S) return `The message was sent ${Math.round(ts - wallS)} s in the future: check the clocks.`;
  return null;
}
