/** Everything a person (or later a remote place) can ask the running controller, declared once. */
export interface CommandRow {
  readonly label: string;
  /** adds = may lead to heat; removes = only ever takes heat away and is always obeyed. */
  readonly heat: 'adds' | 'removes' | 'neutral';
  readonly why: string;
}

export const COMMANDS = {
  arm: {
    label: 'Arm',
    heat: 'adds',
    why: 'Runs the proof test and then the recipe. Waits up to 10 s for 5 healthy seconds; refused while a trip-level fault is present.',
  },
  disarm: { label: 'Disarm', heat: 'removes', why: 'Heater off, ENABLE open, state safe.' },
  acknowledge: {
    label: 'Acknowledge a trip',
    heat: 'neutral',
    why: 'Must name the trip’s number; works when the fault has been gone for 1 s, the heat budget has drained and 10 s have passed. Does not arm.',
  },
  reset: {
    label: 'Reset a lockout',
    heat: 'neutral',
    why: 'At the bench only, with no current flowing.',
  },
} as const satisfies Record<string, CommandRow>;

export type CommandName = keyof typeof COMMANDS;
