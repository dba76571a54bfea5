/** What a person sees: the live screen of a terminal, and the one-line-a-second form for everything else. */
import { styleText } from 'node:util';
import { alarmLine, endLine } from '../../params/alarms.ts';
import { causeText } from '../../params/cause.ts';
import { COMMAND_NAMES, COMMANDS, commandRow } from '../../params/commands.ts';
import { FAULTS, type FaultName } from '../../params/faults.ts';
import { COMPILED } from '../../params/limits.ts';
import { type LinkTrouble, troubleLine } from '../../params/link-trouble.ts';
import { hasSetpoint, modeRow } from '../../params/modes.ts';
import { atLeast, remedyOf } from '../../params/severity.ts';
import { type PatternView, runTimeS, type Snapshot } from '../../params/snapshot.ts';
import { type Latch, type SafetyState, STATES } from '../../params/states.ts';
import { type Verdict, verdictRow, verdictText } from '../../params/verdict.ts';
import { inSeconds, since } from '../../units.ts';
import { type Minute, sparkline, strip } from './minute.ts';

export interface Shown {
  readonly snapshot: Snapshot;
  readonly minute: Minute;
  readonly speed: number;
  readonly recipe: string;
  readonly folder: string;
  /** The simulation’s own knowledge; null on hardware. */
  readonly truth: { readonly segregated: number; readonly filmC: number } | null;
  readonly colour: boolean;
  /** What the last key was answered; null after a while. */
  readonly answer: string | null;
  /** Settings on trial, in words; null without a trial. */
  readonly trial: string | null;
  /** Where it can be watched over MQTT. */
  readonly remote: string | null;
  /** Where the page is. */
  readonly page: string;
  /** What does not work of that; null while all is well. */
  readonly trouble: LinkTrouble | null;
  /** The keys are listed instead of the measurements. */
  readonly help: boolean;
}

type Style = Parameters<typeof styleText>[0];

const number = (value: number | null | undefined, digits: number, unit: string): string =>
  value === null || value === undefined ? `-- ${unit}` : `${value.toFixed(digits)} ${unit}`;
const percent = (value: number, digits = 1): string => `${(100 * value).toFixed(digits)} %`;

/** hh:mm:ss of a number of seconds. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

function modeText({ order, kernel, progress, finished }: Snapshot): string {
  const isPaused = kernel.name === 'paused';
  if (kernel.name !== 'armed' && !isPaused) return finished ? 'off (recipe finished)' : 'off';
  const note = progress.step?.note ? ` — ${progress.step.note}` : '';
  const { onUs, periodUs, setpointC, swingK } = order;
  const words = modeRow(order.mode).words({ onS: inSeconds(onUs), periodS: inSeconds(periodUs), setpointC, swingK });
  return `${isPaused ? 'paused: ' : ''}${words}${note}`;
}

/** What an order to arm waits for; null when none waits. */
function orderText({ ordered, kernel, faults }: Snapshot): string | null {
  if (!ordered || kernel.name !== 'safe') return null;
  // A warning hinders nothing.
  const hindering = atLeast(faults, 'inhibit').map((name) => `${FAULTS[name].code} ${FAULTS[name].label}`);
  const what = hindering.length > 0 ? `: ${hindering.join(', ')}` : '';
  return `waits to arm, for ${COMPILED.healthyS} s without a fault${what}`;
}

/** Why a run is paused, and when it goes on; null when it is not. */
function pauseText({ kernel, faults }: Snapshot): string | null {
  if (kernel.name !== 'paused') return null;
  const missing = atLeast(faults, 'pause');
  if (missing.length === 0) return `all sensors are read again; the run goes on within ${COMPILED.resumeS} s`;
  const which = missing.map((name) => `${FAULTS[name].code} ${FAULTS[name].label}`).join(', ');
  return `${which}; goes on by itself, or trips after ${COMPILED.pauseS} s`;
}

