/** A suite of a campaign: which tasks there are, what one does, and which lines their results make. */
import type { Population } from './heat/bench.ts';
import type { Line } from './heat/line.ts';

/** Tasks and results are the suite’s own business. */
export interface Suite<T, R> {
  /** `n`: how many benches, null = as many as the suite’s figures need. */
  readonly tasks: (from: Population, n: number | null) => T[];
  readonly run: (task: T) => Promise<R>;
  readonly lines: (tasks: readonly T[], results: readonly R[]) => Line[];
}
export const suite = <T, R>(it: Suite<T, R>): Suite<unknown, unknown> => it as Suite<unknown, unknown>;
