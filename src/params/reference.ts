/** The reference pages, made from the tables. `npm run docs` writes them; a test compares. */
import { z } from 'zod';
import { ALARM_NAMES, alarmRow } from './alarms.ts';
import { CODES } from './answers.ts';
import { BENCH_EXAMPLE, BENCH_FILE, benchFields, CHANGING } from './bench-file.ts';
import { allowedValues } from './check.ts';
import { COMMAND_NAMES, commandRow, MQTT_COMMANDS, type MqttCommand } from './commands.ts';
import { asyncapi, openapi } from './documents.ts';
import { FAULT_NAMES, FAULTS } from './faults.ts';
import { COMPILED } from './limits.ts';
import { MODE_FIELDS, MODE_NAMES, type ModeField, modeRow } from './modes.ts';
import { MOST_BYTES, MOST_DEPTH, mqttName, PAYLOADS, payloadOf, topics } from './mqtt.ts';
import { LOOP_LEVELS, MOST_STEPS, RECIPE } from './recipe.ts';
import { STEP_FIELDS } from './recipe-step.ts';
import { environmentName } from './schema.ts';
import { SETTING_KEYS, SETTINGS, type SettingKey, settingRow } from './settings.ts';
import { clearsWhen } from './severity.ts';
import { TELEMETRY, TELEMETRY_NAMES } from './telemetry.ts';
import { MOST_BODY, pathOf, ROUTES } from './web.ts';

const GENERATED = '<!-- Made by `npm run docs` from src/params. Do not edit. -->';

