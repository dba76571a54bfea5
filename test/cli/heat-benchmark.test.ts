import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../dist/benchmarks/heat.js');
const empty = mkdtempSync(join(tmpdir(), 'remixd-heat-'));

afterAll(() => rmSync(empty, { recursive: true }));

describe('the command line of the heat benchmark', () => {
  it.each([
    [['--suite', 'foo'], '--suite foo: one of ident, '],
    [['--n', '0'], '--n 0: a whole number from 1 to '],
    [['--n', 'x'], '--n x: '],
    [['--seed', 'x'], '--seed x: '],
    [['--spread', '9'], '--spread 9: a number from 0 to 0.5'],
    [['--room', '25'], '--room 25: two temperatures'],
    [['--foo'], "'--foo'"],
    [['--benches', join(empty, 'none')], 'none'],
    [['--benches', empty], 'holds no bench file'],
  ])('ends with one line and code 64 after %j', (args, text) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    expect(status).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
