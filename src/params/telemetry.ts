/**
 * Every recorded quantity, declared once: the columns of data.csv, its header rows, the samples of the history, the live
 * values of remote places and the reference page. `of` takes it from a snapshot.
 */
import { inSeconds, secondsOf, since } from '../units.ts';
import { hasPulses, hasSetpoint } from './modes.ts';
import { type PatternView, runTimeS, type Snapshot } from './snapshot.ts';

/** A number, a word, or null for a quantity that was not measured. */
export type Cell = number | string | null;

export interface TelemetryRow {
  readonly unit: string;
  readonly label: string;
  /** Decimals written to a file. */
  readonly decimals: number;
  /** `since`: the snapshot that a mean is taken from, at the row before; the same as `now` for the first row. */
  readonly of: (now: Snapshot, since: Snapshot, beside: Beside) => Cell;
}

/** What the controller does not know of itself, and its record does. */
export interface Beside {
  /** Wall time by the computer’s clock, ISO 8601 in UTC; null in virtual time. */
  readonly wallUtc: string | null;
  /** The twin’s own state; null on hardware. `segregated`: share of the film, 0..1. */
  readonly truth: { readonly filmC: number; readonly segregated: number } | null;
}

export const NOTHING_BESIDE: Beside = { wallUtc: null, truth: null };

const dutyOf = (pattern: PatternView | null): number => (pattern ? pattern.onUs / pattern.periodUs : 0);

/** Duty that the gate achieved between two snapshots, 0..1. */
const achieved = (now: Snapshot, since: Snapshot): number =>
  now.at > since.at ? (now.gate.heatedUs - since.gate.heatedUs) / (now.at - since.at) : 0;

const isArmed = ({ kernel }: Snapshot): boolean => kernel.name === 'armed';
const pulsing = (s: Snapshot): boolean => isArmed(s) && hasPulses(s.order.mode);

