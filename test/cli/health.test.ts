import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { healthOf } from '../../src/cli/health.ts';
import { linkKeeper } from '../../src/files/link-state.ts';
import { linkTrouble } from '../../src/params/link-trouble.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';

const NOW = 1_700_000_000_000;

/** A bench whose controller is `pid` and whose newest record is `ageMs` old; null = there is none. */
function bench(pid: number | null, ageMs: number | null): Settings {
  const folder = mkdtempSync(join(tmpdir(), 'remixd-health-'));
  const runsDir = join(folder, 'runs');
  if (pid !== null) writeFileSync(join(folder, 'lock'), `${pid}\n`);
  for (const [name, age] of [
    ['old', 3_600_000],
    ['new', ageMs],
  ] as const) {
    if (age === null) continue;
    mkdirSync(join(runsDir, name), { recursive: true });
    const path = join(runsDir, name, 'data.csv');
    writeFileSync(path, '');
    utimesSync(path, (NOW - age) / 1000, (NOW - age) / 1000);
  }
  return { ...defaultSettings(), 'runtime.stateDir': folder, 'runtime.runsDir': runsDir };
}

describe('remixd health', () => {
  it('says what the controller found wrong with its broker, and is alive all the same', async () => {
    const settings = bench(process.pid, 100);
    const keep = linkKeeper(settings['runtime.stateDir'], process.pid);
    await keep(linkTrouble('LINK_REFUSED', 'connect ECONNREFUSED'));
    expect(healthOf(settings, NOW)).toMatchObject({
      ok: true,
      link: {
        code: 'LINK_REFUSED',
        detail: 'connect ECONNREFUSED',
        remedy: expect.stringContaining('Start the broker'),
      },
    });
    await keep(null);
    expect(healthOf(settings, NOW).link).toBeNull();
    // What a controller before this one found says nothing about this one.
    await linkKeeper(settings['runtime.stateDir'], 1)(linkTrouble('LINK_REFUSED'));
    expect(healthOf(settings, NOW).link).toBeNull();
    writeFileSync(join(settings['runtime.stateDir'], 'link.json'), '{"pid":');
    expect(healthOf(settings, NOW)).toMatchObject({ ok: true, link: null });
  });

  it('is alive while the owner of the lock lives and the newest record is young', () => {
    expect(healthOf(bench(process.pid, 1000), NOW).ok).toBe(true);
    expect(healthOf(bench(process.pid, 4100), NOW).ok).toBe(true);
    expect(healthOf(bench(process.pid, 4101), NOW)).toEqual({
      ok: false,
      text: expect.stringContaining('limit 4.1 s'),
      link: null,
    });
  });

  it('is not without a lock, with a dead owner, or before the first row', () => {
    expect(healthOf(bench(null, 100), NOW).text).toContain('no controller');
    expect(healthOf(bench(2 ** 22 + 1, 100), NOW).ok).toBe(false);
    expect(healthOf(bench(process.pid, null), NOW).ok).toBe(false);
  });

  it('waits longer where rows come seldom, and a clock that was set back makes nothing old', () => {
    expect(healthOf({ ...bench(process.pid, 50_000), 'journal.rowMs': 60_000 }, NOW).ok).toBe(true);
    expect(healthOf(bench(process.pid, -5000), NOW).ok).toBe(true);
  });
});
