/**
 * How the connection of a running controller to its broker is, for other programs on the computer: `remixd health` and
 * `remixd doctor` must not open a second connection under its name.
 */
import { readFileSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LINK_TROUBLES, type LinkTrouble, type LinkTroubleCode, linkTrouble } from '../params/link-trouble.ts';

const pathOf = (stateDir: string): string => join(stateDir, 'link.json');

/** Calls that change nothing write nothing; one write at a time, and none that fails is an error: it is only told. */
export function linkKeeper(stateDir: string, pid: number): (trouble: LinkTrouble | null) => Promise<void> {
  let written: string | null = null;
  let busy = false;
  return async (trouble) => {
    const text = JSON.stringify({ pid, code: trouble?.code ?? null, detail: trouble?.detail ?? '' });
    if (busy || text === written) return;
    busy = true;
    const next = `${pathOf(stateDir)}.next`;
    try {
      await writeFile(next, text, { mode: 0o644 });
      await rename(next, pathOf(stateDir));
      written = text;
    } catch {
      // A full disk has a warning of its own; this is tried again.
    } finally {
      busy = false;
    }
  };
}

/** What the controller with this process id found; `unknown` when it has not written it. */
export function readLink(stateDir: string, pid: number): LinkTrouble | null | 'unknown' {
  try {
    const value = JSON.parse(readFileSync(pathOf(stateDir), 'utf8')) as Record<string, unknown>;
    const { code, detail } = value;
    if (value['pid'] !== pid) return 'unknown';
    if (code === null) return null;
    if (typeof code !== 'string' || !Object.hasOwn(LINK_TROUBLES, code)) return 'unknown';
    return linkTrouble(code as LinkTroubleCode, typeof detail === 'string' ? detail : '');
  } catch {
    return 'unknown';
  }
}

/** A controller that has ended has no link. */
export function forgetLink(stateDir: string): void {
  rmSync(pathOf(stateDir), { force: true });
  rmSync(`${pathOf(stateDir)}.next`, { force: true });
}
