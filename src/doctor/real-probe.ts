/** The probe of this computer. */
import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, type Stats, statfsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FileFacts, Probe } from './probe.ts';

/** `null` instead of an exception: for the doctor, an unreadable file does not exist. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function kindOf(stats: Stats): FileFacts['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  if (stats.isCharacterDevice()) return 'device';
  return stats.isSocket() ? 'socket' : 'other';
}

function run(command: string, args: readonly string[], timeoutMs: number): Promise<string | null> {
  // The checks search for English words, so the language is fixed.
  const env = { ...process.env, LC_ALL: 'C' };
  return new Promise((resolve) => {
    execFile(command, [...args], { timeout: timeoutMs, env, maxBuffer: 1_000_000 }, (error, out) =>
      resolve(error ? null : out),
    );
  });
}

function load(module: string): string | null {
  try {
    createRequire(import.meta.url)(module);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND' && message.includes(`'${module}'`)) return 'not installed';
    return (message.split('\n')[0] ?? 'does not load').slice(0, 120);
  }
}

/** Reads this computer; never writes and opens no device. */
export function realProbe(): Probe {
  return {
    nodeVersion: process.versions.node,
    platform: process.platform,
    arch: process.arch,
    uid: process.getuid?.() ?? -1,
    gids: [...new Set([process.getgid?.() ?? -1, ...(process.getgroups?.() ?? [])])],
    bytes: (path) => orNull(() => readFileSync(path)),
    names: (folder) => orNull(() => readdirSync(folder).sort()) ?? [],
    facts: (path) =>
      orNull(() => {
        const stats = statSync(path);
        return { kind: kindOf(stats), mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid };
      }),
    writable: (path) =>
      orNull(() => {
        accessSync(path, constants.W_OK);
        return true;
      }) === true,
    space: (path) =>
      orNull(() => {
        const { bavail, blocks, bsize } = statfsSync(path);
        return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
      }),
    run,
    load,
  };
}
