/** `remixd replay`: a recorded run through the light path of today. */
import { checkValue, isSettingKey, parseText } from '../params/check.ts';
import { ConfigError } from '../params/problem.ts';
import type { RunJson } from '../params/run-json.ts';
import { defaultSettings, type SettingKey, type Settings } from '../params/settings.ts';
import { namedRun } from '../runs/figures.ts';
import { type Replay, replay } from '../runs/replay/replay.ts';
import { grouped } from '../runs/words.ts';
import { tableText } from './table.ts';

export interface ReplayOptions {
  /** FOLDER or FOLDER:N. */
  readonly run: string;
  /** `KEY=VALUE` each, instead of what was set in the run. */
  readonly set: readonly string[];
  readonly json: boolean;
}

export interface ReplaySettings {
  readonly settings: Settings;
  /** Which recorded ones this version does not take, in sentences. */
  readonly limits: readonly string[];
}

/** The settings of a recorded run, with what is tried instead. @throws ConfigError with every problem of what is tried */
export function replaySettings({ settings }: RunJson, set: readonly string[]): ReplaySettings {
  const known = Object.entries(settings).filter((entry): entry is [SettingKey, unknown] => isSettingKey(entry[0]));
  const recorded = known.filter(([key, value]) => checkValue(key, value) === null);
  const tried: [string, unknown][] = [];
  const problems = set.flatMap((assignment) => {
    const [key = '', ...rest] = assignment.split('=');
    if (!isSettingKey(key)) {
      const remedy = 'remixd config show lists all settings.';
      return [{ code: 'USAGE', path: '--set', got: assignment, allowed: 'KEY=VALUE of a declared setting', remedy }];
    }
    const value = parseText(key, rest.join('='));
    tried.push([key, value]);
    const problem = checkValue(key, value);
    return problem ? [problem] : [];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  const all = { ...defaultSettings(), ...Object.fromEntries([...recorded, ...tried]) };
  const isUsed = (key: string): boolean => [...recorded, ...tried].some(([one]) => one === key);
  const limits = known
    .filter(([key]) => !isUsed(key))
    .map(
      ([key, value]) =>
        `${key} was ${JSON.stringify(value)}, which this version does not take: ${String(all[key])} is used instead.`,
    );
  return { settings: all, limits };
}

/** Prints where verdicts differ. Returns the exit code: 1 when one does, or nothing could be compared. */
export async function replayCommand({ run, set, json }: ReplayOptions): Promise<number> {
  const { record, run: number, name } = await namedRun(run);
  const { settings, limits } = replaySettings(record.facts, set);
  const found = await replay(record, number, settings);
  const result = { ...found, limits: [...limits, ...found.limits] };
  process.stdout.write(json ? `${JSON.stringify({ run: name, set, ...result }, null, 1)}\n` : `${text(result)}\n`);
  return result.agreement === 1 ? 0 : 1;
}

const HEAD = ['from', 'to', 'recorded', 'now'];

function text({ comparedS, agreement, differences, limits, largestShareDifference: apart }: Replay): string {
  const share =
    agreement === null
      ? 'Nothing could be compared.'
      : `The verdicts agree for ${grouped(100 * agreement, 3)} % of ${grouped(comparedS, 1)} s.`;
  const rows = differences.map(({ fromS, toS, recorded, now }) => [
    `${grouped(fromS, 2)} s`,
    `${grouped(toS, 2)} s`,
    recorded,
    now,
  ]);
  const estimate =
    apart === null ? [] : [`The estimates of the segregated share are at most ${grouped(100 * apart, 3)} % apart.`];
  return [share, ...estimate, ...(rows.length > 0 ? [tableText([HEAD, ...rows])] : []), ...limits].join('\n');
}
