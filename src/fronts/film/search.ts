/**
 * A search for a pattern that somebody asked for at the desk (command find). It has a hand of its own: what it has found counts
 * as what people want while the policies go on, and goes back when the run is over. Whatever else ends it, everything goes back.
 */
import type { Desk } from '../../desk/desk.ts';
import { type Found, isSettled, LIGHT_END_S, lightOf, MIX_S, patternWords, TRIALS_MOST } from '../../film/finder.ts';
import { patternOf } from '../../film/patterns.ts';
import type { FindView } from '../../params/page.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { STATES } from '../../params/states.ts';
import { verdictRow } from '../../params/verdict.ts';
import { secondsOf } from '../../units.ts';
import type { FilmMemory } from './adaptation.ts';
import { FinderFront, heatOf, nowOf } from './finder.ts';
import { FilmHand } from './hand.ts';
import { cellView, foundView, MapView, trialView } from './search-view.ts';

const STOPPED = 'It was stopped.';
const REFUSED = 'The desk refused the pattern found.';

export class DeskSearch {
  private readonly hand: FilmHand;
  /** What is carried out; null = nothing. */
  private order: Desk['search'] = null;
  private front: FinderFront | null = null;
  private light = 0;
  /** The run that it belongs to, who asked, and when it began and ended, s. */
  private run = 0;
  private by: string | null = null;
  private fromS = 0;
  private toS = 0;
  /** When the last trial was over, and from when on the pattern found was played in the dark, s; null = not yet. */
  private doneS: number | null = null;
  private playedS: number | null = null;
  /** What came of it. */
  private outcome = '';
  private found: Found['pattern'] = null;
  private isInForce = false;
  /** What it changed should be back, and the desk has refused it. */
  private leaving = false;
  private readonly map = new MapView();

  constructor(
    private readonly desk: Desk,
    private readonly memory: FilmMemory,
    private readonly chance: () => number,
  ) {
    this.hand = new FilmHand(desk);
  }

  get changes(): number {
    return this.hand.changes;
  }

  /** Whether a pattern found is in force and the light does not show that it fails. */
  holds({ sight }: Snapshot): boolean {
    if (this.isInForce && verdictRow(sight.verdict).alarming) {
      this.lapse('The film segregates: film.policy adapt goes on.');
      this.hand.say(this.outcome);
    }
    return this.isInForce;
  }

  /** Whether it has something to do: as long the policies rest. */
  isDue({ kernel: { name }, run }: Snapshot): boolean {
    const isOver = run !== this.run || (name !== 'armed' && name !== 'paused');
    const isAsked = this.desk.search !== null && this.desk.search.state !== 'found';
    return isAsked || this.order !== null || this.leaving || (isOver && !this.hand.rests);
  }

  /** Whether somebody has turned what it has turned: then it ends, and the run is theirs. */
  yielded(): boolean {
    if (!this.hand.yielded()) return false;
    if (this.order !== null) this.end('A setting was turned.');
    else this.lapse('A setting was turned since.');
    return true;
  }

  /** One tick while it is due. @param isReady whether the policies had put back everything before this tick */
  step(snapshot: Snapshot, isReady: boolean): void {
    const { search } = this.desk;
    const { name } = snapshot.kernel;
    if (this.order !== null) this.toS = secondsOf(snapshot.at);
    if (this.order === null && search?.state === 'asked') this.begin(search, snapshot);
    else if (this.order === null) {
      if (!isReady) return;
      this.leave(search?.state === 'stopped' ? STOPPED : 'The run is over.');
      this.desk.search = null;
    } else if (search !== this.order) this.end(STOPPED);
    else if (name !== 'armed') this.end(`The bench is ${STATES[name].label}.`);
    else if (isReady) this.seek(snapshot);
  }

  private begin(search: NonNullable<Desk['search']>, { run, at }: Snapshot): void {
    this.order = search;
    this.by = search.by;
    this.run = run;
    this.fromS = secondsOf(at);
    this.toS = this.fromS;
    this.front = null;
    this.doneS = null;
    this.playedS = null;
    this.found = null;
    this.isInForce = false;
    this.outcome = '';
  }

  private seek(snapshot: Snapshot): void {
    if (this.front === null && !this.hand.rests) {
      // What an earlier search has found goes back first: the snapshot of the next tick shows what people want.
      this.leave(STOPPED);
      return;
    }
    if (this.front === null) {
      this.light = snapshot.settings['light.level'];
      this.front = new FinderFront(this.desk, this.light, this.chance, this.hand);
    }
    const { front } = this;
    front.tick();
    if (front.trouble !== null) this.end(`${front.trouble.charAt(0).toUpperCase()}${front.trouble.slice(1)}.`);
    else if (front.over) this.conclude(front.found(), snapshot);
  }

  /** A trial may have left the film segregated: it is mixed once more, and the pattern found settles in the dark as in a trial. */
  private conclude(found: Found | null, snapshot: Snapshot): void {
    const atS = secondsOf(snapshot.at);
    this.doneS ??= atS;
    if (!this.hand.rests && atS - this.doneS < MIX_S) return;
    const pattern = found?.pattern;
    if (!pattern) {
      this.end(found?.why ?? 'Nothing was found.');
      return;
    }
    const heat = heatOf(pattern);
    if (this.playedS === null) {
      this.found = pattern;
      this.playedS = atS;
      if (!this.hand.turn(heat, `The pattern found settles in the dark: ${found.why}`)) this.end(REFUSED);
      return;
    }
    const now = nowOf(snapshot);
    if (now && !isSettled(pattern, atS - this.playedS, now)) return;
    const words = `Light on: ${patternWords(pattern)} is in force until the run ends.`;
    if (!this.hand.turn({ 'light.level': this.light }, words)) {
      this.end(REFUSED);
      return;
    }
    this.memory.keep(patternOf(pattern), this.light, 'find-pattern');
    this.isInForce = true;
    this.outcome = `${found.why} It is in force until the run ends.`;
    this.order = null;
    this.desk.search = { by: this.by ?? '', state: 'found' };
  }

  private end(why: string): void {
    this.outcome = `${why} What the search changed goes back.`;
    this.hand.say(`The search for a pattern ends. ${this.outcome}`);
    this.order = null;
    this.desk.search = null;
    this.leave(why);
  }

  private lapse(why: string): void {
    if (!this.isInForce) return;
    this.outcome = `${why} The pattern found is no longer in force.`;
    this.isInForce = false;
    this.desk.search = null;
  }

  private leave(why: string): void {
    this.lapse(why);
    this.hand.release();
    this.leaving = !this.hand.rests;
  }

  /** For people; null where none was asked for in this run. */
  view({ run, at }: Snapshot): FindView | null {
    if (this.by === null || run !== this.run) return null;
    const state = this.front?.searched ?? null;
    const runs = this.order !== null;
    const litS = runs && state?.phase === 'lit' ? secondsOf(at) - state.sinceS : 0;
    return {
      phase: !runs ? 'over' : this.playedS === null ? (state?.phase ?? 'wait') : 'settle',
      by: this.by,
      for_s: Math.round(this.toS - this.fromS),
      light_s: Math.round((state ? lightOf(state.trials) : 0) + litS),
      most: { light_s: LIGHT_END_S, trials: TRIALS_MOST },
      trials: (state?.trials ?? []).map(trialView),
      cell: runs ? cellView(this.found ?? (state?.phase === 'done' ? null : (state?.cell ?? null))) : null,
      map: this.map.of(state?.map ?? []),
      found: this.found && foundView(this.found),
      in_force: this.isInForce,
      why: runs ? this.hand.said : this.outcome,
    };
  }
}
