/**
 * Whether pulses change what has risen in green. Heat remixes what is segregated, and makes more of it before that; iodine that is lost
 * and the leak of a filter do not answer. ρ = green / red is seen right after the pulse, in the middle of the rest and at its cold
 * end. Without an answer all three lie on one line in time, whatever creeps; how far they are from it, over D of the cold film, is
 * the share that answers.
 */
import type { CauseName } from '../../params/cause.ts';
import { RampOrStep, stepOf } from './ramp-or-step.ts';
import type { Stretch } from './readings.ts';
import { type Cycle, measured, type Share } from './share.ts';

/** A rise begins above this share and so many standard errors, and is over below half of it. */
const RISES = 0.005;
const ERRORS = 5;
const OVER = 0.0025;
/** What counts for the present after each pulse. */
const KEPT = 0.92;
/** After so many pulses that which is likelier is named. */
const MANY = 15;
/** From this share on it answers; within so many standard errors nobody knows. */
const ANSWERS = 0.06;
const SURE = 2;
/** Where in a cycle the film is looked at after a pulse and in the middle, about. */
const AFTER = 0.3;
const MIDDLE = 0.65;
/** Cycles of a rise that are not tested, and after which it is taken for one that no pulse tests. */
const JUMPED = 2;
const NO_PULSES = 5;
/** Green must hold this part of what the ratio of the bands says; else red has fallen, and green has not risen. */
const GREEN_PART = 0.6;
/** And the loss of red must make this part of it. */
const RED_PART = 0.4;
/** A step that makes up this part of what has risen is its cause. */
const STEP_PART = 0.7;
/** Without a test a film that rises segregates, more or less likely. */
const UNTESTED = 0.5;

export interface Named {
  readonly name: CauseName;
  readonly confidence: number;
  /** Nothing that is worth waiting for will tell more. */
  readonly atOnce?: boolean;
}

export class PulseTest {
  /** Whether green is up. */
  rises = false;
  /** Green has not risen: red has fallen. */
  isRed = false;
  /** Sums of what is off the line right after the pulse and in the middle of the rest, of D, and of the variance of one of them. */
  private early = 0;
  private late = 0;
  private whole = 0;
  private variance = 0;
  private pulses = 0;
  /** Whether pulses come that swing the film enough to test it. */
  private isTested = true;
  /** Cycles since green rises. */
  private risen = 0;
  private before: { readonly rho: number; readonly d: number } | null = null;
  private readonly shape = new RampOrStep();
  /** Largest step since green rises, and whether it makes up most of what has risen. */
  private step = 0;
  private isStep = false;
  private least = 0;

  constructor(private readonly k: number) {}

  /** Share that counts as segregated and that pulses leave. */
  get lasting(): number {
    const isLasting = this.isRed || ['iodine-loss', 'optics'].includes(this.named().name);
    return this.rises && isLasting ? Math.max(0, this.least) : 0;
  }

  /**
   * @param green D by green alone; null = not known
   * @param red D that the loss of red alone makes
   */
  take(cycle: Cycle, share: Share, green: number | null, red: number): void {
    const { rho, white2 } = measured(cycle);
    const d = (share.s / (1 - share.s)) * this.k;
    const change = this.shape.take(rho / this.k);
    const was = this.rises;
    this.rises = was ? share.s > OVER : share.s > RISES && share.s > ERRORS * share.error;
    if (!this.rises || !was) this.clear(share.s);
    this.least += 0.3 * (share.s - this.least);
    this.isTested = cycle.remixes;
    this.risen = this.rises ? this.risen + 1 : 0;
    if (this.rises) {
      this.step = Math.max(this.step, this.k * stepOf(change));
      this.isStep = this.step > STEP_PART * d;
      this.isRed = green !== null && green < GREEN_PART * d * (1 - share.s) && red > RED_PART * d;
      // A cycle in which something jumps lies on no line, whatever jumped.
      if (this.risen > JUMPED) this.test(cycle, rho, d, white2);
    }
    this.before = { rho, d };
  }

  private clear(s: number): void {
    this.early = 0;
    this.late = 0;
    this.whole = 0;
    this.variance = 0;
    this.pulses = 0;
    this.step = 0;
    this.isRed = false;
    this.least = s;
  }

  private test(cycle: Cycle, rho: number, d: number, white2: number): void {
    const { before } = this;
    const { after, middle, remixes, cold, restlessV } = cycle;
    if (!after || !remixes || !before || !(after.red > 0)) return;
    const off = ({ green, red }: Stretch, at: number): number => before.rho + at * (rho - before.rho) - green / red;
    this.early = KEPT * this.early + off(after, AFTER);
    this.late = KEPT * this.late + (middle && middle.red > 0 ? off(middle, MIDDLE) : 0);
    this.pulses += 1;
    this.whole = KEPT * this.whole + Math.max(0, before.d + AFTER * (d - before.d));
    const noise2 = 2 * white2 + (LEAST_DARK_V ** 2 + restlessV ** 2) / cold.red ** 2 + (BENT * (rho - before.rho)) ** 2;
    this.variance = KEPT ** 2 * this.variance + noise2;
  }

  named(): Named {
    const share = this.whole > 0 ? Math.hypot(this.early, this.late) / this.whole : Number.NaN;
    const error = this.whole > 0 ? Math.sqrt(this.variance) / this.whole : Number.POSITIVE_INFINITY;
    if (share - SURE * error > ANSWERS) return { name: 'segregation', confidence: 1 };
    const isSure = share + SURE * error < ANSWERS;
    if (isSure || (this.pulses > MANY && share < ANSWERS))
      return { name: this.isStep ? 'optics' : 'iodine-loss', confidence: isSure ? 0.9 : 0.5 };
    if (this.pulses > MANY && share - error > ANSWERS) return { name: 'segregation', confidence: UNTESTED };
    // Nothing tells: what rises is rather segregation, but nobody has seen a pulse take it away.
    if (this.pulses === 0 && (!this.isTested || this.risen > NO_PULSES))
      return { name: 'segregation', confidence: UNTESTED };
    return { name: 'unknown', confidence: 0.3 };
  }
}

/** What grows need not grow evenly within a cycle: so much of its growth may be off the line. */
const BENT = 0.4;
/** Noise of the dark level between two stretches, V. */
const LEAST_DARK_V = 4e-4;
