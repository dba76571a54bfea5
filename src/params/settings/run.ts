/** The run and its record. */
import { FOLDER, NAME, type SettingRow } from './row.ts';

export const RUN = {
  'run.recipe': {
    kind: 'text',
    label: 'Recipe to run',
    pattern: NAME,
    shape: 'a recipe name: lower-case letters, digits and dashes',
    default: 'hold-mixed',
    applies: 'idle',
    why: 'A file of the recipes folder, without .json.',
  },
  'loop.tickMs': {
    kind: 'number',
    label: 'Control period',
    unit: 'ms',
    min: 20,
    max: 50,
    step: 1,
    default: 50,
    applies: 'restart',
    why: 'At least 20 ticks a second.',
  },
  'journal.rowMs': {
    kind: 'number',
    label: 'Time between two rows of data.csv',
    unit: 'ms',
    min: 50,
    max: 60000,
    step: 50,
    default: 100,
    applies: 'restart',
    why: 'Events and edges are recorded whatever this is.',
  },
  'runtime.stateDir': {
    kind: 'text',
    label: 'Folder of the safety latch',
    pattern: FOLDER,
    shape: 'a folder path',
    default: 'state',
    applies: 'restart',
    why: 'Must survive a restart.',
  },
  'runtime.runsDir': {
    kind: 'text',
    label: 'Folder of the run records',
    pattern: FOLDER,
    shape: 'a folder path',
    default: 'runs',
    applies: 'restart',
    why: 'One folder a run.',
  },
} as const satisfies Record<string, SettingRow>;
