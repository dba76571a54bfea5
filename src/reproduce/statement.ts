/** One statement of a paper, checked: what it says, what was obtained, within which tolerance. */
export interface Check {
  readonly name: string;
  readonly got: number;
  readonly low: number;
  readonly high: number;
}

export interface Statement {
  readonly id: string;
  readonly paper: string;
  readonly got: Readonly<Record<string, number>>;
  readonly tolerance: string;
  /** What the instruments (thermometers, photodiodes through the converter) saw beside the truth. */
  readonly instrument: Readonly<Record<string, number>>;
  readonly ok: boolean;
  /** result: came out of the simulation; preset: a figure that the preset was given, read back through the optics. */
  readonly basis: 'result' | 'preset';
}

const round = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(5)) : value);
const bound = (value: number): string => String(round(value));

/** `got` within [low, high]. */
export const within = (name: string, got: number, low: number, high: number): Check => ({ name, got, low, high });
/** `got` within `value` ± `tolerance`. */
export const near = (name: string, got: number, value: number, tolerance: number): Check =>
  within(name, got, value - tolerance, value + tolerance);
export const atMost = (name: string, got: number, high: number): Check =>
  within(name, got, Number.NEGATIVE_INFINITY, high);
export const atLeast = (name: string, got: number, low: number): Check =>
  within(name, got, low, Number.POSITIVE_INFINITY);

function toleranceOf({ name, low, high }: Check): string {
  if (low === Number.NEGATIVE_INFINITY) return `${name} <= ${bound(high)}`;
  if (high === Number.POSITIVE_INFINITY) return `${name} >= ${bound(low)}`;
  return `${name} ${bound(low)}..${bound(high)}`;
}

/** Puts the checks of one statement together. NaN is never ok. */
export function statement(
  id: string,
  paper: string,
  checks: readonly Check[],
  instrument: Readonly<Record<string, number>> = {},
  basis: Statement['basis'] = 'result',
): Statement {
  return {
    id,
    paper,
    got: Object.fromEntries(checks.map(({ name, got }) => [name, round(got)])),
    tolerance: checks.map(toleranceOf).join('; '),
    instrument: Object.fromEntries(Object.entries(instrument).map(([name, value]) => [name, round(value)])),
    ok: checks.every(({ got, low, high }) => got >= low && got <= high),
    basis,
  };
}
