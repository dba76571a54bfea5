/** film.policy rescue: a film that segregates is mixed by long pulses in the dark. */
import { causeRow, type SightView } from '../../params/cause.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { verdictRow } from '../../params/verdict.ts';
import { secondsOf } from '../../units.ts';
import type { FilmHand } from './hand.ts';

/** Pulses in the dark that mix a film, whatever the heat was: heating and cooling both do; and how long, s. */
const RESCUE = { 'control.mode': 'pulse', 'pulse.onMs': 2000, 'pulse.periodMs': 5000 } as const;
const RESCUE_S = 18;
/** A rescue of a film that segregates leaves less than this part of what it found. */
const RESCUED_PART = 0.65;
/** An alarm whose cause cannot be told is acted on after this, s: by then pulses have told what they can. */
const UNTOLD_S = 120;
/** An alarm that was over for so long is over, s. */
const CALM_S = 60;
/** After a rescue the first look at the film is waited for, at the most so long, s. */
const LOOK_S = 60;

export class Rescue {
  private rescues: number[] = [];
  /** Share that a rescue found, until the first look after it; null = none waits. */
  private foundShare: number | null = null;
  private lookedCycle = -1;
  /** A rescue has taken nothing away: what rises is no segregation. */
  private isHelpless = false;
  private darkUntilS: number | null = null;
  private alarmFromS = 0;
  private alarmedAtS = Number.NEGATIVE_INFINITY;

  constructor(private readonly hand: FilmHand) {}

  /** Whether the film is being mixed. */
  get isDark(): boolean {
    return this.darkUntilS !== null;
  }

  /** Whether the film is mixed, and what was before should come back. */
  isDue(atS: number): boolean {
    return this.darkUntilS !== null && atS >= this.darkUntilS;
  }

  step({ at, sight, settings }: Snapshot): void {
    const atS = secondsOf(at);
    if (this.darkUntilS !== null) {
      if (atS < this.darkUntilS) return;
      this.darkUntilS = null;
      // What is refused is asked for again.
      if (!this.hand.restore('The film is mixed: light on.')) this.darkUntilS = atS;
      return;
    }
    this.learn(sight);
    this.rescues = this.rescues.filter((then) => atS - then < 3600);
    if (!this.calls(sight, atS) || this.isHelpless || this.rescues.length >= settings['film.rescuesPerHour']) return;
    if (!this.hand.turn({ 'light.level': 0 }, 'The film segregates: it is mixed by long pulses in the dark.')) return;
    this.hand.turn(RESCUE, null);
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
    this.hand.say(
      `Heat in the dark has left ${left} % of what was segregated: this is no segregation, and it is not heated again in this run.`,
    );
  }

  /** Whether an alarm calls for heat: only where its cause is one that heat can heal, or where nothing tells a cause. */
  private calls({ verdict, cause, since: then }: SightView, atS: number): boolean {
    if (!verdictRow(verdict).alarming) return false;
    // A word that comes and goes is one alarm.
    if (atS - this.alarmedAtS > CALM_S) this.alarmFromS = secondsOf(then);
    this.alarmedAtS = atS;
    // The film is looked at before it is heated again.
    const last = this.rescues.at(-1);
    if (this.foundShare !== null && last !== undefined && atS - last < RESCUE_S + LOOK_S) return false;
    const isUntold = cause.name === 'none' || causeRow(cause.name).heals;
    return cause.name === 'segregation' || (isUntold && atS - this.alarmFromS >= UNTOLD_S);
  }
}
