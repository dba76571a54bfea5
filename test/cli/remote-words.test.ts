/** What `remixd remote` refuses before it connects. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const PROGRAM = join(PACKAGE_ROOT, 'bin', 'remixd.js');
const NAME = 'at most 32 lower-case letters, digits and dashes';

describe('the command line of remote', () => {
  it.each([
    ['remote confirm abc', 'REV', '"abc"', 'a number'],
    ['remote confirm 1.5', 'REV', '"1.5"', 'a whole number above 0'],
    ['remote acknowledge x', 'TRIP', '"x"', 'a number'],
    ['remote reset 0', 'TRIP', '"0"', 'a number above 0'],
    ['remote set pulse.onMs=1 pulse.onMs=2', 'pulse.onMs=2', 'pulse.onMs=2', 'one value for pulse.onMs'],
    ['remote set pulse.onMs', 'pulse.onMs', 'pulse.onMs', 'KEY=VALUE'],
    ['remote get --broker foo://x', '--broker', '"foo://x"', 'HOST, mqtt://HOST:PORT or'],
    ['remote get --broker none', '--broker', '"none"', 'HOST, mqtt://HOST:PORT or'],
    ['remote get --broker mqtt://host:99999', '--broker', '"mqtt://host:99999"', 'HOST, mqtt://HOST:PORT or'],
    ['remote get --client BAD_NAME', '--client', '"BAD_NAME"', NAME],
    ['remote get --device a/b', '--device', '"a/b"', NAME],
    [
      'collect --database postgresql://localhost/x --broker foo://x',
      '--broker',
      '"foo://x"',
      'HOST, mqtt://HOST:PORT or',
    ],
  ])('%s', (words, path, got, allowed) => {
    const args = [PROGRAM, ...words.split(' ')];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });
    expect([status, stdout]).toEqual([64, '']);
    expect(stderr).toContain(`  ${path}   [USAGE]\n      got      ${got}\n      allowed  ${allowed}`);
  });
});
