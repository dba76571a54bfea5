/** The diagnosis for a person: one aligned line per check, with the remedy below each problem. */
import { styleText } from 'node:util';
import type { Diagnosis } from './doctor.ts';
import type { Finding, Level } from './finding.ts';

const STYLES: Record<Level, Parameters<typeof styleText>[0]> = {
  ok: 'green',
  warn: 'yellow',
  fail: ['bold', 'red'],
  skip: 'dim',
};
const LEVEL_WIDTH = 4;

/** Breaks text into lines of at most `columns`; a word that is longer stays whole, as it may be a path. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The lines of the report, each at most `columns` characters where words allow. */
export function reportLines(diagnosis: Diagnosis, columns: number, colour: boolean): string[] {
  const { findings, counts, computer, hal } = diagnosis;
  const paint = (level: Level, text: string): string =>
    colour ? styleText(STYLES[level], text, { validateStream: false }) : text;
  const titleWidth = Math.max(...findings.map(({ title }) => title.length));
  const indent = ' '.repeat(2 + LEVEL_WIDTH + 2 + titleWidth + 2);
  const room = Math.max(24, columns - indent.length);
  const block = ({ level, title, text, remedy }: Finding): string[] => {
    const [first = '', ...rest] = wrapped(text, room);
    const head = `  ${paint(level, level.padEnd(LEVEL_WIDTH))}  ${title.padEnd(titleWidth)}  ${first}`;
    const cure =
      remedy === undefined ? [] : wrapped(remedy, room - 2).map((line, i) => `${i === 0 ? '→' : ' '} ${line}`);
    return [head, ...[...rest, ...cure].map((line) => `${indent}${line}`)];
  };
  const total = (['ok', 'warn', 'fail', 'skip'] as const).map((level) => `${counts[level]} ${level}`).join(', ');
  const note =
    hal === 'sim'
      ? ['hal.kind = sim: hardware checks are skipped. Use --config FILE to check a bench with hardware.']
      : [];
  return [
    `remixd doctor · ${computer} · hal.kind = ${hal}`,
    '',
    ...findings.flatMap(block),
    '',
    `${findings.length} checks: ${total}`,
    ...note,
  ];
}