/** Step n of m and the time left; empty for a recipe without an end. */
const progressText = ({ progress: { number: step, of, leftS } }: Snapshot): string =>
  leftS === null ? '' : ` · step ${step} of ${of}, ${clockText(leftS)} left`;

const stateText = (state: SafetyState): string => `${STATES[state].label.padEnd(10)}${STATES[state].sentence}`;

/** The lines that explain a fault: what, why, what to do. */
export function faultLines(name: FaultName): string[] {
  const { code, label, sentence, cause, remedy } = FAULTS[name];
  return [`${code} ${label}`, `what    ${sentence}`, `cause   ${cause}`, `remedy  ${remedy}`];
}

/** How a latch is left, once its cause is cured, by somebody who starts the program anew. */
export const wayOut = (latch: Latch): string => (latch.kind === 'lockout' ? '--reset' : `--acknowledge ${latch.trip}`);

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

/** Breaks plain text into lines of at most `columns`, with `indent` in front of each but the first. */
function wrap(text: string, columns: number, indent: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1] ?? '';
    if (last.trim() === '') lines[lines.length - 1] = `${last}${word}`;
    else if (last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines;
}

type Paint = (style: Style, text: string) => string;

/**
 * The whole live screen, at most `rows` lines of at most `columns` characters. What matters most comes first, so a small
 * terminal loses sparklines and keys, never the safety state or the remedy.
 */
export function screen(shown: Shown, columns: number, rows: number): string[] {
  const { snapshot, truth, trial } = shown;
  const { kernel, settings } = snapshot;
  const paint: Paint = (style, text) => (shown.colour ? styleText(style, text, { validateStream: false }) : text);
  const width = Math.min(columns, 100);
  const line = lineWith(paint);
  const alarmed = kernel.latch !== null;
  const calm: Style = kernel.name === 'armed' ? ['bold', 'green'] : ['bold', 'cyan'];
  const stateStyle: Style = alarmed ? ['bold', 'red'] : kernel.name === 'paused' ? ['bold', 'yellow'] : calm;
  const speed = shown.speed === 1 ? '' : ` · × ${shown.speed}`;
  const bench = snapshot.simulated ? paint(['bold', 'yellow'], 'SIMULATED bench') : 'hardware bench';
  const sample = truth ? paint('dim', ` · sample ${settings['sim.sample']} · seed ${settings['sim.seed']}`) : '';
  const optional = (label: string, text: string | null, style: Style | null = null): string[] =>
    text === null ? [] : [line(label, style === null ? text : paint(style, text))];
  const lines = [
    `${paint('bold', 'remixd')} · ${bench} · ${clockText(runTimeS(snapshot) ?? 0)}${speed}${sample}`,
    paint('dim', '─'.repeat(width)),
    line('safety', paint(stateStyle, stateText(kernel.name))),
    ...optional('order', orderText(snapshot), 'yellow'),
    ...optional('paused', pauseText(snapshot), 'yellow'),
    ...(alarmed ? alarm(snapshot, width, paint) : warnings(snapshot, width, paint)),
    ...userAlarms(snapshot, width, paint),
    ...remoteTrouble(shown, width, paint),
    line('recipe', `${shown.recipe} · ${modeText(snapshot)}${progressText(snapshot)}`),
    ...optional('trial', trial, 'yellow'),
    ...optional('answer', shown.answer),
    ...(shown.help ? KEY_LINES.map(([key, text]) => line(key, text)) : readings(shown, paint)),
    '',
    ...footer(shown).map((text) => paint('dim', text)),
  ];
  return lines.slice(0, rows).map((text) => clip(text, columns));
}

const lineWith =
  (paint: Paint) =>
  (label: string, text: string): string =>
    `  ${paint('dim', label.padEnd(12))}${text}`;

