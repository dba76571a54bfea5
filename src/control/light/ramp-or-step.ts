/**
 * Whether a level that is measured once a cycle has begun to creep, or has jumped: a generalised likelihood ratio over onsets.
 *
 * A Kalman filter follows the level; its innovations e, over their standard deviation, are white while nothing happens. A change
 * leaves its own signature s in them, which is the change seen through the same filter. For each onset in the last 40 cycles
 * and each shape, L = (Σ e·s)² / (2 Σ s²); L of ramps and L of steps are the largest of their shapes.
 */

/** Onsets that are looked at, cycles. */
const WINDOW = 40;
/** Cycles that the noise is estimated from, how often, and at the least. */
const NOISE_CYCLES = 96;
const NOISE_EVERY = 8;
const NOISE_LEAST = 24;
/** Lag that tells a walk of the level from noise of the reading. */
const LAG = 12;
/** Cycles without a reading after which it begins anew. */
const MISSED_MOST = 3;
/** Cycles whose mean the level is after that. */
const RESTART = 5;
/** MAD of a normal distribution over its standard deviation, inverse. */
const MAD = 1.4826;
/** Standard deviations at the least: of the level from cycle to cycle, and of a reading. */
const LEAST_WALK = 3e-5;
const LEAST_NOISE = 2e-4;
const FIRST_NOISE = 1e-3;

/** Changes by the cycles since their onset. */
const RAMPS: readonly ((n: number) => number)[] = [
  (n) => n,
  (n) => Math.expm1(0.057 * n),
  (n) => Math.expm1(0.38 * Math.min(n, 12)),
  (n) => -Math.expm1(-n / 8),
];
const STEPS: readonly ((n: number) => number)[] = [1, 2, 3].map(
  (cycles) =>
    (n: number): number =>
      Math.min(1, n / cycles),
);

export interface Change {
  readonly ramp: number;
  readonly step: number;
  /** Size of the likeliest step, as the level is measured. */
  readonly size: number;
}
export const NO_CHANGE: Change = { ramp: 0, step: 0, size: 0 };
/** Evidence from which on a change is one. */
export const CHANGED = 12;
/** Size of a step that is one, and no part of a ramp; 0 = there is none. */
export const stepOf = ({ ramp, step, size }: Change): number => (step > CHANGED && step > ramp ? size : 0);

export class RampOrStep {
  private readonly past: number[] = [];
  private readonly innovations: number[] = [];
  private level = Number.NaN;
  private variance = FIRST_NOISE ** 2;
  private walk2 = LEAST_WALK ** 2;
  private noise2 = FIRST_NOISE ** 2;
  private signatures: { readonly ramps: Signature[]; readonly steps: Signature[] } | null = null;
  private gainOf = 0;
  private cycles = 0;
  private missed = 0;
  /** Cycles since something changes. */
  private changing = 0;

  /** A cycle without a reading. After some of them the level may be anywhere, which is no step. */
  miss(): void {
    this.missed += 1;
  }

  /** The next reading of the level. */
  take(y: number): Change {
    if (Number.isNaN(this.level) || this.missed >= MISSED_MOST) {
      this.level = y;
      this.restart();
    }
    this.missed = 0;
    this.past.push(y);
    if (this.past.length > NOISE_CYCLES) this.past.shift();
    this.cycles += 1;
    // A change is seen through the filter as it was when it came; what goes on for longer is how this level is.
    const isChanging = this.changing > 0 && this.changing < WINDOW;
    if (this.cycles >= NOISE_LEAST && this.cycles % NOISE_EVERY === 0 && !isChanging) this.estimate();
    this.variance += this.walk2;
    const total = this.variance + this.noise2;
    const gain = this.variance / total;
    const e = y - this.level;
    this.level += gain * e;
    this.variance *= 1 - gain;
    this.innovations.push(e / Math.sqrt(total));
    if (this.innovations.length > WINDOW) this.innovations.shift();
    return this.cycles < NOISE_LEAST ? NO_CHANGE : this.compare(gain);
  }

