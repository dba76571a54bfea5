/**
 * What remote places left behind that must survive a restart: confirmed settings and the last answers. A file that cannot
 * be trusted is put aside and the bench runs with its own configuration; nothing in it could loosen a limit anyway.
 */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { checkTogether, checkValue, isSettingKey } from '../params/check.ts';
import { type SettingKey, type Settings, settingRow } from '../params/settings.ts';
import { hashOf, type LoadedConfig } from './config.ts';
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

/** The configuration with what was confirmed; a value that no longer suits is left out. */
export function withConfirmed(loaded: LoadedConfig, { confirmed }: Pick<KeptFile<unknown>, 'confirmed'>): LoadedConfig {
  const values: Record<string, unknown> = { ...loaded.settings };
  const origin = new Map(loaded.origin);
  for (const [key, value] of Object.entries(confirmed)) {
    if (!isSettingKey(key) || checkValue(key, value) !== null) continue;
    const { applies } = settingRow(key);
    const from = origin.get(key) ?? '';
    if (applies === 'bench' || applies === 'restart' || from === '--set' || from.startsWith('REMIXD_')) continue;
    values[key] = value;
    origin.set(key, 'confirmed from afar');
  }
  const settings = values as unknown as Settings;
  return checkTogether(settings).length > 0 ? loaded : { ...loaded, settings, origin, hash: hashOf(settings) };
}
