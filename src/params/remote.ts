/**
 * Everything that a remote place may say, declared once: verbs, who may use them, their payloads. Topics, checks, JSON
 * Schemas and the reference page are projections of this table.
 */
import { z } from 'zod';
import { COMPILED } from './limits.ts';
import { TELEMETRY_NAMES, type TelemetryName } from './telemetry.ts';

/** A device or client name: what a client certificate’s CN may be, and no topic wildcard. */
export const NAME_PATTERN = /^[a-z0-9-]{1,32}$/;

/** A JSON payload is at most this long, and nested at most this deep. */
export const MOST_BYTES = 16_384;
export const MOST_DEPTH = 6;

/** What may be done: see = read only, run = stop, start and reset, tune = change settings on trial. */
export type Role = 'see' | 'run' | 'tune';

const finite = z.number().finite();
const envelope = {
  /** Made by the sender, never used twice; a repeat is answered with the first answer. */
  id: z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/, 'letters, digits and . _ : -, at most 64'),
  /** Answers go to rsp/<client>. */
  client: z.string().regex(NAME_PATTERN, 'lower-case letters, digits and -, at most 32'),
  /** When it was sent, s since 1970; checked while this device knows the time. */
  ts: finite.optional(),
  /** For how long after `ts` it may be obeyed, s. */
  ttl_s: finite.min(1).max(3600).optional(),
  /** From the retained state; needed by whatever can add heat. */
  nonce: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'the 16 hexadecimal digits of the retained state')
    .optional(),
};
const duration = finite.min(1).max(COMPILED.longestRunS);

export interface VerbRow {
  readonly role: Role;
  /** adds = may lead to heat and needs the nonce; removes = always obeyed, whatever else is wrong with the message. */
  readonly heat: 'adds' | 'removes' | 'neutral';
  readonly payload: z.ZodType;
  readonly label: string;
}

const body = <const S extends z.ZodRawShape>(shape: S) => z.strictObject({ ...envelope, ...shape });

export const VERBS = {
  ping: { role: 'see', heat: 'neutral', payload: body({}), label: 'Answers at once.' },
  get: { role: 'see', heat: 'neutral', payload: body({}), label: 'Answers with state and settings.' },
  history: {
    role: 'see',
    heat: 'neutral',
    payload: body({
      after_seq: z.number().int().min(0),
      limit: z.number().int().min(1).max(400).default(100),
      part: z.number().int().min(1).max(1000).optional(),
    }),
    label: 'Answers with stored records after a number, as many as fit; one that is too long comes in parts.',
  },
  live: {
    role: 'see',
    heat: 'neutral',
    payload: body({ rate_hz: finite.min(1).max(10), for_s: finite.min(1).max(600) }),
    label: 'Sends live values for a while; ask again to go on.',
  },
  stop: {
    role: 'run',
    heat: 'removes',
    payload: body({}),
    label: 'Heater off, now. Obeyed from anybody, whatever else is wrong.',
  },
  disarm: { role: 'run', heat: 'removes', payload: body({}), label: 'The same as stop.' },
  'run/stop': { role: 'run', heat: 'removes', payload: body({}), label: 'The same as stop.' },
  arm: {
    role: 'run',
    heat: 'adds',
    payload: body({ duration_s: duration }),
    label: 'Proof test, then the configured recipe, for at most duration_s.',
  },
  'run/start': {
    role: 'run',
    heat: 'adds',
    payload: body({
      duration_s: duration,
      recipe: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'the name of a recipe of this device'),
    }),
    label: 'Proof test, then a recipe of the device, for at most duration_s.',
  },
  'trip/reset': {
    role: 'run',
    heat: 'neutral',
    payload: body({ trip: z.number().int().min(1) }),
    label: 'Acknowledges the trip with this number. A lockout is reset at the bench only.',
  },
  'cfg/set': {
    role: 'tune',
    heat: 'adds',
    payload: body({
      base_rev: z.number().int().min(0),
      patch: z.record(z.string().max(64), z.unknown()),
      confirm_s: finite.min(10).max(3600).default(120),
    }),
    label: 'Tries settings: they run until confirm_s is over, then the ones before come back.',
  },
  'cfg/confirm': {
    role: 'tune',
    heat: 'neutral',
    payload: body({ rev: z.number().int().min(1) }),
    label: 'Keeps the trial that runs; only this makes settings survive.',
  },
  'cfg/revert': { role: 'tune', heat: 'neutral', payload: body({}), label: 'Ends the trial that runs at once.' },
} as const satisfies Record<string, VerbRow>;

export type Verb = keyof typeof VERBS;
export const VERB_NAMES = Object.keys(VERBS) as Verb[];
export const isVerb = (text: string): text is Verb => Object.hasOwn(VERBS, text);

