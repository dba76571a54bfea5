/**
 * The one place where anybody asks: keys, MQTT, the calendar and whatever comes submit commands of one table and get an
 * answer. It owns what can be tuned (trial, confirmation, revision) and who ordered the run. It moves nothing itself:
 * requests go to the loop’s mailbox, and what heat may flow is decided by the safety kernel alone.
 */
import { type Answer, shown } from '../params/answers.ts';
import type { BenchView } from '../params/bench-view.ts';
import {
  type ArgumentsOf,
  argumentsFor,
  authorOf,
  type CommandName,
  commandRow,
  isCommandName,
  isRemote,
  type Origin,
} from '../params/commands.ts';
import type { Controls } from '../params/controls.ts';
import type { EventBody } from '../params/events.ts';
import type { Patch } from '../params/patch.ts';
import type { Recipe } from '../params/recipe.ts';
import { recipeLimitProblems } from '../params/recipe-limits.ts';
import type { SearchOrder } from '../params/search.ts';
import type { SettingKey, Settings } from '../params/settings.ts';
import type { Snapshot } from '../params/snapshot.ts';
import type { Snapshots } from '../params/subscriber.ts';
import { after, before, inSeconds, micros, SECOND, seconds, since, times } from '../units.ts';
import { sizeProblem } from './bounds.ts';
import { FloodGuard } from './flood-guard.ts';
import { RunOrder } from './run-order.ts';
import { begin, changesOf, confirm, endOf, rebase, revert, settingsOf, type Tuning } from './tuning.ts';
import { unfit } from './unfit.ts';

/** What is asked and only looked up; each may take its time beside the tick. */
export interface Asks {
  history(args: ArgumentsOf<'history'>): Promise<unknown>;
  runs(args: ArgumentsOf<'runs'>): Promise<unknown>;
  doctor(): Promise<unknown>;
  /** Predicted figures of these settings, from how the film is now; null = not known. */
  whatIf(settings: Settings, film: Snapshot['film']): unknown;
}

export interface DeskParts {
  readonly controls: Controls;
  readonly snapshots: Snapshots;
  readonly emit: (event: EventBody) => void;
  /** Revision, base and confirmed settings at the start. */
  readonly tuning: Tuning;
  /** The recipe of the bench: what a run without a name of its own plays. */
  readonly recipe: Recipe;
  readonly recipes: readonly string[];
  /** @throws Error when the recipe cannot be loaded now */
  readonly loadRecipe: (name: string) => Recipe;
  /** Keeps `kept()` over a power cut; resolves when it, or something newer, would survive one. */
  readonly keep: () => Promise<void>;
  readonly asks: Asks;
}

/** What of the tuning survives a restart. */
export interface KeptTuning {
  readonly rev: number;
  readonly confirmed: Patch;
  /** The trial that runs, so that a start after a power cut can say what ended. */
  readonly trial: { readonly rev: number; readonly by: string; readonly patch: Patch } | null;
}

/** An answer that comes later. */
export class Later {
  /** @param expected what the answer will be unless something fails, or null where that is not known */
  constructor(
    readonly final: Promise<Answer>,
    readonly expected: Answer | null = null,
  ) {}
}
export type Outcome = Answer | Later;

/** A disk that takes longer to keep a confirmation than this has not kept it, when the trial’s time is over. */
const KEEP_US = seconds(10);
const CONTROLLER: Origin = { via: 'controller', by: 'the controller', proven: true, roles: [] };
/** Acts whose change of settings is the event. */
const TELL_THEMSELVES: readonly CommandName[] = ['set', 'try', 'confirm', 'revert'];

export class Desk {
  private current: Tuning;
  /** What a confirmation makes of the tuning, while it is on its way to the disk. */
  private keeping: Tuning | null = null;
  private readonly order: RunOrder;
  private readonly guard: FloodGuard;
  /** What was turned or confirmed last, also where it changed nothing, and by whom. */
  turned: { readonly patch: Patch; readonly origin: Origin } = { patch: {}, origin: CONTROLLER };
  /** The search for a pattern; null = none. The film’s place carries it out, and says here what became of it. */
  search: SearchOrder | null = null;
  private ending = false;
  /** Stops, ends of runs, and orders for heat that were taken: whatever was asked before the last of them is void. */
  heatTurns = 0;
  private wasDriven = false;
  private readonly recipeAtStart: string;

  constructor(private readonly parts: DeskParts) {
    this.current = parts.tuning;
    this.recipeAtStart = settingsOf(parts.tuning)['run.recipe'];
    this.order = new RunOrder(parts.controls, parts.recipe);
    this.guard = new FloodGuard(parts.emit);
    parts.controls.retune(settingsOf(this.current), this.current.rev);
  }

