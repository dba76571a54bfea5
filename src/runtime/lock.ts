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
  writeFileSync(own, `${identity(process.pid)}\n`);
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
function removeStale(path: string, owner: string): void {
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
  if (ownerOf(path) === identity(process.pid)) rmSync(path, { force: true });
}

/** Process number, and on Linux when it started (ticks since the boot), which tells it from a later one of that number. */
function identity(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22; the name in field 2 may hold spaces and brackets.
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${pid} ${start}`;
  } catch {
    return String(pid);
  }
}

function ownerOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

/** The number of the living process that holds the lock of a state folder; null when nobody does. */
export function lockOwner(folder: string): number | null {
  const owner = ownerOf(join(folder, 'lock'));
  return owner !== null && isAlive(owner, true) ? Number(owner.split(' ')[0]) : null;
}

/** `orOwn`: this very process counts as alive, too. */
function isAlive(owner: string, orOwn = false): boolean {
  const pid = Number(owner.split(' ')[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0 || (pid === process.pid && !orOwn)) return false;
  // Another process has got the number since, or the computer was started anew.
  const found = identity(pid);
  if (owner.includes(' ') && found.includes(' ') && found !== owner) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const taken = (folder: string, owner: string | null): ConfigError =>
  new ConfigError([
    {
      code: 'ALREADY_RUNNING',
      path: folder,
      got:
        owner === null ? 'several controllers start at once' : `process ${owner.split(' ')[0]} uses this state folder`,
      allowed: 'one controller a bench',
      remedy: 'Stop the other controller, or give this one another runtime.stateDir.',
    },
  ]);