  /** Forgets what was before: the level is where it is now. */
  private restart(): void {
    const last = this.past.slice(-RESTART);
    if (this.missed < MISSED_MOST && last.length > 0) this.level = last.reduce((a, b) => a + b, 0) / last.length;
    this.variance = this.noise2;
    this.innovations.length = 0;
  }

  /** Noise and walk from differences of neighbours and of readings further apart; robust, so that a change is no noise. */
  private estimate(): void {
    const near = spread2(this.past, 1);
    const far = spread2(this.past, LAG);
    this.walk2 = Math.max(LEAST_WALK ** 2, (far - near) / (LAG - 1));
    this.noise2 = Math.max(LEAST_NOISE ** 2, (near - this.walk2) / 2);
  }

  private compare(gain: number): Change {
    if (!this.signatures || Math.abs(gain - this.gainOf) > 0.02 * this.gainOf) {
      const seen = (shapes: readonly ((n: number) => number)[]): Signature[] => shapes.map((s) => seenBy(gain, s));
      this.signatures = { ramps: seen(RAMPS), steps: seen(STEPS) };
      this.gainOf = gain;
    }
    const ramp = this.best(this.signatures.ramps);
    const step = this.best(this.signatures.steps);
    const size = this.jump(step.onset, step.shape + 1);
    this.changing = Math.max(ramp.l, step.l) > CHANGED ? this.changing + 1 : 0;
    // What a step leaves behind once it is out of the window looks like a ramp: the filter begins anew after it.
    if (step.l > CHANGED && step.l >= ramp.l && step.onset <= 1 && this.innovations.length === WINDOW) this.restart();
    return { ramp: ramp.l, step: step.l, size };
  }

  private best(shapes: readonly Signature[]): { l: number; onset: number; shape: number } {
    const { innovations } = this;
    const best = { l: 0, onset: 0, shape: 0 };
    for (const [index, { shape, squares }] of shapes.entries()) {
      for (let onset = 0; onset < innovations.length; onset += 1) {
        let es = 0;
        for (let i = onset; i < innovations.length; i += 1) es += innovations[i]! * shape[i - onset]!;
        const l = (es * es) / (2 * squares[innovations.length - onset]!);
        if (l <= best.l) continue;
        best.l = l;
        best.onset = onset;
        best.shape = index;
      }
    }
    return best;
  }

  /** How far the level really jumped over so many cycles: a filter that lags behind a ramp shows more of it. */
  private jump(onset: number, cycles: number): number {
    const { past, innovations } = this;
    const at = past.length - innovations.length + onset;
    const mean = (from: number): number => (past[from]! + past[from + 1]!) / 2;
    const end = at + cycles - 1;
    return at >= 2 && end + 1 < past.length ? mean(end) - mean(at - 2) : 0;
  }
}

/** What a filter leaves of a change, by the cycles since its onset, and the sum of its squares before each cycle. */
interface Signature {
  readonly shape: readonly number[];
  readonly squares: readonly number[];
}

/** What a filter of this gain leaves of a change; its scale does not matter. */
function seenBy(gain: number, change: (n: number) => number): Signature {
  let level = 0;
  const squares = [0];
  const shape = Array.from({ length: WINDOW }, (_, i) => {
    const e = change(i + 1) - level;
    level += gain * e;
    squares.push(squares[i]! + e * e);
    return e;
  });
  return { shape, squares };
}

/** Robust mean square of differences over `lag`. */
function spread2(values: readonly number[], lag: number): number {
  const apart: number[] = [];
  for (let i = lag; i < values.length; i += 1) apart.push(Math.abs(values[i]! - values[i - lag]!));
  apart.sort((a, b) => a - b);
  return (MAD * (apart[apart.length >> 1] ?? 0)) ** 2;
}