  /** From now on every act but a stop is refused. */
  end(): void {
    this.ending = true;
  }

  get isEnding(): boolean {
    return this.ending;
  }

  get tuning(): Tuning {
    return this.current;
  }

  get recipes(): readonly string[] {
    return this.parts.recipes;
  }

  /** The newest snapshot. */
  get snapshot(): Snapshot {
    return this.parts.snapshots.latest;
  }

  /** What must survive a restart, as things stand now. */
  kept(): KeptTuning {
    const { rev, confirmed, trial } = this.keeping ?? this.current;
    return { rev, confirmed, trial: trial && { rev: trial.rev, by: trial.by, patch: trial.patch } };
  }

  /** An event of the record that is no command. */
  note(kind: 'note' | 'trouble', code: string, text: string): void {
    this.parts.emit({ kind, code, text });
  }

  /** Carries a command out, or says why not. `args` are not trusted; what takes heat away is obeyed whatever they are. */
  submit(name: string, args: unknown, origin: Origin): Outcome {
    if (!isCommandName(name))
      return this.refuse(name, origin, { code: 404, text: `There is no command ${shown(name)}.` });
    const row = commandRow(name);
    // Before anything else is looked at: stop is obeyed from anybody.
    if (row.heat === 'removes') return this.stop(origin);
    if (!origin.roles.includes(row.role)) {
      return this.refuse(name, origin, { code: 403, text: `This sender may not ${name}.` });
    }
    if (this.ending && row.kind === 'act') {
      return this.refuse(name, origin, { code: 503, text: 'The controller is ending.' });
    }
    if (row.where === 'bench' && isRemote(origin)) {
      return this.refuse(name, origin, { code: 403, text: `${row.label}: only at the bench.` });
    }
    const size = sizeProblem(args);
    if (size !== null) return this.refuse(name, origin, { code: 413, text: size });
    const parsed = argumentsFor(name, isRemote(origin)).safeParse(args);
    if (!parsed.success) return this.refuse(name, origin, unfit(parsed.error.issues, args));
    const decision = row.decide(parsed.data as never, this.view(), origin);
    if (typeof decision !== 'string') {
      const { refused: code, text, errors } = decision;
      return this.refuse(name, origin, { code, text, ...(errors && { errors }) });
    }
    const outcome = this.carryOut(name, parsed.data, origin, decision);
    if (outcome instanceof Later || row.kind === 'ask') return outcome;
    if (outcome.code >= 400) return this.refuse(name, origin, outcome);
    if (row.heat === 'adds') this.heatTurns += 1;
    if (!TELL_THEMSELVES.includes(name)) {
      this.parts.emit({ kind: 'command', name, text: outcome.text, origin, code: outcome.code });
    }
    return outcome;
  }

  /** Whether a command would be accepted now; null when it would. For orders that wait for their moment. */
  refusal<N extends CommandName>(name: N, args: ArgumentsOf<N>, origin: Origin): Answer | null {
    const decision = commandRow(name).decide(args as never, this.view(), origin);
    return typeof decision === 'string' ? null : { code: decision.refused, text: decision.text };
  }

  /** After each control tick: trials and runs end when it is time. */
  tick(): void {
    const { snapshot } = this;
    if (this.wasDriven && !snapshot.driven) this.heatTurns += 1;
    this.wasDriven = snapshot.driven;
    // A confirmation that came in time may need a moment for its disk, and no longer.
    const graceUs = this.keeping === null ? micros(0) : KEEP_US;
    const ended = { tripped: snapshot.kernel.latch !== null, sight: snapshot.sight };
    const why = endOf(this.current, ended, before(snapshot.at, graceUs));
    if (why !== null) this.goBack(why, CONTROLLER);
    this.order.tick(snapshot);
  }

  /** Tries to keep how things stand; a failure is told, not thrown. */
  keepSoon(): void {
    this.parts.keep().catch((error: Error) => this.note('trouble', 'not-kept', error.message));
  }

  private view(ordered = this.snapshot.ordered || this.order.isNewer(this.snapshot)): BenchView {
    const { snapshot, current, parts } = this;
    const { rev, trial, base } = current;
    return {
      snapshot,
      revision: rev,
      trial: trial && { ...trial, leftS: inSeconds(since(trial.until, snapshot.at)) },
      base,
      ordered,
      // Looked up only where it is asked for: a stop needs no list.
      get recipes() {
        return parts.recipes;
      },
      search: this.search?.state ?? null,
      mayArm: base['remote.arm'] === 'remote',
      mayTune: base['remote.tune'] === 'remote',
    };
  }

