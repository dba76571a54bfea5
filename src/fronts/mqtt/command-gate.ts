/**
 * Decides what becomes of a message on a command topic, in a fixed order: size and form, retain flag, verb, rate,
 * repeat, role, expiry, nonce, schema, values, state. `stop` and `disarm` are obeyed whatever else is wrong. It does nothing
 * itself: the answer goes to the sender, the request to the controller’s mailbox, and every refusal is an event.
 */
import { type Patch, patchErrors, type Tuning } from '../../desk/tuning.ts';
import {
  type Answer,
  type Code,
  type FieldError,
  isVerb,
  MOST_BYTES,
  MOST_DEPTH,
  NAME_PATTERN,
  type Role,
  VERBS,
  type Verb,
} from '../../params/remote.ts';
import { inSeconds, type Micros } from '../../units.ts';

export interface Incoming {
  /** The topic below cmd/, without the sender. */
  readonly verb: string;
  /** Whose topic it is, if the topic names anybody: the broker lets only that one write there. Else null. */
  readonly sender?: string | null;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

/** What the controller is asked to do. */
export type Request =
  | { readonly kind: 'stop' }
  | { readonly kind: 'start'; readonly recipe: string | null; readonly durationS: number }
  | { readonly kind: 'acknowledge'; readonly trip: number }
  | { readonly kind: 'try'; readonly patch: Patch; readonly confirmS: number; readonly by: string }
  | { readonly kind: 'confirm' }
  | { readonly kind: 'revert' }
  | { readonly kind: 'history'; readonly afterSeq: number; readonly limit: number; readonly part: number }
  | { readonly kind: 'live'; readonly rateHz: number; readonly forS: number };

/** How the bench is, as far as a command has to know. */
export interface Bench {
  readonly state: string;
  readonly driven: boolean;
  /** Somebody’s order to arm waits to be carried out. */
  readonly ordered: boolean;
  readonly trip: number | null;
  readonly lockout: boolean;
  /** The photoluminescence says that the film segregates since the trial began. */
  readonly plAlarm: boolean;
  readonly tuning: Tuning;
  readonly recipes: readonly string[];
}

export interface Policy {
  /** Whether a run may be started from afar; a local setting. */
  readonly mayArm: boolean;
  readonly mayTune: boolean;
}

export interface Now {
  readonly mono: Micros;
  /** s since 1970; null while this device does not know the time. */
  readonly wallS: number | null;
}

/** Answers already given, newest last; survives restarts where the caller persists it. */
export type Given = readonly (readonly [id: string, answer: Answer])[];

export interface Verdict {
  readonly answer: Answer;
  /** Where the answer goes; null = nobody who could be named. */
  readonly client: string | null;
  /** Who asked, for the record: the broker vouches for a name alone; `says` goes before one that was only claimed. */
  readonly by: string;
  readonly request: Request | null;
  /** A repeat: nothing was done. */
  readonly repeated: boolean;
  /** What the answer is remembered by, for `amend`; null where it is not. */
  readonly key: string | null;
}

export const REMEMBERED = 256;
const RATE_PER_S = 10;
const BURST = 20;
/** Clocks of sender and device may differ by this much. */
const SKEW_S = 5;
const TTL_S = 30;

/** What is answered with what was asked for, and not with a promise. */
const ANSWERED: readonly Request['kind'][] = ['history', 'live'];

type Fields = Record<string, unknown>;

type Refusal = { readonly refused: Code; readonly text: string; readonly errors?: readonly FieldError[] };

/** Why a run cannot be asked for now, by whomever; null when it can. `recipe` null = that of the bench. */
export function startRefusal(bench: Omit<Bench, 'tuning'>, recipe: string | null): Refusal | null {
  if (bench.lockout) return { refused: 423, text: 'locked out: reset at the bench' };
  if (bench.trip !== null) return { refused: 423, text: `tripped: reset trip ${bench.trip} first` };
  if (bench.state !== 'safe') return { refused: 409, text: `the bench is ${bench.state}` };
  if (bench.ordered) return { refused: 409, text: 'an order to arm is waiting already' };
  if (recipe === null || bench.recipes.includes(recipe)) return null;
  const errors = [field('recipe', recipe, bench.recipes.join(' | '))];
  return { refused: 404, text: `no recipe ${recipe}`, errors };
}

export class CommandGate {
  /** From the retained state; new at boot, at each connection and after each command that could add heat. */
  nonce: string;
  private given: Map<string, Answer>;
  private tokens = BURST;
  private filledAt: Micros = 0;

  constructor(
    private readonly policy: Policy,
    private readonly newNonce: () => string,
    given: Given = [],
  ) {
    this.nonce = newNonce();
    this.given = new Map(given);
  }

  /** All answers of late, to be persisted. */
  answers(): Given {
    return [...this.given];
  }

