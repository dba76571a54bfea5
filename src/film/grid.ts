/** Pulse patterns that are worth comparing: 97 pairs of width and period, from what hardly moves a film to what heats it well. */

/** Width and period of a pulse, s. */
export interface PulsePattern {
  readonly onS: number;
  readonly periodS: number;
}

const ON_S = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.3, 1.6, 2] as const;
const PERIODS_S = [2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10] as const;
const DUTY_MAX = 0.4;

/** By width, then by period. */
export const PATTERN_GRID: readonly PulsePattern[] = ON_S.flatMap((onS) =>
  PERIODS_S.filter((periodS) => onS <= DUTY_MAX * periodS + 1e-9).map((periodS) => ({ onS, periodS })),
);

export const isSamePattern = (a: PulsePattern, b: PulsePattern): boolean => a.onS === b.onS && a.periodS === b.periodS;

/** Widths and periods of a map of patterns, s, in order. */
export const axesOfMap = (map: readonly PulsePattern[]): { readonly widths: number[]; readonly periods: number[] } => ({
  widths: inOrder(map.map(({ onS }) => onS)),
  periods: inOrder(map.map(({ periodS }) => periodS)),
});
const inOrder = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

export const dutyOf = ({ onS, periodS }: PulsePattern): number => onS / periodS;
