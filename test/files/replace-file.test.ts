/** A file is replaced as a whole or not at all, also when several do it at once, and nothing is left beside it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replaceFile, replaceFileSoon } from '../../src/files/replace-file.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'remixd-replace-'));

describe('a file that is replaced', () => {
  it('is one of the new ones when several replace it at once', async () => {
    const at = folder();
    const path = join(at, 'a.json');
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`.repeat(10_000));
    await Promise.all(texts.map((text) => replaceFileSoon(path, text, 0o644)));
    expect(texts).toContain(readFileSync(path, 'utf8'));
    expect(readdirSync(at)).toEqual(['a.json']);
  });

  it('does not touch what another process is writing', () => {
    const at = folder();
    writeFileSync(join(at, 'a.json.next'), 'half');
    replaceFile(join(at, 'a.json'), 'whole', 0o644);
    expect(readFileSync(join(at, 'a.json'), 'utf8')).toBe('whole');
    expect(readFileSync(join(at, 'a.json.next'), 'utf8')).toBe('half');
  });

  it('that cannot be leaves nothing behind', async () => {
    const at = folder();
    const path = join(at, 'a.json');
    // A folder that holds something cannot be replaced by a file.
    mkdirSync(join(path, 'in'), { recursive: true });
    expect(() => replaceFile(path, 'x', 0o644)).toThrow(expect.objectContaining({ syscall: 'rename' }));
    await expect(replaceFileSoon(path, 'x', 0o644)).rejects.toMatchObject({ syscall: 'rename' });
    expect(readdirSync(at)).toEqual(['a.json']);
  });
});