export const TELEMETRY = {
  mono_s: { unit: 's', decimals: 3, label: 'Monotonic time', of: (s) => secondsOf(s.at) },
  time_s: { unit: 's', decimals: 3, label: 'Time since the recipe started; empty before', of: runTimeS },
  wall_utc: {
    unit: '',
    decimals: 0,
    label: 'Wall time by the computer’s clock (ISO 8601, UTC); empty in virtual time',
    of: (_now, _since, { wallUtc }) => wallUtc,
  },
  run: {
    unit: '',
    decimals: 0,
    label: 'Number of the run since the program started: it rises when arming begins; empty before',
    of: ({ run }) => (run === 0 ? null : run),
  },
  recipe: { unit: '', decimals: 0, label: 'Recipe of this run, or of the next one', of: (s) => s.recipe },
  step: {
    unit: '',
    decimals: 0,
    label: 'Step of the recipe, from 1; empty outside a step',
    of: ({ progress }) => (progress.number === 0 ? null : progress.number),
  },
  state: { unit: '', decimals: 0, label: 'Safety state', of: (s) => s.kernel.name },
  mode: { unit: '', decimals: 0, label: 'Control mode', of: (s) => (isArmed(s) ? s.order.mode : 'off') },
  pulse_on_s: {
    unit: 's',
    decimals: 3,
    label: 'Pulse width t in force; empty without a pulse pattern',
    of: (s) => (pulsing(s) && s.wanted ? inSeconds(s.wanted.onUs) : null),
  },
  pulse_period_s: {
    unit: 's',
    decimals: 3,
    label: 'Pulse period T in force; empty without a pulse pattern',
    of: (s) => (pulsing(s) ? inSeconds(s.order.periodUs) : null),
  },
  revision: {
    unit: '',
    decimals: 0,
    label: 'Revision of the settings in force: it rises with each change of them',
    of: (s) => s.revision,
  },
  on_trial: {
    unit: '',
    decimals: 0,
    label: '1 while changed settings run on trial, otherwise 0',
    of: (s) => (s.trial ? 1 : 0),
  },
  tc_c: {
    unit: '°C',
    decimals: 3,
    label: 'Thermocouple temperature',
    of: (s) => s.thermocouple.value?.celsius ?? null,
  },
  tc_quality: {
    unit: '',
    decimals: 0,
    label: 'ok, or why the thermocouple reading is absent',
    of: (s) => s.thermocouple.quality,
  },
  cj_c: {
    unit: '°C',
    decimals: 3,
    label: 'Cold junction of the thermocouple converter',
    of: (s) => s.thermocouple.value?.coldJunctionC ?? null,
  },
  ir_c: { unit: '°C', decimals: 3, label: 'Infrared temperature', of: (s) => s.infrared.value?.objectC ?? null },
  ir_quality: {
    unit: '',
    decimals: 0,
    label: 'ok, or why the infrared reading is absent',
    of: (s) => s.infrared.quality,
  },
  heater_a: { unit: 'A', decimals: 4, label: 'Heater current', of: (s) => s.power.value?.amps ?? null },
  supply_v: { unit: 'V', decimals: 3, label: 'Heater supply voltage', of: (s) => s.power.value?.volts ?? null },
  power_quality: {
    unit: '',
    decimals: 0,
    label: 'ok, or why current and voltage are absent',
    of: (s) => s.power.quality,
  },
  pl_green_v: {
    unit: 'V',
    decimals: 5,
    label: 'Photodiode behind the 505 nm band-pass',
    of: (s) => s.photodiodes.value?.green ?? null,
  },
  pl_red_v: {
    unit: 'V',
    decimals: 5,
    label: 'Photodiode behind the 626 nm band-pass',
    of: (s) => s.photodiodes.value?.red ?? null,
  },
  pl_broadband_v: {
    unit: 'V',
    decimals: 5,
    label: 'Photodiode without filter',
    of: (s) => s.photodiodes.value?.broadband ?? null,
  },
  pl_reference_v: {
    unit: 'V',
    decimals: 5,
    label: 'Excitation reference photodiode',
    of: (s) => s.photodiodes.value?.reference ?? null,
  },
  pl_quality: {
    unit: '',
    decimals: 0,
    label: 'ok, or why the photodiode readings are absent or not used',
    of: (s) => s.faults.find((name) => name.startsWith('pl-')) ?? s.photodiodes.quality,
  },
  verdict: { unit: '', decimals: 0, label: 'What the light says of the film', of: ({ sight }) => sight.verdict },
  verdict_why: {
    unit: '',
    decimals: 0,
    label: 'Why, where the verdict does not say it; empty otherwise',
    of: ({ sight }) => sight.sight,
  },
  cause: {
    unit: '',
    decimals: 0,
    label: 'Cause of what the light of the film does',
    of: ({ sight }) => sight.cause.name,
  },
  segregated: {
    unit: '1',
    decimals: 5,
    label: 'Segregated share of the film by its light (two bands), 0..1 but for noise; empty where it cannot be seen',
    of: ({ sight }) => sight.segregated,
  },
  segregated_error: {
    unit: '1',
    decimals: 5,
    label: 'Standard error of segregated by noise; its scale depends on how bright the segregated phase is',
    of: ({ sight }) => sight.error,
  },
  pl_dark_v: {
    unit: 'V',
    decimals: 5,
    label: 'Green photodiode without excitation, from the dark frames',
    of: ({ sight }) => sight.darkV,
  },
  light: { unit: '1', decimals: 3, label: 'Excitation light asked for', of: (s) => s.light },
  desired: { unit: '1', decimals: 4, label: 'Duty that control wants', of: (s) => dutyOf(s.wanted) },
  permitted: { unit: '1', decimals: 4, label: 'Duty that safety permits', of: (s) => dutyOf(s.permitted) },
  achieved: {
    unit: '1',
    decimals: 4,
    label: 'Duty that the gate achieved since the row before, from its edges',
    of: achieved,
  },
  setpoint_c: {
    unit: '°C',
    decimals: 2,
    label: 'Setpoint, in the temperature modes',
    of: ({ order }) => (hasSetpoint(order.mode) ? order.setpointC : null),
  },
  film_c: {
    unit: '°C',
    decimals: 3,
    label: 'Film temperature by the observer: both sensors and the heat that was applied',
    of: ({ film }) => film?.celsius ?? null,
  },
  film_error_c: {
    unit: '°C',
    decimals: 3,
    label: 'Standard error of film_c',
    of: ({ film }) => film?.errorK ?? null,
  },
  response: {
    unit: '1',
    decimals: 3,
    label: 'Measured response to heat over the commissioned one, with the measured power in it',
    of: ({ film }) => (film ? film.gain * film.power : null),
  },
  swing_expected_k: {
    unit: 'K',
    decimals: 3,
    label: 'Swing of the film in the last whole period of the heat, as the bench was commissioned',
    of: ({ film }) => film?.pulse?.expectedK ?? null,
  },
  swing_k: {
    unit: 'K',
    decimals: 3,
    label: 'The same swing as both sensors show it',
    of: ({ film }) => film?.pulse?.measuredK ?? null,
  },
  cycles: {
    unit: '',
    decimals: 0,
    label: 'Thermal cycles of the film by film_c, at least 0.5 K up and down, since the recipe started',
    of: ({ cycles, startedAt }) => (startedAt === null ? null : cycles),
  },
  saturated_s: {
    unit: 's',
    decimals: 1,
    label: 'Since when control has asked for more heat than it may have; empty when it does not',
    of: ({ saturation, at }) => (saturation ? inSeconds(since(at, saturation.since)) : null),
  },
  alarms: {
    unit: '',
    decimals: 0,
    label: 'User alarms that are on, separated by spaces; empty without one',
    of: ({ alarms }) => (alarms.length === 0 ? null : alarms.join(' ')),
  },
  sim_true_film_c: {
    unit: '°C',
    decimals: 3,
    label: 'SIMULATED bench only: the film’s true temperature, which no sensor sees; empty on hardware',
    of: (_now, _since, { truth }) => truth?.filmC ?? null,
  },
  sim_true_segregated: {
    unit: '1',
    decimals: 6,
    label: 'SIMULATED bench only: the share of the film that is segregated, 0..1; empty on hardware',
    of: (_now, _since, { truth }) => truth?.segregated ?? null,
  },
} as const satisfies Record<string, TelemetryRow>;

