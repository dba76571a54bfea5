/**
 * Reads a configuration and lists every problem at once: default < bench < file < calibration < confirmed < environment < --set.
 * The calibration and what was confirmed lie in the state folder that the other layers name.
 */
import { createHash } from 'node:crypto';
import { loadBench } from '../files/bench.ts';
import { fileCause } from '../files/errno.ts';
import { readKept } from '../files/kept.ts';
import { readText } from '../files/read-text.ts';
import { type BenchFile, benchSettings } from '../params/bench-file.ts';
import { checkTogether, checkValue, isSettingKey, nearest, parseText, unknownKey } from '../params/check.ts';
import { isObject, type PlaceOf, parseFile } from '../params/json.ts';
import { ConfigError, type Problem } from '../params/problem.ts';
import { environmentName } from '../params/schema.ts';
import { SETTING_KEYS, type SettingKey, type Settings } from '../params/settings.ts';
import { NO_CALIBRATION, readCalibration } from './calibration.ts';
import { type ConfirmedLayer, confirmedLayer } from './confirmed.ts';
import { type LayerName, type Layers, merge } from './layers.ts';

export interface ConfigSource {
  readonly file?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /**
   * Whether the calibration and the confirmed settings of the state folder count. Commands that play a bench from its
   * configuration alone leave this out.
   */
  readonly state?: boolean;
}

export interface LoadedConfig {
  readonly settings: Settings;
  /** The layer that each value comes from. */
  readonly origin: Readonly<Record<SettingKey, LayerName>>;
  readonly file: string | null;
  /** What the bench file describes, or null for the delivered bench. */
  readonly bench: BenchFile | null;
  /** Id of the calibration in force, or null. */
  readonly calibration: string | null;
  /** Everything that was confirmed, as it was kept: in force, overridden or left out. The next write keeps all of it. */
  readonly confirmed: ConfirmedLayer['kept'];
  /** Confirmed settings that this start leaves out, and why. */
  readonly dropped: ConfirmedLayer['dropped'];
  /** SHA-256 over all settings in table order and the bench file, 12 hexadecimal digits. */
  readonly hash: string;
}

type Values = Record<string, unknown>;

/** Loads and checks. Throws `ConfigError` with all problems; nothing else has happened by then. */
export function loadConfig(source: ConfigSource): LoadedConfig {
  const problems: Problem[] = [];
  const file = source.file === undefined ? NO_FILE : fileLayer(source.file, problems);
  const written = {
    file: file.values,
    environment: environmentLayer(source.env ?? {}, problems),
    '--set': setLayer(source.set ?? [], problems),
  };
  // Bad values were not taken over, so what the rules see is good; a rule about a bad value says nothing new.
  const bad = problems.map(({ path }) => path.split(' ')[0] ?? '').filter(isSettingKey);
  const unplaced = merge(written).settings;
  const bench = benchOf(unplaced, problems);
  const described = { ...written, bench: benchLayer(unplaced, bench, problems) };
  const { settings: plain } = merge(described);
  const calibration = source.state ? readCalibration(plain) : NO_CALIBRATION;
  problems.push(...calibration.problems);
  const known = calibration.id === null ? {} : { 'heater.commissioned': true };
  const layers: Layers = { ...described, calibration: { ...calibration.values, ...known } };
  const { settings, origin } = merge(layers);
  const broken = checkTogether(settings, bad);
  problems.push(
    ...broken.map((one) => (origin[one.path as SettingKey] === 'file' ? { ...one, ...file.at(one.path) } : one)),
  );
  if (problems.length > 0) throw new ConfigError(problems);
  const confirmed = source.state
    ? confirmedLayer(readKept(plain['runtime.stateDir']).kept.confirmed, layers)
    : { kept: {}, values: {}, dropped: new Map<string, string>() };
  const last = merge({ ...layers, confirmed: confirmed.values });
  return {
    ...last,
    file: source.file ?? null,
    bench,
    calibration: calibration.id,
    confirmed: confirmed.kept,
    dropped: confirmed.dropped,
    hash: hashOf(last.settings, bench),
  };
}

/** The bench file that the settings name; what is wrong with it goes to `problems`. */
function benchOf(settings: Settings, problems: Problem[]): BenchFile | null {
  const path = settings['sim.bench'];
  if (path === 'none') return null;
  const read = loadBench(path);
  if ('bench' in read) return read.bench;
  problems.push(...read.problems);
  return null;
}

/**
 * What the bench itself says: whether it is known before it was commissioned, as only the delivered one is, and the settings
 * of its file that suit; a number is in its range already, a name may not be.
 */
function benchLayer(plain: Settings, bench: BenchFile | null, problems: Problem[]): Values {
  const values: Values = {};
  if (bench || plain['hal.kind'] === 'linux') values['heater.commissioned'] = false;
  for (const [key, value] of Object.entries(bench ? benchSettings(bench) : {})) {
    const problem = checkValue(key as SettingKey, value);
    if (problem) problems.push({ ...problem, path: `${key} (bench file)` });
    else values[key] = value;
  }
  return values;
}

