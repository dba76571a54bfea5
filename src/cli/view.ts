/** What a person sees: the live screen of a terminal, and the one-line-a-second form for everything else. */
import { styleText } from 'node:util';
import { FAULTS, type FaultName } from '../params/faults.ts';
import type { Settings } from '../params/settings.ts';
import type { Loop } from '../runtime/loop.ts';
import { version } from '../runtime/run-folder.ts';
import type { Latch } from '../safety/kernel.ts';
import type { Micros } from '../units.ts';
import { type History, sparkline, strip } from './history.ts';

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

const STATE_TEXT: Record<Loop['kernel']['name'], string> = {
  boot: 'BOOT      starting',
  safe: 'SAFE      heater off, not armed',
  'test-enable': 'TESTING   proof test: ENABLE must cut',
  'test-gate': 'TESTING   proof test: gate must cut',
  prove: 'TESTING   proof pulse',
  armed: 'ARMED     running',
  tripped: 'TRIPPED   heater off, latched',
  lockout: 'LOCKOUT   heater off, latched, needs a reset at the bench',
};

/** The lines that explain a fault: what, why, what to do. */
export function faultLines(name: FaultName): string[] {
  const { code, label, sentence, cause, remedy } = FAULTS[name];
  return [`${code} ${label}`, `what    ${sentence}`, `cause   ${cause}`, `remedy  ${remedy}`];
}

/** How a latch is left, once its cause is cured, by somebody who starts the program anew. */
export const wayOut = (latch: Latch): string => (latch.kind === 'lockout' ? '--reset' : `--acknowledge ${latch.trip}`);

/** The whole live screen. */
export function screen(shown: Shown, columns: number): string[] {
  const { loop, history, settings, truth } = shown;
  const paint = (style: Style, text: string): string =>
    shown.colour ? styleText(style, text, { validateStream: false }) : text;
  const { kernel, faults, keeper } = loop;
  const row = loop.row(shown.now);
  const width = Math.max(60, Math.min(columns, 100));
  const line = (label: string, text: string): string => `  ${paint('dim', label.padEnd(13))}${text}`;
  const bench = truth
    ? paint(['bold', 'yellow'], 'SIMULATED bench') +
      paint('dim', ` · sample ${settings['sim.sample']} · seed ${settings['sim.seed']}`)
    : 'hardware bench';
  const time = clockText(loop.timeS(shown.now) ?? 0);
  const alarmed = kernel.name === 'tripped' || kernel.name === 'lockout';
  const stateStyle: Style = alarmed ? ['bold', 'red'] : kernel.name === 'armed' ? ['bold', 'green'] : ['bold', 'cyan'];
  const heating = keeper.state.high && kernel.name === 'armed';
  const lines = [
    `${paint('bold', `remixd ${version()}`)} · ${bench} · ${time}${shown.speed === 1 ? '' : ` · × ${shown.speed}`}`,
    paint('dim', '─'.repeat(width)),
    line('safety', paint(stateStyle, STATE_TEXT[kernel.name])),
    line('recipe', `${shown.recipe} · ${modeText(loop)}`),
    '',
    line(
      'temperature',
      `TC ${number(row.tc_c as number | null, 2, '°C')}   IR ${number(row.ir_c as number | null, 2, '°C')}`,
    ),
    line('', paint('cyan', sparkline(history.filmC, 2))),
    line(
      'PL',
      `red ${number(row.pl_red_v as number | null, 3, 'V')}   green ${number(row.pl_green_v as number | null, 3, 'V')}   light ${percent(loop.light, 0)}`,
    ),
    line('', paint('magenta', sparkline(history.red, 0.2))),
    line(
      'heater',
      `${heating ? paint(['bold', 'red'], '● ON ') : '○ off'}   ${number(row.heater_a as number | null, 3, 'A')}   ${number(row.supply_v as number | null, 2, 'V')}`,
    ),
    line('', paint('red', strip(history.heater))),
    line(
      'duty',
      `desired ${percent(row.desired as number)}   permitted ${percent(row.permitted as number)}   achieved, last minute ${percent(keeper.recentDuty)}`,
    ),
  ];
  if (truth) {
    lines.push(
      line(
        'truth',
        `segregated ${percent(truth.segregated, 2)}   film ${truth.filmC.toFixed(2)} °C   ${paint('dim', '(the twin’s; no instrument sees it)')}`,
      ),
    );
  }
  lines.push('', ...alarm(shown, paint), paint('dim', `  record ${shown.folder}`));
  if (kernel.name !== 'tripped' && kernel.name !== 'lockout') {
    for (const name of faults)
      lines.push(paint('yellow', `  ! ${FAULTS[name].code} ${FAULTS[name].label}: ${FAULTS[name].remedy}`));
  }
  lines.push(
    '',
    paint(
      'dim',
      '  keys  a arm · d disarm · k acknowledge · r reset lockout · ↑↓ pulse t · ←→ period T · q quit (heater off)',
    ),
  );
  return lines;
}

function alarm({ loop }: Shown, paint: (style: Style, text: string) => string): string[] {
  const { latch, name } = loop.kernel;
  if (!latch) return [];
  const [head = '', ...rest] = faultLines(latch.fault);
  const next =
    name === 'lockout' ? 'press r at the bench, with no current flowing' : 'press k, at least 10 s after the trip';
  return [
    paint(['bold', 'red'], `  ✖ trip ${latch.trip}: ${head}`),
    ...rest.map((text) => `    ${text}`),
    `    then    ${next}`,
    '',
  ];
}

/** One line for a log or a pipe. */
export function statusLine({ loop, now, truth }: Shown): string {
  const row = loop.row(now);
  const { latch, name } = loop.kernel;
  const cells = [
    truth ? 'SIMULATED' : 'hardware',
    clockText(loop.timeS(now) ?? 0),
    name.toUpperCase(),
    modeText(loop),
    `TC ${number(row.tc_c as number | null, 2, '°C')}`,
    `IR ${number(row.ir_c as number | null, 2, '°C')}`,
    `red ${number(row.pl_red_v as number | null, 3, 'V')}`,
    `green ${number(row.pl_green_v as number | null, 3, 'V')}`,
    `heater ${loop.keeper.state.high && name === 'armed' ? 'on' : 'off'}`,
    `duty ${percent(loop.keeper.recentDuty)}`,
  ];
  if (latch) {
    const { code, sentence, remedy } = FAULTS[latch.fault];
    cells.push(`trip ${latch.trip} ${code}: ${sentence} Remedy: ${remedy} (${wayOut(latch)})`);
  }
  return cells.join(' | ');
}
