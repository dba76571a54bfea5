/** One controller a bench: a lock file with the owner’s process id in the state folder. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './config.ts';

/**
 * Takes the lock; call the returned function to give it back. Throws `ConfigError` when a living process has it. The file
 * appears with its content (a link to a finished file), and a stale one is moved away before it is replaced, so of
 * several that start at once exactly one wins.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  const own = `${path}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(own, `${process.pid}\n`);
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      if (linked(own, path)) return () => release(path);
      const owner = ownerOf(path);
      if (owner === null) continue;
      if (isAlive(owner)) throw taken(folder, owner);
      removeStale(path, owner);
    }
    throw taken(folder, null);
  } finally {
    rmSync(own, { force: true });
  }
}

function linked(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the lock of a dead process away; if a living one took it meanwhile, it is put back. */
function removeStale(path: string, owner: number): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = ownerOf(aside);
  if (moved !== null && moved !== owner && isAlive(moved)) linked(aside, path);
  rmSync(aside, { force: true });
}

function release(path: string): void {
  if (ownerOf(path) === process.pid) rmSync(path, { force: true });
}

function ownerOf(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const taken = (folder: string, owner: number | null): ConfigError =>
  new ConfigError([
    {
      code: 'ALREADY_RUNNING',
      path: folder,
      got: owner === null ? 'several controllers start at once' : `process ${owner} uses this state folder`,
      allowed: 'one controller a bench',
      remedy: 'Stop the other controller, or give this one another runtime.stateDir.',
    },
  ]);
