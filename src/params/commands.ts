/**
 * Everything that can be asked of a running controller, declared once: by a key, over MQTT, from the calendar, on the
 * command line. An *act* changes something, an *ask* only looks. Keys, topics, JSON Schemas, help and the reference pages
 * are projections of this table, and `decide` is the one answer to whether a command may be carried out now.
 */
import { z } from 'zod';
import { inSeconds, seconds, since } from '../units.ts';
import { type BenchView, type Decision, type Refusal, refuse } from './bench-view.ts';
import { COMPILED } from './limits.ts';
import { patchErrors } from './patch.ts';
import { isSearching, searchHindrance } from './search.ts';
import type { Settings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';

/** A device or client name: what a client certificate’s common name may be, and no topic wildcard. */
export const NAME_PATTERN = /^[a-z0-9-]{1,32}$/;

/** What may be done: see = read only, run = stop, start and acknowledge, tune = change settings on trial. */
export type Role = 'see' | 'run' | 'tune';
export const ROLES: readonly Role[] = ['see', 'run', 'tune'];

/** The ways to ask. bench = who comes this way stands there, or was put in place by somebody who did. */
const WAYS = {
  terminal: 'bench',
  'command line': 'bench',
  calendar: 'bench',
  controller: 'bench',
  mqtt: 'remote',
  page: 'remote',
} as const;

/** Who asks, and how. */
export interface Origin {
  readonly via: keyof typeof WAYS;
  /** A name for the record. */
  readonly by: string;
  /** Whether the way vouches for the name; a name that was only claimed is recorded as such. */
  readonly proven: boolean;
  readonly roles: readonly Role[];
}

/** Who asked, as the record names them: a name that was only claimed says so. */
export const authorOf = ({ by, proven }: Origin): string => (proven ? by : `says ${by}`);

/** Somebody who does not stand at the bench: local permissions apply. */
export const isRemote = ({ via }: Origin): boolean => WAYS[via] !== 'bench';

/**
 * Whether a run may be started this way from elsewhere. `allowed`: remote.arm allows it. A simulated bench has no heater that
 * somebody would have to stand beside, so its page always may.
 */
export const mayArmVia = (via: Origin['via'], allowed: boolean, { simulated }: Pick<Snapshot, 'simulated'>): boolean =>
  allowed || (via === 'page' && simulated);

/** A topic below `cmd/`. */
export interface MqttName {
  readonly name: string;
  /** Still accepted; use the first name of the row instead. */
  readonly deprecated?: true;
  /** Arguments that this name asks for beside those of the row. */
  readonly requires?: readonly string[];
}

interface RowOf<S extends z.ZodRawShape> {
  readonly kind: 'act' | 'ask';
  readonly label: string;
  readonly why: string;
  readonly role: Role;
  /** adds = may lead to heat; removes = only ever takes heat away and is obeyed whatever else is wrong. */
  readonly heat: 'adds' | 'removes' | 'neutral';
  /** bench = only for somebody who stands there. */
  readonly where: 'anywhere' | 'bench';
  readonly arguments: z.ZodObject<S>;
  /** Arguments that somebody who is not at the bench must give. */
  readonly remotely?: readonly (keyof S & string)[];
  /** The same command by other names; the first MQTT name is the present one. */
  readonly aliases: {
    readonly mqtt?: readonly MqttName[];
    readonly key?: string;
    readonly cli?: string;
  };
  readonly decide: (args: z.output<z.ZodObject<S>>, bench: BenchView, origin: Origin) => Decision;
}
const row = <const S extends z.ZodRawShape>(it: RowOf<S>): RowOf<S> => it;

const finite = z.number();
const duration = finite.min(1).max(COMPILED.longestRunS);
const recipeName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'the name of a recipe of this device');
/** A record passes over `__proto__` in silence; here it is an unknown setting like any other. */
const patch = z.preprocess(
  (value, context) => {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
      context.addIssue({ code: 'custom', path: ['__proto__'], message: 'a setting' });
    }
    return value;
  },
  z.record(z.string().max(64), z.unknown()),
);
const rev = z.int().min(1);
const nothing = z.strictObject({});

