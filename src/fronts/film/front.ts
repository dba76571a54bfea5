/**
 * The film’s own place at the desk: what follows from the verdict, by film.policy. It asks as anybody else does, with the same
 * limits; a trial of a person goes first. What it changed goes back when the run ends. It acts only on runs that follow the
 * settings.
 */
import type { Desk } from '../../desk/desk.ts';
import { startFilm, stepFilm } from '../../film/adapt.ts';
import { isStrong, type Pattern } from '../../film/patterns.ts';
import type { FilmState, Now, Proposal, Step } from '../../film/state.ts';
import { causeRow, causeText, type SightView } from '../../params/cause.ts';
import type { Origin } from '../../params/commands.ts';
import { COMPILED } from '../../params/limits.ts';
import { MODE_FIELDS } from '../../params/modes.ts';
import type { Patch } from '../../params/patch.ts';
import type { Policy } from '../../params/policy.ts';
import type { SettingKey, Settings } from '../../params/settings.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { verdictRow } from '../../params/verdict.ts';
import { type Instant, inSeconds, secondsOf, since } from '../../units.ts';
import type { Front } from '../front.ts';

export const ORIGIN: Origin = { via: 'controller', by: 'film', proven: true, roles: ['run', 'tune'] };
/** What it may turn. */
const KEYS = [
  'control.mode',
  'swing.targetK',
  'swing.periodMs',
  'pulse.onMs',
  'pulse.periodMs',
  'light.level',
] as const satisfies readonly SettingKey[];
/** Without a new cycle for this many periods nothing is seen. */
const BLIND_PERIODS = 2.5;
/** Pulses in the dark that mix a film, whatever the heat was: heating and cooling both do; and how long, s. */
const RESCUE = { 'control.mode': 'pulse', 'pulse.onMs': 2000, 'pulse.periodMs': 5000 } as const;
const RESCUE_S = 18;
/** A rescue of a film that segregates leaves less than this part of what it found. */
const RESCUED_PART = 0.65;
/** An alarm whose cause cannot be told is acted on after this, s: by then pulses have told what they can. */
const UNTOLD_S = 120;
/** After a rescue the first look at the film is waited for, at the most so long, s. */
const LOOK_S = 60;
/** Light in turn under the policy dim, and how long each is given, s. */
const DIMMED = [0.03, 0] as const;
const DIM_FOR_S = 30;

export interface FilmFront extends Front {
  /** How often it has changed the heat or the light in all. */
  readonly changes: number;
  /** Heat pattern that is in force under the policy adapt; null under another. */
  readonly pattern: Pattern | null;
  /** Whether the search is over: the pattern has shown that it holds. */
  readonly found: boolean;
}

/** What earlier runs have found, by the light that the person wants. */
export interface FilmMemory {
  /** The pattern to begin with; null = none is known. */
  begin(light: number): Pattern | null;
  /** A run has come to its end under a pattern that held. */
  keep(pattern: Pattern, light: number): void;
}
const FORGETFUL: FilmMemory = { begin: () => null, keep: () => {} };
const REMEMBERED = 'The search begins with the pattern that held this film before.';

/** `policy` replaces the setting where that says auto. */
export function openFilm(
  desk: Desk,
  policy: (snapshot: Snapshot) => Policy,
  memory: FilmMemory = FORGETFUL,
): FilmFront {
  return new FilmKeeper(desk, policy, memory);
}

/** For so many ticks the light may differ from what was just set. */
const APART_TICKS = 3;
/** What the desk has refused is not asked again so soon, s. */
const REFUSED_S = 60;
/** What the film may be asked to do with the heat: a run without pulses of its own is somebody’s experiment. */
const PULSED: readonly Settings['control.mode'][] = ['pulse', 'swing'];
type Mine = { [K in (typeof KEYS)[number]]?: Settings[K] };

class FilmKeeper implements FilmFront {
  readonly words = null;
  changes = 0;
  private state: FilmState | null = null;
  private run = 0;
  private policy: Policy = 'tell';
  /** The values of the person, as they were before the first change of this run, and what the film made of them. */
  private before: Settings | null = null;
  private mine: Mine = {};
  /** A person has turned something in this run: the film leaves it at that. */
  private yields = false;
  /** What the film itself has turned last. */
  private own: Patch | null = null;
  private refusedAtS = Number.NEGATIVE_INFINITY;
  private refusedLess = false;
  private told = false;
  /** Ticks since the light was as the settings say. */
  private apart = 0;
  private cycle = -1;
  private steppedAt: Instant;
  private rescues: number[] = [];
  /** Share that a rescue found, until the first look after it; null = none waits. */
  private foundShare: number | null = null;
  private lookedCycle = -1;
  /** A rescue has taken nothing away: what rises is no segregation. */
  private isHelpless = false;
  private darkUntilS: number | null = null;
  private dimmedAtS = 0;

