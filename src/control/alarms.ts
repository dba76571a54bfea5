/**
 * User alarms (`params/alarms.ts`): from what is seen of an armed run to the alarms that are on. Nothing is done about
 * them here. Independent of the thermal model: a loop break is judged against time alone. Those of the light follow the verdict.
 */
import { ALARM_NAMES, type AlarmName, alarmAction, alarmRow } from '../params/alarms.ts';
import { hasPulses, hasSetpoint } from '../params/modes.ts';
import type { Settings } from '../params/settings.ts';
import type { OrderView } from '../params/snapshot.ts';
import { type Sight, type VerdictView, verdictRow } from '../params/verdict.ts';
import {
  after,
  type Celsius,
  type Instant,
  inSeconds,
  micros,
  type Ratio,
  type Span,
  seconds,
  since,
  times,
} from '../units.ts';
import { LITTLE_LIGHT } from './light/excitation.ts';

export interface AlarmInput {
  /** The best reading of the film; null while there is none. */
  readonly filmC: Celsius | null;
  readonly order: Pick<OrderView, 'mode' | 'periodUs' | 'setpointC'>;
  /** Time in all that the gate kept the heater on; only differences count. */
  readonly heatedUs: Span;
  /** Excitation asked for, 0..1, and what it says of the film. */
  readonly light: { readonly level: Ratio; readonly view: Pick<VerdictView, 'verdict' | 'sight' | 'since'> };
}

/** What does not change by itself: heat that verifies nothing, and a sample whose band no photodiode sees. */
const KNOWN_BLIND: readonly (Sight | null)[] = ['weak-pulses', 'no-band'];

export interface AlarmState {
  /** Those that are on, in the order of the table. */
  readonly active: readonly AlarmName[];
  readonly heat: HeatAlarms;
  /** Those of the light that are on. */
  readonly light: readonly AlarmName[];
}

/** The alarms that the thermocouple decides. */
interface HeatAlarms {
  readonly active: readonly AlarmName[];
  /** Slope over the span of the rate, K/min; null while it is not over. */
  readonly rateKPerMin: number | null;
  readonly band: Band | null;
  /** The window under way. */
  readonly window: Window | null;
  /** Means of the windows before, °C, the newest last. */
  readonly means: readonly number[];
  readonly effect: Effect | null;
}

/** Whether the setpoint was reached, and since when the film is away from it again. */
interface Band {
  readonly setpointC: Celsius;
  readonly reached: boolean;
  readonly outAt: Instant | null;
}

/** A whole number of pulse periods, so that the mean knows nothing of the pulses. */
interface Window {
  readonly startUs: Instant;
  readonly lengthUs: Span;
  readonly sumC: number;
  readonly count: number;
  /** Heated time in all at its start. */
  readonly heatedUs: Span;
}

/** The film’s lowest reading since heat was last seen to arrive. */
interface Effect {
  readonly at: Instant;
  readonly lowC: number;
}

/** Shortest window, and fewest of them under a slope. */
const WINDOW_US = seconds(5);
const LEAST_WINDOWS = 4;
/** The rate alarm goes off below this share of its limit. */
const RATE_OFF = 0.8;
/** With pulses, heat has this many periods to show. */
const LEAST_PERIODS = 3;

const NONE: readonly AlarmName[] = [];
const HEAT_QUIET: HeatAlarms = {
  active: NONE,
  rateKPerMin: null,
  band: null,
  window: null,
  means: [],
  effect: null,
};
export const ALARMS_QUIET: AlarmState = { active: NONE, heat: HEAT_QUIET, light: NONE };

/** A pause: what is on stays on, and nothing that was measured before it is compared with what comes after. */
export const holdAlarms = (state: AlarmState): AlarmState =>
  state.heat.window === null && state.heat.band === null && state.heat.effect === null
    ? state
    : { ...state, heat: { ...HEAT_QUIET, active: state.heat.active } };

