import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/files/folder.ts';

const top = mkdtempSync(join(tmpdir(), 'remixd-folder-'));
afterAll(() => rmSync(top, { recursive: true }));

describe('making a folder', () => {
  it('makes its parents, and leaves one that is there', () => {
    const folder = join(top, 'a/b/c');
    makeFolder(folder);
    makeFolder(folder);
    expect(statSync(folder).isDirectory()).toBe(true);
  });

  it('throws a file error where a file is in the way', () => {
    writeFileSync(join(top, 'file'), '');
    expect(() => makeFolder(join(top, 'file'))).toThrow('EEXIST');
    expect(() => makeFolder(join(top, 'file/b'))).toThrow('ENOTDIR');
  });

  it.skipIf(process.platform !== 'linux')('does not hang where no folder can be made', () => {
    const program = join(import.meta.dirname, '../../bin/remixd.js');
    const args = [program, 'simulate', '--seconds', '1', '--out', '/proc/remixd/run'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 10_000 });
    expect(status).toBe(73);
    expect(stderr).toContain('FILE_ENOENT');
  });
});