  /** A new connection: whatever was queued for the old one is void. */
  connected(): void {
    this.nonce = this.newNonce();
  }

  /** `roles`: what the sender may do. */
  judge(message: Incoming, bench: Bench, roles: readonly Role[], now: Now): Verdict {
    const { verb } = message;
    const sender = message.sender ?? null;
    const fields = parse(message.payload);
    const form = typeof fields === 'string' ? fields : null;
    const read = typeof fields === 'string' ? {} : sender === null ? fields : { client: sender, ...fields };
    const id = typeof read['id'] === 'string' && read['id'].length <= 64 ? read['id'] : null;
    const named = sender ?? read['client'];
    const client = typeof named === 'string' && NAME_PATTERN.test(named) ? named : null;
    const by = client === null ? 'unnamed' : sender === null ? `says ${client}` : client;
    const answer = (code: Code, text: string, more: Partial<Answer> = {}): Answer => ({ id, code, text, ...more });
    const refuse = (code: Code, text: string, errors?: readonly FieldError[]): Verdict => {
      const refused = answer(code, text, errors ? { errors } : {});
      return { answer: refused, client, by, request: null, repeated: false, key: null };
    };
    // Whoever wants less heat gets it, also from a message that is late, repeated, malformed or retained.
    if (isVerb(verb) && VERBS[verb].heat === 'removes' && roles.includes('run')) {
      const done = answer(200, bench.driven ? 'heater off' : 'heater was off');
      return { answer: done, client, by, request: { kind: 'stop' }, repeated: false, key: null };
    }
    if (message.payload.length > MOST_BYTES) return refuse(413, `more than ${MOST_BYTES} bytes`);
    if (form !== null) return refuse(400, form);
    if (message.retain) return refuse(409, 'a retained command is never obeyed; clear it');
    if (!isVerb(verb)) return refuse(404, `no command ${verb.slice(0, 40)}`);
    if (!this.takeToken(now.mono)) return refuse(429, `more than ${RATE_PER_S} commands a second`);
    if (sender !== null && read['client'] !== sender) return refuse(403, `the topic is ${sender}’s, the message not`);
    // An id is its sender’s own: nobody gets the answer to somebody else’s question, or uses up an id before its time.
    const key = id === null ? null : `${by}/${id}`;
    const before = key === null ? undefined : this.given.get(key);
    if (before) return { answer: before, client, by, request: null, repeated: true, key: null };
    const { request, ...rest } = this.decide(verb, read, bench, roles, now, by, refuse, answer);
    if (key === null || request?.kind === 'history') return { ...rest, request, client };
    this.remember(key, rest.answer);
    return { ...rest, request, client, key };
  }

  /** What a repeat is answered with from now on, where carrying the request out came to something else. */
  amend(key: string | null, answer: Answer): void {
    if (key !== null && this.given.has(key)) this.given.set(key, answer);
  }

  private decide(
    verb: Verb,
    read: Fields,
    bench: Bench,
    roles: readonly Role[],
    now: Now,
    by: string,
    refuse: (code: Code, text: string, errors?: readonly FieldError[]) => Verdict,
    answer: (code: Code, text: string, more?: Partial<Answer>) => Answer,
  ): Omit<Verdict, 'client'> {
    const { role, heat, payload } = VERBS[verb];
    if (!roles.includes(role)) return refuse(403, `this sender may not ${verb}`);
    const late = expired(read, now);
    if (late !== null) return refuse(408, late);
    if (heat === 'adds' && read['nonce'] !== this.nonce) {
      return refuse(410, 'the nonce is not the one of the present state; read state and ask again');
    }
    const checked = payload.safeParse(read);
    if (!checked.success) {
      const errors = checked.error.issues.map((issue) => ({
        path: issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : '(payload)'),
        got: shown(issue.path.reduce<unknown>((at, key) => (at as Fields | undefined)?.[String(key)], read)),
        allowed: issue.message,
      }));
      return refuse(422, 'the payload is not what this command takes', errors);
    }
    const outcome = this.permitted(verb, checked.data as Fields, bench, now, by);
    if ('refused' in outcome) return refuse(outcome.refused, outcome.text, outcome.errors);
    if (heat === 'adds') this.nonce = this.newNonce();
    const code = outcome.request === null || ANSWERED.includes(outcome.request.kind) ? 200 : 202;
    return { answer: answer(code, outcome.text), by, request: outcome.request, repeated: false, key: null };
  }