  constructor(
    private readonly desk: Desk,
    private readonly auto: (snapshot: Snapshot) => Policy,
    private readonly memory: FilmMemory,
  ) {
    this.steppedAt = desk.snapshot.at;
  }

  get pattern(): Pattern | null {
    return this.state?.pattern ?? null;
  }

  get found(): boolean {
    return this.state?.phase === 'adapt';
  }

  async close(): Promise<void> {}

  tick(): void {
    const { snapshot, tuning } = this.desk;
    if (snapshot.kernel.name === 'paused') return;
    this.heed();
    const policy = this.policyOf(snapshot);
    const armed = snapshot.kernel.name === 'armed';
    const isOver = !armed || snapshot.run !== this.run;
    // A person tries something: what the film shows of it is theirs to see.
    if (tuning.trial === null && (isOver || policy !== this.policy)) {
      this.rest();
      if (this.before !== null) return;
      if (policy !== this.policy) {
        this.yields = false;
        this.told = false;
      }
      this.policy = policy;
      if (isOver) this.begin(snapshot);
    }
    if (tuning.trial !== null || !armed || policy === 'tell' || !this.mayAct(snapshot)) return;
    if (policy === 'adapt') this.adapt(snapshot);
    else if (policy === 'stop') this.stop(snapshot);
    else if (policy === 'rescue') this.rescue(snapshot);
    else this.dim(snapshot);
  }

  /** Others may have turned what the film has turned before. */
  private heed(): void {
    const { turned } = this.desk;
    if (this.before === null || turned === this.own) return;
    // What a person has turned is theirs, also where they turned it to what it was.
    const theirs = KEYS.filter((key) => key in turned);
    for (const key of theirs) delete this.mine[key];
    this.own = turned;
    if (theirs.length === 0) return;
    this.yields = true;
    this.desk.note(
      'note',
      'film',
      'A setting was turned: the film leaves this run alone until film.policy is set anew.',
    );
    // Nobody is left to end what was meant to last some seconds.
    if (this.darkUntilS !== null || (this.state?.darkUntilS ?? null) !== null) this.rest();
  }

  private begin({ kernel, run }: Snapshot): void {
    this.yields = false;
    this.told = false;
    this.rescues = [];
    this.foundShare = null;
    this.isHelpless = false;
    if (kernel.name === 'armed') this.run = run;
  }

  private policyOf(snapshot: Snapshot): Policy {
    const asked = snapshot.settings['film.policy'];
    return asked === 'auto' ? this.auto(snapshot) : asked;
  }

  /** It follows the settings, in light and in heat, and nobody else has turned them. */
  private mayAct({ progress, settings, light }: Snapshot): boolean {
    // A recipe may have a light of its own, which no setting turns.
    this.apart = light === settings['light.level'] ? 0 : this.apart + 1;
    if (this.apart >= APART_TICKS) {
      this.rest();
      this.yields = true;
    }
    return !this.yields && progress.of === 0 && this.full(settings) > 0;
  }

  /** The light that the person wants. */
  private full(settings: Settings): number {
    return (this.before ?? settings)['light.level'];
  }

  /** Nothing runs that it may change: what it changed goes back, but for what somebody else has turned since. */
  private rest(): void {
    const { before, mine, desk } = this;
    this.remember();
    this.state = null;
    this.darkUntilS = null;
    if (!before) return;
    const { settings } = desk.snapshot;
    const keys = KEYS.filter((key) => key in mine && settings[key] === mine[key] && settings[key] !== before[key]);
    const patch = Object.fromEntries(keys.map((key) => [key, before[key]]));
    const atS = secondsOf(desk.snapshot.at);
    if (keys.length > 0 && atS - this.refusedAtS < REFUSED_S) return;
    if (keys.length > 0 && !this.submit(patch)) {
      this.refusedAtS = atS;
      // The light goes back whatever becomes of the heat.
      if ('light.level' in patch && this.submit({ 'light.level': before['light.level'] })) delete mine['light.level'];
      return;
    }
    this.before = null;
    this.mine = {};
  }

