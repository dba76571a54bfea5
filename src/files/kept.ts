/**
 * Data of tuning that must survive a restart: confirmed settings, their revision, a running trial, and the last answers to
 * commands. A damaged file is put aside and the bench runs with its own configuration; nothing in the file can loosen a
 * limit.
 */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { KEPT } from '../params/kept.ts';
import type { SettingKey } from '../params/settings.ts';
import { readText } from './read-text.ts';
import { aloneNextTo, replaceFileSoon } from './replace-file.ts';

/** Confirmed changes over the configuration, their revision, and answers by command id. */
export interface KeptFile<A> {
  readonly rev: number;
  readonly confirmed: Readonly<Partial<Record<SettingKey, number | string | boolean>>>;
  readonly answers: readonly (readonly [string, A])[];
  /** A trial that runs: dropped at the next start, which says so in the record. */
  readonly trial: {
    readonly rev: number;
    readonly by: string;
    /** The settings on trial; earlier versions kept them as a text. */
    readonly patch: string | Readonly<Record<string, unknown>>;
  } | null;
  /** The broker may hold a description of this device for Home Assistant. */
  readonly described: boolean;
  /** Thermal cycles of the bench over all its runs. */
  readonly cycles: number;
}

const pathOf = (stateDir: string): string => join(stateDir, 'remote.json');
const EMPTY = { rev: 0, confirmed: {}, answers: [], trial: null, described: false, cycles: 0 };

/**
 * Reads the file; `damaged` when there is one that cannot be trusted, or is larger than any that was ever written here.
 * @throws a file error for one that is there and cannot be read: to start without it would lose what was confirmed
 */
export function readKept<A>(stateDir: string): { kept: KeptFile<A>; damaged: boolean } {
  const path = pathOf(stateDir);
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EFBIG') throw error;
    return { kept: EMPTY, damaged: code === 'EFBIG' };
  }
  const kept = parse<A>(text);
  if (kept) return { kept, damaged: false };
  return { kept: EMPTY, damaged: true };
}

/** Moves a damaged file out of the way, beside earlier ones, so that it can be looked at and the next one can be written. */
export function putAside(stateDir: string): void {
  const aside = `${pathOf(stateDir)}.damaged`;
  // An earlier one may hold what this one has lost.
  for (let n = 1; ; n += 1) {
    const path = n === 1 ? aside : `${aside}-${n}`;
    if (existsSync(path)) continue;
    renameSync(pathOf(stateDir), path);
    return;
  }
}

function parse<A>(text: string): KeptFile<A> | null {
  try {
    return KEPT.parse(JSON.parse(text)) as unknown as KeptFile<A>;
  } catch {
    return null;
  }
}

/** Writes the file one after the other; a write that still waits takes along what has changed since. */
export class KeptWriter<A> {
  private dirty = false;
  private writing: Promise<void> | null = null;

  /** @param compose what is to be kept, at the moment of writing */
  constructor(
    private readonly stateDir: string,
    private readonly compose: () => KeptFile<A>,
  ) {}

  /** Resolves when how things stand now, or something newer, would survive a power cut; rejects with a file error. */
  write(): Promise<void> {
    this.dirty = true;
    const before = this.writing ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => this.flush());
    this.writing = mine;
    return mine;
  }

  private async flush(): Promise<void> {
    // A write before this one has taken it along.
    if (!this.dirty) return;
    this.dirty = false;
    try {
      const path = pathOf(this.stateDir);
      await replaceFileSoon(path, JSON.stringify(this.compose()), 0o600, aloneNextTo(path));
    } catch (error) {
      this.dirty = true;
      throw error;
    }
  }
}
