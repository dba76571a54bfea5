/**
 * The control modes, one row each: what a recipe step of the mode may say, how it reads on a screen, and what its heat is.
 * What a mode does is one file in control, entered in control/modes.ts.
 */
import { z } from 'zod';
import { COMPILED } from './limits.ts';

/**
 * What a mode may be told, with its range (I9): pulse width and period in s, setpoint in °C, swing of the film in K. Each row
 * names those it takes.
 */
export const MODE_FIELDS = {
  onS: { min: 0.05, max: 5 },
  periodS: { min: 0.5, max: 60 },
  setpointC: { min: 15, max: 40 },
  swingK: { min: 0.1, max: 6 },
} as const;
export type ModeField = keyof typeof MODE_FIELDS;
export type ModeFields = { readonly [F in ModeField]?: number | undefined };

/** What is in force. */
export type ModeOrder = Readonly<Record<ModeField, number>>;

interface ModeRow {
  /** What a step of a recipe must say of it. */
  readonly fields: readonly ModeField[];
  /** As a screen shows it. */
  readonly words: (order: ModeOrder) => string;
  /** How long it heats and how often, s, where that is known beforehand; else null. */
  readonly heats: (order: ModeOrder) => { readonly onS: number; readonly periodS: number } | null;
  /** It runs on the commissioned model: a bench that nobody commissioned cannot. */
  readonly byModel?: true;
  /** A rule over several fields of a step: what is allowed instead, or null. */
  readonly rule?: (fields: ModeFields) => { readonly field: ModeField; readonly allowed: string } | null;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

export const MODES = {
  off: { fields: [], words: () => 'off', heats: () => ({ onS: 0, periodS: 1 }) },
  constant: { fields: [], words: () => 'constant', heats: () => ({ onS: 1, periodS: 1 }) },
  pulse: {
    fields: ['onS', 'periodS'],
    words: ({ onS, periodS }) => `pulse ${onS} s every ${periodS} s (${percent(onS / periodS)})`,
    heats: ({ onS, periodS }) => ({ onS, periodS }),
    rule: ({ onS = 0, periodS = 0 }) =>
      onS <= COMPILED.pulseShare * periodS + 1e-9
        ? null
        : { field: 'onS', allowed: `at most ${COMPILED.pulseShare} × periodS (I9)` },
  },
  swing: {
    fields: ['swingK', 'periodS'],
    words: ({ swingK, periodS }) => `swing ${swingK} K every ${periodS} s`,
    heats: () => null,
    byModel: true,
  },
  model: {
    fields: ['setpointC'],
    words: ({ setpointC }) => `model to ${setpointC} °C`,
    heats: () => null,
    byModel: true,
  },
  bangbang: {
    fields: ['setpointC'],
    words: ({ setpointC }) => `bangbang to ${setpointC} °C`,
    heats: () => null,
  },
  pid: { fields: ['setpointC'], words: ({ setpointC }) => `pid to ${setpointC} °C`, heats: () => null },
} as const satisfies Record<string, ModeRow>;

export type Mode = keyof typeof MODES;
export const MODE_NAMES = Object.keys(MODES) as Mode[];
export const modeRow = (mode: Mode): ModeRow => MODES[mode];

/** Whether a mode has a setpoint. */
export const hasSetpoint = (mode: Mode): boolean => modeRow(mode).fields.includes('setpointC');
/** Whether a mode has a swing that it holds. */
export const hasSwing = (mode: Mode): boolean => modeRow(mode).fields.includes('swingK');
/** Whether a mode plays pulses whose width and period are set. */
export const hasPulses = (mode: Mode): boolean => modeRow(mode).fields.includes('periodS');

/** The fields of a recipe step in this mode, as a schema. */
export const modeSchema = (mode: Mode): Partial<Record<ModeField, z.ZodNumber>> =>
  Object.fromEntries(
    modeRow(mode).fields.map((field) => [field, z.number().min(MODE_FIELDS[field].min).max(MODE_FIELDS[field].max)]),
  );