/** Markdown needs its pipes escaped inside a table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

export const page = (title: string, intro: string, body: string): string =>
  `${GENERATED}\n\n# ${title}\n\n${intro}\n\n${body}\n`;

function settingsPage(): string {
  const groups = new Map<string, SettingKey[]>();
  for (const key of SETTING_KEYS) {
    const [group = ''] = key.split('.');
    groups.set(group, [...(groups.get(group) ?? []), key]);
  }
  const sections = [...groups].map(([group, keys]) => {
    const rows = keys.map((key) => {
      const row = settingRow(key);
      const unit = row.kind === 'number' && row.unit !== '1' ? ` ${row.unit}` : '';
      return [
        `\`${key}\``,
        `${String(row.default)}${unit}`,
        allowedValues(row),
        row.applies,
        `${row.label}. ${row.why}${row.kind === 'text' && row.secret ? ' *Secret.*' : ''}`,
        `\`${environmentName(key)}\``,
      ];
    });
    return `## ${group}\n\n${table(['key', 'default', 'allowed', 'applies', 'what and why', 'environment'], rows)}`;
  });
  const intro =
    'Order of precedence: default < `--bench FILE` < `--config FILE` < environment < `--set KEY=VALUE`. ' +
    '*live* acts at the next period boundary, *idle* when no run is active, *restart* at the next start; ' +
    '*bench* is a hard limit or a fact of the wiring and comes from a local file only. ' +
    'The end of the allowed range of a safety limit is a compiled ceiling. ' +
    'A *secret* setting is in no record and on no topic: `config show` at the bench alone has it.';
  return page('Settings', intro, sections.join('\n\n'));
}

function faultsPage(): string {
  const rows = FAULT_NAMES.map((name) => {
    const f = FAULTS[name];
    return [f.code, `\`${name}\``, f.action, f.interlock, f.sentence, f.cause, f.remedy, clearsWhen(name)];
  });
  const intro =
    'The worst present fault wins: *warn* < *inhibit* (refuses arming) < *trip* (heater off, latched until it is ' +
    'acknowledged) < *lockout* (heater off, latched until a reset at the bench). A code is never used again for something else.';
  return page(
    'Faults',
    intro,
    table(['code', 'name', 'action', 'interlock', 'what happened', 'usual cause', 'remedy', 'clears'], rows),
  );
}

function alarmsPage(): string {
  const rows = ALARM_NAMES.map((name) => {
    const { title, unit, action, meaning } = alarmRow(name);
    return [`\`${name}\``, title, unit, meaning, `\`${action}\``];
  });
  const intro =
    'A user alarm says that a run is not as its experiment wants it. It is not a safety limit: [SAFETY.md](../SAFETY.md) ' +
    'lists those, they hold whatever the alarms are set to, and no alarm can loosen, delay or replace one.';
  const body = [
    table(['name', 'title', 'unit', 'on when', 'action'], rows),
    'The action of each is `off`, `warn` (by default for the alarms of the light) or `stop`. A warning is shown on the screen and in MQTT, and recorded. ' +
      '`stop` also ends the run as a person’s stop does: heater off, state safe, nothing latched; the next run needs a new ' +
      'order. The screen, the last words of `remixd run`, `run.json` (`end.endedBy`), `remixd simulate --json` (`endedBy`) ' +
      'and MQTT (`ended_by`, `why`) name the alarm that ended a run until the next one begins.',
    'Alarms are judged while a run is armed, those of the light by the verdict, all others by the thermocouple. A pause holds the ones that are on and starts the measurement of the ' +
      'others anew; the end of the run switches all off. What is on is in the column `alarms` of `data.csv` and of the ' +
      'history, and each change is an event (`alarm`, `alarm-off`). Home Assistant has a list and a binary sensor.',
    'The [settings](settings.md#alarm) `alarm.*` act at once and can be tried over MQTT, because the worst that an alarm ' +
      'can do is to end a run.',
    '```sh\nnpx remixd simulate --set alarm.highAction=stop --set alarm.highC=27 --json\n```',
  ];
  return page('User alarms', intro, body.join('\n\n'));
}

function telemetryPage(): string {
  const rows = TELEMETRY_NAMES.map((name) => [`\`${name}\``, TELEMETRY[name].unit, TELEMETRY[name].label]);
  const intro =
    'The columns of `data.csv`. An empty cell is a quantity that was not measured; its quality column says why. ' +
    'Lines that start with `#` tell the bench (SIMULATED or hardware), sample, operator, recipe, seed and configuration; ' +
    '[RECORDS.md](../RECORDS.md) says how to read the files.';
  return page('Telemetry', intro, table(['column', 'unit', 'meaning'], rows));
}

const mqttNames = (command: MqttCommand): string =>
  `\`${command.alias.name}\`${command.alias.deprecated ? ' (deprecated)' : ''}`;

function commandsPage(): string {
  const rows = COMMAND_NAMES.map((name) => {
    const { kind, role, heat, where, aliases, label, why } = commandRow(name);
    const mqtt = MQTT_COMMANDS.filter((command) => command.name === name).map(mqttNames);
    const cli = aliases.cli ? `\`${aliases.cli}\`` : '';
    return [`\`${name}\``, kind, role, heat, where, `${label}. ${why}`, mqtt.join(', '), aliases.key ?? '', cli];
  });
  const intro =
    'An *act* changes something, an *ask* only looks. *adds* may lead to heat; *removes* only ever takes heat away and is ' +
    'always obeyed. *bench* is for somebody who stands there. A deprecated name is still accepted. The same table is ' +
    'printed by `npx remixd commands --json`.';
  const header = ['command', 'kind', 'role', 'heat', 'where', 'what it does', 'MQTT', 'key', 'command line'];
  return page('Commands', intro, table(header, rows));
}

const range = (field: ModeField, unit: string): string =>
  `${MODE_FIELDS[field].min}..${MODE_FIELDS[field].max} ${unit}`;
const modesWith = (field: ModeField): string =>
  MODE_NAMES.filter((mode) => modeRow(mode).fields.includes(field)).join(' and ');

const EXAMPLE = `{
  "$schema": "docs/reference/recipe.schema.json",
  "title": "Ramp and soak in the dark, then three rounds of pulses in light and rest",
  "steps": [
    {
      "light": 0, "mode": "pid", "setpointC": 28, "rampKPerMin": 6,
      "until": {"soakS": 60, "bandK": 0.7, "atMostS": 600, "onTimeout": "end"}
    },
    {
      "repeat": 3,
      "steps": [
        {"light": 1, "mode": "pulse", "onS": 0.5, "periodS": 5, "forS": 300, "note": "holds the film mixed"},
        {"light": 1, "lightOnS": 0.5, "lightPeriodS": 20, "mode": "off", "forS": 60, "note": "dark, seen in flashes"}
      ]
    }
  ]
}`;

const stepRange = (field: keyof typeof STEP_FIELDS, unit: string): string =>
  `${STEP_FIELDS[field].min}..${STEP_FIELDS[field].max} ${unit}`;

function recipesPage(): string {
  const rows = [
    ['`light`', '0..1', 'excitation, 1 = 50 W/cm²'],
    [
      '`lightOnS`, `lightPeriodS`',
      `${stepRange('lightOnS', 's')}, ${stepRange('lightPeriodS', 's')}, lightOnS < lightPeriodS`,
      'flashes: `light` for lightOnS in every lightPeriodS since the step’s start, to one control tick; dark between them',
    ],
    ['`mode`', MODE_NAMES.join(', '), 'control mode of the step'],
    [
      '`onS`, `periodS`',
      `${range('onS', 's')}, ${range('periodS', 's')}, onS <= ${COMPILED.pulseShare} periodS`,
      `${modesWith('onS')} only (I9)`,
    ],
    ['`setpointC`', range('setpointC', '°C'), `${modesWith('setpointC')} only`],
    [
      '`rampKPerMin`',
      stepRange('rampKPerMin', 'K/min'),
      'moves the setpoint to setpointC at this rate; left out: at once. It begins at the setpoint of the step before, or, ' +
        'where that has none, at the temperature of the film',
    ],
    [
      '`forS`',
      `above 0; all steps together <= recipe.longestS (${COMPILED.longestRunS} s, in the local file up to ${COMPILED.recipeCeilingS} s; I19)`,
      'length of the step, its ramp included (or `until`)',
    ],
    [
      '`until`',
      'one of `filmAboveC`, `filmBelowC`, `rampDone` and `soakS` with `bandK`; and `atMostS`, `onTimeout`',
      'ends the step when this has come about; the film’s temperature is the one that control sees',
    ],
    [
      '`until.filmAboveC`, `.filmBelowC`',
      `0..${SETTINGS['limits.tripC'].max} °C`,
      'the film is at least, or at most, so warm',
    ],
    ['`until.rampDone`', 'true', 'the setpoint has come to setpointC, wherever the film is'],
    [
      '`until.soakS`, `until.bandK`',
      `at most atMostS; ${stepRange('bandK', 'K')}`,
      'guaranteed soak: the film was within bandK of setpointC for soakS in all. The clock stands still while it is not, ' +
        'while there is no reading, and until the ramp is done',
    ],
    ['`until.atMostS`', 'as `forS`', 'longest time of the step in all'],
    [
      '`until.onTimeout`',
      'end, go-on',
      'after atMostS: end (default) ends the run with heat and light off, go-on plays the next step. The record says which, and for what it waited (`recipe-timeout`)',
    ],
    ['`note`', 'text', 'shown and recorded'],
  ];
  const intro =
    'A recipe is a JSON file: `title`, `source`, and `steps`; an entry `{"repeat": n, "steps": [...]}` is a loop, and loops ' +
    `may lie in loops, ${LOOP_LEVELS} deep. All loops written out, a recipe has at most ${MOST_STEPS} steps. ` +
    '`{"followSettings": true, "steps": []}` follows the settings until it is stopped. ' +
    'The machine-readable form is the JSON Schema [recipe.schema.json](recipe.schema.json), which `$schema` shows to an editor; ' +
    'the checks that tie fields together are in the table. How to write one and try it first: [RECIPES.md](../RECIPES.md).';
  const example = `A whole recipe; \`npx remixd recipe check FILE\` checks it and plays it on the simulated bench:\n\n\`\`\`json\n${EXAMPLE}\n\`\`\``;
  const errors =
    'What is wrong with a recipe is named with its file, line and column, what is allowed there, and a remedy. ' +
    'Nothing is armed before all of it is right.';
  return page('Recipes', intro, `${table(['field', 'allowed', 'meaning'], rows)}\n\n${example}\n\n${errors}`);
}

/** File name -> content of docs/reference. */
const TOPICS: readonly (readonly [keyof ReturnType<typeof topics>, boolean, string])[] = [
  ['avail', true, '`online` or `offline`; the last will'],
  ['info', true, 'model, version, boot id, limits, recipes, what is allowed over MQTT'],
  ['state', true, 'safety state, nonce, revision, trial, newest values; on change and once a second'],
  ['trip', true, 'the latched trip with its sentence and remedy, or null'],
  ['cfg', true, 'revision, values in force, what was confirmed, what is on trial'],
  [
    'tele',
    false,
    'the history: samples, period summaries, dumps, gaps; QoS 1, in order, `{stream, records: [{seq, boot, kind, mono_us, wall_ms, clock, body}]}`',
  ],
  ['evt', false, 'events of the same sequence: trips, arms, changed settings, refused commands'],
  ['live', false, 'values at the rate that `live` asked for'],
];

