/** From a measured share to a word, with hysteresis: what is said must be true for a while. */
import type { Sight, Verdict } from '../../params/verdict.ts';
import type { Share } from './share.ts';

/** What a cycle showed; s null = nothing that can be relied on, and `sight` says why. */
export interface Seen {
  readonly s: number | null;
  readonly error: number | null;
  /** CUSUM of the rise. */
  readonly g: number;
  readonly anchored: boolean;
  readonly sight: Sight | null;
  /** What a share is not known for, where its error is large. */
  readonly vague: Extract<Sight, 'little-light' | 'room-light'>;
}

/** The share at which a film is called segregating, and below which that is over again. */
const SEGREGATING = 0.0075;
const OVER = 0.005;
/** Drifting: this share, and a rise that is no noise (treat level of the CUSUM). */
const DRIFTING = 0.003;
const DRIFTING_OVER = 0.002;
const TREAT = 5;
/** A large part. */
const SEGREGATED = 0.25;
const NO_LONGER = 0.2;
/** A share that has fallen to this part of its highest value recovers; one that rises again by this factor does not. */
const RECOVERING = 0.75;
const AGAIN = 1.1;
/** A recovery that has made no progress for so many cycles is none. */
const STUCK = 24;
/** A drift needs so many standard errors in a single cycle, and an alarm so many. */
const NO_NOISE = 3;
const SURE = 5;
/** A share that is known to no better than this is not known. */
const LEAST_KNOWN = 0.007;

/** Of a cycle that shows nothing. */
export const NOTHING_SEEN = { s: null, error: null, g: 0, anchored: false, vague: 'little-light' } as const;

/** What is wrong with a measured share; null = nothing. */
export const sightOf = ({ unbelievable, alive }: Pick<Share, 'unbelievable' | 'alive'>): Sight | null =>
  unbelievable ? 'wrong-filter' : alive ? null : 'no-signal';

export interface Judgement {
  readonly verdict: Verdict;
  readonly sight: Sight | null;
}

/** Before there was any light. */
export const NEVER_SEEN = {
  verdict: 'DARK',
  sight: null,
  segregated: null,
  error: null,
  cycle: 0,
  anchored: false,
  leak: null,
  darkV: null,
} as const;

/** The film was never seen. */
export const UNSEEN: Judgement = { verdict: 'CANNOT_SEE', sight: 'not-anchored' };

export class Judge {
  private verdict: Verdict = 'CANNOT_SEE';
  /** Highest share since the film was mixed, and lowest since it recovers. */
  private top = 0;
  private bottom = 1;
  private stuck = 0;

  take({ s, error, g, anchored, sight, vague }: Seen): Judgement {
    if (s === null || error === null) return this.say('CANNOT_SEE', sight);
    const sure = s > SURE * error;
    const was = this.verdict;
    const ill = was === 'SEGREGATING' || was === 'SEGREGATED' || was === 'RECOVERING';
    if (sure && s >= (ill ? OVER : SEGREGATING)) return this.say(this.alarming(s, ill), 'rising');
    this.top = 0;
    if (error > LEAST_KNOWN) return this.say('CANNOT_SEE', vague);
    if (sight !== null) return this.say('CANNOT_SEE', sight);
    if (!anchored) return this.say('CANNOT_SEE', 'not-anchored');
    const drifts = g >= TREAT && s > NO_NOISE * error && s >= (was === 'DRIFTING' || ill ? DRIFTING_OVER : DRIFTING);
    return drifts ? this.say('DRIFTING', 'rising') : this.say('MIXED', null);
  }

  /** A look within a cycle: an alarm, or null. */
  glance({ s, error }: { readonly s: number; readonly error: number }): Judgement | null {
    if (s < SEGREGATING || s <= SURE * error || this.verdict === 'SEGREGATED') return null;
    const ill = this.verdict === 'SEGREGATING' || this.verdict === 'RECOVERING';
    const verdict = this.alarming(s, ill);
    return verdict === 'RECOVERING' ? null : this.say(verdict, 'rising');
  }

  private alarming(s: number, ill: boolean): Verdict {
    this.top = ill ? Math.max(this.top, s) : s;
    if (this.verdict !== 'RECOVERING') {
      if (s >= RECOVERING * this.top) return this.stage(s);
      this.bottom = s;
      this.stuck = 0;
      return 'RECOVERING';
    }
    this.stuck = s < this.bottom ? 0 : this.stuck + 1;
    this.bottom = Math.min(this.bottom, s);
    if (s < AGAIN * this.bottom && this.stuck < STUCK) return 'RECOVERING';
    this.top = s;
    return this.stage(s);
  }

  private stage(s: number): Verdict {
    return s >= (this.verdict === 'SEGREGATED' ? NO_LONGER : SEGREGATED) ? 'SEGREGATED' : 'SEGREGATING';
  }

  private say(verdict: Verdict, sight: Sight | null): Judgement {
    this.verdict = verdict;
    return { verdict, sight: verdict === 'SEGREGATED' || verdict === 'RECOVERING' ? null : sight };
  }
}
