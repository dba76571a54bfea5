/**
 * Patterns that have kept a film mixed, by sample, calibration and light: a small file in the state folder from which the next
 * run begins. It only saves time: without it, or with a damaged one, the search begins as it always does.
 */
import { join } from 'node:path';
import { FOUND_PATTERNS, type FoundEntry, type FoundFor, MOST_FOUND, sampleIdOf } from '../params/found-patterns.ts';
import type { Settings } from '../params/settings.ts';
import { fileCause } from './errno.ts';
import { readText } from './read-text.ts';
import { replaceFile, replaceFileSoon } from './replace-file.ts';

export const foundPath = (stateDir: string): string => join(stateDir, 'found-patterns.json');

export interface FoundPatterns {
  /** Newest first. */
  readonly found: readonly FoundEntry[];
  /** Why the file was ignored; null = it was not. */
  readonly trouble: string | null;
}

export function readFound(stateDir: string): FoundPatterns {
  const path = foundPath(stateDir);
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
    return { found: [], trouble: isThere ? `${path} is ignored: ${fileCause(error)}` : null };
  }
  try {
    return { found: FOUND_PATTERNS.parse(JSON.parse(text)).found, trouble: null };
  } catch {
    return { found: [], trouble: `${path} is damaged and ignored; what is found next replaces it` };
  }
}

const isFor = (one: FoundFor, other: FoundFor): boolean =>
  one.sample === other.sample && one.calibration === other.calibration && one.light === other.light;

export const foundFor = (found: readonly FoundEntry[], what: FoundFor): FoundEntry | null =>
  found.find((one) => isFor(one, what)) ?? null;

/** The list with an entry in place of an older one for the same film. */
export const withFound = (found: readonly FoundEntry[], entry: FoundEntry): FoundEntry[] =>
  [entry, ...found.filter((one) => !isFor(one, entry))].slice(0, MOST_FOUND);

const textOf = (found: readonly FoundEntry[]): string => `${JSON.stringify({ format: 1, found }, null, 1)}\n`;

/** Keeps an entry; returns when it would survive a power cut. @throws a file error */
export function keepFound(stateDir: string, entry: FoundEntry): void {
  replaceFile(foundPath(stateDir), textOf(withFound(readFound(stateDir).found, entry)), 0o644);
}

export interface FoundMemoryParts {
  readonly settings: Settings;
  /** Id of the calibration in force; null = none, and nothing is kept. */
  readonly calibration: string | null;
  readonly wallUtc: () => string;
  readonly note: (kind: 'note' | 'trouble', text: string) => void;
}

/** What the film’s feedback begins with, and what it leaves behind. */
export class FoundMemory {
  private found: readonly FoundEntry[];
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly parts: FoundMemoryParts) {
    const { found, trouble } = readFound(parts.settings['runtime.stateDir']);
    this.found = found;
    if (trouble !== null) parts.note('trouble', trouble);
  }

  /** The pattern that held this film in this light; null = none is known. */
  begin(light: number): FoundEntry['pattern'] | null {
    const what = this.keyOf(light);
    return what && (foundFor(this.found, what)?.pattern ?? null);
  }

  keep(pattern: FoundEntry['pattern'], light: number, by: FoundEntry['by']): void {
    const what = this.keyOf(light);
    if (!what) return;
    const { settings, wallUtc, note } = this.parts;
    const entry: FoundEntry = { ...what, pattern, by, wallTime: wallUtc() };
    this.found = withFound(this.found, entry);
    const text = textOf(this.found);
    this.writing = this.writing
      .then(() => replaceFileSoon(foundPath(settings['runtime.stateDir']), text, 0o644))
      .catch((error: Error) => note('trouble', `the pattern that was found could not be kept: ${error.message}`));
  }

  /** Resolves when what was kept is on the disk; never rejects. */
  settled(): Promise<void> {
    return this.writing;
  }

  private keyOf(light: number): FoundFor | null {
    const { settings, calibration } = this.parts;
    const sample = sampleIdOf(settings);
    return sample === null || calibration === null ? null : { sample, calibration, light };
  }
}