function mqttPage(): string {
  const names = topics('<device>');
  const out = TOPICS.map(([name, retained, text]) => [`\`${String(names[name])}\``, retained ? 'yes' : 'no', text]);
  out.push([`\`${names.answer('<client>')}\``, 'no', 'answers to the commands of that client']);
  const current = MQTT_COMMANDS.filter(({ alias }) => !alias.deprecated);
  const verbs = current.map(({ name }) => {
    const { role, heat, label, why } = commandRow(name);
    return [`\`${names.command(mqttName(name))}\``, role, heat, `${label}. ${why}`];
  });
  const old = MQTT_COMMANDS.filter(({ alias }) => alias.deprecated).map(({ name, alias }) => [
    `\`${names.command(alias.name)}\``,
    `\`${names.command(mqttName(name))}\``,
  ]);
  const codes = Object.entries(CODES).map(([code, text]) => [code, text]);
  const schemaOf = (name: string, payload: z.ZodType): string =>
    `### ${name}\n\n\`\`\`json\n${JSON.stringify(z.toJSONSchema(payload, { io: 'input' }), null, 1)}\n\`\`\``;
  const schemas = current.map((command) => schemaOf(command.alias.name, payloadOf(command)));
  const told = Object.entries(PAYLOADS).map(([name, payload]) => schemaOf(name, payload));
  const intro =
    `Payloads are JSON of at most ${MOST_BYTES} bytes, nested at most ${MOST_DEPTH} deep; unknown keys are refused. Every ` +
    'command has an `id` that is never used twice and a `client` to answer to. What could add heat (*adds*) needs the ' +
    '`nonce` of the retained state, which changes with each connection and each such command, so nothing that was ' +
    'retained, queued or recorded can be played again. What takes heat away (*removes*) is obeyed whatever else is wrong ' +
    'with the message. Retained commands are refused; over MQTT 3.1.1 a broker passes one on without its flag to a device ' +
    'that is connected already, which then takes it for what it is at that moment, a new command: played again later, its ' +
    'nonce is void.\n\n' +
    `Every command is also taken on \`${names.commandBy('ping', '<client>').replace('ping', '<verb>')}\`: where the broker’s ` +
    'access list lets only that client write there, the record of who asked is proven (`fleet/make-broker` sets this up); on ' +
    'the plain topic a name is only claimed, and recorded as `says <client>`. An MQTT 5 response topic is honoured below ' +
    'the client’s own answer topic, and its correlation data comes back.';
  const body = [
    '## From the device',
    table(['topic', 'retained', 'what'], out),
    '## Commands',
    table(['topic', 'role', 'heat', 'what it does'], verbs),
    '## Deprecated names',
    'They are still accepted; use the names on the right.',
    table(['topic', 'now'], old),
    '## Codes of answers',
    table(['code', 'meaning'], codes),
    '## Payloads of commands',
    ...schemas,
    '## Payloads from the device',
    ...told,
  ].join('\n\n');
  return page('MQTT', intro, body);
}

