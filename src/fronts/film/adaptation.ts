/** film.policy adapt: the search of `film/`, played at the desk. */
import { startFilm, stepFilm } from '../../film/adapt.ts';
import { isStrong, type Pattern } from '../../film/patterns.ts';
import type { FilmState, Now, Proposal, Step } from '../../film/state.ts';
import { COMPILED } from '../../params/limits.ts';
import { MODE_FIELDS } from '../../params/modes.ts';
import type { Settings } from '../../params/settings.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { type Instant, inSeconds, LONG_AGO, since } from '../../units.ts';
import type { FilmHand, Turned } from './hand.ts';
import { knownOf } from './known.ts';

/** Without a new cycle for this many periods nothing is seen. */
const BLIND_PERIODS = 2.5;
/** What the film may be asked to do with the heat: a run without pulses of its own is somebody’s experiment. */
const PULSED: readonly Settings['control.mode'][] = ['pulse', 'swing'];

/** What earlier runs have found, by the light that the person wants. */
export interface FilmMemory {
  /** The pattern to begin with; null = none is known. */
  begin(light: number): Pattern | null;
  /** A pattern has held this film: to the end of a run under adapt, or in the trials of a search. */
  keep(pattern: Pattern, light: number, by: 'adapt' | 'find-pattern'): void;
}
export const FORGETFUL: FilmMemory = { begin: () => null, keep: () => {} };
const REMEMBERED = 'The search begins with the pattern that held this film before.';

export class Adaptation {
  private state: FilmState | null = null;
  private cycle = -1;
  private steppedAt: Instant = LONG_AGO;
  private told = false;
  /** Whether the film was mixed when it was last seen in the light. */
  private isMixed = false;

  constructor(
    private readonly hand: FilmHand,
    private readonly memory: FilmMemory,
  ) {}

  get pattern(): Pattern | null {
    return this.state?.pattern ?? null;
  }

  get found(): boolean {
    return this.state?.phase === 'adapt';
  }

  get isDark(): boolean {
    return this.state !== null && this.state.darkUntilS !== null;
  }

  /** A pattern that still holds in the light that the person wants is kept. */
  remember(): void {
    const { state, memory } = this;
    if (state?.phase !== 'adapt' || state.light < 1 || state.blind > 0 || !this.isMixed) return;
    if (state.search === null && state.easedFrom === null && state.darkUntilS === null)
      memory.keep(state.pattern, this.full, 'adapt');
  }

  /** The search begins: where the film has been before, if that is known. */
  private begun(now: Now): Step {
    const known = this.memory.begin(this.full);
    const step = startFilm(now, known ?? undefined);
    return known && step.proposal ? { ...step, proposal: { ...step.proposal, why: REMEMBERED } } : step;
  }

  step(snapshot: Snapshot): void {
    const now = nowOf(snapshot);
    const { sight, light } = snapshot;
    // What heat does not take away was subtracted from what the search has seen.
    if (light > 0) this.isMixed = sight.verdict === 'MIXED' && sight.cause.lasting === 0;
    if (!PULSED.includes(this.hand.wanted['control.mode']) || !now) {
      this.tellOnce('The film is only watched: film.policy adapt needs a commissioned bench and mode pulse or swing.');
      return;
    }
    if (!this.state) {
      this.cycle = snapshot.sight.cycle;
      this.steppedAt = snapshot.at;
      this.take(this.begun(now), now);
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
    const level = Math.round(1000 * proposal.light * this.full) / 1000;
    const light = { 'light.level': level };
    const heat = heatOf(state, proposal, now);
    if (level < this.hand.now['light.level']) {
      return this.hand.turn(light, proposal.why) && this.hand.turn(heat, null);
    }
    return this.hand.turn({ ...heat, ...light }, proposal.why);
  }

  /** The light that the person wants. */
  private get full(): number {
    return this.hand.wanted['light.level'];
  }

  private tellOnce(text: string): void {
    if (!this.told) this.hand.say(text);
    this.told = true;
  }
}

/** What the search needs to know; null while nothing is known of the film’s temperature. */
function nowOf(snapshot: Snapshot): Now | null {
  const known = knownOf(snapshot);
  const { settings } = snapshot;
  return (
    known && {
      ...known,
      bounds: {
        shareMax: Math.min(COMPILED.pulseShare, settings['gate.dutyMax']),
        longestOnS: settings['gate.longestOnMs'] / 1000,
        periodLeastS: COMPILED.leastCycleS,
        periodMostS: MODE_FIELDS.periodS.max,
      },
    }
  );
}

/** The heat of a proposal as settings: gentle patterns by their swing, strong ones by their width. */
function heatOf({ pattern }: FilmState, { swingK, periodMs }: Proposal, { bounds }: Now): Turned {
  if (!isStrong(pattern))
    return { 'control.mode': 'swing', 'swing.targetK': Math.round(100 * swingK) / 100, 'swing.periodMs': periodMs };
  const onS = Math.min((pattern.share ?? 0) * pattern.periodS, bounds.longestOnS);
  return { 'control.mode': 'pulse', 'pulse.onMs': Math.round(1000 * onS), 'pulse.periodMs': periodMs };
}