  /** Less heat is always obeyed. Stops that stop nothing may come by the thousand, as refusals may. */
  private stop(origin: Origin): Answer {
    // What can be said of it comes after the order itself: nothing that could fail stands before it.
    const { driven } = this.snapshot;
    const ordered = this.snapshot.ordered || this.order.isNewer(this.snapshot);
    this.parts.controls.ask({ kind: 'stop' });
    this.heatTurns += 1;
    this.order.dropped();
    const text = String(commandRow('stop').decide({}, this.view(ordered), origin));
    const event = { kind: 'command', name: 'stop', text, origin, code: 200 } as const;
    if (driven || ordered) this.parts.emit(event);
    else this.guard.emit(event, this.snapshot.at);
    return { code: 200, text };
  }

  private carryOut(name: CommandName, args: unknown, origin: Origin, text: string): Outcome {
    const done: Answer = { code: 202, text };
    const told: Answer = { code: 200, text };
    const { controls, asks } = this.parts;
    switch (name) {
      case 'arm':
        return this.arm(args as ArgumentsOf<'arm'>, done);
      case 'acknowledge':
        return this.asked(controls.ask({ kind: 'acknowledge', trip: (args as ArgumentsOf<'acknowledge'>).trip }), done);
      case 'reset':
        return this.asked(controls.ask({ kind: 'reset' }), done);
      case 'set':
        return this.turn((args as ArgumentsOf<'set'>).patch as Patch, origin, done);
      case 'try':
        return this.try(args as ArgumentsOf<'try'>, origin, done);
      case 'confirm':
        return this.confirm(origin, done);
      case 'revert':
        this.goBack('asked for', origin);
        return { ...done, data: { rev: this.current.rev } };
      case 'find':
        this.search = { by: authorOf(origin), state: 'asked' };
        return done;
      case 'find-stop':
        this.search = this.search && { ...this.search, state: 'stopped' };
        return done;
      case 'history':
        return answered(asks.history(args as ArgumentsOf<'history'>), told, 'The history cannot be read');
      case 'runs':
        return answered(asks.runs(args as ArgumentsOf<'runs'>), told, 'The run folders cannot be read');
      case 'doctor':
        return answered(asks.doctor(), told, 'The computer cannot be examined');
      case 'what-if': {
        const { patch } = args as ArgumentsOf<'what-if'>;
        const settings = settingsOf(this.current);
        const of = (s: object): unknown => asks.whatIf({ ...settings, ...s } as Settings, this.snapshot.film);
        return { ...told, data: { now: of({}), changed: of(patch), refused: this.beyond(patch as Patch) } };
      }
      case 'stop':
        return this.stop(origin);
      case 'ping':
      case 'get':
      case 'live':
        return told;
      case 'check':
        return this.beyond((args as ArgumentsOf<'check'>).patch as Patch) ?? told;
    }
  }

  /** Writes a refusal down; also one that a front found before the command came here. */
  refuse(name: string, origin: Origin, answer: Answer): Answer {
    const { code, text } = answer;
    this.guard.emit({ kind: 'refused', name: name.slice(0, 40), text, origin, code }, this.snapshot.at);
    return answer;
  }

  private asked(taken: boolean, done: Answer): Answer {
    return taken ? done : { code: 429, text: 'Too many requests wait for the next control tick; ask again.' };
  }

  private arm({ recipe, duration_s: durationS }: ArgumentsOf<'arm'>, done: Answer): Answer {
    // The bench’s recipe is that of the start, until run.recipe was tuned.
    const configured = settingsOf(this.current)['run.recipe'];
    const name = recipe ?? (configured === this.recipeAtStart ? null : configured);
    let wanted = this.parts.recipe;
    try {
      if (name !== null) wanted = this.parts.loadRecipe(name);
    } catch (error) {
      return { code: 503, text: `The recipe ${name} cannot be read: ${(error as Error).message}` };
    }
    const [beyond] = recipeLimitProblems(wanted, settingsOf(this.current));
    if (beyond)
      return { code: 422, text: `${beyond.path}: ${beyond.got}; allowed: ${beyond.allowed}. ${beyond.remedy}` };
    const outOfReach = this.parts.controls.outOfReach(settingsOf(this.current), wanted);
    if (outOfReach !== null) return { code: 422, text: outOfReach };
    const taken = this.order.begin(wanted, durationS ?? null, this.snapshot);
    return taken ? done : { code: 409, text: 'The bench cannot be armed now.' };
  }

