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
    why: 'Name of a file in the recipes folder, without .json.',
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
    why: '50 ms = 20 control ticks a second, the minimum.',
  },
  'journal.rowMs': {
    kind: 'number',
    label: 'Interval between rows of data.csv',
    unit: 'ms',
    min: 50,
    max: 60000,
    step: 50,
    default: 100,
    applies: 'restart',
    why: 'Events and edges are always recorded.',
  },
  'runtime.stateDir': {
    kind: 'text',
    label: 'State folder (safety latch, calibration, history)',
    pattern: FOLDER,
    shape: 'a folder path',
    default: 'state',
    applies: 'restart',
    why: 'Must be on a disk that survives a restart.',
  },
  'runtime.runsDir': {
    kind: 'text',
    label: 'Folder for run records',
    pattern: FOLDER,
    shape: 'a folder path',
    default: 'runs',
    applies: 'restart',
    why: 'Each run gets a folder of its own.',
  },
} as const satisfies Record<string, SettingRow>;
