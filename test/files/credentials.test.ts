/** The certificate of the page: what would fail in TLS is said before the start, with its cause and remedy. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { pageProblems } from '../../src/web/open.ts';

let folder: string;
const path = (name: string): string => join(folder, name);
const made = (name: string): boolean => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path(`${name}.key`)];
  const words = ['req', '-x509', ...key, '-out', path(`${name}.pem`), '-subj', `/CN=${name}`, '-days', '2'];
  return spawnSync('openssl', words).status === 0;
};
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-pair-'));
  if (hasOpenssl) expect(made('a') && made('b')).toBe(true);
  writeFileSync(path('text'), 'no PEM');
});
afterAll(() => rmSync(folder, { recursive: true }));

const problems = (cert: string, key: string, more: Partial<Settings> = {}) =>
  pageProblems({ ...defaultSettings(), 'web.certFile': path(cert), 'web.keyFile': path(key), ...more });

describe.skipIf(!hasOpenssl)('certificate and key of the page', () => {
  it('that belong together are no problem', () => {
    expect(problems('a.pem', 'a.key')).toEqual([]);
  });

  it.each([
    ['a.pem', 'b.key', 'CREDENTIAL_PEM', 'web.keyFile', /belongs to another certificate/],
    ['text', 'a.key', 'CREDENTIAL_PEM', 'web.certFile', /no certificate/],
    ['a.pem', 'text', 'CREDENTIAL_PEM', 'web.keyFile', /text/],
  ])('%s and %s are refused', (cert, key, code, where, got) => {
    const [problem, ...others] = problems(cert, key);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code, path: where, got: expect.stringMatching(got) });
    expect(problem?.remedy).not.toContain('make-broker');
  });

  it('that are not there are named with their path', () => {
    expect(problems('a.pem', 'missing.key')).toMatchObject([{ code: 'FILE_ENOENT', path: path('missing.key') }]);
  });

  it('are not looked at where there is no page', () => {
    expect(problems('text', 'text', { 'web.port': 0 })).toEqual([]);
  });
});
