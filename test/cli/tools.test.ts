import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'remixd-tools-'));
const HERE = ['--set', `runtime.stateDir=${FOLDER}`, '--set', `runtime.runsDir=${join(FOLDER, 'runs')}`];

function remixd(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(PACKAGE_ROOT, 'bin', 'remixd.js'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  return { code: status, out: stdout, err: stderr };
}

describe('remixd doctor', () => {
  it('has nothing against the simulated bench on any computer', () => {
    const { code, out } = remixd('doctor', ...HERE);
    expect([code, out]).toEqual([0, expect.stringMatching(/^remixd doctor · .* · hal\.kind = sim\n[\s\S]*, 0 fail, /)]);
    expect(out).not.toContain('\x1b');
  });

  it('prints one object for a program, and fails where hardware is named and missing', () => {
    // An I2C bus with this number exists on no computer that a test runs on.
    const { code, out } = remixd('doctor', '--json', '--set', 'hal.kind=linux', '--set', 'i2c.bus=22', ...HERE);
    const { ok, findings } = JSON.parse(out) as {
      ok: boolean;
      findings: { id: string; level: string; remedy?: string }[];
    };
    expect([code, ok]).toEqual([1, false]);
    expect(findings.find(({ id }) => id === 'device-i2c-22')).toMatchObject({
      level: 'fail',
      remedy: expect.any(String),
    });
  });
});

describe('remixd wire', () => {
  it('prints the table and writes the drawing', () => {
    const svg = join(FOLDER, 'wiring.svg');
    const { code, out } = remixd('wire', '--svg', svg);
    expect([code, out]).toEqual([0, expect.stringMatching(/11 {2}GPIO17 {2}heater pulse[\s\S]*Drawing: /)]);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  it('fails on lines that cannot work, and says where a drawing cannot be written', () => {
    expect(remixd('wire', '--set', 'gpio.heaterLine=10')).toMatchObject({
      code: 1,
      out: expect.stringContaining('REFUSED'),
    });
    expect(remixd('wire', '--svg', '/nowhere/wiring.svg')).toMatchObject({ code: 73 });
    expect(JSON.parse(remixd('wire', '--json').out)).toMatchObject({ conflicts: [], power: expect.any(Array) });
  });
});

describe('remixd health', () => {
  it('is not well where nothing runs', () => {
    expect(remixd('health', ...HERE)).toMatchObject({ code: 1, out: expect.stringContaining('NOT ALIVE') });
    expect(JSON.parse(remixd('health', '--json', ...HERE).out)).toMatchObject({ ok: false });
  });
});
