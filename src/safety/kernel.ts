/**
 * The safety kernel: a small pure state machine that decides what is permitted. Ten states, and no way from tripped or
 * lockout to a running state but through safe and a fresh order.
 *
 *   boot -> safe | tripped | lockout      by the durable record; it never resumes by itself
 *   safe -> test-enable                   fresh arm order, healthy for 5 s
 *   test-enable -> test-gate -> prove -> test-opening -> armed   the proof test, at every arm (I17)
 *   running -> tripped | lockout          any fault; every running state runs every monitor
 *   armed -> paused -> armed              a sensor that cannot be read for a moment; bounded in time and number (I13)
 *   armed, paused -> safe                 stop, or the run is over
 *   tripped -> safe                       acknowledgement of this trip’s id, no fault, drained, >= 10 s
 *   lockout -> safe                       local reset with no current
 */
import type { Ask } from '../params/controls.ts';
import type { FaultName } from '../params/faults.ts';
import { COMPILED } from '../params/limits.ts';
import { SEVERITY, severity } from '../params/severity.ts';
import { isRunning, type Latch, type SafetyState } from '../params/states.ts';
import { type Instant, type Span, seconds, since, unreachable } from '../units.ts';

/** What the gate-keeper may send: nothing, one test pattern, or what control wants. */
export type GatePermit = 'none' | 'enable-test' | 'proof' | 'run';

export interface Permit {
  readonly gate: GatePermit;
  /** Whether the ENABLE pump may be fed. */
  readonly pump: boolean;
}

/** What each state permits. The only place that says so. */
export const PERMITS: Readonly<Record<SafetyState, Permit>> = {
  boot: { gate: 'none', pump: false },
  safe: { gate: 'none', pump: false },
  'test-enable': { gate: 'enable-test', pump: false },
  'test-gate': { gate: 'none', pump: true },
  prove: { gate: 'proof', pump: true },
  'test-opening': { gate: 'enable-test', pump: false },
  armed: { gate: 'run', pump: true },
  paused: { gate: 'none', pump: false },
  tripped: { gate: 'none', pump: false },
  lockout: { gate: 'none', pump: false },
};

/** What survives a restart. Written before anything is energised and after every trip. */
export interface DurableRecord {
  readonly armed: boolean;
  readonly latch: Latch | null;
  readonly trips: number;
  /** How many of the last trips were within the time of I23; after a restart they count as just now. */
  readonly recent: number;
}

export interface KernelState {
  readonly name: SafetyState;
  readonly since: Instant;
  /** Since when no fault above a warning was present, or null. */
  readonly healthySince: Instant | null;
  /** Since when no fault that pauses or trips was present, or null. */
  readonly calmSince: Instant | null;
  readonly armOrderedAt: Instant | null;
  readonly latch: Latch | null;
  readonly trips: number;
  /** Times of the last trips, for I23. */
  readonly recent: readonly Instant[];
  /** Times of the last pauses, for I13. */
  readonly pauses: readonly Instant[];
}

export interface KernelInput {
  /** Present faults, the nearest cause first. */
  readonly faults: readonly FaultName[];
  readonly ask: Ask | null;
  /** How long the current has verifiably been absent, up to now: at all, with only the gate on, with only ENABLE on. */
  readonly quietUs: Span;
  readonly enableOpenUs: Span;
  readonly gateOpenUs: Span;
  /** A pulse of the proof test showed voltage, current and power inside their envelopes. */
  readonly proven: boolean;
  readonly runOver: boolean;
  /** The heat budget has drained (I8). */
  readonly drained: boolean;
  /** The durable record, at boot only: 'damaged' when it cannot be trusted. */
  readonly record: DurableRecord | 'damaged' | null;
}

export const HEALTHY_US = seconds(COMPILED.healthyS);
/** An arm order waits at most this long for the bench to be healthy. */
export const ORDER_FRESH_US = seconds(COMPILED.orderFreshS);
export const TEST_US = seconds(COMPILED.testS);

