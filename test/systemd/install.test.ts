import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

/** A controller of a few lines: it notes how it was called, and refuses a configuration that says so. */
const PROGRAM = `
const { readFileSync, appendFileSync } = require('node:fs');
const { version } = require('../package.json');
const [group, verb, , file] = process.argv.slice(2);
const config = readFileSync(file, 'utf8');
appendFileSync(process.env.CALLS, 'remixd ' + version + ' ' + group + ' ' + verb + '\\n');
if (config.includes('not-for-' + version)) { console.error('CONFIG_UNKNOWN'); process.exit(78); }
if (verb === 'gate') console.log('limits of ' + version);
`;
/**
 * Notes every call; a file per active service. It answers as the real one does: exit code 3 for what is not active, 5 for a
 * unit whose file is not there. `stubborn` makes stopping useless.
 */
const SYSTEMCTL = `#!/bin/sh
[ "$1" = is-active ] || echo "systemctl $*" >>"$CALLS"
known() { [ -e "$UNITS/$1" ] || { echo "Unit $1 could not be found." >&2; exit 5; }; }
case $1 in
  is-active)
    quiet=no; [ "$2" = --quiet ] && { quiet=yes; shift; }
    if [ -e "$ACTIVE/$2" ]; then state=active code=0; else state=inactive code=3; fi
    [ $quiet = yes ] || echo $state
    exit $code ;;
  stop) known "$2"; [ -e "$ACTIVE/stubborn" ] || rm -f "$ACTIVE/$2" ;;
  start) known "$2"; : >"$ACTIVE/$2" ;;
  enable | disable) shift; for unit; do known "$unit"; done ;;
  daemon-reload) ;;
  *) echo "Unknown command verb $1." >&2; exit 1 ;;
esac
`;

function executable(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'remixd-install-'));
  readonly root = join(this.folder, 'root');
  private readonly calls = join(this.folder, 'calls');
  private readonly active = join(this.folder, 'active');
  private readonly path = join(this.folder, 'path');

  constructor() {
    for (const folder of [this.root, this.active, this.path]) mkdirSync(folder);
    writeFileSync(this.calls, '');
    executable(join(this.path, 'systemctl'), SYSTEMCTL);
    executable(join(this.path, 'npm'), '#!/bin/sh\necho "npm $1" >>"$CALLS"\n');
  }

  /** A package of that version, as \`npm ci\` leaves it. */
  pack(version: string): string {
    const folder = join(this.folder, `package-${version}`);
    for (const name of ['bin', 'config', 'dist/src/cli', 'gate', 'node_modules', 'recipes', 'docs'])
      mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'remixd', version }));
    writeFileSync(join(folder, 'dist/src/cli/remixd.js'), '');
    writeFileSync(join(folder, 'bin/remixd.js'), PROGRAM);
    for (const name of ['remixd-gate', 'remixd-off', 'remixd-lines'])
      executable(join(folder, 'gate', name), '#!/bin/sh\n');
    for (const name of ['bench.json', 'field.json'])
      cpSync(join(PACKAGE_ROOT, 'config', name), join(folder, 'config', name));
    cpSync(join(PACKAGE_ROOT, 'systemd'), join(folder, 'systemd'), { recursive: true });
    return folder;
  }

  script(path: string, ...args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync('sh', [path, '--root', this.root, ...args], {
      encoding: 'utf8',
      env: {
        PATH: `${this.path}:/usr/bin:/bin`,
        CALLS: this.calls,
        ACTIVE: this.active,
        UNITS: join(this.root, 'etc/systemd/system'),
        SYSTEMCTL: join(this.path, 'systemctl'),
      },
    });
    return { status, stdout, stderr };
  }

  install(version: string, ...args: readonly string[]) {
    return this.script(join(this.pack(version), 'systemd', 'install'), '--yes', '--node', process.execPath, ...args);
  }

  /** A script of the release that is current. */
  current(name: string, ...args: readonly string[]) {
    return this.script(join(this.root, 'opt/remixd/current/systemd', name), '--yes', ...args);
  }

  link = (name: string): string => readlinkSync(join(this.root, 'opt/remixd', name));
  read = (path: string): string => readFileSync(join(this.root, path), 'utf8');
  has = (path: string): boolean => existsSync(join(this.root, path));
  releases = (): string[] => readdirSync(join(this.root, 'opt/remixd/releases')).sort();

  start(armed: boolean): void {
    for (const unit of ['remixd.service', 'remixd-gate.service']) writeFileSync(join(this.active, unit), '');
    mkdirSync(join(this.root, 'var/lib/remixd'), { recursive: true });
    writeFileSync(join(this.root, 'var/lib/remixd/latch.json'), JSON.stringify({ version: 1, armed }));
  }

  /** The calls since the last time. */
  called(): string[] {
    const lines = readFileSync(this.calls, 'utf8').trim().split('\n');
    writeFileSync(this.calls, '');
    return lines.filter((line) => line !== '');
  }

  stubborn(): void {
    writeFileSync(join(this.active, 'stubborn'), '');
  }
}