export type TelemetryName = keyof typeof TELEMETRY;
export const TELEMETRY_NAMES = Object.keys(TELEMETRY) as TelemetryName[];

/** Columns that hold words; every other one holds numbers. */
export const WORD_COLUMNS: readonly TelemetryName[] = [
  ...(['wall_utc', 'recipe', 'state', 'mode', 'verdict', 'verdict_why', 'cause', 'alarms'] as const),
  ...TELEMETRY_NAMES.filter((name) => name.endsWith('_quality')),
];

/** Columns of a record that no snapshot knows, so that nobody who only looks at snapshots can show them. */
export const RECORDED_ONLY = ['wall_utc', 'sim_true_film_c', 'sim_true_segregated'] as const satisfies TelemetryName[];
type RecordedOnly = (typeof RECORDED_ONLY)[number];
/** The names of what a snapshot tells. */
export const LIVE_NAMES = TELEMETRY_NAMES.filter(
  (name): name is Exclude<TelemetryName, RecordedOnly> => !RECORDED_ONLY.some((other) => other === name),
);

/** Every quantity of an instant. */
export type Row = { readonly [K in TelemetryName]: Cell };

const EMPTY = Object.fromEntries(TELEMETRY_NAMES.map((name) => [name, null])) as Record<TelemetryName, Cell>;
const COLUMNS = TELEMETRY_NAMES.map((name): readonly [TelemetryName, TelemetryRow] => [name, TELEMETRY[name]]);

/** Every quantity of `now`; means are taken since the snapshot `since`, and what no snapshot knows from `beside`. */
export function rowOf(now: Snapshot, since: Snapshot, beside: Beside = NOTHING_BESIDE): Row {
  // All columns at once: an object that grows column by column costs a fifth of the whole simulation.
  const row: Record<TelemetryName, Cell> = { ...EMPTY };
  for (const [name, { of }] of COLUMNS) row[name] = of(now, since, beside);
  return row;
}

/** What a snapshot tells of these quantities, rounded as it is recorded; means are taken since the snapshot `since`. */
export function liveValues(
  now: Snapshot,
  since: Snapshot,
  names: readonly (typeof LIVE_NAMES)[number][] = LIVE_NAMES,
): Readonly<Record<string, Cell>> {
  const row = rowOf(now, since);
  return Object.fromEntries(names.map((name) => [name, rounded(name, row[name])]));
}

/** A cell with as many decimals as its quantity is recorded with. */
export const rounded = (name: TelemetryName, cell: Cell): Cell =>
  typeof cell === 'number' ? Number(cell.toFixed(TELEMETRY[name].decimals)) : cell;
