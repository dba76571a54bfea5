/** The tables of this product as data, for a browser or a client that has none of them. */
import { ALARM_NAMES, alarmRow } from './alarms.ts';
import { CAUSE_NAMES, causeRow } from './cause.ts';
import { allowedValues } from './check.ts';
import { argumentsSchema, COMMAND_NAMES, commandRow } from './commands.ts';
import { FAULTS, type FaultName, type FaultRow } from './faults.ts';
import { MODE_NAMES, modeRow } from './modes.ts';
import { ISOS_FIELD_NAMES, isosAllowed, isosRow } from './run-notes.ts';
import { filled } from './safety-tables.ts';
import { SETTING_KEYS, settingRow } from './settings.ts';
import { clearsWhen } from './severity.ts';
import { SAFETY_STATES, stateRow } from './states.ts';
import { LIVE_NAMES, TELEMETRY } from './telemetry.ts';
import { VERDICT_NAMES, verdictRow } from './verdict.ts';

const settings = () =>
  SETTING_KEYS.map((key) => {
    const row = settingRow(key);
    return { key, ...row, allowed: allowedValues(row) };
  });

const faults = () =>
  (Object.keys(FAULTS) as FaultName[]).map((name) => {
    const { code, action, label, sentence, cause, remedy, interlock }: FaultRow = FAULTS[name];
    return { name, code, action, label, sentence, cause, remedy, interlock, clears: clearsWhen(name) };
  });

const commands = () =>
  COMMAND_NAMES.map((name) => {
    const { kind, label, why, role, heat, where } = commandRow(name);
    return { name, kind, label, why, role, heat, where, arguments: argumentsSchema(name) };
  });

/** Settings, faults, alarms, states, verdicts, causes, modes, commands and columns, each as a list of rows. */
export const tables = () => ({
  settings: settings(),
  faults: faults(),
  alarms: ALARM_NAMES.map((name) => ({ name, title: alarmRow(name).title, meaning: alarmRow(name).meaning })),
  states: SAFETY_STATES.map((name) => ({
    name,
    ...stateRow(name),
    leaves: stateRow(name).leaves.map(({ to, when }) => ({ to, when: filled(when) })),
  })),
  verdicts: VERDICT_NAMES.map((name) => ({ name, ...verdictRow(name) })),
  causes: CAUSE_NAMES.map((name) => ({ name, ...causeRow(name) })),
  modes: MODE_NAMES.map((name) => ({ name, fields: modeRow(name).fields })),
  commands: commands(),
  notes: ISOS_FIELD_NAMES.map((name) => {
    const row = isosRow(name);
    return { name, kind: row.kind, label: row.label, allowed: isosAllowed(row), example: row.example };
  }),
  columns: LIVE_NAMES.map((name) => ({ name, unit: TELEMETRY[name].unit, label: TELEMETRY[name].label })),
});
export type Tables = ReturnType<typeof tables>;