const BY_HEAT = ALARM_NAMES.filter((name) => alarmRow(name).by === 'thermocouple');
/** Looked at in every tick. */
const HEAT_ACTIONS = BY_HEAT.map((name) => alarmRow(name).action);
const isOff = (s: Settings): boolean => {
  for (const key of HEAT_ACTIONS) if (s[key] !== 'off') return false;
  return true;
};

/** One tick of an armed run. What has not changed stays the same object: most ticks change nothing. */
export function stepAlarms(before: AlarmState, s: Settings, input: AlarmInput, now: Instant): AlarmState {
  const heat = stepHeat(before.heat, s, input, now);
  const light = stepLight(before.light, s, input.light, now);
  if (heat === before.heat && light === before.light) return before;
  const isSame = heat.active === before.heat.active && light === before.light;
  return { active: isSame ? before.active : [...heat.active, ...light], heat, light };
}

function stepLight(
  before: readonly AlarmName[],
  s: Settings,
  { level, view: { verdict, sight, since: from } }: AlarmInput['light'],
  now: Instant,
): readonly AlarmName[] {
  const wasUnmixing = before.includes('segregation');
  const isMixed = verdict === 'MIXED' || verdict === 'DRIFTING';
  const isUnmixing =
    alarmAction('segregation', s) !== 'off' && (verdictRow(verdict).alarming || (wasUnmixing && !isMixed));
  const isMeant = level >= LITTLE_LIGHT && !KNOWN_BLIND.includes(sight);
  const isUnseen =
    alarmAction('unseen', s) !== 'off' &&
    verdict === 'CANNOT_SEE' &&
    isMeant &&
    since(now, from) >= seconds(s['alarm.unseenS']);
  if (isUnmixing === wasUnmixing && isUnseen === before.includes('unseen')) return before;
  return [...(isUnmixing ? (['segregation'] as const) : []), ...(isUnseen ? (['unseen'] as const) : [])];
}

/** Without a reading nothing is concluded. */
function stepHeat(before: HeatAlarms, s: Settings, input: AlarmInput, now: Instant): HeatAlarms {
  if (isOff(s)) return HEAT_QUIET;
  const { filmC, order } = input;
  if (filmC === null) return before;
  const windows = stepWindows(before, s, { ...input, filmC }, now);
  const band = stepBand(before.band, s, order, filmC, now);
  const effect = stepEffect(before.effect, s, { order, filmC, heated: windows.heated }, now);
  const was = (name: AlarmName): boolean => before.active.includes(name);
  const on: Readonly<Partial<Record<AlarmName, boolean>>> = {
    high: beyond(filmC - s['alarm.highC'], was('high'), s['alarm.hysteresisK']),
    low: beyond(s['alarm.lowC'] - filmC, was('low'), s['alarm.hysteresisK']),
    deviation: isAway(band, s, filmC, was('deviation'), now),
    rate: isFast(windows.rateKPerMin, s['alarm.rateKPerMin'], was('rate')),
    // Judged at the end of a window, when it is known whether there was heat; on until the film rises.
    loop:
      effect !== null &&
      ((was('loop') && effect.at === before.effect?.at) ||
        (windows.heated === true && isOverdue(effect, s, order, now))),
  };
  const active = BY_HEAT.filter((name) => on[name] === true && alarmAction(name, s) !== 'off');
  const same = active.length === before.active.length && active.every(was);
  const { rateKPerMin, window, means } = windows;
  return { active: same ? before.active : active, rateKPerMin, band, window, means, effect };
}

/** On above 0; once on, off at `hysteresis` below. */
const beyond = (excess: number, was: boolean, hysteresis: number): boolean =>
  excess > 0 || (was && excess > -hysteresis);

function stepBand(
  before: Band | null,
  s: Settings,
  { mode, setpointC }: AlarmInput['order'],
  filmC: Celsius,
  now: Instant,
): Band | null {
  if (!hasSetpoint(mode)) return null;
  const inside = Math.abs(filmC - setpointC) <= s['alarm.deviationK'];
  const { reached, outAt } = before?.setpointC === setpointC ? before : { reached: false, outAt: null };
  return { setpointC, reached: reached || inside, outAt: inside || !reached ? null : (outAt ?? now) };
}