const SERVICES = ['systemctl stop remixd.service', 'systemctl stop remixd-gate.service'];

describe('systemd/install', () => {
  it('makes a release, configuration, limits and units, and starts and enables nothing by itself', () => {
    const bench = new Bench();
    const { status, stderr, stdout } = bench.install('1.0.0');
    expect([status, stderr]).toEqual([0, '']);
    expect(bench.link('current')).toBe('releases/1.0.0');
    expect(bench.read('etc/remixd/gate.conf')).toBe('limits of 1.0.0\n');
    expect(JSON.parse(bench.read('etc/remixd/config.json'))).toMatchObject({
      hal: { kind: 'linux' },
      runtime: { stateDir: '/var/lib/remixd' },
    });
    for (const path of ['etc/systemd/system/remixd.service', 'etc/sysusers.d/remixd.conf', 'usr/local/bin/remixd'])
      expect(bench.has(path)).toBe(true);
    expect(readlinkSync(join(bench.root, 'opt/remixd/current/bin/node'))).toMatch(/^\/.*node/);
    expect(bench.called()).toEqual([
      'npm prune',
      'remixd 1.0.0 config check',
      'remixd 1.0.0 config gate',
      'systemctl daemon-reload',
    ]);
    expect(stdout).toContain('systemctl enable remixd-gate remixd');
  });

  it('enables only when it is asked to', () => {
    const bench = new Bench();
    bench.install('1.0.0', '--enable', '--config', 'field');
    expect(bench.called()).toContain('systemctl enable remixd-gate.service remixd.service');
    expect(JSON.parse(bench.read('etc/remixd/config.json'))).toMatchObject({ hal: { thermocouple: 'max31855' } });
  });

  it('updates: controller down before gate, both before the switch, configuration and state kept', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    writeFileSync(join(bench.root, 'etc/remixd/config.json'), '{"mine": true}');
    bench.start(false);
    bench.called();
    expect(bench.install('1.1.0').status).toBe(0);
    expect([bench.link('current'), bench.link('previous')]).toEqual(['releases/1.1.0', 'releases/1.0.0']);
    expect(bench.read('etc/remixd/config.json')).toBe('{"mine": true}');
    expect(bench.has('var/lib/remixd/latch.json')).toBe(true);
    expect(bench.called()).toEqual([
      'npm prune',
      'remixd 1.1.0 config check',
      'remixd 1.1.0 config gate',
      // Also units that are not active: one that waits to be restarted would start in the middle.
      ...SERVICES,
      'systemctl daemon-reload',
      'systemctl start remixd-gate.service',
      'systemctl start remixd.service',
    ]);
  });

  it('does not take a bench that was never armed for armed: there is no record yet', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    bench.start(false);
    rmSync(join(bench.root, 'var/lib/remixd/latch.json'));
    expect(bench.install('1.1.0').status).toBe(0);
    expect(bench.current('rollback').status).toBe(0);
    expect(bench.current('uninstall').status).toBe(0);
  });

  it('takes a record that cannot be read, or says nothing, for armed', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    bench.start(false);
    const latch = join(bench.root, 'var/lib/remixd/latch.json');
    writeFileSync(latch, '{"version":1,"armed":true}');
    expect(bench.install('1.1.0').stderr).toContain('[ARMED]');
    rmSync(latch);
    mkdirSync(latch);
    expect(bench.install('1.1.0').stderr).toContain('[ARMED]');
  });

  it('gives the device files to the groups of the accounts', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    const rules = bench.read('etc/udev/rules.d/60-remixd.rules');
    for (const [kernel, group] of [
      ['gpio', 'gpio'],
      ['i2c-dev', 'i2c'],
      ['spidev', 'spi'],
    ])
      expect(rules).toMatch(new RegExp(`SUBSYSTEM=="${kernel}".*GROUP="${group}", MODE="0660"`));
    bench.current('uninstall');
    expect(bench.has('etc/udev/rules.d/60-remixd.rules')).toBe(false);
  });

  it('refuses while a run is armed, and touches nothing', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    bench.start(true);
    bench.called();
    const { status, stderr } = bench.install('1.1.0');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/\[ARMED\][\s\S]*cause[\s\S]*remedy/)]);
    expect([bench.link('current'), bench.releases(), bench.called()]).toEqual(['releases/1.0.0', ['1.0.0'], []]);
  });

  it('refuses while a controller runs that was started by hand', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    mkdirSync(join(bench.root, 'var/lib/remixd'), { recursive: true });
    writeFileSync(join(bench.root, 'var/lib/remixd/lock'), `${process.pid}\n`);
    expect(bench.install('1.1.0').stderr).toContain('[BY_HAND]');
  });

  it('leaves the installed release alone when the new one does not accept the configuration', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    writeFileSync(join(bench.root, 'etc/remixd/config.json'), '{"not-for-1.1.0": 1}');
    bench.start(false);
    bench.called();
    const { status, stderr } = bench.install('1.1.0');
    expect([status, stderr]).toEqual([1, expect.stringContaining('[RELEASE_BROKEN]')]);
    expect([bench.link('current'), bench.releases()]).toEqual(['releases/1.0.0', ['1.0.0']]);
    expect(bench.called().filter((call) => call.startsWith('systemctl'))).toEqual([]);
    expect(readdirSync(join(bench.root, 'opt/remixd/releases'))).toEqual(['1.0.0']);
  });

  it('changes no file when a service does not stop', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    bench.start(false);
    bench.stubborn();
    const { status, stderr } = bench.install('1.1.0');
    expect([status, stderr]).toEqual([1, expect.stringContaining('[STILL_ACTIVE]')]);
    expect(bench.link('current')).toBe('releases/1.0.0');
  });

  it('keeps three releases, and the same version again is a release of its own', () => {
    const bench = new Bench();
    for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.2.0', '1.3.0']) bench.install(version);
    expect(bench.releases()).toEqual(['1.2.0', '1.2.0-r2', '1.3.0']);
    expect([bench.link('current'), bench.link('previous')]).toEqual(['releases/1.3.0', 'releases/1.2.0-r2']);
  });

  it('a dry run prints every step and does none', () => {
    const bench = new Bench();
    const { status, stdout } = bench.install('1.0.0', '--dry-run');
    expect(status).toBe(0);
    expect(stdout).toMatch(/Dry run[\s\S]*ln -sfn releases\/1\.0\.0[\s\S]*systemctl daemon-reload/);
    expect([readdirSync(bench.root), bench.called()]).toEqual([[], []]);
  });

  it('says what is missing: the build, the gate, a new enough Node, an answer', () => {
    const bench = new Bench();
    const folder = bench.pack('1.0.0');
    const install = join(folder, 'systemd', 'install');
    const node = ['--node', process.execPath];
    expect(bench.script(install, ...node).stderr).toContain('[NOT_CONFIRMED]');
    expect(bench.script(install, '--yes', '--node', '/nowhere/node').stderr).toContain('[NODE_MISSING]');
    const old = join(bench.folder, 'old-node');
    executable(old, `#!/bin/sh\n[ "$1" = --version ] && echo v18.19.0\n[ "$1" = --version ]\n`);
    expect(bench.script(install, '--yes', '--node', old).stderr).toContain('[NODE_OLD]');
    expect(bench.script(install, '--frobnicate').stderr).toContain('[USAGE]');
    rmSync(join(folder, 'gate', 'remixd-off'));
    expect(bench.script(install, '--yes', ...node).stderr).toContain('[GATE_MISSING]');
    rmSync(join(folder, 'dist'), { recursive: true });
    expect(bench.script(install, '--yes', ...node).stderr).toContain('[NOT_BUILT]');
    expect(readdirSync(bench.root)).toEqual([]);
  });
});

