/** The tables of docs/SAFETY.md, generated from the rows of interlocks, states and limits. */
import { INTERLOCK_IDS, interlockRow } from './interlocks.ts';
import { COMPILED } from './limits.ts';
import { table } from './reference.ts';
import { type NumberRow, SETTINGS, type SettingKey, settingRow } from './settings.ts';
import { SAFETY_STATES, stateRow } from './states.ts';

const withUnit = (value: number, { unit }: NumberRow): string => (unit === '1' ? String(value) : `${value} ${unit}`);
const percent = (value: number): string => `${Number((100 * value).toFixed(4))} %`;

/** The number that a placeholder stands for; `<` and `>` ask for the ends of a setting’s range, `%` for a percentage. */
function numberFor(text: string): string {
  const [, mark = '', name = ''] = /^([<>%]?)(.+)$/.exec(text) ?? [];
  if (Object.hasOwn(COMPILED, name)) {
    const value = COMPILED[name as keyof typeof COMPILED];
    return mark === '%' ? percent(value) : String(value);
  }
  const row = Object.hasOwn(SETTINGS, name) ? settingRow(name as SettingKey) : null;
  if (row?.kind !== 'number') throw new RangeError(`there is no number called ${name}`);
  const value = mark === '<' ? row.min : mark === '>' ? row.max : row.default;
  return mark === '%' ? percent(value) : withUnit(value, row);
}

/**
 * A sentence with its placeholders filled in.
 * @throws RangeError for a placeholder that names neither a number setting nor a compiled limit
 */
export const filled = (text: string): string => text.replace(/\{([^}]+)\}/g, (_, name: string) => numberFor(name));

/** Name of the table -> Markdown. */
export const safetyTables = (): Record<string, string> => ({
  states: table(
    ['from', 'to', 'when'],
    SAFETY_STATES.flatMap((state) => stateRow(state).leaves.map(({ to, when }) => [state, to, filled(when)])),
  ),
  interlocks: table(
    ['id', 'interlock', 'limit'],
    INTERLOCK_IDS.map((id) => {
      const { title, limit, retired } = interlockRow(id);
      return [id, title, retired === undefined ? filled(limit) : `${filled(limit)}. Not in use: ${retired}`];
    }),
  ),
});

/** A page with the tables between their marks generated again: `<!-- table NAME -->` … `<!-- end -->`. */
export const withTables = (text: string, tables: Readonly<Record<string, string>>): string =>
  text.replace(/(<!-- table (\S+) -->\n)[\s\S]*?(\n<!-- end -->)/g, (_, head: string, name: string, end: string) => {
    const body = tables[name];
    if (body === undefined) throw new RangeError(`there is no table called ${name}`);
    return `${head}\n${body}\n${end}`;
  });