  /** A pattern that still holds in the light that the person wants is kept. */
  private remember(): void {
    const { state, desk, memory } = this;
    if (this.yields || state?.phase !== 'adapt' || state.light < 1) return;
    if (state.search === null && state.easedFrom === null && state.darkUntilS === null)
      memory.keep(state.pattern, this.full(desk.snapshot.settings));
  }

  /** The search begins: where the film has been before, if that is known. */
  private begun(now: Now, settings: Settings): Step {
    const known = this.memory.begin(this.full(settings));
    const step = startFilm(now, known ?? undefined);
    return known && step.proposal ? { ...step, proposal: { ...step.proposal, why: REMEMBERED } } : step;
  }

  private adapt(snapshot: Snapshot): void {
    const now = nowOf(snapshot);
    if (!PULSED.includes((this.before ?? snapshot.settings)['control.mode']) || !now) {
      this.tellOnce('The film is only watched: film.policy adapt needs a commissioned bench and mode pulse or swing.');
      return;
    }
    if (!this.state) {
      this.cycle = snapshot.sight.cycle;
      this.steppedAt = snapshot.at;
      this.take(this.begun(now, snapshot.settings), now);
      return;
    }
    const { cycle, segregated, error } = snapshot.sight;
    const isNew = cycle !== this.cycle;
    const silentS = inSeconds(since(snapshot.at, this.steppedAt));
    const dark = this.state.darkUntilS !== null;
    if (!isNew && !dark && silentS < BLIND_PERIODS * this.state.pattern.periodS) return;
    this.cycle = cycle;
    this.steppedAt = snapshot.at;
    // What heat does not take away is no reason for heat.
    const seen = isNew && !dark && segregated !== null ? segregated - snapshot.sight.cause.lasting : null;
    this.take(stepFilm(this.state, { segregated: seen, error: error ?? 1 }, now), now);
  }

  private take({ state, proposal }: Step, now: Now): void {
    this.state = state;
    if (!proposal || this.propose(state, proposal, now)) return;
    // What the desk refuses has failed like a pattern that breaks; what is tried instead comes with the next cycles.
    this.state = stepFilm({ ...state, cycles: 2, darkUntilS: null }, { segregated: 1, error: 0 }, now).state;
  }

  /** Less light does not wait for the heat that goes with it. */
  private propose(state: FilmState, proposal: Proposal, now: Now): boolean {
    const { settings } = this.desk.snapshot;
    const level = Math.round(1000 * proposal.light * this.full(settings)) / 1000;
    const light = { 'light.level': level };
    const heat = heatOf(state, proposal, now);
    if (level < settings['light.level']) {
      return this.change(light, proposal.why) && this.change(heat, null);
    }
    return this.change({ ...heat, ...light }, proposal.why);
  }

  /** Whether the desk took it; `why` null = a second part of what was just told. */
  private change(patch: Mine, why: string | null): boolean {
    const { settings } = this.desk.snapshot;
    const before = this.before ?? settings;
    const now = { ...settings, ...this.mine };
    const keys = KEYS.filter((key) => key in patch && patch[key] !== now[key]);
    if (keys.length === 0) return true;
    const atS = secondsOf(this.desk.snapshot.at);
    const light = patch['light.level'];
    const isLess = keys.length === 1 && light !== undefined && light < settings['light.level'];
    // A refused pattern does not keep the light on; a desk that refuses even that is not asked at every tick.
    if ((!isLess || this.refusedLess) && atS - this.refusedAtS < REFUSED_S) return false;
    if (why !== null) this.desk.note('note', 'film', why);
    if (!this.submit(patch as Patch)) {
      this.refusedAtS = atS;
      this.refusedLess = isLess;
      return false;
    }
    this.before = before;
    this.mine = { ...this.mine, ...patch };
    if (why !== null) this.changes += 1;
    return true;
  }

  private submit(patch: Patch): boolean {
    const answer = this.desk.submit('set', { patch }, ORIGIN);
    this.own = this.desk.turned;
    return 'code' in answer && answer.code < 400;
  }

  private tellOnce(text: string): void {
    if (!this.told) this.desk.note('note', 'film', text);
    this.told = true;
  }

  private stop({ sight }: Snapshot): void {
    if (!verdictRow(sight.verdict).alarming) return;
    this.desk.note(
      'note',
      'film',
      `The film segregates: the run ends (film.policy). Cause: ${causeText(sight.cause)}.`,
    );
    this.desk.submit('stop', {}, ORIGIN);
  }

