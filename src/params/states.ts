/** The safety states, declared once. What each permits is defined in the kernel only (safety/kernel.ts). */
import type { FaultName } from './faults.ts';

export interface StateRow {
  /** The state in one word, as a screen shows it. */
  readonly label: string;
  /** What the state means, for a person. */
  readonly sentence: string;
  /** A run is under way: something may be energised, or will be again without a further order. */
  readonly running: boolean;
  /** Transitions out of this state. */
  readonly leaves: readonly { readonly to: string; readonly when: string }[];
}

export const STATES = {
  boot: {
    label: 'BOOT',
    sentence: 'starting',
    running: false,
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
    running: false,
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
    running: true,
    leaves: [{ to: 'test-gate', when: 'gate on, ENABLE open: no current for {testS} s' }],
  },
  'test-gate': {
    label: 'TESTING',
    sentence: 'proof test: gate must block',
    running: true,
    leaves: [{ to: 'prove', when: 'gate off, ENABLE closed: no current for {testS} s' }],
  },
  prove: {
    label: 'TESTING',
    sentence: 'proof pulse',
    running: true,
    leaves: [
      {
        to: 'test-opening',
        when: 'a pulse of at most {proofPulseS} s shows voltage, current and power inside their envelopes',
      },
    ],
  },
  'test-opening': {
    label: 'TESTING',
    sentence: 'proof test: ENABLE must open by itself',
    running: true,
    leaves: [
      {
        to: 'armed',
        when: 'gate on, the edges for ENABLE have stopped: from {pumpOpenS} s on no current for {testS} s',
      },
    ],
  },
  armed: {
    label: 'ARMED',
    sentence: 'running',
    running: true,
    leaves: [
      { to: 'safe', when: 'stop, or end of the recipe' },
      {
        to: 'paused',
        when: 'a sensor or the current monitor cannot be read; a proof test goes back to safe and begins anew',
      },
      {
        to: 'tripped, lockout',
        when: 'any fault, as in every driven state; all monitors run in every driven state, and a test that takes {testLimitS} s has failed',
      },
    ],
  },
  paused: {
    label: 'PAUSED',
    sentence: 'heater off until a sensor can be read again',
    running: true,
    leaves: [
      {
        to: 'armed',
        when: 'everything has been readable for {resumeS} s; the heater goes on with the next whole pulse',
      },
      {
        to: 'tripped, lockout',
        when: 'any fault of the running states; the pause lasts longer than {pauseS} s, or is one of more than {pauses} in {stormS} s',
      },
      { to: 'safe', when: 'stop, or end of the recipe' },
    ],
  },
  tripped: {
    label: 'TRIPPED',
    sentence: 'heater off, latched',
    running: false,
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
    running: false,
    leaves: [{ to: 'safe', when: 'reset at the bench, no current flowing, no fault for {calmS} s' }],
  },
} as const satisfies Record<string, StateRow>;

export type SafetyState = keyof typeof STATES;
export const SAFETY_STATES = Object.keys(STATES) as SafetyState[];
/** Whether a run is under way in a state. */
export const isRunning = (state: SafetyState): boolean => STATES[state].running;
export const stateRow = (state: SafetyState): StateRow => STATES[state];

/** A trip or lockout; only a person can clear it. */
export interface Latch {
  readonly kind: 'tripped' | 'lockout';
  /** Number of the trip, counted across restarts; an acknowledgement must name it. */
  readonly trip: number;
  readonly fault: FaultName;
}
