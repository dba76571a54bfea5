/** What the commands’ options have in common: numbers that are numbers, and where the configuration comes from. */
import { InvalidArgumentError, Option } from 'commander';
import { type LoadedConfig, loadConfig } from '../config/load.ts';

export function finite(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('give a number.');
  return value;
}

export function positive(text: string): number {
  const value = finite(text);
  if (value <= 0) throw new InvalidArgumentError('give a number above 0.');
  return value;
}

export function whole(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('give a whole number.');
  return value;
}

export function filled(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('it must not be empty.');
  return text;
}

export const collect = (value: string, before: string[]): string[] => [...before, value];
export const configOption = () =>
  new Option('-c, --config <FILE>', 'configuration file (default: the simulated bench)');
export const setOption = () =>
  new Option('--set <KEY=VALUE>', 'change one setting, may be repeated').argParser(collect).default([], 'none');
export const jsonOption = () => new Option('--json', 'print one JSON object for a program to read');

export interface Common {
  readonly config?: string;
  readonly set: string[];
  readonly json?: boolean;
}

export interface LoadOptions {
  /** Settings that have an option of their own. */
  readonly extra?: Readonly<Record<string, string | number | undefined>>;
  /** Whether the calibration and the confirmed settings of the state folder count, as they do for a run. */
  readonly state?: boolean;
}

/** Configuration from file, environment and command line. */
export function load(options: Common, { extra = {}, state = false }: LoadOptions = {}): LoadedConfig {
  const own = Object.entries(extra).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
  return loadConfig({ file: options.config, set: [...options.set, ...own], env: process.env, state });
}

/** The options that lead to the same configuration, for a child process. */
export const configArguments = ({ config, set }: Common): string[] => [
  ...(config === undefined ? [] : ['--config', config]),
  ...set.flatMap((assignment) => ['--set', assignment]),
];
