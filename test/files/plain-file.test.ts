import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { csvFileHead, csvFileRows } from '../../src/files/csv-stream.ts';
import { MOST_BYTES, openPlain, readPlain } from '../../src/files/plain-file.ts';
import { readText } from '../../src/files/read-text.ts';
import { replaceFile, replaceFileSoon } from '../../src/files/replace-file.ts';
import { newestRuns } from '../../src/files/runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'remixd-plain-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);
const written = (name: string, text: string): string => {
  writeFileSync(at(name), text);
  return at(name);
};
const pipe = (path: string): string => {
  execFileSync('mkfifo', [path]);
  return path;
};
const link = (path: string, to: string): string => {
  symlinkSync(to, path);
  return path;
};
const secret = written('secret.csv', 'a,b\n1,2\n');

describe('what lies in the place of a file', () => {
  it.each([
    ['a pipe', pipe(at('pipe')), 'EFTYPE'],
    ['a device', '/dev/zero', 'EFTYPE'],
    ['a link to a file', link(at('link'), secret), 'ELOOP'],
    ['a link to nothing', link(at('astray'), at('none')), 'ELOOP'],
    ['a folder', folder, 'EISDIR'],
    ['nothing', at('none'), 'ENOENT'],
  ])('%s is refused at once', async (_what, path, code) => {
    const refused = expect.objectContaining({ code, syscall: 'open' });
    await expect(openPlain(path)).rejects.toEqual(refused);
    await expect(readPlain(path)).rejects.toEqual(refused);
    await expect(csvFileHead(path)).rejects.toEqual(refused);
    await expect(csvFileRows(path, ['a', 'b']).next()).rejects.toEqual(refused);
    expect(() => readText(path, 'refused')).toThrow(refused);
  });

  it('is read where it is a plain file, with its size', async () => {
    const { file, bytes } = await openPlain(secret);
    await file.close();
    expect(bytes).toBe(8);
    expect(await readPlain(secret)).toBe('a,b\n1,2\n');
    expect((await csvFileHead(secret)).columns).toEqual(['a', 'b']);
  });

  it('is followed as a link where a person has named it', () => {
    expect(readText(at('link'))).toBe('a,b\n1,2\n');
  });

  it('is read as a whole up to a bound', async () => {
    expect(await readPlain(written('full', 'x'.repeat(MOST_BYTES)))).toHaveLength(MOST_BYTES);
    const path = written('big', 'x'.repeat(MOST_BYTES + 1));
    await expect(readPlain(path)).rejects.toEqual(expect.objectContaining({ code: 'EFBIG' }));
  });
});

describe('a file that is read in part', () => {
  it('is closed', async () => {
    const before = openFiles();
    for (let n = 0; n < 20; n += 1) await csvFileHead(secret);
    const rows = csvFileRows(secret, ['a', 'b']);
    await rows.next();
    await rows.return(undefined);
    // A stream closes its file a moment later.
    await expect.poll(openFiles).toBeLessThan(before + 10);
  });
  const openFiles = (): number => Number(execFileSync('sh', ['-c', `ls /proc/${process.pid}/fd | wc -l`]).toString());
});

describe('the folder of the runs', () => {
  it('with pipes and links in it is listed, and the threads that write the record stay free', async () => {
    for (const n of [1, 2, 3, 4, 5]) {
      mkdirSync(at('runs', `2026-11-0${n}T08-00-00-x`), { recursive: true });
      pipe(at('runs', `2026-11-0${n}T08-00-00-x`, 'run.json'));
    }
    mkdirSync(at('runs', '2026-11-06T08-00-00-y'));
    writeFileSync(at('runs', '2026-11-06T08-00-00-y', 'run.json'), '{"id":"y","settings":{}}');
    const runs = await newestRuns(at('runs'), 10);
    expect(runs.map(({ run }) => run)).toEqual([{ id: 'y' }, null, null, null, null, null]);
    expect(await readFile(secret, 'utf8')).toHaveLength(8);
  });
});

describe('a file that is replaced', () => {
  it('is never written through a link', async () => {
    link(at('notes.json.next'), secret);
    expect(() => replaceFile(at('notes.json'), '{}', 0o644, at('notes.json.next'))).toThrow(
      expect.objectContaining({ code: 'ELOOP' }),
    );
    // What stood in the way was taken away.
    link(at('notes.json.next'), secret);
    await expect(replaceFileSoon(at('notes.json'), '{}', 0o644, at('notes.json.next'))).rejects.toEqual(
      expect.objectContaining({ code: 'ELOOP' }),
    );
    expect(readFileSync(secret, 'utf8')).toBe('a,b\n1,2\n');
  });

  it('takes the place of what a power cut has left', async () => {
    writeFileSync(at('left.json.next'), 'half of something that is longer');
    await replaceFileSoon(at('left.json'), '{}', 0o644, at('left.json.next'));
    expect(readFileSync(at('left.json'), 'utf8')).toBe('{}');
  });
});