/** The fields of a bench file, one row each, from the schema itself. */
function benchFilePage(): string {
  const intro =
    'A bench file is one JSON object that describes a simulated bench: `remixd simulate --bench FILE`, or the setting ' +
    '`sim.bench`. Only `format` must be there; whatever is left out is as on the delivered bench, or as the sample has it. ' +
    'Values that are settings, too, form a layer between the defaults and the configuration file, so that `--set` still ' +
    'wins. `remixd bench make --seed 1 --out FILE` draws a bench from a population, `remixd bench check FILE` checks one. ' +
    'The machine-readable form is [bench-file.schema.json](bench-file.schema.json).';
  const body = [
    'An example: a warm room, a substrate that heats less, and a supply that sags after five minutes.',
    `\`\`\`json\n${JSON.stringify(BENCH_EXAMPLE, null, 2)}\n\`\`\``,
    table(
      ['field', 'allowed', 'meaning'],
      benchFields().map(({ path, allowed, meaning }) => [`\`${path}\``, allowed, meaning]),
    ),
    '## What can change',
    'Changes are played in the order in which they are given. Substrate gain, excitation and coupling are shares of what ' +
      'they were at first, film growth is a factor on its rate; the others are values. A segregation whose rate doubles ' +
      'within 16 minutes is `film.growth` to 2 over 960 s.',
    table(
      ['quantity', 'allowed'],
      Object.entries(CHANGING).map(([what, [least, most]]) => [`\`${what}\``, `${least}..${most}`]),
    ),
  ];
  return page('Bench files', intro, body.join('\n\n'));
}

