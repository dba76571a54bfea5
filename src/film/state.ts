/** What the feedback of the film remembers, sees and says, and how a pattern comes into force. */
import type { Poles } from '../model/thermal.ts';
import { type Asked, askedOf, type Bounds, isStrong, type Pattern } from './patterns.ts';

/** What the photodiodes showed of the cycle before the last. */
export interface Sight {
  /** Segregated fraction at the cold end of the cycle, or the larger of both ends where the hot one is seen; null = not seen. */
  readonly segregated: number | null;
  /** Its standard error. */
  readonly error: number;
}

export interface Now {
  /** Time on any clock that does not stand still, s. */
  readonly atS: number;
  /** The plant as it is believed to be. */
  readonly poles: Poles;
  /** Film without heat, °C, and rise of the slow pole now, K. */
  readonly levelC: number;
  readonly slowK: number;
  readonly bounds: Bounds;
}

/** What a pattern showed when it was tried. */
export interface Trial {
  readonly pattern: Pattern;
  /** Mean of the precursor; 1 = it was broken off. */
  readonly shown: number;
  readonly atS: number;
}

/** Where a search looks: beside the pattern that shows too much, at the other kind, and at all that is left. */
type Stage = 'near' | 'other' | 'rest';

export interface Search {
  readonly stage: Stage;
  readonly queue: readonly Pattern[];
  readonly best: Trial;
  readonly tried: readonly Trial[];
}

export interface Broken {
  readonly pattern: Pattern;
  readonly levelC: number;
}

export interface FilmState {
  readonly phase: 'find' | 'adapt';
  readonly pattern: Pattern;
  /** 0..1 of full light. */
  readonly light: number;
  /** When pattern and light came into force, and the cycles since. */
  readonly sinceS: number;
  readonly cycles: number;
  /** Running mean of the sights under it, the error of the last, and how many are in the mean. */
  readonly shown: number;
  readonly error: number;
  readonly seen: number;
  /** Cycles in a row without a sight. */
  readonly blind: number;
  /** Swing that was asked for, K. */
  readonly askedK: number;
  /** What the pattern showed when it was accepted: clearly more than this is worth a search. */
  readonly accepted: number;
  readonly search: Search | null;
  /** Patterns under which the film went over the cliff, and how warm it was without heat. */
  readonly broken: readonly Broken[];
  /** The end of the darkness that mixes the film; null = none. */
  readonly darkUntilS: number | null;
  /** When something gentler, or more light, is tried next, and how long it is waited then. */
  readonly easeAtS: number;
  readonly easeWaitS: number;
  /** How long full light is waited for after the light went down, s. */
  readonly lightWaitS: number;
  /** What it came from, while something gentler is tried. */
  readonly easedFrom: { readonly pattern: Pattern; readonly light: number } | null;
}

export interface Proposal extends Asked {
  /** 0..1 of full light. */
  readonly light: number;
  /** The film is being mixed in the dark. */
  readonly rescue: boolean;
  readonly why: string;
}

export interface Step {
  readonly state: FilmState;
  readonly proposal: Proposal | null;
}

/** Cycles in the dark that mix a film, by the kind of the pattern that follows and is on already. */
const DARK_CYCLES = { strong: 2, gentle: 3 } as const;

/** What is in force now, as a proposal. */
export function said(state: FilmState, now: Now, why: string): Step {
  const dark = state.darkUntilS !== null;
  const asked = askedOf(state.pattern, now.poles, now.bounds);
  const proposal = { ...asked, light: dark ? 0 : state.light, rescue: dark, why };
  return { state: { ...state, askedK: asked.swingK }, proposal };
}

export const kindOf = (pattern: Pattern): 'strong' | 'gentle' => (isStrong(pattern) ? 'strong' : 'gentle');

export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0095 ? 2 : 1)} %`;

/**
 * A pattern and a light come into force; with `asked` not before the film has been mixed in the dark. From strong to gentle
 * it is dark, too: until the film has cooled, the first gentle pulses are hardly a shock.
 */
export function put(state: FilmState, now: Now, next: Partial<FilmState>, why: string, asked = false): Step {
  const pattern = next.pattern ?? state.pattern;
  const dark = asked || (isStrong(state.pattern) && !isStrong(pattern));
  // Half a period less: the end of a cycle is not met to the millisecond.
  const darkS = (DARK_CYCLES[kindOf(pattern)] - 0.5) * pattern.periodS;
  const fresh: FilmState = {
    ...state,
    ...next,
    sinceS: now.atS,
    cycles: 0,
    shown: 0,
    error: 0,
    seen: 0,
    darkUntilS: dark ? now.atS + darkS : null,
  };
  return said(fresh, now, why);
}
