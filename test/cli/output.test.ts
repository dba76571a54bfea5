import { describe, expect, it } from 'vitest';
import { fileProblem } from '../../src/cli/output.ts';

const problem = (code: string): string =>
  fileProblem(
    Object.assign(new Error(`${code}: a text of the library, open 'x'`), { code, path: '/data/x', syscall: 'open' }),
  );

describe('a file that cannot be used', () => {
  it.each([
    ['ENOSPC', 'the disk is full', 'Free some disk space'],
    ['EACCES', 'this user has no permission', 'Change the owner'],
    ['EPERM', 'this user has no permission', 'Change the owner'],
    ['ENOENT', 'there is no such file or folder', 'Check the path'],
    ['EEXIST', 'a file of that name is in the way', 'Move that file away'],
    ['ENOTDIR', 'a file of that name is in the way', 'Move that file away'],
    ['EISDIR', 'this is a folder, not a file', 'Name a file.'],
    ['EROFS', 'the disk is mounted read-only', 'Mount the disk for writing'],
  ])('%s: the remedy fits the cause', (code, cause, remedy) => {
    const text = problem(code);
    expect(text).toContain(`Cannot use /data/x   [FILE_${code}]`);
    expect(text).toContain(`cause    ${cause}`);
    expect(text).toContain(`remedy   ${remedy}`);
    expect(text).not.toContain('a text of the library');
    if (code !== 'ENOSPC') expect(text).not.toContain('Free some');
  });

  it('with an error that is not in the table keeps the text of the system', () => {
    expect(problem('EMFILE')).toMatch(/EMFILE: a text[\s\S]*Check the path and the disk/);
  });
});
