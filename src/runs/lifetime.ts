/**
 * T95, T80 and their forms after burn-in, of averages per cycle (Khenkin et al. 2020, Nature Energy 5, 35, Table 5). The paper
 * defines them for the efficiency of solar cells; here the mixed photoluminescence stands for it, which is a proxy: warmth and a
 * change of the optics lower it as well.
 */
import type { Cycle } from './cycles.ts';

/** A value, or null and why there is none. */
export type Figure = { readonly value: number; readonly why?: never } | { readonly value: null; readonly why: string };

export interface Lifetimes {
  /** The initial value: mean of the first cycles that were lit from end to end, in the unit of the basis. */
  readonly initial: Figure;
  /** What T95 and T80 go by: the initial value, or the highest value of an emission that first increased. */
  readonly reference: 'initial' | 'maximum';
  /** s since the first of these cycles began. */
  readonly t95: Figure;
  readonly t80: Figure;
  /** End of the burn-in, s since the first of these cycles began. */
  readonly burnInEnd: Figure;
  readonly ts95: Figure;
  readonly ts80: Figure;
}

/** The initial value is the mean of so many cycles, and a fall counts when so many in a row are below the level. */
export const CONFIRMED = 3;
/** An emission that rises by more than this share goes by its maximum, as Table 5 asks. */
export const RISES = 0.02;
/** The burn-in is over when a straight line through so much time changes by less than this share of the initial value. */
export const SETTLED = { windowS: 600, share: 0.01 } as const;

/** A level that is crossed while nothing is known for longer than this, s, is crossed at no time that anybody could tell. */
export const HOLE_S = 60;

interface Points {
  /** Middle of each cycle, s since the first one began. */
  readonly t: readonly number[];
  /** What is missing or dark between each cycle and the one before it, s. */
  readonly hole: readonly number[];
  readonly y: readonly number[];
}

const none = (why: string): Figure => ({ value: null, why });

/** Lifetimes of the cycles that were lit from end to end. */
export function lifetimesOf(cycles: readonly Cycle[]): Lifetimes {
  const lit = cycles.filter(({ pl }) => Number.isFinite(pl));
  const [first] = lit;
  if (!first || lit.length < CONFIRMED) {
    const why = `fewer than ${CONFIRMED} whole cycles in the light`;
    return {
      initial: none(why),
      reference: 'initial',
      t95: none(why),
      t80: none(why),
      burnInEnd: none(why),
      ts95: none(why),
      ts80: none(why),
    };
  }
  const points = {
    t: lit.map(({ fromS, toS }) => (fromS + toS) / 2 - first.fromS),
    hole: lit.map(({ fromS }, i) => fromS - (lit[i - 1]?.toS ?? fromS)),
    y: lit.map(({ pl }) => pl),
  };
  const initial = meanOf(points.y, 0, CONFIRMED);
  if (!(initial > 0)) {
    const why = 'no emission above the dark level at the start';
    return {
      initial: none(why),
      reference: 'initial',
      t95: none(why),
      t80: none(why),
      burnInEnd: none(why),
      ts95: none(why),
      ts80: none(why),
    };
  }
  const top = highest(points.y);
  const rises = top.value > (1 + RISES) * initial;
  const [level, from] = rises ? [top.value, top.at] : [initial, 0];
  const endS = (lit.at(-1)?.toS ?? 0) - first.fromS;
  const fall = (share: number, of: number, after: number): Figure => fallBelow(points, share * of, after, endS);
  const settled = burnIn(points, initial);
  const late = (share: number): Figure =>
    settled === null ? none(UNSETTLED) : fall(share, settled.atStart, settled.at);
  return {
    initial: { value: initial },
    reference: rises ? 'maximum' : 'initial',
    t95: fall(0.95, level, from),
    t80: fall(0.8, level, from),
    burnInEnd: settled === null ? none(UNSETTLED) : { value: points.t[settled.at] ?? 0 },
    ts95: late(0.95),
    ts80: late(0.8),
  };
}

const UNSETTLED = `no ${SETTLED.windowS} s in which the emission changed by less than ${100 * SETTLED.share} %`;

function meanOf(y: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i += 1) sum += y[i] ?? 0;
  return sum / (to - from);
}

/** The highest mean of some cycles in a row, and the last of these cycles. */
function highest(y: readonly number[]): { value: number; at: number } {
  let best = { value: Number.NEGATIVE_INFINITY, at: 0 };
  for (let at = CONFIRMED; at <= y.length; at += 1) {
    const value = meanOf(y, at - CONFIRMED, at);
    if (value > best.value) best = { value, at: at - 1 };
  }
  return best;
}

/** When the averages fall below a level for good: the first of some cycles in a row, on the line from the cycle before it. */
function fallBelow({ t, y, hole }: Points, level: number, from: number, endS: number): Figure {
  let below = 0;
  for (let i = from; i < y.length; i += 1) {
    below = (y[i] ?? 0) < level ? below + 1 : 0;
    if (below < CONFIRMED) continue;
    const at = i - CONFIRMED + 1;
    const [t1 = 0, y1 = 0] = [t[at], y[at]];
    if (at === 0) return { value: t1 };
    const [t0 = 0, y0 = 0] = [t[at - 1], y[at - 1]];
    if ((hole[at] ?? 0) > HOLE_S) return none(`between ${seconds(t0)} and ${seconds(t1)} s, which is missing or dark`);
    return { value: t0 + ((y0 - level) / (y0 - y1)) * (t1 - t0) };
  }
  return none(`not reached in ${seconds(endS)} s`);
}

const seconds = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 });

/**
 * Where the burn-in ends, and the value at t = 0 of the straight line through all cycles from there on, which is what the fall
 * after burn-in goes by. Sums are moved along, so that a day of cycles costs one pass.
 */
function burnIn(points: Points, initial: number): { at: number; atStart: number } | null {
  const { t } = points;
  const window = new Line();
  let to = 0;
  for (let at = 0; at < t.length; at += 1) {
    while (to < t.length && (t[to] ?? 0) < (t[at] ?? 0) + SETTLED.windowS) window.add(points, to++, 1);
    // Without a cycle after the window nobody knows whether it is whole.
    if (to >= t.length) return null;
    if (points.hole.slice(at + 1, to).some((s) => s > HOLE_S)) {
      window.add(points, at, -1);
      continue;
    }
    if (Math.abs(window.slope) * SETTLED.windowS < SETTLED.share * initial) {
      const rest = new Line();
      for (let i = at; i < t.length; i += 1) rest.add(points, i, 1);
      return { at, atStart: rest.atStart };
    }
    window.add(points, at, -1);
  }
  return null;
}

/** A straight line of least squares through points that come and go. */
class Line {
  private n = 0;
  private t = 0;
  private y = 0;
  private tt = 0;
  private ty = 0;

  add(points: Points, i: number, weight: 1 | -1): void {
    const [t = 0, y = 0] = [points.t[i], points.y[i]];
    this.n += weight;
    this.t += weight * t;
    this.y += weight * y;
    this.tt += weight * t * t;
    this.ty += weight * t * y;
  }

  get slope(): number {
    const spread = this.n * this.tt - this.t * this.t;
    return spread > 0 ? (this.n * this.ty - this.t * this.y) / spread : Number.NaN;
  }

  get atStart(): number {
    return this.n > 0 ? (this.y - this.slope * this.t) / this.n : Number.NaN;
  }
}
