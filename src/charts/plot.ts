/** Plots as inline SVG and spectrum-against-time maps as inline PNG: pictures that need no script and no network. */
import { crc32, deflateSync } from 'node:zlib';

export interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

/** A stretch of time on an axis of its own: seconds or minutes since `zeroS`. */
export class Stretch {
  readonly axis: Axis;
  constructor(
    readonly fromS: number,
    readonly toS: number,
    readonly zeroS: number,
    since: string,
    readonly unit: 's' | 'min' = 's',
  ) {
    this.axis = { label: `time since ${since} (${unit})`, from: this.at(fromS), to: this.at(toS) };
  }
  at(t: number): number {
    return (t - this.zeroS) / (this.unit === 'min' ? 60 : 1);
  }
}

/** `tone` is a colour class of the page: c0..c6 for kinds of things, q0..q6 for an order (early to late). */
export interface Line {
  readonly label: string;
  readonly tone: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** `steps` holds a value until the next one. */
  readonly style?: 'thin' | 'dashed' | 'dotted' | 'dashdot' | 'long' | 'steps' | 'points';
}

/** A moment, drawn as an upright line with its name above the frame. */
export interface Mark {
  readonly at: number;
  readonly label: string;
}

export interface Picture {
  readonly title: string;
  readonly note?: string;
  readonly x: Axis;
  readonly width: number;
  readonly height: number;
  readonly marks?: readonly Mark[];
}

export interface Plot extends Picture {
  /** As wide a margin on the right as a map has, to share its time axis. */
  readonly besideMap?: boolean;
  /** Without limits the axis takes in all that is shown; with one limit it goes at least that far. */
  readonly y: { readonly label: string; readonly from?: number; readonly to?: number };
  readonly lines: readonly Line[];
}

export interface HeatMap extends Picture {
  readonly y: Axis;
  /** One entry per pixel column, values from the bottom of the axis to its top; null where there is nothing to show. */
  readonly columns: readonly (ArrayLike<number> | null)[];
  readonly scale: { readonly label: string; readonly to: number };
}

export const MARGIN = { left: 62, right: 16, bottom: 48, scale: 84 } as const;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);

/** Escaped, with the signs that a keyboard lacks. */
export const typeset = (text: string): string =>
  escapeHtml(text.replaceAll('->', '→').replaceAll('<=', '≤').replaceAll('>=', '≥').replaceAll('..', ' … '));

// --- axes

/** Round values (1, 2 or 5 times a power of ten) from `from` to `to`, about `wanted` of them, with their labels. */
export function ticks(from: number, to: number, wanted: number): { readonly value: number; readonly label: string }[] {
  const raw = (to - from) / wanted;
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((m) => m * power >= raw * 0.999) ?? 10);
  const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const found = [];
  for (let k = Math.ceil(from / step - 1e-6); k <= (to + (to - from) * 1e-3) / step; k += 1) {
    found.push({ value: k * step, label: (k * step).toFixed(digits).replace('-', '−') });
  }
  return found;
}

/** The rectangle that data are drawn in, and where a value lies in it. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

const clampTo = (value: number, a: number, b: number): number => Math.max(a, Math.min(b, value));
export const px = (value: number): string => String(Math.round(value * 10) / 10);

export function frameOf({ width, height, marks, x }: Picture, y: Axis, right: number): Frame {
  const f = { left: MARGIN.left, right: width - right, top: marks?.length ? 26 : 12, bottom: height - MARGIN.bottom };
  const span = (axis: Axis): number => axis.to - axis.from || 1;
  return {
    ...f,
    x: (v) => clampTo(f.left + ((v - x.from) / span(x)) * (f.right - f.left), f.left, f.right),
    y: (v) => clampTo(f.bottom - ((v - y.from) / span(y)) * (f.bottom - f.top), f.top, f.bottom),
  };
}

export function axes(f: Frame, x: Axis, y: Axis, grid: boolean): string {
  const parts: string[] = [];
  for (const { value, label } of ticks(x.from, x.to, (f.right - f.left) / 72)) {
    const at = px(f.x(value));
    if (grid) parts.push(`<path class="grid" d="M${at} ${px(f.top)}V${px(f.bottom)}"/>`);
    parts.push(`<path class="axis" d="M${at} ${px(f.bottom)}v5"/>`);
    parts.push(`<text x="${at}" y="${px(f.bottom + 18)}" text-anchor="middle">${label}</text>`);
  }
  for (const { value, label } of ticks(y.from, y.to, (f.bottom - f.top) / 34)) {
    const at = px(f.y(value));
    if (grid) parts.push(`<path class="grid" d="M${px(f.left)} ${at}H${px(f.right)}"/>`);
    parts.push(`<path class="axis" d="M${px(f.left)} ${at}h-5"/>`);
    parts.push(`<text x="${px(f.left - 8)}" y="${px(f.y(value) + 4)}" text-anchor="end">${label}</text>`);
  }
  const middleY = px((f.top + f.bottom) / 2);
  parts.push(
    `<path class="axis" fill="none" d="M${px(f.left)} ${px(f.top)}H${px(f.right)}V${px(f.bottom)}H${px(f.left)}Z"/>`,
  );
  parts.push(
    `<text x="${px((f.left + f.right) / 2)}" y="${px(f.bottom + 38)}" text-anchor="middle">${escapeHtml(x.label)}</text>`,
    `<text transform="translate(14 ${middleY}) rotate(-90)" text-anchor="middle">${escapeHtml(y.label)}</text>`,
  );
  return parts.join('');
}

export function drawMarks(f: Frame, x: Axis, marks: readonly Mark[] = []): string {
  return marks
    .filter(({ at }) => at >= x.from && at <= x.to)
    .map(({ at, label }) => {
      const share = (at - x.from) / (x.to - x.from);
      const anchor = share < 0.15 ? 'start' : share > 0.85 ? 'end' : 'middle';
      const left = px(f.x(at));
      return (
        `<path class="mark" d="M${left} ${px(f.top - 6)}V${px(f.bottom)}"/>` +
        `<text x="${left}" y="${px(f.top - 11)}" text-anchor="${anchor}">${escapeHtml(label)}</text>`
      );
    })
    .join('');
}

// --- lines

/**
 * Indices that draw the same picture as all of them: the lowest and the highest point of every pixel column, so that
 * ripple and spikes stay. −1 stands for a gap (a column without a reading).
 */
