/**
 * `remixd health`: is a controller alive here? For a container’s health check and for scripts. Two conditions: the
 * process that locked the state folder is alive, and the newest record grows. The record is written by the program that
 * runs the control loop, so it stops when the controller hangs, and also when the disk is full.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readLink } from '../files/link-state.ts';
import { lockOwner } from '../files/lock.ts';
import { type LinkTrouble, troubleLine } from '../params/link-trouble.ts';
import type { Settings } from '../params/settings.ts';
import { type Common, configOption, jsonOption, load, setOption } from './options.ts';
import { guarded } from './output.ts';

/** Adds `health`. */
export function addHealth(program: Command): void {
  program
    .command('health')
    .description('whether a controller is alive on this state folder and its record grows; exit code 1 if not')
    .addOption(configOption())
    .addOption(setOption())
    .addOption(jsonOption())
    .action((flags: Common) => guarded(() => health(load(flags).settings, flags.json === true)));
}

/** Rows are collected for a second before they are written; the rest is allowance for a slow disk. */
const WRITE_MS = 4000;

export interface Health {
  readonly ok: boolean;
  readonly text: string;
  /** What does not work between the controller and its broker; null where nothing is known to be wrong. */
  readonly link: LinkTrouble | null;
}

/** Time of the last change of the newest record, ms since 1970; null when there is none. */
function newestRecord(runsDir: string): number | null {
  if (!existsSync(runsDir)) return null;
  const changed = readdirSync(runsDir)
    .map((name) => join(runsDir, name, 'data.csv'))
    .filter((path) => existsSync(path))
    .map((path) => statSync(path).mtimeMs);
  return changed.length === 0 ? null : Math.max(...changed);
}

/** `now` in ms since 1970, on the clock of the file system. */
export function healthOf(settings: Settings, now: number): Health {
  const stateDir = settings['runtime.stateDir'];
  const owner = lockOwner(stateDir);
  if (owner === null) return { ok: false, text: `no controller is running on ${stateDir}`, link: null };
  const seen = readLink(stateDir, owner);
  // The heater needs no broker: a link that does not work is said, and is no reason to restart a controller.
  const link = seen === 'unknown' ? null : seen;
  const changed = newestRecord(settings['runtime.runsDir']);
  const limitMs = WRITE_MS + settings['journal.rowMs'];
  if (changed === null) return { ok: false, text: `process ${owner} has not started a record`, link };
  const ageMs = Math.max(0, now - changed);
  const age = `process ${owner}, last record ${(ageMs / 1000).toFixed(1)} s ago`;
  return ageMs <= limitMs
    ? { ok: true, text: age, link }
    : { ok: false, text: `${age}, limit ${limitMs / 1000} s`, link };
}

/** Prints one line, and one more for a broker that cannot be used. Returns the exit code: 0 alive, 1 not. */
function health(settings: Settings, json: boolean): number {
  const { ok, text, link } = healthOf(settings, Date.now());
  const remote = link === null ? '' : `MQTT: ${troubleLine(link)}   [${link.code}]\n`;
  process.stdout.write(
    json ? `${JSON.stringify({ ok, text, link })}\n` : `${ok ? 'alive' : 'NOT ALIVE'}: ${text}\n${remote}`,
  );
  return ok ? 0 : 1;
}
