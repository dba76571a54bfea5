/**
 * What goes over MQTT: topics, the envelope of commands, and what a device says. The commands themselves are those of
 * params/commands.ts.
 */
import { z } from 'zod';
import { ALARM_NAMES } from './alarms.ts';
import { argumentsFor, type CommandName, commandRow, type MqttCommand, NAME_PATTERN } from './commands.ts';
import { LIVE_NAMES } from './telemetry.ts';

/** The address of a broker as a URL: without a scheme it is mqtt://. */
export const brokerUrl = (text: string): string => (text.includes('://') ? text : `mqtt://${text}`);

/** A JSON payload is at most this long, and nested at most this deep. */
export const MOST_BYTES = 16_384;
export const MOST_DEPTH = 6;

/** What every command carries beside its arguments. */
export const ENVELOPE = {
  /** Made by the sender, never used twice; a repeat is answered with the first answer. */
  id: z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/, 'letters, digits and . _ : -, at most 64'),
  /** Answers go to rsp/<client>. */
  client: z.string().regex(NAME_PATTERN, 'lower-case letters, digits and -, at most 32'),
  /** When it was sent, s since 1970; checked while this device knows the time. */
  ts: z.number().optional(),
  /** For how long after `ts` it may be obeyed, s. */
  ttl_s: z.number().min(1).max(3600).optional(),
  /** From the retained state; needed by whatever can add heat. */
  nonce: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'the 16 hexadecimal digits of the retained state')
    .optional(),
};

/** The envelope alone; arguments beside it are not looked at. */
export const envelope = z.object(ENVELOPE);

/** The whole payload of a command by one of its names. */
export const payloadOf = ({ name, alias }: MqttCommand): z.ZodObject =>
  z.strictObject({ ...ENVELOPE, ...argumentsFor(name, true, alias.requires).shape });

/** The topic below `cmd/` of a command that has one. */
export const mqttName = (name: CommandName): string => commandRow(name).aliases.mqtt?.[0]?.name ?? name;

const cell = z.union([z.number(), z.string(), z.null()]);
/** Everything that is measured; null where it was not, and the quality beside it says why. */
const measured = {
  simulated: z.boolean(),
  faults: z.array(z.string()),
  ...(Object.fromEntries(
    LIVE_NAMES.filter((name) => name !== 'mono_s' && name !== 'state').map((name) => [name, cell]),
  ) as Record<Exclude<(typeof LIVE_NAMES)[number], 'mono_s' | 'state'>, typeof cell>),
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
    /** What keeps the heater off, with its remedy, or the user alarm that ended the run; null when nothing does. */
    why: z.string().nullable(),
    /** The user alarm that ended the last run; null if none did, and from the next arming on. */
    ended_by: z.enum(ALARM_NAMES).nullable(),
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

/** What stands below `cmd/`: the command, and the sender if the topic names one. */
export function addressee(below: string): { readonly name: string; readonly sender: string | null } {
  const at = below.indexOf(BY);
  return at < 0 ? { name: below, sender: null } : { name: below.slice(0, at), sender: below.slice(at + BY.length) };
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
    command: (name: string) => `${root}/cmd/${name}`,
    /** The same from somebody whose name the broker vouches for: its access list lets nobody else write here. */
    commandBy: (name: string, sender: string) => `${root}/cmd/${name}${BY}${sender}`,
    commands: `${root}/cmd/#`,
    answer: (client: string) => `${root}/rsp/${client}`,
  };
};
export type Topics = ReturnType<typeof topics>;