  private permitted(
    verb: Verb,
    fields: Fields,
    bench: Bench,
    now: Now,
    by: string,
  ): { readonly request: Request | null; readonly text: string } | Refusal {
    const { tuning } = bench;
    switch (verb) {
      case 'ping':
        return { request: null, text: 'pong' };
      case 'get':
        return { request: null, text: 'state and settings' };
      case 'history':
        return {
          request: {
            kind: 'history',
            afterSeq: Number(fields['after_seq']),
            limit: Number(fields['limit']),
            part: Number(fields['part'] ?? 1),
          },
          text: 'stored records',
        };
      case 'live':
        return {
          request: { kind: 'live', rateHz: Number(fields['rate_hz']), forS: Number(fields['for_s']) },
          text: `live values for ${String(fields['for_s'])} s`,
        };
      case 'arm':
      case 'run/start': {
        const recipe = verb === 'run/start' ? String(fields['recipe']) : null;
        if (!this.policy.mayArm) return { refused: 403, text: 'runs are started at the bench here (remote.arm)' };
        const refusal = startRefusal(bench, recipe);
        if (refusal) return refusal;
        return { request: { kind: 'start', recipe, durationS: Number(fields['duration_s']) }, text: 'arming' };
      }
      case 'trip/reset': {
        const trip = Number(fields['trip']);
        if (bench.lockout) return { refused: 423, text: 'a lockout is reset at the bench only' };
        if (bench.trip === null) return { refused: 409, text: 'nothing is tripped' };
        if (bench.trip !== trip) return { refused: 409, text: `trip ${bench.trip} is latched, not ${trip}` };
        return { request: { kind: 'acknowledge', trip }, text: `trip ${trip} acknowledged; see state` };
      }
      case 'cfg/set': {
        if (!this.policy.mayTune) return { refused: 403, text: 'settings are changed at the bench here (remote.tune)' };
        if (tuning.trial) return { refused: 409, text: `trial ${tuning.trial.rev} of ${tuning.trial.by} is running` };
        if (fields['base_rev'] !== tuning.rev) {
          return { refused: 409, text: `settings are at revision ${tuning.rev}, not ${String(fields['base_rev'])}` };
        }
        const patch = fields['patch'] as Fields;
        const recipe = patch['run.recipe'];
        const errors = patchErrors(tuning, patch, bench.driven);
        if (typeof recipe === 'string' && !bench.recipes.includes(recipe)) {
          errors.push(field('run.recipe', recipe, bench.recipes.join(' | ')));
        }
        if (errors.length > 0) return { refused: 422, text: `${errors.length} value(s) not allowed`, errors };
        const confirmS = Number(fields['confirm_s']);
        return {
          request: { kind: 'try', patch: patch as Patch, confirmS, by },
          text: `on trial for ${confirmS} s as revision ${tuning.rev + 1}`,
        };
      }
      case 'cfg/confirm':
        if (!tuning.trial) return { refused: 409, text: 'no trial is running' };
        if (tuning.trial.rev !== fields['rev']) {
          return { refused: 409, text: `trial ${tuning.trial.rev} is running, not ${String(fields['rev'])}` };
        }
        if (now.mono >= tuning.trial.until) return { refused: 408, text: 'the trial is over' };
        return { request: { kind: 'confirm' }, text: 'kept' };
      case 'cfg/revert':
        if (!tuning.trial) return { refused: 409, text: 'no trial is running' };
        return { request: { kind: 'revert' }, text: 'going back' };
      case 'stop':
      case 'disarm':
      case 'run/stop':
        return { refused: 403, text: 'this sender may not stop' };
    }
  }

  private takeToken(now: Micros): boolean {
    this.tokens = Math.min(BURST, this.tokens + inSeconds(now - this.filledAt) * RATE_PER_S);
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  private remember(id: string, answer: Answer): void {
    this.given.set(id, answer);
    for (const oldest of this.given.keys()) {
      if (this.given.size <= REMEMBERED) break;
      this.given.delete(oldest);
    }
  }
}

const field = (path: string, got: unknown, allowed: string): FieldError => ({ path, got: shown(got), allowed });
const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

/** An object, or what is wrong with the text. */
function parse(payload: Uint8Array): Fields | string {
  if (payload.length > MOST_BYTES) return 'too long';
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return 'not JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  return deeper(value, MOST_DEPTH) ? `nested deeper than ${MOST_DEPTH}` : (value as Fields);
}

function deeper(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((inner) => deeper(inner, left - 1));
}

/** Why a message is too old (or from the future), while the time is known; null when it is not. */
function expired({ ts, ttl_s: ttl }: Fields, { wallS }: Now): string | null {
  if (wallS === null || typeof ts !== 'number' || !Number.isFinite(ts)) return null;
  const lives = typeof ttl === 'number' && Number.isFinite(ttl) ? ttl : TTL_S;
  if (wallS > ts + lives + SKEW_S) return `expired ${Math.round(wallS - ts - lives)} s ago`;
  if (ts > wallS + SKEW_S) return `sent ${Math.round(ts - wallS)} s in the future: check the clocks`;
  return null;
}