  private try({ patch, confirm_s: confirmS }: ArgumentsOf<'try'>, origin: Origin, done: Answer): Answer {
    const beyond = this.beyond(patch as Patch);
    if (beyond) return beyond;
    const { at, sight } = this.snapshot;
    const time = { now: at, until: after(at, times(SECOND, confirmS)), sight };
    const trying = begin(this.current, patch as Patch, authorOf(origin), time);
    this.set(trying, 'tried', origin, `for ${confirmS} s`);
    this.keepSoon();
    return { ...done, data: { rev: this.current.rev } };
  }

  /** Somebody at the bench turns a setting: a person there comes first, so a trial goes back before. */
  private turn(patch: Patch, origin: Origin, done: Answer): Answer {
    // The key was meant for what was in force: it only ends the trial, and the next key turns what came back.
    if (this.current.trial) this.goBack('settings were changed at the bench', origin);
    else {
      const beyond = this.beyond(patch);
      if (beyond) return beyond;
      const next = { ...settingsOf(this.current), ...patch } as Settings;
      this.turned = { patch, origin };
      this.set(rebase(this.current, next), 'set', origin, origin.via === 'controller' ? 'film.policy' : 'at the bench');
      this.keepSoon();
    }
    return { ...done, data: { rev: this.current.rev } };
  }

  /** A refusal where changed settings ask for what the heat cannot do; less than what is in force is never refused. */
  private beyond(patch: Patch): Answer | null {
    if (!Object.keys(patch).some((key) => /^(control|swing)\./.test(key))) return null;
    const before = settingsOf(this.current);
    const next = { ...before, ...patch } as Settings;
    const text = asksNoMore(next, before) ? null : this.parts.controls.outOfReach(next, null);
    return text === null ? null : { code: 422, text };
  }

  private goBack(why: string, origin: Origin): void {
    const { trial } = this.current;
    if (!trial) return;
    // The file that says otherwise may be on its way to the disk: what follows it there has the last word.
    this.keeping = null;
    this.set(revert(this.current), 'reverted', origin, `trial ${trial.rev} of ${trial.by}: ${why}`);
    this.keepSoon();
  }

  /** Settings count as confirmed once they would survive a power cut, and are answered for then. */
  private confirm(origin: Origin, done: Answer): Outcome {
    if (this.keeping !== null) return { code: 409, text: 'The trial is being kept.' };
    const next = confirm(this.current);
    const good: Answer = { ...done, data: { rev: next.rev } };
    this.keeping = next;
    const final = this.parts.keep().then(
      (): Answer => {
        if (this.keeping !== next) return { code: 409, text: 'The trial ended before it was kept.' };
        this.keeping = null;
        this.turned = { patch: this.current.trial?.patch ?? {}, origin };
        this.set(next, 'confirmed', origin, 'kept');
        return good;
      },
      (error: Error): Answer => {
        if (this.keeping === next) this.keeping = null;
        return { code: 503, text: `Not kept: ${error.message}` };
      },
    );
    const told = final.then((answer) => (answer.code >= 400 ? this.refuse('confirm', origin, answer) : answer));
    return new Later(told, good);
  }

  /** What is in force from now on. */
  private set(tuning: Tuning, what: Extract<EventBody, { kind: 'tuning' }>['what'], origin: Origin, why: string): void {
    const before = settingsOf(this.current);
    const after = settingsOf(tuning);
    const { trial } = what === 'confirmed' || what === 'reverted' ? this.current : tuning;
    // A confirmation changes nothing that is in force: it tells what it keeps.
    const keys = (trial ? Object.keys(trial.patch) : Object.keys(after)) as SettingKey[];
    const changes = what === 'confirmed' ? changesOf(keys, this.current.base, after) : changesOf(keys, before, after);
    this.current = tuning;
    this.parts.controls.retune(after, tuning.rev, tuning.trial !== null);
    this.parts.emit({ kind: 'tuning', what, revision: tuning.rev, origin, changes, why });
  }
}

const answered = (data: Promise<unknown>, told: Answer, sorry: string): Later =>
  new Later(
    data.then(
      (value): Answer => ({ ...told, data: value }),
      (error: Error): Answer => ({ code: 503, text: `${sorry}: ${error.message}` }),
    ),
  );

/** Whether settings want no heat, or no higher setpoint and no larger swing than those before, in the same mode. */
const asksNoMore = (next: Settings, before: Settings): boolean =>
  next['control.mode'] === 'off' ||
  (next['control.mode'] === before['control.mode'] &&
    next['control.setpointC'] <= before['control.setpointC'] &&
    next['swing.targetK'] <= before['swing.targetK'] &&
    next['swing.periodMs'] >= before['swing.periodMs']);
