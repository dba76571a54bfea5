/**
 * The segregated share of the film from two bands, once a cycle.
 *
 * ρ = green / red of the cold film. Excitation, coupling and thermal quenching act on both bands alike and cancel. A mixed film
 * shows ρ = λ, what leaks through the green filter; a film with the share s segregated shows ρ = λ + K·s/(1 − s), where K is the
 * green signal of a film that is wholly segregated over the red one of a film that is mixed. So s = D/(D + K) with D = ρ − λ.
 *
 * λ is not known beforehand, and a film may be segregated when it is first seen. What remixing takes away tells the two apart.
 * The contrast c is ρ of the cold film, before a pulse or at the end of the rest after it, less ρ right after that pulse: nothing
 * for a leak, whatever drifts, and a good part of D for segregation. λ is anchored at the level of cycles whose pulses remix
 * nothing although they could, and follows slow drifts of the filter only while that goes on. A level that merely tracks the signal swallows the segregation.
 */
import { clamp, type Instant, LONG_AGO } from '../../units.ts';
import { Alive } from './alive.ts';
import type { Stretch } from './readings.ts';

/** One cycle. */
export interface Cycle {
  /** The cold film, before the pulse. */
  readonly cold: Stretch;
  /** The film after the pulse before, when that has remixed what it could; null = not seen. */
  readonly after: Stretch | null;
  /** The film between that and the cold end; null = not seen. */
  readonly middle: Stretch | null;
  /** Whether the pulse swings the film enough to remix it. */
  readonly remixes: boolean;
  readonly spanS: number;
  /** Standard errors of the dark levels, V. */
  readonly greenDarkErrorV: number;
  readonly redDarkErrorV: number;
  /** When green was measured in the dark; where it never is, when the film was looked at. */
  readonly darkAt: Instant;
  /** How far the room’s light may be from its level some seconds away from the dark frame, V; 0 = it is steady. */
  readonly restlessV: number;
}

export interface Share {
  /** Segregated share, and its standard error by noise. */
  readonly s: number;
  readonly error: number;
  /** Sum of what exceeds the noise (CUSUM). */
  readonly g: number;
  readonly anchored: boolean;
  /** ρ is beyond any leak, and pulses that would remix change nothing. */
  readonly unbelievable: boolean;
  /** The green channel answers to the light. */
  readonly alive: boolean;
}

/** A pulse remixes at least this share of what is segregated, where it remixes at all. */
const LEAST_REMIXED = 0.15;
/** A film is verified as mixed when no more than this can be segregated. */
const VERIFIED_BELOW = 0.01;
/** Cycles that the contrast is averaged over at the least and at the most, the latter where little light makes each of them poor. */
const LEAST_CYCLES = 2;
const MOST_CYCLES = { bright: 8, dim: 64 } as const;
/** λ follows what drifts without contrast with this time constant, s, and at once what is twice below it by so many errors. */
const FOLLOW_S = 1200;
const FALL_ERRORS = 4;
/** CUSUM: allowance in standard errors, and the height at which it stays. */
const ALLOWANCE = 0.5;
const MOST_G = 60;
/** Noise of a conversion at the least: a part of its own, V, and a share of the signal. */
export const NOISE_V = 2.5e-4;
export const NOISE_SHARE = 1.2e-3;
/** Cycles after which what pulses do not change is not believed to be the film’s. */
const DOUBT_CYCLES = 3;

/** A change from one cycle to the next that is worth a dark frame: this much of K, beyond so many standard errors. */
const SUDDEN = 0.0005;
const SUDDEN_ERRORS = 3;

/** D below λ counts as no more than this part of K, so that D + K stays above 0. */
const LEAST_D = 0.5;

const square = (x: number): number => x * x;

/** A film without red light has no finite ratio, V. */
const LEAST_RED_V = 1e-6;
const ratioOf = ({ green, red }: Stretch): number => green / Math.max(red, LEAST_RED_V);

/** ρ of the cold film with its variance by noise, with and without what the dark levels add; standard error of its green, V. */
export function measured({ cold, greenDarkErrorV, redDarkErrorV }: Cycle) {
  const red = Math.max(cold.red, LEAST_RED_V);
  const rho = ratioOf(cold);
  const green2 = square(NOISE_V + NOISE_SHARE * Math.abs(cold.green)) / cold.n;
  const red2 = square(NOISE_V + NOISE_SHARE * red) / cold.n;
  const white2 = (green2 + square(rho) * red2) / square(red);
  const dark2 = (square(greenDarkErrorV) + square(rho * redDarkErrorV)) / square(red);
  return { rho, red, white2, error2: white2 + dark2, greenErrorV: Math.sqrt(green2 + square(greenDarkErrorV)) };
}

export class TwoBands {
  private lambda = Number.NaN;
  private anchored = false;
  /** Cycles that λ is a mean of, while they are few. */
  private settled = 0;
  private g = 0;
  /** Mean of the contrast and how many cycles it stands on. */
  private contrast = 0;
  private cycles = 0;
  /** Scatter of ρ from cycle to cycle, mean square. */
  private scatter2 = 0;
  private before = Number.NaN;
  /** ρ of the cycle before that, and of the one before that. */
  private earlier = Number.NaN;
  private earliest = Number.NaN;
  /** A level below λ that was seen once, with the dark level of then. */
  private candidate = Number.NaN;
  private candidateAt = LONG_AGO;
  private readonly green = new Alive();

  /**
   * @param k K: green signal of the segregated film over red signal of the mixed one, 0.05..5
   * @param leakMost green over red of a mixed film at the most, above 0: what is beyond it is no leak of the filter
   */
  constructor(
    readonly k: number,
    private readonly leakMost: number,
  ) {}