/** Measurements, what the heater does, and on the simulated bench what the twin knows. */
function readings({ snapshot, minute, truth }: Shown, paint: Paint): string[] {
  const { gate, thermocouple, infrared, photodiodes, power, light } = snapshot;
  const line = lineWith(paint);
  // What the gate says, in whatever state: a line that is high where it should not be must be seen here.
  const heating = gate.high;
  const { red, green } = photodiodes.value ?? { red: null, green: null };
  const { amps, volts } = power.value ?? { amps: null, volts: null };
  const note = paint('dim', '(the twin’s own)');
  return [
    line(
      'temperature',
      `TC ${number(thermocouple.value?.celsius, 2, '°C')}   IR ${number(infrared.value?.objectC, 2, '°C')}`,
    ),
    ...filmLines(snapshot).map(([label, text, style]) => line(label, style ? paint(style, text) : text)),
    line('', paint('cyan', sparkline(minute.filmC, 2))),
    line('PL', `red ${number(red, 3, 'V')}   green ${number(green, 3, 'V')}   light ${percent(light, 0)}`),
    line('', paint('magenta', sparkline(minute.red, 0.2))),
    line('verdict', paint(verdictStyle(snapshot.sight.verdict), verdictText(snapshot.sight))),
    line('cause', causeText(snapshot.sight.cause)),
    line(
      'heater',
      `${heating ? paint(['bold', 'red'], '● ON ') : '○ off'}   ${number(amps, 3, 'A')}   ${number(volts, 2, 'V')}`,
    ),
    line('', paint('red', strip(minute.heater))),
    line(
      'duty',
      `desired ${percent(dutyOf(snapshot.wanted))}   permitted ${percent(dutyOf(snapshot.permitted))}   achieved ${achieved(minute)}`,
    ),
    ...(truth
      ? [line('truth', `segregated ${percent(truth.segregated, 2)}   film ${truth.filmC.toFixed(2)} °C ${note}`)]
      : []),
  ];
}

const verdictStyle = (verdict: Verdict): Style => {
  if (verdictRow(verdict).alarming) return ['bold', 'red'];
  if (verdict === 'MIXED') return 'green';
  return verdict === 'DARK' ? 'dim' : 'yellow';
};

/** The film by the observer, and a setpoint or swing that the heat does not reach. */
function filmLines({ film, reach, saturation, order, at }: Snapshot): [string, string, Style | null][] {
  if (!film) return [];
  const share = film.gain * film.power;
  const response = reach ? `   response × ${share.toFixed(2)}   reach ${reach.nowC.toFixed(1)} °C now` : '';
  const lines: [string, string, Style | null][] = [
    ['film', `${film.celsius.toFixed(2)} ± ${film.errorK.toFixed(2)} °C${response}`, null],
  ];
  if (film.pulse) {
    const { measuredK, errorK, expectedK } = film.pulse;
    lines.push(['swing', `${measuredK.toFixed(2)} ± ${errorK.toFixed(2)} K, expected ${expectedK.toFixed(2)} K`, null]);
  }
  if (film.contactChanged)
    lines.push(['', 'the thermocouple has lost contact; the infrared thermometer is followed', 'yellow']);
  if (film.spotChanged)
    lines.push(['', 'the infrared thermometer misses part of the rise; the thermocouple is followed', 'yellow']);
  if (saturation && hasSetpoint(order.mode)) {
    const { reachedInS } = saturation;
    const when = reachedInS === null ? 'never with this heat' : `in about ${clockText(reachedInS)}`;
    const sinceS = clockText(inSeconds(since(at, saturation.since)));
    lines.push(['saturated', `for ${sinceS}: the setpoint is within reach ${when}`, 'yellow']);
  } else if (saturation)
    lines.push(['saturated', 'the longest pulse does not swing the film by as much as is asked', 'yellow']);
  return lines;
}

const footer = ({ folder, remote, page, help }: Shown): string[] => [
  `  record ${folder}`,
  `  page   ${page}`,
  ...(remote === null ? [] : [`  remote ${remote}`]),
  ...(help
    ? ['  keys   ? shows the measurements again']
    : [`  keys   ${KEYS_TEXT} · q quit, heater off · ? all keys`, `         ${commandRow('set').aliases.key}`]),
];