/** Whether no current has flowed for long enough to reset a lockout. */
export const isQuiet = (quietUs: Span): boolean => quietUs >= TEST_US;
/** A test that has not finished by then has failed. */
export const TEST_LIMIT_US = seconds(COMPILED.testLimitS);
export const ACK_US = seconds(COMPILED.acknowledgeS);
/** A trip-level fault must be gone this long before its trip can be left: some are seen only now and then. */
export const CALM_US = seconds(COMPILED.calmS);
/** In safe, ENABLE is guaranteed open after this time (I16); only then may a test close the gate. */
export const PUMP_OPEN_US = seconds(COMPILED.pumpOpenS);
const RESUME_US = seconds(COMPILED.resumeS);
const PAUSE_US = seconds(COMPILED.pauseS);
const STORM_US = seconds(COMPILED.stormS);

export const bootState = (now: Instant): KernelState => ({
  name: 'boot',
  since: now,
  healthySince: null,
  calmSince: null,
  armOrderedAt: null,
  latch: null,
  trips: 0,
  recent: [],
  pauses: [],
});

/** What of a state must survive a restart. */
export const recordOf = (state: KernelState, now: Instant): DurableRecord => ({
  armed: isRunning(state.name),
  latch: state.latch,
  trips: state.trips,
  recent: state.recent.filter((at) => since(now, at) <= STORM_US).length,
});

/** The worst present fault: the first of the highest severity. */
export function worstFault(faults: readonly FaultName[]): FaultName | null {
  let worst: FaultName | null = null;
  for (const name of faults) if (worst === null || severity(name) > severity(worst)) worst = name;
  return worst;
}

const { inhibit: INHIBIT, pause: PAUSE, trip: TRIP, lockout: LOCKOUT } = SEVERITY;

/** One step. Pure: the same state, input and instant always give the same answer. */
export function stepKernel(before: KernelState, input: KernelInput, now: Instant): KernelState {
  const state = noteHealth(before, input, now);
  const worst = worstFault(input.faults);
  const level = worst === null ? 0 : severity(worst);
  switch (state.name) {
    case 'boot':
      return boot(state, input.record, now);
    case 'safe':
      if (worst !== null && level >= LOCKOUT) return latched(state, 'lockout', worst, now);
      return stepSafe(state, input, level, now);
    case 'test-enable':
    case 'test-gate':
    case 'prove':
    case 'test-opening':
    case 'armed':
    case 'paused':
      if (worst !== null && level >= LOCKOUT) return latched(state, 'lockout', worst, now);
      if (worst !== null && level >= TRIP) return tripped(state, worst, now);
      if (input.ask?.kind === 'stop' || input.runOver) return moved(state, 'safe', now);
      return worst !== null && level >= PAUSE ? paused(state, worst, now) : stepRunning(state, input, now);
    case 'tripped':
      if (worst !== null && level >= LOCKOUT) return latched(state, 'lockout', worst, now);
      return mayAcknowledge(state, input, now) ? moved({ ...state, latch: null }, 'safe', now) : state;
    case 'lockout':
      return input.ask?.kind === 'reset' && isQuiet(input.quietUs) && isCalm(state, now)
        ? moved({ ...state, latch: null, recent: [] }, 'safe', now)
        : state;
    default:
      return unreachable(state.name, 'kernel');
  }
}

function noteHealth(state: KernelState, { faults }: KernelInput, now: Instant): KernelState {
  let worst = 0;
  for (const name of faults) worst = Math.max(worst, severity(name));
  const healthySince = worst >= INHIBIT ? null : (state.healthySince ?? now);
  const calmSince = worst >= PAUSE ? null : (state.calmSince ?? now);
  if (healthySince === state.healthySince && calmSince === state.calmSince) return state;
  return { ...state, healthySince, calmSince };
}

const isCalm = (state: KernelState, now: Instant, forUs = CALM_US): boolean =>
  state.calmSince !== null && since(now, state.calmSince) >= forUs;

