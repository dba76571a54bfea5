/**
 * One store a folder. The lock names its owner by process id and the instant that process started, because process ids
 * are used again, in a container at every start. It is a link to a finished file, so it never appears half written.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class StoreBusy extends Error {
  override name = 'StoreBusy';
  constructor(folder: string, pid: number | null) {
    const who = pid === process.pid ? 'this process' : pid === null ? 'another process' : `process ${pid}`;
    super(`The history in ${folder} is in use by ${who}. One program writes a history; stop the other one first.`);
  }
}

interface Owner {
  readonly pid: number;
  readonly started: string;
  readonly token: string;
}

/** Takes the lock, or throws `StoreBusy`. The same token may take it again: a worker that died is replaced. */
export function takeLock(folder: string, token: string): void {
  const path = lockPath(folder);
  const own = `${path}.${token}`;
  writeFileSync(own, `${process.pid} ${startOf(process.pid) ?? '-'} ${token}\n`);
  try {
    for (let attempt = 0; attempt < 50; attempt++) {
      if (link(own, path)) return;
      const owner = ownerOf(path);
      if (owner === null) continue;
      if (owner.token === token) return;
      if (lives(owner)) throw new StoreBusy(folder, owner.pid);
      moveStale(path, owner, token);
    }
    throw new StoreBusy(folder, null);
  } finally {
    rmSync(own, { force: true });
  }
}

export function giveBackLock(folder: string, token: string): void {
  if (ownerOf(lockPath(folder))?.token === token) rmSync(lockPath(folder), { force: true });
}

const lockPath = (folder: string): string => join(folder, 'history.lock');

function link(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Of several that find a stale lock, one moves it; who moved a fresh one by mistake puts it back. */
function moveStale(path: string, stale: Owner, token: string): void {
  const aside = `${path}.stale.${token}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = ownerOf(aside);
  if (moved !== null && moved.token !== stale.token && lives(moved)) link(aside, path);
  rmSync(aside, { force: true });
}

/** Null when there is none any more. A lock that says nothing has no living owner. */
function ownerOf(path: string): Owner | null {
  try {
    const [pid = '', started = '-', token = ''] = readFileSync(path, 'utf8').trim().split(' ');
    return { pid: Number(pid), started, token };
  } catch {
    return null;
  }
}

function lives({ pid, started }: Owner): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return now === null || started === '-' || now === started;
}

/** When a process started, in clock ticks since the computer did: field 22 of its stat, where there is one. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
