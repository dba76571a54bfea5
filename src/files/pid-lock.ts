/**
 * A file that one process holds. It names its owner by process id and by the instant that process started, because
 * process ids are reused, in a container at every start; the token distinguishes owners within a process. The file is a
 * link to a finished one, so it never appears half written, and a stale one is moved away before it is replaced: of several
 * that start at once exactly one wins.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

export interface LockOwner {
  readonly pid: number;
  /** Clock ticks since the computer started; '-' where unknown. */
  readonly started: string;
  readonly token: string;
}

/**
 * Takes the lock. Null = taken, also when the same token held it; otherwise its owner, or `unknown` when too many start at
 * once. Throws a file error.
 */
export function takeLockFile(path: string, token: string): LockOwner | 'unknown' | null {
  const own = `${path}.${token}`;
  writeFileSync(own, `${process.pid} ${startOf(process.pid) ?? '-'} ${token}\n`);
  try {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      if (linked(own, path)) return null;
      const owner = lockFileOwner(path);
      if (owner === null) continue;
      if (owner.token === token && owner.pid === process.pid) return null;
      if (lives(owner)) return owner;
      moveStale(path, owner, token);
    }
    return 'unknown';
  } finally {
    rmSync(own, { force: true });
  }
}

export function giveBackLockFile(path: string, token: string): void {
  const owner = lockFileOwner(path);
  if (owner?.token === token && owner.pid === process.pid) rmSync(path, { force: true });
}

/** The owner named in the file, running or not; null when there is no file. */
export function lockFileOwner(path: string): LockOwner | null {
  try {
    const [pid = '', started = '-', token = ''] = readFileSync(path, 'utf8').trim().split(' ');
    return { pid: Number(pid), started, token };
  } catch {
    return null;
  }
}

/** False for a lock without a valid owner, and for one whose process id now belongs to another process. */
export function lives({ pid, started }: LockOwner): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return now === null || started === '-' || now === started;
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

/** Of several processes that find a stale lock, one moves it; a fresh one moved by mistake is put back. */
function moveStale(path: string, stale: LockOwner, token: string): void {
  const aside = `${path}.stale.${token}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = lockFileOwner(aside);
  const isStale = moved?.pid === stale.pid && moved.token === stale.token && moved.started === stale.started;
  if (moved !== null && !isStale && lives(moved)) linked(aside, path);
  rmSync(aside, { force: true });
}

/** Field 22 of a process’s stat, where there is one; the name in field 2 may hold spaces and brackets. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
