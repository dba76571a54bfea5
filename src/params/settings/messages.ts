/** Messages to people who look at no screen. */
import type { SettingRow } from './row.ts';

export const MESSAGES = {
  'messages.program': {
    kind: 'text',
    label: 'Program that messages are handed to',
    pattern: '^(none|/[^\\u0000]{1,400})$',
    shape: 'an absolute path, or none',
    default: 'none',
    applies: 'bench',
    why: 'Gets each message as one line of JSON on its standard input: trips, alarms, verdicts, warnings, the end of a run. It is started without a shell.',
  },
  'messages.timeoutS': {
    kind: 'number',
    label: 'Time that the program has for a message',
    unit: 's',
    min: 1,
    max: 120,
    step: 1,
    default: 20,
    applies: 'bench',
    why: 'Then it is killed with all that it has started, and the next message is handed over.',
  },
} as const satisfies Record<string, SettingRow>;
