/** The fields of a row of the settings table. */
export type Applies = 'live' | 'idle' | 'restart' | 'bench';

interface Row {
  readonly label: string;
  readonly why: string;
  readonly applies: Applies;
}
export interface NumberRow extends Row {
  readonly kind: 'number';
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly default: number;
}
export interface ChoiceRow extends Row {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
}
export interface BooleanRow extends Row {
  readonly kind: 'boolean';
  readonly default: boolean;
}
export interface TextRow extends Row {
  readonly kind: 'text';
  /** The allowed form of a value: `pattern` as a regular expression, `shape` in words. */
  readonly pattern: string;
  readonly shape: string;
  readonly default: string;
  /** The value stays in the configuration of this computer: with it somebody could read messages, or send them. */
  readonly secret?: true;
}
export type SettingRow = NumberRow | ChoiceRow | BooleanRow | TextRow;

/** Name of a recipe or sample. */
export const NAME = '^[a-z0-9][a-z0-9-]{0,63}$';
/** A line that people wrote: no control characters, nothing that turns the direction of writing. */
export const LINE = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]{1,200}$';
export const FOLDER = '^[^\\u0000]{1,400}$';
/** Five fields of digits, names, and * , - / between them. */
export const CRON = '^(none|[0-9*,/-]+ [0-9*,/-]+ [0-9*,/-]+ [0-9A-Za-z*,/-]+ [0-9A-Za-z*,/-]+)$';
/** 1 to 65535. */
export const PORT = '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';
/** A host name, some with an underscore, or an address; an IPv6 address stands in brackets. */
export const HOST = '([A-Za-z0-9._-]{1,200}|\\[[0-9A-Fa-f:.]{2,45}\\])';
