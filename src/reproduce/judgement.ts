/**
 * A statement of a paper by the records alone: it holds, it does not hold, or it cannot be told. The truth of the simulated film
 * is opened afterwards, by `compare`, and changes no word.
 */
import type { Lab } from './lab.ts';
import type { Records } from './records.ts';
import { type Check, round, toleranceOf } from './statement.ts';

export type Word = 'holds' | 'does not hold' | 'cannot be told';

/** What the records allow a figure to be. */
export interface Reading {
  readonly low: number;
  readonly high: number;
  /** Detection limit of a share; null = the figure is none. */
  readonly limit: number | null;
  /** Why the figure is not known better than from `low` to `high`; null = it is known. */
  readonly doubt: string | null;
}

/** One figure of a statement: its bounds, what the records say of it, and how the truth is read. */
export interface Figure {
  readonly bound: (got: number) => Check;
  readonly reading: Reading;
  readonly truth: (lab: Lab) => number;
}

/** The only way to a run that a judgement has. */
export type See = (...run: Parameters<Lab['run']>) => Records;

export interface Claim {
  readonly id: string;
  readonly paper: string;
  readonly figures: readonly Figure[];
}

export interface JudgedFigure extends Reading {
  readonly name: string;
  readonly allowed: string;
  readonly word: Word;
  /** Why it cannot be told; null where it can. */
  readonly why: string | null;
}

export interface Judged {
  readonly id: string;
  readonly paper: string;
  readonly word: Word;
  /** The largest detection limit of its shares; null where it has none. */
  readonly limit: number | null;
  readonly figures: readonly JudgedFigure[];
}

const UNDETECTED = 'below the detection limit';
const VAGUE = 'the bound is within the error';

/**
 * A share is at most `high` where it is not seen above it or above the detection limit, and that limit is no larger. What is not
 * known well enough to be inside or outside cannot be told.
 */
export function judge(
  { low, high, limit, doubt }: Reading,
  bound: Pick<Check, 'low' | 'high'>,
): { word: Word; why: string | null } {
  const untold = (why: string) => ({ word: 'cannot be told', why }) as const;
  if (Number.isNaN(low) || Number.isNaN(high)) return untold(doubt ?? 'no reading');
  const detected = limit ?? Number.NEGATIVE_INFINITY;
  // What is asked to be there at all must be more than what could be there unseen.
  const unseen = bound.low > 0 ? detected : Number.NEGATIVE_INFINITY;
  if (low > Math.max(bound.high, detected) || Math.max(high, unseen) < bound.low)
    return { word: 'does not hold', why: null };
  if (detected > bound.high || unseen > bound.low) return untold(UNDETECTED);
  if (high > bound.high || low < bound.low) return untold(doubt ?? VAGUE);
  return { word: 'holds', why: null };
}

/** One figure that fails decides; else one that cannot be told. */
const worst = (words: readonly Word[]): Word =>
  (['does not hold', 'cannot be told'] as const).find((word) => words.includes(word)) ?? 'holds';

export function judged({ id, paper, figures }: Claim): Judged {
  const list = figures.map(({ bound, reading }): JudgedFigure => {
    const check = bound(Number.NaN);
    const { low, high, limit, doubt } = reading;
    const shown = { low: round(low), high: round(high), limit: limit === null ? null : round(limit), doubt };
    return { name: check.name, allowed: toleranceOf(check), ...shown, ...judge(reading, check) };
  });
  const limits = list.flatMap(({ limit }) => (limit === null ? [] : [limit]));
  return {
    id,
    paper,
    word: worst(list.map(({ word }) => word)),
    limit: limits.length > 0 ? Math.max(...limits) : null,
    figures: list,
  };
}

export interface Compared extends Judged {
  /** The same figures by the truth of the simulated film, opened after the judgement. */
  readonly truth: Readonly<Record<string, number>>;
  readonly truthHolds: boolean;
  /** Figures that the records and the truth judge differently. */
  readonly differ: readonly string[];
}

/** Opens the truth beside what was judged. */
export function compare(claim: Claim, by: Judged, lab: Lab): Compared {
  const truths = claim.figures.map(({ bound, truth }) => bound(truth(lab)));
  const inside = ({ got, low, high }: Check): boolean => Number.isFinite(got) && got >= low && got <= high;
  const differ = by.figures.filter(
    ({ word }, i) => word !== 'cannot be told' && (word === 'holds') !== inside(truths[i]!),
  );
  return {
    ...by,
    truth: Object.fromEntries(truths.map(({ name, got }) => [name, round(got)])),
    truthHolds: truths.every(inside),
    differ: differ.map(({ name }) => name),
  };
}