function boot(state: KernelState, record: KernelInput['record'], now: Instant): KernelState {
  if (record === 'damaged') return latched(state, 'lockout', 'latch-unreadable', now);
  if (record === null) return moved(state, 'safe', now);
  const known = { ...state, trips: record.trips, recent: Array.from({ length: record.recent }, () => now) };
  if (record.latch) return { ...moved(known, record.latch.kind, now), latch: record.latch };
  return record.armed ? tripped(known, 'restart-while-armed', now) : moved(known, 'safe', now);
}

/** A trip-level fault drops a waiting order: clearing the fault must not start a run. */
function stepSafe(state: KernelState, { ask }: KernelInput, level: number, now: Instant): KernelState {
  if (ask?.kind === 'stop' || level >= TRIP) {
    return state.armOrderedAt === null ? state : { ...state, armOrderedAt: null };
  }
  const orderedAt = ask?.kind === 'arm' ? now : state.armOrderedAt;
  if (orderedAt === null) return state;
  if (since(now, orderedAt) > ORDER_FRESH_US) return { ...state, armOrderedAt: null };
  const healthy = state.healthySince !== null && since(now, state.healthySince) >= HEALTHY_US;
  if (healthy && since(now, state.since) >= PUMP_OPEN_US) return moved(state, 'test-enable', now);
  return orderedAt === state.armOrderedAt ? state : { ...state, armOrderedAt: orderedAt };
}

/**
 * A running state with something it needs unreadable. A run waits without heat, and trips when the wait lasts too long or
 * would be one too many. A proof test begins anew: it goes back to safe, where its order waits as a fresh one does.
 */
function paused(state: KernelState, fault: FaultName, now: Instant): KernelState {
  if (state.name === 'paused') return since(now, state.since) > PAUSE_US ? tripped(state, fault, now) : state;
  const pauses = [...state.pauses.filter((at) => since(now, at) <= STORM_US), now];
  if (pauses.length > COMPILED.pauses) return tripped(state, fault, now);
  if (state.name === 'armed') return moved({ ...state, pauses }, 'paused', now);
  return { ...moved({ ...state, pauses }, 'safe', now), armOrderedAt: now };
}

function stepRunning(state: KernelState, input: KernelInput, now: Instant): KernelState {
  const elapsed = since(now, state.since);
  switch (state.name) {
    case 'test-enable':
      if (input.enableOpenUs >= TEST_US) return moved(state, 'test-gate', now);
      break;
    case 'test-gate':
      if (input.gateOpenUs >= TEST_US) return moved(state, 'prove', now);
      break;
    case 'prove':
      if (input.proven) return moved(state, 'test-opening', now);
      break;
    case 'test-opening':
      if (input.enableOpenUs >= TEST_US) return moved(state, 'armed', now);
      break;
    case 'paused':
      return isCalm(state, now, RESUME_US) ? moved(state, 'armed', now) : state;
    default:
      return state;
  }
  return elapsed > TEST_LIMIT_US ? tripped(state, 'proof-failed', now) : state;
}

function mayAcknowledge(state: KernelState, input: KernelInput, now: Instant): boolean {
  const { ask } = input;
  return (
    ask?.kind === 'acknowledge' &&
    ask.trip === state.latch?.trip &&
    isCalm(state, now) &&
    input.drained &&
    since(now, state.since) >= ACK_US
  );
}

const moved = (state: KernelState, name: SafetyState, now: Instant): KernelState => ({
  ...state,
  name,
  since: now,
  armOrderedAt: null,
});

function latched(state: KernelState, kind: Latch['kind'], fault: FaultName, now: Instant): KernelState {
  const trips = state.trips + 1;
  return { ...moved(state, kind, now), latch: { kind, trip: trips, fault }, trips };
}

/** A trip, or a lockout when it is the third within ten minutes (I23). */
function tripped(state: KernelState, fault: FaultName, now: Instant): KernelState {
  const recent = [...state.recent.filter((at) => since(now, at) <= STORM_US), now];
  const storm = recent.length >= COMPILED.stormTrips;
  return { ...latched(state, storm ? 'lockout' : 'tripped', storm ? 'trip-storm' : fault, now), recent };
}
