/** Lines of a screen: colours, width, and labels in front. */
import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** Paints, or leaves everything as it is. */
export const painter =
  (colour: boolean): Paint =>
  (style, text) =>
    colour ? styleText(style, text, { validateStream: false }) : text;

/** A line of the screen. Where there are too few rows, the one with the highest `spare` gives way first; 0 = none does. */
export interface Line {
  readonly text: string;
  readonly spare?: number;
}

/** At most `rows` lines: what can be spared goes first, and then whatever is lowest. */
export function fitted(lines: readonly Line[], rows: number): string[] {
  const spared = lines.filter(({ spare = 0 }) => spare > 0).sort((a, b) => (b.spare ?? 0) - (a.spare ?? 0));
  const gone = spared.slice(0, Math.max(0, lines.length - rows));
  const kept = lines.filter((line) => !gone.includes(line));
  return kept.slice(0, rows).map(({ text }) => text);
}

/** Cuts a line that may carry colours to `columns` visible characters. */
export function clip(text: string, columns: number): string {
  let seen = 0;
  let cut = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with the escape character
  for (const part of text.split(/(\x1b\[[0-9;]*m)/u)) {
    if (part.startsWith('\x1b')) cut += part;
    else {
      const room = [...part].slice(0, columns - seen);
      seen += room.length;
      cut += room.join('');
    }
  }
  return cut;
}

/** Breaks plain text into lines of at most `columns`, with `indent` in front of each but the first, which keeps its own. */
export function wrap(text: string, columns: number, indent: string): string[] {
  const [own = ''] = /^ */.exec(text) ?? [];
  const lines = [own];
  for (const word of text.slice(own.length).split(' ')) {
    const last = lines[lines.length - 1] ?? '';
    if (last.trim() === '') lines[lines.length - 1] = `${last}${word}`;
    else if (last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines;
}

/** Columns that a label and the gaps around it take. */
export const LABEL = 14;

/** A label and what stands beside it; a text that is wider than the screen goes on below, under its own begin. */
export class Labelled {
  constructor(
    readonly paint: Paint,
    readonly columns: number,
  ) {}

  /** One line, which may carry colours. */
  line(label: string, text: string): Line {
    return { text: `  ${this.paint('dim', label.padEnd(LABEL - 2))}${text}` };
  }

  /** Plain text in a style, in as many lines as it takes. */
  lines(label: string, text: string, style: Style | null = null): Line[] {
    return wrap(text, this.columns - LABEL, '').map((part, i) =>
      this.line(i === 0 ? label : '', style === null ? part : this.paint(style, part)),
    );
  }

  /** What needs a person, in as many lines as it takes. */
  warning(text: string): Line[] {
    return wrap(`  ! ${text}`, this.columns, '    ').map((part) => ({ text: this.paint('yellow', part) }));
  }

  /** A drawing, which can be spared; no line where there is nothing to draw. */
  chart(label: string, text: string, style: Style, spare: number): Line[] {
    return text === '' ? [] : [{ ...this.line(label, this.paint(style, text)), spare }];
  }
}
