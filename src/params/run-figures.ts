/** Figures of merit of a run, declared once: their names in JSON, labels and units on every screen and in every table. */

export interface RunFigureRow {
  readonly label: string;
  readonly unit: string;
  /** Digits after the point. */
  readonly decimals: number;
  /** What it is, where the label does not say it. */
  readonly note?: string;
}

export const RUN_FIGURES = {
  durationS: { label: 'Duration', unit: 's', decimals: 1, note: 'from the first to the last row of the recipe' },
  recordedS: { label: 'of it recorded', unit: 's', decimals: 1, note: 'without gaps between the rows' },
  litS: { label: 'Lit time', unit: 's', decimals: 1 },
  firstAlarmS: { label: 'First alarm', unit: 's', decimals: 1, note: 'an alarming verdict or a user alarm' },
  meanFilmC: { label: 'Mean temperature', unit: '°C', decimals: 2 },
  swingK: { label: 'Mean swing of the film', unit: 'K', decimals: 2, note: 'of swing_k, one value a cycle' },
  swingCycles: { label: 'Cycles in the mean swing', unit: '', decimals: 0 },
  dutyAchieved: {
    label: 'Duty achieved',
    unit: '1',
    decimals: 4,
    note: 'by the edges of the gate, of what was recorded',
  },
  thermalCycles: { label: 'Thermal cycles', unit: '', decimals: 0 },
  pulses: { label: 'Pulses of heat', unit: '', decimals: 0, note: 'without those of the proof test' },
  trips: { label: 'Trips', unit: '', decimals: 0 },
  chargeC: {
    label: 'Charge',
    unit: 'C',
    decimals: 2,
    note: 'mean current in the pulses times the time the gate was high',
  },
  energyJ: { label: 'Energy', unit: 'J', decimals: 2, note: 'the same with the supply voltage' },
  initialPl: { label: 'Initial mixed emission', unit: '', decimals: 5, note: 'mean of the first three lit cycles' },
  t95S: { label: 'T95 (PL proxy)', unit: 's', decimals: 0 },
  t80S: { label: 'T80 (PL proxy)', unit: 's', decimals: 0 },
  burnInEndS: { label: 'End of the burn-in (PL proxy)', unit: 's', decimals: 0 },
  ts95S: { label: 'Ts95 (PL proxy)', unit: 's', decimals: 0 },
  ts80S: { label: 'Ts80 (PL proxy)', unit: 's', decimals: 0 },
} as const satisfies Record<string, RunFigureRow>;

export type RunFigureName = keyof typeof RUN_FIGURES;
export const RUN_FIGURE_NAMES = Object.keys(RUN_FIGURES) as RunFigureName[];
export const runFigureRow = (name: RunFigureName): RunFigureRow => RUN_FIGURES[name];