/** Why no run can be asked for now; null when one can. `recipe` null = that of the bench. */
function startRefusal({ snapshot, ordered, recipes }: BenchView, recipe: string | null): Refusal | null {
  const { name, latch } = snapshot.kernel;
  if (latch?.kind === 'lockout') return refuse(423, 'Locked out: reset the lockout at the bench.');
  if (latch) return refuse(423, `Tripped: acknowledge trip ${latch.trip} first.`);
  if (name !== 'safe') return refuse(409, `The bench is in state ${name}; a run starts from safe.`);
  if (ordered) return refuse(409, 'An order to arm is waiting already.');
  if (recipe === null || recipes.includes(recipe)) return null;
  const errors = [{ path: 'recipe', got: JSON.stringify(recipe), allowed: recipes.join(' | ') }];
  return refuse(404, `This device has no recipe ${recipe}.`, errors);
}

const AT_BENCH_ONLY = 'Settings are changed at the bench here (remote.tune).';

/** Why no settings can be tried now, whatever they are; null when they can. */
function tryRefusal({ trial, mayTune, search, snapshot }: BenchView, origin: Origin): Refusal | null {
  if (isRemote(origin) && !mayTune) return refuse(403, AT_BENCH_ONLY);
  // A trial is judged by what the film shows, and a search turns heat and light under it.
  if (isSearching(search)) return refuse(409, 'A search for a pattern runs: stop it first (find-stop).');
  if (snapshot.kernel.latch) return refuse(423, 'Settings are not tried while a trip or lockout is latched.');
  return trial ? refuse(409, `Trial ${trial.rev} of ${trial.by} is running.`) : null;
}

/** What stands in the way of leaving a trip or lockout; null when nothing does. */
function latchedBy({ snapshot }: BenchView): string | null {
  const { calmSince } = snapshot.kernel;
  if (calmSince === null) return `The fault is still present: ${snapshot.faults.join(', ')}.`;
  if (since(snapshot.at, calmSince) < seconds(COMPILED.calmS))
    return `The fault has been gone for less than ${COMPILED.calmS} s.`;
  return null;
}

