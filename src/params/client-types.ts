/**
 * The tables as TypeScript types for a client that has none of them: unions of names, the type of each setting, and the arguments
 * of each command from its JSON Schema. `npm run docs` writes them; a test compares.
 */
import { z } from 'zod';
import { ALARM_NAMES } from './alarms.ts';
import { CODES } from './answers.ts';
import { CAUSE_NAMES, PART_NAMES } from './cause.ts';
import { allowedValues } from './check.ts';
import { commandRow, ROLES } from './commands.ts';
import { FAULT_NAMES, FAULTS } from './faults.ts';
import { SETTING_KEYS, type SettingRow, settingRow } from './settings.ts';
import { SAFETY_STATES } from './states.ts';
import { LIVE_NAMES } from './telemetry.ts';
import { VERDICT_NAMES } from './verdict.ts';
import { CHART_COLUMNS, orderOf, WEB_COMMANDS } from './web.ts';

/** What is used of a JSON Schema here. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
};

const quoted = (name: string): string => `'${name}'`;
const doc = (text: string): string => `  /** ${text.replaceAll('*/', '*\\/')} */\n`;
const union = (name: string, what: string, values: readonly (string | number)[]): string =>
  `/** ${what} */\nexport type ${name} =${values.map((value) => `\n  | ${typeof value === 'number' ? value : quoted(value)}`).join('')};\n`;

const settingType = (row: SettingRow): string =>
  row.kind === 'choice' ? row.choices.map(quoted).join(' | ') : row.kind === 'text' ? 'string' : row.kind;

const settingField = (key: (typeof SETTING_KEYS)[number]): string => {
  const row = settingRow(key);
  return `${doc(`${row.label}: ${allowedValues(row)}; ${row.applies}`)}  readonly '${key}': ${settingType(row)};\n`;
};

/** @throws RangeError for a form that no command has had so far: it needs a type here */
function argumentType(name: string, schema: Schema): string {
  const scalar = SCALARS[schema.type ?? ''];
  if (scalar !== undefined) return scalar;
  // A record to its schema; the desk checks its keys against the table of settings.
  if (name === 'patch') return 'Patch';
  throw new RangeError(`The argument ${name} has the form ${JSON.stringify(schema)}; give it a type.`);
}

function argumentFields(command: (typeof WEB_COMMANDS)[number]): string {
  const { properties = {}, required = [] } = z.toJSONSchema(orderOf(command), { io: 'input' }) as Schema;
  const fields = Object.entries(properties).map(([name, schema]) => {
    // The client fills it in.
    const isOptional = name === 'nonce' || !required.includes(name);
    const words = schema.description === undefined ? '' : doc(schema.description).replaceAll(/^/gm, '  ').trimEnd();
    return `${words && `${words}\n`}    readonly ${name}${isOptional ? '?' : ''}: ${argumentType(name, schema)};\n`;
  });
  const { label, why } = commandRow(command);
  return `${doc(`${label}. ${why}`)}  readonly ${quoted(command)}: {\n${fields.join('')}  };\n`;
}

/** Everything that the tables say, as the text of a module without imports. */
export function tableTypes(): string {
  const tuned = SETTING_KEYS.filter((key) => ['live', 'idle'].includes(settingRow(key).applies));
  const heating = WEB_COMMANDS.filter((name) => commandRow(name).heat === 'adds');
  return [
    union('Role', 'What a token may, from the least to the most.', ROLES),
    union('Code', 'What a command is answered with, as the codes of HTTP.', Object.keys(CODES).map(Number)),
    union('CommandName', 'Commands of the HTTP API.', WEB_COMMANDS),
    union('HeatingCommand', 'Commands that can lead to heat: they need the nonce of the present state.', heating),
    `/** Arguments of each command. \`id\` and \`nonce\`: the client fills in what is missing. */\nexport interface Arguments {\n${WEB_COMMANDS.map(argumentFields).join('')}}\n`,
    `/** Every setting: what it is, what is allowed, and when a change acts. */\nexport interface Settings {\n${SETTING_KEYS.map(settingField).join('')}}\n`,
    'export type SettingKey = keyof Settings;\n',
    union('TunableKey', 'Settings that can be changed while the program runs.', tuned),
    '/** Some settings with new values. */\nexport type Patch = Partial<Pick<Settings, TunableKey>>;\n',
    union('Column', 'Columns of `measured`; their units are in `about`.', LIVE_NAMES),
    union('ChartColumn', 'Columns of the chart.', CHART_COLUMNS),
    union('Verdict', 'What the light of the film says of it.', VERDICT_NAMES),
    union('CauseName', 'Causes of what the light does.', CAUSE_NAMES),
    union('Part', 'What a change of the light is made of.', PART_NAMES),
    union('SafetyState', 'States of the controller.', SAFETY_STATES),
    union(
      'FaultCode',
      'Codes of faults.',
      FAULT_NAMES.map((name) => FAULTS[name].code),
    ),
    union('AlarmName', 'User alarms.', ALARM_NAMES),
    '/** A cell of `measured`; null = not measured. */\nexport type Cell = number | string | null;\n',
  ].join('\n');
}
