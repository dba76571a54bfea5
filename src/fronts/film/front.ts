/**
 * The film’s own place at the desk: what follows from the verdict, by film.policy, and the search for a pattern that somebody asked
 * for. It asks as anybody else does, with the same limits; a trial of a person goes first. What it changed goes back when the run
 * ends. It acts only on runs that follow the settings.
 */
import type { Desk } from '../../desk/desk.ts';
import type { Pattern } from '../../film/patterns.ts';
import { causeText } from '../../params/cause.ts';
import type { FindView } from '../../params/page.ts';
import type { Policy } from '../../params/policy.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { verdictRow } from '../../params/verdict.ts';
import { secondsOf } from '../../units.ts';
import type { Front } from '../front.ts';
import { Adaptation, type FilmMemory, FORGETFUL } from './adaptation.ts';
import { Dim } from './dim.ts';
import { FilmHand, ORIGIN } from './hand.ts';
import { Rescue } from './rescue.ts';
import { DeskSearch } from './search.ts';

export interface FilmFront extends Front {
  /** How often it has changed the heat or the light in all. */
  readonly changes: number;
  /** Heat pattern that is in force under the policy adapt; null under another. */
  readonly pattern: Pattern | null;
  /** Whether the search is over: the pattern has shown that it holds. */
  readonly found: boolean;
  /** The search for a pattern of this run; null = none was asked for. */
  readonly find: FindView | null;
}

/**
 * `policy` replaces the setting where that says auto. `chance` draws 0..1 between patterns that promise as much to a search; without
 * it the first of them is tried.
 */
export function openFilm(
  desk: Desk,
  policy: (snapshot: Snapshot) => Policy,
  memory: FilmMemory = FORGETFUL,
  chance: () => number = () => 0,
): FilmFront {
  return new FilmKeeper(desk, policy, memory, chance);
}

/** For so many ticks the light may differ from what was just set. */
const APART_TICKS = 3;

class FilmKeeper implements FilmFront {
  readonly words = null;
  private readonly hand: FilmHand;
  private readonly search: DeskSearch;
  private adaptation: Adaptation;
  private rescue: Rescue;
  private dim: Dim;
  private run = 0;
  private policy: Policy = 'tell';
  /** A person has turned something in this run: the film leaves it at that. */
  private yields = false;
  /** Ticks since the light was as the settings say. */
  private apart = 0;
  /** Nothing was begun since everything was put back. */
  private idle = true;
  /** What was changed should be back, and the desk has refused it. */
  private leaving = false;

  constructor(
    private readonly desk: Desk,
    private readonly auto: (snapshot: Snapshot) => Policy,
    private readonly memory: FilmMemory,
    chance: () => number,
  ) {
    this.hand = new FilmHand(desk);
    this.search = new DeskSearch(desk, memory, chance);
    this.adaptation = new Adaptation(this.hand, memory);
    this.rescue = new Rescue(this.hand);
    this.dim = new Dim(this.hand);
  }

  get changes(): number {
    return this.hand.changes + this.search.changes;
  }

  get find(): FindView | null {
    return this.search.view(this.desk.snapshot);
  }

  get pattern(): Pattern | null {
    return this.adaptation.pattern;
  }

  get found(): boolean {
    return this.adaptation.found;
  }

  async close(): Promise<void> {}

  tick(): void {
    const { snapshot, tuning } = this.desk;
    if (this.search.isDue(snapshot)) {
      // A trial that began since is somebody’s: what is left of the search goes back after it.
      if (tuning.trial === null) this.seek(snapshot);
      return;
    }
    if (snapshot.kernel.name === 'paused') return;
    this.heed();
    if (tuning.trial !== null && this.rescue.isDue(secondsOf(snapshot.at))) this.hand.endTrial();
    if (this.leaving && tuning.trial === null) this.leave();
    const policy = this.policyOf(snapshot);
    const armed = snapshot.kernel.name === 'armed';
    const isOver = !armed || snapshot.run !== this.run;
    // A person tries something: what the film shows of it is theirs to see.
    if (tuning.trial === null && (isOver || policy !== this.policy)) {
      this.rest();
      if (!this.hand.rests) return;
      if (isOver || policy !== this.policy) this.yields = false;
      this.policy = policy;
      if (armed) this.run = snapshot.run;
    }
    if (tuning.trial !== null || !armed || policy === 'tell' || !this.mayAct(snapshot)) return;
    this.idle = false;
    // What a search has found is left alone as long as it holds.
    if (policy === 'adapt' && this.search.holds(snapshot)) return;
    if (policy === 'adapt') this.adaptation.step(snapshot);
    else if (policy === 'stop') this.stop(snapshot);
    else if (policy === 'rescue') this.rescue.step(snapshot);
    else this.dim.step(snapshot);
  }

  /** While a search has heat and light the policies rest; what they changed is back before it begins. */
  private seek(snapshot: Snapshot): void {
    this.heed();
    const isReady = this.hand.rests;
    this.rest();
    this.search.step(snapshot, isReady);
  }

  /** Others may have turned what the film has turned before. */
  private heed(): void {
    const isTheirs = this.hand.yielded();
    if (!this.search.yielded() && !isTheirs) return;
    this.yields = true;
    this.hand.say('A setting was turned: the film leaves this run alone until film.policy is set anew.');
    // Nobody is left to end what was meant to last some seconds.
    if (this.rescue.isDark || this.adaptation.isDark) this.rest();
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
    return !this.yields && progress.of === 0 && this.hand.wanted['light.level'] > 0;
  }

  /** Nothing runs that it may change: every policy begins anew, and what was changed goes back. */
  private rest(): void {
    if (this.idle && this.hand.rests) return;
    this.idle = true;
    if (!this.yields) this.adaptation.remember();
    this.adaptation = new Adaptation(this.hand, this.memory);
    this.rescue = new Rescue(this.hand);
    this.dim = new Dim(this.hand);
    this.leave();
  }

  private leave(): void {
    this.hand.release();
    this.leaving = !this.hand.rests;
  }

  private stop({ sight }: Snapshot): void {
    if (!verdictRow(sight.verdict).alarming) return;
    this.hand.say(`The film segregates: the run ends (film.policy). Cause: ${causeText(sight.cause)}.`);
    this.desk.submit('stop', {}, ORIGIN);
  }
}