  /** λ: green over red of the mixed film, as far as it is known. */
  get leak(): number {
    return this.lambda;
  }

  /** The light was off: what comes next is no neighbour of what was before. */
  relit(): void {
    this.before = Number.NaN;
    this.earlier = Number.NaN;
    this.earliest = Number.NaN;
    this.scatter2 = 0;
    this.contrast = 0;
    this.cycles = 0;
  }

  /** Whether a cycle shows a sudden change, so that the room’s light should be measured before it is believed. */
  isSudden(cycle: Cycle): boolean {
    const { rho, error2 } = measured(cycle);
    // Dusk comes in several steps, each too small to be seen.
    const off = Math.max(Math.abs(rho - this.before), Number.isNaN(this.earliest) ? 0 : rho - this.earliest);
    return off > SUDDEN * this.k + SUDDEN_ERRORS * Math.sqrt(2 * error2);
  }

  /** A look between two pulses at a film that is not yet as far as it will be: what the share is by now. */
  glance(cycle: Cycle): Pick<Share, 's' | 'error'> {
    const { rho, error2 } = measured(cycle);
    const sigma = Math.sqrt(Math.max(error2, this.scatter2));
    this.lower(rho, sigma, cycle.darkAt);
    return this.shareOf(rho - this.lambda, sigma);
  }

  take(cycle: Cycle): Share {
    const { after, remixes, spanS, restlessV } = cycle;
    const { rho, red, white2, error2, greenErrorV } = measured(cycle);
    if (!Number.isNaN(this.before)) {
      // Differences of neighbours: a step is no noise and says nothing of it.
      const half = square(rho - this.before) / 2;
      if (half < 9 * Math.max(error2, this.scatter2)) this.scatter2 += 0.1 * (half - this.scatter2);
    }
    const previous = Number.isNaN(this.before) ? rho : this.before;
    this.earliest = this.earlier;
    this.earlier = previous;
    this.before = rho;
    const sigma = Math.sqrt(Math.max(error2, this.scatter2));
    const rhoAfter = after && ratioOf(after);
    const apart2 = square(restlessV / red);
    if (rhoAfter !== null) this.lower(rhoAfter, Math.sqrt(square(sigma) + apart2), cycle.darkAt);
    const told = rhoAfter !== null && remixes;
    // What a pulse would take away at the least, were the film segregated beyond what counts as mixed.
    const least = LEAST_REMIXED * VERIFIED_BELOW * this.k;
    if (told) {
      const enough = (4 * (2 * white2 + apart2)) / square(least);
      this.cycles = Math.min(this.cycles + 1, clamp(enough, MOST_CYCLES.bright, MOST_CYCLES.dim));
      // What the pulse took away, and what came again until the next: in a film that recovers only the first is large.
      this.contrast += (Math.max(previous, rho) - rhoAfter - this.contrast) / this.cycles;
    } else this.cycles = 0;
    // Both stretches are taken with one dark level, so that its error cancels.
    const contrastError = Math.sqrt((2 * white2 + apart2) / Math.max(1, this.cycles));
    const proven = this.cycles >= LEAST_CYCLES && this.contrast + contrastError < least;
    const isLeak = rho < this.leakMost;
    this.lower(rho, sigma, cycle.darkAt);
    this.settle(rho, sigma, told && proven && isLeak, spanS);
    const d = rho - this.lambda;
    this.g = Math.min(MOST_G, Math.max(0, this.g + d / sigma - ALLOWANCE));
    return {
      ...this.shareOf(d, sigma),
      g: this.g,
      anchored: this.anchored,
      unbelievable:
        !this.anchored && !isLeak && this.cycles >= DOUBT_CYCLES && Math.abs(this.contrast) < 3 * contrastError,
      // As a share of the red signal, so that less light changes nothing.
      alive: this.green.take(rho, greenErrorV / red),
    };
  }

  /** @param d ρ − λ, and `sigma` its standard error */
  private shareOf(d: number, sigma: number): Pick<Share, 's' | 'error'> {
    // Noise below λ is told as it is: a mean of values that are cut off at 0 would be more than 0.
    const s = d / (Math.max(d, -LEAST_D * this.k) + this.k);
    return { s, error: (square(1 - s) * sigma) / this.k };
  }

  private settle(rho: number, error: number, mixed: boolean, spanS: number): void {
    const off = rho - this.lambda;
    if (!mixed || off / this.k > VERIFIED_BELOW) return;
    this.anchored = true;
    this.settled += 1;
    // A rise that is no noise is followed slowly, however young the level is: its contrast is known some cycles later.
    const young = off < FALL_ERRORS * error ? 1 / this.settled : 0;
    this.lambda += Math.max(young, 1 - Math.exp(-spanS / FOLLOW_S)) * off;
  }

  /** A film can only be more mixed than it was thought to be. */
  private lower(rho: number, error: number, darkAt: Instant): void {
    if (Number.isNaN(this.lambda)) this.lambda = Math.min(rho, this.leakMost);
    const isLower = rho < this.lambda - FALL_ERRORS * error;
    if (!isLower) this.candidate = Number.NaN;
    else if (Number.isNaN(this.candidate)) {
      this.candidate = rho;
      this.candidateAt = darkAt;
    } else if (darkAt > this.candidateAt) {
      // Twice in a row, each with a dark frame of its own: a room that gets darker looks like it, too, until the next one.
      this.lambda = Math.max(rho, this.candidate);
      this.settled = 0;
      this.candidate = rho;
      this.candidateAt = darkAt;
    } else this.candidate = Math.max(rho, this.candidate);
  }
}
