/** Reads a configuration: defaults < file < environment < --set, and every problem in one listing. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  allowedValues,
  checkTogether,
  checkValue,
  isSettingKey,
  nearest,
  parseText,
  unknownKey,
} from '../params/check.ts';
import { ConfigError, type Problem } from '../params/problem.ts';
import { environmentName, flatSettings, settingsConvict } from '../params/schema.ts';
import { SETTING_KEYS, type SettingKey, type Settings, settingRow } from '../params/settings.ts';

export interface ConfigSource {
  readonly file?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

export interface LoadedConfig {
  readonly settings: Settings;
  readonly file: string | null;
  /** Where each setting’s value came from. */
  readonly origin: ReadonlyMap<SettingKey, string>;
  /** SHA-256 over all settings in table order, 12 hexadecimal digits. */
  readonly hash: string;
  /** Id of the calibration in force; left out where there is none. */
  readonly calibration?: string;
}

/** Loads and checks. Throws `ConfigError` with all problems; nothing else has happened by then. */
export function loadConfig(source: ConfigSource): LoadedConfig {
  const problems: Problem[] = [];
  const env = source.env ?? {};
  const origin = new Map<SettingKey, string>();
  const config = settingsConvict(env);

  if (source.file) {
    const values = fileValues(source.file, problems);
    for (const [path, value] of values) {
      if (!isSettingKey(path)) {
        problems.push(unknownKey(path, value));
        continue;
      }
      const problem = checkValue(path, value);
      if (problem) problems.push(problem);
      else {
        config.set(path as never, value as never);
        origin.set(path, source.file);
      }
    }
  }
  for (const key of SETTING_KEYS) {
    const name = environmentName(key);
    const raw = env[name];
    if (raw !== undefined) takeText(key, raw, name);
  }
  for (const name of Object.keys(env)) {
    if (!name.startsWith('REMIXD_')) continue;
    const known = SETTING_KEYS.map(environmentName);
    if (!known.includes(name)) {
      const near = nearest(name, known);
      const remedy = near ? `Did you mean ${near}?` : 'Unset it; docs/reference/settings.md lists all names.';
      problems.push({
        code: 'CONFIG_UNKNOWN',
        path: name,
        got: JSON.stringify(env[name]),
        allowed: 'a declared setting',
        remedy,
      });
    }
  }
  for (const assignment of source.set ?? []) {
    const at = assignment.indexOf('=');
    const key = at < 0 ? assignment : assignment.slice(0, at);
    if (at <= 0) {
      const allowed = 'key=value';
      problems.push({
        code: 'CONFIG_SET',
        path: '--set',
        got: assignment,
        allowed,
        remedy: 'Write --set pulse.onMs=500.',
      });
    } else if (isSettingKey(key)) takeText(key, assignment.slice(at + 1), '--set');
    else problems.push(unknownKey(key, assignment.slice(at + 1)));
  }

  function takeText(key: SettingKey, raw: string, from: string): void {
    const value = parseText(key, raw);
    const problem = checkValue(key, value);
    if (problem) problems.push({ ...problem, path: `${key} (${from})` });
    else {
      config.set(key as never, value as never);
      origin.set(key, from);
    }
  }

  // Bad values were never taken over, so the rules are checked on good ones; a rule about a bad value says nothing new.
  const settings = flatSettings(config);
  const bad = problems.map(({ path }) => path.split(' ')[0] ?? '').filter(isSettingKey);
  problems.push(...checkTogether(settings, bad));
  if (problems.length > 0) throw new ConfigError(problems);
  config.validate({ allowed: 'strict' });
  return { settings, file: source.file ?? null, origin, hash: hashOf(settings) };
}

export function hashOf(settings: Settings): string {
  const body = JSON.stringify(SETTING_KEYS.map((key) => [key, settings[key]]));
  return createHash('sha256').update(body).digest('hex').slice(0, 12);
}

/** A file’s leaves as `group.name` -> value. */
function fileValues(path: string, problems: Problem[]): [string, unknown][] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === 'ENOENT';
    const unreadable = code !== undefined;
    problems.push({
      code: missing ? 'CONFIG_MISSING' : unreadable ? 'CONFIG_UNREADABLE' : 'CONFIG_SYNTAX',
      path,
      got: missing ? 'no such file' : message,
      allowed: 'a readable JSON file',
      remedy: unreadable
        ? 'Check the path given to --config, and that it is a file you may read.'
        : 'Correct the JSON syntax.',
    });
    return [];
  }
  const leaves: [string, unknown][] = [];
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    const got = JSON.stringify(json).slice(0, 60);
    problems.push({
      code: 'CONFIG_SYNTAX',
      path,
      got,
      allowed: 'an object of groups',
      remedy: 'See config/default.json.',
    });
    return leaves;
  }
  for (const [group, members] of Object.entries(json)) {
    if (typeof members === 'object' && members !== null && !Array.isArray(members)) {
      const inside = Object.entries(members);
      for (const [name, value] of inside) leaves.push([`${group}.${name}`, value]);
      // An empty group says nothing, but a misspelt one is a slip all the same.
      if (inside.length === 0 && !SETTING_KEYS.some((key) => key.startsWith(`${group}.`)))
        leaves.push([group, members]);
    } else if (isSettingKey(group)) {
      const [outer, inner] = group.split('.');
      problems.push({
        code: 'CONFIG_SHAPE',
        path: group,
        got: 'a flat key',
        allowed: 'settings in groups',
        remedy: `Write {"${outer}": {"${inner}": ...}}.`,
      });
    } else leaves.push([group, members]);
  }
  return leaves;
}

/** One setting explained: what it is, its range, where its value comes from. */
export function explain(key: SettingKey, loaded: LoadedConfig): string {
  const row = settingRow(key);
  return [
    `${key} — ${row.label}`,
    `  value    ${String(loaded.settings[key])}   (${loaded.origin.get(key) ?? 'default'})`,
    `  default  ${String(row.default)}`,
    `  allowed  ${allowedValues(row)}`,
    `  applies  ${row.applies}`,
    `  env      ${environmentName(key)}`,
    `  why      ${row.why}`,
  ].join('\n');
}
