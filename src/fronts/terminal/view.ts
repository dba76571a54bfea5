/** The live screen of a terminal. */
import { COMMAND_NAMES, COMMANDS, commandRow } from '../../params/commands.ts';
import { FAULTS } from '../../params/faults.ts';
import { COMPILED } from '../../params/limits.ts';
import { troubleLine } from '../../params/link-trouble.ts';
import { remedyOf } from '../../params/severity.ts';
import { runTimeS, type Snapshot } from '../../params/snapshot.ts';
import { clip, fitted, Labelled, type Line, type Paint, painter, type Style, wrap } from './layout.ts';
import { type Read, readings } from './readings.ts';
import {
  alarmLines,
  clockText,
  faultLines,
  modeText,
  orderText,
  pauseText,
  progressText,
  type Status,
  stateStyle,
  stateText,
} from './words.ts';

export interface Shown extends Read, Status {
  readonly speed: number;
  readonly recipe: string;
  readonly folder: string;
  readonly colour: boolean;
  /** What the last key was answered; null after a while. */
  readonly answer: string | null;
  /** Settings on trial, in words; null without a trial. */
  readonly trial: string | null;
  /** Where it can be watched over MQTT. */
  readonly remote: string | null;
  /** Where the page is. */
  readonly page: string;
  /** The keys are listed instead of the measurements. */
  readonly help: boolean;
}

/**
 * The whole live screen, at most `rows` lines of at most `columns` characters. What matters most comes first, and a small
 * terminal loses the drawn lines first, then the keys, never the safety state or the remedy.
 */
export function screen(shown: Shown, columns: number, rows: number): string[] {
  const { snapshot, trial, answer } = shown;
  const paint = painter(shown.colour);
  const on = new Labelled(paint, columns);
  const optional = (label: string, text: string | null, style: Style | null = null): Line[] =>
    text === null ? [] : on.lines(label, text, style);
  const lines: Line[] = [
    { text: headline(shown, paint) },
    { text: paint('dim', '─'.repeat(columns)) },
    ...on.lines(
      'safety',
      stateText(snapshot.kernel.name),
      stateStyle(snapshot.kernel.name, snapshot.kernel.latch !== null),
    ),
    ...optional('order', orderText(snapshot), 'yellow'),
    ...optional('paused', pauseText(snapshot), 'yellow'),
    ...(snapshot.kernel.latch === null ? warnings(snapshot, on) : alarm(snapshot, on)),
    ...alarmLines(snapshot).flatMap((text) => on.warning(text)),
    ...(shown.trouble === null ? [] : on.warning(`MQTT ${shown.trouble.code}: ${troubleLine(shown.trouble)}`)),
    ...on.lines('recipe', `${shown.recipe} · ${modeText(snapshot)}${progressText(snapshot)}`),
    ...optional('trial', trial, 'yellow'),
    ...optional('answer', answer),
    ...(shown.help ? KEY_LINES.flatMap(([key, text]) => on.lines(key, text)) : readings(shown, on)),
    { text: '' },
    ...footer(shown, on),
  ];
  return fitted(lines, rows).map((text) => clip(text, columns));
}

function headline({ snapshot, truth, speed }: Shown, paint: Paint): string {
  const { settings, simulated } = snapshot;
  const bench = simulated ? paint(['bold', 'yellow'], 'SIMULATED bench') : 'hardware bench';
  const fast = speed === 1 ? '' : ` · × ${speed}`;
  const sample = truth ? paint('dim', ` · sample ${settings['sim.sample']} · seed ${settings['sim.seed']}`) : '';
  return `${paint('bold', 'remixd')} · ${bench} · ${clockText(runTimeS(snapshot) ?? 0)}${fast}${sample}`;
}

function footer({ folder, remote, page, help }: Shown, { paint, columns }: Labelled): Line[] {
  const keys = help
    ? ['  keys   ? shows the measurements again']
    : [`  keys   ${KEYS_TEXT} · q quit, heater off · ? all keys`, `         ${commandRow('set').aliases.key}`];
  return [
    `  record ${folder}`,
    `  page   ${page}`,
    ...(remote === null ? [] : [`  remote ${remote}`]),
    ...keys.flatMap((text) => wrap(text, columns, '         ')),
  ].map((text) => ({ text: paint('dim', text) }));
}

/** The keys of the command table, as the foot of the screen shows them. */
const KEYS_TEXT = COMMAND_NAMES.flatMap((name) => {
  const { aliases, label } = commandRow(name);
  return aliases.key?.length === 1 ? [`${aliases.key} ${label.toLowerCase()}`] : [];
}).join(' · ');

/** Every key, and what it does. */
export const KEY_LINES: readonly (readonly [key: string, text: string])[] = [
  ...COMMAND_NAMES.flatMap((name): (readonly [string, string])[] => {
    const { aliases, label, why } = commandRow(name);
    return aliases.key?.length === 1 ? [[aliases.key, `${label}. ${why}`]] : [];
  }),
  ['↑ ↓', 'Pulse width t, 50 ms longer or shorter.'],
  ['← →', 'Period T, 0.5 s shorter or longer.'],
  ['q', 'Quit: the heater is switched off first. Ctrl-C does the same.'],
  ['?', 'Shows or hides this list.'],
];

function alarm({ kernel: { latch, name } }: Snapshot, { paint, columns }: Labelled): Line[] {
  if (!latch) return [];
  const [head = '', ...rest] = faultLines(latch.fault);
  const { acknowledge, reset } = COMMANDS;
  const next =
    name === 'lockout'
      ? `press ${reset.aliases.key} at the bench, with no current flowing`
      : `press ${acknowledge.aliases.key}, at least ${COMPILED.acknowledgeS} s after the trip`;
  return [
    paint(['bold', 'red'], `  ✖ trip ${latch.trip}: ${head}`),
    ...[...rest, `then    ${next}`].flatMap((text) => wrap(`    ${text}`, columns, ' '.repeat(12))),
  ].map((text) => ({ text }));
}

const warnings = ({ faults }: Snapshot, on: Labelled): Line[] =>
  faults.flatMap((name) => on.warning(`${FAULTS[name].code} ${FAULTS[name].label}: ${remedyOf(name, false)}`));
