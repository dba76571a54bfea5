/**
 * The search for a pattern, at the desk: it plays what the finder proposes as settings, with the checks that anybody’s settings
 * have, and shows it the film. It sees a snapshot and nothing else.
 */
import type { Desk } from '../../desk/desk.ts';
import {
  type FinderState,
  type FinderStep,
  type Found,
  foundBy,
  type Now,
  type Played,
  startFinder,
  stepFinder,
} from '../../film/finder.ts';
import type { PulsePattern } from '../../film/grid.ts';
import { SEEN_WITHIN } from '../../film/map.ts';
import type { Sight } from '../../film/state.ts';
import { COMPILED } from '../../params/limits.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { verdictRow } from '../../params/verdict.ts';
import { FilmHand, type Turned } from './hand.ts';
import { knownOf } from './known.ts';

/** The gate-keeper holds back a pulse that would come within this of gate.dutyMax, and control keeps a little more. */
const DUTY_KEPT = 0.012;

export class FinderFront {
  private state: FinderState | null = null;
  private cycle = -1;
  /** Why it cannot go on; null = it can. */
  trouble: string | null = null;

  /** @param light level of a trial, above 0..1; `chance` draws 0..1; `hand` turns the settings, and could put them back */
  constructor(
    private readonly desk: Desk,
    private readonly light: number,
    private readonly chance: () => number,
    private readonly hand: FilmHand = new FilmHand(desk),
  ) {}

  get over(): boolean {
    return this.trouble !== null || this.state?.phase === 'done';
  }

  get searched(): FinderState | null {
    return this.state;
  }

  /** What came of it so far; null before the first step. */
  found(): Found | null {
    return this.state && foundBy(this.state);
  }

  /** After each control tick since the bench has armed. */
  tick(): void {
    if (this.over) return;
    const { snapshot } = this.desk;
    const { name } = snapshot.kernel;
    if (name !== 'armed') {
      // It is opened on a bench that has armed. What a pause has spoilt is not worth an hour of repair: the search is short.
      this.trouble = `the run is ${name}`;
      return;
    }
    const now = nowOf(snapshot);
    if (!now) {
      this.trouble = 'the film’s temperature is not known: it needs a commissioned bench';
      return;
    }
    this.take(
      this.state ? stepFinder(this.state, this.seen(snapshot), now, this.chance) : startFinder(now, this.chance),
    );
  }

  /** The sight of a cycle that has just come to its end. */
  private seen({ sight }: Snapshot): Sight | null {
    if (sight.cycle === this.cycle) return null;
    this.cycle = sight.cycle;
    const { verdict, segregated, error } = sight;
    const isKnown = verdict !== 'CANNOT_SEE' && error !== null && error <= SEEN_WITHIN;
    // What an alarm says of the film counts however poor the light is: a trial that segregates ends at once.
    return { segregated: isKnown || verdictRow(verdict).alarming ? segregated : null, error: error ?? 1 };
  }

  private take({ state, play }: FinderStep): void {
    this.state = state;
    if (play && !this.play(play)) this.trouble = 'the desk refused a pattern of the search';
  }

  private play({ onS, periodS, lit, why }: Played): boolean {
    return this.hand.turn({ ...heatOf({ onS, periodS }), 'light.level': lit ? this.light : 0 }, why);
  }
}

/** A pattern as settings. */
export const heatOf = ({ onS, periodS }: PulsePattern): Turned => ({
  'control.mode': 'pulse',
  'pulse.onMs': Math.round(1000 * onS),
  'pulse.periodMs': Math.round(1000 * periodS),
});

/** What the finder needs to know; null while nothing is known of the film’s temperature. */
export function nowOf(snapshot: Snapshot): Now | null {
  const known = knownOf(snapshot);
  const { settings } = snapshot;
  return (
    known && {
      ...known,
      limits: {
        shareMax: Math.min(COMPILED.pulseShare, settings['gate.dutyMax'] - DUTY_KEPT),
        longestOnS: settings['gate.longestOnMs'] / 1000,
        peakMostC: settings['limits.tripC'] - COMPILED.endMarginK,
      },
    }
  );
}
