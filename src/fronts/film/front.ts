/**
 * The film’s own place at the desk: what follows from the verdict, by film.policy. It asks as anybody else does, with the same
 * limits; a trial of a person goes first. What it changed goes back when the run ends. It acts only on runs that follow the
 * settings.
 */
import type { Desk } from '../../desk/desk.ts';
import { startFilm, stepFilm } from '../../film/adapt.ts';
import { isStrong, type Pattern } from '../../film/patterns.ts';
import type { FilmState, Now, Proposal, Step } from '../../film/state.ts';
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

const ORIGIN: Origin = { via: 'controller', by: 'film', proven: true, roles: ['run', 'tune'] };
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
/** Pulses in the dark that mix a film, whatever the heat was: heating and cooling both do; how long, s, and how often an hour. */
const RESCUE = { 'control.mode': 'pulse', 'pulse.onMs': 2000, 'pulse.periodMs': 5000 } as const;
const RESCUE_S = 18;
const RESCUES_PER_H = 6;
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

/** `policy` replaces the setting where that says auto. */
export function openFilm(desk: Desk, policy: (snapshot: Snapshot) => Policy): FilmFront {
  return new FilmKeeper(desk, policy);
}

class FilmKeeper implements FilmFront {
  readonly words = null;
  changes = 0;
  private state: FilmState | null = null;
  private run = 0;
  /** The values of the person, as they were before the first change of this run. */
  private before: Settings | null = null;
  private cycle = -1;
  private steppedAt: Instant;
  private rescues: number[] = [];
  private darkUntilS: number | null = null;
  private dimmedAtS = 0;

  constructor(
    private readonly desk: Desk,
    private readonly auto: (snapshot: Snapshot) => Policy,
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
    const { desk } = this;
    const { snapshot } = desk;
    const policy = this.policyOf(snapshot);
    if (snapshot.kernel.name === 'paused') return;
    if (snapshot.kernel.name !== 'armed' || snapshot.progress.of > 0 || policy === 'tell') {
      this.rest();
      return;
    }
    if (snapshot.run !== this.run) this.rest();
    this.run = snapshot.run;
    if (policy !== 'adapt') this.state = null;
    // A person tries something: what the film shows of it is theirs to see.
    if (desk.tuning.trial !== null) return;
    if (policy === 'adapt') this.adapt(snapshot);
    else if (policy === 'stop') this.stop(snapshot);
    else if (policy === 'rescue') this.rescue(snapshot);
    else this.dim(snapshot);
  }

  private policyOf(snapshot: Snapshot): Policy {
    const asked = snapshot.settings['film.policy'];
    return asked === 'auto' ? this.auto(snapshot) : asked;
  }

  /** Nothing runs that it may change: what it changed goes back. */
  private rest(): void {
    const { before, desk } = this;
    this.state = null;
    this.darkUntilS = null;
    if (!before || desk.tuning.trial !== null) return;
    this.before = null;
    const now = desk.snapshot.settings;
    const patch = Object.fromEntries(KEYS.filter((key) => now[key] !== before[key]).map((key) => [key, before[key]]));
    if (Object.keys(patch).length > 0) desk.submit('set', { patch }, ORIGIN);
  }

  private adapt(snapshot: Snapshot): void {
    const now = nowOf(snapshot);
    if (!now) return;
    if (!this.state) {
      this.cycle = snapshot.sight.cycle;
      this.steppedAt = snapshot.at;
      this.take(startFilm(now), now);
      return;
    }
    const { cycle, segregated, error } = snapshot.sight;
    const isNew = cycle !== this.cycle;
    const silentS = inSeconds(since(snapshot.at, this.steppedAt));
    const dark = this.state.darkUntilS !== null;
    if (!isNew && !dark && silentS < BLIND_PERIODS * this.state.pattern.periodS) return;
    this.cycle = cycle;
    this.steppedAt = snapshot.at;
    const seen = isNew && !dark ? segregated : null;
    this.take(stepFilm(this.state, { segregated: seen, error: error ?? 1 }, now), now);
  }

  private take({ state, proposal }: Step, now: Now): void {
    this.state = state;
    if (proposal) this.change(patchOf(state, proposal, now), proposal.why);
  }

  private change(patch: Patch, why: string): boolean {
    const { desk } = this;
    const { settings } = desk.snapshot;
    const keys = Object.keys(patch) as (keyof Patch & SettingKey)[];
    if (keys.every((key) => settings[key] === patch[key])) return true;
    this.before ??= settings;
    desk.note('note', 'film', why);
    const answer = desk.submit('set', { patch }, ORIGIN);
    this.changes += 1;
    return 'code' in answer && answer.code < 400;
  }

  private stop({ sight }: Snapshot): void {
    if (!verdictRow(sight.verdict).alarming) return;
    this.desk.note('note', 'film', 'The film segregates: the run ends (film.policy).');
    this.desk.submit('stop', {}, ORIGIN);
  }

  private rescue({ at, sight }: Snapshot): void {
    const atS = secondsOf(at);
    if (this.darkUntilS !== null) {
      if (atS < this.darkUntilS) return;
      this.darkUntilS = null;
      const { before } = this;
      if (before)
        this.change(Object.fromEntries(KEYS.map((key) => [key, before[key]])), 'The film is mixed: light on.');
      return;
    }
    this.rescues = this.rescues.filter((then) => atS - then < 3600);
    if (!verdictRow(sight.verdict).alarming || this.rescues.length >= RESCUES_PER_H) return;
    this.rescues.push(atS);
    this.darkUntilS = atS + RESCUE_S;
    this.change({ ...RESCUE, 'light.level': 0 }, 'The film segregates: it is mixed by long pulses in the dark.');
  }

  private dim({ at, sight, settings }: Snapshot): void {
    const atS = secondsOf(at);
    if (!verdictRow(sight.verdict).alarming || atS - this.dimmedAtS < DIM_FOR_S) return;
    const level = DIMMED.find((one) => one < settings['light.level']) ?? 0;
    this.dimmedAtS = atS;
    this.change({ 'light.level': level }, 'The film segregates: the light goes down.');
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
      periodLeastS: 1.5,
      periodMostS: MODE_FIELDS.periodS.max,
    },
  };
}

/** A proposal as settings: gentle patterns by their swing, strong ones by their width. */
function patchOf({ pattern }: FilmState, { swingK, periodMs, light }: Proposal, { bounds }: Now): Patch {
  const heat: Patch = isStrong(pattern)
    ? {
        'control.mode': 'pulse',
        'pulse.onMs': Math.round(1000 * Math.min((pattern.share ?? 0) * pattern.periodS, bounds.longestOnS)),
        'pulse.periodMs': periodMs,
      }
    : { 'control.mode': 'swing', 'swing.targetK': Math.round(100 * swingK) / 100, 'swing.periodMs': periodMs };
  return { ...heat, 'light.level': light };
}