interface FileLayer {
  readonly values: Values;
  /** The place of a setting. */
  readonly at: (key: string) => Pick<Problem, 'at'>;
}

const NO_FILE: FileLayer = { values: {}, at: () => ({}) };

/** The values of a file that suit their settings; what is wrong with the others goes to `problems`. */
function fileLayer(path: string, problems: Problem[]): FileLayer {
  const read = readGroups(path, problems);
  if (!read) return NO_FILE;
  const leaves = leavesOf(read.groups);
  const where = new Map(leaves.map(({ key, within }) => [key, within]));
  const at: FileLayer['at'] = (key) => ({ at: { file: path, ...read.placeOf(where.get(key) ?? []) } });
  const values: Values = {};
  for (const { key, within, value } of leaves) {
    const problem = isSettingKey(key) ? checkLeaf(key, within, value) : unknownKey(key, value);
    if (problem) problems.push({ ...problem, ...at(key) });
    else values[key] = value;
  }
  return { values, at };
}

function checkLeaf(key: SettingKey, within: readonly string[], value: unknown): Problem | null {
  if (within.length > 1) return checkValue(key, value);
  const [outer, inner] = key.split('.');
  const remedy = `Write {"${outer}": {"${inner}": ...}}.`;
  return { code: 'CONFIG_SHAPE', path: key, got: 'a flat key', allowed: 'settings in groups', remedy };
}

function environmentLayer(env: NodeJS.ProcessEnv, problems: Problem[]): Values {
  const values: Values = {};
  const keys = new Map(SETTING_KEYS.map((key) => [environmentName(key), key]));
  for (const [name, key] of keys) {
    const raw = env[name];
    if (raw !== undefined) takeText(values, key, raw, name, problems);
  }
  for (const name of Object.keys(env)) {
    if (!name.startsWith('REMIXD_') || keys.has(name)) continue;
    const near = nearest(name, [...keys.keys()]);
    problems.push({
      code: 'CONFIG_UNKNOWN',
      path: name,
      got: JSON.stringify(env[name]),
      allowed: 'a declared setting',
      remedy: near ? `Did you mean ${near}?` : 'Unset it; docs/reference/settings.md lists all names.',
    });
  }
  return values;
}

function setLayer(assignments: readonly string[], problems: Problem[]): Values {
  const values: Values = {};
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const key = at < 0 ? assignment : assignment.slice(0, at);
    if (at <= 0) {
      const allowed = 'key=value';
      const remedy = 'Write --set pulse.onMs=500.';
      problems.push({ code: 'CONFIG_SET', path: '--set', got: assignment, allowed, remedy });
    } else if (isSettingKey(key)) takeText(values, key, assignment.slice(at + 1), '--set', problems);
    else problems.push(unknownKey(key, assignment.slice(at + 1)));
  }
  return values;
}

function takeText(values: Values, key: SettingKey, raw: string, from: string, problems: Problem[]): void {
  const value = parseText(key, raw);
  const problem = checkValue(key, value);
  if (problem) problems.push({ ...problem, path: `${key} (${from})` });
  else values[key] = value;
}

export function hashOf(settings: Settings, bench: BenchFile | null = null): string {
  const pairs = SETTING_KEYS.map((key): [string, unknown] => [key, settings[key]]);
  const body = JSON.stringify(bench ? [...pairs, ['bench', bench]] : pairs);
  return createHash('sha256').update(body).digest('hex').slice(0, 12);
}

/** The groups of a configuration file; null when there are none, and why goes to `problems`. */
function readGroups(path: string, problems: Problem[]): { groups: Values; placeOf: PlaceOf } | null {
  const refuse = (code: string, got: string, allowed: string, remedy: string): null => {
    problems.push({ code, path, got, allowed, remedy });
    return null;
  };
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return refuse(
      missing ? 'CONFIG_MISSING' : 'CONFIG_UNREADABLE',
      missing ? 'no such file' : fileCause(error),
      'a readable JSON file',
      'Check the path given to --config, and that it is a file you may read.',
    );
  }
  const parsed = parseFile(text, 6);
  if ('error' in parsed) return refuse('CONFIG_SYNTAX', parsed.error, 'a JSON file', 'Correct the JSON syntax there.');
  const { value, placeOf } = parsed;
  if (isObject(value)) return { groups: value, placeOf };
  const got = JSON.stringify(value).slice(0, 60);
  return refuse('CONFIG_SYNTAX', got, 'an object of groups', 'See config/default.json.');
}

interface Leaf {
  /** `group.name` */
  readonly key: string;
  /** Its path in the file. */
  readonly within: readonly string[];
  readonly value: unknown;
}

function leavesOf(groups: Values): Leaf[] {
  return Object.entries(groups).flatMap(([group, members]): Leaf[] => {
    const inside = isObject(members) ? Object.entries(members) : [];
    // An empty group says nothing, but a misspelt one is still an error.
    if (isObject(members) && (inside.length > 0 || SETTING_KEYS.some((key) => key.startsWith(`${group}.`))))
      return inside.map(([name, value]) => ({ key: `${group}.${name}`, within: [group, name], value }));
    return [{ key: group, within: [group], value: members }];
  });
}
