/**
 * `remixd health`: is a controller alive here? For a container’s health check and for scripts. Two things must hold:
 * the process that locked the state folder lives, and the newest record grows. The record is written by the same
 * program that ticks, so a controller that hangs stops it; a full disk does too, and that is no health either.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lockOwner } from '../files/lock.ts';
import type { Settings } from '../params/settings.ts';

/** Rows gather for a second before they are written; the rest is patience with a slow disk. */
const WRITE_MS = 4000;

export interface Health {
  readonly ok: boolean;
  readonly text: string;
}

/** Last change of the newest record, ms since 1970; null when there is none. */
function newestRecord(runsDir: string): number | null {
  if (!existsSync(runsDir)) return null;
  const changed = readdirSync(runsDir)
    .map((name) => join(runsDir, name, 'data.csv'))
    .filter((path) => existsSync(path))
    .map((path) => statSync(path).mtimeMs);
  return changed.length === 0 ? null : Math.max(...changed);
}

/** `now` in ms since 1970, as the file system counts. */
export function healthOf(settings: Settings, now: number): Health {
  const stateDir = settings['runtime.stateDir'];
  const owner = lockOwner(stateDir);
  if (owner === null) return { ok: false, text: `no controller runs on ${stateDir}` };
  const changed = newestRecord(settings['runtime.runsDir']);
  const limitMs = WRITE_MS + settings['journal.rowMs'];
  if (changed === null) return { ok: false, text: `process ${owner} has not begun a record` };
  const ageMs = Math.max(0, now - changed);
  const age = `process ${owner}, last record ${(ageMs / 1000).toFixed(1)} s ago`;
  return ageMs <= limitMs ? { ok: true, text: age } : { ok: false, text: `${age}, limit ${limitMs / 1000} s` };
}

/** Prints one line. Returns the exit code: 0 alive, 1 not. */
export function health(settings: Settings, json: boolean): number {
  const { ok, text } = healthOf(settings, Date.now());
  process.stdout.write(json ? `${JSON.stringify({ ok, text })}\n` : `${ok ? 'alive' : 'NOT ALIVE'}: ${text}\n`);
  return ok ? 0 : 1;
}
