/**
 * Whether pulses take away what has risen in green. A pulse remixes at least a seventh of what is segregated, nothing of iodine that
 * is lost and nothing of a leak. The contrast is ρ of the cold film before the pulse less ρ right after it; over D of the cold film
 * it is the share that the pulse took.
 */
import type { CauseName } from '../../params/cause.ts';
import { RampOrStep } from './ramp-or-step.ts';
import { type Cycle, measured, type Share } from './share.ts';

/** A rise begins above this share and so many standard errors, and is over below half of it. */
const RISES = 0.005;
const ERRORS = 5;
const OVER = 0.0025;
/** What counts for the present after each pulse. */
const KEPT = 0.85;
/** A pulse that takes this share or more is remixing; within so many standard errors nobody knows. */
const TAKES = 0.1;
const SURE = 2;
/** Green must hold this part of what the ratio of the bands says; else red has fallen, and green has not risen. */
const GREEN_PART = 0.5;
/** Evidence for a step. */
const STEP = 12;
/** Without a test a film that rises segregates, more or less likely. */
const UNTESTED = 0.5;

export class PulseTest {
  /** Whether green is up. */
  rises = false;
  /** Green has not risen: red has fallen. */
  isRed = false;
  private taken = 0;
  private whole = 0;
  private variance = 0;
  private before: { readonly rho: number; readonly d: number } | null = null;
  private readonly shape = new RampOrStep();
  private best = { l: 0, step: false };
  private least = 0;

  constructor(private readonly k: number) {}

  /** Share that counts as segregated and that pulses leave. */
  get lasting(): number {
    return this.rises && this.named().name !== 'segregation' ? Math.max(0, this.least) : 0;
  }

  /** @param green share by green alone, times K; null = not known */
  take(cycle: Cycle, share: Share, green: number | null): void {
    const { rho, white2 } = measured(cycle);
    const d = (share.s / (1 - share.s)) * this.k;
    const change = this.shape.take(rho / this.k);
    const was = this.rises;
    this.rises = was ? share.s > OVER : share.s > RISES && share.s > ERRORS * share.error;
    if (!this.rises || !was) this.clear(share.s);
    this.least += 0.3 * (share.s - this.least);
    if (this.rises) {
      const l = Math.max(change.ramp, change.step);
      if (change.rises && l > this.best.l) this.best = { l, step: change.step > change.ramp && change.step > STEP };
      this.isRed = green !== null && green < GREEN_PART * d * (1 - share.s);
      this.test(cycle, white2);
    }
    this.before = { rho, d };
  }

  private clear(s: number): void {
    this.taken = 0;
    this.whole = 0;
    this.variance = 0;
    this.best = { l: 0, step: false };
    this.isRed = false;
    this.least = s;
  }

  private test({ after, remixes, cold, restlessV }: Cycle, white2: number): void {
    const { before } = this;
    if (!after || !remixes || !before || !(after.red > 0) || !(before.d > 0)) return;
    this.taken = KEPT * this.taken + before.rho - after.green / after.red;
    this.whole = KEPT * this.whole + before.d;
    const noise2 = 2 * white2 + (LEAST_DARK_V ** 2 + restlessV ** 2) / cold.red ** 2;
    this.variance = KEPT ** 2 * this.variance + noise2;
  }

  named(): { name: CauseName; confidence: number } {
    const share = this.whole > 0 ? this.taken / this.whole : Number.NaN;
    const error = this.whole > 0 ? Math.sqrt(this.variance) / this.whole : Number.POSITIVE_INFINITY;
    if (share - SURE * error > TAKES) return { name: 'segregation', confidence: 1 };
    if (share + SURE * error < TAKES) return { name: this.best.step ? 'optics' : 'iodine-loss', confidence: 0.8 };
    // Nothing tells: what rises is rather segregation, but nobody has seen a pulse take it away.
    if (!Number.isFinite(error)) return { name: 'segregation', confidence: UNTESTED };
    return { name: 'unknown', confidence: 0.3 };
  }
}

/** Noise of the dark level between two stretches, V. */
const LEAST_DARK_V = 4e-4;
