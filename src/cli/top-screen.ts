/** What `remixd top` draws: the state of a controller as its page server gives it, in the manner of the live screen. */
import {
  clip,
  fitted,
  LABEL,
  Labelled,
  type Line,
  type Paint,
  painter,
  type Style,
  wrap,
} from '../fronts/terminal/layout.ts';
import { chart, heaterChart } from '../fronts/terminal/recent.ts';
import { clockText, number, percent, stateStyle, trialText, verdictStyle } from '../fronts/terminal/words.ts';
import { type ChartData, placeOf } from '../params/chart.ts';
import { commandRow } from '../params/commands.ts';
import type { PageState, Told } from '../params/page.ts';

export interface TopView {
  readonly url: string;
  readonly state: PageState;
  /** Rows of 1 s; null before the first answer. */
  readonly rows: ChartData | null;
  /** Since the controller last said something new, s of this computer’s clock. */
  readonly ageS: number;
  /** Why the last question was not answered; null where it was. */
  readonly why: string | null;
  /** What the last key was answered; null after a while. */
  readonly answer: string | null;
}

/** A state that is older says so, s; the controller says a new one five times a second. */
export const OLD_S = 3;

/**
 * At most `rows` lines of at most `columns` characters; drawn lines give way first. A state that is old says so at its head,
 * and nothing below it is shown as if it were measured now.
 */
export function topScreen(view: TopView, columns: number, rows: number, colour: boolean): string[] {
  const { state, answer } = view;
  const paint = painter(colour);
  const on = new Labelled(paint, columns);
  const optional = (label: string, text: string | null, style: Style | null = null): Line[] =>
    text === null ? [] : on.lines(label, text, style);
  const note = state.progress.note === null ? '' : ` — ${state.progress.note}`;
  const { step, of, left_s: leftS } = state.progress;
  const left = leftS === null ? '' : ` · step ${step} of ${of}, ${clockText(leftS)} left`;
  const lines: Line[] = [
    { text: headline(state, paint) },
    { text: paint('dim', '─'.repeat(columns)) },
    ...silence(view, on),
    ...on.lines(
      'safety',
      `${state.state.label.padEnd(10)}${state.state.sentence}`,
      stateStyle(state.state.name, state.trip !== null),
    ),
    ...(state.ordered ? on.lines('order', 'waits to arm', 'yellow') : []),
    ...(state.trip === null ? [] : tripLines(state.trip, on)),
    ...state.faults.flatMap((fault) => on.warning(`${fault.code} ${fault.label}: ${fault.remedy ?? ''}`)),
    ...state.alarms.flatMap(({ label, sentence }) => on.warning(`${label}: ${sentence}`)),
    ...(state.ended_by === null ? [] : on.warning(state.ended_by)),
    ...(state.link === null ? [] : on.warning(`${state.link.label}: ${state.link.sentence}`)),
    ...(state.disk === null ? [] : on.warning(state.disk)),
    ...on.lines('next', nextText(state.next)),
    ...on.lines('recipe', `${state.run.recipe} · ${state.mode}${note}${left}`),
    ...optional('trial', trialOf(state), 'yellow'),
    ...optional('answer', answer),
    ...measured(view, on),
    { text: '' },
    ...footer(view, on),
  ];
  return fitted(lines, rows).map((text) => clip(text, columns));
}

function headline({ device, simulated, speed, run }: PageState, paint: Paint): string {
  const bench = simulated ? paint(['bold', 'yellow'], 'SIMULATED bench') : 'hardware bench';
  const fast = speed === 1 ? '' : ` · × ${speed}`;
  return `${paint('bold', 'remixd top')} · ${device} · ${bench} · run ${run.number} · ${clockText(run.time_s ?? 0)}${fast}`;
}

/** The first thing to read where nobody answers. */
function silence({ ageS, why }: TopView, on: Labelled): Line[] {
  if (ageS < OLD_S) return [];
  const cause = why === null ? 'The page server answers, the controller does not.' : `Cause: ${why}.`;
  const age = Number.isFinite(ageS) ? `${Math.floor(ageS)} s old` : 'old';
  return wrap(`  ✖ NOT LIVE: what follows is ${age}, and the heater may be on. ${cause}`, on.columns, '    ').map(
    (text) => ({ text: on.paint(['bold', 'red'], text) }),
  );
}