export function decimate(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  from: number,
  to: number,
  columns: number,
): number[] {
  const kept: number[] = [];
  let column = Number.NEGATIVE_INFINITY;
  let low = -1;
  let high = -1;
  let samples = 0;
  const close = (): void => {
    if (low >= 0) {
      kept.push(Math.min(low, high));
      if (low !== high) kept.push(Math.max(low, high));
    } else if (samples > 0 && kept.length > 0 && kept.at(-1) !== -1) kept.push(-1);
  };
  for (let i = 0; i < xs.length; i += 1) {
    const x = xs[i]!;
    const y = ys[i] ?? Number.NaN;
    if (!(x >= from && x <= to)) continue;
    const here = Math.floor(((x - from) / (to - from)) * columns);
    if (here !== column) {
      close();
      column = here;
      low = -1;
      high = -1;
      samples = 0;
    }
    samples += 1;
    if (!Number.isFinite(y)) continue;
    if (low < 0 || y < ys[low]!) low = i;
    if (high < 0 || y > ys[high]!) high = i;
  }
  close();
  if (kept.at(-1) === -1) kept.pop();
  return kept;
}

function drawLine(f: Frame, { x, y, tone, style }: Line, kept: readonly number[]): string {
  const points = kept.map((i) => (i < 0 ? null : ([px(f.x(x[i]!)), px(f.y(y[i]!))] as const)));
  if (style === 'points') {
    return points.map((p) => (p ? `<circle class="${tone}" cx="${p[0]}" cy="${p[1]}" r="4"/>` : '')).join('');
  }
  let d = '';
  let pen = 'M';
  for (const point of points) {
    if (point) d += pen === 'L' && style === 'steps' ? `H${point[0]}V${point[1]}` : `${pen}${point[0]} ${point[1]}`;
    pen = point === null ? 'M' : 'L';
  }
  return d === '' ? '' : `<path class="line ${tone}${style ? ` ${style}` : ''}" d="${d}"/>`;
}

/** A piece of the line, 28 px by 12 px. */
export const swatchOf = ({ tone, style }: Pick<Line, 'tone' | 'style'>): string =>
  style === 'points'
    ? `<circle class="${tone}" cx="14" cy="6" r="4"/>`
    : `<path class="line ${tone}${style ? ` ${style}` : ''}" d="M1 6H27"/>`;

/** A key of swatches and their names. */
export function legend(entries: readonly { readonly label: string; readonly swatch: string }[]): string {
  if (entries.length < 2) return '';
  const entry = ({ label, swatch }: { label: string; swatch: string }): string =>
    `<li><svg width="28" height="12" aria-hidden="true">${swatch}</svg>${escapeHtml(label)}</li>`;
  return `<ul class="legend">${entries.map(entry).join('')}</ul>`;
}

/** The drawing with its title above and its key beside it. */
export const figure = ({ title, note, width }: Picture, key: string, svg: string): string =>
  `<figure style="width:${width}px"><figcaption><b>${escapeHtml(title)}</b>${note ? ` ${escapeHtml(note)}` : ''}</figcaption>` +
  `${key}<div class="scroll">${svg}</div></figure>\n`;

export const svgOf = ({ title, width, height }: Picture, content: string): string =>
  `<svg role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-label="${escapeHtml(title)}">` +
  `<title>${escapeHtml(title)}</title>${content}</svg>`;

/** The key of a diagram. */
export const keyOf = ({ lines }: Plot) => lines.map((line) => ({ label: line.label, swatch: swatchOf(line) }));