/** The documents are the same for every device but for its name. */
const EXAMPLE_DEVICE = { version: '1', device: 'bench' };

function httpPage(): string {
  const rows = Object.values(ROUTES).map((route) => [
    route.method,
    `\`${pathOf(route)}\``,
    route.role ?? 'nobody must be signed in',
    route.summary,
  ]);
  const intro =
    `The page’s server; [PAGE.md](../PAGE.md) says how to reach it. Bodies are JSON of at most ${MOST_BODY} bytes. A token goes ` +
    'along as `Authorization: Bearer TOKEN`; the role is what it must be allowed at least. Commands answer ' +
    '`{code, text, errors?, data?}` with the code as the HTTP status ([MQTT](mqtt.md#codes-of-answers) lists them; 401 = nobody is ' +
    'signed in, 405 = another method). What could add heat needs the `nonce` of the present state. The machine-readable forms are ' +
    '[openapi.json](openapi.json) and, for MQTT, [asyncapi.json](asyncapi.json); a device serves its own below `/api/v1`.';
  return page('HTTP', intro, table(['method', 'path', 'role', 'what'], rows));
}

export const referencePages = (): Record<string, string> => ({
  'settings.md': settingsPage(),
  'faults.md': faultsPage(),
  'alarms.md': alarmsPage(),
  'telemetry.md': telemetryPage(),
  'commands.md': commandsPage(),
  'recipes.md': recipesPage(),
  'mqtt.md': mqttPage(),
  'http.md': httpPage(),
  'openapi.json': `${JSON.stringify(openapi(EXAMPLE_DEVICE), null, 1)}\n`,
  'asyncapi.json': `${JSON.stringify(asyncapi(EXAMPLE_DEVICE), null, 1)}\n`,
  'bench-file.md': benchFilePage(),
  'bench-file.schema.json': `${JSON.stringify(z.toJSONSchema(BENCH_FILE, { io: 'input' }), null, 2)}\n`,
  'recipe.schema.json': `${JSON.stringify(z.toJSONSchema(RECIPE, { reused: 'ref' }), null, 2)}\n`,
});