/** What an answer’s code means; the numbers are those of HTTP. */
export const CODES = {
  200: 'done',
  202: 'taken, the answer of the bench is in the state',
  400: 'not JSON, too deep, or not an object',
  403: 'not allowed here',
  404: 'no such verb, recipe or setting',
  408: 'expired on its way',
  409: 'stands against what is: another revision, another trial, another state',
  410: 'the nonce is not the one of the present state',
  413: 'too long',
  422: 'a value is not allowed',
  423: 'locked by a trip or lockout',
  429: 'too many at once',
  503: 'not possible now: the disk of the device fails',
} as const;
export type Code = keyof typeof CODES;

export interface FieldError {
  readonly path: string;
  readonly got: string;
  readonly allowed: string;
}

export interface Answer {
  readonly id: string | null;
  readonly code: Code;
  readonly text: string;
  readonly errors?: readonly FieldError[];
  readonly data?: unknown;
}

const cell = z.union([z.number(), z.string(), z.null()]);
/** Everything that is measured; null where it was not, and the quality beside it says why. */
const measured = {
  simulated: z.boolean(),
  faults: z.array(z.string()),
  ...(Object.fromEntries(
    TELEMETRY_NAMES.filter((name) => name !== 'mono_s' && name !== 'state').map((name) => [name, cell]),
  ) as Record<Exclude<TelemetryName, 'mono_s' | 'state'>, typeof cell>),
};
const values = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
const place = z.number().int().min(1);
/** A record of the history; its body depends on its kind. */
const record = z.strictObject({
  seq: place,
  boot: z.string(),
  kind: z.string(),
  mono_us: z.number(),
  wall_ms: z.number().nullable(),
  clock: z.enum(['none', 'unsynced', 'synced']),
  body: z.record(z.string(), z.unknown()),
});
const part = { seq: place, part: place, parts: place, text: z.string() };
const sent = z.union([
  z.strictObject({ stream: z.string(), records: z.array(record) }),
  z.strictObject({ stream: z.string(), ...part }),
]);

/** What a device says, by topic. `avail` is the bare word online or offline. */
export const PAYLOADS = {
  info: z.strictObject({
    boot: z.string(),
    model: z.string(),
    version: z.string(),
    simulated: z.boolean(),
    limits: z.strictObject({
      trip_c: z.number(),
      longest_on_s: z.number(),
      duty_max: z.number(),
      current_a: z.number(),
    }),
    /** Hash over everything that only the local file sets. */
    envelope: z.string(),
    may_arm: z.boolean(),
    may_tune: z.boolean(),
    recipes: z.array(z.string()),
  }),
  state: z.strictObject({
    boot: z.string(),
    nonce: z.string(),
    state: z.string(),
    trip: z.number().int().nullable(),
    lockout: z.boolean(),
    rev: z.number().int(),
    trial: z.strictObject({ rev: z.number().int(), by: z.string(), left_s: z.number() }).nullable(),
    ...measured,
    history: z.strictObject({ stream: z.string(), seq: place }).nullable(),
    mono_s: z.number(),
    wall_s: z.number().nullable(),
    clock: z.enum(['synced', 'unsynced']),
  }),
  trip: z
    .strictObject({
      trip: place,
      kind: z.enum(['tripped', 'lockout']),
      code: z.string(),
      fault: z.string(),
      sentence: z.string(),
      remedy: z.string(),
    })
    .nullable(),
  cfg: z.strictObject({ rev: z.number().int(), values, confirmed: values, trial: values.nullable() }),
  tele: sent,
  evt: sent,
  live: z.strictObject({ mono_s: z.number(), ...measured }),
  rsp: z.strictObject({
    id: z.string().nullable(),
    code: z.number().int(),
    text: z.string(),
    verb: z.string(),
    errors: z.array(z.strictObject({ path: z.string(), got: z.string(), allowed: z.string() })).optional(),
    data: z.unknown().optional(),
  }),
} as const;

const BY = '/by/';

/** What stands below `cmd/`: the verb, and the sender if the topic names one. */
export function addressee(below: string): { readonly verb: string; readonly sender: string | null } {
  const at = below.indexOf(BY);
  return at < 0 ? { verb: below, sender: null } : { verb: below.slice(0, at), sender: below.slice(at + BY.length) };
}

/** All topics of a device, from `remix/1/<device>/` on. */
export const topics = (device: string) => {
  const root = `remix/1/${device}`;
  return {
    root,
    avail: `${root}/avail`,
    info: `${root}/info`,
    state: `${root}/state`,
    trip: `${root}/trip`,
    cfg: `${root}/cfg`,
    tele: `${root}/tele`,
    evt: `${root}/evt`,
    live: `${root}/live`,
    command: (verb: Verb) => `${root}/cmd/${verb}`,
    /** The same from somebody whose name the broker vouches for: its access list lets nobody else write here. */
    commandBy: (verb: Verb, sender: string) => `${root}/cmd/${verb}${BY}${sender}`,
    commands: `${root}/cmd/#`,
    answer: (client: string) => `${root}/rsp/${client}`,
  };
};
export type Topics = ReturnType<typeof topics>;
