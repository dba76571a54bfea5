/**
 * What the mixed band of a film does while nothing happens to it, as a Kalman filter: y = level − α·ΔT, where the level walks and has a
 * trend that ends exponentially. Its innovations are white; a change leaves its own signature in them, which is the change
 * seen through the same filter (Willsky and Jones 1976, IEEE Transactions on Automatic Control 21, 108).
 */

/** Walk of the level, 1/√s, in ln. */
const WALK = 8e-5;
/** Trend at first, 1/s, and what it may change by, 1/s per √s. */
const TREND_PER_S = 4e-4;
const TREND_WALK = 2e-7;
/** α before anything was learnt, 1/K: thermal quenching and a band that gets broader, and how sure that is. */
const ALPHA = { perK: 0.02, error: 0.008 } as const;

/** Level, trend and α, or what a change adds to their estimates. */
type State = [number, number, number];

/** What one reading did to the filter. */
export interface Innovation {
  /** Reading less what was expected, and its variance. */
  readonly e: number;
  readonly variance: number;
  readonly gain: Readonly<State>;
  /** What was left of the trend over the time since the last reading, and what it added to the level, s. */
  readonly left: number;
  readonly carriedS: number;
  readonly warmerK: number;
}

export class TrendFilter {
  /** Log likelihood of all readings so far. */
  likelihood = 0;
  private readonly state: State;
  /** Covariance, row by row. */
  private p: readonly number[];

  /**
   * @param tauS time constant with which the trend ends, s
   * @param y the first reading, ln, with its variance
   */
  constructor(
    private readonly tauS: number,
    y: number,
    variance: number,
  ) {
    this.state = [y, 0, ALPHA.perK];
    this.p = [variance, 0, 0, 0, TREND_PER_S ** 2, 0, 0, 0, ALPHA.error ** 2];
  }

  /** The level has jumped by about `size`: it may be anywhere so far away. */
  widen(size: number): void {
    this.p = this.p.map((value, i) => (i === 0 ? value + size * size : value));
  }

  /** A step is known: what it did to the estimates is taken back, and they are less sure by what is not known of its size. */
  accept(step: StepSignature): void {
    const { known } = step;
    if (!known) return;
    for (const [i, more] of known.adds.entries()) this.state[i] = (this.state[i] as number) + more;
    this.p = this.p.map((value, i) => value + (known.covariance[i] as number));
    this.likelihood += step.evidence;
  }

  /** The next reading, `spanS` after the last, of a film that is `warmerK` than at first. */
  take(y: number, noise2: number, warmerK: number, spanS: number): Innovation {
    const { state } = this;
    const left = Math.exp(-spanS / this.tauS);
    const carriedS = this.tauS * (1 - left);
    carry(state, left, carriedS);
    const [ll, lt, la, , tt, ta, , , aa] = this.p as State9;
    // F·P·Fᵀ and the walks.
    const p00 = ll + 2 * carriedS * lt + carriedS * carriedS * tt + WALK * WALK * spanS;
    const p01 = left * (lt + carriedS * tt);
    const p02 = la + carriedS * ta;
    const p11 = left * left * tt + TREND_WALK * TREND_WALK * spanS;
    const p12 = left * ta;
    const seen: State = [p00 - warmerK * p02, p01 - warmerK * p12, p02 - warmerK * aa];
    const variance = seen[0] - warmerK * seen[2] + noise2;
    const gain: State = [seen[0] / variance, seen[1] / variance, seen[2] / variance];
    const e = y - shown(state, warmerK);
    this.likelihood -= (e * e) / (2 * variance) + Math.log(variance) / 2;
    for (const [i, k] of gain.entries()) state[i] = (state[i] as number) + k * e;
    const [k0, k1, k2] = gain;
    const [s0, s1, s2] = seen;
    const [a, b, c] = [p01 - k0 * s1, p02 - k0 * s2, p12 - k1 * s2];
    this.p = [p00 - k0 * s0, a, b, a, p11 - k1 * s1, c, b, c, aa - k2 * s2];
    return { e, variance, gain, left, carriedS, warmerK };
  }
}

/** What a part of a change leaves in one filter: in its estimates, and by now in its innovations. */
class Trace {
  readonly state: State = [0, 0, 0];

