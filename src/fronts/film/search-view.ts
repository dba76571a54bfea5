/** A search for a pattern as the page shows it, in round figures. */
import type { PulsePattern } from '../../film/grid.ts';
import { outcomeOf, type Predicted, type Trial } from '../../film/map.ts';
import type { FindCell, FindPattern, FindTrial, FindView } from '../../params/page.ts';

const rounded = (value: number): number => Number(value.toPrecision(3));

const patternView = ({ onS, periodS }: PulsePattern): FindPattern => ({ on_s: onS, period_s: periodS });
export const cellView = (cell: PulsePattern | null): FindPattern | null => cell && patternView(cell);

export const trialView = (trial: Trial): FindTrial => ({
  ...patternView(trial),
  outcome: outcomeOf(trial),
  shown: trial.shown === null ? null : rounded(trial.shown),
  error: trial.shown === null ? null : rounded(trial.error),
  light_s: Math.round(trial.lightS),
});

export const foundView = (cell: Predicted): NonNullable<FindView['found']> => ({
  ...patternView(cell),
  holds: rounded(cell.holds),
  swing_k: rounded(cell.swingK),
  duty: rounded(cell.duty),
  mean_c: rounded(cell.meanC),
});

/** A map is rounded once and shown five times a second. */
export class MapView {
  private shown: readonly Predicted[] = [];
  private cells: readonly FindCell[] = [];

  of(map: readonly Predicted[]): readonly FindCell[] {
    if (map !== this.shown) {
      this.shown = map;
      this.cells = map.map((cell) => ({
        ...patternView(cell),
        holds: rounded(cell.holds),
        log10: rounded(cell.log10),
        error: rounded(cell.error),
      }));
    }
    return this.cells;
  }
}
