/** Small words for a drawing: boxes, texts and arrows as SVG elements. All lengths in pixels. */

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export interface TextStyle {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: 400 | 600 | 700;
  readonly fill?: string;
}

export function label(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { size = 13, anchor = 'start', weight = 400, fill = '#1c2430' } = style;
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" font-weight="${weight}" fill="${fill}">${escaped(text)}</text>`;
}

export interface BoxStyle {
  readonly fill?: string;
  readonly stroke?: string;
  readonly radius?: number;
}

export function box(x: number, y: number, width: number, height: number, style: BoxStyle = {}): string {
  const { fill = '#ffffff', stroke = '#8a94a3', radius = 6 } = style;
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${fill}" stroke="${stroke}" stroke-width="1.4"/>`;
}

export const disc = (x: number, y: number, radius: number, fill: string, stroke: string): string =>
  `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}" stroke="${stroke}" stroke-width="1.4"/>`;

/** A straight line from one point to another; `arrow` ends it with a head. */
export function stroke(from: readonly [number, number], to: readonly [number, number], colour: string, arrow = false) {
  const head = arrow ? ' marker-end="url(#head)"' : '';
  return `<line x1="${from[0]}" y1="${from[1]}" x2="${to[0]}" y2="${to[1]}" stroke="${colour}" stroke-width="2"${head}/>`;
}

/** The whole file, white behind everything so that it prints. */
export function drawing(width: number, height: number, title: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans, Verdana, Arial, sans-serif">`,
    `<title>${escaped(title)}</title>`,
    '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="#46505e"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}