describe('systemd/rollback', () => {
  it('goes back to the release before with its own limits, and forth again', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    bench.install('1.1.0');
    bench.start(false);
    bench.called();
    expect(bench.current('rollback').status).toBe(0);
    expect([bench.link('current'), bench.link('previous')]).toEqual(['releases/1.0.0', 'releases/1.1.0']);
    expect(bench.read('etc/remixd/gate.conf')).toBe('limits of 1.0.0\n');
    expect(bench.called()).toEqual([
      'remixd 1.0.0 config check',
      'remixd 1.0.0 config gate',
      ...SERVICES,
      'systemctl daemon-reload',
      'systemctl start remixd-gate.service',
      'systemctl start remixd.service',
    ]);
    bench.current('rollback');
    expect(bench.link('current')).toBe('releases/1.1.0');
  });

  it('refuses without a release before, while armed, and when that release does not accept the configuration', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    expect(bench.current('rollback').stderr).toContain('[NO_PREVIOUS]');
    bench.install('1.1.0');
    bench.start(true);
    expect(bench.current('rollback').stderr).toContain('[ARMED]');
    bench.start(false);
    writeFileSync(join(bench.root, 'etc/remixd/config.json'), '{"not-for-1.0.0": 1}');
    expect(bench.current('rollback').stderr).toContain('[ROLLBACK_CONFIG]');
    expect([bench.link('current'), bench.read('etc/remixd/gate.conf')]).toEqual([
      'releases/1.1.0',
      'limits of 1.1.0\n',
    ]);
  });
});

describe('systemd/uninstall', () => {
  it('stops and disables first, then removes programs and units, and keeps configuration and state', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    bench.start(false);
    bench.called();
    expect(bench.current('uninstall').status).toBe(0);
    expect(bench.called()).toEqual([
      ...SERVICES,
      'systemctl disable remixd.service remixd-gate.service',
      'systemctl daemon-reload',
    ]);
    for (const path of ['opt/remixd', 'etc/systemd/system/remixd.service', 'usr/local/bin/remixd'])
      expect(bench.has(path)).toBe(false);
    for (const path of ['etc/remixd/config.json', 'var/lib/remixd/latch.json']) expect(bench.has(path)).toBe(true);
  });

  it('removes configuration and records only with --purge, and nothing while armed', () => {
    const bench = new Bench();
    bench.install('1.0.0');
    bench.start(true);
    expect(bench.current('uninstall', '--purge').stderr).toContain('[ARMED]');
    expect(bench.has('etc/remixd/config.json')).toBe(true);
    bench.start(false);
    expect(bench.current('uninstall', '--purge').status).toBe(0);
    for (const path of ['etc/remixd', 'var/lib/remixd']) expect(bench.has(path)).toBe(false);
  });
});