/** A diagram of lines. The legend is text beside it, so it never covers data. */
export const plot = (p: Plot): string => figure(p, legend(keyOf(p)), svgOf(p, contentOf(p)));

/** What is drawn inside the picture of a diagram. */
export function contentOf(p: Plot): string {
  const right = p.besideMap ? MARGIN.scale : MARGIN.right;
  const columns = Math.max(1, p.width - MARGIN.left - right);
  const kept = p.lines.map((line) =>
    decimate(line.x, line.y, p.x.from, p.x.to, line.style === 'points' ? 1e6 : columns),
  );
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  p.lines.forEach((line, n) => {
    for (const i of kept[n]!) {
      if (i < 0) continue;
      low = Math.min(low, line.y[i]!);
      high = Math.max(high, line.y[i]!);
    }
  });
  const empty = low > high;
  if (empty) [low, high] = [0, 1];
  const pad = (high - low || Math.abs(high) || 1) * 0.05;
  const from = p.y.from !== undefined && p.y.from <= low ? p.y.from : low - pad;
  const to = p.y.to !== undefined && p.y.to >= high ? p.y.to : high + pad;
  const y = { label: p.y.label, from, to };
  const f = frameOf(p, y, right);
  const drawn = p.lines.map((line, n) => drawLine(f, line, kept[n]!)).join('');
  const nothing = `<text x="${px((f.left + f.right) / 2)}" y="${px((f.top + f.bottom) / 2)}" text-anchor="middle">no data</text>`;
  return axes(f, p.x, y, true) + drawMarks(f, p.x, p.marks) + (empty ? nothing : drawn);
}

// --- maps

/** Anchors of a perceptually ordered palette (after viridis): lightness only ever grows. */
const ANCHORS = ['440154', '482878', '3b528b', '2c728e', '21918c', '28ae80', '5ec962', 'addc30', 'fde725'].map((hex) =>
  [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)),
);

/** Red, green and blue of a share 0..1. */
export function colourOf(share: number): readonly [number, number, number] {
  const at = clampTo(share, 0, 1) * (ANCHORS.length - 1);
  const n = Math.min(ANCHORS.length - 2, Math.floor(at));
  const mix = (c: number): number => Math.round(ANCHORS[n]![c]! + (ANCHORS[n + 1]![c]! - ANCHORS[n]![c]!) * (at - n));
  return [mix(0), mix(1), mix(2)];
}

/** Entry 0 is transparent (nothing to show), 1..255 is the palette. */
const PALETTE = Buffer.from(Array.from({ length: 256 }, (_, i) => colourOf((i - 1) / 254)).flat());
const indexOf = (share: number): number => (Number.isFinite(share) ? 1 + Math.round(254 * clampTo(share, 0, 1)) : 0);

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** An 8-bit palette PNG as a data URI; `pixel` gives the palette entry, rows from the top. */
export function pngUri(width: number, height: number, pixel: (column: number, row: number) => number): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) rows[row * (width + 1) + 1 + column] = pixel(column, row);
  }
  const file = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', PALETTE),
    chunk('tRNS', Buffer.from([0])),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${file.toString('base64')}`;
}

/** Pixel columns a map of this width has. */
export const mapColumns = (width: number): number => Math.max(1, Math.floor(width - MARGIN.left - MARGIN.scale));

/** A picture of a quantity over two axes, with its colour scale. */
export function heatmap(m: HeatMap): string {
  const f = frameOf(m, m.y, MARGIN.scale);
  const rows = Math.max(1, ...m.columns.map((column) => column?.length ?? 0));
  const image = pngUri(Math.max(1, m.columns.length), rows, (column, row) => {
    const values = m.columns[column];
    return values ? indexOf((values[rows - 1 - row] ?? Number.NaN) / m.scale.to) : 0;
  });
  const ramp = pngUri(1, 255, (_, row) => 255 - row);
  const place = (uri: string, left: number, width: number): string =>
    `<image href="${uri}" x="${px(left)}" y="${px(f.top)}" width="${px(width)}" height="${px(f.bottom - f.top)}" preserveAspectRatio="none"/>`;
  const bar = f.right + 14;
  const scaleAt = (value: number): number => f.bottom - (value / m.scale.to) * (f.bottom - f.top);
  const scaleTicks = ticks(0, m.scale.to, (f.bottom - f.top) / 40)
    .map(({ value, label }) => `<text x="${px(bar + 18)}" y="${px(scaleAt(value) + 4)}">${label}</text>`)
    .join('');
  const scaleName =
    `<text transform="translate(${px(f.right + MARGIN.scale - 8)} ${px((f.top + f.bottom) / 2)}) rotate(-90)" ` +
    `text-anchor="middle">${escapeHtml(m.scale.label)}</text>`;
  const content =
    place(image, f.left, f.right - f.left) + place(ramp, bar, 12) + scaleTicks + scaleName + axes(f, m.x, m.y, false);
  return figure(m, '', svgOf(m, `${content}<g class="onmap">${drawMarks(f, m.x, m.marks)}</g>`));
}
