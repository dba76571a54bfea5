/** The tables of docs/RUNS.md, generated from the rows of figures and fields. */
import { table } from './reference.ts';
import { RUN_FIGURE_NAMES, runFigureRow } from './run-figures.ts';
import { ISOS_FIELD_NAMES, isosAllowed, isosRow } from './run-notes.ts';

/** Name of the table -> Markdown. */
export const runTables = (): Record<string, string> => ({
  figures: table(
    ['figure', 'name in JSON', 'unit', 'what it is'],
    RUN_FIGURE_NAMES.map((name) => {
      const { label, unit, note = '' } = runFigureRow(name);
      return [label, `\`${name}\``, unit, note];
    }),
  ),
  isos: table(
    ['KEY', 'what it is', 'allowed', 'row of the checklist', 'field of NOMAD'],
    ISOS_FIELD_NAMES.map((name) => {
      const row = isosRow(name);
      return [`\`${name}\``, row.label, isosAllowed(row), row.isos, row.nomad ? `\`${row.nomad.field}\`` : ''];
    }),
  ),
});
