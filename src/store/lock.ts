/** One store a folder. */
import { join } from 'node:path';
import { giveBackLockFile, takeLockFile } from '../files/pid-lock.ts';

export class StoreBusy extends Error {
  override name = 'StoreBusy';
  constructor(folder: string, pid: number | null) {
    const who = pid === process.pid ? 'this process' : pid === null ? 'another process' : `process ${pid}`;
    super(
      `The history in ${folder} is in use by ${who}. Only one program may write a history; stop the other one first.`,
    );
  }
}

const pathOf = (folder: string): string => join(folder, 'history.lock');

/** Takes the lock, or throws `StoreBusy`. The same token may take it again: a worker that died is replaced. */
export function takeLock(folder: string, token: string): void {
  const owner = takeLockFile(pathOf(folder), token);
  if (owner !== null) throw new StoreBusy(folder, owner === 'unknown' ? null : owner.pid);
}

export const giveBackLock = (folder: string, token: string): void => giveBackLockFile(pathOf(folder), token);
