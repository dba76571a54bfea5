/** One statement of a paper, checked: what it says, what was obtained, within which tolerance. */
export interface Check {
  readonly name: string;
  readonly got: number;
  readonly low: number;
  readonly high: number;
  /** The figure was given to the preset and is only read back. */
  readonly preset?: true;
}

export interface Statement {
  readonly id: string;
  readonly paper: string;
  readonly got: Readonly<Record<string, number>>;
  readonly tolerance: string;
  /** What the instruments (thermometers, photodiodes through the converter) saw beside the truth. */
  readonly instrument: Readonly<Record<string, number>>;
  /** Truth and instruments are all within their tolerances. */
  readonly ok: boolean;
  /** result: came out of the simulation; preset: figures that the preset was given, read back through the optics; part: both. */
  readonly basis: 'result' | 'preset' | 'part';
  /** Which figures were read back from the preset. */
  readonly presets: readonly string[];
}

export const round = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(5)) : value);
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

/** Marks a figure as read back from the preset. */
export const preset = (check: Check): Check => ({ ...check, preset: true });

/** A figure of an instrument: only shown, or judged like one of the truth. Its key is its name. */
export type Seen = Readonly<Record<string, number | Check>>;

export function toleranceOf({ name, low, high }: Check): string {
  if (low === Number.NEGATIVE_INFINITY) return `${name} <= ${bound(high)}`;
  if (high === Number.POSITIVE_INFINITY) return `${name} >= ${bound(low)}`;
  return `${name} ${bound(low)}..${bound(high)}`;
}

/** Puts the checks of one statement together, those of the instruments too. NaN is never ok. */
export function statement(id: string, paper: string, checks: readonly Check[], instrument: Seen = {}): Statement {
  const judged = Object.entries(instrument).flatMap(([name, seen]) =>
    typeof seen === 'number' ? [] : [{ ...seen, name }],
  );
  const all = [...checks, ...judged];
  const presets = checks.filter((check) => check.preset).map(({ name }) => name);
  return {
    id,
    paper,
    got: Object.fromEntries(checks.map(({ name, got }) => [name, round(got)])),
    tolerance: all.map(toleranceOf).join('; '),
    instrument: Object.fromEntries(
      Object.entries(instrument).map(([name, seen]) => [name, round(typeof seen === 'number' ? seen : seen.got)]),
    ),
    ok: all.every(({ got, low, high }) => got >= low && got <= high),
    basis: presets.length === 0 ? 'result' : presets.length === checks.length ? 'preset' : 'part',
    presets,
  };
}
