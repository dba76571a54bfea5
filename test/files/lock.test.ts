import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder, lockOwner } from '../../src/files/lock.ts';
import { ConfigError } from '../../src/params/problem.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'remixd-lock-')), 'state');
  mkdirSync(folder);
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

/** When a process started, as Linux counts. */
const startOf = (pid: number): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
};

describe('the lock of a state folder', () => {
  it('is this process’s until it is given back', () => {
    const unlock = lockFolder(folder);
    expect(lockOwner(folder)).toBe(process.pid);
    unlock();
    expect(lockOwner(folder)).toBeNull();
  });

  it('keeps a second controller out while the first one lives', () => {
    writeFileSync(join(folder, 'lock'), `${process.ppid} ${startOf(process.ppid)}\n`);
    expect(() => lockFolder(folder)).toThrow(ConfigError);
    expect(lockOwner(folder)).toBe(process.ppid);
  });

  it('is taken over from a process that is gone, and from one whose number another process has got since', () => {
    for (const stale of ['999999999', `${process.ppid} 1`]) {
      writeFileSync(join(folder, 'lock'), `${stale}\n`);
      expect(lockOwner(folder)).toBeNull();
      const unlock = lockFolder(folder);
      expect(lockOwner(folder)).toBe(process.pid);
      unlock();
    }
  });

  it('of a living process without a start time is believed', () => {
    writeFileSync(join(folder, 'lock'), `${process.ppid}\n`);
    expect(() => lockFolder(folder)).toThrow(ConfigError);
  });
});