  private rescue({ at, sight, settings }: Snapshot): void {
    const atS = secondsOf(at);
    if (this.darkUntilS !== null) {
      if (atS < this.darkUntilS) return;
      this.darkUntilS = null;
      const { before } = this;
      const back = before && Object.fromEntries(KEYS.map((key) => [key, before[key]]));
      // What is refused is asked for again.
      if (back && !this.change(back, 'The film is mixed: light on.')) this.darkUntilS = atS;
      return;
    }
    this.learn(sight);
    this.rescues = this.rescues.filter((then) => atS - then < 3600);
    if (!this.calls(sight, atS) || this.isHelpless || this.rescues.length >= settings['film.rescuesPerHour']) return;
    if (!this.change({ 'light.level': 0 }, 'The film segregates: it is mixed by long pulses in the dark.')) return;
    this.change(RESCUE, null);
    this.rescues.push(atS);
    this.darkUntilS = atS + RESCUE_S;
    this.foundShare = sight.segregated;
    this.lookedCycle = sight.cycle;
  }

  /** A rescue is a test, too: what it leaves behind is no segregation. */
  private learn({ cycle, segregated, verdict }: SightView): void {
    const { foundShare } = this;
    if (foundShare === null || segregated === null || cycle === this.lookedCycle || verdict === 'DARK') return;
    this.foundShare = null;
    if (segregated < RESCUED_PART * foundShare) return;
    this.isHelpless = true;
    const left = Math.round((100 * segregated) / foundShare);
    this.desk.note(
      'note',
      'film',
      `Heat in the dark has left ${left} % of what was segregated: this is no segregation, and it is not heated again in this run.`,
    );
  }

  /** Whether an alarm calls for heat: only where its cause is one that heat can heal. */
  private calls({ verdict, cause, since: then }: SightView, atS: number): boolean {
    if (!verdictRow(verdict).alarming) return false;
    // The film is looked at before it is heated again.
    const last = this.rescues.at(-1);
    if (this.foundShare !== null && last !== undefined && atS - last < RESCUE_S + LOOK_S) return false;
    return cause.name === 'segregation' || (causeRow(cause.name).heals && atS - secondsOf(then) >= UNTOLD_S);
  }

  /** Down, and off where the film still segregates or can no longer be seen. */
  private dim({ at, sight, settings }: Snapshot): void {
    const atS = secondsOf(at);
    const level = settings['light.level'];
    const isDimmed = level < this.full(settings);
    const blind = isDimmed && sight.verdict === 'CANNOT_SEE';
    // Before its cause is told an alarm counts: less light does no harm.
    const { name } = sight.cause;
    const alarms = verdictRow(sight.verdict).alarming && (name === 'none' || causeRow(name).heals);
    if (!(alarms || blind) || (isDimmed && atS - this.dimmedAtS < DIM_FOR_S)) return;
    const next = DIMMED.find((one) => one < level) ?? 0;
    this.dimmedAtS = atS;
    const why = blind ? 'In so little light the film cannot be seen' : 'The film segregates';
    this.change({ 'light.level': next }, `${why}: the light goes ${next === 0 ? 'off' : 'down'}.`);
  }
}

/** What the search needs to know; null while nothing is known of the film’s temperature. */
function nowOf({ at, film, reach, settings }: Snapshot): Now | null {
  if (!film || !reach) return null;
  return {
    atS: secondsOf(at),
    poles: film.poles,
    levelC: film.levelC,
    slowK: film.slowK,
    bounds: {
      shareMax: Math.min(COMPILED.pulseShare, settings['gate.dutyMax']),
      longestOnS: settings['gate.longestOnMs'] / 1000,
      periodLeastS: COMPILED.leastCycleS,
      periodMostS: MODE_FIELDS.periodS.max,
    },
  };
}

/** The heat of a proposal as settings: gentle patterns by their swing, strong ones by their width. */
function heatOf({ pattern }: FilmState, { swingK, periodMs }: Proposal, { bounds }: Now): Mine {
  if (!isStrong(pattern))
    return { 'control.mode': 'swing', 'swing.targetK': Math.round(100 * swingK) / 100, 'swing.periodMs': periodMs };
  const onS = Math.min((pattern.share ?? 0) * pattern.periodS, bounds.longestOnS);
  return { 'control.mode': 'pulse', 'pulse.onMs': Math.round(1000 * onS), 'pulse.periodMs': periodMs };
}
