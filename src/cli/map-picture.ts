/** The map of a search as an SVG: for each pattern of the grid how likely it is to hold, with the trials marked. */
import type { Found } from '../film/finder.ts';
import { axesOfMap, isSamePattern, type PulsePattern } from '../film/grid.ts';
import { outcomeOf, type Predicted, type Trial } from '../film/map.ts';
import { box, disc, drawing, label } from '../wiring/svg.ts';

const CELL = { width: 74, height: 44 } as const;
const LEFT = 92;
const TOP = 104;
const RIGHT = 24;
const BELOW = 96;
const INK = '#1c2430';
const PALE = '#5b6675';
const MIXED = '#1f5fa8';
const SEGREGATED = '#b3261e';
const WHITE = '#ffffff';

export interface MapOf {
  readonly found: Found;
  readonly trials: readonly Trial[];
  readonly simulated: boolean;
}

/** Between white and a colour. */
function shade(colour: string, share: number): string {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return `#${parts
    .map((one) =>
      Math.round(255 + (one - 255) * share)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

/** The picture as text of an SVG file. */
export function mapPicture({ found, trials, simulated }: MapOf): string {
  const { map, pattern } = found;
  const { widths, periods } = axesOfMap(map);
  const width = LEFT + periods.length * CELL.width + RIGHT;
  const height = TOP + widths.length * CELL.height + BELOW;
  const x = (it: PulsePattern): number => LEFT + periods.indexOf(it.periodS) * CELL.width;
  const y = (it: PulsePattern): number => TOP + widths.indexOf(it.onS) * CELL.height;
  const title = 'Patterns of heat that keep the film mixed';
  const bottom = TOP + widths.length * CELL.height;
  const body = [
    label(LEFT, 30, `${title}${simulated ? ' · SIMULATED bench' : ''}`, { size: 16, weight: 600 }),
    label(LEFT, 52, found.why, { size: 12 }),
    label(
      LEFT,
      72,
      `${found.lightS.toFixed(0)} s of light in ${trials.length} trials; each cell at its own warm state`,
      {
        size: 12,
        fill: PALE,
      },
    ),
    ...periods.map((one, i) =>
      label(LEFT + (i + 0.5) * CELL.width, TOP - 8, `${one} s`, { size: 12, anchor: 'middle' }),
    ),
    ...widths.map((one, i) => label(LEFT - 10, TOP + (i + 0.6) * CELL.height, `${one} s`, { size: 12, anchor: 'end' })),
    ...map.flatMap((cell) => cellOf(cell, x(cell), y(cell))),
    ...(pattern
      ? [
          `<rect x="${x(pattern)}" y="${y(pattern)}" width="${CELL.width}" height="${CELL.height}" fill="none" stroke="${INK}" stroke-width="3"/>`,
        ]
      : []),
    ...trials.map((trial) => mark(trial, trials, x(trial), y(trial))),
    label(
      LEFT,
      bottom + 28,
      'Upper figure: probability to hold. Lower figure: log10 of the segregated share ± standard error.',
      { size: 12 },
    ),
    label(LEFT, bottom + 48, 'Columns: period T. Rows: pulse width t. Thick frame: the pattern that was chosen.', {
      size: 12,
    }),
    disc(LEFT + 6, bottom + 66, 5, WHITE, MIXED),
    label(LEFT + 18, bottom + 70, 'tried, stayed mixed', { size: 12 }),
    disc(LEFT + 166, bottom + 66, 5, SEGREGATED, SEGREGATED),
    label(LEFT + 178, bottom + 70, 'tried, segregated', { size: 12 }),
    disc(LEFT + 316, bottom + 66, 5, WHITE, PALE),
    label(LEFT + 328, bottom + 70, 'tried, not seen or too noisy', { size: 12 }),
  ];
  return drawing(width, height, title, body);
}

function cellOf({ holds, log10, error }: Predicted, x: number, y: number): string[] {
  const fill = holds > DARK ? WHITE : INK;
  return [
    box(x, y, CELL.width, CELL.height, { fill: shade(MIXED, 0.9 * holds), stroke: '#dfe3e8', radius: 0 }),
    label(x + CELL.width / 2, y + 19, holds.toFixed(2), { size: 13, anchor: 'middle', fill }),
    label(x + CELL.width / 2, y + 35, `${log10.toFixed(1)} ± ${error.toFixed(1)}`, {
      size: 10,
      anchor: 'middle',
      fill,
    }),
  ];
}
/** On a cell that is this likely to hold dark letters cannot be read. */
const DARK = 0.55;

/** Trials of the same cell stand beside each other. */
function mark(trial: Trial, trials: readonly Trial[], x: number, y: number): string {
  const before = trials.slice(0, trials.indexOf(trial)).filter((one) => isSamePattern(one, trial)).length;
  const outcome = outcomeOf(trial);
  const colour = outcome === 'mixed' ? MIXED : outcome === 'segregated' ? SEGREGATED : PALE;
  const fill = outcome === 'segregated' ? SEGREGATED : WHITE;
  return disc(x + 10 + 12 * before, y + 10, 5, fill, colour);
}