/** The remote side does not work: a person who relies on it must see it here. */
const remoteTrouble = ({ trouble }: Shown, width: number, paint: Paint): string[] =>
  trouble === null
    ? []
    : wrap(`  ! MQTT ${trouble.code}: ${troubleLine(trouble)}`, width, '    ').map((text) => paint('yellow', text));

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

const dutyOf = (pattern: PatternView | null): number => (pattern ? pattern.onUs / pattern.periodUs : 0);

/** Duty over the minute that is shown, from what the gate achieved. */
const achieved = (minute: Minute): string => {
  const duty = minute.achieved();
  return duty === null ? '--' : percent(duty);
};

function alarm({ kernel: { latch, name } }: Snapshot, width: number, paint: Paint): string[] {
  if (!latch) return [];
  const [head = '', ...rest] = faultLines(latch.fault);
  const { acknowledge, reset } = COMMANDS;
  const next =
    name === 'lockout'
      ? `press ${reset.aliases.key} at the bench, with no current flowing`
      : `press ${acknowledge.aliases.key}, at least ${COMPILED.acknowledgeS} s after the trip`;
  return [
    paint(['bold', 'red'], `  ✖ trip ${latch.trip}: ${head}`),
    ...[...rest, `then    ${next}`].flatMap((text) => wrap(`    ${text}`, width, ' '.repeat(12))),
  ];
}

function warnings({ faults }: Snapshot, width: number, paint: Paint): string[] {
  return faults.flatMap((name) => {
    const { code, label } = FAULTS[name];
    return wrap(`  ! ${code} ${label}: ${remedyOf(name, false)}`, width, '    ').map((text) => paint('yellow', text));
  });
}

/** What the alarms of the settings say, and why the run is over when one of them ended it. */
const alarmLines = ({ alarms, endedBy, settings }: Snapshot): string[] => [
  ...alarms.map((name) => alarmLine(name, settings)),
  ...(endedBy ? [endLine(endedBy)] : []),
];

const userAlarms = (snapshot: Snapshot, width: number, paint: Paint): string[] =>
  alarmLines(snapshot).flatMap((text) => wrap(`  ! ${text}`, width, '    ').map((one) => paint('yellow', one)));

/** One line for a log or a pipe. */
export function statusLine({ snapshot, minute, trouble }: Pick<Shown, 'snapshot' | 'minute' | 'trouble'>): string {
  const { faults, kernel, thermocouple, infrared, photodiodes, gate } = snapshot;
  const { latch, name } = kernel;
  const cells = [
    snapshot.simulated ? 'SIMULATED' : 'hardware',
    clockText(runTimeS(snapshot) ?? 0),
    name.toUpperCase(),
    modeText(snapshot),
    `TC ${number(thermocouple.value?.celsius, 2, '°C')}`,
    `IR ${number(infrared.value?.objectC, 2, '°C')}`,
    `red ${number(photodiodes.value?.red, 3, 'V')}`,
    `green ${number(photodiodes.value?.green, 3, 'V')}`,
    `film ${snapshot.sight.verdict}`,
    `heater ${gate.high ? 'on' : 'off'}`,
    `duty ${achieved(minute)}`,
  ];
  if (latch) {
    const { code, sentence, remedy } = FAULTS[latch.fault];
    cells.push(`trip ${latch.trip} ${code}: ${sentence} Remedy: ${remedy} (${wayOut(latch)})`);
  } else {
    for (const fault of faults) cells.push(`${FAULTS[fault].code} ${FAULTS[fault].label}: ${remedyOf(fault, false)}`);
  }
  cells.push(...alarmLines(snapshot));
  const order = orderText(snapshot);
  if (order !== null) cells.push(order);
  if (trouble !== null) cells.push(`MQTT ${trouble.code}: ${trouble.sentence}`);
  return cells.join(' | ');
}