function isAway(band: Band | null, s: Settings, filmC: Celsius, was: boolean, now: Instant): boolean {
  if (!band?.reached) return false;
  if (band.outAt !== null && since(now, band.outAt) >= seconds(s['alarm.deviationS'])) return true;
  const limitK = s['alarm.deviationK'];
  return was && Math.abs(filmC - band.setpointC) > limitK - Math.min(s['alarm.hysteresisK'], limitK / 2);
}

/** `heated`: whether the window that has just ended had heat; null where none has ended. */
type Windows = Pick<HeatAlarms, 'window' | 'means' | 'rateKPerMin'> & { readonly heated: boolean | null };

function stepWindows(
  before: HeatAlarms,
  s: Settings,
  { filmC, order, heatedUs }: AlarmInput & { readonly filmC: Celsius },
  now: Instant,
): Windows {
  const lengthUs = windowOf(order);
  const { window, means, rateKPerMin } = before;
  const fresh = (startUs: Instant): Window => ({ startUs, lengthUs, sumC: filmC, count: 1, heatedUs });
  if (window?.lengthUs !== lengthUs) return { window: fresh(now), means: [], rateKPerMin: null, heated: null };
  if (since(now, window.startUs) < lengthUs) {
    const going = { ...window, sumC: window.sumC + filmC, count: window.count + 1 };
    return { window: going, means, rateKPerMin, heated: null };
  }
  const most = Math.max(LEAST_WINDOWS, Math.round(s['alarm.rateSpanS'] / inSeconds(lengthUs)));
  const all = [...means, window.sumC / window.count].slice(-most);
  const endUs = after(window.startUs, lengthUs);
  return {
    // In step with the pulses, unless nothing was read for longer than a window.
    window: fresh(since(now, endUs) < lengthUs ? endUs : now),
    means: all,
    rateKPerMin: all.length < most ? null : (60 * slope(all)) / inSeconds(lengthUs),
    heated: (heatedUs - window.heatedUs) / lengthUs >= s['alarm.loopDuty'],
  };
}

/** Length of a window: whole pulse periods, at least `WINDOW_US`. */
const windowOf = ({ mode, periodUs }: AlarmInput['order']): Span =>
  hasPulses(mode) ? times(periodUs, Math.ceil(WINDOW_US / periodUs)) : WINDOW_US;

/** Least-squares slope of equally spaced values, per step: Σ (i − ī) yᵢ / Σ (i − ī)². */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  let sum = 0;
  let squares = 0;
  for (const [i, value] of values.entries()) {
    sum += (i - middle) * value;
    squares += (i - middle) ** 2;
  }
  return sum / squares;
}

/** Without a slope nothing changes. */
function isFast(rateKPerMin: number | null, limit: number, was: boolean): boolean {
  if (rateKPerMin === null) return was;
  return Math.abs(rateKPerMin) > (was ? RATE_OFF : 1) * limit;
}

interface Heated {
  readonly order: AlarmInput['order'];
  readonly filmC: Celsius;
  readonly heated: boolean | null;
}

/** Null where no heat is due, or a window had none: nothing is to be expected then. */
function stepEffect(before: Effect | null, s: Settings, { order, filmC, heated }: Heated, now: Instant): Effect | null {
  const { mode, setpointC } = order;
  const due = hasSetpoint(mode) ? filmC < setpointC - s['alarm.loopK'] : hasPulses(mode);
  if (!due || heated === false) return null;
  if (!before || filmC - before.lowC >= s['alarm.loopK']) return { at: now, lowC: filmC };
  return filmC < before.lowC ? { ...before, lowC: filmC } : before;
}

function isOverdue({ at }: Effect, s: Settings, { mode, periodUs }: AlarmInput['order'], now: Instant): boolean {
  const periods = hasPulses(mode) ? times(periodUs, LEAST_PERIODS) : micros(0);
  return since(now, at) >= Math.max(seconds(s['alarm.loopS']), periods);
}
