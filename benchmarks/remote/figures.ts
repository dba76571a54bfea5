/** What a campaign hands out: one line a figure, and the means to make one. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Of `n`, how many never came; 0 where nothing can be lost. */
  readonly lost?: number;
  readonly duplicated?: number;
  readonly n: number;
}

/** What a campaign is given. */
export interface Campaign {
  /** The counts of a release, not those of a minute. */
  readonly long: boolean;
  readonly seed: number;
  readonly print: (figure: Figure) => void;
  /** What ends a thing that was started, last first: called when the campaign is over, fails, or is broken off. */
  readonly atEnd: (end: () => unknown) => void;
}

/** One JSON line with `json`, else a line for people. */
export function lineOf(figure: Figure, json: boolean): string {
  const { name, unit, n, lost = 0, duplicated = 0 } = figure;
  const value = Number.isFinite(figure.value) ? Number(figure.value.toPrecision(4)) : null;
  if (json) return JSON.stringify({ name, value, unit, lost, duplicated, n });
  return `${name.padEnd(52)}${String(value).padStart(10)} ${unit.padEnd(24)} n ${n}, lost ${lost}, duplicated ${duplicated}`;
}

/** The value that a share of a list does not exceed. */
export const quantile = (list: readonly number[], share: number): number =>
  [...list].sort((a, b) => a - b)[Math.max(0, Math.ceil(share * list.length) - 1)] ?? Number.NaN;

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

/** The heap after garbage collection. */
export function heapMb(): number {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
}
