/** What a person sees: the live screen of a terminal, and the one-line-a-second form for everything else. */
import { styleText } from 'node:util';
import { FAULTS, type FaultName } from '../../params/faults.ts';
import type { Settings } from '../../params/settings.ts';
import { type Latch, type SafetyState, STATES } from '../../params/states.ts';
import type { Loop } from '../../runtime/loop.ts';
import type { Micros } from '../../units.ts';
import { type History, sparkline, strip } from './minute.ts';

export interface Shown {
  readonly loop: Loop;
  readonly settings: Settings;
  readonly history: History;
  readonly now: Micros;
  readonly speed: number;
  readonly recipe: string;
  readonly folder: string;
  /** The simulation’s own knowledge; null on hardware. */
  readonly truth: { readonly segregated: number; readonly filmC: number } | null;
  readonly colour: boolean;
  /** Where it can be watched from afar. */
  readonly remote?: string;
}

type Style = Parameters<typeof styleText>[0];

const number = (value: number | null | undefined, digits: number, unit: string): string =>
  value === null || value === undefined ? `-- ${unit}` : `${value.toFixed(digits)} ${unit}`;
const value = (cell: number | string | null, digits: number, unit: string): string =>
  number(typeof cell === 'number' ? cell : null, digits, unit);
const percent = (value: number, digits = 1): string => `${(100 * value).toFixed(digits)} %`;

/** hh:mm:ss of a number of seconds. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

function modeText({ order, kernel, step, finished }: Loop): string {
  if (kernel.name !== 'armed') return finished ? 'off (recipe finished)' : 'off';
  const note = step?.note ? ` — ${step.note}` : '';
  switch (order.mode) {
    case 'pulse': {
      const duty = percent(order.onUs / order.periodUs, 0);
      return `pulse ${order.onUs / 1e6} s every ${order.periodUs / 1e6} s (${duty})${note}`;
    }
    case 'pid':
    case 'bangbang':
      return `${order.mode} to ${order.setpointC} °C${note}`;
    default:
      return `${order.mode}${note}`;
  }
}

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
  const { loop, history, settings, truth } = shown;
  const paint: Paint = (style, text) => (shown.colour ? styleText(style, text, { validateStream: false }) : text);
  const { kernel, keeper } = loop;
  const row = loop.row(shown.now);
  const width = Math.min(columns, 100);
  const line = (label: string, text: string): string => `  ${paint('dim', label.padEnd(12))}${text}`;
  const alarmed = kernel.latch !== null;
  const stateStyle: Style = alarmed ? ['bold', 'red'] : kernel.name === 'armed' ? ['bold', 'green'] : ['bold', 'cyan'];
  const heating = keeper.state.high && kernel.name === 'armed';
  const speed = shown.speed === 1 ? '' : ` · × ${shown.speed}`;
  const bench = loop.simulated ? paint(['bold', 'yellow'], 'SIMULATED bench') : 'hardware bench';
  const sample = truth ? paint('dim', ` · sample ${settings['sim.sample']} · seed ${settings['sim.seed']}`) : '';
  const lines = [
    `${paint('bold', 'remixd')} · ${bench} · ${clockText(loop.timeS(shown.now) ?? 0)}${speed}${sample}`,
    paint('dim', '─'.repeat(width)),
    line('safety', paint(stateStyle, stateText(kernel.name))),
    ...(alarmed ? alarm(shown, width, paint) : warnings(shown, width, paint)),
    line('recipe', `${shown.recipe} · ${modeText(loop)}`),
    line('temperature', `TC ${value(row.tc_c, 2, '°C')}   IR ${value(row.ir_c, 2, '°C')}`),
    line('', paint('cyan', sparkline(history.filmC, 2))),
    line(
      'PL',
      `red ${value(row.pl_red_v, 3, 'V')}   green ${value(row.pl_green_v, 3, 'V')}   light ${percent(loop.light, 0)}`,
    ),
    line('', paint('magenta', sparkline(history.red, 0.2))),
    line(
      'heater',
      `${heating ? paint(['bold', 'red'], '● ON ') : '○ off'}   ${value(row.heater_a, 3, 'A')}   ${value(row.supply_v, 2, 'V')}`,
    ),
    line('', paint('red', strip(history.heater))),
    line(
      'duty',
      `desired ${percent(Number(row.desired))}   permitted ${percent(Number(row.permitted))}   achieved ${achieved(history)}`,
    ),
  ];
  if (truth) {
    const note = paint('dim', '(the twin’s own)');
    lines.push(line('truth', `segregated ${percent(truth.segregated, 2)}   film ${truth.filmC.toFixed(2)} °C ${note}`));
  }
  lines.push(
    '',
    paint('dim', `  record ${shown.folder}`),
    ...(shown.remote === undefined ? [] : [paint('dim', `  remote ${shown.remote}`)]),
    paint('dim', '  keys   a arm · d disarm · k acknowledge · r reset · q quit, heater off'),
    paint('dim', '         ↑↓ pulse t · ←→ period T'),
  );
  return lines.slice(0, rows).map((text) => clip(text, columns));
}

/** Duty over the minute that is shown, from what the gate achieved. */
const achieved = (history: History): string => {
  const duty = history.achieved();
  return duty === null ? '--' : percent(duty);
};

function alarm({ loop }: Shown, width: number, paint: Paint): string[] {
  const { latch, name } = loop.kernel;
  if (!latch) return [];
  const [head = '', ...rest] = faultLines(latch.fault);
  const next =
    name === 'lockout' ? 'press r at the bench, with no current flowing' : 'press k, at least 10 s after the trip';
  return [
    paint(['bold', 'red'], `  ✖ trip ${latch.trip}: ${head}`),
    ...[...rest, `then    ${next}`].flatMap((text) => wrap(`    ${text}`, width, ' '.repeat(12))),
  ];
}

function warnings({ loop }: Shown, width: number, paint: Paint): string[] {
  return loop.faults.flatMap((name) => {
    const { code, label, remedy } = FAULTS[name];
    return wrap(`  ! ${code} ${label}: ${remedy}`, width, '    ').map((text) => paint('yellow', text));
  });
}

/** One line for a log or a pipe. */
export function statusLine({ loop, now, history }: Shown): string {
  const row = loop.row(now);
  const { faults } = loop;
  const { latch, name } = loop.kernel;
  const cells = [
    loop.simulated ? 'SIMULATED' : 'hardware',
    clockText(loop.timeS(now) ?? 0),
    name.toUpperCase(),
    modeText(loop),
    `TC ${value(row.tc_c, 2, '°C')}`,
    `IR ${value(row.ir_c, 2, '°C')}`,
    `red ${value(row.pl_red_v, 3, 'V')}`,
    `green ${value(row.pl_green_v, 3, 'V')}`,
    `heater ${loop.keeper.state.high && name === 'armed' ? 'on' : 'off'}`,
    `duty ${achieved(history)}`,
  ];
  if (latch) {
    const { code, sentence, remedy } = FAULTS[latch.fault];
    cells.push(`trip ${latch.trip} ${code}: ${sentence} Remedy: ${remedy} (${wayOut(latch)})`);
  } else {
    for (const fault of faults) cells.push(`${FAULTS[fault].code} ${FAULTS[fault].label}: ${FAULTS[fault].remedy}`);
  }
  return cells.join(' | ');
}
