/** The wiring as a table for a terminal. */
import { HEADER, pinOf } from './header.ts';
import type { Plan } from './plan.ts';

const HEAD = ['pin', 'line', 'signal', 'where to', 'note'] as const;

/** Lines 9 to 27 are pulled down from power-up on; the serial port’s two are left out. */
const SAFE_LINES = HEADER.filter(
  (use): use is number => typeof use === 'number' && use >= 9 && use !== 14 && use !== 15,
);

/** Aligned columns, then the power path, then what is wrong with its remedy. */
export function wiringTable({ wires, conflicts, power }: Plan): string {
  const rows = wires.map(({ pin, name, signal, to, note }) => [
    pin === null ? '-' : String(pin),
    name,
    signal,
    to,
    note,
  ]);
  const widths = HEAD.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  const troubles = conflicts.flatMap(({ severe, text, remedy }) => [
    `${severe ? 'REFUSED' : 'WARNING'}  ${text}`,
    `         → ${remedy}`,
  ]);
  const taken = new Set(wires.map(({ pin }) => pin));
  const free = SAFE_LINES.filter((use) => !taken.has(pinOf(use))).sort((a, b) => a - b);
  return [
    line(HEAD),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map(line),
    '',
    'Power path:',
    ...power.map(({ title, detail }, i) => `${i === 0 ? '    ' : '  → '}${title} (${detail})`),
    '',
    `Free lines that are low at start: ${free.join(', ')}.`,
    ...(troubles.length > 0 ? ['', ...troubles] : []),
  ].join('\n');
}