  /** The part has come to `value`; returns what the innovation shows of it. */
  take(value: number, { gain, left, carriedS, warmerK }: Innovation): number {
    const { state } = this;
    carry(state, left, carriedS);
    const s = value - shown(state, warmerK);
    state[0] += gain[0] * s;
    state[1] += gain[1] * s;
    state[2] += gain[2] * s;
    return s;
  }
}

/** How well a change correlates with the innovations of one filter. */
export interface Signature {
  /** The change has come to `value` of its unit, in its n-th reading, from 1. */
  take(value: number, n: number, innovation: Innovation): void;
  /** Log likelihood ratio of this change, of the size that fits best, to none. */
  readonly evidence: number;
  /** The size that fits best, in the unit of the change. */
  readonly size: number;
}

/** A change of a given shape. */
export class RampSignature implements Signature {
  private readonly trace = new Trace();
  private es = 0;
  private ss = 0;

  take(value: number, _n: number, innovation: Innovation): void {
    const { e, variance } = innovation;
    const s = this.trace.take(value, innovation);
    this.es += (e * s) / variance;
    this.ss += (s * s) / variance;
  }

  get evidence(): number {
    return this.ss > 0 ? (this.es * this.es) / (2 * this.ss) : 0;
  }

  get size(): number {
    return this.ss > 0 ? this.es / this.ss : 0;
  }
}

/** A step in the middle of a reading: that one shows any part of it, and those after it the whole. */
export class StepSignature implements Signature {
  private readonly first = new Trace();
  private readonly whole = new Trace();
  /** Products of the innovations with both parts, and of the parts with each other. */
  private ea = 0;
  private eb = 0;
  private aa = 0;
  private ab = 0;
  private bb = 0;

  take(_value: number, n: number, innovation: Innovation): void {
    const { e, variance } = innovation;
    const a = this.first.take(n === 1 ? 1 : 0, innovation);
    const b = this.whole.take(n > 1 ? 1 : 0, innovation);
    this.ea += (e * a) / variance;
    this.eb += (e * b) / variance;
    this.aa += (a * a) / variance;
    this.ab += (a * b) / variance;
    this.bb += (b * b) / variance;
  }

  private get determinant(): number {
    return this.aa * this.bb - this.ab * this.ab;
  }

  get evidence(): number {
    const { ea, eb, determinant } = this;
    if (determinant <= LEAST_DETERMINANT * this.aa) return this.aa > 0 ? (ea * ea) / (2 * this.aa) : 0;
    return (ea * ea * this.bb - 2 * ea * eb * this.ab + eb * eb * this.aa) / (2 * determinant);
  }

  get size(): number {
    return this.determinant > LEAST_DETERMINANT * this.aa
      ? (this.eb * this.aa - this.ea * this.ab) / this.determinant
      : 0;
  }

  /** What the step adds to the estimates of the filter once it is known, and to their covariance; null = it is not known yet. */
  get known(): { readonly adds: Readonly<State>; readonly covariance: readonly number[] } | null {
    const { aa, ab, ea, eb, bb, determinant, size } = this;
    if (!(determinant > LEAST_DETERMINANT * aa)) return null;
    const part = (ea * bb - eb * ab) / determinant;
    // By how much the level is more than the filter has taken up, by the unit of each part.
    const [a, b] = [this.first.state, this.whole.state];
    const one: State = [-a[0], -a[1], -a[2]];
    const all: State = [1 - b[0], -b[1], -b[2]];
    const adds: State = [0, 1, 2].map((i) => part * one[i]! + size * all[i]!) as State;
    // D·M⁻¹·Dᵀ: a step and warmth that come together are told apart by neither.
    const covariance = [0, 1, 2].flatMap((i) =>
      [0, 1, 2].map((j) => {
        const mixed = one[i]! * all[j]! + all[i]! * one[j]!;
        return (bb * one[i]! * one[j]! - ab * mixed + aa * all[i]! * all[j]!) / determinant;
      }),
    );
    return { adds, covariance };
  }
}

/** Two parts that no reading tells apart yet. */
const LEAST_DETERMINANT = 1e-9;

type State9 = [number, number, number, number, number, number, number, number, number];

function carry(state: State, left: number, carriedS: number): void {
  state[0] += state[1] * carriedS;
  state[1] *= left;
}

const shown = (state: State, warmerK: number): number => state[0] - warmerK * state[2];
