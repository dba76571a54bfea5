/** One controller per bench: a lock file with its owner in the state folder. */
import { join } from 'node:path';
import { ConfigError } from '../params/problem.ts';
import { makeFolder } from './folder.ts';
import { giveBackLockFile, lives, lockFileOwner, takeLockFile } from './pid-lock.ts';

const pathOf = (folder: string): string => join(folder, 'lock');
/** A process may take its own lock again. */
const TOKEN = `controller-${process.pid}`;

/** Takes the lock; call the returned function to release it. Throws `ConfigError` when a running process holds it. */
export function lockFolder(folder: string): () => void {
  makeFolder(folder);
  const owner = takeLockFile(pathOf(folder), TOKEN);
  if (owner !== null) throw taken(folder, owner === 'unknown' ? null : owner.pid);
  return () => giveBackLockFile(pathOf(folder), TOKEN);
}

/** The id of the running process that holds the lock of a state folder; null when there is none. */
export function lockOwner(folder: string): number | null {
  const owner = lockFileOwner(pathOf(folder));
  return owner !== null && lives(owner) ? owner.pid : null;
}

const taken = (folder: string, pid: number | null): ConfigError =>
  new ConfigError([
    {
      code: 'ALREADY_RUNNING',
      path: folder,
      got: pid === null ? 'several controllers are starting at once' : `process ${pid} is using this state folder`,
      allowed: 'one controller per bench',
      remedy: 'Stop the other controller, or set a different runtime.stateDir for this one.',
    },
  ]);
