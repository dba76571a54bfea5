/** Where the safety latch survives a restart: one small file with a checksum, replaced as a whole. */
import { createHash } from 'node:crypto';

import { join } from 'node:path';
import { FAULTS } from '../params/faults.ts';
import type { Latch } from '../params/states.ts';
import type { LatchStore } from '../runtime/latch.ts';
import type { DurableRecord } from '../safety/kernel.ts';
import { readText } from './read-text.ts';
import { aloneNextTo, replaceFile, replaceFileSoon } from './replace-file.ts';

const VERSION = 1;
/** How long the end of a program waits for a slow disk, ms. */
const END_MS = 10_000;
const digest = (body: string): string => createHash('sha256').update(body).digest('hex');

export interface LatchFile extends LatchStore {
  /**
   * Resolves when every record so far has been written, or could not be, at the latest after `withinMs`: a disk that hangs
   * must not keep a program from ending. The next start then finds an older record, and trips if that says “armed”.
   */
  settled(withinMs?: number): Promise<void>;
}

/**
 * `latch.json` in `folder`, which is made if it is missing.
 *
 * @param atOnce true for a bench in virtual time: that stands still while the record is written
 */
export function latchInFolder(folder: string, atOnce = false): LatchFile {
  const path = join(folder, 'latch.json');
  let writing = Promise.resolve();
  return {
    load: () => {
      let text: string;
      try {
        text = readText(path);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : 'damaged';
      }
      return parseRecord(text) ?? 'damaged';
    },
    save: (record, done) => {
      const body = JSON.stringify({ version: VERSION, ...record });
      const text = `${body}\n${digest(body)}\n`;
      if (!atOnce) {
        writing = writing
          .then(() => replaceFileSoon(path, text, 0o600, aloneNextTo(path)))
          .then(() => done(null), done);
        return;
      }
      try {
        replaceFile(path, text, 0o600, aloneNextTo(path));
      } catch (error) {
        return done(error as Error);
      }
      done(null);
    },
    settled: (withinMs = END_MS) => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, withinMs).unref());
      return Promise.race([writing, late]);
    },
  };
}

/** Reads the file’s two lines; null for anything that is not exactly what `save` writes. */
export function parseRecord(text: string): DurableRecord | null {
  const [body, sum, rest, ...more] = text.split('\n');
  if (body === undefined || sum !== digest(body) || rest !== '' || more.length > 0) return null;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { version, armed, latch, trips, recent } = value as Record<string, unknown>;
  if (version !== VERSION || typeof armed !== 'boolean' || !isCount(trips) || !isCount(recent)) return null;
  if (latch !== null && !isLatch(latch)) return null;
  return { armed, latch, trips, recent };
}

/** A count that goes on counting: 2^53 would not. */
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 1e9;

function isLatch(value: unknown): value is Latch {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, trip, fault } = value as Record<string, unknown>;
  return (
    (kind === 'tripped' || kind === 'lockout') &&
    isCount(trip) &&
    typeof fault === 'string' &&
    Object.hasOwn(FAULTS, fault)
  );
}
