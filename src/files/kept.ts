/**
 * What remote places left behind that must survive a restart: confirmed settings and the last answers. A file that cannot
 * be trusted is put aside and the bench runs with its own configuration; nothing in it could loosen a limit anyway.
 */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, type LoadedConfig } from '../config/config.ts';
import { checkTogether, checkValue, isSettingKey } from '../params/check.ts';
import { type SettingKey, type Settings, settingRow } from '../params/settings.ts';
import { loadRecipe } from './recipes.ts';
import { replaceFileSoon } from './replace-file.ts';

/** Confirmed changes over the configuration, their revision, and answers by command id. */
export interface KeptFile<A> {
  readonly rev: number;
  readonly confirmed: Readonly<Partial<Record<SettingKey, number | string | boolean>>>;
  readonly answers: readonly (readonly [string, A])[];
  /** A trial that runs: dropped at the next start, which says so in the record. */
  readonly trial: { readonly rev: number; readonly by: string; readonly patch: string } | null;
}

const pathOf = (stateDir: string): string => join(stateDir, 'remote.json');
const EMPTY = { rev: 0, confirmed: {}, answers: [], trial: null };

/** Reads the file; `damaged` when there was one that had to be put aside. */
export function readKept<A>(stateDir: string): { kept: KeptFile<A>; damaged: boolean } {
  const path = pathOf(stateDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { kept: EMPTY, damaged: false };
  }
  const kept = parse<A>(text);
  if (kept) return { kept, damaged: false };
  renameSync(path, `${path}.damaged`);
  return { kept: EMPTY, damaged: true };
}

function parse<A>(text: string): KeptFile<A> | null {
  try {
    const value = JSON.parse(text) as KeptFile<A>;
    const { rev, confirmed, answers } = value;
    if (!Number.isSafeInteger(rev) || rev < 0 || typeof confirmed !== 'object' || confirmed === null) return null;
    if (!Array.isArray(answers) || !answers.every((pair) => Array.isArray(pair) && typeof pair[0] === 'string'))
      return null;
    const { trial = null } = value;
    if (trial !== null && typeof trial.by !== 'string') return null;
    return { rev, confirmed, answers, trial };
  } catch {
    return null;
  }
}

/** Writes the file one after the other; what is newer takes the place of what still waits. */
export class KeptWriter<A> {
  private next: KeptFile<A> | null = null;
  private writing: Promise<void> | null = null;

  constructor(private readonly stateDir: string) {}

  /** Resolves when this, or something newer, would survive a power cut; rejects with a file error. */
  write(kept: KeptFile<A>): Promise<void> {
    this.next = kept;
    const before = this.writing ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => this.flush());
    this.writing = mine;
    return mine;
  }

  private async flush(): Promise<void> {
    const { next } = this;
    // Somebody before us has taken it along.
    if (next === null) return;
    this.next = null;
    try {
      await replaceFileSoon(pathOf(this.stateDir), JSON.stringify(next), 0o600);
    } catch (error) {
      this.next ??= next;
      throw error;
    }
  }
}

export type Confirmed = KeptFile<unknown>['confirmed'];

/** What became of confirmed settings at a start. */
export interface Resumed {
  /** The configuration with the settings that are in force. */
  readonly loaded: LoadedConfig;
  /** What stays confirmed: what is in force, and what only this start overrides by environment or --set. */
  readonly confirmed: Confirmed;
  /** The other ones, and why. */
  readonly dropped: ReadonlyMap<string, string>;
}

/**
 * The configuration with what was confirmed. A value that no longer suits is left out; where the rest does not go together
 * with a configuration that was changed meanwhile, all of it is, because half of a tuning is nobody’s.
 */
export function withConfirmed(loaded: LoadedConfig, kept: { readonly confirmed: Confirmed }): Resumed {
  const origin = new Map(loaded.origin);
  const confirmed: Record<string, number | string | boolean> = {};
  const overridden: Record<string, number | string | boolean> = {};
  const dropped = new Map<string, string>();
  for (const [key, value] of Object.entries(kept.confirmed)) {
    const why = unsuited(key, value);
    if (why !== null) dropped.set(key, why);
    else if (isOverridden(origin.get(key as SettingKey))) overridden[key] = value;
    else {
      confirmed[key] = value;
      origin.set(key as SettingKey, 'confirmed from afar');
    }
  }
  const settings: Settings = { ...loaded.settings, ...confirmed };
  const [clash] = checkTogether(settings);
  if (!clash) {
    const resumed = { ...loaded, settings, origin, hash: hashOf(settings) };
    return { loaded: resumed, confirmed: { ...confirmed, ...overridden }, dropped };
  }
  for (const key of Object.keys(confirmed))
    dropped.set(key, `${clash.path} would be ${clash.got}, not ${clash.allowed}`);
  return { loaded, confirmed: overridden, dropped };
}

const isOverridden = (from = ''): boolean => from === '--set' || from.startsWith('REMIXD_');

/** Why a confirmed value cannot be in force here; null when it can. */
function unsuited(key: string, value: unknown): string | null {
  if (!isSettingKey(key)) return 'no such setting';
  const problem = checkValue(key, value);
  if (problem) return `${problem.got} is not ${problem.allowed}`;
  const { applies } = settingRow(key);
  if (applies === 'bench' || applies === 'restart') return 'it is set in the local file only';
  return key === 'run.recipe' ? recipeProblem(String(value)) : null;
}

/** A recipe may be gone since it was confirmed. */
function recipeProblem(name: string): string | null {
  try {
    loadRecipe(name);
    return null;
  } catch {
    return `${name} is no recipe of this device`;
  }
}
