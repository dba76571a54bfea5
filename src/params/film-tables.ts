/** The tables of docs/FILM.md, generated from the rows of verdicts, sights and causes. */
import { CAUSE_NAMES, causeRow } from './cause.ts';
import { table } from './reference.ts';
import { SIGHTS, VERDICT_NAMES, verdictRow } from './verdict.ts';

/** Name of the table -> Markdown. */
export const filmTables = (): Record<string, string> => ({
  verdicts: table(
    ['verdict', 'what the light shows', 'alarm'],
    VERDICT_NAMES.map((name) => {
      const { sentence, alarming } = verdictRow(name);
      return [`\`${name}\``, sentence, alarming ? 'yes' : ''];
    }),
  ),
  sights: table(
    ['reason', 'what it means'],
    Object.entries(SIGHTS).map(([name, sentence]) => [`\`${name}\``, sentence]),
  ),
  causes: table(
    ['cause', 'what the light does', 'what would tell more'],
    CAUSE_NAMES.map((name) => {
      const { sentence, tell } = causeRow(name);
      return [`\`${name}\``, sentence, tell];
    }),
  ),
});