export const COMMANDS = {
  stop: row({
    kind: 'act',
    label: 'Stop',
    why: 'Heater off, ENABLE open, state safe. Obeyed from anybody, whatever else is wrong with the message.',
    role: 'run',
    heat: 'removes',
    where: 'anywhere',
    arguments: nothing,
    aliases: {
      mqtt: [{ name: 'stop' }, { name: 'disarm', deprecated: true }, { name: 'run/stop', deprecated: true }],
      key: 'd',
      cli: 'remixd remote stop',
    },
    decide: (_, { snapshot, ordered }) =>
      snapshot.driven ? 'Heater off.' : ordered ? 'The waiting order is dropped.' : 'The heater was off.',
  }),
  arm: row({
    kind: 'act',
    label: 'Arm',
    why: `Runs the proof test and then a recipe, for at most duration_s. Waits up to ${COMPILED.orderFreshS} s for ${COMPILED.healthyS} healthy seconds; refused while a trip-level fault is present.`,
    role: 'run',
    heat: 'adds',
    where: 'anywhere',
    arguments: z.strictObject({ duration_s: duration.optional(), recipe: recipeName.optional() }),
    remotely: ['duration_s'],
    aliases: {
      mqtt: [{ name: 'arm' }, { name: 'run/start', deprecated: true, requires: ['recipe'] }],
      key: 'a',
      cli: 'remixd run --arm',
    },
    decide: ({ recipe, duration_s: durationS }, bench, origin) => {
      if (isRemote(origin) && !mayArmVia(origin.via, bench.mayArm, bench.snapshot))
        return refuse(403, 'Runs are started at the bench here (remote.arm).');
      const refusal = startRefusal(bench, recipe ?? null);
      if (refusal) return refusal;
      const what = recipe ?? 'the configured recipe';
      return `Arming: ${what}${durationS === undefined ? '' : `, for ${durationS} s`}.`;
    },
  }),
  acknowledge: row({
    kind: 'act',
    label: 'Acknowledge a trip',
    why: `Must name the trip’s number; works when the fault has been gone for ${COMPILED.calmS} s, the heat budget has drained and ${COMPILED.acknowledgeS} s have passed. Does not arm.`,
    role: 'run',
    heat: 'neutral',
    where: 'anywhere',
    arguments: z.strictObject({ trip: z.int().min(1) }),
    aliases: {
      mqtt: [{ name: 'acknowledge' }, { name: 'trip/reset', deprecated: true }],
      key: 'k',
      cli: 'remixd run --acknowledge TRIP',
    },
    decide: ({ trip }, bench) => {
      const { at, kernel } = bench.snapshot;
      const { latch } = kernel;
      if (!latch) return refuse(409, 'Nothing is tripped.');
      if (latch.kind === 'lockout') return refuse(423, 'A lockout is reset at the bench only.');
      if (latch.trip !== trip) return refuse(409, `Trip ${latch.trip} is latched, not ${trip}.`);
      const why = latchedBy(bench);
      if (why !== null) return refuse(409, why);
      const leftS = COMPILED.acknowledgeS - inSeconds(since(at, kernel.since));
      if (leftS > 0)
        return refuse(409, `A trip stands for ${COMPILED.acknowledgeS} s: wait ${Math.ceil(leftS)} s more.`);
      if (!bench.snapshot.drained) return refuse(409, 'The heat budget has not drained yet (I8): wait and ask again.');
      return `Trip ${trip} is acknowledged.`;
    },
  }),
  reset: row({
    kind: 'act',
    label: 'Reset a lockout',
    why: 'At the bench only, with no current flowing and the fault gone.',
    role: 'run',
    heat: 'neutral',
    where: 'bench',
    arguments: nothing,
    aliases: { key: 'r', cli: 'remixd run --reset' },
    decide: (_, bench) => {
      const { latch } = bench.snapshot.kernel;
      if (latch?.kind !== 'lockout') {
        return refuse(409, latch ? `Trip ${latch.trip} is acknowledged, not reset.` : 'Nothing is locked out.');
      }
      const why = latchedBy(bench);
      if (why !== null) return refuse(409, why);
      return bench.snapshot.quiet ? 'The lockout is reset.' : refuse(409, 'Current flows, or flowed a moment ago.');
    },
  }),
  set: row({
    kind: 'act',
    label: 'Change settings at the bench',
    why: 'Acts at the next period, and holds until the controller ends. A trial that runs goes back instead.',
    role: 'tune',
    heat: 'adds',
    where: 'bench',
    arguments: z.strictObject({ patch }),
    aliases: { key: '↑ ↓ pulse t, ← → period T' },
    decide: ({ patch: wanted }, bench) => {
      const { trial, base, snapshot, recipes } = bench;
      const inForce = trial ? ({ ...base, ...trial.patch } as Settings) : base;
      const errors = patchErrors(inForce, wanted, { driven: snapshot.driven, recipes });
      if (errors.length > 0) return refuse(422, `${errors[0]?.path} must be ${errors[0]?.allowed}.`, errors);
      return trial ? `Trial ${trial.rev} of ${trial.by} ends; the settings before it are back.` : 'Changed.';
    },
  }),
  try: row({
    kind: 'act',
    label: 'Try settings',
    why: 'They run until confirm_s is over; then the ones before come back, unless the trial was confirmed.',
    role: 'tune',
    heat: 'adds',
    where: 'anywhere',
    arguments: z.strictObject({
      base_rev: z.int().min(0),
      patch,
      confirm_s: finite.min(10).max(3600).default(120),
    }),
    aliases: { mqtt: [{ name: 'try' }, { name: 'cfg/set', deprecated: true }], cli: 'remixd remote set KEY=VALUE' },
    decide: ({ base_rev: baseRev, patch: wanted, confirm_s: confirmS }, bench, origin) => {
      const { revision, base, recipes, snapshot } = bench;
      const refusal = tryRefusal(bench, origin);
      if (refusal) return refusal;
      if (baseRev !== revision) return refuse(409, `Settings are at revision ${revision}, not ${baseRev}.`);
      const errors = patchErrors(base, wanted, { driven: snapshot.driven, recipes });
      if (errors.length > 0) return refuse(422, `${errors.length} value(s) not allowed.`, errors);
      return `On trial for ${confirmS} s as revision ${revision + 1}.`;
    },
  }),
  confirm: row({
    kind: 'act',
    label: 'Keep the trial',
    why: 'Only this makes settings survive. It is answered once they would survive a power cut.',
    role: 'tune',
    heat: 'neutral',
    where: 'anywhere',
    arguments: z.strictObject({ rev }),
    aliases: {
      mqtt: [{ name: 'confirm' }, { name: 'cfg/confirm', deprecated: true }],
      cli: 'remixd remote confirm REV',
    },
    decide: ({ rev: asked }, { trial, snapshot }) => {
      if (!trial) return refuse(409, 'No trial is running.');
      if (trial.rev !== asked) return refuse(409, `Trial ${trial.rev} is running, not ${asked}.`);
      if (trial.watched && snapshot.sight.verdict === 'CANNOT_SEE')
        return refuse(
          409,
          'The film cannot be seen: nobody knows what the trial does to it. Wait until it can, or revert.',
        );
      return trial.leftS <= 0 ? refuse(408, 'The trial is over.') : 'Kept.';
    },
  }),
  revert: row({
    kind: 'act',
    label: 'End the trial',
    why: 'The settings before the trial come back at once.',
    role: 'tune',
    heat: 'neutral',
    where: 'anywhere',
    arguments: nothing,
    aliases: { mqtt: [{ name: 'revert' }, { name: 'cfg/revert', deprecated: true }], cli: 'remixd remote revert' },
    decide: (_, { trial }) => (trial ? 'The settings before the trial are back.' : refuse(409, 'No trial is running.')),
  }),
  find: row({
    kind: 'act',
    label: 'Find a pattern',
    why: 'Seeks the gentlest pulse pattern that keeps the film mixed, by trials: each begins in the dark and ends with some seconds of light. The pattern found is in force until the run ends. A trip, the end of the run, a turned setting or find-stop ends the search, and what it changed goes back.',
    role: 'tune',
    heat: 'adds',
    where: 'anywhere',
    arguments: nothing,
    aliases: { mqtt: [{ name: 'find' }], cli: 'remixd remote find' },
    decide: (_, { snapshot, trial, search, mayTune }, origin) => {
      if (isRemote(origin) && !mayTune) return refuse(403, AT_BENCH_ONLY);
      if (isSearching(search)) return refuse(409, 'A search for a pattern runs already.');
      if (trial) return refuse(409, `Trial ${trial.rev} of ${trial.by} is running: keep it or end it first.`);
      const hindrance = searchHindrance(snapshot);
      if (hindrance === null) return 'The search begins in the dark.';
      return refuse(snapshot.kernel.latch ? 423 : 409, hindrance);
    },
  }),
  'find-stop': row({
    kind: 'act',
    label: 'End the search for a pattern',
    why: 'Heat and light as they were before the search come back at once, also where a pattern that it found is in force.',
    role: 'tune',
    heat: 'neutral',
    where: 'anywhere',
    arguments: nothing,
    aliases: { mqtt: [{ name: 'find-stop' }], cli: 'remixd remote find-stop' },
    decide: (_, { search, trial }) => {
      if (search === null) return refuse(409, 'No search for a pattern runs, and none has a pattern in force.');
      if (trial) return refuse(409, `Trial ${trial.rev} of ${trial.by} is running: keep it or end it first.`);
      return 'What the search changed goes back.';
    },
  }),
  ping: row({
    kind: 'ask',
    label: 'Ping',
    why: 'Answers at once.',
    role: 'see',
    heat: 'neutral',
    where: 'anywhere',
    arguments: nothing,
    aliases: { mqtt: [{ name: 'ping' }] },
    decide: () => 'pong',
  }),
  get: row({
    kind: 'ask',
    label: 'State and settings',
    why: 'What the retained topics say, in one answer.',
    role: 'see',
    heat: 'neutral',
    where: 'anywhere',
    arguments: nothing,
    aliases: { mqtt: [{ name: 'get' }], cli: 'remixd remote get' },
    decide: () => 'State and settings.',
  }),
  history: row({
    kind: 'ask',
    label: 'Stored records',
    why: 'Records after a number, as many as fit into one message; one that is too long comes in parts.',
    role: 'see',
    heat: 'neutral',
    where: 'anywhere',
    arguments: z.strictObject({
      after_seq: z.int().min(0),
      limit: z.int().min(1).max(400).default(100),
      part: z.int().min(1).max(1000).optional(),
    }),
    aliases: { mqtt: [{ name: 'history' }], cli: 'remixd remote export' },
    decide: () => 'Stored records.',
  }),
  live: row({
    kind: 'ask',
    label: 'Live values',
    why: 'Sends values at this rate for a while; ask again to go on.',
    role: 'see',
    heat: 'neutral',
    where: 'anywhere',
    arguments: z.strictObject({ rate_hz: finite.min(1).max(10), for_s: finite.min(1).max(600) }),
    aliases: { mqtt: [{ name: 'live' }] },
    decide: ({ for_s: forS }) => `Live values for ${forS} s.`,
  }),
  check: row({
    kind: 'ask',
    label: 'Check settings',
    why: 'Whether a trial of these settings would be accepted; nothing is changed.',
    role: 'see',
    heat: 'neutral',
    where: 'anywhere',
    arguments: z.strictObject({ patch }),
    aliases: { mqtt: [{ name: 'check' }] },
    decide: ({ patch: wanted }, bench, origin) => {
      const { base, snapshot, recipes } = bench;
      const refusal = tryRefusal(bench, origin);
      if (refusal) return refusal;
      const errors = patchErrors(base, wanted, { driven: snapshot.driven, recipes });
      return errors.length > 0 ? refuse(422, `${errors.length} value(s) not allowed.`, errors) : 'These settings suit.';
    },
  }),
  'what-if': row({
    kind: 'ask',
    label: 'What settings would do',
    why: 'Swing, mean temperature now and within the hour, peak against the trip, duty against its limit and settling time of the heat now and with these settings, from the commissioned model as the observer corrects it.',
    role: 'see',
    heat: 'neutral',
    where: 'anywhere',
    arguments: z.strictObject({ patch }),
    aliases: { mqtt: [{ name: 'what-if' }], cli: 'remixd whatif --set KEY=VALUE' },
    decide: ({ patch: wanted }, { base, snapshot, recipes }) => {
      const errors = patchErrors(base, wanted, { driven: snapshot.driven, recipes });
      return errors.length > 0 ? refuse(422, `${errors.length} value(s) not allowed.`, errors) : 'Predicted.';
    },
  }),
  runs: row({
    kind: 'ask',
    label: 'Recorded runs',
    why: 'The newest run folders with what their run.json says, newest first.',
    role: 'see',
    heat: 'neutral',
    where: 'anywhere',
    arguments: z.strictObject({ limit: z.int().min(1).max(50).default(20) }),
    aliases: { mqtt: [{ name: 'runs' }] },
    decide: () => 'Recorded runs.',
  }),
  doctor: row({
    kind: 'ask',
    label: 'Examine the computer',
    why: 'Findings with a remedy each; drives nothing and does not ask the sensors, which the controller uses.',
    role: 'see',
    heat: 'neutral',
    where: 'anywhere',
    arguments: nothing,
    aliases: { mqtt: [{ name: 'doctor' }], cli: 'remixd doctor' },
    decide: () => 'Findings.',
  }),
};

