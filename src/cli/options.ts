/** Options shared by the commands: checked numbers, and the source of the configuration. */
import { Argument, Option } from 'commander';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { checkValue } from '../params/check.ts';
import { NAME_PATTERN } from '../params/commands.ts';
import { brokerUrl } from '../params/mqtt.ts';
import { listProblems } from '../params/problem.ts';
import { numberIn } from '../params/quantity.ts';
import { shown } from '../params/shown.ts';
import { VERDICT_NAMES, type Verdict } from '../params/verdict.ts';
import { bare } from './misuse.ts';
import { EXIT_USAGE } from './output.ts';

/** Ends the program over the value of an option or argument, in the form of every other problem of the command line. */
export function refuse(target: unknown, text: string, allowed: string): never {
  const path = target instanceof Option ? bare(target.flags) : target instanceof Argument ? target.name() : 'an option';
  const got = text.trim() === '' ? 'nothing' : shown(text);
  const remedy = target instanceof Argument ? `Give ${allowed} for ${path}.` : `Write ${path} followed by ${allowed}.`;
  process.stderr.write(`${listProblems([{ code: 'USAGE', path, got, allowed, remedy }])}\n`);
  process.exit(EXIT_USAGE);
}

// Commander calls these as methods of the option or argument, which names it in the message.
export function finite(this: unknown, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) refuse(this, text, 'a number');
  return value;
}

/** A length of time in seconds, with or without a unit: 90, 90s, 8h. */
export function duration(this: unknown, text: string): number {
  const value = numberIn('s', text);
  if (value === null || !Number.isFinite(value) || value <= 0)
    refuse(this, text, 'a time above 0 in seconds, or as in 90s, 15min or 8h');
  return value;
}

export function positive(this: unknown, text: string): number {
  const value = finite.call(this, text);
  if (value <= 0) refuse(this, text, 'a number above 0');
  return value;
}

export function whole(this: unknown, text: string): number {
  const value = positive.call(this, text);
  if (!Number.isInteger(value)) refuse(this, text, 'a whole number above 0');
  return value;
}

export function filled(this: unknown, text: string): string {
  if (text.trim() === '') refuse(this, text, 'a value that is not empty');
  return text;
}

/** The address of a broker, as in the configuration; there is no `none` here. */
export function broker(this: unknown, text: string): string {
  const isAddress = text !== 'none' && checkValue('mqtt.broker', text) === null;
  if (!isAddress) refuse(this, text, 'HOST, mqtt://HOST:PORT or mqtts://HOST:PORT, with a port from 1 to 65535');
  return brokerUrl(text);
}

/** A device or client name. */
export function named(this: unknown, text: string): string {
  if (!NAME_PATTERN.test(text)) refuse(this, text, 'at most 32 lower-case letters, digits and dashes');
  return text;
}

export function collect(this: unknown, text: string, before: string[]): string[] {
  return [...before, filled.call(this, text)];
}

/** Verdicts that make a run a failure. */
export function verdicts(this: unknown, text: string, before: Verdict[]): Verdict[] {
  const found = VERDICT_NAMES.find((name) => name === text);
  return found ? [...before, found] : refuse(this, text, VERDICT_NAMES.join(', '));
}

/** A share of a whole, 0..1. */
export function share(this: unknown, text: string): number {
  const value = finite.call(this, text);
  return value >= 0 && value <= 1 ? value : refuse(this, text, 'a number from 0 to 1');
}

export const configOption = () =>
  new Option('-c, --config <FILE>', 'configuration file (default: the simulated bench)').argParser(filled);
export const setOption = () =>
  new Option('--set <KEY=VALUE>', 'change one setting; may be repeated').argParser(collect).default([], 'none');
export const benchOption = () =>
  new Option('--bench <FILE>', 'simulated bench only: a file that describes another bench').argParser(filled);
export const jsonOption = () => new Option('--json', 'print JSON instead of text');

export interface Common {
  readonly config?: string;
  readonly set: string[];
  readonly bench?: string;
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
  return loadConfig({ file: options.config, set: [...assignments(options), ...own], env: process.env, state });
}

/** What the options set; an explicit --set comes after --bench and wins over it. */
const assignments = ({ bench, set }: Common): string[] => (bench === undefined ? set : [`sim.bench=${bench}`, ...set]);

/** The options that lead to the same configuration, for a child process. */
export const configArguments = (options: Common): string[] => [
  ...(options.config === undefined ? [] : ['--config', options.config]),
  ...assignments(options).flatMap((assignment) => ['--set', assignment]),
];

/** The options of a command line that the next one needs as well, with a space in front; empty when none was given. */
export function optionsAgain(given: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  const words = Object.entries(given).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => ` --${name} ${quoted(one)}`),
  );
  return words.join('');
}

/** A word as a shell reads it back. */
const quoted = (text: string): string =>
  /^[A-Za-z0-9_./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The limits file of an installed gate; see docs/INSTALL.md. */
export const GATE_CONF = '/etc/remixd/gate.conf';
