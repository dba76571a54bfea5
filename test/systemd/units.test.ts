import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const UNITS = ['remixd-gate.service', 'remixd.service'] as const;
const FOLDER = join(PACKAGE_ROOT, 'systemd');
const MOST_EXPOSURE = 2.0;

const textOf = (unit: string): string => readFileSync(join(FOLDER, unit), 'utf8');
const values = (unit: string, key: string): string[] =>
  [...textOf(unit).matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

/** The units with programs that exist here, as the checker looks for them. */
function staged(): string {
  const folder = mkdtempSync(join(tmpdir(), 'remixd-units-'));
  for (const name of ['gate/remixd-gate', 'gate/remixd-off', 'bin/node']) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, 0o755);
  }
  for (const unit of UNITS) writeFileSync(join(folder, unit), textOf(unit).replaceAll('/opt/remixd/current', folder));
  return folder;
}

const analyze = (folder: string, ...args: readonly string[]) =>
  spawnSync('systemd-analyze', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });

const missing = spawnSync('systemd-analyze', ['--version']).error !== undefined;

describe.skipIf(missing)(`the units, judged by systemd${missing ? ' (systemd-analyze is not installed)' : ''}`, () => {
  it('verify without a word', () => {
    const { status, stdout, stderr } = analyze(staged(), 'verify', ...UNITS);
    expect([stdout, stderr, status]).toEqual(['', '', 0]);
  });

  it.each(UNITS)(`%s has an exposure of at most ${MOST_EXPOSURE}`, (unit) => {
    const { stdout } = analyze(staged(), 'security', '--offline=true', '--no-pager', unit);
    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
    expect(exposure).toBeLessThanOrEqual(MOST_EXPOSURE);
  });
});

describe('the units', () => {
  it('lower the line before the start and after any end', () => {
    const off = '/opt/remixd/current/gate/remixd-off --limits /etc/remixd/gate.conf --line';
    for (const [unit, line] of [
      ['remixd-gate.service', 'heater'],
      ['remixd.service', 'enable'],
    ] as const) {
      for (const key of ['ExecStartPre', 'ExecStopPost']) expect(values(unit, key)).toEqual([`${off} ${line}`]);
    }
  });

  it('give real-time scheduling and locked memory to the gate alone', () => {
    expect(values('remixd-gate.service', 'LimitRTPRIO')).toEqual(['45']);
    expect(values('remixd-gate.service', 'LimitMEMLOCK')).toEqual(['64M']);
    expect(values('remixd-gate.service', 'LimitRTTIME')).toEqual(['200ms:500ms']);
    expect(values('remixd-gate.service', 'RestrictRealtime')).toEqual([]);
    expect(values('remixd.service', 'RestrictRealtime')).toEqual(['yes']);
    expect(textOf('remixd.service')).not.toMatch(
      /^(LimitRTPRIO|LimitMEMLOCK|CPUScheduling\w+|MemoryDenyWriteExecute)=/m,
    );
  });

  it('watch the controller for two seconds and do not restart what a restart cannot cure', () => {
    expect(values('remixd.service', 'Type')).toEqual(['notify']);
    expect(values('remixd.service', 'WatchdogSec')).toEqual(['2']);
    expect(values('remixd.service', 'Restart')).toEqual(['on-failure']);
    expect(values('remixd.service', 'RestartPreventExitStatus')).toEqual(['64 73 78']);
    expect(values('remixd.service', 'StartLimitBurst')).toEqual(['5']);
    // Five restarts by hand must not leave the heater line without its owner.
    expect(values('remixd-gate.service', 'StartLimitIntervalSec')).toEqual(['0']);
  });

  it('start the gate first, and leave the controller up when the gate ends', () => {
    expect(values('remixd.service', 'Wants')).toEqual(['remixd-gate.service']);
    expect(values('remixd.service', 'After')).toEqual(['remixd-gate.service']);
  });

  it('open only the devices that each needs', () => {
    expect(values('remixd-gate.service', 'DeviceAllow')).toEqual(['char-gpiochip rw']);
    expect(values('remixd.service', 'DeviceAllow').sort()).toEqual(['char-gpiochip rw', 'char-i2c rw', 'char-spi rw']);
    for (const unit of UNITS) expect(values(unit, 'DevicePolicy')).toEqual(['closed']);
  });

  it('leave the gate without any network, and let the controller call a broker but listen nowhere', () => {
    expect(values('remixd-gate.service', 'RestrictAddressFamilies')).toEqual(['AF_UNIX']);
    expect(values('remixd-gate.service', 'PrivateNetwork')).toEqual(['yes']);
    expect(values('remixd.service', 'RestrictAddressFamilies')).toEqual(['AF_UNIX AF_INET AF_INET6']);
    expect(values('remixd.service', 'SocketBindDeny')).toEqual(['any']);
  });

  it('name the socket where the settings look for it', () => {
    expect(textOf('remixd-gate.service')).toContain('--socket /run/remixd/gate.sock');
    expect(values('remixd-gate.service', 'RuntimeDirectory')).toEqual(['remixd']);
    expect(existsSync(join(FOLDER, 'sysusers.conf'))).toBe(true);
  });
});