export type CommandName = keyof typeof COMMANDS;
/** Arguments of a command, checked and with its defaults filled in. */
export type ArgumentsOf<N extends CommandName> = z.output<(typeof COMMANDS)[N]['arguments']>;
/** A row whatever its arguments are. */
export type CommandRow = RowOf<z.ZodRawShape>;

export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
export const isCommandName = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name);
export const commandRow = (name: CommandName): CommandRow => COMMANDS[name] as unknown as CommandRow;
/** Whether a command only ever takes heat away, and so is obeyed whatever else is wrong with it. */
export const isStop = (name: CommandName): boolean => commandRow(name).heat === 'removes';

/** A command by one of its names on MQTT, or null. */
export interface MqttCommand {
  readonly name: CommandName;
  readonly alias: MqttName;
}

const BY_MQTT_NAME = new Map(
  COMMAND_NAMES.flatMap((name) =>
    (commandRow(name).aliases.mqtt ?? []).map((alias): [string, MqttCommand] => [alias.name, { name, alias }]),
  ),
);
export const mqttCommand = (name: string): MqttCommand | null => BY_MQTT_NAME.get(name) ?? null;
/** Every name that is accepted below `cmd/`, deprecated ones too. */
export const MQTT_COMMANDS: readonly MqttCommand[] = [...BY_MQTT_NAME.values()];

/**
 * The arguments of a command as this asker must give them.
 * @param more names that are required beside those that the asker’s place requires
 */
export function argumentsFor(name: CommandName, remotely: boolean, more: readonly string[] = []): z.ZodObject {
  const { arguments: schema, remotely: required = [] } = commandRow(name);
  const names = [...(remotely ? required : []), ...more];
  if (names.length === 0) return schema;
  return schema.required(Object.fromEntries(names.map((one) => [one, true])) as Record<string, true>);
}

/** The arguments of a command as JSON Schema. */
export const argumentsSchema = (name: CommandName): unknown =>
  z.toJSONSchema(commandRow(name).arguments, { io: 'input' });
