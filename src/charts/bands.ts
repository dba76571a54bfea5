/** Stretches of time as bands that are told apart by their pattern and their words, and never by a colour alone. */
import { type Axis, axes, escapeHtml, figure, frameOf, legend, type Picture, px, svgOf } from './plot.ts';

export interface Band {
  readonly from: number;
  readonly to: number;
  /** Place of its kind in `kinds`. */
  readonly kind: number;
}

export interface BandRow {
  readonly label: string;
  readonly bands: readonly Band[];
}

export interface Bands extends Omit<Picture, 'height'> {
  /** Names of the kinds; the pattern of each is its place. */
  readonly kinds: readonly string[];
  readonly rows: readonly BandRow[];
}

/** Lines inside a tile of 8 px: empty, dots, one way, crossed, the other way, full, upright. */
const TILES = [
  '',
  '<path class="hatch" stroke-width="2" stroke-linecap="round" d="M4 4h0"/>',
  '<path class="hatch" d="M0 8L8 0"/>',
  '<path class="hatch" stroke-width="1.5" d="M0 8L8 0M0 0L8 8"/>',
  '<path class="hatch" stroke-dasharray="2 2" d="M0 0L8 8"/>',
  '<rect class="ink" width="8" height="8"/>',
  '<path class="hatch" stroke-width=".7" d="M4 0V8"/>',
] as const;

const ROW = 46;
const HEIGHT = 30;
const BELOW = 48;
/** A band that is as wide as its word has it inside. */
const CHAR_PX = 7.5;

const tileId = (key: string, kind: number): string => `${key}-${kind % TILES.length}`;
const patterns = (key: string): string =>
  `<defs>${TILES.map(
    (tile, kind) =>
      `<pattern id="${tileId(key, kind)}" width="8" height="8" patternUnits="userSpaceOnUse"><rect class="paper" width="8" height="8"/>${tile}</pattern>`,
  ).join('')}</defs>`;

/** The kinds that are shown, with a piece of each. `key` tells the patterns of one drawing from those of another. */
export function bandKey({ kinds, rows }: Bands, key: string) {
  const shown = new Set(rows.flatMap(({ bands }) => bands.map(({ kind }) => kind)));
  return kinds.flatMap((label, kind) =>
    shown.has(kind)
      ? [{ label, swatch: `<rect class="band" x="1" y="1" width="26" height="10" fill="url(#${tileId(key, kind)})"/>` }]
      : [],
  );
}

const pictureOf = (b: Bands): Picture => ({ ...b, height: 12 + ROW * b.rows.length + BELOW });

/** What is drawn inside the picture. */
export function bandsContent(b: Bands, key: string): string {
  const y: Axis = { label: '', from: 0, to: b.rows.length };
  const f = frameOf(pictureOf(b), y, 16);
  const rows = b.rows.map((row, n) => {
    const top = f.top + ROW * n + (ROW - HEIGHT);
    const bands = row.bands.map(({ from, to, kind }) => {
      const [left, right] = [f.x(from), f.x(to)];
      const name = b.kinds[kind] ?? '';
      const fits = right - left > CHAR_PX * name.length;
      const middle = px((left + right) / 2);
      const word = fits
        ? `<rect class="paper" x="${px((left + right) / 2 - (CHAR_PX * name.length) / 2)}" y="${px(top + 7)}" width="${px(CHAR_PX * name.length)}" height="16"/>` +
          `<text x="${middle}" y="${px(top + 19)}" text-anchor="middle">${escapeHtml(name)}</text>`
        : '';
      return (
        `<rect class="band" x="${px(left)}" y="${px(top)}" width="${px(Math.max(0.5, right - left))}" height="${HEIGHT}" ` +
        `fill="url(#${tileId(key, kind)})"><title>${escapeHtml(name)}</title></rect>${word}`
      );
    });
    return `<text x="${px(f.left)}" y="${px(top - 4)}">${escapeHtml(row.label)}</text>${bands.join('')}`;
  });
  // Rows have names and no scale.
  return patterns(key) + axes(f, b.x, { ...y, from: Number.NaN, to: Number.NaN }, false) + rows.join('');
}

/** The picture with its key. */
export const bandsFigure = (b: Bands, key: string): string =>
  figure(pictureOf(b), legend(bandKey(b, key)), svgOf(pictureOf(b), bandsContent(b, key)));

export const bandsHeight = (b: Bands): number => pictureOf(b).height;
