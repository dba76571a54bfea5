/** A drawing in a file of its own: with its style and its key inside, so that it can go into a manuscript as it is. */
import { escapeHtml } from './plot.ts';
import { DRAWING_STYLE } from './style.ts';

interface Drawn {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly content: string;
  readonly key: readonly { readonly label: string; readonly swatch: string }[];
}

const LINE = 20;
const SWATCH = 34;
const CHAR = 7;
const SPACE = 18;
const MARGIN = 12;

/** The text of an SVG file; the key stands below the drawing. */
export function svgFile({ title, width, height, content, key }: Drawn): string {
  let x = MARGIN;
  let y = height + 2;
  const entries = key.length < 2 ? [] : key;
  const drawn = entries.map(({ label, swatch }) => {
    const wide = SWATCH + CHAR * label.length + SPACE;
    if (x > MARGIN && x + wide > width) {
      x = MARGIN;
      y += LINE;
    }
    const at = x;
    x += wide;
    return `<g transform="translate(${at} ${y})">${swatch}<text x="${SWATCH}" y="10">${escapeHtml(label)}</text></g>`;
  });
  const tall = entries.length > 0 ? y + LINE : height;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${tall}" viewBox="0 0 ${width} ${tall}">\n` +
    `<title>${escapeHtml(title)}</title>\n<style>${DRAWING_STYLE}</style>\n` +
    `<rect width="${width}" height="${tall}" fill="#fff"/>\n${content}\n${drawn.join('\n')}\n</svg>\n`
  );
}
