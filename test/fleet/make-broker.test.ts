/** What fleet/make-broker makes, apart from the access list: folders, paths and certificates. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const MAKE = join(PACKAGE_ROOT, 'fleet/make-broker');
const noOpenssl = spawnSync('sh', ['-c', 'command -v openssl']).status !== 0;
let parent: string;
let folder: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'remixd-make-'));
  folder = join(parent, 'keys');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const make = (...args: readonly string[]): string =>
  execFileSync(MAKE, [folder, '--device', 'bench-1', ...args], { encoding: 'utf8' });
const mode = (...path: readonly string[]): string => (statSync(join(folder, ...path)).mode & 0o777).toString(8);

describe.skipIf(noOpenssl)('fleet/make-broker', () => {
  it('leaves mosquitto, which drops its rights, a way to its files, and nobody a way to the keys', () => {
    make('--host', '127.0.0.1');
    expect([mode('broker'), mode('broker', 'acl'), mode('broker', 'mosquitto.conf')]).toEqual(['755', '644', '644']);
    expect(['1', '5']).toContain(mode().at(-1));
    for (const closed of [['private'], ['devices'], ['people']]) expect(mode(...closed)).toBe('700');
    expect(mode('broker', 'server.key')).toBe('600');
  });

  it('writes the paths of the place where the broker will be', () => {
    make('--host', '127.0.0.1', '--at', '/etc/mosquitto/remixd');
    const conf = readFileSync(join(folder, 'broker/mosquitto.conf'), 'utf8');
    for (const file of ['cafile', 'certfile', 'keyfile', 'acl_file', 'persistence_location']) {
      expect(conf).toMatch(new RegExp(`^${file} /etc/mosquitto/remixd/`, 'm'));
    }
    expect(conf).not.toContain(folder);
    expect(spawnSync(MAKE, [folder, '--host', 'x', '--at', 'here']).status).toBe(64);
  });

  it('makes a new certificate for another host and says so, and keeps it for the same', () => {
    const certificate = (): string => readFileSync(join(folder, 'broker/server.crt'), 'utf8');
    make('--host', 'broker.lab');
    const first = certificate();
    expect(make('--host', 'broker.lab')).not.toContain('New certificate');
    expect(certificate()).toBe(first);
    expect(make('--host', '10.0.0.7')).toContain(
      'New certificate for the broker: the earlier one was not for 10.0.0.7',
    );
    expect(certificate()).not.toBe(first);
    expect(make('--host', '10.0.0.7')).not.toContain('New certificate');
  });
});