function tripLines(trip: NonNullable<PageState['trip']>, { paint, columns }: Labelled): Line[] {
  const { sentence, cause, remedy }: Told = trip;
  return [
    paint(['bold', 'red'], `  ✖ trip ${trip.trip}: ${trip.code} ${trip.label}`),
    ...[`what    ${sentence}`, `cause   ${cause ?? '--'}`, `remedy  ${remedy ?? '--'}`].flatMap((text) =>
      wrap(`    ${text}`, columns, ' '.repeat(12)),
    ),
  ].map((text) => ({ text }));
}

const nextText = ({ label, text }: PageState['next']): string => (text.startsWith(label) ? text : `${label}. ${text}`);

const trialOf = ({ trial }: PageState): string | null =>
  trial && trialText(trial.patch, trial.rev, trial.by, trial.left_s);

function measured({ state, rows }: TopView, on: Labelled): Line[] {
  const { verdict, cause, heater_on: isOn } = state;
  const value = (name: string, digits: number, unit: string): string => {
    const cell = state.measured[name];
    return number(typeof cell === 'number' ? cell : null, digits, unit);
  };
  const columns = on.columns - LABEL;
  const line = (column: string): readonly (number | null)[] => rows?.mean[rows.columns.indexOf(column)] ?? [];
  const share = line('segregated').map((one) => (one === null ? null : 100 * one));
  return [
    ...on.lines('temperature', `TC ${value('tc_c', 2, '°C')}   IR ${value('ir_c', 2, '°C')}`),
    ...on.lines('film', `${value('film_c', 2, '°C')}   swing ${value('swing_k', 2, 'K')}`),
    ...on.chart('TC', chart(line('tc_c'), { columns, span: 2, decimals: 2, unit: '°C' }), 'cyan', 2),
    ...on.lines('PL', `red ${value('pl_red_v', 3, 'V')}   green ${value('pl_green_v', 3, 'V')}`),
    ...on.chart('red', chart(line('pl_red_v'), { columns, span: 0.2, decimals: 3, unit: 'V' }), 'magenta', 3),
    ...on.lines('verdict', verdict.text, verdictStyle(verdict.name)),
    ...on.chart('segregated', chart(share, { columns, span: 0.5, decimals: 2, unit: '%' }), 'green', 4),
    ...on.lines('cause', `${cause.label}: ${cause.sentence}`),
    on.line('heater', `${isOn ? on.paint(['bold', 'red'], '● ON ') : '○ off'}   ${value('heater_a', 3, 'A')}`),
    ...on.chart('', heaterChart(rows === null ? [] : heaterOf(rows), columns), 'red', 1),
    ...on.lines('duty', dutyText(line('achieved'))),
  ];
}

/** The duty is told over the last so many rows, s. */
const DUTY_ROWS = 60;

function dutyText(achieved: readonly (number | null)[]): string {
  const known = achieved.slice(-DUTY_ROWS).filter((one) => one !== null);
  if (known.length === 0) return 'achieved --';
  return `achieved ${percent(known.reduce((sum, one) => sum + one, 0) / known.length)} over ${known.length} s`;
}

/** Whether the heater was on at some time of each row. */
const heaterOf = ({ t, heat, row_s: rowS }: ChartData): boolean[] =>
  t.map((at) => {
    const from = placeOf(at, rowS) * rowS;
    return heat.some(([on, off]) => on < from + rowS && off > from);
  });

const footer = ({ url, state }: TopView, { paint, columns }: Labelled): Line[] =>
  [
    `  record ${state.record}`,
    `  page   ${url}`,
    `  keys   ${commandRow('stop').aliases.key} stop, heater off · q quit this screen; the controller goes on`,
  ]
    .flatMap((text) => wrap(text, columns, '         '))
    .map((text) => ({ text: paint('dim', text) }));
