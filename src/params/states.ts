/** The safety states, declared once. What each permits is defined in the kernel only (safety/kernel.ts). */
import type { FaultName } from './faults.ts';

export interface StateRow {
  /** The state in one word, as a screen shows it. */
  readonly label: string;
  /** What the state means, for a person. */
  readonly sentence: string;
  /** Transitions out of this state. */
  readonly leaves: readonly { readonly to: string; readonly when: string }[];
}

export const STATES = {
  boot: {
    label: 'BOOT',
    sentence: 'starting',
    leaves: [
      {
        to: 'safe, tripped, lockout',
        when: 'from the stored record: armed at boot is a trip, a damaged record is a lockout; a run never resumes',
      },
    ],
  },
  safe: {
    label: 'SAFE',
    sentence: 'heater off, not armed',
    leaves: [
      {
        to: 'test-enable',
        when: 'an arm order at most {orderFreshS} s old, no fault for {healthyS} s, ENABLE open for {pumpOpenS} s, and the record “armed” is on disk',
      },
    ],
  },
  'test-enable': {
    label: 'TESTING',
    sentence: 'proof test: ENABLE must block',
    leaves: [{ to: 'test-gate', when: 'gate on, ENABLE open: no current for {testS} s' }],
  },
  'test-gate': {
    label: 'TESTING',
    sentence: 'proof test: gate must block',
    leaves: [{ to: 'prove', when: 'gate off, ENABLE closed: no current for {testS} s' }],
  },
  prove: {
    label: 'TESTING',
    sentence: 'proof pulse',
    leaves: [
      {
        to: 'armed',
        when: 'a pulse of at most {proofPulseS} s shows voltage, current and power inside their envelopes',
      },
    ],
  },
  armed: {
    label: 'ARMED',
    sentence: 'running',
    leaves: [
      { to: 'safe', when: 'stop, or end of the recipe' },
      {
        to: 'tripped, lockout',
        when: 'any fault, as in every driven state; all monitors run in every driven state, and a test that takes {testLimitS} s has failed',
      },
    ],
  },
  tripped: {
    label: 'TRIPPED',
    sentence: 'heater off, latched',
    leaves: [
      {
        to: 'safe',
        when: 'acknowledgement with the number of this trip, no fault for {calmS} s, budget drained, at least {acknowledgeS} s after the trip',
      },
    ],
  },
  lockout: {
    label: 'LOCKOUT',
    sentence: 'heater off, latched; needs a reset at the bench',
    leaves: [{ to: 'safe', when: 'reset at the bench, no current flowing, no fault for {calmS} s' }],
  },
} as const satisfies Record<string, StateRow>;

export type SafetyState = keyof typeof STATES;
export const SAFETY_STATES = Object.keys(STATES) as SafetyState[];
export const stateRow = (state: SafetyState): StateRow => STATES[state];

/** A trip or lockout; only a person can clear it. */
export interface Latch {
  readonly kind: 'tripped' | 'lockout';
  /** Number of the trip, counted across restarts; an acknowledgement must name it. */
  readonly trip: number;
  readonly fault: FaultName;
}
